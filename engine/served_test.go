package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestServedCalls: what the tasks of aws-sdk:sfn that steer executions answer, and what
// becomes of the execution "w", which waits for the Task Token that TOKEN stands for, or has
// waited until the test's prelude.
func TestServedCalls(t *testing.T) {
	t.Parallel()
	const (
		ofW     = "arn:aws:states:us-east-1:123456789012:execution:waits:w"
		sdkTail = ` (Service: Sfn, Status Code: 400, Request ID: 00000000-0000-0000-0000-000000000000) (SDK Attempt Count: 1)`
	)
	token := func(further string) string { return `{"TaskToken.$":"$.token"` + further + `}` }
	answered := func(t *testing.T, e *engine.Engine, _ *enginetest.Clock, token string) {
		require.NoError(t, e.SendTaskSuccess(t.Context(), token, "done"))
	}
	expired := func(_ *testing.T, _ *engine.Engine, clock *enginetest.Clock, _ string) {
		clock.Advance(2 * time.Minute)
	}
	for _, c := range []struct {
		name, action, parameters string
		prelude                  func(t *testing.T, e *engine.Engine, clock *enginetest.Clock, token string)
		output                   string // of the task
		failure                  string // of the task: its name and its cause
		w                        string // how the other execution stands then
	}{
		{name: "describe what runs", action: "describeExecution", parameters: `{"ExecutionArn":"` + ofW + `"}`,
			output: `{"ExecutionArn":"` + ofW + `","Input":"{\"n\":1}","InputDetails":{"Included":true},"Name":"w","RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is RUNNING and cannot be redriven","StartDate":"2024-01-01T00:00:00.000Z","StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:waits","Status":"RUNNING"}`,
			w:      "RUNNING"},
		{name: "describe what has ended", action: "describeExecution", parameters: `{"ExecutionArn":"` + ofW + `"}`, prelude: answered,
			output: `{"ExecutionArn":"` + ofW + `","Input":"{\"n\":1}","InputDetails":{"Included":true},"Name":"w","Output":"\"done\"","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":"2024-01-01T00:00:00.000Z","StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:waits","Status":"SUCCEEDED","StopDate":"2024-01-01T00:00:10.000Z"}`,
			w:      `SUCCEEDED "done"`},
		{name: "stop", action: "stopExecution", parameters: `{"ExecutionArn":"` + ofW + `","Error":"Enough","Cause":"it is late"}`,
			output: `{"StopDate":"2024-01-01T00:00:10.000Z"}`, w: "ABORTED Enough: it is late"},
		{name: "stop without a reason", action: "stopExecution", parameters: `{"ExecutionArn":"` + ofW + `"}`,
			output: `{"StopDate":"2024-01-01T00:00:10.000Z"}`, w: "ABORTED"},
		{name: "stop what has ended", action: "stopExecution", parameters: `{"ExecutionArn":"` + ofW + `"}`, prelude: answered,
			output: `{"StopDate":"2024-01-01T00:00:10.000Z"}`, w: `SUCCEEDED "done"`},
		{name: "stop nobody", action: "stopExecution", parameters: `{"ExecutionArn":"` + ofW + `x"}`,
			failure: "Sfn.ExecutionDoesNotExistException: Execution Does Not Exist: '" + ofW + "x'" + sdkTail, w: "RUNNING"},
		{name: "stop what is no execution", action: "stopExecution", parameters: `{"ExecutionArn":"w"}`,
			failure: "Sfn.InvalidArnException: Invalid Arn: 'Invalid ARN prefix: w'" + sdkTail, w: "RUNNING"},
		{name: "a success", action: "sendTaskSuccess", parameters: token(`,"Output":{"ok":true}`), output: `{}`, w: `SUCCEEDED {"ok":true}`},
		{name: "a success as text", action: "sendTaskSuccess", parameters: token(`,"Output":"[1]"`), output: `{}`, w: `SUCCEEDED [1]`},
		{name: "a success that is no JSON", action: "sendTaskSuccess", parameters: token(`,"Output":"[1"`), failure: "Sfn.InvalidOutputException: Invalid Output: ", w: "RUNNING"},
		{name: "a failure", action: "sendTaskFailure", parameters: token(`,"Error":"Torn","Cause":"it was wet"`), output: `{}`, w: "FAILED Torn: it was wet"},
		{name: "a failure without a reason", action: "sendTaskFailure", parameters: token(``), output: `{}`, w: "FAILED"},
		{name: "a sign of life", action: "sendTaskHeartbeat", parameters: token(``), output: `{}`, w: "RUNNING"},
		{name: "a failure of what is done", action: "sendTaskFailure", parameters: token(``), prelude: answered,
			failure: "Sfn.TaskDoesNotExistException: Task does not exist or has already been completed" + sdkTail, w: `SUCCEEDED "done"`},
		{name: "a sign of life of what is done", action: "sendTaskHeartbeat", parameters: token(``), prelude: answered,
			failure: "Sfn.TaskDoesNotExistException: Task does not exist or has already been completed" + sdkTail, w: `SUCCEEDED "done"`},
		{name: "a success out of time", action: "sendTaskSuccess", parameters: token(`,"Output":1`), prelude: expired,
			failure: "Sfn.TaskTimedOutException: Task Timed Out: 'Provided task does not exist anymore'" + sdkTail, w: "FAILED States.Timeout"},
		{name: "a sign of life out of time", action: "sendTaskHeartbeat", parameters: token(``), prelude: expired,
			failure: "Sfn.TaskTimedOutException: Task Timed Out: 'Provided task does not exist anymore'" + sdkTail, w: "FAILED States.Timeout"},
		{name: "no token", action: "sendTaskFailure", parameters: `{"Error":"E"}`,
			failure: "Sfn.InvalidTokenException: Invalid Token: 'Invalid token'" + sdkTail, w: "RUNNING"},
		{name: "an Express execution", action: "startSyncExecution", parameters: `{"StateMachineArn":"echo","Name":"c","Input":{"n":2}}`,
			output: `{"ExecutionArn":"arn:aws:states:us-east-1:123456789012:express:echo:c:UUID","Input":"{\"n\":2}","InputDetails":{"Included":true},"Name":"c","Output":"{\"n\":2}","OutputDetails":{"Included":true},"StartDate":"2024-01-01T00:00:10.000Z","StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:echo","Status":"SUCCEEDED","StopDate":"2024-01-01T00:00:10.000Z"}`,
			w:      "RUNNING"},
		{name: "an Express execution without a name", action: "startSyncExecution", parameters: `{"StateMachineArn":"fails"}`,
			output: `{"Cause":"it was dropped","Error":"Broken","ExecutionArn":"arn:aws:states:us-east-1:123456789012:express:fails:UUID:UUID","Input":"{}","InputDetails":{"Included":true},"Name":"UUID","StartDate":"2024-01-01T00:00:10.000Z","StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:fails","Status":"FAILED","StopDate":"2024-01-01T00:00:10.000Z"}`,
			w:      "RUNNING"},
		{name: "an Express execution of nothing", action: "startSyncExecution", parameters: `{"StateMachineArn":"nobody"}`,
			failure: "Sfn.StateMachineDoesNotExistException: State Machine Does Not Exist: 'nobody'" + sdkTail, w: "RUNNING"},
		{name: "an Express execution of what can't be one", action: "startSyncExecution", parameters: `{"StateMachineArn":"inner"}`,
			failure: "Sfn.StateMachineTypeNotSupportedException: ", w: "RUNNING"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, db store.Store) {
				clock := enginetest.NewClock(time.Time{})
				tokens := make(chan string, 1)
				e := start(t, engine.Config{Store: db, Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{
					"arn:aws:states:::sqs:sendMessage.waitForTaskToken": func(_ context.Context, task engine.Task) (any, error) {
						tokens <- task.Token
						return nil, nil
					},
				})})
				e.UseMachines(machinesOf(t, children))
				w := run(t, e, one(t, task("sqs:sendMessage.waitForTaskToken", `{"QueueUrl":"q","MessageBody":"m"}`, `,"TimeoutSeconds":60`)),
					map[string]int{"n": 1}, engine.Named("w"), engine.Machine("waits"))
				clock.Advance(10 * time.Second)
				token := <-tokens
				if c.prelude != nil {
					c.prelude(t, e, clock, token)
				}
				x := run(t, e, one(t, task("aws-sdk:sfn:"+c.action, c.parameters, "")), map[string]string{"token": token}, engine.Named("p"), engine.Machine("m"))
				clock.Settle()
				got := standing(t, e, x.ARN())
				if c.failure != "" {
					assert.True(t, strings.HasPrefix(got, "FAILED "+c.failure), got)
				} else {
					assert.Equal(t, "SUCCEEDED "+c.output, masked(got))
				}
				assert.Equal(t, c.w, standing(t, e, w.ARN()))
			})
		})
	}
}

// standing says how an execution stands: its status, and its output or its error and cause.
func standing(t *testing.T, e *engine.Engine, arn string) string {
	t.Helper()
	d, err := e.DescribeExecution(t.Context(), arn)
	require.NoError(t, err)
	text := string(d.Status)
	switch {
	case d.Status == states.StatusSucceeded:
		v, err := value.Parse(json.RawMessage(d.Output))
		require.NoError(t, err)
		text += " " + value.String(v)
	case d.Failure.HasError:
		text += " " + d.Failure.Error
	}
	if d.Failure.HasCause {
		text += ": " + d.Failure.Cause
	}
	return text
}
