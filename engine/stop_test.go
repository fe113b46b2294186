package engine_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// blocking makes a handler that tells when it runs, and then waits for its context.
func blocking() (h engine.HandlerFunc, running <-chan struct{}, ended <-chan error) {
	begun, over := make(chan struct{}, 100), make(chan error, 100)
	return func(ctx context.Context, _ engine.Task) (any, error) {
		begun <- struct{}{}
		<-ctx.Done()
		over <- ctx.Err()
		return nil, ctx.Err()
	}, begun, over
}

func TestStopExecution(t *testing.T) {
	t.Parallel()
	h, running, ended := blocking()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"block": h})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"block","End":true}`), nil)
	<-running
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Cancelled", "no longer wanted"))
	assert.ErrorIs(t, <-ended, context.Canceled)
	endedBy(states.StatusAborted, "Cancelled", "no longer wanted")(t, failure(t, x))
	assert.Equal(t, "5<-0 ExecutionAborted", history(t, e, x)[4])

	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Again", ""), "stopping twice does nothing")
	assert.Equal(t, "Cancelled", failure(t, x).Name)
}

func TestStopExecutionWithoutAReason(t *testing.T) {
	t.Parallel()
	e, _ := startVirtual(t, engine.Config{}) // its time stands still
	x := run(t, e, one(t, forever), nil)
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
	assert.EqualError(t, failure(t, x), "engine: execution "+x.ARN()+" ABORTED after 0s, while \"S\" waited")
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, states.Failure{}, d.Failure)
}

func TestAFailingBranchCancelsTheOthers(t *testing.T) {
	t.Parallel()
	h, running, ended := blocking()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"block": h, "fail": func(context.Context, engine.Task) (any, error) {
		<-running
		return nil, errors.New("no")
	}})})
	x := run(t, e, one(t, `{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"block","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"fail","End":true}}}]}`), nil)
	assert.Equal(t, "errorString", failure(t, x).Name)
	assert.ErrorIs(t, <-ended, context.Canceled)
}

// TestBranchesRunSideBySide: each handler waits until all of them run.
func TestBranchesRunSideBySide(t *testing.T) {
	t.Parallel()
	const n = 5
	arrived, all := make(chan struct{}, n), make(chan struct{})
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"meet": func(context.Context, engine.Task) (any, error) {
		if arrived <- struct{}{}; len(arrived) == n {
			close(all)
		}
		<-all
		return "met", nil
	}})})
	m := one(t, `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"meet","End":true}}}}`)
	assert.JSONEq(t, `["met","met","met","met","met"]`, output(t, run(t, e, m, make([]int, n))))
}

func TestContextOfAHandlerTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _, ended := blocking()
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"block": h})})
		begin := time.Now()
		x := run(t, e, one(t, `{"Type":"Task","Resource":"block","TimeoutSeconds":7,"End":true}`), nil)
		assert.Equal(t, "States.Timeout", failure(t, x).Name)
		assert.Equal(t, 7*time.Second, time.Since(begin))
		assert.ErrorIs(t, <-ended, context.DeadlineExceeded)
	})
}

// TestDerivedContextsEndToo: they need no goroutine for it, and none is left.
func TestDerivedContextsEndToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"block": func(ctx context.Context, _ engine.Task) (any, error) {
			derived, cancel := context.WithTimeout(context.WithValue(ctx, key{}, "v"), time.Hour)
			defer cancel()
			assert.Equal(t, "v", derived.Value(key{}))
			assert.Equal(t, "S", engine.TaskFrom(derived).State)
			<-derived.Done()
			assert.Equal(t, engine.ErrTaskExpired, context.Cause(derived))
			return nil, derived.Err()
		}})})
		x := run(t, e, one(t, `{"Type":"Task","Resource":"block","TimeoutSeconds":7,"End":true}`), nil)
		assert.Equal(t, "States.Timeout", failure(t, x).Name)
	})
}

// TestAHandlersOwnDeadlineIsNoTimeout: only the task's deadline is States.Timeout.
func TestAHandlersOwnDeadlineIsNoTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"call": func(ctx context.Context, _ engine.Task) (any, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}})})
		x := run(t, e, one(t, `{"Type":"Task","Resource":"call","TimeoutSeconds":7,"End":true}`), nil)
		assert.Equal(t, "deadlineExceededError", failure(t, x).Name)
	})
}

