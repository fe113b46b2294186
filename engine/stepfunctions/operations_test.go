package stepfunctions_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/objects"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/stretchr/testify/require"
)

const (
	waiting  = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`
	failing  = `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E","Cause":"c"}}}`
	activity = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","TimeoutSeconds":60,"End":true}}}`
	mapping  = `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"each","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},` +
		`"StartAt":"P","States":{"P":{"Type":"Wait","Seconds":60,"End":true}}},"MaxConcurrency":1,"End":true}}}`
)

// A script calls operations one after the other, and notes which.
type script struct {
	*endpoint
	called map[string]bool
}

func (s script) ok(operation string, input object) object {
	s.Helper()
	s.called[operation] = true
	return s.endpoint.ok(operation, input)
}

// Every operation of the API does what it is for.
func TestOperations(t *testing.T) {
	s := script{serve(t, func(c *engine.Config, _ *stepfunctions.Config) { c.MapRuns.Objects = new(objects.Memory) }), map[string]bool{}}
	machine := func(name, definition string, more ...object) string {
		s.called["CreateStateMachine"] = true
		return s.create(name, definition, more...)
	}
	t.Run("state machines", func(t *testing.T) {
		m := machine("m", pass, object{"publish": true, "versionDescription": "one", "tags": []object{{"key": "k", "value": "v"}}})
		require.Equal(t, arn("stateMachine:m"), m)
		machine("w", waiting)
		list := s.ok("ListStateMachines", object{"maxResults": 1})
		require.Equal(t, m, list["stateMachines"].([]any)[0].(object)["stateMachineArn"])
		list = s.ok("ListStateMachines", object{"nextToken": list["nextToken"]})
		require.Len(t, list["stateMachines"], 1)
		require.NotContains(t, list, "nextToken")
		updated := s.ok("UpdateStateMachine", object{"stateMachineArn": m, "definition": failing})
		require.Equal(t, updated["revisionId"], s.ok("DescribeStateMachine", object{"stateMachineArn": m})["revisionId"])
		v := s.ok("PublishStateMachineVersion", object{"stateMachineArn": m, "description": "two", "revisionId": updated["revisionId"]})
		require.Equal(t, m+":2", v["stateMachineVersionArn"])
		versions := s.ok("ListStateMachineVersions", object{"stateMachineArn": m})["stateMachineVersions"].([]any)
		require.Equal(t, m+":2", versions[0].(object)["stateMachineVersionArn"], "the newest is the first")
		alias := s.ok("CreateStateMachineAlias", object{"name": "live", "description": "", "routingConfiguration": []object{{"stateMachineVersionArn": m + ":1", "weight": 100}}})["stateMachineAliasArn"]
		require.Equal(t, m+":live", alias)
		s.ok("UpdateStateMachineAlias", object{"stateMachineAliasArn": alias, "description": "d", "routingConfiguration": []object{{"stateMachineVersionArn": m + ":1", "weight": 0}, {"stateMachineVersionArn": m + ":2", "weight": 100}}})
		d := s.ok("DescribeStateMachineAlias", object{"stateMachineAliasArn": alias})
		require.Equal(t, []any{object{"stateMachineVersionArn": m + ":1", "weight": 0.0}, object{"stateMachineVersionArn": m + ":2", "weight": 100.0}}, d["routingConfiguration"])
		require.Len(t, s.ok("ListStateMachineAliases", object{"stateMachineArn": m})["stateMachineAliases"], 1)
		s.ok("DeleteStateMachineAlias", object{"stateMachineAliasArn": alias})
		s.ok("DeleteStateMachineVersion", object{"stateMachineVersionArn": m + ":1"})
		require.Len(t, s.ok("ListStateMachineVersions", object{"stateMachineArn": m})["stateMachineVersions"], 1)
		require.Equal(t, "OK", s.ok("ValidateStateMachineDefinition", object{"definition": pass})["result"])
		require.Equal(t, "FAIL", s.ok("ValidateStateMachineDefinition", object{"definition": `{}`, "maxResults": 1})["result"])
		s.ok("DeleteStateMachine", object{"stateMachineArn": m})
		s.ok("DeleteStateMachine", object{"stateMachineArn": m})
		require.Empty(t, s.ok("ListStateMachineVersions", object{"stateMachineArn": m})["stateMachineVersions"])
	})
	t.Run("executions", func(t *testing.T) {
		m := machine("f", failing)
		run := s.ok("StartExecution", object{"stateMachineArn": m, "name": "one", "input": `{"b": 1}`})["executionArn"]
		d := s.ok("DescribeExecution", object{"executionArn": run})
		require.Equal(t, "FAILED", d["status"])
		require.Equal(t, "E", d["error"])
		require.Equal(t, "REDRIVABLE", d["redriveStatus"])
		require.NotContains(t, s.ok("DescribeExecution", object{"executionArn": run, "includedData": "METADATA_ONLY"}), "input")
		page := s.ok("GetExecutionHistory", object{"executionArn": run, "maxResults": 2, "reverseOrder": true, "includeExecutionData": false})
		require.Equal(t, "ExecutionFailed", page["events"].([]any)[0].(object)["type"])
		page = s.ok("GetExecutionHistory", object{"executionArn": run, "reverseOrder": true, "nextToken": page["nextToken"]})
		require.Len(t, page["events"], 1)
		token := object{"executionArn": run, "clientToken": "t"}
		require.Equal(t, s.ok("RedriveExecution", token), s.ok("RedriveExecution", token), "one redrive")
		s.clock.Settle()
		items := s.ok("ListExecutions", object{"stateMachineArn": m, "redriveFilter": "REDRIVEN"})["executions"].([]any)
		require.Equal(t, 1.0, items[0].(object)["redriveCount"])
		require.Empty(t, s.ok("ListExecutions", object{"stateMachineArn": m, "redriveFilter": "NOT_REDRIVEN"})["executions"])
		w := s.ok("StartExecution", object{"stateMachineArn": arn("stateMachine:w")})["executionArn"]
		stopped := s.ok("StopExecution", object{"executionArn": w, "error": "Gone", "cause": ""})
		d = s.ok("DescribeExecution", object{"executionArn": w})
		require.Equal(t, stopped["stopDate"], d["stopDate"])
		require.Equal(t, "Gone", d["error"])
		require.Equal(t, waiting, s.ok("DescribeStateMachineForExecution", object{"executionArn": w})["definition"])
		x := machine("x", pass, object{"type": "EXPRESS"})
		ran := s.ok("StartSyncExecution", object{"stateMachineArn": x, "name": "n"})
		require.Equal(t, "SUCCEEDED", ran["status"])
		require.Equal(t, `{"x":1}`, ran["output"])
		require.Equal(t, object{"billedMemoryUsedInMB": 64.0, "billedDurationInMilliseconds": 100.0}, ran["billingDetails"])
		require.Contains(t, s.ok("StartExecution", object{"stateMachineArn": x})["executionArn"], ":express:x:")
	})
	t.Run("activities", func(t *testing.T) {
		a := s.ok("CreateActivity", object{"name": "a", "tags": []object{{"key": "k"}}})["activityArn"]
		require.Equal(t, arn("activity:a"), a)
		require.Equal(t, object{"type": "AWS_OWNED_KEY"}, s.ok("DescribeActivity", object{"activityArn": a})["encryptionConfiguration"])
		s.ok("TagResource", object{"resourceArn": a, "tags": []object{{"key": "l", "value": "w"}}})
		s.ok("UntagResource", object{"resourceArn": a, "tagKeys": []string{"k"}})
		require.Equal(t, []any{object{"key": "l", "value": "w"}}, s.ok("ListTagsForResource", object{"resourceArn": a})["tags"])
		s.ok("CreateActivity", object{"name": "b"})
		list := s.ok("ListActivities", object{"maxResults": 1})
		require.Equal(t, a, list["activities"].([]any)[0].(object)["activityArn"])
		require.Len(t, s.ok("ListActivities", object{"nextToken": list["nextToken"]})["activities"], 1)
		m := machine("t", activity)
		for _, c := range []struct {
			operation string
			answer    object
			status    string
		}{
			{"SendTaskSuccess", object{"output": `{"ok": true}`}, "SUCCEEDED"},
			{"SendTaskFailure", object{"error": "E", "cause": "c"}, "FAILED"},
		} {
			run := s.ok("StartExecution", object{"stateMachineArn": m})["executionArn"]
			task := s.ok("GetActivityTask", object{"activityArn": a, "workerName": "me"})
			require.Equal(t, `{}`, task["input"])
			s.ok("SendTaskHeartbeat", object{"taskToken": task["taskToken"]})
			c.answer["taskToken"] = task["taskToken"]
			s.ok(c.operation, c.answer)
			s.clock.Settle()
			require.Equal(t, c.status, s.ok("DescribeExecution", object{"executionArn": run})["status"])
			name, message := s.fails(c.operation, c.answer)
			require.Equal(t, "TaskDoesNotExist", name, message)
		}
		run := s.ok("StartExecution", object{"stateMachineArn": m})["executionArn"]
		task := s.ok("GetActivityTask", object{"activityArn": a})
		s.clock.Advance(time.Hour)
		require.Equal(t, "FAILED", s.ok("DescribeExecution", object{"executionArn": run})["status"])
		name, _ := s.fails("SendTaskHeartbeat", object{"taskToken": task["taskToken"]})
		require.Equal(t, "TaskTimedOut", name)
		s.ok("DeleteActivity", object{"activityArn": a})
		s.ok("DeleteActivity", object{"activityArn": a})
	})
	t.Run("Map Runs", func(t *testing.T) {
		m := machine("d", mapping)
		run := s.ok("StartExecution", object{"stateMachineArn": m, "input": `[1,2,3]`})["executionArn"]
		s.clock.Settle()
		list := s.ok("ListMapRuns", object{"executionArn": run})["mapRuns"].([]any)
		require.Len(t, list, 1)
		require.Equal(t, m+"/each", list[0].(object)["stateMachineArn"])
		of := object{"mapRunArn": list[0].(object)["mapRunArn"]}
		d := s.ok("DescribeMapRun", of)
		require.Equal(t, "RUNNING", d["status"])
		require.Equal(t, 1.0, d["itemCounts"].(object)["running"])
		s.ok("UpdateMapRun", object{"mapRunArn": of["mapRunArn"], "maxConcurrency": 3, "toleratedFailurePercentage": 50.5, "toleratedFailureCount": 0})
		s.clock.Settle()
		d = s.ok("DescribeMapRun", of)
		require.Equal(t, 3.0, d["maxConcurrency"])
		require.Equal(t, 50.5, d["toleratedFailurePercentage"])
		s.clock.Advance(time.Hour)
		require.Equal(t, "SUCCEEDED", s.ok("DescribeMapRun", of)["status"])
		children := s.ok("ListExecutions", of)["executions"].([]any)
		require.Len(t, children, 3)
		require.Equal(t, 1.0, children[0].(object)["itemCount"])
		require.Equal(t, of["mapRunArn"], children[0].(object)["mapRunArn"])
		child := object{"executionArn": children[0].(object)["executionArn"]}
		require.Equal(t, of["mapRunArn"], s.ok("DescribeExecution", child)["mapRunArn"])
		by := s.ok("DescribeStateMachineForExecution", child)
		require.Equal(t, []any{of["mapRunArn"], "each", mapping, role}, []any{by["mapRunArn"], by["label"], by["definition"], by["roleArn"]})
		require.Equal(t, s.ok("DescribeStateMachine", object{"stateMachineArn": m})["creationDate"], by["updateDate"])
		labeled := s.ok("DescribeStateMachine", object{"stateMachineArn": m + "/each"})
		require.Equal(t, []any{m + "/each", "each", "d"}, []any{labeled["stateMachineArn"], labeled["label"], labeled["name"]})
		name, _ := s.fails("UpdateMapRun", of)
		require.Equal(t, "ValidationException", name)
	})
	require.Equal(t, "SUCCEEDED", s.ok("TestState", object{"definition": `{"Type":"Pass","Result":1,"End":true}`, "roleArn": role, "inspectionLevel": "DEBUG"})["status"])
	for name := range outputs {
		require.True(t, s.called[name], "%s was not called", name)
	}
}

