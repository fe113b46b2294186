package asl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jsonataOne wraps a state, called S, into a machine written in JSONata.
func jsonataOne(state string, more ...string) string {
	return strings.Replace(one(state, more...), `{"StartAt"`, `{"QueryLanguage":"JSONata","StartAt"`, 1)
}

// worker is a graph for a Map or Parallel state.
const worker = `{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`

// TestJSONataFieldTable holds every state type against every field, by the
// specification's "Table of State Types and Fields (JSONata)" and the chapters on
// the types.
func TestJSONataFieldTable(t *testing.T) {
	base := map[string]string{
		"Pass":     `"Type":"Pass","End":true`,
		"Task":     `"Type":"Task","Resource":"r","End":true`,
		"Choice":   `"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"Done"}]`,
		"Wait":     `"Type":"Wait","Seconds":1,"End":true`,
		"Succeed":  `"Type":"Succeed"`,
		"Fail":     `"Type":"Fail"`,
		"Parallel": `"Type":"Parallel","End":true,"Branches":[` + worker + `]`,
		"Map":      `"Type":"Map","End":true,"ItemProcessor":` + worker,
	}
	all := "Pass Task Choice Wait Succeed Fail Parallel Map"
	for _, c := range []struct{ field, value, allowed string }{
		{"Comment", `"{% no expression"`, all},
		{"QueryLanguage", `"JSONata"`, all},
		{"Output", `"{% $states.input %}"`, "Pass Task Choice Wait Succeed Parallel Map"},
		{"Output", `{"a":["{% 1 %}"],"b.$":1}`, "Pass Task Choice Wait Succeed Parallel Map"},
		{"Output", `null`, "Pass Task Choice Wait Succeed Parallel Map"},
		{"Arguments", `"{% $states.context %}"`, "Task Parallel"},
		{"Arguments", `[1,{"a":"{% 1 %}"}]`, "Task Parallel"},
		{"Assign", `{"v":"{% 1 %}"}`, "Pass Task Choice Wait Parallel Map"},
		{"Assign", `"{% {'v':1} %}"`, ""},
		{"Retry", `[{"ErrorEquals":["E"],"IntervalSeconds":1}]`, "Task Parallel Map"},
		{"Retry", `[{"ErrorEquals":["E"],"IntervalSeconds":"{% 1 %}"}]`, ""},
		{"Catch", `[{"ErrorEquals":["E"],"Output":"{% $states.errorOutput %}","Assign":{"v":1},"Next":"Done"}]`, "Task Parallel Map"},
		{"Catch", `[{"ErrorEquals":["E"],"ResultPath":"$.a","Next":"Done"}]`, ""},
		{"TimeoutSeconds", `"{% 1 %}"`, "Task"},
		{"HeartbeatSeconds", `"{% 1 %}"`, "Task"},
		{"Credentials", `{"RoleArn":"{% 'r' %}"}`, "Task"},
		{"Default", `"Done"`, "Choice"},
		{"Error", `"{% 'E' %}"`, "Fail"},
		{"Cause", `"{% 'E' %}"`, "Fail"},
		{"Items", `"{% [1] %}"`, "Map"},
		{"Items", `[1,"{% 2 %}"]`, "Map"},
		{"Items", `{"a":1}`, "Map"},
		{"Items", `1`, ""},
		{"Items", `"text"`, ""},
		{"ItemSelector", `{"a":"{% $states.context.Map.Item.Value %}"}`, "Map"},
		{"ItemSelector", `"{% 1 %}"`, "Map"},
		{"MaxConcurrency", `"{% 1 %}"`, "Map"},
		{"ToleratedFailureCount", `"{% 1 %}"`, "Map"},
		{"ToleratedFailurePercentage", `"{% 1 %}"`, "Map"},
		{"Label", `"l"`, "Map"},
		{"InputPath", `"$.a"`, ""},
		{"OutputPath", `null`, ""},
		{"Parameters", `{}`, ""},
		{"ResultSelector", `{}`, ""},
		{"ResultPath", `"$.a"`, ""},
		{"Result", `1`, ""},
		{"TimeoutSecondsPath", `"$.a"`, ""},
		{"HeartbeatSecondsPath", `"$.a"`, ""},
		{"SecondsPath", `"$.a"`, ""},
		{"TimestampPath", `"$.a"`, ""},
		{"ErrorPath", `"$.a"`, ""},
		{"CausePath", `"$.a"`, ""},
		{"ItemsPath", `"$.a"`, ""},
		{"MaxConcurrencyPath", `"$.a"`, ""},
		{"ToleratedFailureCountPath", `"$.a"`, ""},
		{"ToleratedFailurePercentagePath", `"$.a"`, ""},
		{"Foo", `1`, ""},
	} {
		for typ, fields := range base {
			definition := `{"QueryLanguage":"JSONata","StartAt":"C","States":{"C":{"Type":"Choice","Default":"S","Choices":[{"Condition":"{% true %}","Next":"Done"}]},"S":{` +
				fields + fmt.Sprintf(`,%q:%s`, c.field, c.value) + `},` + done + `}}`
			_, err := asl.Parse(definition)
			if slices.Contains(strings.Fields(c.allowed), typ) {
				assert.NoError(t, err, "%s %s in %s", c.field, c.value, typ)
			} else {
				assert.Error(t, err, "%s %s in %s", c.field, c.value, typ)
			}
		}
	}
}

