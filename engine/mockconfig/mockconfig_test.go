package mockconfig_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/mockconfig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const loop = `{"StartAt": "Get", "States": {
	"Get": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "get", "Payload.$": "$"}, "ResultSelector": {"n.$": "$.Payload"},
		"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 2}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Gone"}], "Next": "More"},
	"More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 2, "Next": "Get"}], "Default": "Real"},
	"Real": {"Type": "Task", "Resource": "real", "End": true},
	"Gone": {"Type": "Pass", "Result": "gone", "End": true}}}`

// TestInvocations: tries, visits in a loop and executions, counted as they are documented.
func TestInvocations(t *testing.T) {
	mocks, err := mockconfig.Parse([]byte(`{
		"StateMachines": {"loop": {"TestCases": {"Retry": {"Get": "TwiceBusy"}, "Fails": {"Get": "Broken"}, "Short": {"Get": "One"}}}},
		"MockedResponses": {
			"TwiceBusy": {"0-1": {"Throw": {"Error": "Busy", "Cause": "try again"}}, "2": {"Return": {"StatusCode": 200, "Payload": 1}}, "3-9": {"Return": {"StatusCode": 200, "Payload": 2}}},
			"Broken": {"0": {"Throw": {"Error": "Broken", "Cause": "it is"}}},
			"One": {"0": {"Return": {"Payload": 1}}}}}`))
	require.NoError(t, err)
	tasks := engine.NewMux()
	tasks.Handle("real", engine.Func(func(context.Context, any) (string, error) { return "done", nil }))
	eng, err := engine.New(engine.Config{Resolver: tasks, Mocks: mocks, Clock: enginetest.NewClock(time.Now())})
	require.NoError(t, err)
	defer eng.Close()
	machine, err := asl.Parse([]byte(loop))
	require.NoError(t, err)
	for _, express := range []bool{false, true} {
		for testCase, want := range map[string]string{"Retry": `"done"`, "Fails": `"gone"`, "Short": `"gone"`} {
			options := []engine.StartOption{engine.Machine("loop"), engine.TestCase(testCase)}
			if express {
				options = append(options, engine.Express)
			}
			x, err := eng.StartExecution(t.Context(), machine, nil, options...)
			require.NoError(t, err)
			result, err := x.Wait(t.Context())
			require.NoError(t, err, testCase)
			assert.Equal(t, want, string(result.Output()), testCase)
		}
	}
	for testCase, want := range map[string]string{"Retries": "it has Fails, Retry, Short", "": ""} {
		_, err := eng.StartExecution(t.Context(), machine, nil, engine.Machine("loop"), engine.TestCase(testCase))
		require.Error(t, err)
		assert.ErrorContains(t, err, want)
	}
	_, err = eng.StartExecution(t.Context(), machine, nil, engine.Machine("other"), engine.TestCase("Retry"))
	require.ErrorIs(t, err, engine.ErrTestCaseDoesNotExist)
	assert.ErrorContains(t, err, "no state machine 'other'; it has loop")
}

// TestPatterns: jobs, Task Tokens and activities are answered, too.
func TestPatterns(t *testing.T) {
	mocks, err := mockconfig.Parse([]byte(`{"StateMachines": {"m": {"TestCases": {"All": {"Job": "R", "Ask": "R", "Work": "R", "Child": "R"}}}}, "MockedResponses": {"R": {"0": {"Return": {"ok": true}}}}}`))
	require.NoError(t, err)
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux(), Mocks: mocks})
	require.NoError(t, err)
	defer eng.Close()
	machine, err := asl.Parse([]byte(`{"StartAt": "Job", "States": {
		"Job": {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {"JobName": "j", "JobDefinition": "d", "JobQueue": "q"}, "Next": "Ask"},
		"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}}, "Next": "Work"},
		"Work": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:work", "Next": "Child"},
		"Child": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:c"}, "End": true}}}`))
	require.NoError(t, err)
	x, err := eng.StartExecution(t.Context(), machine, nil, engine.Machine("m"), engine.TestCase("All"))
	require.NoError(t, err)
	result, err := x.Wait(t.Context())
	require.NoError(t, err)
	assert.JSONEq(t, `{"ok": true}`, string(result.Output()))
	page, err := eng.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{})
	require.NoError(t, err)
	var types []string
	for _, e := range page.Events {
		types = append(types, string(e.Type))
	}
	assert.Contains(t, types, "TaskSubmitted")
	assert.Contains(t, types, "ActivitySucceeded")
}

// TestWrongFiles: what is wrong with a file is told with its place.
func TestWrongFiles(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                      "unexpected EOF",
		`{"StateMachine": {}}`:   `unknown field "StateMachine"`,
		`{} {}`:                  "behind the JSON object",
		`{"MockedResponses": 1}`: "cannot unmarshal",
		`{"StateMachines": {"m": {"TestCases": {"c": {"s": "x"}}}}, "MockedResponses": {"y": {"0": {"Return": 1}}}}`: "StateMachines.m.TestCases.c.s: there is no response 'x'; it has y",
		`{"MockedResponses": {"y": {}}}`:                                              "MockedResponses.y: it has no responses",
		`{"MockedResponses": {"y": {"0": {}}}}`:                                       "MockedResponses.y.0: it must have either Return or Throw",
		`{"MockedResponses": {"y": {"0": {"Return": 1, "Throw": {"Error": "e"}}}}}`:   "MockedResponses.y.0: it must have either",
		`{"MockedResponses": {"y": {"0": {"Retrun": 1}}}}`:                            `MockedResponses.y.0: json: unknown field "Retrun"`,
		`{"MockedResponses": {"y": {"1": {"Return": 1}}}}`:                            "MockedResponses.y.1: it must begin with the invocation 0",
		`{"MockedResponses": {"y": {"0": {"Return": 1}, "2": {"Return": 1}}}}`:        "MockedResponses.y.2: it must begin with the invocation 1",
		`{"MockedResponses": {"y": {"0-2": {"Return": 1}, "2": {"Return": 1}}}}`:      "MockedResponses.y.2: it must begin with the invocation 3",
		`{"MockedResponses": {"y": {"x": {"Return": 1}}}}`:                            `"x" is no number`,
		`{"MockedResponses": {"y": {"2-1": {"Return": 1}}}}`:                          `"2-1" is no number`,
		`{"MockedResponses": {"y": {"0": {"Throw": {"Error": "e", "Reason": "r"}}}}}`: `unknown field "Reason"`,
	} {
		_, err := mockconfig.Parse([]byte(text))
		require.Error(t, err, text)
		assert.ErrorContains(t, err, want)
	}
	_, err := mockconfig.Open(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestReread: a file that has changed is read again, and one that is wrong then fails the start alone.
func TestReread(t *testing.T) {
	path := filepath.Join(t.TempDir(), "MockConfigFile.json")
	put := func(text string) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	put(`{"StateMachines": {"m": {"TestCases": {"One": {}}}}}`)
	mocks, err := mockconfig.Open(path)
	require.NoError(t, err)
	require.NoError(t, mocks.Check("m", "One"))
	require.Error(t, mocks.Check("m", "Second"))
	put(`{"StateMachines": {"m": {"TestCases": {"Second": {}}}}}`)
	require.NoError(t, mocks.Check("m", "Second"))
	put(`{"StateMachines": `)
	require.ErrorContains(t, mocks.Check("m", "Second"), path)
	put(`{"StateMachines": {"m": {"TestCases": {"Third one": {}}}}}`)
	require.NoError(t, mocks.Check("m", "Third one"))
}
