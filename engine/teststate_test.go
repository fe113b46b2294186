package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tested tests a state and returns the answer as JSON, or the error's text.
func tested(t *testing.T, in engine.TestStateInput) string {
	t.Helper()
	out, err := engine.TestState(t.Context(), in)
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(out)
	require.NoError(t, err)
	return string(text)
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }

const (
	inspectedTask = `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","InputPath":"$.in",
		"Parameters":{"QueueUrl":"q","MessageBody.$":"$"},"ResultSelector":{"id.$":"$.MessageId"},"ResultPath":"$.sent","OutputPath":"$.sent","Next":"Then"}`
	aRole = "arn:aws:iam::123456789012:role/r"
)

func mockResult(text string) *engine.Mock { return &engine.Mock{Result: raw(text)} }

func mockError(name, cause string) *engine.Mock {
	return &engine.Mock{ErrorOutput: &engine.ErrorOutput{Error: name, Cause: cause}}
}

// TestTestState holds how states end and what is seen of each step.
func TestTestState(t *testing.T) {
	retrying := `{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","Retry":[{"ErrorEquals":["A"],"IntervalSeconds":3,"MaxAttempts":2},
		{"ErrorEquals":["B"]}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"Rescue"}],"End":true}`
	tolerant := `{"Type":"Map","ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value"},"ToleratedFailureCount":1,"MaxConcurrency":7,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},
		"ItemBatcher":{"MaxItemsPerBatch":2},"End":true}`
	inner := `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",
		"Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Map.Item.Value"},"End":true}}},"Catch":[{"ErrorEquals":["A"],"Next":"R"}],"End":true},"R":{"Type":"Pass","End":true}}}`
	for _, c := range []struct {
		name string
		in   engine.TestStateInput
		want string
	}{
		{"the steps of a task", engine.TestStateInput{
			Definition: inspectedTask, Input: raw(`{"in":{"x":1}}`), InspectionLevel: engine.InspectDebug, Mock: mockResult(`{"MessageId":"m"}`),
		}, `{"status":"SUCCEEDED","output":{"id":"m"},"nextState":"Then","inspectionData":{"input":{"in":{"x":1}},"afterInputPath":{"x":1},
			"afterParameters":{"QueueUrl":"q","MessageBody":{"x":1}},"result":{"MessageId":"m"},"afterResultSelector":{"id":"m"},
			"afterResultPath":{"in":{"x":1},"sent":{"id":"m"}}}}`},
		{"no steps", engine.TestStateInput{Definition: `{"Type":"Pass","Next":"B"}`, Input: 7}, `{"status":"SUCCEEDED","output":7,"nextState":"B"}`},
		{"no input", engine.TestStateInput{Definition: `{"Type":"Succeed"}`}, `{"status":"SUCCEEDED","output":{}}`},
		{"a retry", engine.TestStateInput{
			Definition: retrying, InspectionLevel: engine.InspectDebug, Mock: mockError("A", "c"), StateConfiguration: engine.StateConfiguration{RetrierRetryCount: 1},
		}, `{"status":"RETRIABLE","error":"A","cause":"c","inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{},
			"errorDetails":{"retryIndex":0,"retryBackoffIntervalSeconds":6}}}`},
		{"the retry count of the Context Object", engine.TestStateInput{
			Definition: retrying, InspectionLevel: engine.InspectDebug, Mock: mockError("A", "c"), Context: raw(`{"State":{"RetryCount":1}}`),
		}, `{"status":"RETRIABLE","error":"A","cause":"c","inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{},
			"errorDetails":{"retryIndex":0,"retryBackoffIntervalSeconds":6}}}`},
		{"a retry too many, and a Catcher", engine.TestStateInput{
			Definition: retrying, InspectionLevel: engine.InspectDebug, Mock: mockError("A", "c"), StateConfiguration: engine.StateConfiguration{RetrierRetryCount: 2},
		}, `{"status":"CAUGHT_ERROR","error":"A","cause":"c","output":{"e":{"Error":"A","Cause":"c"}},"nextState":"Rescue",
			"inspectionData":{"input":{},"afterInputPath":{},"afterParameters":{},"errorDetails":{"retryIndex":0,"catchIndex":0}}}`},
		{"a Map", engine.TestStateInput{
			Definition: tolerant, Input: raw(`{"l":[1,2,3]}`), InspectionLevel: engine.InspectDebug, Mock: mockResult(`[4,5]`),
		}, `{"status":"SUCCEEDED","output":[4,5],"inspectionData":{"input":{"l":[1,2,3]},"afterInputPath":{"l":[1,2,3]},"afterItemsPath":[1,2,3],
			"afterItemSelector":[{"v":1},{"v":2},{"v":3}],"afterItemBatcher":[{"Items":[{"v":1},{"v":2}]},{"Items":[{"v":3}]}],
			"afterResultSelector":[4,5],"afterResultPath":[4,5],"toleratedFailureCount":1,"maxConcurrency":7}}`},
		{"a Map whose tolerance is exceeded", engine.TestStateInput{
			Definition: tolerant, Input: raw(`{"l":[1,2,3]}`), Mock: mockResult(`[4,5]`), StateConfiguration: engine.StateConfiguration{MapIterationFailureCount: new(2)},
		}, `{"status":"FAILED","error":"States.ExceedToleratedFailureThreshold","cause":"The specified tolerated failure threshold was exceeded"}`},
		{"a Map that tolerates its failures", engine.TestStateInput{
			Definition: tolerant, Input: raw(`{"l":[1,2,3]}`), Mock: mockResult(`[4,5]`), StateConfiguration: engine.StateConfiguration{MapIterationFailureCount: new(1)},
		}, `{"status":"SUCCEEDED","output":[4,5]}`},
		{"a state inside another, whose Catcher takes the error", engine.TestStateInput{
			Definition: inner, StateName: "I", Input: raw(`"x"`), InspectionLevel: engine.InspectDebug, Mock: mockError("A", ""),
		}, `{"status":"CAUGHT_ERROR","error":"A","output":{"Error":"A","Cause":""},"nextState":"R","inspectionData":{"input":"x","afterInputPath":"x",
			"afterParameters":{"QueueUrl":"q","MessageBody":"x"},"errorDetails":{"catchIndex":0}}}`},
		{"a state inside another, whose Catcher does not", engine.TestStateInput{Definition: inner, StateName: "I", Input: raw(`"x"`), Mock: mockError("B", "")},
			`{"status":"FAILED","error":"B"}`},
		{"variables and what is assigned", engine.TestStateInput{
			Definition: `{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $a + 1 %}","Assign":{"b":"{% $a %}"},"End":true}`, Variables: raw(`{"a":1}`), InspectionLevel: engine.InspectTrace,
		}, `{"status":"SUCCEEDED","output":2,"inspectionData":{"input":{},"variables":{"a":1,"b":1}}}`},
		{"an expression that fails", engine.TestStateInput{
			Definition: `{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $nothing %}","End":true}`,
		}, `{"status":"FAILED","error":"States.QueryEvaluationError","cause":"An error occurred while executing the state 'StateName' (entered at the event id #2). The JSONata expression '$nothing' specified for the field 'Output' returned nothing (undefined)."}`},
		{"the items that a reader reads", engine.TestStateInput{
			Definition: `{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"b","Key":"k"}},
				"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}`,
			Mock: mockResult(`[]`), InspectionLevel: engine.InspectDebug, StateConfiguration: engine.StateConfiguration{MapItemReaderData: new("a,b\n1,2\n")},
		}, `{"status":"SUCCEEDED","output":[],"inspectionData":{"input":{},"afterInputPath":{},"afterItemsPath":[{"a":"1","b":"2"}],
			"afterResultSelector":[],"afterResultPath":[],"maxConcurrency":0}}`},
	} {
		t.Run(c.name, func(t *testing.T) { assert.JSONEq(t, c.want, tested(t, c.in)) })
	}
}

