package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
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

const (
	packing    = "arn:aws:states:us-east-1:123456789012:activity:packing"
	packedOnce = `{"Type":"Task","Resource":"` + packing + `","End":true}`
)

// packers starts an engine with the activity.
func packers(t *testing.T, db store.Store) (*engine.Engine, *enginetest.Clock) {
	t.Helper()
	e, clock := startVirtual(t, engine.Config{Store: db})
	a, err := e.CreateActivity(t.Context(), "packing")
	require.NoError(t, err)
	require.Equal(t, packing, a.ARN)
	return e, clock
}

// poll asks for a task that must be there.
func poll(t *testing.T, e *engine.Engine) *engine.ActivityTask {
	t.Helper()
	task, err := e.GetActivityTask(t.Context(), packing, "dana")
	require.NoError(t, err)
	return task
}

func TestActivities(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := packers(t, db)
		clock.Advance(time.Hour)
		again, err := e.CreateActivity(t.Context(), "packing")
		require.NoError(t, err)
		assert.Equal(t, clock.Now().Add(-time.Hour), again.Created)
		_, err = e.CreateActivity(t.Context(), "a b")
		require.ErrorIs(t, err, engine.ErrInvalidName)
		_, err = e.CreateActivity(t.Context(), "boxes")
		require.NoError(t, err)
		all, err := e.ListActivities(t.Context(), "", 10)
		require.NoError(t, err)
		assert.Equal(t, []string{"boxes", "packing"}, []string{all[0].Name, all[1].Name})
		all, err = e.ListActivities(t.Context(), "boxes", 10)
		require.NoError(t, err)
		assert.Len(t, all, 1)
		_, err = e.ListActivities(t.Context(), "", 0)
		require.ErrorIs(t, err, engine.ErrInvalidPage)
		require.NoError(t, e.DeleteActivity(t.Context(), packing))
		require.NoError(t, e.DeleteActivity(t.Context(), packing))
		_, err = e.DescribeActivity(t.Context(), packing)
		require.ErrorIs(t, err, engine.ErrActivityDoesNotExist)
		require.EqualError(t, err, "ActivityDoesNotExist: Activity Does Not Exist: '"+packing+"'")
		_, err = e.GetActivityTask(t.Context(), packing, "")
		require.ErrorIs(t, err, engine.ErrActivityDoesNotExist)
		for _, bad := range []string{"", "packing", "arn:aws:states:us-east-1:123456789012:stateMachine:packing", strings.Repeat("x", 300)} {
			_, err = e.DescribeActivity(t.Context(), bad)
			require.ErrorIs(t, err, engine.ErrInvalidARN)
		}
	})
}

