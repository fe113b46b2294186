package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// kept are the ways to keep executions.
var kept = map[string]func(t *testing.T) store.Store{
	"in memory":  func(*testing.T) store.Store { return nil },
	"in a store": func(*testing.T) store.Store { return new(lastingStore) },
	"in an SQLite file": func(t *testing.T) store.Store {
		return sqlite.Open(filepath.Join(t.TempDir(), "executions.db"))
	},
}

// everywhere runs a test for every way to keep executions.
func everywhere(t *testing.T, test func(t *testing.T, db store.Store)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, kept[name](t))
		})
	}
}

// A flaky handler fails until it is mended, and notes its tasks.
type flaky struct {
	mu     sync.Mutex
	mended bool
	tasks  []engine.Task
}

func (f *flaky) handle(_ context.Context, task engine.Task) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tasks = append(f.tasks, task)
	if f.mended {
		return "done", nil
	}
	return nil, &engine.TaskError{Name: "Broken"}
}

func redrive(t testing.TB, e *engine.Engine, x *engine.Execution) *engine.Execution {
	t.Helper()
	y, err := e.RedriveExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	return y
}

func describe(t testing.TB, e *engine.Engine, x *engine.Execution) *engine.Description {
	t.Helper()
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	return d
}

const breaks = `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
	"B":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Broken"],"MaxAttempts":1}],"Next":"C"},
	"C":{"Type":"Pass","Parameters":{"redrives.$":"$$.Execution.RedriveCount"},"End":true}}}`

// TestRedriveGoesOnFromTheFailedState, in the same history, with new counters.
func TestRedriveGoesOnFromTheFailedState(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		f := new(flaky)
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"flaky": f.handle})})
		x := run(t, e, machine(t, breaks), nil)
		clock.Advance(time.Minute)
		assert.Equal(t, "Broken", failure(t, x).Name)
		before := history(t, e, x)
		d := describe(t, e, x)
		assert.Equal(t, engine.Redrivable, d.RedriveStatus)
		assert.Empty(t, d.RedriveStatusReason)
		assert.Zero(t, d.RedriveCount)
		assert.Zero(t, d.RedriveDate)

		clock.Advance(time.Hour)
		redriven := clock.Now().UTC()
		f.mended = true
		y := redrive(t, e, x)
		assert.JSONEq(t, `{"redrives":1}`, output(t, y))
		assert.Equal(t, x.Identity(), y.Identity())
		after := history(t, e, x)
		require.Equal(t, before, after[:len(before)])
		assert.Equal(t, []string{
			"12<-11 ExecutionRedriven", "13<-10 TaskScheduled", "14<-13 TaskStarted", "15<-14 TaskSucceeded",
			"16<-15 TaskStateExited", "17<-16 PassStateEntered", "18<-17 PassStateExited", "19<-18 ExecutionSucceeded",
		}, after[len(before):])
		d = describe(t, e, y)
		assert.Equal(t, states.StatusSucceeded, d.Status)
		assert.Equal(t, 1, d.RedriveCount)
		assert.Equal(t, redriven, d.RedriveDate)
		assert.Equal(t, engine.NotRedrivable, d.RedriveStatus)
		assert.Equal(t, "Execution is SUCCEEDED and cannot be redriven", d.RedriveStatusReason)
		assert.Equal(t, "Broken", failure(t, x).Name, "who held it before knows how it ended then")

		require.Len(t, f.tasks, 3)
		assert.Equal(t, []int{0, 1, 0}, []int{f.tasks[0].Attempt, f.tasks[1].Attempt, f.tasks[2].Attempt})
		keys := map[string]bool{}
		for _, task := range f.tasks {
			keys[task.IdempotencyKey] = true
		}
		assert.Len(t, keys, 3, "each try is another")
	})
}

