package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInnerScopesAssign has, for each kind of transition, a definition in which the inner
// scope of the state P assigns the variable x. An inner scope is refused when a transition
// on a way into P may have assigned x.
func TestInnerScopesAssign(t *testing.T) {
	const (
		before = `"Assign":{"x":1},`
		rule   = `"Variable":"$.v","IsNull":true`
	)
	// scope is a state P that has an inner scope, and fields of its own.
	scope := func(fields string) string {
		return `"P":{"Type":"Parallel",` + fields + `,"Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"x":2},"End":true}}}]}`
	}
	ends, retries := scope(`"End":true`), scope(`"Retry":[{"ErrorEquals":["States.ALL"]}],"End":true`)
	choice := func(own, rules, otherwise string) string {
		return `{"Type":"Choice",` + own + `"Choices":[` + rules + `],"Default":"` + otherwise + `"}`
	}
	task := func(assign, next, catch, caught string) string {
		return `{"Type":"Task","Resource":"r",` + assign + `"Next":"` + next + `","Catch":[{"ErrorEquals":["E"],` + catch + `"Next":"` + caught + `"}]}`
	}
	for name, c := range map[string]struct {
		definition string
		refused    bool
	}{
		"before":                             {one(`{"Type":"Pass",`+before+`"Next":"P"}`, ends), true},
		"two states before":                  {one(`{"Type":"Pass",`+before+`"Next":"M"}`, `"M":{"Type":"Wait","Seconds":1,"Next":"P"}`, ends), true},
		"after":                              {one(`{"Type":"Pass","Next":"P"}`, scope(`"Next":"T"`), `"T":{"Type":"Pass",`+before+`"End":true}`), false},
		"after, and back":                    {one(choice("", `{`+rule+`,"Next":"P"}`, "Done"), scope(`"Next":"T"`), `"T":{"Type":"Pass",`+before+`"Next":"S"}`, done), true},
		"its own, at the end":                {one(`{"Type":"Pass","Next":"P"}`, scope(before+`"End":true`)), false},
		"its own, and back":                  {one(choice("", `{`+rule+`,"Next":"P"}`, "Done"), scope(before+`"Next":"S"`), done), true},
		"its own, and a Retrier":             {one(`{"Type":"Pass","Next":"P"}`, scope(before+`"Retry":[{"ErrorEquals":["States.ALL"]}],"End":true`)), false},
		"before, and a Retrier":              {one(`{"Type":"Pass",`+before+`"Next":"P"}`, retries), true},
		"its own Catcher":                    {one(`{"Type":"Pass","Next":"P"}`, scope(`"Catch":[{"ErrorEquals":["E"],`+before+`"Next":"Done"}],"Next":"Done"`), done), false},
		"its own Catcher, and back":          {one(`{"Type":"Pass","Next":"P"}`, scope(`"Catch":[{"ErrorEquals":["E"],`+before+`"Next":"S"}],"End":true`)), true},
		"its own Catcher, into itself":       {one(`{"Type":"Pass","Next":"P"}`, scope(`"Catch":[{"ErrorEquals":["E"],`+before+`"Next":"P"}],"End":true`)), true},
		"its Assign is not on Catcher's way": {one(`{"Type":"Pass","Next":"P"}`, scope(before+`"Catch":[{"ErrorEquals":["E"],"Next":"S"}],"End":true`)), false},
		"a rule that leads there":            {one(choice("", `{`+rule+`,`+before+`"Next":"P"}`, "Done"), ends, done), true},
		"a rule that leads elsewhere":        {one(choice("", `{`+rule+`,`+before+`"Next":"Done"}`, "P"), ends, done), false},
		"a Choice that leads there":          {one(choice(before, `{`+rule+`,"Next":"Done"}`, "P"), ends, done), true},
		"a Choice whose rule leads there":    {one(choice(before, `{`+rule+`,"Next":"P"}`, "Done"), ends, done), false},
		"a Catcher that leads there":         {one(task("", "Done", before, "P"), ends, done), true},
		"a Catcher that leads elsewhere":     {one(task("", "P", before, "Done"), ends, done), false},
		"a Task whose Catcher leads there":   {one(task(before, "Done", "", "P"), ends, done), false},
		"another name":                       {one(`{"Type":"Pass","Assign":{"y":1},"Next":"P"}`, ends), false},
		"a path":                             {one(`{"Type":"Pass","Assign":{"x.$":"$.x"},"Next":"P"}`, ends), true},
		"in JSONata the name is all of it":   {one(`{"Type":"Pass","QueryLanguage":"JSONata","Assign":{"y":1},"Next":"P"}`, ends), false},
		"the other branch": {one(`{"Type":"Parallel","End":true,"Branches":[` +
			`{"StartAt":"A","States":{"A":{"Type":"Pass",` + before + `"End":true}}},{"StartAt":"P","States":{` + ends + `}}]}`), false},
		"in the branch": {one(`{"Type":"Parallel","End":true,"Branches":[` +
			`{"StartAt":"A","States":{"A":{"Type":"Pass",` + before + `"Next":"P"},` + ends + `}}]}`), true},
		"around the branch": {one(`{"Type":"Pass",`+before+`"Next":"O"}`, `"O":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"P","States":{`+ends+`}}]}`), true},
		"after what is around the branch": {one(`{"Type":"Parallel","Next":"T","Branches":[{"StartAt":"P","States":{`+ends+`}}]}`,
			`"T":{"Type":"Pass",`+before+`"End":true}`), false},
		"a Map": {one(`{"Type":"Pass",`+before+`"Next":"M"}`, `"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{`+ends+`}}}`), true},
	} {
		t.Run(name, func(t *testing.T) {
			ds := validate(c.definition)
			if !c.refused {
				assert.NoError(t, ds.Err())
				return
			}
			d := find(t, ds, asl.DuplicateVariableName)
			assert.Equal(t, asl.Error, d.Severity)
			assert.True(t, strings.HasSuffix(d.Pointer, "/States/I/Assign/x"), d.Pointer)
			assert.Len(t, messages(ds), 1)
		})
	}
}

