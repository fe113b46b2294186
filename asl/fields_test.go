package asl_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
)

// TestFieldTable holds every state type against every field, by the
// specification's "Table of State Types and Fields (JSONPath)" and the chapters
// on the types.
func TestFieldTable(t *testing.T) {
	base := map[string]string{
		"Pass":     `"Type":"Pass","End":true`,
		"Task":     `"Type":"Task","Resource":"r","End":true`,
		"Choice":   `"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"Done"}]`,
		"Wait":     `"Type":"Wait","Seconds":1,"End":true`,
		"Succeed":  `"Type":"Succeed"`,
		"Fail":     `"Type":"Fail"`,
		"Parallel": `"Type":"Parallel","End":true,"Branches":[{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}]`,
		"Map":      `"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`,
	}
	all := "Pass Task Choice Wait Succeed Fail Parallel Map"
	for _, c := range []struct{ field, value, allowed string }{
		{"Comment", `"c"`, all},
		{"QueryLanguage", `"JSONPath"`, all},
		{"InputPath", `"$.a"`, "Pass Task Choice Wait Succeed Parallel Map"},
		{"OutputPath", `"$.a"`, "Pass Task Choice Wait Succeed Parallel Map"},
		{"Parameters", `{}`, "Pass Task Parallel Map"},
		{"ResultSelector", `{}`, "Task Parallel Map"},
		{"ResultPath", `"$.a"`, "Pass Task Parallel Map"},
		{"Assign", `{}`, "Pass Task Choice Wait Parallel Map"},
		{"Retry", `[]`, "Task Parallel Map"},
		{"Catch", `[]`, "Task Parallel Map"},
		{"Result", `1`, "Pass"},
		{"TimeoutSeconds", `1`, "Task"},
		{"TimeoutSecondsPath", `"$.a"`, "Task"},
		{"HeartbeatSeconds", `1`, "Task"},
		{"HeartbeatSecondsPath", `"$.a"`, "Task"},
		{"Credentials", `{}`, "Task"},
		{"Default", `"Done"`, "Choice"},
		{"Error", `"E"`, "Fail"},
		{"ErrorPath", `"$.a"`, "Fail"},
		{"Cause", `"E"`, "Fail"},
		{"CausePath", `"$.a"`, "Fail"},
		{"ItemsPath", `"$.a"`, "Map"},
		{"ItemSelector", `{}`, "Map"},
		{"MaxConcurrency", `0`, "Map"},
		{"MaxConcurrencyPath", `"$.a"`, "Map"},
		{"ToleratedFailureCount", `0`, "Map"},
		{"ToleratedFailureCountPath", `"$.a"`, "Map"},
		{"ToleratedFailurePercentage", `100`, "Map"},
		{"ToleratedFailurePercentagePath", `"$.a"`, "Map"},
		{"Label", `"l"`, "Map"},
		{"Arguments", `{}`, ""},
		{"Output", `{}`, ""},
		{"Items", `[]`, ""},
		{"Foo", `1`, ""},
	} {
		for typ, fields := range base {
			definition := `{"StartAt":"C","States":{"C":{"Type":"Choice","Default":"S","Choices":[{"Variable":"$","IsPresent":true,"Next":"Done"}]},"S":{` +
				fields + fmt.Sprintf(`,%q:%s`, c.field, c.value) + `},` + done + `}}`
			_, err := asl.Parse(definition)
			if slices.Contains(strings.Fields(c.allowed), typ) {
				assert.NoError(t, err, "%s in %s", c.field, typ)
			} else {
				assert.Error(t, err, "%s in %s", c.field, typ)
			}
		}
	}
}

