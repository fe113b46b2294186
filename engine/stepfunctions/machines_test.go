package stepfunctions_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Terraform polls until a machine is as it was sent, so every setting comes back.
func TestStateMachineSettings(t *testing.T) {
	e := serve(t)
	off := object{"level": "OFF", "includeExecutionData": false}
	logs := object{"level": "ALL", "includeExecutionData": true, "destinations": []any{object{"cloudWatchLogsLogGroup": object{"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}}}
	key := object{"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k", "kmsDataKeyReusePeriodSeconds": 900.0}
	m := e.create("m", pass)
	d := e.ok("DescribeStateMachine", object{"stateMachineArn": m})
	require.Equal(t, object{
		"stateMachineArn": m, "name": "m", "status": "ACTIVE", "definition": pass, "roleArn": role, "type": "STANDARD",
		"creationDate": d["creationDate"], "loggingConfiguration": off, "tracingConfiguration": object{"enabled": false},
		"encryptionConfiguration": object{"type": "AWS_OWNED_KEY"},
	}, d, "without a revisionId, since there was no update")

	updated := e.ok("UpdateStateMachine", object{
		"stateMachineArn": m, "loggingConfiguration": logs, "tracingConfiguration": object{"enabled": true}, "encryptionConfiguration": key,
		"publish": true, "versionDescription": "first",
	})
	require.Equal(t, m+":1", updated["stateMachineVersionArn"])
	d = e.ok("DescribeStateMachine", object{"stateMachineArn": m})
	require.Equal(t, updated["revisionId"], d["revisionId"])
	require.Equal(t, logs, d["loggingConfiguration"])
	require.Equal(t, object{"enabled": true}, d["tracingConfiguration"])
	require.Equal(t, key, d["encryptionConfiguration"])

	again := e.ok("UpdateStateMachine", object{"stateMachineArn": m, "loggingConfiguration": logs})
	require.Equal(t, updated["revisionId"], again["revisionId"], "nothing changed")
	run := e.ok("StartExecution", object{"stateMachineArn": m})
	changed := e.ok("UpdateStateMachine", object{"stateMachineArn": m, "loggingConfiguration": off, "encryptionConfiguration": object{"type": "AWS_OWNED_KEY"}, "roleArn": role + "2"})
	require.NotEqual(t, updated["revisionId"], changed["revisionId"])
	require.NotContains(t, changed, "stateMachineVersionArn")

	version := e.ok("DescribeStateMachine", object{"stateMachineArn": m + ":1"})
	require.Equal(t, "first", version["description"])
	require.Equal(t, m+":1", version["stateMachineArn"])
	require.Equal(t, logs, version["loggingConfiguration"], "a version keeps its settings")
	of := e.ok("DescribeStateMachineForExecution", object{"executionArn": run["executionArn"]})
	require.Equal(t, object{
		"stateMachineArn": m, "name": "m", "definition": pass, "roleArn": role, "updateDate": updated["updateDate"], "revisionId": updated["revisionId"],
		"loggingConfiguration": logs, "tracingConfiguration": object{"enabled": true}, "encryptionConfiguration": key,
	}, of, "as the machine was when the execution started")
}