// TestRedriveRunsOnlyWhatFailed of a Parallel and of a Map state.
func TestRedriveRunsOnlyWhatFailed(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		f, calls := new(flaky), map[string]int{}
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
			"flaky": f.handle,
			"count": func(_ context.Context, task engine.Task) (any, error) {
				calls[task.State]++
				return task.State, nil
			}})})
		x := run(t, e, machine(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"M","Branches":[
			{"StartAt":"Well","States":{"Well":{"Type":"Task","Resource":"count","End":true}}},
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"Ill"},"Ill":{"Type":"Task","Resource":"flaky","End":true}}}]},
			"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"Each","States":{"Each":{"Type":"Task","Resource":"count","End":true}}}}}}`), nil)
		clock.Advance(time.Second)
		failure(t, x)
		f.mended = true
		assert.JSONEq(t, `["Each","Each"]`, output(t, redrive(t, e, x)))
		assert.Equal(t, map[string]int{"Well": 1, "Each": 2}, calls)
	})
}

// TestRedriveAgainAndAgain: every kind of end but a good one can be redriven.
func TestRedriveAgainAndAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		m := machine(t, `{"TimeoutSeconds":100,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Wait","Seconds":60,"End":true}}}`)
		x := run(t, e, m, nil)
		clock.Advance(50 * time.Second)
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		assert.Equal(t, states.StatusAborted, failure(t, x).Status)
		x = redrive(t, e, x)
		clock.Advance(100 * time.Second)
		assert.Equal(t, states.StatusTimedOut, failure(t, x).Status, "its time counts from the redrive")
		x = redrive(t, e, x)
		d := describe(t, e, x)
		assert.Equal(t, states.StatusRunning, d.Status)
		assert.Zero(t, d.StopDate)
		assert.Equal(t, 2, d.RedriveCount)
		assert.Equal(t, "Execution is RUNNING and cannot be redriven", d.RedriveStatusReason)
		_, err := e.RedriveExecution(t.Context(), x.ARN())
		assert.ErrorIs(t, err, engine.ErrNotRedrivable)
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{Statuses: []states.Status{states.StatusRunning}})
		require.NoError(t, err)
		assert.Len(t, page.Executions, 1)
		clock.Advance(time.Minute)
		output(t, x)
		page, err = e.ListExecutions(t.Context(), engine.ListOptions{})
		require.NoError(t, err)
		assert.Len(t, page.Executions, 1)
	})
}

// TestListsKeepTheirOrder: a redrive is no start.
func TestListsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _ := startVirtual(t, engine.Config{Store: db})
		m := one(t, `{"Type":"Fail"}`)
		var all []*engine.Execution
		for i := range 3 {
			all = append(all, run(t, e, m, nil, engine.Machine("m"), engine.Named(fmt.Sprint(i))))
			failure(t, all[i])
		}
		for _, i := range []int{1, 2, 0, 1} {
			failure(t, redrive(t, e, all[i]))
		}
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
		require.NoError(t, err)
		var names []string
		for _, s := range page.Executions {
			names = append(names, s.Name)
		}
		assert.Equal(t, []string{"2", "1", "0"}, names)
	})
}

// TestNotRedrivable says why.
func TestNotRedrivable(t *testing.T) {
	t.Parallel()
	fails := `{"Type":"Fail"}`
	for name, c := range map[string]struct {
		state  string
		limits engine.Limits
		later  time.Duration
		reason string
	}{
		"it runs":                  {`{"Type":"Wait","Seconds":60,"End":true}`, engine.Limits{}, 0, "Execution is RUNNING and cannot be redriven"},
		"it succeeded":             {`{"Type":"Succeed"}`, engine.Limits{}, 0, "Execution is SUCCEEDED and cannot be redriven"},
		"14 days are just over":    {fails, engine.Limits{}, 14*24*time.Hour + time.Millisecond, "Execution redrivable period exceeded"},
		"14 days are not over yet": {fails, engine.Limits{}, 14 * 24 * time.Hour, ""},
		"a shorter period":         {fails, engine.Limits{Redrivable: time.Hour}, 2 * time.Hour, "Execution redrivable period exceeded"},
		"no period":                {fails, engine.Limits{Redrivable: -1}, 80 * 24 * time.Hour, ""},
		"its time is over":         {fails, engine.Limits{Standard: time.Hour}, time.Hour, "Execution has exceeded the max execution time"},
		"no room":                  {fails, engine.Limits{Events: 4}, 0, "Execution history event limit exceeded"},
		"room for two events":      {fails, engine.Limits{Events: 5}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, db store.Store) {
				e, clock := startVirtual(t, engine.Config{Store: db, Limits: c.limits})
				x := run(t, e, one(t, c.state), nil)
				clock.Advance(c.later)
				d := describe(t, e, x)
				assert.Equal(t, c.reason, d.RedriveStatusReason)
				before := history(t, e, x)
				_, err := e.RedriveExecution(t.Context(), x.ARN())
				if c.reason == "" {
					require.NoError(t, err)
					assert.Equal(t, engine.Redrivable, d.RedriveStatus)
					return
				}
				require.ErrorIs(t, err, engine.ErrNotRedrivable)
				assert.ErrorContains(t, err, "ExecutionNotRedrivable: "+c.reason)
				assert.Equal(t, engine.NotRedrivable, d.RedriveStatus)
				assert.Equal(t, before, history(t, e, x))
				assert.Equal(t, d, describe(t, e, x))
			})
		})
	}
}