func TestJSONataFieldValues(t *testing.T) {
	for state, message := range map[string]string{
		`{"Type":"Task","Resource":"r","Parameters":{},"End":true}`:                                                                                 "The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' QueryLanguage",
		`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"Done"}],"Default":"Done"}`:                                             "The QueryLanguage is set to 'JSONata', but field 'Variable' is only supported for the 'JSONPath' QueryLanguage",
		`{"Type":"Choice","Choices":[{"Not":{"Condition":"{% true %}"},"Condition":true,"Next":"Done"}]}`:                                           "The QueryLanguage is set to 'JSONata', but field 'Not' is only supported for the 'JSONPath' QueryLanguage",
		`{"Type":"Choice","Choices":[{"Next":"Done"}],"Default":"Done"}`:                                                                            "These fields are required: [Condition]",
		`{"Type":"Choice","Choices":[{"Condition":1,"Next":"Done"}],"Default":"Done"}`:                                                              "Expected value of type Boolean",
		`{"Type":"Choice","Choices":[{"Condition":"$x","Next":"Done"}],"Default":"Done"}`:                                                           "Expected value of type Boolean",
		`{"Type":"Wait","Timestamp":"tomorrow","End":true}`:                                                                                         "String does not match RFC3339 timestamp",
		`{"Type":"Wait","Seconds":"5","End":true}`:                                                                                                  "Expected value of type Integer",
		`{"Type":"Wait","Seconds":" {% 5 %}","End":true}`:                                                                                           "Expected value of type Integer",
		`{"Type":"Wait","Seconds":-1,"End":true}`:                                                                                                   "Minimum value is 0",
		`{"Type":"Task","Resource":"r","TimeoutSeconds":5,"HeartbeatSeconds":6,"End":true}`:                                                         "HeartbeatSeconds must not be larger than TimeoutSeconds",
		`{"Type":"Task","Resource":"{% 'r' %}","End":true}`:                                                                                         "The resource provided {% 'r' %} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.",
		`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f"},"Credentials":{"RoleArn.$":"$.r"},"End":true}`: "The field 'RoleArn' is required but was missing",
		`{"Type":"Pass","Assign":{"v.$":"$.x"},"End":true}`:                                                                                         "Invalid variable name 'v.$': the variable name contains invalid characters.",
		`{"Type":"Pass","Assign":{"states":"{% 1 %}"},"End":true}`:                                                                                  "Cannot assign to reserved variable '$states'.",
		`{"Type":"Pass","Assign":[],"End":true}`:                                                                                                    "Expected value of type Object",
		`{"Type":"Map","ItemReader":"{% 1 %}","ItemProcessor":` + worker + `,"End":true}`:                                                           "Expected value of type Object",
		`{"Type":"Map","ItemProcessor":{"ProcessorConfig":"{% 1 %}","StartAt":"I","States":{"I":{"Type":"Succeed"}}},"End":true}`:                   "Expected value of type Object",
		`{"Type":"Pass","Output":{"a":1,"a":2},"End":true}`:                                                                                         "Field 'a' appears twice",
	} {
		assert.Contains(t, messages(validate(jsonataOne(state, done))), message, state)
	}
	_, err := asl.Parse(jsonataOne(`{"Type":"Task","Resource":"r","TimeoutSeconds":"{% 1 %}","HeartbeatSeconds":5,"End":true}`))
	assert.NoError(t, err, "nobody can tell which is smaller")
}

