package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestContextsSayWhyTheyEnded: by their cause, whether somebody waited for them or only
// looks at them afterwards.
func TestContextsSayWhyTheyEnded(t *testing.T) {
	t.Parallel()
	const blocks = `{"Type":"Task","Resource":"block","End":true`
	branches := func(other string) string {
		return `{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":` + blocks + `}}},{"StartAt":"B","States":{"B":` + other + `}}]`
	}
	fails := `{"Type":"Wait","Seconds":5,"Next":"C"},"C":{"Type":"Fail","Error":"E","Cause":"because"}`
	const undone = `{"Type":"Task","Resource":"easy","Compensate":"U","Next":"B"},"B":` + blocks + `},"U":{"Type":"Task","Resource":"easy"}`
	const within = `,"TimeoutSeconds":9`
	bound := map[string]string{"timeout of the machine": within, "timeout of the machine, and what is done is undone": within}
	for name, c := range map[string]struct {
		state string
		end   func(t *testing.T, e *engine.Engine, x *engine.Execution, task engine.Task)
		err   error
		cause func(*testing.T, error)
	}{
		"timeout":   {blocks + `,"TimeoutSeconds":7}`, nil, context.DeadlineExceeded, is(engine.ErrTaskExpired)},
		"heartbeat": {blocks + `,"TimeoutSeconds":7,"HeartbeatSeconds":3}`, nil, context.DeadlineExceeded, is(engine.ErrHeartbeatMissed)},
		"stop": {blocks + `}`, func(t *testing.T, e *engine.Engine, x *engine.Execution, _ engine.Task) {
			require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Operator", "enough"))
		}, context.Canceled, endedBy(states.StatusAborted, "Operator", "enough", engine.ErrExecutionStopped)},
		"failure of a branch":         {branches(fails) + `,"End":true}`, nil, context.Canceled, endedBy(states.StatusFailed, "E", "because", engine.ErrSiblingFailed)},
		"failure of a branch, caught": {branches(fails) + `,"Catch":[{"ErrorEquals":["E"],"Next":"Z"}],"End":true},"Z":{"Type":"Wait","Seconds":60,"End":true}`, nil, context.Canceled, is(engine.ErrTaskCanceled, engine.ErrSiblingFailed)},
		"timeout of the machine":      {blocks + `}`, nil, context.Canceled, endedBy(states.StatusTimedOut, "", "", engine.ErrExecutionTimedOut)},
		"failure of an iteration": {`{"Type":"Map","Items":[{"x":1},{"x":2}],"QueryLanguage":"JSONata","ItemProcessor":{"StartAt":"C","States":{
			"C":{"Type":"Choice","QueryLanguage":"JSONata","Choices":[{"Condition":"{% $states.input.x = 1 %}","Next":"A"}],"Default":"W"},
			"A":` + blocks + `},"W":{"Type":"Wait","Seconds":5,"Next":"F"},"F":{"Type":"Fail","Error":"E","Cause":"because"}}},"End":true}`,
			nil, context.Canceled, endedBy(states.StatusFailed, "E", "because", engine.ErrSiblingFailed)},
		"stop, and what is done is undone": {undone, func(t *testing.T, e *engine.Engine, x *engine.Execution, _ engine.Task) {
			require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Operator", "enough"))
		}, context.Canceled, is(engine.ErrTaskCanceled, engine.ErrExecutionStopped)},
		"timeout of the machine, and what is done is undone": {undone, nil, context.Canceled, is(engine.ErrTaskCanceled, engine.ErrExecutionTimedOut)},
		"token": {`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"block","Payload":{}},"End":true}`,
			func(t *testing.T, e *engine.Engine, _ *engine.Execution, task engine.Task) {
				require.NoError(t, e.SendTaskSuccess(t.Context(), task.Token, nil))
			}, context.Canceled, is(engine.ErrTaskAnswered)},
		"close": {blocks + `}`, func(t *testing.T, e *engine.Engine, _ *engine.Execution, _ engine.Task) {
			e.Close() // with an error where the handler is left behind
		}, context.Canceled, is(engine.ErrClosed)},
	} {
		for _, waits := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					called, over := make(chan engine.Task, 1), make(chan struct{})
					var ctx context.Context
					e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"easy": echo, "block": func(c context.Context, task engine.Task) (any, error) {
						ctx = c
						called <- task
						if waits {
							<-c.Done()
						} else {
							<-over
						}
						return nil, errors.New("late")
					}})})
					x := run(t, e, machine(t, `{"StartAt":"S"`+bound[name]+`,"States":{"S":`+c.state+`}}`), nil)
					task := <-called
					if c.end != nil {
						c.end(t, e, x, task)
					}
					x.Wait(t.Context()) // in the bubble's time
					close(over)
					synctest.Wait()
					require.Equal(t, c.err, ctx.Err())
					c.cause(t, context.Cause(ctx))
					derived, cancel := context.WithCancel(ctx)
					defer cancel()
					c.cause(t, context.Cause(derived))
				})
			})
		}
	}
}

// sentinels are all that tell why a context has ended.
var sentinels = []error{
	engine.ErrTaskExpired, engine.ErrHeartbeatMissed, engine.ErrExecutionTimedOut, engine.ErrExecutionStopped, engine.ErrSiblingFailed,
	engine.ErrClosed, engine.ErrTaskAnswered, engine.ErrHandlerReturned, engine.ErrTaskCanceled, store.ErrConflict,
}