func TestADeadlineThatTheHandlerSeesFirstIsATimeout(t *testing.T) {
	t.Parallel()
	// The clock shows the deadline, but its wake-up is late.
	clock := &unsteady{times: []time.Time{time.Unix(100, 0)}}
	e := start(t, engine.Config{Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{"late": func(context.Context, engine.Task) (any, error) {
		clock.set(time.Unix(105, 0))
		return nil, context.DeadlineExceeded
	}})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"late","TimeoutSeconds":5,"End":true}`), nil)
	assert.Equal(t, "States.Timeout", failure(t, x).Name)
	assert.Contains(t, history(t, e, x), "5<-4 TaskTimedOut")
}

// TestAContextThatIsAskedForLate has ended all the same.
func TestAContextThatIsAskedForLate(t *testing.T) {
	t.Parallel()
	begun, release, late := make(chan struct{}), make(chan struct{}), make(chan error, 3)
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"late": func(ctx context.Context, task engine.Task) (any, error) {
		close(begun)
		<-release
		late <- ctx.Err()
		<-ctx.Done()
		derived, cancel := context.WithCancel(ctx)
		defer cancel()
		late <- derived.Err()
		late <- task.Heartbeat()
		return nil, nil
	}})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"late","HeartbeatSeconds":60,"End":true}`), nil)
	<-begun
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
	close(release)
	assert.Equal(t, context.Canceled, <-late)
	assert.Equal(t, context.Canceled, <-late)
	assert.Equal(t, engine.ErrTaskTimedOut, <-late)
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	x := run(t, e, one(t, forever), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := x.Wait(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, states.StatusRunning, status(t, e, x))
}

func TestStartSyncExecutionStopsWithItsContext(t *testing.T) {
	t.Parallel()
	h, running, ended := blocking()
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"block": h})})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-running
		cancel()
	}()
	_, err := e.StartSyncExecution(ctx, one(t, `{"Type":"Task","Resource":"block","End":true}`), nil)
	require.Equal(t, context.Canceled, err)
	assert.ErrorIs(t, <-ended, context.Canceled)
}

func TestHandlersOfSynchronousExecutionsSeeValues(t *testing.T) {
	t.Parallel()
	type key struct{}
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"see": func(ctx context.Context, _ engine.Task) (any, error) {
		before := ctx.Value(key{})
		ctx.Done() // makes the context that is cancelled, which must know the value, too
		assert.Equal(t, before, ctx.Value(key{}))
		return before, nil
	}})})
	ctx := context.WithValue(t.Context(), key{}, "v")
	m := one(t, `{"Type":"Task","Resource":"see","End":true}`)
	result, err := e.StartSyncExecution(ctx, m, nil)
	require.NoError(t, err)
	assert.Equal(t, `"v"`, string(result.Output()))
	x, err := e.StartExecution(ctx, m, nil)
	require.NoError(t, err)
	assert.Equal(t, `null`, output(t, x), "others outlive the caller")
}

