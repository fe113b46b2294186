package states_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestValuesThatDouble: a value that holds another one twice, state after state, is small
// in memory and soon a text without end. Wherever a state makes one, the execution fails
// at the bound of a payload or of an evaluation; a walk over the whole would never end.
func TestValuesThatDouble(t *testing.T) {
	const pass = `"S%[1]d":{"Type":"Pass",%[2]s,"Next":"S%[3]d"},`
	chain := func(field string) string {
		var b strings.Builder
		b.WriteString(`{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"x":1},"Next":"S0"},`)
		for i := range 70 {
			fmt.Fprintf(&b, pass, i, field, i+1)
		}
		b.WriteString(`"S70":{"Type":"Succeed"}}}`)
		return b.String()
	}
	const jsonata = `"QueryLanguage":"JSONata",`
	const reduced = `$reduce([1..60], function($a, $b){ %s }, 1)`
	once := func(field, expression string) string {
		return `{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Pass","` + field + `":` + fmt.Sprintf(expression, fmt.Sprintf(reduced, `{'a': $a, 'b': $a}`)) + `,"End":true}}}`
	}
	for name, definition := range map[string]string{
		"Parameters, objects":    chain(`"Parameters":{"a.$":"$","b.$":"$"}`),
		"Parameters, arrays":     chain(`"Parameters":{"a.$":"States.Array($, $)"},"OutputPath":"$.a"`),
		"Assign by a path":       chain(`"Assign":{"x.$":"States.Array($x, $x)"}`),
		"Output":                 chain(jsonata + `"Output":"{% {'a': $states.input, 'b': $states.input} %}"`),
		"Output, arrays":         chain(jsonata + `"Output":"{% [[$states.input], [$states.input]] %}"`),
		"Output, in two places":  chain(jsonata + `"Output":["{% $states.input %}","{% $states.input %}"]`),
		"Assign":                 chain(jsonata + `"Assign":{"x":"{% [[$x], [$x]] %}"}`),
		"Output at once":         once("Output", `"{%% %s %%}"`),
		"Output at once, nested": once("Output", `{"k":["{%% %s %%}"]}`),
		"Assign at once":         once("Assign", `{"x":"{%% %s %%}"}`),
		"Wait":                   `{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Wait","Seconds":"{% ` + fmt.Sprintf(reduced, `[[$a, $a]]`) + ` %}","End":true}}}`,
		"Items":                  `{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Map","Items":"{% ` + fmt.Sprintf(reduced, `[[$a, $a]]`) + ` %}","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`,
		"Condition":              `{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Choice","Choices":[{"Condition":"{% ` + fmt.Sprintf(reduced, `[[$a, $a]]`) + ` %}","Next":"T"}]},"T":{"Type":"Succeed"}}}`,
		"an error's text":        `{"StartAt":"S","QueryLanguage":"JSONata","States":{"S":{"Type":"Pass","Output":"{% -` + fmt.Sprintf(reduced, `[[$a, $a]]`) + ` %}","End":true}}}`,
	} {
		machine, err := asl.Parse(definition)
		require.NoError(t, err, name)
		it := states.New(machine, states.Options{WithoutEvents: true})
		effects, err := it.Step(states.Started{At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Input: "in"})
		require.NoError(t, err, name)
		for effects.More {
			effects, err = it.Step()
			require.NoError(t, err, name)
		}
		require.NotEmpty(t, effects.Commands, name)
		end, ok := effects.Commands[len(effects.Commands)-1].(*states.Finish)
		require.True(t, ok, name)
		assert.Equal(t, states.StatusFailed, end.Status, name)
		assert.Contains(t, []string{"States.DataLimitExceeded", "States.QueryEvaluationError"}, end.Failure.Error, name)
	}
}
