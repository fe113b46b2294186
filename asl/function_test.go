package asl_test

import (
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFunction tells which function a Task names where, in either query language.
func TestFunction(t *testing.T) {
	const invoke = "arn:aws:states:::lambda:invoke"
	for name, c := range map[string]struct{ language, resource, arguments, function string }{
		"a name":                           {"JSONPath", invoke, `"Parameters":{"FunctionName":"ship"}`, "ship"},
		"an ARN":                           {"JSONPath", invoke + ".waitForTaskToken", `"Parameters":{"FunctionName":"arn:aws:lambda:us-east-1:123456789012:function:ship"}`, "arn:aws:lambda:us-east-1:123456789012:function:ship"},
		"a name and a qualifier":           {"JSONPath", invoke, `"Parameters":{"Qualifier":"live","FunctionName":"ship"}`, "ship:live"},
		"a name of the input's":            {"JSONPath", invoke, `"Parameters":{"FunctionName.$":"$.f"}`, ""},
		"a qualifier of the input's":       {"JSONPath", invoke, `"Parameters":{"FunctionName":"ship","Qualifier.$":"$.q"}`, ""},
		"braces mean nothing in JSONPath":  {"JSONPath", invoke, `"Parameters":{"FunctionName":"{% 'a' %}"}`, "{% 'a' %}"},
		"another resource":                 {"JSONPath", "ship", `"Parameters":{"FunctionName":"ship"}`, ""},
		"another action":                   {"JSONPath", "arn:aws:states:::aws-sdk:lambda:invoke", `"Parameters":{"FunctionName":"ship"}`, ""},
		"a function's own ARN":             {"JSONPath", "arn:aws:lambda:us-east-1:123456789012:function:f", `"Parameters":{"FunctionName":"ship"}`, ""},
		"a name in JSONata":                {"JSONata", invoke, `"Arguments":{"FunctionName":"ship"}`, "ship"},
		"an expression":                    {"JSONata", invoke, `"Arguments":{"FunctionName":"{% 'ship' %}"}`, ""},
		"arguments that are an expression": {"JSONata", invoke, `"Arguments":"{% {'FunctionName':'ship'} %}"`, ""},
		"a qualifier that is an expression": {
			"JSONata", invoke, `"Arguments":{"FunctionName":"ship","Qualifier":"{% 'live' %}"}`, "",
		},
		"a name that ends in .$ is one like others in JSONata": {"JSONata", invoke, `"Arguments":{"FunctionName":"ship","Qualifier.$":"$.q"}`, "ship"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := asl.Parse(one(`{"Type":"Task","QueryLanguage":"` + c.language + `","Resource":"` + c.resource + `",` + c.arguments + `,"End":true}`))
			require.NoError(t, err)
			assert.Equal(t, c.function, m.Find("S").(*asl.Task).Function)
		})
	}
}
