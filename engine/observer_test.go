package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// callerKey is the key of the value by which these tests know a context again.
type callerKey struct{}

// as returns a context that is known again.
func as(t *testing.T, name string) context.Context {
	return context.WithValue(t.Context(), callerKey{}, name)
}

func callerOf(ctx context.Context) string {
	name, _ := ctx.Value(callerKey{}).(string)
	return name
}

// A watcher is an Observer that notes what it is told.
type watcher struct {
	mu       sync.Mutex
	followed []engine.Observed
	events   map[string][]states.Event // by ARN, those of the histories that it was given included
	told     map[string]int            // of them, those that were told
	callers  map[states.EventType]string
	work     []string
}

func newWatcher() *watcher {
	return &watcher{events: map[string][]states.Event{}, told: map[string]int{}, callers: map[states.EventType]string{}}
}

func (w *watcher) Trace(ctx context.Context, _ engine.Observed) string {
	return "trace of " + callerOf(ctx)
}

func (w *watcher) Follow(x engine.Observed) engine.Follower {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.followed = append(w.followed, x)
	w.events[x.ARN] = slices.Clone(x.History)
	return &following{watcher: w, arn: x.ARN, trace: x.TraceContext}
}

type following struct {
	*watcher
	arn, trace string
}

func (f *following) Recorded(ctx context.Context, events []states.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events[f.arn] = append(f.events[f.arn], events...)
	f.told[f.arn] += len(events)
	for i := range events {
		if f.callers[events[i].Type] == "" {
			f.callers[events[i].Type] = callerOf(ctx)
		}
	}
}

func (f *following) Begin(ctx context.Context, work engine.Work) (context.Context, func(error)) {
	what := fmt.Sprintf("%s %d", work.State, work.Event)
	return context.WithValue(ctx, callerKey{}, "work of "+what), func(err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.work = append(f.work, fmt.Sprint(what, ": ", err))
	}
}

// of returns the events of an execution that are no secret of the log, each as a line.
func (w *watcher) of(arn string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return linesOf(w.events[arn])
}

func linesOf(events []states.Event) string {
	var lines []string
	for _, e := range events {
		if !e.Hidden() {
			lines = append(lines, fmt.Sprintf("%d<-%d %s %s", e.ID, e.PreviousID, e.Type, e.At.Format(time.RFC3339Nano)))
		}
	}
	return strings.Join(lines, "\n")
}

// historyOf returns the history of the execution of a world, as lines likewise.
func historyOf(t *testing.T, e *engine.Engine, arn string) string {
	t.Helper()
	page, err := e.GetExecutionHistory(t.Context(), arn, engine.HistoryOptions{MaxResults: 1000})
	require.NoError(t, err)
	return linesOf(page.Events)
}

// TestObserversAreToldOfEveryEvent: of executions of all kinds, an Observer is told the whole
// history, of Express ones too.
func TestObserversAreToldOfEveryEvent(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		for name, db := range map[string]store.Store{"in memory": nil, "in a store": new(lastingStore)} {
			t.Run(c.name+" "+name, func(t *testing.T) {
				t.Parallel()
				watcher, w := newWatcher(), newWorld(t)
				e := start(t, engine.Config{Resolver: w.handlers(), Store: db, Clock: w.clock, Observers: []engine.Observer{watcher}})
				require.NoError(t, w.play(as(t, "me"), e, machine(t, c.definition), c.input))
				assert.Equal(t, historyOf(t, e, arnOfX), watcher.of(arnOfX))
			})
		}
	}
	t.Run("Express", func(t *testing.T) {
		t.Parallel()
		watcher := newWatcher()
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo}), Observers: []engine.Observer{watcher}})
		_, err := e.StartSyncExecution(as(t, "me"), machine(t, fiveTasks), nil)
		require.NoError(t, err)
		require.NoError(t, e.Close()) // which waits until Observers were told of the end
		require.Len(t, watcher.followed, 1)
		x := watcher.followed[0]
		assert.True(t, x.Express)
		var types []string
		for _, event := range watcher.events[x.ARN] {
			types = append(types, string(event.Type))
		}
		assert.Equal(t, "ExecutionStarted "+strings.Repeat("TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited ", 5)+"ExecutionSucceeded",
			strings.ReplaceAll(strings.Join(types, " "), "LambdaFunction", "Task"))
		assert.Equal(t, "me", watcher.callers[states.ExecutionStarted])
	})
}

