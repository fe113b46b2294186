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
		"CreateActivity": {
			"name* Name, tags [Tag], encryptionConfiguration EncryptionConfiguration",
			call((*Handler).createActivity),
		},
		"CreateStateMachineAlias": {
			"description AliasDescription, name* CharacterRestrictedName, routingConfiguration* [RoutingConfigurationListItem|1|2]",
			call((*Handler).createStateMachineAlias),
		},
		"DeleteActivity":            {"activityArn* Arn(activity)", call((*Handler).deleteActivity)},
		"DeleteStateMachineAlias":   {"stateMachineAliasArn* Arn(stateMachine)", call((*Handler).deleteStateMachineAlias)},
		"DeleteStateMachineVersion": {"stateMachineVersionArn* LongArn(stateMachine)", call((*Handler).deleteStateMachineVersion)},
		"DescribeActivity":          {"activityArn* Arn(activity)", call((*Handler).describeActivity)},
		"DescribeMapRun":            {"mapRunArn* LongArn(mapRun)", call((*Handler).describeMapRun)},
		"DescribeStateMachineAlias": {"stateMachineAliasArn* Arn(stateMachine)", call((*Handler).describeStateMachineAlias)},
		"GetActivityTask":           {"activityArn* Arn(activity), workerName Name", call((*Handler).getActivityTask)},
		"ListActivities":            {"maxResults PageSize, nextToken PageToken", call((*Handler).listActivities)},
		"ListMapRuns":               {"executionArn* Arn(execution), maxResults PageSize, nextToken PageToken", call((*Handler).listMapRuns)},
		"ListStateMachineAliases": {
			"stateMachineArn* Arn(stateMachine), nextToken PageToken, maxResults PageSize",
			call((*Handler).listStateMachineAliases),
		},
		"ListStateMachineVersions": {
			"stateMachineArn* Arn(stateMachine), nextToken PageToken, maxResults PageSize",
			call((*Handler).listStateMachineVersions),
		},
		"ListTagsForResource": {"resourceArn* Arn(stateMachine|activity)", call((*Handler).listTagsForResource)},
		"PublishStateMachineVersion": {
			"stateMachineArn* Arn(stateMachine), revisionId string, description VersionDescription",
			call((*Handler).publishStateMachineVersion),
		},
		"SendTaskFailure":   {"taskToken* TaskToken, error SensitiveError, cause SensitiveCause", call((*Handler).sendTaskFailure)},
		"SendTaskHeartbeat": {"taskToken* TaskToken", call((*Handler).sendTaskHeartbeat)},
		"SendTaskSuccess":   {"taskToken* TaskToken, output* SensitiveData", call((*Handler).sendTaskSuccess)},
		"TagResource":       {"resourceArn* Arn(stateMachine|activity), tags* [Tag]", call((*Handler).tagResource)},
		"UntagResource":     {"resourceArn* Arn(stateMachine|activity), tagKeys* [TagKey]", call((*Handler).untagResource)},
		"UpdateMapRun": {
			"mapRunArn* LongArn(mapRun), maxConcurrency MaxConcurrency, toleratedFailurePercentage ToleratedFailurePercentage, toleratedFailureCount ToleratedFailureCount",
			call((*Handler).updateMapRun),
		},
		"UpdateStateMachineAlias": {
			"stateMachineAliasArn* Arn(stateMachine), description AliasDescription, routingConfiguration [RoutingConfigurationListItem|1|2]",
			call((*Handler).updateStateMachineAlias),
		},
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
		"TestState": {
			"definition* Definition, roleArn Arn, input SensitiveData, inspectionLevel InspectionLevel, revealSecrets boolean, variables SensitiveData, " +
				"stateName TestStateStateName, mock MockInput, context SensitiveData, stateConfiguration TestStateConfiguration",
			call((*Handler).testState),
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
