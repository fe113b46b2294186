package asl_test

import (
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAWSMessage checks the message of CreateStateMachine. The wordings are
// measured on AWS or reported as measured.
func TestAWSMessage(t *testing.T) {
	for name, c := range map[string]struct{ definition, message string }{
		"one problem": {
			one(`{"Type":"Wait","Timestamp":"tomorrow","End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/S/Timestamp'",
		},
		"the whole definition": {
			`{"StartAt":"S"}`,
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
		},
		"an unknown field is at its object": {
			one(`{"Type":"Parallel","TimeoutSeconds":1,"End":true,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Succeed"}}}]}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'TimeoutSeconds' is not supported at /States/S'",
		},
		"a dangling transition comes before an unreachable state": {
			`{"States":{"T":{"Type":"Pass","End":true}},"StartAt":"S"}`,
			`Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: S at /StartAt, MISSING_TRANSITION_TARGET: State "T" is not reachable. at /States/T'`,
		},
		"whatever the field, the target is a Next": {
			one(`{"Type":"Choice","Default":"D","Choices":[{"Variable":"$.x","IsNull":true,"Next":"C"},{"Variable":"$.y","IsNull":true,"Next":"Done"}]}`, done),
			"Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: D at /States/S/Default, MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/S/Choices[0]/Next'",
		},
		"no terminal state has no place, and hides unreachable states": {
			one(`{"Type":"Pass","Next":"S"}`, `"T":{"Type":"Pass","Next":"S"}`),
			"Invalid State Machine Definition: 'MISSING_END_STATE: Workflow has no terminal state at null'",
		},
		"fields come before transitions": {
			one(`{"Type":"Pass","Next":"Gone","Foo":1}`, done),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'Foo' is not supported at /States/S'",
		},
		"credentials need a role": {
			one(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"Credentials":{},"End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/S/Credentials'",
		},
		"an action that an integration lacks": {
			one(`{"Type":"Task","Resource":"arn:aws:states:::dynamodb:query","Parameters":{},"End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/S/Resource'",
		},
		"an intrinsic function that does not parse": {
			one(`{"Type":"Pass","Parameters":{"x.$":"States.Array(1,"},"End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call at /States/S/Parameters'",
		},
		"a JSONata field in a JSONPath state": {
			one(`{"Type":"Pass","Output":1,"End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/S'",
		},
		"a JSONPath state in a JSONata machine": {
			`{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Pass","QueryLanguage":"JSONPath","End":true}}}`,
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S'",
		},
		"QueryLanguage is no field of an item processor": {
			one(`{"Type":"Map","End":true,"ItemProcessor":{"QueryLanguage":"JSONPath","StartAt":"I","States":{"I":{"Type":"Succeed"}}}}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/S/ItemProcessor'",
		},
		"a duplicate name": {
			one(`{"Type":"Parallel","End":true,"Branches":[{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}]}`),
			"Invalid State Machine Definition: 'DUPLICATE_STATE_NAME: Duplicate State name: S at /States/S/Branches[0]/States/S'",
		},
		"a reference at the top level of an expression": {
			jsonataOne(`{"Type":"Pass","Output":{"v":"{% phone[0] %}"},"End":true}`),
			"Invalid State Machine Definition: 'UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/S/Output/v'",
		},
		"an expression that does not parse": {
			jsonataOne(`{"Type":"Pass","Output":{"v":"{% phone[1,2) %}"},"End":true}`),
			`Invalid State Machine Definition: 'INVALID_JSONATA_EXPRESSION: Expected "]", got "," at /States/S/Output/v'`,
		},
		"a JSONPath field in a JSONata state": {
			jsonataOne(`{"Type":"Pass","InputPath":"$.a","End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/S'",
		},
		"the states in a Map have the machine's language, not the Map's": {
			one(`{"Type":"Map","QueryLanguage":"JSONata","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Output":1,"End":true}}}}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/S/ItemProcessor/States/I'",
		},
		"a JSONPath state in a JSONata machine, and nothing of its other fields": {
			jsonataOne(`{"Type":"Pass","QueryLanguage":"JSONPath","Output":1,"End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S'",
		},
		"an unknown query language stands for JSONata, and what it forbids comes first": {
			one(`{"Type":"Pass","QueryLanguage":"jsonpath","Output":1,"InputPath":"$.a","End":true}`),
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/S, " +
				"SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSONPath, JSONata] at /States/S/QueryLanguage'",
		},
		"a query language that is no string stands for JSONata": {
			`{"QueryLanguage":5,"StartAt":"S","States":{"S":{"Type":"Pass","Output":1,"End":true}}}`,
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Expected value of type [STRING] at /QueryLanguage'",
		},
		"MaxConcurrency has no upper bound": {
			one(`{"Type":"Map","MaxConcurrency":9223372036854775807,"End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}`), "",
		},
		"an item processor may go round for ever": {
			one(`{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Next":"I"}}}}`), "",
		},
		"duplicate fields are fine with AWS": {one(`{"Type":"Pass","Comment":"a","Comment":"b","End":true}`), ""},
		"warnings are not errors":            {one(`{"Type":"Pass","Result":"$.x","End":true}`), ""},
		"a valid definition is valid":        {one(pass), ""},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.message, validate(c.definition).AWSMessage())
		})
	}
}

func TestAWSDiagnostics(t *testing.T) {
	ds := validate("not a definition").AWS()
	require.Len(t, ds, 1)
	assert.Equal(t, asl.InvalidJSON, ds[0].Code)
	assert.Equal(t, `[Source: (String)"not a definition"; line: 1, column: 4]`, ds[0].Location)
	assert.Equal(t, "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at "+ds[0].Location, ds[0].Message)
	assert.Equal(t, 1, ds[0].Column, "our own place is where the mistake begins")

	for _, definition := range []string{" ", "[]", "1", `"text"`, "null"} {
		ds := validate(definition).AWS()
		require.Len(t, ds, 1, definition)
		assert.Equal(t, "Definition must be a valid JSON object", ds[0].Message)
		assert.Empty(t, ds[0].Location)
	}
}

func TestExpress(t *testing.T) {
	for resource, message := range map[string]string{
		"arn:aws:states:::sns:publish.waitForTaskToken":     "Express state machine does not support '.waitForTaskToken' service integration ",
		"arn:aws:states:::states:startExecution.sync:2":     "Express state machine does not support '.sync' service integration",
		"arn:aws:states:::batch:submitJob.sync":             "Express state machine does not support '.sync' service integration",
		"arn:aws:states:us-east-1:123456789012:activity:a1": "Express state machine does not support Activity ARN",
		"approve.waitForTaskToken":                          "Express state machine does not support '.waitForTaskToken' service integration ",
		"arn:aws:states:::sns:publish":                      "",
		"arn:aws:lambda:us-east-1:123456789012:function:f":  "",
	} {
		definition := one(`{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + resource + `","Parameters":{"Message":"m","StateMachineArn":"m"},"End":true}}}}`)
		m, err := asl.Parse(definition)
		require.NoError(t, err, "a Standard execution can run it")

		ds := asl.Parser{Type: asl.Express}.Validate([]byte(definition))
		assert.Equal(t, m.ExpressProblems().AWSMessage(), ds.AWSMessage())
		if message == "" {
			assert.Empty(t, ds, resource)
			continue
		}
		require.Len(t, ds, 1, resource)
		assert.Equal(t, message, ds[0].Message)
		assert.Equal(t, "/States/S/ItemProcessor/States/T/Resource", ds[0].Pointer)
		assert.NotZero(t, m.ExpressProblems()[0].Column)
		assert.Equal(t, "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "+message+" at /States/S/ItemProcessor/States/T/Resource'", ds.AWSMessage())
		_, err = asl.Parser{Type: asl.Express}.Parse([]byte(definition))
		assert.Error(t, err)
	}
}
