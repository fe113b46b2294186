package onengine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/conformance/onengine"
	"github.com/stretchr/testify/require"
)

// converse runs conversations that a file has, beside a case that one of them names.
func converse(t *testing.T, conversation string) error {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cases.jsonl"), []byte(`{"name":"work","expect":{"history":[`+
		`{"id":1,"previousEventId":0,"type":"ExecutionStarted","executionStartedEventDetails":{"input":{},"inputDetails":{"truncated":false},"roleArn":"<any>"}},`+
		`{"id":2,"previousEventId":0,"type":"TaskStateEntered","stateEnteredEventDetails":{"input":{},"inputDetails":{"truncated":false},"name":"W"}},`+
		`{"id":3,"previousEventId":2,"type":"ActivityScheduled","activityScheduledEventDetails":{"input":{},"inputDetails":{"truncated":false},"resource":"arn:aws:states:us-east-1:111111111111:activity:a"}},`+
		`{"id":4,"previousEventId":3,"type":"ActivityStarted","activityStartedEventDetails":{"workerName":"w"}},`+
		`{"id":5,"previousEventId":4,"type":"ActivityFailed","activityFailedEventDetails":{"error":"E","cause":"c"}},`+
		`{"id":6,"previousEventId":5,"type":"ExecutionFailed","executionFailedEventDetails":{"error":"E","cause":"c"}}]}}`), 0o600))
	file := filepath.Join(dir, "api.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(conversation), 0o600))
	tests, err := corpus.LoadKind(corpus.Conversations, file)
	require.NoError(t, err)
	require.Len(t, tests, 1)
	return tests[0].Run(onengine.Driver{})
}

const conversation = `{"name":"n","last_validated":"2025-01-02T03:04:05+00:00","calls":[` +
	`{"call":"create_activity","params":{"name":"a"},"response":{"activityArn":"arn:aws:states:us-east-1:111111111111:activity:a","creationDate":"<any>"}},` +
	`{"call":"create_activity","params":{"name":"a b"},"error":{"code":"InvalidName","message":"Invalid Name: 'a b'"}},` +
	`{"call":"create_activity","params":{"name":""},"error":{"exception_typename":"ParamValidationError","exception_value":"Parameter validation failed:"}},` +
	`{"call":"create_state_machine","params":{"name":"m","roleArn":"arn:aws:iam::111111111111:role/r",` +
	`"definition":"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Task\",\"Resource\":\"{{0.activityArn}}\",\"End\":true}}}"}},` +
	`{"call":"start_execution","params":{"stateMachineArn":"{{3.stateMachineArn}}"}},` +
	`{"call":"get_execution_history","params":{"executionArn":"{{4.executionArn}}"}},` +
	`{"call":"get_execution_history","params":{"executionArn":"{{4.executionArn}}"},"response":{"events_in":"cases/work"}},` +
	`{"call":"describe_execution","params":{"executionArn":"x"},"error":{"message":"An error occurred (InvalidArn) when calling the DescribeExecution operation: Invalid Arn: 'Invalid ARN prefix: x'"}},` +
	`{"call":"describe_state_machine_for_execution","params":{"executionArn":"{{4.executionArn}}"},"response":{"stateMachineArn":"<any>:m","name":"m",` +
	`"definition":{"StartAt":"W","States":{"W":{"Type":"Task","Resource":"<any>","End":true}}},"roleArn":"<any>","updateDate":"<any>",` +
	`"loggingConfiguration":{"level":"OFF","includeExecutionData":false},"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}}]}`

func TestConversation(t *testing.T) {
	t.Parallel()
	require.NoError(t, converse(t, conversation))
	// What is expected otherwise is seen.
	for _, altered := range []struct{ old, new, failure string }{
		{`activity:a","creationDate"`, `activity:b","creationDate"`, "call 0, CreateActivity: activityArn"},
		{`"code":"InvalidName"`, `"code":"InvalidArn"`, "call 1, CreateActivity: __type"},
		{`Invalid Name: 'a b'`, `Invalid Name: 'ab'`, "call 1, CreateActivity: message"},
		{`"error":{"code":"InvalidName","message":"Invalid Name: 'a b'"}`, `"response":{}`, "call 1, CreateActivity: it failed"},
		{`"params":{"name":"a"},"response":{`, `"params":{"name":"a"},"response":{"more":1,`, "call 0, CreateActivity: more: expected 1, actual nothing"},
		{`cases/work`, `cases/none`, "there is no case none"},
		{`prefix: x'`, `prefix: y'`, "call 7, DescribeExecution: message"},
		{`{\"Type\":\"Task\"`, `{\"Type\":\"Task\",\"TimeoutSeconds\":9`, "events[2].activityScheduledEventDetails.timeoutInSeconds"},
		{`"Resource":"<any>"`, `"Resource":"x"`, "definition.States.W.Resource"},
		{`,"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}`, ``, "encryptionConfiguration: expected nothing"},
		{`"executionArn":"{{4.executionArn}}"}}`, `"executionArn":"{{4.none}}"}}`, "there is no answer for {{4.none}}"},
	} {
		err := converse(t, strings.Replace(conversation, altered.old, altered.new, 1))
		require.ErrorContains(t, err, altered.failure, altered.new)
	}
	// The API had no encryption in 2023.
	require.NoError(t, converse(t, strings.NewReplacer(`,"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}`, ``, `2025`, `2023`).Replace(conversation)))
}