// TestQueryLanguages: a state may be written in JSONata by itself, and a machine as a
// whole.
func TestQueryLanguages(t *testing.T) {
	m, err := asl.Parse(one(`{"Type":"Map","QueryLanguage":"JSONata","Next":"T","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","InputPath":"$.a","End":true}}}}`,
		`"T":{"Type":"Pass","OutputPath":"$.b","End":true}`))
	require.NoError(t, err)
	assert.Equal(t, asl.JSONPath, m.QueryLanguage)
	assert.Equal(t, asl.JSONata, m.Find("S").QueryLanguage())
	for _, name := range []string{"I", "T"} {
		assert.Equal(t, asl.JSONPath, m.Find(name).QueryLanguage())
	}

	m, err = asl.Parse(jsonataOne(`{"Type":"Parallel","End":true,"Branches":[{"StartAt":"I","States":{"I":{"Type":"Pass","Output":1,"End":true}}}]}`))
	require.NoError(t, err)
	assert.Equal(t, asl.JSONata, m.QueryLanguage)
	assert.Equal(t, asl.JSONata, m.Find("I").QueryLanguage())
}

// TestQueryFields: an expression knows its place in the state as AWS names it.
func TestQueryFields(t *testing.T) {
	definition := `{"QueryLanguage":"JSONata","StartAt":"T","States":{
		"T":{"Type":"Task","Resource":"r","Arguments":{"a/b":[1,["{% 1 %}"]]},"Output":"{% 2 %}","Assign":{"v":"{% 3 %}"},"Credentials":{"RoleArn":"{% '4' %}"},
			"TimeoutSeconds":"{% 5 %}","HeartbeatSeconds":"{% 6 %}","Catch":[{"ErrorEquals":["E"],"Next":"F"},{"ErrorEquals":["F"],"Output":{"x":"{% 7 %}"},"Assign":{"v":"{% 8 %}"},"Next":"F"}],"Next":"C"},
		"C":{"Type":"Choice","Choices":[{"Condition":false,"Next":"F"},{"Condition":"{% true %}","Output":"{% 9 %}","Assign":{"v":"{% 10 %}"},"Next":"W"}],"Output":"{% 11 %}","Default":"X"},
		"W":{"Type":"Wait","Seconds":"{% 12 %}","Next":"M"},
		"X":{"Type":"Wait","Timestamp":"{% $now() %}","Next":"M"},
		"M":{"Type":"Map","Items":[0,"{% 13 %}"],"ItemSelector":"{% 14 %}","MaxConcurrency":"{% 15 %}","ToleratedFailureCount":"{% 16 %}","ToleratedFailurePercentage":"{% 17 %}","Next":"F",
			"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Output":{"deep":"{% 18 %}"},"End":true}}}},
		"F":{"Type":"Fail","Error":"{% '19' %}","Cause":"{% '20' %}"}}}`
	m, err := asl.Parse(definition)
	require.NoError(t, err)

	task := m.Find("T").(*asl.Task)
	assert.Equal(t, "TimeoutSeconds", task.Timeout.Query.Field())
	assert.True(t, task.Timeout.IsSet())
	assert.Equal(t, "HeartbeatSeconds", task.Heartbeat.Query.Field())

	choice := m.Find("C").(*asl.Choice)
	literal := choice.Choices[0].Condition.(*asl.Test)
	assert.Equal(t, "Choices[0]/Condition", literal.Query.Field())
	assert.Equal(t, "false", literal.Query.String())
	assert.Equal(t, "Choices[1]/Condition", choice.Choices[1].Condition.(*asl.Test).Query.Field())

	assert.Equal(t, "Seconds", m.Find("W").(*asl.Wait).Seconds.Query.Field())
	assert.True(t, m.Find("W").(*asl.Wait).Seconds.IsSet())
	assert.Equal(t, "Timestamp", m.Find("X").(*asl.Wait).TimestampQuery.Field())

	each := m.Find("M").(*asl.Map)
	assert.Equal(t, "MaxConcurrency", each.MaxConcurrency.Query.Field())
	assert.Equal(t, "ToleratedFailureCount", each.ToleratedFailureCount.Query.Field())
	assert.Equal(t, "ToleratedFailurePercentage", each.ToleratedFailurePercentage.Query.Field())

	fail := m.Find("F").(*asl.Fail)
	assert.Equal(t, "Error", fail.Error.Query.Field())
	assert.Equal(t, "Cause", fail.Cause.Query.Field())
	assert.True(t, fail.Cause.IsSet())

	// Those of other fields show in the error when they have no value.
	m, err = asl.Parse(strings.NewReplacer(`{% 1 %}`, `{% $no %}`, `{% 2 %}`, `{% $no %}`, `{% 9 %}`, `{% $no %}`, `{% 11 %}`, `{% $no %}`, `{% 14 %}`, `{% $no %}`, `{% 3 %}`, `{% $no %}`, `{% '4' %}`, `{% $no %}`, `{% 7 %}`, `{% $no %}`, `{% 8 %}`, `{% $no %}`,
		`{% 10 %}`, `{% $no %}`, `{% 13 %}`, `{% $no %}`, `{% 18 %}`, `{% $no %}`).Replace(definition))
	require.NoError(t, err)
	task, choice, each = m.Find("T").(*asl.Task), m.Find("C").(*asl.Choice), m.Find("M").(*asl.Map)
	for field, v := range map[string]asl.Value{
		"Arguments/a/b[1][0]": task.Arguments, "Output": task.Output, "Assign/v": task.Assign, "Credentials/RoleArn": task.Credentials,
		"Catch[1]/Output/x": task.Catch[1].Output, "Catch[1]/Assign/v": task.Catch[1].Assign,
		"Choices[1]/Output": choice.Choices[1].Output, "Choices[1]/Assign/v": choice.Choices[1].Assign,
		"Items[1]": each.Items, "ItemSelector": each.ItemSelector, "Output/deep": m.Find("I").(*asl.Pass).Output,
	} {
		_, err := v.Eval(nil, &scope{})
		assert.EqualError(t, err, "The JSONata expression '$no' specified for the field '"+field+"' returned nothing (undefined).")
	}
	_, err = choice.Output.Eval(nil, &scope{})
	assert.ErrorContains(t, err, "for the field 'Output' returned nothing")
}

