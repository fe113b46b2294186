package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatATaskSees(t *testing.T) {
	t.Parallel()
	var got []engine.Task
	e, _ := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"work": func(ctx context.Context, task engine.Task) (any, error) {
		assert.Equal(t, task, engine.TaskFrom(ctx))
		if got = append(got, task); task.Attempt == 0 {
			return nil, &engine.TaskError{Name: "Busy"}
		}
		return nil, nil
	}})})
	m := machine(t, `{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:work:live","Retry":[{"ErrorEquals":["Busy"]}],"ResultPath":null,"Next":"B"},
		"B":{"Type":"Task","Resource":"work","TimeoutSeconds":60,"Credentials":{"RoleArn":"arn:aws:iam::1:role/x"},"InputPath":"$.n","Retry":[{"ErrorEquals":["Busy"]}],"End":true}}}`)
	x := run(t, e, m, json.RawMessage(`{"n":[1,2.5]}`), engine.Named("n"), engine.Machine("m"))
	output(t, x)
	require.Len(t, got, 4)
	for i, task := range got {
		assert.Equal(t, i%2, task.Attempt)
		assert.Equal(t, x.Identity(), task.Execution)
		assert.Empty(t, task.Token)
	}
	assert.Equal(t, "arn:aws:lambda:us-east-1:123456789012:function:work:live", got[0].Resource)
	assert.Equal(t, "A", got[0].State)
	assert.Equal(t, "B", got[2].State)
	assert.Equal(t, []any{int64(1), 2.5}, got[2].Input)
	assert.Equal(t, `{"RoleArn":"arn:aws:iam::1:role/x"}`, value.String(got[2].Credentials))
	var numbers []float64
	require.NoError(t, got[2].Decode(&numbers))
	assert.Equal(t, []float64{1, 2.5}, numbers)
	assert.False(t, got[2].Deadline.IsZero())

	keys := make(map[string]bool)
	for _, task := range got {
		keys[task.IdempotencyKey] = true
	}
	assert.Len(t, keys, 4, "each attempt has a key of its own")
	assert.Equal(t, x.ARN()+"/3", got[0].IdempotencyKey, "the execution, and the event that scheduled the task")
	assert.Equal(t, x.ARN()+"/6", got[1].IdempotencyKey)
}

func TestTaskFromElsewhere(t *testing.T) {
	t.Parallel()
	task := engine.TaskFrom(t.Context())
	assert.Equal(t, engine.Task{}, task)
	assert.Equal(t, engine.ErrTaskTimedOut, task.Heartbeat())
	assert.Equal(t, engine.ErrTaskTimedOut, task.Acknowledge(nil))
}

// TestAcknowledge: a .sync task is submitted, and done when its handler returns.
func TestAcknowledge(t *testing.T) {
	t.Parallel()
	var last engine.Task
	e, _ := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{
		"arn:aws:states:::batch:submitJob.sync": func(ctx context.Context, task engine.Task) (any, error) {
			last = task
			require.Error(t, task.Acknowledge(make(chan int)))
			return "done", task.Acknowledge(map[string]string{"JobId": "j-1"})
		}})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:states:::batch:submitJob.sync","Parameters":{},"End":true}`), nil)
	assert.Equal(t, `"done"`, output(t, x))
	all := events(t, e, x)
	assert.Equal(t, states.TaskSubmitted, all[4].Type)
	assert.Equal(t, `{"JobId":"j-1"}`, value.String(all[4].Details.(*states.OutputDetails).Output))
	assert.Equal(t, states.TaskSucceeded, all[5].Type)
	assert.Equal(t, engine.ErrTaskTimedOut, last.Acknowledge(nil))
	assert.Equal(t, engine.ErrTaskTimedOut, last.Heartbeat())
}

func TestStagesOfFailures(t *testing.T) {
	t.Parallel()
	for stage, want := range map[states.Stage]string{
		states.Running:    "LambdaFunctionFailed",
		states.Starting:   "LambdaFunctionStartFailed",
		states.Scheduling: "LambdaFunctionScheduleFailed",
	} {
		e, _ := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"f": func(context.Context, engine.Task) (any, error) {
			return nil, &engine.TaskError{Name: "E", Stage: stage}
		}})})
		x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","End":true}`), nil)
		failure(t, x)
		assert.Equal(t, "5<-4 "+want, history(t, e, x)[4])
	}
}

func TestAnOutputThatIsNoJSONFailsTheTask(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"f": func(context.Context, engine.Task) (any, error) { return func() {}, nil }})})
	failed := failure(t, run(t, e, one(t, `{"Type":"Task","Resource":"f","End":true}`), nil))
	assert.Equal(t, "States.Runtime", failed.Name)
	assert.Contains(t, failed.Cause, "The output of the handler is not JSON: ")
}