// TestObserversAcrossCrashes: whichever write a crash hits, what an Observer is told of by one
// engine is in the store, and what the next engine's Observer is given and told is the whole
// history, with nothing told twice.
func TestObserversAcrossCrashes(t *testing.T) {
	t.Parallel()
	for _, c := range durableCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := machine(t, c.definition)
			_, calm := undisturbed(t, m, c.input)
			for k := range int(calm.store.writes.Load()) {
				for _, after := range []bool{false, true} {
					w, before := newWorld(t), newWatcher()
					w.observers = []engine.Observer{before}
					w.crash(k, after, m, c.input)
					stored, err := w.store.Log(t.Context(), arnOfX)
					if err != nil {
						stored = nil
					}
					assert.LessOrEqual(t, before.told[arnOfX], len(stored), "what was told is durable")

					next := newWatcher()
					w.observers = []engine.Observer{next}
					e, err := w.open(w.store)
					require.NoError(t, err)
					require.NoError(t, w.play(as(t, "me"), e, m, c.input))
					if len(next.followed) > 0 { // else it had ended before the crash
						assert.Equal(t, historyOf(t, e, arnOfX), next.of(arnOfX), "write %d, after %v", k, after)
						assert.LessOrEqual(t, len(next.followed[0].History)+next.told[arnOfX], len(next.events[arnOfX]), "nothing is told twice")
					}
					require.NoError(t, e.Close())
				}
			}
		})
	}
}

// TestObserversWhileTheStoreFails: what a failed write has stored all the same is told once,
// when the store works again.
func TestObserversWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	m := machine(t, fiveTasks)
	for k := range 6 {
		for _, after := range []bool{false, true} {
			w, watcher := newWorld(t), newWatcher()
			w.observers = []engine.Observer{watcher}
			e, err := w.open(&faulty{Store: w.store, left: k, calls: 2, after: after})
			require.NoError(t, err)
			err = w.play(t.Context(), e, m, `{}`)
			if failed, ok := errors.AsType[*engine.StoreError](err); ok {
				require.ErrorIs(t, failed, errStore)
				w.clock.Advance(time.Hour)
				err = w.play(t.Context(), e, m, `{}`)
			}
			require.NoError(t, err)
			assert.Equal(t, historyOf(t, e, arnOfX), watcher.of(arnOfX), "write %d, after %v", k, after)
			require.NoError(t, e.Close())
		}
	}
}

// TestObserversKnowTheCaller: of what a call of the API causes, an Observer is given the values
// of the call's context; a handler's context, and the starts of children, have what the Observer
// has put there.
func TestObserversKnowTheCaller(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]store.Store{"in memory": nil, "in a store": new(lastingStore)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watcher, seen, token := newWatcher(), sync.Map{}, ""
			e, clock := startVirtual(t, engine.Config{Store: db, Observers: []engine.Observer{watcher}, Resolver: tasks(map[string]engine.HandlerFunc{
				"see": func(ctx context.Context, task engine.Task) (any, error) {
					seen.Store(task.State, callerOf(ctx))
					assert.Equal(t, task.IdempotencyKey, engine.TaskFrom(ctx).IdempotencyKey)
					assert.NotNil(t, engine.EngineFrom(ctx))
					return nil, nil
				},
				"fail":  fail("Broken"),
				"panic": func(context.Context, engine.Task) (any, error) { panic("oh") },
				sqsToken: func(_ context.Context, task engine.Task) (any, error) {
					token = task.Token
					return nil, nil
				},
			})})
			e.UseMachines(machinesOf(t, map[string]string{"child": `{"Type":"Task","Resource":"see","End":true}`}))
			x := run(t, e, machine(t, `{"StartAt":"Ask","States":{
				"Ask":{"Type":"Task","Resource":"`+sqsToken+`","Parameters":{"MessageBody":{"t.$":"$$.Task.Token"},"QueueUrl":"q"},"Next":"Nested"},
				"Nested":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"child","Name":"c"},"Next":"Each"},
				"Each":{"Type":"Map","Label":"L","ItemsPath":"$.none","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
					"StartAt":"Item","States":{"Item":{"Type":"Task","Resource":"see","End":true}}},"InputPath":"$$.Execution.Input","Next":"Panic"},
				"Panic":{"Type":"Task","Resource":"panic","Catch":[{"ErrorEquals":["States.ALL"],"Next":"Fails"}],"Next":"Fails"},
				"Fails":{"Type":"Task","Resource":"fail","End":true}}}`), map[string]any{"none": []int{1}}, engine.Machine("m"), engine.Named("x"))
			clock.Settle()
			require.NoError(t, e.SendTaskSuccess(as(t, "approver"), token, nil))
			assert.Equal(t, "Broken", failure(t, x).Name)
			_, err := e.RedriveExecution(as(t, "operator"), x.ARN())
			require.NoError(t, err)
			clock.Settle()

			assert.Equal(t, "approver", watcher.callers[states.TaskSucceeded])
			assert.Equal(t, "operator", watcher.callers[states.ExecutionRedriven])
			for _, x := range watcher.followed {
				switch {
				case x.Parent.ARN == arnOfX:
					assert.Equal(t, "trace of work of Nested 9", x.TraceContext)
				case x.Parent != (states.Parent{}):
					assert.Equal(t, "trace of work of Each 16", x.TraceContext)
				default:
					assert.Equal(t, arnOfX, x.ARN)
				}
			}
			assert.Contains(t, watcher.work, "Panic 21: engine: the handler panicked or ended its goroutine")
			all, _ := seen.Load("Item")
			assert.Equal(t, "work of Item 3", all)
		})
	}
}

