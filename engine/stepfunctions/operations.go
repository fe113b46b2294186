package stepfunctions

import (
	"context"

	"github.com/gostates/gostates/asl/value"
)

// An operation is one of the API's.
type operation struct {
	// input has the members, in the notation that readMembers reads.
	input string
	call  func(*Handler, context.Context, *value.Object) ([]byte, error)
}

// operations has the operations by their names.
var operations map[string]*operation

func init() {
	operations = map[string]*operation{
		"CreateStateMachine": {
			"name* Name, definition* Definition, roleArn* Arn, type StateMachineType, loggingConfiguration LoggingConfiguration, tags [Tag], " +
				"tracingConfiguration TracingConfiguration, publish boolean, versionDescription VersionDescription, encryptionConfiguration EncryptionConfiguration",
			call((*Handler).createStateMachine),
		},
		"DeleteStateMachine": {"stateMachineArn* Arn(stateMachine)", call((*Handler).deleteStateMachine)},
		"DescribeExecution": {
			"executionArn* Arn(execution), includedData IncludedData",
			call((*Handler).describeExecution),
		},
		"DescribeStateMachine": {
			"stateMachineArn* Arn(stateMachine), includedData IncludedData",
			call((*Handler).describeStateMachine),
		},
		"DescribeStateMachineForExecution": {
			"executionArn* Arn(execution), includedData IncludedData",
			call((*Handler).describeStateMachineForExecution),
		},
		"GetExecutionHistory": {
			"executionArn* Arn(execution), maxResults PageSize, reverseOrder boolean, nextToken PageToken, includeExecutionData boolean",
			call((*Handler).getExecutionHistory),
		},
		"ListExecutions": {
			"stateMachineArn Arn(stateMachine), statusFilter ExecutionStatus, maxResults PageSize, nextToken ListExecutionsPageToken, " +
				"mapRunArn LongArn(mapRun), redriveFilter ExecutionRedriveFilter",
			call((*Handler).listExecutions),
		},
		"ListStateMachines": {"maxResults PageSize, nextToken PageToken", call((*Handler).listStateMachines)},
		"RedriveExecution":  {"executionArn* Arn(execution), clientToken ClientToken", call((*Handler).redriveExecution)},
		"StartExecution": {
			"stateMachineArn* Arn(stateMachine), name Name, input SensitiveData, traceHeader TraceHeader",
			call((*Handler).startExecution),
		},
		"StartSyncExecution": {
			"stateMachineArn* Arn(stateMachine), name Name, input SensitiveData, traceHeader TraceHeader, includedData IncludedData",
			call((*Handler).startSyncExecution),
		},
		"StopExecution": {
			"executionArn* Arn(execution), error SensitiveError, cause SensitiveCause",
			call((*Handler).stopExecution),
		},
		"UpdateStateMachine": {
			"stateMachineArn* Arn(stateMachine), definition Definition, roleArn Arn, loggingConfiguration LoggingConfiguration, " +
				"tracingConfiguration TracingConfiguration, publish boolean, versionDescription VersionDescription, encryptionConfiguration EncryptionConfiguration",
			call((*Handler).updateStateMachine),
		},
		"ValidateStateMachineDefinition": {
			"definition* Definition, type StateMachineType, severity ValidateStateMachineDefinitionSeverity, maxResults ValidateStateMachineDefinitionMaxResult",
			call((*Handler).validateStateMachineDefinition),
		},
	}
}