func TestRequiredFields(t *testing.T) {
	for definition, message := range map[string]string{
		`{"States":{"S":{"Type":"Succeed"}}}`:                         "These fields are required: [StartAt]",
		`{"StartAt":"S"}`:                                             "These fields are required: [States]",
		one(`{"End":true}`):                                           "These fields are required: [Type]",
		one(`{"Type":"Task","End":true}`):                             "These fields are required: [Resource]",
		one(`{"Type":"Choice"}`):                                      "These fields are required: [Choices]",
		one(`{"Type":"Parallel","End":true}`):                         "These fields are required: [Branches]",
		one(`{"Type":"Parallel","End":true,"Branches":[{}]}`):         "These fields are required: [States, StartAt]",
		one(`{"Type":"Map","End":true,"Iterator":{"StartAt":"I"}}`):   "These fields are required: [States]",
		one(`{"Type":"Task","Resource":"r","Retry":[{}],"End":true}`): "These fields are required: [ErrorEquals]",
		one(`{"Type":"Task","Resource":"r","Catch":[{}],"End":true}`): "These fields are required: [Next, ErrorEquals]",
		one(`{"Type":"Pass"}`):                                        "This object should have only one of the following fields: [Next, End]",
		one(`{"Type":"Pass","End":false}`):                            "This object should have only one of the following fields: [Next, End]",
		one(`{"Type":"Wait","End":true}`):                             "This object should have only one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp]",
		one(`{"Type":"Map","End":true}`):                              "This object should have only one of the following fields: [ItemProcessor, Iterator]",
		one(`{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}`): "These fields are required: [ExecutionType]",
	} {
		assert.Contains(t, messages(validate(definition)), message, definition)
	}
}

func TestExclusiveFields(t *testing.T) {
	const worker = `{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`
	for state, message := range map[string]string{
		`{"Type":"Pass","Next":"Done","End":true}`:                                                                             "[Next, End]",
		`{"Type":"Task","Resource":"r","TimeoutSeconds":1,"TimeoutSecondsPath":"$.a","End":true}`:                              "[TimeoutSeconds, TimeoutSecondsPath]",
		`{"Type":"Task","Resource":"r","HeartbeatSeconds":1,"HeartbeatSecondsPath":"$.a","End":true}`:                          "[HeartbeatSeconds, HeartbeatSecondsPath]",
		`{"Type":"Wait","Seconds":1,"Timestamp":"2016-03-14T01:59:00Z","End":true}`:                                            "[SecondsPath, Seconds, TimestampPath, Timestamp]",
		`{"Type":"Fail","Error":"e","ErrorPath":"$.e"}`:                                                                        "[Error, ErrorPath]",
		`{"Type":"Fail","Cause":"e","CausePath":"$.e"}`:                                                                        "[Cause, CausePath]",
		`{"Type":"Map","ItemProcessor":` + worker + `,"Iterator":` + worker + `,"End":true}`:                                   "[ItemProcessor, Iterator]",
		`{"Type":"Map","ItemProcessor":` + worker + `,"Parameters":{},"ItemSelector":{},"End":true}`:                           "[ItemSelector, Parameters]",
		`{"Type":"Map","ItemProcessor":` + worker + `,"MaxConcurrency":1,"MaxConcurrencyPath":"$.a","End":true}`:               "[MaxConcurrency, MaxConcurrencyPath]",
		`{"Type":"Map","ItemProcessor":` + worker + `,"ToleratedFailureCount":1,"ToleratedFailureCountPath":"$.a","End":true}`: "[ToleratedFailureCount, ToleratedFailureCountPath]",
	} {
		assert.Contains(t, messages(validate(one(state, done))), "There should only be one of the following fields: "+message, state)
	}
	_, err := asl.Parse(one(`{"Type":"Pass","Next":"Done","End":false}`, done))
	assert.NoError(t, err, `"End": false is the same as no End`)
}

