package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trip books a flight and then waits for long; what undoes the flight needs a
// Task Token.
const trip = `{"TimeoutSeconds":100,"StartAt":"Flight","States":{
	"Flight":{"Type":"Task","Resource":"book","Compensate":"NoFlight","Next":"Wait"},
	"Wait":{"Type":"Wait","Seconds":1000,"End":true},
	"NoFlight":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
		"Parameters":{"QueueUrl":"cancellations","MessageBody":{"token.$":"$$.Task.Token","because.$":"$.Error"}}}}}`

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// An agency answers the tasks of trips, and keeps what it is asked to cancel.
type agency struct {
	clock  *enginetest.Clock
	tokens []string
	why    []any
}

func (a *agency) config() engine.Config {
	return engine.Config{Clock: a.clock, Resolver: tasks(map[string]engine.HandlerFunc{
		"book": func(context.Context, engine.Task) (any, error) { return "f-1", nil },
		"arn:aws:states:::sqs:sendMessage.waitForTaskToken": func(_ context.Context, task engine.Task) (any, error) {
			var in struct {
				MessageBody struct {
					Token   string
					Because any
				}
			}
			if err := task.Decode(&in); err != nil {
				return nil, err
			}
			a.tokens, a.why = append(a.tokens, in.MessageBody.Token), append(a.why, in.MessageBody.Because)
			return nil, nil
		},
	})}
}

// TestStopExecutionCompensates: it returns at once, and the execution is still running
// until everything is undone, also over a restart.
func TestStopExecutionCompensates(t *testing.T) {
	t.Parallel()
	a := &agency{clock: enginetest.NewClock(morning)}
	config := a.config()
	config.Store = new(lastingStore)
	e := start(t, config)
	x := run(t, e, machine(t, trip), nil, engine.Named("trip"), engine.Machine("trips"))
	a.clock.Settle()
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Rain", ""))
	a.clock.Settle()
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.StatusRunning, d.Status)
	assert.Equal(t, []any{"Rain"}, a.why)

	require.NoError(t, e.Close())
	e = start(t, config)
	x, err = e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	require.NoError(t, e.SendTaskSuccess(t.Context(), a.tokens[0], nil))
	endedBy(states.StatusAborted, "Rain", "")(t, failure(t, x))
	assert.Len(t, a.tokens, 1, "the flight is cancelled once")
}

// TestASecondStopEndsACompensation: the execution has failed then, and can be redriven.
func TestASecondStopEndsACompensation(t *testing.T) {
	t.Parallel()
	a := &agency{clock: enginetest.NewClock(morning)}
	e := start(t, a.config())
	x := run(t, e, machine(t, trip), nil)
	a.clock.Settle()
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Rain", ""))
	a.clock.Settle()
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Rain", ""), "the same again does nothing")
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.StatusRunning, d.Status)
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Impatience", ""))
	failed := failure(t, x)
	assert.Equal(t, states.StatusFailed, failed.Status)
	assert.Equal(t, "States.CompensationFailed", failed.Name)
	assert.JSONEq(t, `{"Error":"Rain","Cause":"","State":"Flight","Handler":"NoFlight","HandlerFailure":{"Error":"Impatience","Cause":""},"Remaining":["Flight"]}`, failed.Cause)

	x, err = e.RedriveExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	a.clock.Settle()
	assert.ErrorIs(t, e.SendTaskSuccess(t.Context(), a.tokens[0], nil), engine.ErrTaskTimedOut, "the handler has a new token")
	require.NoError(t, e.SendTaskSuccess(t.Context(), a.tokens[1], nil))
	assert.Equal(t, states.StatusAborted, failure(t, x).Status)
}

// TestRunningOutOfTimeCompensates: what undoes has all the time that it needs.
func TestRunningOutOfTimeCompensates(t *testing.T) {
	t.Parallel()
	a := &agency{clock: enginetest.NewClock(morning)}
	e := start(t, a.config())
	x := run(t, e, machine(t, trip), nil)
	a.clock.Settle()
	a.clock.Advance(100 * time.Second)
	assert.Equal(t, []any{"States.Timeout"}, a.why)
	a.clock.Advance(time.Hour)
	require.NoError(t, e.SendTaskSuccess(t.Context(), a.tokens[0], nil))
	endedBy(states.StatusTimedOut, "", "")(t, failure(t, x))
}

// TestStopsWithoutCompensation: the execution ends at once, and what it did stays.
func TestStopsWithoutCompensation(t *testing.T) {
	t.Parallel()
	a := &agency{clock: enginetest.NewClock(morning)}
	e := start(t, a.config())
	x := run(t, e, machine(t, trip), nil, engine.StopsWithoutCompensation)
	a.clock.Settle()
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Rain", ""))
	assert.Equal(t, states.StatusAborted, failure(t, x).Status)
	assert.Empty(t, a.tokens)
}

// TestHandlersOfCompensationAreTasks: they have keys of their own, so that nothing is
// undone twice, and their Go errors are retried.
func TestHandlersOfCompensationAreTasks(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct {
		name    string
		options []engine.StartOption
	}{{"Standard", nil}, {"Express", []engine.StartOption{engine.Express}}} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			var keys []string
			e := start(t, engine.Config{Clock: enginetest.NewClock(morning), Resolver: tasks(map[string]engine.HandlerFunc{
				"book": func(context.Context, engine.Task) (any, error) { return 7, nil },
				"pay":  func(context.Context, engine.Task) (any, error) { return nil, errors.New("no money") },
				"cancel": func(_ context.Context, task engine.Task) (any, error) {
					keys = append(keys, task.IdempotencyKey)
					if len(keys) == 1 {
						return nil, errors.New("busy")
					}
					return nil, nil
				},
			})})
			x := run(t, e, machine(t, `{"StartAt":"Book","States":{"Book":{"Type":"Task","Resource":"book","Compensate":"Cancel","Next":"Pay"},
				"Pay":{"Type":"Task","Resource":"pay","End":true},"Cancel":{"Type":"Task","Resource":"cancel","Retry":[{"ErrorEquals":["States.ALL"]}]}}}`), nil, kind.options...)
			assert.Equal(t, "errorString", failure(t, x).Name)
			require.Len(t, keys, 2)
			assert.NotEqual(t, keys[0], keys[1])
		})
	}
}
