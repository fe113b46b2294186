package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reopen closes an engine and opens another on the same store, some time later. The
// clock is set before: handlers may be called before the engine is there.
func reopen(t *testing.T, e *engine.Engine, config engine.Config, clock **enginetest.Clock, later time.Duration) *engine.Engine {
	t.Helper()
	require.NoError(t, e.Close())
	*clock = enginetest.NewClock((*clock).Now().Add(later))
	config.Clock = *clock
	return start(t, config)
}

// TestDurableRunsAreLikeOthers: the history is that of an engine without a store.
func TestDurableRunsAreLikeOthers(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := machine(t, c.definition)
			want, _ := undisturbed(t, m, c.input)
			w := newWorld(t)
			e, err := w.open(nil)
			require.NoError(t, err)
			require.NoError(t, w.play(t.Context(), e, m, c.input))
			alike(t, told(t, e), want)
			require.NoError(t, e.Close())
		})
	}
}

// TestOneWriteForATask: a task costs one write, and so does the start; states
// without tasks and the beginning of a task's work cost none.
func TestOneWriteForATask(t *testing.T) {
	t.Parallel()
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Task","Resource":"echo","Next":"C"},
		"C":{"Type":"Pass","Next":"D"},"D":{"Type":"Task","Resource":"echo","Next":"E"},"E":{"Type":"Pass","End":true}}}`)
	_, w := undisturbed(t, m, `{}`)
	assert.EqualValues(t, 3, w.store.writes.Load())
}

// TestExpressExecutionsAreNotStored: nothing of them is.
func TestExpressExecutionsAreNotStored(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e := start(t, engine.Config{Store: db})
	_, err := e.StartSyncExecution(t.Context(), one(t, `{"Type":"Succeed"}`), nil)
	require.NoError(t, err)
	_, err = run(t, e, one(t, `{"Type":"Succeed"}`), nil, engine.Express).Wait(t.Context())
	require.NoError(t, err)
	assert.Zero(t, db.writes.Load())
}

// TestWhatCameDueFiresInOrder: timers that came due while no engine was there fire at
// once when there is one, in the order of their times, whatever they belong to.
func TestWhatCameDueFiresInOrder(t *testing.T) {
	t.Parallel()
	var order []string
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{
		"note": func(_ context.Context, task engine.Task) (any, error) {
			order = append(order, task.Execution.Name)
			return nil, nil
		}})}
	e, clock := startVirtual(t, config)
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","SecondsPath":"$","Next":"B"},"B":{"Type":"Task","Resource":"note","End":true}}}`)
	for _, seconds := range []int{30, 10, 90, 20} {
		run(t, e, m, seconds, engine.Machine("m"), engine.Named(fmt.Sprint(seconds)))
	}
	reopen(t, e, config, &clock, time.Minute)
	clock.Settle()
	assert.Equal(t, []string{"10", "20", "30"}, order)
	clock.Advance(31 * time.Second)
	assert.Equal(t, []string{"10", "20", "30", "90"}, order)
}

// TestTimersOfOneExecutionFireOneByOne: a task that timed out while no engine was there
// did so before its machine did.
func TestTimersOfOneExecutionFireOneByOne(t *testing.T) {
	t.Parallel()
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"*": echo})}
	e, clock := startVirtual(t, config)
	m := machine(t, `{"TimeoutSeconds":100,"StartAt":"A","States":{"A":{"Type":"Task","TimeoutSeconds":50,"Resource":"`+sqsToken+`",
		"Parameters":{"MessageBody":"m","QueueUrl":"q"},"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"B"}],"End":true},"B":{"Type":"Succeed"}}}`)
	x := run(t, e, m, nil)
	clock.Settle()
	e = reopen(t, e, config, &clock, time.Hour)
	assert.Equal(t, states.StatusSucceeded, status(t, e, x))
}

