package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// faultyWithRuns keeps Map Runs as well, and never fails them.
type faultyWithRuns struct {
	*faulty
	store.MapRunStore
}

// TestWhatComesAfterAPendingEnd: an answer that the store refused is taken when its execution is
// restored, and ends it. Whatever had it restored comes too late then, as it does ever after.
func TestWhatComesAfterAPendingEnd(t *testing.T) {
	t.Parallel()
	const (
		token  = `{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"m","QueueUrl":"q"},%s"End":true}`
		mapRun = `{"Type":"Map","End":true,"Label":"L","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
			"StartAt":"F","States":{"F":{"Type":"Task","Resource":"slow","End":true}}}}`
	)
	for _, c := range []struct {
		name    string
		sibling string        // of the state whose answer the store refuses
		refuses int           // calls of the store that fail
		after   time.Duration // what comes comes by itself; before the engine tries the store again
		do      func(e *engine.Engine, token string) error
		want    error
	}{
		{name: "an answer of a handler", sibling: `{"Type":"Task","Resource":"slow","End":true}`, after: 50 * time.Millisecond},
		{name: "an error of a handler", sibling: `{"Type":"Task","Resource":"slow-fail","End":true}`, after: 50 * time.Millisecond},
		{name: "an end of a Map Run", sibling: mapRun, after: 50 * time.Millisecond},
		{name: "a task's timeout", sibling: fmt.Sprintf(token, `"TimeoutSeconds":2,`), refuses: 4, after: time.Second},
		{name: "a missed heartbeat", sibling: fmt.Sprintf(token, `"HeartbeatSeconds":2,`), refuses: 4, after: time.Second},
		{name: "a later answer", sibling: `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"later"},"End":true}`, refuses: 4, after: time.Second},
		{name: "a success of a Task Token", sibling: fmt.Sprintf(token, ""), want: engine.ErrTaskTimedOut, do: func(e *engine.Engine, token string) error {
			return e.SendTaskSuccess(t.Context(), token, nil)
		}},
		{name: "a failure of a Task Token", sibling: fmt.Sprintf(token, ""), want: engine.ErrTaskTimedOut, do: func(e *engine.Engine, token string) error {
			return e.SendTaskFailure(t.Context(), token, "Late", "")
		}},
		{name: "a heartbeat of a Task Token", sibling: fmt.Sprintf(token, `"HeartbeatSeconds":60,`), want: engine.ErrTaskTimedOut, do: func(e *engine.Engine, token string) error {
			return e.SendTaskHeartbeat(t.Context(), token)
		}},
		{name: "a stop", sibling: fmt.Sprintf(token, ""), do: func(e *engine.Engine, _ string) error {
			return e.StopExecution(t.Context(), arnOfX, "Stopped", "")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lasting, clock, sent := new(lastingStore), enginetest.NewClock(time.Time{}), ""
			db := &faulty{Store: lasting, left: 1 << 30}
			e := start(t, engine.Config{Store: faultyWithRuns{db, lasting}, Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{
				"broken": func(context.Context, engine.Task) (any, error) {
					db.fail(0, max(c.refuses, 1))
					return nil, &engine.TaskError{Name: "Broken"}
				},
				"slow": func(ctx context.Context, _ engine.Task) (any, error) {
					return nil, clock.Sleep(context.WithoutCancel(ctx), 1050*time.Millisecond)
				},
				"slow-fail": func(ctx context.Context, _ engine.Task) (any, error) {
					_ = clock.Sleep(context.WithoutCancel(ctx), 1050*time.Millisecond)
					return nil, errors.New("late")
				},
				"later": func(_ context.Context, task engine.Task) (any, error) {
					return nil, task.CompleteAfter(2*time.Second, nil, nil)
				},
				sqsToken: func(_ context.Context, task engine.Task) (any, error) {
					sent = task.Token
					return nil, nil
				},
			})})
			x := run(t, e, one(t, `{"Type":"Parallel","End":true,"Branches":[{"StartAt":"T","States":{"T":`+c.sibling+`}},
				{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Task","Resource":"broken","End":true}}}]}`),
				[]int{1}, engine.Machine("m"), engine.Named("x"))
			clock.Advance(time.Second)
			require.ErrorIs(t, e.Health().Err, errStore)

			if c.do != nil {
				assert.ErrorIs(t, c.do(e, sent), c.want)
			}
			clock.Advance(c.after)
			assert.Equal(t, states.StatusFailed, status(t, e, x), "before the engine tries again by itself")
			assert.Equal(t, engine.Health{}, e.Health())
			assert.Equal(t, "Broken", failure(t, x).Name)
			before := history(t, e, x)
			if c.do != nil {
				assert.ErrorIs(t, c.do(e, sent), c.want)
			}
			clock.Advance(time.Minute)
			assert.Equal(t, before, history(t, e, x))
		})
	}
}