// TestJSONataLiterals: a number or text in a JSONata state is what it is in others.
func TestJSONataLiterals(t *testing.T) {
	m, err := asl.Parse(jsonataOne(`{"Type":"Wait","Seconds":5,"Next":"M"}`,
		`"M":{"Type":"Map","MaxConcurrency":2,"ToleratedFailurePercentage":2.5,"ItemProcessor":`+worker+`,"Next":"X"}`,
		`"X":{"Type":"Wait","Timestamp":"2016-03-14T01:59:00Z","Next":"F"}`, `"F":{"Type":"Fail","Error":"$.e","Cause":""}`))
	require.NoError(t, err)
	wait, each, fail := m.Find("S").(*asl.Wait), m.Find("M").(*asl.Map), m.Find("F").(*asl.Fail)
	assert.EqualValues(t, 5, wait.Seconds.Literal)
	assert.Nil(t, wait.Seconds.Query)
	assert.EqualValues(t, 2, each.MaxConcurrency.Literal)
	assert.Equal(t, 2.5, each.ToleratedFailurePercentage.Exact())
	assert.Equal(t, 2016, m.Find("X").(*asl.Wait).Timestamp.Year())
	assert.Nil(t, m.Find("X").(*asl.Wait).TimestampQuery)
	assert.Equal(t, "$.e", fail.Error.Literal)
	assert.True(t, fail.Cause.IsSet())
}

// TestJSONataScope: variables that JSONata states assign and read follow the rules of
// the chapter "Variable Scope", together with those of JSONPath states.
func TestJSONataScope(t *testing.T) {
	inner := func(state string) string {
		return `"ItemProcessor":{"StartAt":"I","States":{"I":` + state + `}}`
	}
	for name, c := range map[string]struct {
		definition string
		code       asl.Code
	}{
		"what is assigned can be read":   {jsonataOne(`{"Type":"Pass","Assign":{"v":1},"Next":"T"}`, `"T":{"Type":"Pass","Output":"{% $v.a %}","End":true}`), ""},
		"an inner scope sees the outer":  {jsonataOne(`{"Type":"Map","Assign":{"v":1},"End":true,` + inner(`{"Type":"Pass","Output":["{% $v %}"],"End":true}`) + `}`), ""},
		"across languages":               {one(`{"Type":"Pass","Assign":{"v.$":"$"},"Next":"T"}`, `"T":{"Type":"Fail","QueryLanguage":"JSONata","Error":"{% $v %}"}`), ""},
		"bound in the expression":        {jsonataOne(`{"Type":"Pass","Output":"{% ($v := 1; $v) %}","End":true}`), ""},
		"functions are no variables":     {jsonataOne(`{"Type":"Pass","Output":"{% $map([1], $string) %}","End":true}`), ""},
		"read but never assigned":        {jsonataOne(`{"Type":"Wait","Seconds":"{% $v %}","End":true}`), asl.UnknownVariable},
		"a function that does not exist": {jsonataOne(`{"Type":"Pass","Output":"{% $eval('1') %}","End":true}`), asl.UnknownVariable},
	} {
		t.Run(name, func(t *testing.T) {
			ds := validate(c.definition)
			if c.code == "" {
				assert.Empty(t, ds)
			} else {
				find(t, ds, c.code)
			}
		})
	}
	d := find(t, validate(jsonataOne(`{"Type":"Pass","Assign":{"amount":1},"Output":"{% 1 + $amont %}","End":true}`)), asl.UnknownVariable)
	assert.Equal(t, "amount", d.Suggestion)
	assert.Equal(t, "/States/S/Output", d.Pointer)
}