// TestActivityTasks: what becomes of a task, by what its worker does.
func TestActivityTasks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, further string
		work          func(t *testing.T, e *engine.Engine, clock *enginetest.Clock)
		types         string // of the activity's events
		end           string
	}{
		{"a success", "", func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
			task := poll(t, e)
			assert.JSONEq(t, `{"n":1}`, string(task.Input))
			require.NoError(t, e.SendTaskSuccess(t.Context(), task.Token, task.Input))
			require.ErrorIs(t, e.SendTaskSuccess(t.Context(), task.Token, nil), engine.ErrTaskDoesNotExist)
		}, "ActivityScheduled ActivityStarted ActivitySucceeded", `{"n":1}`},
		{"a failure", "", func(t *testing.T, e *engine.Engine, _ *enginetest.Clock) {
			require.NoError(t, e.SendTaskFailure(t.Context(), poll(t, e).Token, "Torn", "it was wet"))
		}, "ActivityScheduled ActivityStarted ActivityFailed", "Torn: it was wet"},
		{"nobody asks", `"TimeoutSeconds":60,"HeartbeatSeconds":5,`, func(*testing.T, *engine.Engine, *enginetest.Clock) {},
			"ActivityScheduled ActivityTimedOut", "States.Timeout"},
		{"no sign of life", `"TimeoutSeconds":60,"HeartbeatSeconds":5,`, func(t *testing.T, e *engine.Engine, clock *enginetest.Clock) {
			clock.Advance(30 * time.Second)
			task := poll(t, e)
			clock.Advance(4 * time.Second)
			require.NoError(t, e.SendTaskHeartbeat(t.Context(), task.Token))
			clock.Advance(4 * time.Second)
			require.NoError(t, e.SendTaskHeartbeat(t.Context(), task.Token))
			clock.Advance(5 * time.Second)
			require.ErrorIs(t, e.SendTaskHeartbeat(t.Context(), task.Token), engine.ErrTaskTimedOut)
		}, "ActivityScheduled ActivityStarted ActivityTimedOut", "States.Timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, db store.Store) {
				e, clock := packers(t, db)
				x := run(t, e, one(t, `{"Type":"Task","Resource":"`+packing+`",`+c.further+`"End":true}`), map[string]int{"n": 1})
				clock.Settle()
				c.work(t, e, clock)
				clock.Advance(2 * time.Minute)
				var types []string
				for _, event := range events(t, e, x) {
					if strings.HasPrefix(string(event.Type), "Activity") {
						types = append(types, string(event.Type))
					}
					if d, ok := event.Details.(*states.WorkerDetails); ok {
						assert.Equal(t, "dana", d.Worker)
					}
				}
				assert.Equal(t, c.types, strings.Join(types, " "))
				d, err := e.DescribeExecution(t.Context(), x.ARN())
				require.NoError(t, err)
				end := string(d.Output)
				if d.Output == nil {
					end = d.Failure.Error
					if d.Failure.HasCause {
						end += ": " + d.Failure.Cause
					}
				}
				assert.Equal(t, c.end, end)
			})
		})
	}
}

// TestActivityTasksComeInOrder: who was scheduled first is handed out first, once, and
// whoever gives up asking loses none.
func TestActivityTasksComeInOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := packers(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := e.GetActivityTask(ctx, packing, "")
			gone <- err
		}()
		cancel()
		require.ErrorIs(t, <-gone, context.Canceled)
		for n := range 5 {
			run(t, e, one(t, packedOnce), n, engine.Named(fmt.Sprint("x", 9-n)), engine.Machine("m"))
			clock.Advance(time.Second)
		}
		for n := range 5 {
			task := poll(t, e)
			assert.Equal(t, fmt.Sprint(n), string(task.Input))
			require.NoError(t, e.SendTaskSuccess(t.Context(), task.Token, nil))
		}
		got := make(chan string)
		for range 3 {
			go func() {
				task, err := e.GetActivityTask(t.Context(), packing, "")
				assert.NoError(t, err)
				got <- string(task.Input)
			}()
		}
		var inputs []string
		for n := range 3 {
			run(t, e, one(t, packedOnce), n)
			inputs = append(inputs, <-got)
		}
		slices.Sort(inputs)
		assert.Equal(t, []string{"0", "1", "2"}, inputs)
	})
}

// TestActivityThatIsGone fails executions that come to it, before the task is scheduled. It is
// asked for anew each time, and tasks that wait go on waiting when it is deleted.
func TestActivityThatIsGone(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		m := one(t, packedOnce)
		gone := func(arn string) {
			x := run(t, e, one(t, `{"Type":"Task","Resource":"`+arn+`","End":true}`), nil)
			failed := failure(t, x)
			assert.Equal(t, "States.Runtime", failed.Name)
			assert.Equal(t, "An error occurred while executing the state 'S' (entered at the event id #2). The activity "+arn+" does not exist.", failed.Cause)
			assert.Equal(t, []string{"1<-0 ExecutionStarted", "2<-0 TaskStateEntered", "3<-2 ExecutionFailed"}, history(t, e, x))
		}
		gone(packing)
		gone(strings.Replace(packing, "us-east-1", "eu-west-1", 1))
		_, err := e.CreateActivity(t.Context(), "packing")
		require.NoError(t, err)
		waits := run(t, e, m, nil)
		clock.Settle()
		require.NoError(t, e.DeleteActivity(t.Context(), packing))
		gone(packing)
		_, err = e.CreateActivity(t.Context(), "packing")
		require.NoError(t, err)
		require.NoError(t, e.SendTaskSuccess(t.Context(), poll(t, e).Token, 7))
		assert.Equal(t, "7", output(t, waits))
	})
}