// TestAStoreThatFailsAsATaskBegins: the execution is restored by a pending answer, which calls a task,
// and the store fails again when the task begins. The engine tries again by itself, though the
// task's handler never returns.
func TestAStoreThatFailsAsATaskBegins(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprint("it takes effect: ", after), func(t *testing.T) {
			t.Parallel()
			db, clock := &faulty{Store: new(lastingStore), left: 1 << 30}, enginetest.NewClock(time.Time{})
			db.broken = func() {
				db.left, db.calls = 1, 1 // the write that calls the task goes well
				db.broken = func() { db.after, db.broken = after, nil }
			}
			e := start(t, engine.Config{Store: db, Clock: clock, Limits: engine.Limits{Events: 9}, Resolver: tasks(map[string]engine.HandlerFunc{
				"first": func(context.Context, engine.Task) (any, error) {
					db.fail(0, 1)
					return nil, nil
				},
				"hang": func(ctx context.Context, _ engine.Task) (any, error) { return nil, clock.Sleep(ctx, -1) },
			})})
			// That the second task begins is more than its history has room for, so that it is written.
			x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"first","Next":"B"},"B":{"Type":"Task","Resource":"hang","End":true}}}`), nil)
			clock.Settle()
			require.ErrorIs(t, e.Health().Err, errStore)
			clock.Advance(100 * time.Millisecond)
			require.ErrorIs(t, e.Health().Err, errStore, "it failed again")
			clock.Advance(time.Minute)
			assert.Equal(t, engine.Health{}, e.Health())
			require.Equal(t, states.StatusFailed, status(t, e, x))
			assert.Equal(t, "The execution reached the maximum number of history events (9).", failure(t, x).Cause)
			assert.Len(t, events(t, e, x), 9)
		})
	}
}

// TestAStoreThatFailsAsAQueuedTaskBegins: a task gets its places and the store fails when that
// is written. The execution goes on when it is restored, and its places are free in the end.
func TestAStoreThatFailsAsAQueuedTaskBegins(t *testing.T) {
	t.Parallel()
	const full = 4 // events: TaskStarted is more than there is room for
	for _, c := range []struct {
		name, fields string
		events       int
		failures     int // of the store
		want         states.Status
	}{
		{"no room for TaskStarted", ``, full, 1, states.StatusFailed},
		{"no room for TaskStarted, and a time", `"TimeoutSeconds":600,`, full, 1, states.StatusFailed},
		{"no room for TaskStarted, and a store that is well", `"TimeoutSeconds":600,`, full, 0, states.StatusFailed},
		{"a timeout begins", `"TimeoutSeconds":600,`, 0, 1, states.StatusSucceeded},
		{"a heartbeat's time begins", `"HeartbeatSeconds":600,`, 0, 1, states.StatusSucceeded},
		{"a timeout begins, and the answer is refused", `"TimeoutSeconds":600,`, 0, 3, states.StatusSucceeded},
	} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, the write takes effect: %v", c.name, after), func(t *testing.T) {
				t.Parallel()
				db, clock := &faulty{Store: new(lastingStore), left: 1 << 30}, enginetest.NewClock(time.Time{})
				called, holding, held := 0, make(chan struct{}), make(chan struct{})
				e := start(t, engine.Config{
					Store: db, Clock: clock, Throttles: []engine.Throttle{{Concurrency: 1}}, Limits: engine.Limits{Events: c.events},
					Resolver: tasks(map[string]engine.HandlerFunc{
						"hold": func(context.Context, engine.Task) (any, error) {
							close(holding)
							<-held
							return nil, nil
						},
						"work": func(context.Context, engine.Task) (any, error) {
							called++
							return nil, nil
						},
					}),
				})
				var first sync.WaitGroup
				first.Go(func() {
					_, err := e.StartSyncExecution(t.Context(), one(t, `{"Type":"Task","Resource":"hold","End":true}`), nil)
					assert.NoError(t, err)
				})
				<-holding
				x := run(t, e, one(t, `{"Type":"Task","Resource":"work",`+c.fields+`"End":true}`), nil)
				require.Equal(t, 1, e.Queues()[0].Waiting)
				db.after = after
				db.fail(0, c.failures)
				close(held)
				first.Wait()
				clock.Settle()
				clock.Advance(time.Minute)
				db.mu.Lock()
				require.Zero(t, db.calls, "calls that have not failed")
				db.mu.Unlock()
				assert.Equal(t, engine.Health{}, e.Health())
				assert.Equal(t, c.want, status(t, e, x))
				assert.Empty(t, e.Queues(), "places that nobody has")
				assert.LessOrEqual(t, called, 1, "of one task")
			})
		}
	}
}