// TestTasksInFlightRunAgain with what names their attempt, unless their time is over.
func TestTasksInFlightRunAgain(t *testing.T) {
	t.Parallel()
	var seen []engine.Task
	config := engine.Config{Store: new(lastingStore)}
	clock := enginetest.NewClock(time.Time{})
	config.Clock = clock
	config.Resolver = tasks(map[string]engine.HandlerFunc{"hang": func(ctx context.Context, task engine.Task) (any, error) {
		if task.Attempt == 0 {
			return nil, errors.New("not yet")
		}
		seen = append(seen, task)
		return nil, clock.Sleep(ctx, -1)
	}})
	e := start(t, config)
	x := run(t, e, one(t, `{"Type":"Task","Resource":"hang","TimeoutSeconds":60,"Retry":[{"ErrorEquals":["errorString"]}],"End":true}`), nil)
	clock.Advance(time.Second)
	e = reopen(t, e, config, &clock, 59*time.Second)
	clock.Settle()
	require.Len(t, seen, 2)
	assert.Equal(t, seen[0].IdempotencyKey, seen[1].IdempotencyKey)
	assert.Equal(t, 1, seen[1].Attempt)
	assert.Equal(t, seen[0].Deadline, seen[1].Deadline)
	e = reopen(t, e, config, &clock, 2*time.Second)
	clock.Settle()
	assert.Len(t, seen, 2, "its time was over")
	assert.Equal(t, states.StatusTimedOut, statusOf(t, e, x), "a task's timeout")
}

// statusOf returns the status, TIMED_OUT for a failure by States.Timeout.
func statusOf(t *testing.T, e *engine.Engine, x *engine.Execution) states.Status {
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	if d.Failure.Error == "States.Timeout" {
		return states.StatusTimedOut
	}
	return d.Status
}

// TestTokensOutliveTheEngine, and nobody is asked twice for what they stand for.
func TestTokensOutliveTheEngine(t *testing.T) {
	t.Parallel()
	var asked []string
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
		asked = append(asked, task.Token)
		return nil, nil
	}})}
	e, clock := startVirtual(t, config)
	x := run(t, e, one(t, approval), nil)
	clock.Settle()
	for range 3 {
		e = reopen(t, e, config, &clock, time.Minute)
	}
	clock.Settle()
	require.Len(t, asked, 1)
	assert.ErrorIs(t, e.SendTaskSuccess(t.Context(), asked[0][:20]+"---", nil), engine.ErrInvalidToken)
	require.NoError(t, e.SendTaskSuccess(t.Context(), asked[0], "yes"))
	assert.ErrorIs(t, e.SendTaskSuccess(t.Context(), asked[0], "yes"), engine.ErrTaskDoesNotExist)
	y, err := e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, `"yes"`, output(t, y))
	assert.Equal(t, x.Identity(), y.Identity())
	_, err = x.Wait(t.Context())
	assert.ErrorIs(t, err, engine.ErrClosed, "its engine is closed")
}

// TestHeartbeatsOverARestart: the time begins anew for a task that sends heartbeats, of which
// the last may be lost, and goes on for one that sends none.
func TestHeartbeatsOverARestart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		beats []time.Duration // after the start
		ends  time.Duration
	}{
		"none":             {nil, 60 * time.Second},
		"one":              {[]time.Duration{50 * time.Second}, 140 * time.Second},
		"two":              {[]time.Duration{20 * time.Second, 75 * time.Second}, 140 * time.Second},
		"again afterwards": {[]time.Duration{50 * time.Second, 100 * time.Second}, 160 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens := make(chan string, 1)
			config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
				tokens <- task.Token
				return nil, nil
			}})}
			e, clock := startVirtual(t, config)
			x := run(t, e, one(t, `{"Type":"Task","Resource":"`+sqsToken+`","Parameters":{"MessageBody":"m","QueueUrl":"q"},"HeartbeatSeconds":60,"End":true}`), nil)
			token, at := <-tokens, time.Duration(0)
			advance := func(until time.Duration) { // over the restart after 80 seconds
				if at < 80*time.Second && until >= 80*time.Second {
					clock.Advance(79*time.Second - at)
					e = reopen(t, e, config, &clock, time.Second)
					clock.Settle()
					at = 80 * time.Second
				}
				clock.Advance(until - at)
				at = until
			}
			for _, beat := range c.beats {
				advance(beat)
				require.NoError(t, e.SendTaskHeartbeat(t.Context(), token))
			}
			advance(c.ends - time.Second)
			assert.Equal(t, states.StatusRunning, status(t, e, x))
			advance(c.ends)
			assert.Equal(t, states.StatusTimedOut, statusOf(t, e, x))
			for _, event := range events(t, e, x) {
				assert.NotEqual(t, "TaskHeartbeat", string(event.Type), "AWS records none")
			}
			assert.ErrorIs(t, e.SendTaskHeartbeat(t.Context(), token), engine.ErrTaskTimedOut)
		})
	}
}