// is asserts that an error is some sentinels and no others.
func is(want ...error) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		var got []error
		for _, s := range sentinels {
			if errors.Is(err, s) {
				got = append(got, s)
			}
		}
		assert.ElementsMatch(t, want, got, err)
		assert.NotEmpty(t, err.Error())
	}
}

// endedBy asserts that an error says how an execution has ended, and is some sentinels if any are
// given.
func endedBy(status states.Status, name, cause string, want ...error) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		t.Helper()
		var failed *engine.ExecutionError
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, []any{status, name, cause}, []any{failed.Status, failed.Name, failed.Cause})
		if len(want) > 0 {
			is(want...)(t, err)
		}
	}
}

// TestAnExpressExecutionIsStopped by the context of who waits for it.
func TestAnExpressExecutionIsStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	causes := make(chan error, 1)
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"block": func(ctx context.Context, _ engine.Task) (any, error) {
		cancel()
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return nil, ctx.Err()
	}})})
	_, err := e.StartSyncExecution(ctx, one(t, `{"Type":"Task","Resource":"block","End":true}`), nil)
	require.ErrorIs(t, err, context.Canceled)
	endedBy(states.StatusAborted, "Canceled", "context canceled", engine.ErrExecutionStopped)(t, <-causes)
}

// TestJobsAreAborted: the context of a .sync task's handler gives the reason to stop its job
// with, whyever nobody waits for the job; not when the engine closes, or the task has an answer.
func TestJobsAreAborted(t *testing.T) {
	t.Parallel()
	const resource = "arn:aws:states:::ecs:runTask.sync"
	job := func(further string) string {
		return `{"Type":"Task","Resource":"` + resource + `","Parameters":{"TaskDefinition":"oven"}` + further + `,"End":true}`
	}
	for name, c := range map[string]struct {
		state string
		end   func(t *testing.T, e *engine.Engine, x *engine.Execution, task engine.Task)
		cause error // nil for the execution's end
		goes  bool  // the job goes on
	}{
		"timeout":   {job(`,"TimeoutSeconds":7`), nil, engine.ErrTaskExpired, false},
		"heartbeat": {job(`,"TimeoutSeconds":7,"HeartbeatSeconds":3`), nil, engine.ErrHeartbeatMissed, false},
		"stop": {job(""), func(t *testing.T, e *engine.Engine, x *engine.Execution, _ engine.Task) {
			require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		}, nil, false},
		"failing sibling": {`{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":` + job("") + `}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"Next":"F"},"F":{"Type":"Fail"}}}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Z"}],"End":true},
			"Z":{"Type":"Pass","End":true}`, nil, engine.ErrTaskCanceled, false},
		"token": {job(""), func(t *testing.T, e *engine.Engine, _ *engine.Execution, task engine.Task) {
			require.NoError(t, e.SendTaskSuccess(t.Context(), task.Token, nil))
		}, engine.ErrTaskAnswered, true},
		"close": {job(""), func(_ *testing.T, e *engine.Engine, _ *engine.Execution, _ engine.Task) { e.Close() }, engine.ErrClosed, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				called, causes := make(chan engine.Task, 1), make(chan error, 1)
				e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{resource: func(ctx context.Context, task engine.Task) (any, error) {
					called <- task
					<-ctx.Done()
					causes <- context.Cause(ctx)
					return nil, ctx.Err()
				}})})
				x := run(t, e, machine(t, `{"StartAt":"S","States":{"S":`+c.state+`}}`), nil)
				task := <-called
				if c.end != nil {
					c.end(t, e, x, task)
				}
				why := <-causes
				aborted, ok := errors.AsType[*engine.JobAbortedError](why)
				assert.Equal(t, c.goes, !ok, why)
				if ok {
					assert.EqualError(t, why, "The Task state in AWS Step Functions execution ["+x.ARN()+"] which was managing this resource was aborted")
					assert.Equal(t, x.ARN(), aborted.ExecutionARN)
				}
				if c.cause != nil {
					assert.ErrorIs(t, why, c.cause)
				} else {
					endedBy(states.StatusAborted, "", "", engine.ErrExecutionStopped)(t, why)
				}
			})
		})
	}
}

// TestEngineFrom: a handler that goes on after a restart has its engine before New has
// returned it.
func TestEngineFrom(t *testing.T) {
	t.Parallel()
	assert.Nil(t, engine.EngineFrom(t.Context()))
	db := new(lastingStore)
	called := make(chan *engine.Engine, 2)
	config := engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"call": func(ctx context.Context, task engine.Task) (any, error) {
		type key struct{}
		called <- engine.EngineFrom(context.WithValue(ctx, key{}, 1))
		<-ctx.Done()
		return nil, ctx.Err()
	}})}
	config.CloseTimeout = -1
	first, err := engine.New(config)
	require.NoError(t, err)
	run(t, first, one(t, `{"Type":"Task","Resource":"call","End":true}`), nil)
	assert.Same(t, first, <-called)
	first.Close() // with an error, for the handler is left behind
	config.CloseTimeout = 0
	mux := engine.NewMux()
	mux.HandleFunc("call", func(ctx context.Context, _ engine.Task) (any, error) {
		called <- engine.EngineFrom(ctx)
		return nil, nil
	})
	config.Resolver = mux
	assert.Same(t, start(t, config), <-called)
}
