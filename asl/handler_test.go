package asl_test

import (
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// extended reads with the extensions.
var extended = asl.Parser{Extensions: true}

// undo is a handler that is right, under the name Undo.
const undo = `"Undo":{"Type":"Task","Resource":"undo"}`

// undone is a Task with that handler, and further fields.
func undone(fields string) string {
	return `{"Type":"Task","Resource":"do","Compensate":"Undo",` + fields + `}`
}

func TestHandlersInTheGraph(t *testing.T) {
	m, err := extended.Parse([]byte(`{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"a","Compensate":"Undo","Next":"B"},
		"B":{"Type":"Parallel","Compensate":"Undo","Next":"C","Branches":[{"StartAt":"D","States":{
			"D":{"Type":"Task","QueryLanguage":"JSONata","Resource":"d","Compensate":"Note","End":true},
			"Note":{"Type":"Pass"}}}]},
		"C":{"Type":"Map","Compensate":"UndoAll","Next":"E","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}},
		"E":{"Type":"Task","Resource":"e","End":true},
		"Undo":{"Type":"Task","Resource":"u","Parameters":{"of.$":"$$.Compensation.State"},"Retry":[{"ErrorEquals":["States.ALL"]}],"End":true},
		"UndoAll":{"Type":"Map","ItemProcessor":{"StartAt":"J","States":{"J":{"Type":"Task","Resource":"j","Catch":[{"ErrorEquals":["E"],"Next":"K"}],"End":true},"K":{"Type":"Pass","End":true}}}}
	}}`))
	require.NoError(t, err)
	assert.True(t, m.Compensates())
	for name, handler := range map[string]string{"A": "Undo", "B": "Undo", "C": "UndoAll", "D": "Note", "E": "", "I": "", "Undo": "", "Note": ""} {
		if handler == "" {
			assert.Nil(t, asl.Handler(m.Find(name)), name)
		} else {
			assert.Same(t, m.Find(handler), asl.Handler(m.Find(name)), name)
		}
	}
	for name, is := range map[string]bool{"Undo": true, "UndoAll": true, "Note": true, "A": false, "E": false, "J": false} {
		assert.Equal(t, is, asl.IsHandler(m.Find(name)), name)
	}
	assert.Nil(t, m.Find("Undo").(*asl.Task).Next)
	assert.Nil(t, m.Find("Note").(*asl.Pass).Next)

	plain, err := extended.Parse([]byte(one(pass)))
	require.NoError(t, err)
	assert.False(t, plain.Compensates())
}

func TestCompensationProblems(t *testing.T) {
	for name, c := range map[string]struct {
		definition, problem string
	}{
		"no such state": {one(`{"Type":"Task","Resource":"do","Compensate":"Undone","End":true}`, undo+`,"X":`+undone(`"Next":"S"`)),
			`MISSING_HANDLER: Missing handler: Undone at /States/S/Compensate; did you mean "Undo"?`},
	} {
		t.Run(name, func(t *testing.T) {
			var problems []string
			for _, d := range extended.Validate([]byte(c.definition)) {
				d.Line = 0
				problems = append(problems, d.String())
			}
			assert.Contains(t, problems, c.problem)
		})
	}
}

func TestCompensateWithoutExtensions(t *testing.T) {
	ds := validate(one(undone(`"End":true`), `"Undo":{"Type":"Pass","End":true}`))
	require.Len(t, ds, 1)
	assert.Equal(t, "1:61: SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported (it is an extension: "+
		"asl.Parser{Extensions: true} accepts it, and so does --extensions on the command line) at /States/S/Compensate", ds[0].String())
	assert.Equal(t, "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'Compensate' is not supported at /States/S'", ds.AWSMessage())
}