// TestHeartbeatsAreCheap: however many a task sends, its execution sleeps on, nothing of it
// is read, and the log gets one line.
func TestHeartbeatsAreCheap(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	counted := &countingStore{lastingStore: db}
	tokens := make(chan string, 1)
	e, clock := startVirtual(t, engine.Config{Store: counted, Resolver: tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
		tokens <- task.Token
		return nil, nil
	}})})
	x := run(t, e, one(t, `{"Type":"Task","Resource":"`+sqsToken+`","Parameters":{"MessageBody":"m","QueueUrl":"q"},"HeartbeatSeconds":60,"TimeoutSeconds":7200,"End":true}`), nil)
	token := <-tokens
	clock.Settle()
	require.NoError(t, e.SendTaskHeartbeat(t.Context(), token))
	before := counted.logs.Load()
	lines, err := db.Log(t.Context(), x.ARN())
	require.NoError(t, err)
	for range 100 {
		clock.Advance(30 * time.Second)
		for range 100 {
			require.NoError(t, e.SendTaskHeartbeat(t.Context(), token))
		}
	}
	assert.Equal(t, before, counted.logs.Load(), "no log was read")
	after, err := db.Log(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Len(t, after, len(lines))
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, "done"))
	assert.Equal(t, `"done"`, output(t, x))
}

// A countingStore counts the logs that are read.
type countingStore struct {
	*lastingStore
	logs atomic.Int64
}

func (s *countingStore) Log(ctx context.Context, arn string) ([][]byte, error) {
	s.logs.Add(1)
	return s.lastingStore.Log(ctx, arn)
}

// Tail is Log: this store knows the ends of logs no better.
func (s *countingStore) Tail(ctx context.Context, arn string, _ func([]byte) bool) ([][]byte, int, error) {
	lines, err := s.Log(ctx, arn)
	return lines, 0, err
}

// TestAJobIsFoundAgain: a .sync task whose job was accepted is told so.
func TestAJobIsFoundAgain(t *testing.T) {
	t.Parallel()
	var accepted []bool
	config := engine.Config{Store: new(lastingStore)}
	clock := enginetest.NewClock(time.Time{})
	config.Clock = clock
	config.Resolver = tasks(map[string]engine.HandlerFunc{"*": func(ctx context.Context, task engine.Task) (any, error) {
		accepted = append(accepted, task.Acknowledged)
		if !task.Acknowledged {
			assert.NoError(t, task.Acknowledge("job 7"))
		}
		return "done", clock.Sleep(ctx, time.Hour)
	}})
	e := start(t, config)
	x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:states:::batch:submitJob.sync","Parameters":{"JobName":"j","JobDefinition":"d","JobQueue":"q"},"End":true}`), nil)
	clock.Settle()
	e = reopen(t, e, config, &clock, time.Minute)
	clock.Advance(time.Hour)
	assert.Equal(t, []bool{false, true}, accepted)
	assert.Equal(t, states.StatusSucceeded, status(t, e, x))
}

// TestAnotherOwner: whose position in the log is wrong stops, and does nothing more.
func TestAnotherOwner(t *testing.T) {
	t.Parallel()
	db, calls := new(lastingStore), 0
	resolver := tasks(map[string]engine.HandlerFunc{"note": func(context.Context, engine.Task) (any, error) {
		calls++
		return nil, nil
	}})
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Task","Resource":"note","Next":"C"},"C":{"Type":"Wait","Seconds":60,"End":true}}}`)
	loser, clock := startVirtual(t, engine.Config{Store: &stale{Store: db}, Resolver: resolver})
	x := run(t, loser, m, nil)
	winner, other := startVirtual(t, engine.Config{Store: db, Resolver: resolver})
	other.Advance(time.Minute)
	require.Equal(t, 1, calls)
	_, err := x.Wait(t.Context())
	require.ErrorIs(t, err, store.ErrConflict)
	clock.Settle()
	assert.Equal(t, 1, calls, "the loser performed nothing")
	other.Advance(time.Minute)
	assert.Equal(t, states.StatusSucceeded, status(t, winner, x))
	assert.NoError(t, loser.Health().Err)
}