// TestRedriveErrors are those of other calls.
func TestRedriveErrors(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _ := startVirtual(t, engine.Config{Store: db})
		for arn, want := range map[string]error{
			"x": engine.ErrInvalidARN,
			"arn:aws:states:us-east-1:123456789012:execution:m:x": engine.ErrExecutionDoesNotExist,
			"arn:aws:states:us-east-1:123456789012:express:m:x:y": engine.ErrTypeNotSupported,
		} {
			_, err := e.RedriveExecution(t.Context(), arn)
			assert.ErrorIs(t, err, want)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := e.RedriveExecution(ctx, "x")
		assert.ErrorIs(t, err, context.Canceled)
		require.NoError(t, e.Close())
		_, err = e.RedriveExecution(t.Context(), "x")
		assert.ErrorIs(t, err, engine.ErrClosed)
	})
}

// TestOneRedriveAtATime: of many only one goes on.
func TestOneRedriveAtATime(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e := start(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{sqsToken: echo})})
		x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"`+sqsToken+`","Parameters":{"MessageBody":"m","QueueUrl":"q"},"End":true}}}`), nil)
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() { _, errs[i] = e.RedriveExecution(t.Context(), x.ARN()) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				assert.ErrorIs(t, err, engine.ErrNotRedrivable)
			}
		}
		assert.Equal(t, 1, won)
		assert.Equal(t, 1, describe(t, e, x).RedriveCount)
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
	})
}

// TestRedrivenExecutionsOutliveTheEngine like others, and can be redriven by a later
// one.
func TestRedrivenExecutionsOutliveTheEngine(t *testing.T) {
	t.Parallel()
	config := engine.Config{Store: new(lastingStore)}
	e, clock := startVirtual(t, config)
	x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"Next":"B"},"B":{"Type":"Wait","Seconds":60,"End":true}}}`), nil)
	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
	e = reopen(t, e, config, &clock, time.Hour)
	redrive(t, e, x)
	e = reopen(t, e, config, &clock, 50*time.Second)
	assert.Equal(t, 1, describe(t, e, x).RedriveCount)
	clock.Advance(20 * time.Second)
	e = reopen(t, e, config, &clock, 50*time.Second)
	clock.Settle()
	assert.Equal(t, states.StatusSucceeded, status(t, e, x))
}

// TestRedriveWithoutItsHandlers is refused, and changes nothing.
func TestRedriveWithoutItsHandlers(t *testing.T) {
	t.Parallel()
	f := new(flaky)
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"flaky": f.handle})}
	e, clock := startVirtual(t, config)
	x := run(t, e, one(t, `{"Type":"Task","Resource":"flaky","End":true}`), nil)
	failure(t, x)
	config.Resolver = engine.NewMux()
	e = reopen(t, e, config, &clock, time.Hour)
	var missing *engine.ResourceError
	_, err := e.RedriveExecution(t.Context(), x.ARN())
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, states.StatusFailed, status(t, e, x))
}

