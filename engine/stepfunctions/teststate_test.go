package stepfunctions_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTestState holds what TestState has on the wire: JSON in texts, and each error by its name.
func TestTestState(t *testing.T) {
	e := serve(t)
	state := `{"Type":"Pass","InputPath":"$.a","Next":"B"}`
	require.Equal(t, object{"status": "SUCCEEDED", "output": `{"b":1}`, "nextState": "B"}, e.ok("TestState", object{"definition": state, "input": `{"a":{"b":1}}`}))
	require.Equal(t, object{
		"status": "SUCCEEDED", "output": `{"b":1}`, "nextState": "B",
		"inspectionData": object{
			"input": `{"a":{"b":1}}`, "afterInputPath": `{"b":1}`, "afterParameters": `{"b":1}`, "afterResultSelector": `{"b":1}`, "afterResultPath": `{"b":1}`,
		},
	}, e.ok("TestState", object{"definition": state, "input": `{"a":{"b":1}}`, "inspectionLevel": "DEBUG"}))
	task := `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"b"},"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":2}],"End":true}`
	failed := e.ok("TestState", object{
		"definition": task, "inspectionLevel": "TRACE", "mock": object{"errorOutput": object{"error": "E", "cause": "c"}}, "stateConfiguration": object{"retrierRetryCount": 2},
	})
	require.Equal(t, "RETRIABLE", failed["status"])
	require.Equal(t, "c", failed["cause"])
	require.Equal(t, object{"retryIndex": 0.0, "retryBackoffIntervalSeconds": 8.0}, failed["inspectionData"].(object)["errorDetails"])
	for _, c := range []struct {
		input         object
		code, message string
	}{
		{object{"definition": `{"Type":"Pass"}`}, "InvalidDefinition", "Invalid State Machine Definition: '"},
		{object{"definition": `{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}],"End":true}`}, "InvalidDefinition", "TestState API does not support Map or Parallel states."},
		{object{"definition": state, "input": "{"}, "InvalidExecutionInput", ""},
		{object{"definition": task}, "ValidationException", "RoleArn must be specified when testing a Task state"},
		{object{"definition": task, "roleArn": "me"}, "InvalidArn", ""},
		{object{"definition": task, "mock": object{"result": `{"MessageId":1}`}}, "ValidationException", "Mock result schema validation error: Field 'MessageId' must be a string"},
		{object{"definition": state, "inspectionLevel": "ALL"}, "ValidationException", ""},
		{object{"definition": state, "revealSecrets": true}, "AccessDeniedException", "states:RevealSecrets"},
		{object{"definition": task, "revealSecrets": true, "mock": object{"result": `{}`}}, "ValidationException", "TestState does not support RevealSecrets when a mock is specified."},
	} {
		code, message := e.fails("TestState", c.input)
		require.Equal(t, c.code, code, message)
		require.Contains(t, message, c.message)
	}
}