func TestAHandlerThatEndsItsGoroutineFailsTheTask(t *testing.T) {
	t.Parallel()
	mux := tasks(map[string]engine.HandlerFunc{"exit": func(context.Context, engine.Task) (any, error) {
		runtime.Goexit()
		return nil, nil
	}})
	m := one(t, `{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"exit","Catch":[{"ErrorEquals":["Panic"],"Next":"B"}],"End":true},"B":{"Type":"Pass","Result":1,"End":true}}},
		{"StartAt":"C","States":{"C":{"Type":"Task","Resource":"exit","Catch":[{"ErrorEquals":["Panic"],"Next":"D"}],"End":true},"D":{"Type":"Pass","Result":2,"End":true}}}]}`)
	e := start(t, engine.Config{Resolver: mux})
	assert.Equal(t, `[1,2]`, output(t, run(t, e, m, nil)))
	e, _ = startVirtual(t, engine.Config{Resolver: mux})
	assert.Equal(t, `[1,2]`, output(t, run(t, e, m, nil)))
}

type panicky struct{}

func (*panicky) Error() string               { panic("no text") }
func (panicky) MarshalJSON() ([]byte, error) { panic("no JSON") }

func TestPanickingMethodsFailTheTask(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{
		"error":  func(context.Context, engine.Task) (any, error) { return nil, (*panicky)(nil) },
		"output": func(context.Context, engine.Task) (any, error) { return panicky{}, nil },
	})})
	for resource, cause := range map[string]string{"error": "no text", "output": "no JSON"} {
		failed := failure(t, run(t, e, one(t, `{"Type":"Task","Resource":"`+resource+`","End":true}`), nil))
		assert.Equal(t, "Panic", failed.Name)
		assert.Contains(t, failed.Cause, cause)
	}
}

// TestATaskThatIsOverAtOnceIsNotCalled: a branch beside it fails in the same step.
func TestATaskThatIsOverAtOnceIsNotCalled(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"never": func(context.Context, engine.Task) (any, error) {
		t.Error("called")
		return nil, nil
	}, "then": echo})})
	both := `{"Type":"Parallel",%s,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"never","TimeoutSeconds":9,"HeartbeatSeconds":5,"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Fail","Error":"E"}}}]}`
	assert.Equal(t, "E", failure(t, run(t, e, one(t, fmt.Sprintf(both, `"End":true`)), nil)).Name)
	m := machine(t, `{"StartAt":"S","States":{"S":`+fmt.Sprintf(both, `"Catch":[{"ErrorEquals":["E"],"Next":"T"}],"End":true`)+`,
		"T":{"Type":"Task","Resource":"then","End":true}}}`)
	assert.Contains(t, output(t, run(t, e, m, nil)), `"Error":"E"`)
	assert.Contains(t, output(t, run(t, e, m, nil, engine.Express)), `"Error":"E"`)
}

// TestLambdaInvoke: the function in FunctionName is called with the Payload, and
// its answer comes wrapped.
func TestLambdaInvoke(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{
		"ship":      func(_ context.Context, task engine.Task) (any, error) { return []any{task.Resource, task.Input}, nil },
		"ship:blue": func(context.Context, engine.Task) (any, error) { return "blue", nil },
		"broken":    fail("Broken"),
	})})
	invoke := func(parameters string) string {
		return `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":` + parameters + `,"End":true}`
	}
	for function, resource := range map[string]string{
		`"FunctionName":"ship"`:      "ship",
		`"FunctionName":"ship:live"`: "ship:live",
		`"FunctionName":"arn:aws:lambda:us-east-1:123456789012:function:ship"`:      "arn:aws:lambda:us-east-1:123456789012:function:ship",
		`"FunctionName":"arn:aws:lambda:us-east-1:123456789012:function:ship:live"`: "arn:aws:lambda:us-east-1:123456789012:function:ship:live",
		`"FunctionName":"123456789012:function:ship"`:                               "123456789012:function:ship",
		`"FunctionName":"ship","Qualifier":"7"`:                                     "ship:7",
		`"FunctionName.$":"$.f"`:                                                    "ship",
	} {
		got := output(t, run(t, e, one(t, invoke(`{`+function+`,"Payload.$":"$.p"}`)), json.RawMessage(`{"p":{"n":1},"f":"ship"}`)))
		assert.Equal(t, fmt.Sprintf(`{"ExecutedVersion":"$LATEST","Payload":[%q,{"n":1}],"StatusCode":200}`, resource), got)
	}
	assert.Contains(t, output(t, run(t, e, one(t, invoke(`{"FunctionName":"ship:blue"}`)), nil)), `"Payload":"blue"`, "a qualifier may have a handler of its own")
	assert.Contains(t, output(t, run(t, e, one(t, invoke(`{"FunctionName":"ship"}`)), nil)), `["ship",{}]`, "no Payload")

	x := run(t, e, one(t, invoke(`{"FunctionName":"broken"}`)), nil)
	assert.Equal(t, "Broken", failure(t, x).Name)
	assert.Contains(t, history(t, e, x), "5<-4 TaskFailed")

	failed := failure(t, run(t, e, one(t, invoke(`{"FunctionName.$":"$.f"}`)), map[string]string{"f": "shp"}))
	assert.Equal(t, "Lambda.ResourceNotFoundException", failed.Name)
	assert.Contains(t, failed.Cause, `did you mean "ship"?`)
	failed = failure(t, run(t, e, one(t, invoke(`{"FunctionName.$":"$.f"}`)), map[string]int{"f": 1}))
	assert.Equal(t, "States.Runtime", failed.Name)
	failed = failure(t, run(t, e, one(t, `{"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::lambda:invoke","Arguments":"{% $states.input %}","End":true}`), []int{}))
	assert.Equal(t, "States.Runtime", failed.Name)
}