// A stale store shows the logs as they were when they were first read, as to an owner
// who has missed another's writes.
type stale struct {
	store.Store
	seen map[string][][]byte
}

func (s *stale) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	kept := bytes.Join(lines, []byte("\n")) // the lines are the caller's again
	s.seen = map[string][][]byte{r.ARN: bytes.Split(kept, []byte("\n"))}
	return s.Store.Create(ctx, r, definition, lines)
}

func (s *stale) Log(_ context.Context, arn string) ([][]byte, error) { return s.seen[arn], nil }

// TestWithoutItsHandlers an execution goes on as far as it can, and to its end when an
// engine has them.
func TestWithoutItsHandlers(t *testing.T) {
	t.Parallel()
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo})}
	e, clock := startVirtual(t, config)
	x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Task","Resource":"echo","End":true}}}`), nil)
	without := config
	without.Resolver = engine.NewMux()
	e = reopen(t, e, without, &clock, time.Hour)
	clock.Settle()
	var missing *engine.ResourceError
	require.ErrorAs(t, e.Health().Stranded[x.ARN()], &missing)
	assert.Equal(t, "echo", missing.Resource)
	assert.NoError(t, e.Health().Err)
	assert.Equal(t, states.StatusRunning, status(t, e, x))
	assert.Equal(t, "5<-4 TaskScheduled", history(t, e, x)[4], "it is scheduled, and waits for its handler")
	y, err := e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	assert.Equal(t, x.Identity(), y.Identity())
	e = reopen(t, e, config, &clock, time.Hour)
	clock.Settle()
	assert.Equal(t, states.StatusSucceeded, status(t, e, x))
	assert.Empty(t, e.Health().Stranded)
}

// TestCloseDrains: the answers of handlers that run get into the store, and nothing
// else is called.
func TestCloseDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var called []string
		config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{
			"slow": func(ctx context.Context, task engine.Task) (any, error) {
				called = append(called, "slow")
				select {
				case <-ctx.Done():
				case <-time.After(10 * time.Second):
				}
				return "slow", ctx.Err()
			},
			"next": func(context.Context, engine.Task) (any, error) {
				called = append(called, "next")
				return "next", nil
			}})}
		e, err := engine.New(config)
		require.NoError(t, err)
		x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"slow","Next":"B"},"B":{"Type":"Task","Resource":"next","End":true}}}`), nil)
		synctest.Wait()
		begin := time.Now()
		require.NoError(t, e.Close())
		assert.Equal(t, 10*time.Second, time.Since(begin))
		assert.Equal(t, []string{"slow"}, called)
		e = start(t, config)
		y, err := e.Execution(t.Context(), x.ARN())
		require.NoError(t, err)
		assert.Equal(t, `"next"`, output(t, y))
		assert.Equal(t, []string{"slow", "next"}, called)
	})
}

// TestCloseStopsDraining: a handler that takes too long is called again by the
// next engine.
func TestCloseStopsDraining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, running, ended := blocking()
		config := engine.Config{Store: new(lastingStore), CloseTimeout: 10 * time.Second, Resolver: tasks(map[string]engine.HandlerFunc{"block": h})}
		e, err := engine.New(config)
		require.NoError(t, err)
		run(t, e, one(t, `{"Type":"Task","Resource":"block","End":true}`), nil)
		<-running
		begin := time.Now()
		require.NoError(t, e.Close())
		assert.Equal(t, 9*time.Second, time.Since(begin))
		require.Error(t, <-ended)
		e, err = engine.New(config)
		require.NoError(t, err)
		<-running
		require.NoError(t, e.Close())
	})
}
