package asl_test

import (
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTemplateProblems: AWS names the object that holds a field, we the field.
func TestTemplateProblems(t *testing.T) {
	for _, c := range []struct {
		template          string
		code              asl.Code
		message           string
		pointer, location string
	}{
		{`{"a":{"x.$":"States.Nope()"}}`, asl.SchemaValidationFailed, "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call",
			"/States/S/Parameters/a/x.$", "/States/S/Parameters/a"},
		{`{"list":[0,{"a/b":{"x.$":"x"}}]}`, asl.SchemaValidationFailed, "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call",
			"/States/S/Parameters/list/1/a~1b/x.$", "/States/S/Parameters/list[1]/a/b"},
		{`{"x.$":" States.UUID()"}`, asl.SchemaValidationFailed, "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call",
			"/States/S/Parameters/x.$", "/States/S/Parameters"},
		{`{"a":[{"x.$":1}]}`, asl.SchemaValidationFailed, "The value for the field 'x.$' must be a STRING that contains a JSONPath but was a NUMBER",
			"/States/S/Parameters/a/0/x.$", "/States/S/Parameters/a[0]"},
		{`{"a":{"x":1,"x.$":"$.x"}}`, asl.DuplicateFieldName, `A duplicate field will exist after renaming to strip the ".$" suffix from: x.$`,
			"/States/S/Parameters/a/x.$", "/States/S/Parameters/a"},
	} {
		ds := validate(one(`{"Type":"Pass","Parameters":` + c.template + `,"End":true}`))
		require.Len(t, ds, 1, c.template)
		assert.Equal(t, c.code, ds[0].Code)
		assert.Equal(t, c.message, ds[0].Message)
		assert.Equal(t, c.pointer, ds[0].Pointer)
		assert.Equal(t, c.location, ds[0].Location)
	}
}

func TestEveryTemplateIsChecked(t *testing.T) {
	const bad = `{"x.$":"x"}`
	for _, state := range []string{
		`{"Type":"Pass","Parameters":` + bad + `,"End":true}`,
		`{"Type":"Pass","Assign":` + bad + `,"End":true}`,
		`{"Type":"Task","Resource":"r","ResultSelector":` + bad + `,"End":true}`,
		`{"Type":"Task","Resource":"r","Credentials":` + bad + `,"End":true}`,
		`{"Type":"Task","Resource":"r","Catch":[{"ErrorEquals":["E"],"Next":"S","Assign":` + bad + `}],"End":true}`,
		`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"S","Assign":` + bad + `}],"Default":"S"}`,
		`{"Type":"Wait","Seconds":1,"Assign":` + bad + `,"End":true}`,
		`{"Type":"Map","ItemSelector":` + bad + `,"End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}`,
	} {
		assert.Contains(t, messages(validate(one(state))), "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call", state)
	}
}

// TestTemplateShapes: which templates are any JSON, and which are objects.
func TestTemplateShapes(t *testing.T) {
	const graph = `{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`
	const task = `{"Type":"Task","Resource":"r","End":true,`
	const parallel = `{"Type":"Parallel","Branches":[` + graph + `],"End":true,`
	const mapping = `{"Type":"Map","ItemProcessor":` + graph + `,"End":true,`
	for _, c := range []struct {
		state string
		any   bool
	}{
		{`{"Type":"Pass","End":true,"Parameters":`, true}, {task + `"Parameters":`, true}, {parallel + `"Parameters":`, true},
		{mapping + `"Parameters":`, true}, {mapping + `"ItemSelector":`, true},
		{task + `"ResultSelector":`, false}, {parallel + `"ResultSelector":`, false}, {mapping + `"ResultSelector":`, false},
		{task + `"Credentials":`, false},
		{`{"Type":"Pass","End":true,"Assign":`, false}, {`{"Type":"Wait","Seconds":1,"End":true,"Assign":`, false}, {task + `"Assign":`, false},
	} {
		for _, v := range []string{`null`, `1`, `true`, `"text"`, `"$.a"`, `[]`, `[1,{"x.$":"$.a"}]`} {
			got := messages(validate(one(c.state + v + "}")))
			if c.any {
				assert.Empty(t, got, "%s%s", c.state, v)
			} else {
				assert.Equal(t, []string{"Expected value of type Object"}, got, "%s%s", c.state, v)
			}
		}
		assert.Empty(t, messages(validate(one(c.state+`{"x.$":"$.a"}}`))), c.state)
		if c.any {
			assert.Equal(t, []string{"The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call"},
				messages(validate(one(c.state+`[[{"x.$":"a"}]]}`))), c.state)
		}
	}
}

// TestDoubtfulArguments: a number that is written out and not in the documented range.
func TestDoubtfulArguments(t *testing.T) {
	for template, pointer := range map[string]string{
		`{"a":[{"x.$":"States.MathAdd($.a, 2147483648)"}]}`:            "/States/S/Parameters/a/0/x.$",
		`[{"x.$":"States.Array(States.MathAdd(-2147483648.6, $.a))"}]`: "/States/S/Parameters/0/x.$",
		`{"x.$":"States.MathAdd(12345678901234567890, 1)"}`:            "/States/S/Parameters/x.$",
	} {
		ds := validate(one(`{"Type":"Pass","Parameters":` + template + `,"End":true}`))
		require.NoError(t, ds.Err(), template)
		d := find(t, ds, asl.DoubtfulArgument)
		assert.Equal(t, asl.Warning, d.Severity)
		assert.Equal(t, pointer, d.Pointer)
		assert.Contains(t, d.Message, "States.MathAdd: argument ")
	}
	assert.Empty(t, validate(one(`{"Type":"Pass","Parameters":{"x.$":"States.MathAdd(2147483647, -2147483648)"},"End":true}`)))
	ds := validate(one(`{"Type":"Fail","Error":"E","CausePath":"States.Format('{}', States.MathAdd(1, 2147483648))"}`))
	assert.Equal(t, "/States/S/CausePath", find(t, ds, asl.DoubtfulArgument).Pointer)
}

func TestStateTypes(t *testing.T) {
	m, err := asl.Parse(order)
	require.NoError(t, err)
	for name, typ := range map[string]string{
		"Check": "Task", "In stock?": "Choice", "Restock": "Wait", "Reserve": "Map", "Dispatch": "Parallel", "Bill": "Pass", "Refuse": "Fail", "Done": "Succeed",
	} {
		assert.Equal(t, typ, m.Find(name).Type())
	}
}