// TestTestStateRefuses holds what is no request, and in which words.
func TestTestStateRefuses(t *testing.T) {
	task := `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"b"},"End":true}`
	parallel := `{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}],"End":true}`
	for _, c := range []struct {
		name string
		in   engine.TestStateInput
		is   error
		says string
	}{
		{"no JSON", engine.TestStateInput{Definition: `{`}, engine.ErrInvalidDefinition, "InvalidDefinition: "},
		{"no state", engine.TestStateInput{Definition: `{"Type":"Pass"}`}, engine.ErrInvalidDefinition, "1:1: "},
		{"an unknown state", engine.TestStateInput{Definition: `{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, StateName: "B"}, engine.ErrInvalidRequest, "State not found in definition"},
		{"a level", engine.TestStateInput{Definition: `{"Type":"Succeed"}`, InspectionLevel: "ALL"}, engine.ErrInvalidRequest, `unknown inspectionLevel "ALL"`},
		{"a mode", engine.TestStateInput{Definition: task, Mock: &engine.Mock{FieldValidationMode: "LAX"}}, engine.ErrInvalidRequest, `unknown fieldValidationMode "LAX"`},
		{"no input", engine.TestStateInput{Definition: `{"Type":"Succeed"}`, Input: raw(`{`)}, engine.ErrInvalidExecutionInput, "Invalid State Machine Execution Input"},
		{"a mocked Wait", engine.TestStateInput{Definition: `{"Type":"Wait","Seconds":1,"End":true}`, Mock: mockResult("1")}, engine.ErrInvalidRequest, "State type 'Wait' is not supported when a mock is specified"},
		{"an activity", engine.TestStateInput{Definition: `{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:a","End":true}`, RoleARN: aRole}, engine.ErrInvalidRequest, "when a mock is not specified"},
		{"no mock", engine.TestStateInput{Definition: parallel}, engine.ErrInvalidDefinition, "TestState API does not support Map or Parallel states."},
		{"an empty mock", engine.TestStateInput{Definition: parallel, Mock: &engine.Mock{}}, engine.ErrInvalidRequest, "one of the following fields"},
		{"two mocks", engine.TestStateInput{Definition: task, Mock: &engine.Mock{Result: 1, ErrorOutput: &engine.ErrorOutput{Error: "E"}}}, engine.ErrInvalidRequest, "only one of the following fields: [result, errorOutput]."},
		{"a mock that is no JSON", engine.TestStateInput{Definition: task, Mock: mockResult("{")}, engine.ErrInvalidRequest, "Mocked result must be valid JSON"},
		{"a result of no array", engine.TestStateInput{Definition: parallel, Mock: mockResult("1")}, engine.ErrInvalidRequest, "Mocked result must be an array."},
		{"a result of too many", engine.TestStateInput{Definition: parallel, Mock: mockResult("[1,2]")}, engine.ErrInvalidRequest, "same number of items as number of Parallel branches."},
		{"secrets", engine.TestStateInput{Definition: task, Mock: mockResult("{}"), RevealSecrets: true}, engine.ErrInvalidRequest, "RevealSecrets"},
		{"no role", engine.TestStateInput{Definition: task}, engine.ErrInvalidRequest, "RoleArn must be specified when testing a Task state"},
		{"a role that is none", engine.TestStateInput{Definition: task, RoleARN: "me"}, engine.ErrInvalidARN, "'me'"},
		{"variables", engine.TestStateInput{Definition: `{"Type":"Succeed"}`, Variables: 1}, engine.ErrInvalidRequest, "Variables must be a JSON object"},
		{"a variable", engine.TestStateInput{Definition: `{"Type":"Succeed"}`, Variables: raw(`{"states":1}`)}, engine.ErrInvalidRequest, "'states'"},
		{"a context without a mock", engine.TestStateInput{Definition: `{"Type":"Succeed"}`, Context: raw(`{}`)}, engine.ErrInvalidRequest, "Context"},
		{"a context's field", engine.TestStateInput{Definition: task, Mock: mockResult("{}"), Context: raw(`{"Execution":{"Foo":1}}`)}, engine.ErrInvalidRequest, "Invalid Context object provided: Field 'Foo' is not allowed"},
		{"a context's type", engine.TestStateInput{Definition: task, Mock: mockResult("{}"), Context: raw(`{"State":{"RetryCount":"1"}}`)}, engine.ErrInvalidRequest, "State.RetryCount must be a integer"},
		{"a context's Map", engine.TestStateInput{Definition: task, Mock: mockResult("{}"), Context: raw(`{"Map":{}}`)}, engine.ErrInvalidRequest, "'Map' field is not supported"},
		{"failures without a mock", engine.TestStateInput{Definition: `{"Type":"Succeed"}`, StateConfiguration: engine.StateConfiguration{MapIterationFailureCount: new(0)}}, engine.ErrInvalidRequest, "MapIterationFailureCount"},
		{"an error of nobody", engine.TestStateInput{Definition: parallel, Mock: mockError("E", ""), StateConfiguration: engine.StateConfiguration{ErrorCausedByState: "B"}}, engine.ErrInvalidRequest, "'B'"},
		{"a wrong member", engine.TestStateInput{Definition: task, Mock: mockResult(`{"MessageId":1}`)}, engine.ErrInvalidRequest, "Mock result schema validation error: Field 'MessageId' must be a string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := engine.TestState(t.Context(), c.in)
			require.ErrorIs(t, err, c.is)
			assert.ErrorContains(t, err, c.says)
		})
	}
	_, err := engine.TestState(t.Context(), engine.TestStateInput{Definition: `{"Type":"Pass","Ned":1,"End":true}`})
	invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err)
	require.True(t, ok)
	assert.Equal(t, 16, invalid.Diagnostics[0].Column, "a place in the state's own text")
	assert.Equal(t, "/Ned", invalid.Diagnostics[0].Pointer)
}

// TestTestStateCallsHandlers: a Task without a mock is done as in an execution.
func TestTestStateCallsHandlers(t *testing.T) {
	tasks := engine.NewMux()
	tasks.Handle("double", engine.Func(func(ctx context.Context, n int) (int, error) {
		task := engine.TaskFrom(ctx)
		return 2 * n, errors.Join(task.Heartbeat(), task.Acknowledge(n))
	}))
	tasks.HandleFunc("fails", func(context.Context, engine.Task) (any, error) {
		return nil, &engine.TaskError{Name: "Own", Cause: "c"}
	})
	tasks.HandleFunc("panics", func(context.Context, engine.Task) (any, error) { panic("no") })
	for _, c := range []struct{ state, want string }{
		{`{"Type":"Task","Resource":"double","End":true}`, `{"status":"SUCCEEDED","output":4}`},
		{`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"double","Payload.$":"$"},"OutputPath":"$.Payload","End":true}`, `{"status":"SUCCEEDED","output":4}`},
		{`{"Type":"Task","Resource":"fails","Catch":[{"ErrorEquals":["Own"],"Next":"R"}],"End":true}`, `{"status":"CAUGHT_ERROR","error":"Own","cause":"c","output":{"Error":"Own","Cause":"c"},"nextState":"R"}`},
		{`{"Type":"Task","Resource":"panics","End":true}`, `{"status":"FAILED","error":"Panic","cause":"{\"errorMessage\":\"the handler panicked: no\",\"errorType\":\"Panic\"}"}`},
		{`{"Type":"Task","Resource":"dubble","End":true}`, `{"status":"FAILED","error":"States.TaskFailed","cause":"engine: no handler for the resource \"dubble\" of the state \"StateName\"; did you mean \"double\"?"}`},
	} {
		assert.JSONEq(t, c.want, tested(t, engine.TestStateInput{Definition: c.state, Input: 2, RoleARN: aRole, Resolver: tasks}), c.state)
	}
	assert.Contains(t, tested(t, engine.TestStateInput{Definition: `{"Type":"Task","Resource":"double","End":true}`, RoleARN: aRole}), "has no Resolver")
}

// TestTestStateTakesTime: waits, timeouts and the bound of five minutes are virtual time on a
// virtual clock.
func TestTestStateTakesTime(t *testing.T) {
	clock := new(enginetest.Clock)
	tasks := engine.NewMux()
	tasks.HandleFunc("sleeps", func(ctx context.Context, _ engine.Task) (any, error) { return 1, clock.Sleep(ctx, 10*time.Second) })
	e, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	for _, c := range []struct {
		state, want string
		took        time.Duration
	}{
		{`{"Type":"Wait","Seconds":100,"End":true}`, `{"status":"SUCCEEDED","output":{}}`, 100 * time.Second},
		{`{"Type":"Wait","Seconds":1000,"End":true}`, `{"status":"FAILED","error":"States.Timeout"}`, 5 * time.Minute},
		{`{"Type":"Task","Resource":"sleeps","End":true}`, `{"status":"SUCCEEDED","output":1}`, 10 * time.Second},
		{`{"Type":"Task","Resource":"sleeps","TimeoutSeconds":2,"Retry":[{"ErrorEquals":["States.Timeout"]}],"End":true}`, `{"status":"RETRIABLE","error":"States.Timeout"}`, 2 * time.Second},
	} {
		before := clock.Now()
		out, err := e.TestState(t.Context(), engine.TestStateInput{Definition: c.state, RoleARN: aRole})
		require.NoError(t, err, c.state)
		text, err := json.Marshal(out)
		require.NoError(t, err)
		assert.JSONEq(t, c.want, string(text), c.state)
		assert.Equal(t, c.took, clock.Now().Sub(before), c.state)
	}
}

// TestTestStateEndsWithItsContext: a test whose context ends is given up.
func TestTestStateEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tasks := engine.NewMux()
		tasks.HandleFunc("stuck", func(ctx context.Context, _ engine.Task) (any, error) { <-ctx.Done(); return nil, ctx.Err() })
		for _, state := range []string{`{"Type":"Wait","Seconds":100,"End":true}`, `{"Type":"Task","Resource":"stuck","End":true}`} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := engine.TestState(ctx, engine.TestStateInput{Definition: state, RoleARN: aRole, Resolver: tasks})
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
	})
}