func TestFieldValues(t *testing.T) {
	task := func(fields string) string { return `{"Type":"Task","Resource":"r",` + fields + `,"End":true}` }
	retry := func(fields string) string { return task(`"Retry":[{"ErrorEquals":["E"],` + fields + `}]`) }
	each := func(fields string) string {
		return `{"Type":"Map","End":true,` + fields + `,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}`
	}
	for state, message := range map[string]string{
		task(`"TimeoutSeconds":0`):                                             "Minimum value is 1",
		task(`"TimeoutSeconds":100000000`):                                     "Maximum value is 99999999",
		task(`"TimeoutSeconds":1.5`):                                           "Expected value of type Integer",
		task(`"TimeoutSeconds":1e400`):                                         "Expected value of type Integer",
		task(`"TimeoutSeconds":null`):                                          "Expected value of type Integer",
		task(`"TimeoutSeconds":10,"HeartbeatSeconds":11`):                      "HeartbeatSeconds must not be larger than TimeoutSeconds",
		task(`"TimeoutSecondsPath":"$.a[*]"`):                                  "Value is not a Reference Path: '[' must be followed by ' or '['",
		task(`"TimeoutSecondsPath":null`):                                      "Expected value of type String",
		task(`"ResultPath":"a"`):                                               "Value is not a Reference Path: Reference path didn't start with '$'",
		task(`"ResultPath":"$$.a"`):                                            "Value is not a Reference Path",
		task(`"ResultPath":"$v"`):                                              "Value is not a Reference Path",
		task(`"ResultPath":"$.a[*]"`):                                          "Value is not a Reference Path: '[' must be followed by ' or '['",
		task(`"OutputPath":"a"`):                                               "Value must be a valid JSONPath.",
		task(`"ResultSelector":[]`):                                            "Expected value of type Object",
		task(`"Credentials":null`):                                             "Expected value of type Object",
		task(`"Retry":{}`):                                                     "Expected value of type Array",
		task(`"Retry":[1]`):                                                    "Expected value of type Object",
		retry(`"IntervalSeconds":-1`):                                          "Minimum value is 0",
		retry(`"MaxAttempts":-1`):                                              "Minimum value is 0",
		retry(`"MaxAttempts":100000000`):                                       "Maximum value is 99999999",
		retry(`"BackoffRate":0.9`):                                             "Minimum value is 1.0",
		retry(`"BackoffRate":"2"`):                                             "Expected value of type Number",
		retry(`"MaxDelaySeconds":31622401`):                                    "Maximum value is 31622400",
		retry(`"MaxDelaySeconds":0`):                                           "Minimum value is 1",
		retry(`"JitterStrategy":"SOME"`):                                       "Value should be one of the following: [NONE, FULL]",
		task(`"Retry":[{"ErrorEquals":[]}]`):                                   "Value cannot be empty",
		task(`"Retry":[{"ErrorEquals":[1]}]`):                                  "Expected value of type String",
		task(`"Retry":[{"ErrorEquals":"E"}]`):                                  "Expected value of type Array",
		task(`"Retry":[{"ErrorEquals":["States.ALL","E"]}]`):                   "States.ALL must appear alone and at end of list",
		task(`"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"]}]`): "States.ALL must appear alone and at end of list",
		`{"Type":"Task","Resource":"","End":true}`:                             "Value cannot be empty",
		`{"Type":"Task","Resource":1,"End":true}`:                              "Expected value of type String",
		`{"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:a","Credentials":{"RoleArn":"r"},"End":true}`: "The field 'Credentials' is not supported for activities",
		`{"Type":"Wait","Seconds":-1,"End":true}`:                     "Minimum value is 0",
		`{"Type":"Wait","Seconds":10000000000000000,"End":true}`:      "Maximum value is 99999999",
		`{"Type":"Wait","Seconds":"$.s","End":true}`:                  "Expected value of type Integer",
		`{"Type":"Fail","CausePath":"States.MathAdd(1, 2)"}`:          "Value must be a valid JSONPath or a valid intrinsic function call",
		`{"Type":"Fail","ErrorPath":"E"}`:                             "Value must be a valid JSONPath or a valid intrinsic function call",
		`{"Type":"Pass","End":"true"}`:                                "Expected value of type Boolean",
		`{"Type":"Pass","QueryLanguage":"JSONpath","End":true}`:       "Value should be one of the following: [JSONPath, JSONata]",
		`{"Type":"Pass","Parameters":{"a":1,"a.$":"$.b"},"End":true}`: "",
		`{"Type":"Parallel","Branches":[],"End":true}`:                "Value cannot be empty",
		`{"Type":"Parallel","Branches":[1],"End":true}`:               "Expected value of type Object",
		`{"Type":7}`:                             "Expected value of type String",
		`7`:                                      "Expected value of type Object",
		each(`"MaxConcurrency":-1`):              "Minimum value is 0",
		each(`"ToleratedFailurePercentage":101`): "Maximum value is 100.0",
		each(`"ItemsPath":"$.a[*]"`):             "Value is not a Reference Path: '[' must be followed by ' or '['",
		each(`"ItemsPath":null`):                 "Expected value of type String",
		each(`"Label":""`):                       "Invalid Label name: it is empty",
		each(`"Label":"` + strings.Repeat("l", 41) + `"`):                 "Invalid Label name: Label '" + strings.Repeat("l", 41) + "' exceeds the 40-character limit allowed by the service",
		each(`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject"}`): "A Map state in the mode INLINE cannot run with 'ItemReader'",
	} {
		ds := validate(one(state))
		assert.Error(t, ds.Err(), state)
		if message != "" {
			assert.Contains(t, messages(ds), message, state)
		}
	}
	for definition, message := range map[string]string{
		`{"Version":"2.0","StartAt":"S","States":{"S":` + pass + `}}`:     "Value should be one of the following: [1.0]",
		`{"TimeoutSeconds":-1,"StartAt":"S","States":{"S":` + pass + `}}`: "Minimum value is 0",
		`{"StartAt":1,"States":{"S":` + pass + `}}`:                       "Expected value of type String",
		`{"StartAt":"S","States":[]}`:                                     "Expected value of type Object",
		`{"StartAt":"S","States":{}}`:                                     "Missing 'Next' target: S",
	} {
		assert.Contains(t, messages(validate(definition)), message, definition)
	}
}