func TestLambdaInvokeWaitsForATaskToken(t *testing.T) {
	t.Parallel()
	var e *engine.Engine
	var token string
	e, clock := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"ask": func(_ context.Context, task engine.Task) (any, error) {
		token = task.Token
		assert.Equal(t, token, task.Input)
		return "asked", nil
	}})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"ask","Payload.$":"$$.Task.Token"},"End":true}`), nil)
	clock.Settle()
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, "yes"))
	assert.Equal(t, `"yes"`, output(t, x))
	assert.Equal(t, `{"ExecutedVersion":"$LATEST","Payload":"asked","StatusCode":200}`,
		value.String(events(t, e, x)[4].Details.(*states.OutputDetails).Output))
}

// TestAFunctionGoesBeforeAPattern that the integration matches, too.
func TestAFunctionGoesBeforeAPattern(t *testing.T) {
	t.Parallel()
	m := one(t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"ship","Payload":1},"OutputPath":"$.Payload","End":true}`)
	all := func(_ context.Context, task engine.Task) (any, error) { return "all " + task.Resource, nil }
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": all})})
	assert.Equal(t, `"all ship"`, output(t, run(t, e, m, nil)))
	e = start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": all, "ship": echo})})
	assert.Equal(t, `1`, output(t, run(t, e, m, nil)))
	e = start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"arn:aws:states:::*": func(_ context.Context, task engine.Task) (any, error) {
		return map[string]any{"Payload": task.Input}, nil
	}})})
	assert.Equal(t, `{"FunctionName":"ship","Payload":1}`, output(t, run(t, e, m, nil)))
}

func TestActivitiesHaveHandlersToo(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"review": echo})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:review","End":true}`), 1)
	assert.Equal(t, `1`, output(t, x))
	assert.Contains(t, history(t, e, x), "5<-4 ActivitySucceeded")
}

// An appending store has every append looked at.
type appending struct {
	lastingStore
	look func(lines string)
}

func (s *appending) Append(ctx context.Context, arn string, length int, c store.Change) error {
	s.look(string(bytes.Join(c.Lines, []byte("\n"))))
	return s.lastingStore.Append(ctx, arn, length, c)
}

// TestComplete: what it records is what Acknowledge and SendTaskSuccess do, but in one write, so that
// no crash comes between.
func TestComplete(t *testing.T) {
	t.Parallel()
	const resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
	answers := func(complete func(ctx context.Context, task engine.Task) error, look func(string)) (string, []string) {
		e := start(t, engine.Config{Store: &appending{look: look}, Resolver: tasks(map[string]engine.HandlerFunc{resource: func(ctx context.Context, task engine.Task) (any, error) {
			return "ignored", complete(ctx, task)
		}})})
		x := run(t, e, one(t, `{"Type":"Task","Resource":"`+resource+`","Parameters":{"QueueUrl":"q","MessageBody":"m"},"HeartbeatSeconds":60,"End":true}`), nil)
		return output(t, x), history(t, e, x)
	}
	separate, want := answers(func(ctx context.Context, task engine.Task) error {
		return errors.Join(task.Acknowledge("got it"), engine.EngineFrom(ctx).SendTaskSuccess(ctx, task.Token, "done"))
	}, func(string) {})
	together, got := answers(func(ctx context.Context, task engine.Task) error {
		assert.ErrorIs(t, task.Complete(make(chan int), nil), engine.ErrInvalidOutput)
		assert.ErrorIs(t, task.Complete(nil, make(chan int)), engine.ErrInvalidOutput)
		err := task.Complete("got it", "done")
		assert.ErrorIs(t, task.Complete("got it", "again"), engine.ErrTaskTimedOut)
		return err
	}, func(lines string) {
		assert.Equal(t, strings.Contains(lines, "TaskSubmitted"), strings.Contains(lines, "TaskSucceeded"), lines)
	})
	assert.Equal(t, separate, together)
	assert.Equal(t, want, got)
	require.ErrorIs(t, engine.Task{}.Complete(nil, nil), engine.ErrTaskTimedOut)
}