// TestRedriveSurvivesCrashes: whichever write a crash hits, the redriven run comes to
// the history of one that nobody disturbed.
func TestRedriveSurvivesCrashes(t *testing.T) {
	t.Parallel()
	m := machine(t, breaks)
	want, writes := redrivenWith(t, m, 0, false)
	for k := 1; k <= writes; k++ {
		for _, after := range []bool{false, true} {
			got, _ := redrivenWith(t, m, k, after)
			alike(t, want, got, "write", k, "after", after)
		}
	}
	require.GreaterOrEqual(t, writes, 2)
}

// redrivenWith plays a redrive with a crash at the k-th write from there on, 0 for
// none, and returns the history and how many writes there were.
func redrivenWith(t *testing.T, m *asl.StateMachine, k int, after bool) ([]string, int) {
	f, db := new(flaky), new(lastingStore)
	config := engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"flaky": f.handle})}
	e, clock := startVirtual(t, config)
	x := run(t, e, m, nil, engine.Named("x"), engine.Machine("m"), engine.Seeded(states.Seed{7}))
	clock.Advance(time.Hour)
	failure(t, x)
	require.NoError(t, e.Close())
	f.mended = true
	before := int(db.writes.Load())
	if k > 0 {
		config.Store = &faulty{Store: db, left: k - 1, calls: -1, after: after}
	}
	config.Clock = clock
	e, err := engine.New(config)
	require.NoError(t, err)
	_, err = e.RedriveExecution(t.Context(), x.ARN())
	if k == 1 {
		var failed *engine.StoreError
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, errStore)
	} else {
		require.NoError(t, err)
	}
	clock.Settle()
	require.NoError(t, e.Close())
	config.Store, config.Clock = db, enginetest.NewClock(clock.Now())
	e = start(t, config)
	_, err = e.RedriveExecution(t.Context(), x.ARN())
	if k != 1 || after {
		require.ErrorIs(t, err, engine.ErrNotRedrivable)
	} else {
		require.NoError(t, err, "it was not redriven before")
	}
	y, err := e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	output(t, y)
	return told(t, e), int(db.writes.Load()) - before
}

// TestRedriveWhileTheStoreFails: after the error the execution is as it was, or goes
// on when the store works again.
func TestRedriveWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		f, db := new(flaky), &faulty{Store: new(lastingStore), calls: 3, after: after}
		e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"flaky": f.handle})})
		db.left = 100
		x := run(t, e, machine(t, breaks), nil)
		clock.Advance(time.Hour)
		failure(t, x)
		f.mended = true
		db.left = 0
		_, err := e.RedriveExecution(t.Context(), x.ARN())
		require.ErrorIs(t, err, errStore)
		clock.Advance(time.Minute)
		assert.Equal(t, engine.Health{}, e.Health())
		if !after {
			assert.Equal(t, states.StatusFailed, status(t, e, x))
			redrive(t, e, x)
			clock.Settle()
		}
		assert.Equal(t, states.StatusSucceeded, status(t, e, x))
		assert.Equal(t, 1, describe(t, e, x).RedriveCount)
	}
}

// TestLogEventsCountRedrives as AWS's do.
func TestLogEventsCountRedrives(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		core, logs := observer.New(zap.InfoLevel)
		e, _ := startVirtual(t, engine.Config{Store: db, Logger: zap.New(core), Logging: engine.LogOptions{Level: engine.LogFatal}})
		x := run(t, e, one(t, `{"Type":"Fail"}`), nil)
		failure(t, x)
		failure(t, redrive(t, e, x))
		var counts []any
		for _, entry := range logs.All() {
			counts = append(counts, entry.ContextMap()["redrive_count"])
		}
		assert.Equal(t, []any{"0", "1"}, counts)
	})
}

// TestRedriveEndsWithTheEngine: who waits for a redriven execution is told.
func TestRedriveEndsWithTheEngine(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _ := startVirtual(t, engine.Config{Store: db})
		x := run(t, e, one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil)
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "", ""))
		y := redrive(t, e, x)
		require.NoError(t, e.Close())
		_, err := y.Wait(t.Context())
		assert.True(t, errors.Is(err, engine.ErrClosed), "%v", err)
	})
}