// TestForeignTasks may have fields and credentials that AWS does not know.
func TestForeignTasks(t *testing.T) {
	_, err := asl.Parse(one(`{"Type":"Task","Resource":"docker://hello-world","Secrets":{},"Credentials":{"token":"t"},"End":true}`))
	assert.NoError(t, err)
	_, err = asl.Parse(one(`{"Type":"Task","Resource":"docker://hello-world","TimeoutSecond":1,"End":true}`))
	assert.Error(t, err, "a misspelt field is still one")
	_, err = asl.Parse(one(`{"Type":"Task","Resource":"hello-world","Secrets":{},"End":true}`))
	assert.Error(t, err)
}

func TestVariableNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "a1": true, "a_b": true, "größe": true, "変数": true, "ⅷ": true, strings.Repeat("v", 80): true,
		"": false, "1a": false, "_a": false, "a-b": false, "a b": false, "a.b": false, "$a": false, strings.Repeat("v", 81): false, "states": false,
	} {
		_, err := asl.Parse(one(fmt.Sprintf(`{"Type":"Pass","Assign":{%q:1},"End":true}`, name)))
		assert.Equal(t, ok, err == nil, "%q: %v", name, err)
	}
}

func TestVariableScope(t *testing.T) {
	parallel := func(first, second string) string {
		return `{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":` + first + `}},{"StartAt":"B","States":{"B":` + second + `}}]}`
	}
	for name, c := range map[string]struct {
		definition string
		code       asl.Code
	}{
		"branches have scopes of their own":        {one(parallel(`{"Type":"Pass","Assign":{"v":1},"End":true}`, `{"Type":"Pass","Assign":{"v":1},"End":true}`)), ""},
		"a branch does not see another's variable": {one(parallel(`{"Type":"Pass","Assign":{"v":1},"End":true}`, `{"Type":"Pass","InputPath":"$v","End":true}`)), asl.UnknownVariable},
		"an inner scope sees the outer one":        {one(`{"Type":"Pass","Assign":{"v":1},"Next":"P"}`, `"P":`+parallel(pass, `{"Type":"Pass","InputPath":"$v","End":true}`)), ""},
		"the order of states does not matter":      {one(`{"Type":"Pass","InputPath":"$v","Next":"T"}`, `"T":{"Type":"Pass","Assign":{"v":1},"End":true}`), ""},
		"rules and catchers assign": {one(`{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["E"],"Assign":{"v":1},"Next":"C"}],"Next":"C"}`,
			`"C":{"Type":"Choice","Choices":[{"Variable":"$v","IsNull":true,"Assign":{"w":1},"Next":"T"}],"Default":"T"}`, `"T":{"Type":"Pass","Parameters":{"x.$":"States.Array($v, $w)"},"End":true}`), ""},
		"states is the interpreter's": {one(`{"Type":"Pass","Parameters":{"x.$":"$states.x"},"End":true}`), ""},
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
}

// TestWhatNothingReads: fields that are passed over hold JSON all the same, since the
// definition is read again by whoever writes it anew.
func TestWhatNothingReads(t *testing.T) {
	for _, row := range []struct{ definition, problem string }{
		{one(`{"Type":"Task","Resource":"docker://hello-world","Secrets":[{"a":{"b":1,"b":2}}],"End":true}`), "Field 'b' appears twice"},
		{one("{\"Type\":\"Task\",\"Resource\":\"docker://hello-world\",\"Secrets\":\"\x9f\",\"End\":true}"), "Invalid UTF-8 start byte 0x9f"},
		{one("{\"Type\":\"Pass\",\"Comment\":\"\xff\",\"End\":true}"), "Invalid UTF-8 start byte 0xff"},
	} {
		_, err := asl.Parse(row.definition)
		if assert.ErrorContains(t, err, row.problem, row.definition) {
			invalid, _ := errors.AsType[*asl.InvalidDefinitionError](err)
			assert.Positive(t, invalid.Diagnostics[0].Column)
		}
	}
}