// TestManyVariables has more of them than are looked at together.
func TestManyVariables(t *testing.T) {
	var outer, inner []string
	for i := range 150 {
		outer = append(outer, fmt.Sprintf(`"v%d":1`, i))
		inner = append(inner, fmt.Sprintf(`"v%d":1,"w%d":1`, i, i))
	}
	ds := validate(one(`{"Type":"Pass","Assign":{`+strings.Join(outer, ",")+`},"Next":"P"}`,
		`"P":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{`+strings.Join(inner, ",")+`},"End":true}}}}`))
	require.Len(t, ds, 150)
	for i, d := range ds {
		assert.Equal(t, asl.DuplicateVariableName, d.Code)
		assert.Equal(t, fmt.Sprintf("/States/P/ItemProcessor/States/I/Assign/v%d", i), d.Pointer)
	}
}

// TestFieldsOfStates tells which fields of $states an expression may read where.
func TestFieldsOfStates(t *testing.T) {
	for expression, refused := range map[string]string{
		"$states":                       "",
		"$states.input.a":               "",
		"$states.context.State.Name":    "",
		"$states.result":                "$states.result",
		"$states.errorOutput.Cause":     "$states.errorOutput",
		"$states.foo":                   "$states.foo",
		"$states.foo.input":             "$states.foo",
		"$states.Input":                 "$states.Input",
		"($states).result":              "",
		"($states).foo":                 "",
		"$states.input.x.$states.qux":   "",
		"[1,2].($states.foo)":           "$states.foo",
		"$count($states.foo)":           "$states.foo",
		"$states.input[a = $states.no]": "$states.no",
	} {
		ds := validate(jsonataOne(`{"Type":"Pass","Output":"{% ` + expression + ` %}","End":true}`))
		if refused == "" {
			assert.NoError(t, ds.Err(), expression)
			continue
		}
		d := find(t, ds, asl.UnsupportedJSONata)
		assert.Equal(t, asl.Error, d.Severity, expression)
		assert.Equal(t, "Field '"+refused+"' does not exist.", d.Message, expression)
	}
}

// TestVariablesOfAStateThatIsTwice: of two states with one name the second has no way in.
func TestVariablesOfAStateThatIsTwice(t *testing.T) {
	inner := `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"%s","States":{"%s":{"Type":"Pass","Assign":{"x":1},"End":true}}}}`
	ds := validate(one(`{"Type":"Pass","Assign":{"x":1},"Next":"M"}`, `"M":`+strings.ReplaceAll(inner, "%s", "I"), `"M":`+strings.ReplaceAll(inner, "%s", "J")))
	assert.Len(t, ds, 2)
	find(t, ds, asl.DuplicateStateName)
	assert.Equal(t, "/States/M/ItemProcessor/States/I/Assign/x", find(t, ds, asl.DuplicateVariableName).Pointer)
}

// Each way in which a state can read a variable, in each kind of state.
func TestVariableReferences(t *testing.T) {
	t.Parallel()
	m, err := asl.Parse(`{"StartAt":"Set","States":{
		"Set":{"Type":"Pass","Assign":{"a":1,"b":[1],"c":"x"},"Next":"Template"},
		"Template":{"Type":"Pass","Parameters":{"z.$":"$b","y.$":"States.Format('{}', $a)","x.$":"$b"},"Next":"Paths"},
		"Paths":{"Type":"Wait","SecondsPath":"$a","Next":"Rule"},
		"Rule":{"Type":"Choice","Choices":[{"Variable":"$a","NumericEquals":1,"Next":"Map"}],"Default":"Map"},
		"Map":{"Type":"Map","ItemsPath":"$b","ItemProcessor":{"StartAt":"Inside","States":{"Inside":{"Type":"Pass","InputPath":"$c","End":true}}},"Next":"Query"},
		"Query":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $a + $states.input + (function($own){$own})(1) %}","Next":"Fail"},
		"Fail":{"Type":"Fail","CausePath":"$c"}}}`)
	require.NoError(t, err)
	require.Equal(t, map[string][]string{
		"Template": {"a", "b"}, "Paths": {"a"}, "Rule": {"a"}, "Map": {"b"}, "Inside": {"c"}, "Query": {"a"}, "Fail": {"c"},
	}, m.VariableReferences())
}
