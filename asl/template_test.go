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

func TestStateTypes(t *testing.T) {
	m, err := asl.Parse(order)
	require.NoError(t, err)
	for name, typ := range map[string]string{
		"Check": "Task", "In stock?": "Choice", "Restock": "Wait", "Reserve": "Map", "Dispatch": "Parallel", "Bill": "Pass", "Refuse": "Fail", "Done": "Succeed",
	} {
		assert.Equal(t, typ, m.Find(name).Type())
	}
}