// The errors of operations, in AWS's words.
func TestErrors(t *testing.T) {
	e := serve(t)
	e.create("m", pass, object{"publish": true})
	e.create("x", pass, object{"type": "EXPRESS"})
	e.create("w", waiting)
	e.ok("UpdateStateMachine", object{"stateMachineArn": arn("stateMachine:m"), "definition": failing, "publish": true})
	e.ok("CreateStateMachineAlias", object{"name": "live", "routingConfiguration": []object{{"stateMachineVersionArn": arn("stateMachine:m:1"), "weight": 100}}})
	e.ok("StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "name": "done"})
	e.ok("StartExecution", object{"stateMachineArn": arn("stateMachine:w"), "name": "runs"})
	e.ok("CreateActivity", object{"name": "a"})
	const one = "1 validation error detected: "
	route := func(version string, weight int) object {
		return object{"stateMachineVersionArn": arn("stateMachine:" + version), "weight": weight}
	}
	alias := func(routes ...object) object {
		return object{"name": "next", "routingConfiguration": routes}
	}
	many := make([]object, 51)
	for i := range many {
		many[i] = object{"key": strings.Repeat("k", i+1), "value": ""}
	}
	for _, c := range []struct {
		operation     string
		input         object
		name, message string
	}{
		// The model's constraints.
		{"DescribeExecution", object{}, "ValidationException", one + "Value null at 'executionArn' failed to satisfy constraint: Member must not be null"},
		{"DescribeExecution", object{"executionArn": nil, "includedData": "X"}, "ValidationException", "2 validation errors detected: Value null at 'executionArn' failed to satisfy constraint: Member must not be null; " +
			"Value 'X' at 'includedData' failed to satisfy constraint: Member must satisfy enum value set: [ALL_DATA, METADATA_ONLY]"},
		{"DescribeExecution", object{"executionArn": ""}, "ValidationException", one + "Value '' at 'executionArn' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"ListActivities", object{"maxResults": 1001}, "ValidationException", one + "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"},
		{"ListActivities", object{"maxResults": -1}, "ValidationException", one + "Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{"ListActivities", object{"nextToken": ""}, "ValidationException", one + "Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "input": strings.Repeat(" ", 262_145)}, "ValidationException",
			one + "Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "traceHeader": "é"}, "ValidationException", one + `Value 'é' at 'traceHeader' failed to satisfy constraint: Member must satisfy regular expression pattern: \p{ASCII}*`},
		{"CreateActivity", object{"name": strings.Repeat("n", 81)}, "ValidationException", one + "Value '" + strings.Repeat("n", 81) + "' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80"},
		{"CreateActivity", object{"name": "n", "tags": []object{{"key": ""}}}, "ValidationException", one + "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"CreateStateMachineAlias", alias(route("m:1", 101)), "ValidationException", one + "Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{"CreateStateMachineAlias", alias(route("m:1", 50), route("m:2", 25), route("m:3", 25)), "ValidationException", one + "Value '[RoutingConfigurationListItem(stateMachineVersionArn=" + arn("stateMachine:m:1") + ", weight=50), " +
			"RoutingConfigurationListItem(stateMachineVersionArn=" + arn("stateMachine:m:2") + ", weight=25), RoutingConfigurationListItem(stateMachineVersionArn=" + arn("stateMachine:m:3") + ", weight=25)]' " +
			"at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2"},
		{"CreateStateMachineAlias", object{"name": "1", "routingConfiguration": []object{route("m:1", 100)}}, "ValidationException",
			one + `Value '1' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`},
		// Types.
		{"ListActivities", object{"maxResults": "1"}, "SerializationException", "STRING_VALUE can not be converted to an Integer"},
		{"ListActivities", object{"maxResults": 1e300}, "SerializationException", "NUMBER_VALUE can not be converted to an Integer"},
		{"CreateActivity", object{"name": 1}, "SerializationException", "NUMBER_VALUE can not be converted to a String"},
		{"CreateActivity", object{"name": "n", "tags": object{}}, "SerializationException", "Start of structure or map found where not expected."},
		{"CreateActivity", object{"name": []int{}}, "SerializationException", "Start of list found where not expected"},
		{"GetExecutionHistory", object{"executionArn": arn("execution:m:done"), "reverseOrder": 1}, "SerializationException", "NUMBER_VALUE can not be converted to a Boolean"},
		// ARNs.
		{"DescribeExecution", object{"executionArn": "x"}, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'"},
		{"DescribeExecution", object{"executionArn": arn("express:x:n:u")}, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'"},
		{"DescribeActivity", object{"activityArn": arn("stateMachine:m")}, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: stateMachine'"},
		{"DescribeStateMachine", object{"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m:1:2"}, "InvalidArn", "<any>"},
		{"CreateStateMachine", object{"name": "n", "definition": pass, "roleArn": "me"}, "InvalidArn", "Invalid Role Arn: 'me'"},
		// What there is not.
		{"DescribeExecution", object{"executionArn": arn("execution:m:none")}, "ExecutionDoesNotExist", "Execution Does Not Exist: '" + arn("execution:m:none") + "'"},
		{"ListMapRuns", object{"executionArn": arn("execution:m:none")}, "ExecutionDoesNotExist", "Execution Does Not Exist: '" + arn("execution:m:none") + "'"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:none")}, "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + arn("stateMachine:none") + "'"},
		{"StartExecution", object{"stateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:m"}, "StateMachineDoesNotExist", "State Machine Does Not Exist: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m'"},
		{"UpdateStateMachine", object{"stateMachineArn": arn("stateMachine:none"), "roleArn": role}, "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + arn("stateMachine:none") + "'"},
		{"DescribeStateMachine", object{"stateMachineArn": arn("stateMachine:m/none")}, "StateMachineDoesNotExist", "State Machine Does Not Exist: '" + arn("stateMachine:m/none") + "'"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m/none")}, "ValidationException", "<any>"},
		{"UpdateStateMachine", object{"stateMachineArn": arn("stateMachine:m/none"), "roleArn": role}, "ValidationException", "<any>"},
		{"DescribeActivity", object{"activityArn": arn("activity:none")}, "ActivityDoesNotExist", "Activity Does Not Exist: '" + arn("activity:none") + "'"},
		{"GetActivityTask", object{"activityArn": arn("activity:none")}, "ActivityDoesNotExist", "Activity Does Not Exist: '" + arn("activity:none") + "'"},
		{"DescribeMapRun", object{"mapRunArn": arn("mapRun:m/l:u")}, "ResourceNotFound", "Resource not found: '" + arn("mapRun:m/l:u") + "'"},
		{"DescribeStateMachineAlias", object{"stateMachineAliasArn": arn("stateMachine:m:none")}, "ResourceNotFound", "Request references a resource that does not exist."},
		{"UpdateStateMachineAlias", object{"stateMachineAliasArn": arn("stateMachine:m:none"), "description": "d"}, "ResourceNotFound", "Request references a resource that does not exist."},
		{"TagResource", object{"resourceArn": arn("stateMachine:m:1"), "tags": []object{}}, "ResourceNotFound", "Resource not found: '" + arn("stateMachine:m:1") + "'"},
		{"ListTagsForResource", object{"resourceArn": arn("activity:none")}, "ResourceNotFound", "Resource not found: '" + arn("activity:none") + "'"},
		// Tokens.
		{"ListActivities", object{"nextToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"ListStateMachines", object{"nextToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"ListExecutions", object{"stateMachineArn": arn("stateMachine:m"), "nextToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"GetExecutionHistory", object{"executionArn": arn("execution:m:done"), "nextToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"ListStateMachineVersions", object{"stateMachineArn": arn("stateMachine:m"), "nextToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"SendTaskSuccess", object{"taskToken": "x", "output": "no JSON"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"SendTaskFailure", object{"taskToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		{"SendTaskHeartbeat", object{"taskToken": "x"}, "InvalidToken", "Invalid Token: 'Invalid token'"},
		// Names, inputs, definitions.
		{"CreateActivity", object{"name": "a b"}, "InvalidName", "Invalid Name: 'a b'"},
		{"CreateStateMachine", object{"name": "a:b", "definition": "{", "roleArn": role}, "InvalidName", "Invalid Name: 'a:b'"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "name": "a/b"}, "InvalidName", "Invalid Name: 'a/b'"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "input": ""}, "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "input": "not json"}, "InvalidExecutionInput",
			"Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "input": "{'a'}"}, "InvalidExecutionInput",
			"Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote to start field name'"},
		{"CreateStateMachine", object{"name": "n", "definition": `{"StartAt":"A"}`, "roleArn": role}, "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"},
		{"CreateStateMachine", object{"name": "n", "definition": activity, "type": "EXPRESS", "roleArn": role}, "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN at /States/T/Resource'"},
		{"UpdateStateMachine", object{"stateMachineArn": arn("stateMachine:x"), "definition": activity}, "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN at /States/T/Resource'"},
		// What is there already, and what does not go together.
		{"CreateStateMachine", object{"name": "m", "definition": pass, "roleArn": role}, "StateMachineAlreadyExists", "State Machine Already Exists: '" + arn("stateMachine:m") + "'"},
		{"CreateStateMachine", object{"name": "x", "definition": pass, "roleArn": role}, "StateMachineAlreadyExists", "State Machine Already Exists: '" + arn("stateMachine:x") + "'"},
		{"CreateStateMachine", object{"name": "n", "definition": pass, "roleArn": role, "tags": many}, "TooManyTags", "the resource would have 51 tags, at most 50 are allowed"},
		{"CreateStateMachine", object{"name": "n", "definition": pass, "roleArn": role, "versionDescription": "d"}, "ValidationException", "Version description can only be set when publish is true"},
		{"CreateStateMachine", object{"name": "n", "definition": pass, "roleArn": role, "loggingConfiguration": object{"level": "ALL"}}, "InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination."},
		{"CreateStateMachine", object{"name": "n", "definition": pass, "roleArn": role, "encryptionConfiguration": object{"type": "CUSTOMER_MANAGED_KMS_KEY"}}, "InvalidEncryptionConfiguration", "<any>"},
		{"CreateActivity", object{"name": "a", "encryptionConfiguration": object{"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}}, "ActivityAlreadyExists", "Activity already exists. EncryptionConfiguration may not be updated."},
		{"UpdateStateMachine", object{"stateMachineArn": arn("stateMachine:m")}, "MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "name": "done"}, "ExecutionAlreadyExists", "Execution Already Exists: '" + arn("execution:m:done") + "'"},
		{"StartExecution", object{"stateMachineArn": arn("stateMachine:w"), "name": "runs", "input": "1"}, "ExecutionAlreadyExists", "Execution Already Exists: '" + arn("execution:w:runs") + "'"},
		{"StartSyncExecution", object{"stateMachineArn": arn("stateMachine:m")}, "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"},
		{"ListExecutions", object{"stateMachineArn": arn("stateMachine:x")}, "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"},
		{"ListExecutions", object{}, "ValidationException", "<any>"},
		{"ListExecutions", object{"stateMachineArn": arn("stateMachine:m"), "statusFilter": "PENDING_REDRIVE"}, "ValidationException", "<any>"},
		{"RedriveExecution", object{"executionArn": arn("execution:w:runs")}, "ExecutionNotRedrivable", "Execution is RUNNING and cannot be redriven: '" + arn("execution:w:runs") + "'"},
		{"PublishStateMachineVersion", object{"stateMachineArn": arn("stateMachine:m"), "revisionId": "r"}, "ConflictException", "<any>"},
		{"DeleteStateMachineVersion", object{"stateMachineVersionArn": arn("stateMachine:m:1")}, "ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]"},
		{"DeleteStateMachineVersion", object{"stateMachineVersionArn": arn("stateMachine:m:live")}, "ValidationException", "<any>"},
		{"DeleteStateMachine", object{"stateMachineArn": arn("stateMachine:m:live")}, "ValidationException", "<any>"},
		{"DeleteStateMachineAlias", object{"stateMachineAliasArn": arn("stateMachine:m:1")}, "ValidationException", "<any>"},
		{"CreateStateMachineAlias", object{"name": "live", "routingConfiguration": []object{route("m:2", 100)}}, "ConflictException", "Failed to create alias because an alias with the same name and a different routing configuration already exists."},
		{"CreateStateMachineAlias", alias(route("m:1", 50), route("m:1", 50)), "ValidationException", "Routing configuration must contain distinct state machine version ARNs. Received: [" + arn("stateMachine:m:1") + ", " + arn("stateMachine:m:1") + "]"},
		{"CreateStateMachineAlias", alias(route("m", 100)), "ValidationException", "Routing configuration must contain state machine version ARNs. Received: [" + arn("stateMachine:m") + "]"},
		{"CreateStateMachineAlias", alias(route("m:1", 50), route("w:1", 50)), "ValidationException", "<any>"},
		{"CreateStateMachineAlias", alias(route("m:1", 70), route("m:2", 29)), "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 29]"},
		{"CreateStateMachineAlias", alias(route("m:9", 100)), "ResourceNotFound", "<any>"},
		{"UpdateStateMachineAlias", object{"stateMachineAliasArn": arn("stateMachine:m:live"), "routingConfiguration": []object{route("w:1", 100)}}, "ValidationException", "<any>"},
	} {
		name, message := e.fails(c.operation, c.input)
		require.Equal(t, c.name, name, "%s %.200v: %s", c.operation, c.input, message)
		if c.message != "<any>" {
			require.Equal(t, c.message, message, "%s %.200v", c.operation, c.input)
		}
	}
}

// AWS checks definitions, types and settings before it says that there is such a machine.
func TestIdempotentCreation(t *testing.T) {
	e := serve(t)
	first := object{"name": "m", "definition": pass, "roleArn": role, "tags": []object{{"key": "k", "value": "v"}}, "publish": true, "versionDescription": "d"}
	made := e.ok("CreateStateMachine", first)
	for what, c := range map[string]struct {
		more  object
		again bool
	}{
		"the same":            {object{}, true},
		"another role":        {object{"roleArn": role + "2"}, true},
		"other tags":          {object{"tags": []object{}}, true},
		"the default type":    {object{"type": "STANDARD"}, true},
		"the default logging": {object{"loggingConfiguration": object{"level": "OFF"}}, true},
		"another definition":  {object{"definition": failing}, false},
		"another type":        {object{"type": "EXPRESS"}, false},
		"tracing":             {object{"tracingConfiguration": object{"enabled": true}}, false},
		"another version":     {object{"versionDescription": "e"}, false},
	} {
		input := maps.Clone(first)
		maps.Copy(input, c.more)
		if c.again {
			require.Equal(t, made, e.ok("CreateStateMachine", input), what)
			continue
		}
		name, _ := e.fails("CreateStateMachine", input)
		require.Equal(t, "StateMachineAlreadyExists", name, what)
	}
	require.Equal(t, role, e.ok("DescribeStateMachine", object{"stateMachineArn": made["stateMachineArn"]})["roleArn"])
	require.Len(t, e.ok("ListTagsForResource", object{"resourceArn": made["stateMachineArn"]})["tags"], 1)
}

// A page ends where the next one begins, the newest executions are on the first, and a token
// of one list is good for no other.
func TestPages(t *testing.T) {
	e := serve(t)
	m := e.create("m", pass)
	var names []string
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		e.ok("StartExecution", object{"stateMachineArn": m, "name": name})
		e.clock.Advance(time.Second)
	}
	token, pages := any(nil), 0
	for more := true; more; more = token != nil {
		page := e.ok("ListExecutions", object{"stateMachineArn": m, "maxResults": 2, "nextToken": token})
		for _, item := range page["executions"].([]any) {
			names = append(names, item.(object)["name"].(string))
		}
		token = page["nextToken"]
		if pages++; token != nil {
			name, _ := e.fails("ListExecutions", object{"stateMachineArn": m, "statusFilter": "FAILED", "nextToken": token})
			require.Equal(t, "InvalidToken", name)
		}
	}
	require.Equal(t, []string{"e", "d", "c", "b", "a"}, names)
	require.Equal(t, 3, pages)
	require.Len(t, e.ok("ListExecutions", object{"stateMachineArn": m, "maxResults": 0})["executions"], 5, "0 is the default")
}