// TestInspectHTTP: a handler of an HTTP Task tells its exchange, at the level TRACE alone.
func TestInspectHTTP(t *testing.T) {
	tasks := engine.NewMux()
	tasks.HandleFunc("arn:aws:states:::http:invoke", func(ctx context.Context, _ engine.Task) (any, error) {
		engine.InspectHTTP(ctx, func(secrets bool) (engine.HTTPRequest, engine.HTTPResponse) {
			return engine.HTTPRequest{Method: "GET", URL: map[bool]string{false: "https://a", true: "https://a?key=k"}[secrets]}, engine.HTTPResponse{StatusCode: "200"}
		})
		return 1, nil
	})
	in := engine.TestStateInput{Definition: `{"Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{},"End":true}`, RoleARN: aRole, Resolver: tasks, InspectionLevel: engine.InspectTrace}
	assert.Contains(t, tested(t, in), `"request":{"method":"GET","url":"https://a"},"response":{"statusCode":"200"}`)
	in.RevealSecrets = true
	assert.Contains(t, tested(t, in), `"request":{"method":"GET","url":"https://a?key=k"},"response":{"statusCode":"200"}`)
	in.InspectionLevel = engine.InspectDebug
	assert.NotContains(t, tested(t, in), `"request"`)
	engine.InspectHTTP(t.Context(), nil) // outside of tests it does nothing
}
