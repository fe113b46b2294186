package asl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRequiredMembers leaves out each member that AWS misses, in both query languages and
// with each pattern that the service offers.
func TestRequiredMembers(t *testing.T) {
	for resource, members := range map[string][]string{
		"lambda:invoke":                          {"FunctionName"},
		"lambda:invoke.waitForTaskToken":         {"FunctionName"},
		"sqs:sendMessage":                        {"QueueUrl", "MessageBody"},
		"sqs:sendMessage.waitForTaskToken":       {"QueueUrl", "MessageBody"},
		"sns:publish":                            {"Message"},
		"sns:publish.waitForTaskToken":           {"Message"},
		"dynamodb:putItem":                       {"TableName", "Item"},
		"dynamodb:getItem":                       {"TableName", "Key"},
		"dynamodb:deleteItem":                    {},
		"states:startExecution":                  {"StateMachineArn"},
		"states:startExecution.sync":             {"StateMachineArn"},
		"states:startExecution.sync:2":           {"StateMachineArn"},
		"states:startExecution.waitForTaskToken": {"StateMachineArn"},
		"events:putEvents":                       {"Entries"},
		"events:putEvents.waitForTaskToken":      {"Entries"},
		"ecs:runTask":                            {"TaskDefinition"},
		"ecs:runTask.sync":                       {"TaskDefinition"},
		"ecs:runTask.waitForTaskToken":           {"TaskDefinition"},
		"glue:startJobRun":                       {"JobName"},
		"glue:startJobRun.sync":                  {"JobName"},
		"aws-sdk:s3:listBuckets":                 {},
		"bedrock:invokeModel":                    {},
	} {
		arn := "arn:aws:states:::" + resource
		for _, language := range []string{"JSONPath", "JSONata"} {
			field := map[string]string{"JSONPath": "Parameters", "JSONata": "Arguments"}[language]
			task := func(fields string) asl.Diagnostics {
				return validate(one(`{"Type":"Task","QueryLanguage":"` + language + `","Resource":"` + arn + `",` + fields + `"End":true}`))
			}
			given := func(names []string) string {
				var fields []string
				for i, name := range names {
					if i%2 == 1 && language == "JSONPath" {
						fields = append(fields, fmt.Sprintf(`"%s.$":"$.x"`, name))
					} else {
						fields = append(fields, fmt.Sprintf(`%q:"v"`, name))
					}
				}
				return `"` + field + `":{` + strings.Join(fields, ",") + `},`
			}

			ds := task("")
			require.Len(t, ds, 1, arn)
			assert.Equal(t, asl.SchemaValidationFailed, ds[0].Code)
			assert.Equal(t, field+" field is required for resource ARN: "+arn, ds[0].Message)
			assert.Equal(t, "/States/S/Resource", ds[0].Location)

			assert.Empty(t, task(given(members)), arn)
			for i, name := range members {
				rest := append(append([]string(nil), members[:i]...), members[i+1:]...)
				ds := task(given(rest))
				require.Len(t, ds, 1, "%s without %s", arn, name)
				assert.Equal(t, asl.SchemaValidationFailed, ds[0].Code)
				assert.Equal(t, "The field '"+name+"' is required but was missing", ds[0].Message)
				assert.Equal(t, "/States/S/"+field, ds[0].Location)
			}
			if language == "JSONata" {
				assert.Empty(t, task(`"Arguments":"{% $states.input %}",`), "what an expression gives isn't known")
			}
		}
	}
	for _, resource := range []string{"arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:states:us-east-1:123456789012:activity:a", "pack.waitForTaskToken"} {
		assert.Empty(t, validate(one(`{"Type":"Task","Resource":"`+resource+`","End":true}`)), "no integration of AWS's")
	}
}

// TestPatterns tells of each service which patterns it offers.
func TestPatterns(t *testing.T) {
	all := []string{"", ".sync", ".sync:2", ".waitForTaskToken"}
	for action, offered := range map[string][]string{
		"lambda:invoke":                        {"", ".waitForTaskToken"},
		"sns:publish":                          {"", ".waitForTaskToken"},
		"sqs:sendMessage":                      {"", ".waitForTaskToken"},
		"events:putEvents":                     {"", ".waitForTaskToken"},
		"apigateway:invoke":                    {"", ".waitForTaskToken"},
		"http:invoke":                          {""},
		"dynamodb:updateItem":                  {""},
		"bedrock-agentcore:invokeAgentRuntime": {""},
		"states:startExecution":                all,
		"ecs:runTask":                          {"", ".sync", ".waitForTaskToken"},
		"batch:submitJob":                      {"", ".sync"},
		"athena:startQueryExecution":           {"", ".sync"},
		"codebuild:startBuild":                 {"", ".sync"},
		"databrew:startJobRun":                 {"", ".sync"},
		"elasticmapreduce:addStep":             {"", ".sync"},
		"emr-containers:startJobRun":           {"", ".sync"},
		"emr-serverless:startJobRun":           {"", ".sync"},
		"glue:startJobRun":                     {"", ".sync"},
		"mediaconvert:createJob":               {"", ".sync"},
		"sagemaker:createTrainingJob":          {"", ".sync"},
		"eks:runJob":                           {"", ".sync", ".waitForTaskToken"}, // no report of it
		"aws-sdk:ec2:startInstances":           {"", ".waitForTaskToken"},
	} {
		const members = `"FunctionName":"v","Message":"v","QueueUrl":"v","MessageBody":"v","Entries":[],"StateMachineArn":"v","TaskDefinition":"v","JobName":"v"`
		for _, pattern := range all {
			arn := "arn:aws:states:::" + action + pattern
			ds := validate(one(`{"Type":"Task","Resource":"` + arn + `","Parameters":{` + members + `},"End":true}`))
			if slices.Contains(offered, pattern) {
				assert.Empty(t, ds, arn)
				continue
			}
			require.Len(t, ds, 1, arn)
			assert.Equal(t, asl.SchemaValidationFailed, ds[0].Code)
			assert.Equal(t, "The resource provided "+arn+" is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", ds[0].Message)
			assert.Equal(t, "/States/S/Resource", ds[0].Location)
		}
	}
}