// TestActivityThatIsGoneMeanwhile: a task that is scheduled waits for a worker after a restart,
// too, when the activity was deleted.
func TestActivityThatIsGoneMeanwhile(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	e, clock := packers(t, db)
	run(t, e, one(t, packedOnce), nil, engine.Named("x"), engine.Machine("m"))
	clock.Settle()
	require.NoError(t, e.DeleteActivity(t.Context(), packing))
	require.NoError(t, e.Close())
	e, clock = packers(t, db)
	clock.Settle()
	require.NoError(t, e.SendTaskSuccess(t.Context(), poll(t, e).Token, 7))
	x, err := e.Execution(t.Context(), arnOfX)
	require.NoError(t, err)
	assert.Equal(t, "7", output(t, x))
}

// TestActivityOfAHandler: the Resolver's handler goes before workers.
func TestActivityOfAHandler(t *testing.T) {
	t.Parallel()
	e, _ := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{packing: echo})})
	x := run(t, e, one(t, packedOnce), 1)
	assert.Equal(t, "1", output(t, x))
	assert.Contains(t, strings.Join(history(t, e, x), " "), "3<-2 ActivityScheduled 4<-3 ActivityStarted 5<-4 ActivitySucceeded")
}

// TestWaitingActivityTasksSleep: they are in the store alone, before and after somebody has
// taken them up.
func TestWaitingActivityTasksSleep(t *testing.T) {
	t.Parallel()
	e, clock := packers(t, new(lastingStore))
	run(t, e, one(t, packedOnce), 1, engine.Named("x"), engine.Machine("m"))
	clock.Settle()
	assert.Zero(t, e.Awake())
	task := poll(t, e)
	clock.Settle()
	assert.Zero(t, e.Awake())
	require.NoError(t, e.SendTaskSuccess(t.Context(), task.Token, nil))
}

// TestActivityCrashes: whichever write a crash hits, no task is lost, and none that a worker
// has got is handed out again.
func TestActivityCrashes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testActivityCrashes)
}