// TestCloseLeavesNothing: handlers, timers, retries, callbacks and those who wait
// are all gone. The bubble fails if a goroutine stays.
func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, running, ended := blocking()
		e, err := engine.New(engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{
			"block": h, "fail": func(context.Context, engine.Task) (any, error) { return nil, errors.New("no") },
			"arn:aws:states:::sqs:sendMessage.waitForTaskToken": echo,
		})})
		require.NoError(t, err)
		m := one(t, `{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"block","TimeoutSeconds":100,"End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":100}],"End":true}}},
			{"StartAt":"C","States":{"C":{"Type":"Wait","Seconds":100,"End":true}}},
			{"StartAt":"D","States":{"D":`+approval+`}}]}`)
		var waiting []chan error
		var all []*engine.Execution
		for range 10 {
			x := run(t, e, m, nil)
			c := make(chan error, 1)
			go func() {
				_, err := x.Wait(context.Background())
				c <- err
			}()
			waiting, all = append(waiting, c), append(all, x)
			<-running
		}
		express := run(t, e, one(t, `{"Type":"Task","Resource":"block","End":true}`), nil, engine.Express)
		<-running
		synctest.Wait()
		require.NoError(t, e.Close())
		for range 11 {
			require.ErrorIs(t, <-ended, context.Canceled)
		}
		for _, c := range waiting {
			require.ErrorIs(t, <-c, engine.ErrClosed)
		}
		_, err = express.Wait(t.Context())
		require.ErrorIs(t, err, engine.ErrClosed)

		require.NoError(t, e.Close(), "once more")
		ctx, arn := t.Context(), all[0].ARN()
		_, err = all[0].Wait(ctx)
		require.ErrorIs(t, err, engine.ErrClosed)
		_, err = e.StartExecution(ctx, m, nil)
		require.ErrorIs(t, err, engine.ErrClosed)
		_, err = e.StartSyncExecution(ctx, m, nil)
		require.ErrorIs(t, err, engine.ErrClosed)
		_, err = e.DescribeExecution(ctx, arn)
		require.ErrorIs(t, err, engine.ErrClosed)
		_, err = e.ListExecutions(ctx, engine.ListOptions{})
		require.ErrorIs(t, err, engine.ErrClosed)
		_, err = e.GetExecutionHistory(ctx, arn, engine.HistoryOptions{})
		require.ErrorIs(t, err, engine.ErrClosed)
		require.ErrorIs(t, e.StopExecution(ctx, arn, "", ""), engine.ErrClosed)
		require.ErrorIs(t, e.SendTaskSuccess(ctx, "t", nil), engine.ErrClosed)
		require.ErrorIs(t, e.SendTaskFailure(ctx, "t", "", ""), engine.ErrClosed)
		require.ErrorIs(t, e.SendTaskHeartbeat(ctx, "t"), engine.ErrClosed)
	})
}

func TestResultsOutliveTheEngine(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	x := run(t, e, one(t, succeed), 7)
	require.NoError(t, e.Close())
	assert.Equal(t, `7`, output(t, x))
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, begun := make(chan struct{}), make(chan struct{}, 2)
		e, err := engine.New(engine.Config{CloseTimeout: 3 * time.Second, Resolver: tasks(map[string]engine.HandlerFunc{"stubborn": func(context.Context, engine.Task) (any, error) {
			begun <- struct{}{}
			<-release
			return nil, nil
		}})})
		require.NoError(t, err)
		m := one(t, `{"Type":"Task","Resource":"stubborn","End":true}`)
		run(t, e, m, nil)
		run(t, e, m, nil)
		<-begun
		<-begun
		begin := time.Now()
		require.EqualError(t, e.Close(), "engine: closed with 2 handlers still running after 3s")
		assert.Equal(t, 3*time.Second, time.Since(begin))
		close(release)
	})
}

func TestCloseWaitsForHandlers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done := false
		begun := make(chan struct{})
		e, err := engine.New(engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"tidy": func(ctx context.Context, _ engine.Task) (any, error) {
			close(begun)
			<-ctx.Done()
			<-time.After(20 * time.Second)
			done = true
			return nil, nil
		}})})
		require.NoError(t, err)
		run(t, e, one(t, `{"Type":"Task","Resource":"tidy","End":true}`), nil)
		<-begun
		require.NoError(t, e.Close())
		assert.True(t, done)
	})
}

// TestAWaitingExecutionHoldsNoGoroutine: a thousand of them wait for time, a token
// or a retry, and only a few goroutines stand by for all of them.
func TestAWaitingExecutionHoldsNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{
			"fail": func(context.Context, engine.Task) (any, error) { return nil, errors.New("no") },
			"arn:aws:states:::sqs:sendMessage.waitForTaskToken": echo,
		})})
		before := runtime.NumGoroutine()
		for range 334 {
			run(t, e, one(t, forever), nil)
			run(t, e, one(t, approval), nil)
			run(t, e, one(t, `{"Type":"Task","Resource":"fail","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":100}],"End":true}`), nil)
		}
		synctest.Wait()
		// The test's process may have started one or another of its own.
		assert.LessOrEqual(t, runtime.NumGoroutine(), before+8*runtime.GOMAXPROCS(0)+20)
	})
}