// TestObserversOfForks: a fork is told as a start, with what it has copied as its history.
func TestObserversOfForks(t *testing.T) {
	t.Parallel()
	watcher := newWatcher()
	e, clock := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo}), Store: new(lastingStore), Observers: []engine.Observer{watcher}})
	x := run(t, e, machine(t, fiveTasks), nil, engine.Machine("m"), engine.Named("x"))
	output(t, x)
	fork, err := e.ForkExecution(as(t, "forker"), x.ARN(), 7, engine.Fork{}, engine.Named("fork"))
	require.NoError(t, err)
	output(t, fork)
	clock.Settle() // Observers may be told of the end after those who wait for it
	followed := watcher.followed[len(watcher.followed)-1]
	assert.Equal(t, "trace of forker", followed.TraceContext)
	assert.Len(t, followed.History, 7)
	told := watcher.events[fork.ARN()][7:]
	assert.Equal(t, states.ExecutionStarted, told[0].Type)
	assert.Equal(t, linesOf(events(t, e, fork)[7:]), linesOf(told[1:]))
}

// TestObserversThatCanNotBe: New refuses nil, and a second Tracer.
func TestObserversThatCanNotBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		observers []engine.Observer
		err       string
	}{
		{[]engine.Observer{nil}, "engine: Config.Observers[0] is nil"},
		{[]engine.Observer{newWatcher(), (*watcher)(nil)}, "engine: Config.Observers[1] is nil"},
		{[]engine.Observer{newWatcher(), newWatcher()}, "engine: Config.Observers has more than one Tracer: an execution keeps the text of one"},
	} {
		_, err := engine.New(engine.Config{Resolver: engine.NewMux(), Observers: c.observers})
		assert.EqualError(t, err, c.err)
	}
}

// idle is an Observer that follows nobody.
type idle struct{}

func (idle) Follow(engine.Observed) engine.Follower { return nil }

// TestObserversCostNothingWithoutOne bounds what they cost where they are: a part of that
// would be seen without them, in TestStepsAllocateLittle, which has none.
func TestObserversCostNothingWithoutOne(t *testing.T) { // not parallel: it counts
	m := machine(t, fiveTasks)
	count := func(observers ...engine.Observer) float64 {
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo}), Observers: observers})
		return testing.AllocsPerRun(100, func() {
			_, err := e.StartSyncExecution(t.Context(), m, nil)
			require.NoError(t, err)
		})
	}
	none, some := count(), count(idle{})
	t.Logf("objects for an execution of five tasks: %v without an Observer, %v with one", none, some)
	assert.Less(t, none, 60.0)
	assert.Less(t, none, some-20, "events that nobody wants are not made")
}

// BenchmarkObservers runs the order workflow without an Observer, and with one that does
// nothing.
func BenchmarkObservers(b *testing.B) {
	for name, observers := range map[string][]engine.Observer{"none": nil, "idle": {idle{}}} {
		b.Run(name, func(b *testing.B) {
			e, m := start(b, engine.Config{Resolver: rawOrderTasks(), Observers: observers}), orders(b)
			b.ReportAllocs()
			for b.Loop() {
				_, err := e.StartSyncExecution(b.Context(), m, order{ID: "o-1", Quantity: 2})
				require.NoError(b, err)
			}
			perSecond(b)
		})
	}
}