func testActivityCrashes(t *testing.T) {
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"`+packing+`","HeartbeatSeconds":50,"Next":"A2","Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":1}]},
		"A2":{"Type":"Task","Resource":"`+packing+`","TimeoutSeconds":60,"End":true,"Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":1}]}}}`)
	play := func(db store.Store, clock *enginetest.Clock) (*engine.Engine, []string) {
		e, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: db, Clock: clock})
		require.NoError(t, err)
		_, _ = e.CreateActivity(t.Context(), "packing")
		clock.Settle()
		_, _ = e.StartExecution(t.Context(), m, json.RawMessage(`{"n":1}`), engine.Named("x"), engine.Machine("m"), engine.Seeded(states.Seed{7}))
		var tokens []string
		for range 30 {
			clock.Advance(10 * time.Second)
			ctx, cancel := context.WithCancel(t.Context())
			answers := make(chan struct{})
			go func() {
				defer close(answers)
				task, err := e.GetActivityTask(ctx, packing, "dana")
				if err == nil {
					tokens = append(tokens, task.Token)
					_ = e.SendTaskSuccess(t.Context(), task.Token, "packed")
				}
			}()
			synctest.Wait() // until it has got one, or waits
			cancel()
			<-answers
		}
		return e, tokens
	}
	const enough = 1000
	calm := &faultyDocuments{faulty{Store: new(lastingStore), left: enough}}
	e, tokens := play(calm, enginetest.NewClock(time.Time{}))
	require.Len(t, tokens, 2)
	require.NoError(t, e.Close())
	writes := enough - calm.left
	require.GreaterOrEqual(t, writes, 10)
	for k := range writes {
		for _, after := range []bool{false, true} {
			db, clock := new(lastingStore), enginetest.NewClock(time.Time{})
			e, first := play(&faultyDocuments{faulty{Store: db, left: k, calls: -1, after: after}}, clock)
			_ = e.Close()
			e, second := play(db, enginetest.NewClock(clock.Now()))
			d, err := e.DescribeExecution(t.Context(), arnOfX)
			require.NoError(t, err)
			assert.Equal(t, states.StatusSucceeded, d.Status, "write %d, after it: %v", k, after)
			for _, token := range first {
				assert.NotContains(t, second, token)
			}
			require.NoError(t, e.Close())
		}
	}
}

// TestWork: handlers get the tasks and answer them; a panic is a failure.
func TestWork(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	_, err := e.CreateActivity(t.Context(), "packing")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	worked := make(chan error)
	go func() {
		worked <- e.Work(ctx, packing, engine.HandlerFunc(func(_ context.Context, task engine.Task) (any, error) {
			var n int
			if err := task.Decode(&n); err != nil {
				return nil, err
			}
			switch n {
			case 1:
				return nil, errors.New("too heavy")
			case 2:
				panic("dropped")
			}
			return n * 2, nil
		}), engine.WorkOptions{Worker: "dana", Concurrency: 2, Heartbeat: time.Minute})
	}()
	assert.Equal(t, "6", output(t, run(t, e, one(t, packedOnce), 3)))
	assert.Contains(t, failure(t, run(t, e, one(t, packedOnce), 1)).Cause, "too heavy")
	assert.Equal(t, "Panic", failure(t, run(t, e, one(t, packedOnce), 2)).Name)
	cancel()
	require.ErrorIs(t, <-worked, context.Canceled)
	require.ErrorIs(t, e.Work(t.Context(), packing+"s", engine.HandlerFunc(echo), engine.WorkOptions{}), engine.ErrActivityDoesNotExist)
}

// faultyDocuments are a faulty store with documents.
type faultyDocuments struct{ faulty }

func (f *faultyDocuments) documents() store.DocumentStore { return f.Store.(store.DocumentStore) }

func (f *faultyDocuments) Document(ctx context.Context, collection, key string) (string, error) {
	return f.documents().Document(ctx, collection, key)
}

func (f *faultyDocuments) Documents(ctx context.Context, collection, after string, limit int) ([]store.Document, error) {
	return f.documents().Documents(ctx, collection, after, limit)
}

func (f *faultyDocuments) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	return f.write(func() error { return f.documents().ChangeDocuments(ctx, changes) })
}

// TestTheStoreFailsForNestedTasks: while the store fails, the engine's own tasks wait, and
// don't fail.
func TestTheStoreFailsForNestedTasks(t *testing.T) {
	t.Parallel()
	for _, state := range []string{task("states:startExecution.sync", `{"StateMachineArn":"slow"}`, ""), packedOnce} {
		for k := range 12 {
			db, clock := &faultyDocuments{faulty{Store: new(lastingStore), left: k, calls: 3}}, enginetest.NewClock(time.Time{})
			e := start(t, engine.Config{Store: db, Clock: clock})
			e.UseMachines(machinesOf(t, children))
			for range 5 {
				_, _ = e.CreateActivity(t.Context(), "packing")
				_, _ = e.StartExecution(t.Context(), one(t, state), json.RawMessage(`{"n":1}`), engine.Named("x"), engine.Machine("m"))
				clock.Advance(time.Minute)
			}
			if state == packedOnce {
				task, err := e.GetActivityTask(t.Context(), packing, "")
				for ; err != nil; task, err = e.GetActivityTask(t.Context(), packing, "") {
					_, failed := errors.AsType[*engine.StoreError](err)
					require.True(t, failed, err)
					clock.Advance(time.Minute)
				}
				for err = e.SendTaskSuccess(t.Context(), task.Token, nil); err != nil; err = e.SendTaskSuccess(t.Context(), task.Token, nil) {
					clock.Advance(time.Minute)
				}
			}
			clock.Advance(2 * time.Minute)
			d, err := e.DescribeExecution(t.Context(), arnOfX)
			require.NoError(t, err)
			assert.Equal(t, states.StatusSucceeded, d.Status, "write %d: %v", k, d.Failure)
		}
	}
}
