package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A shop has handlers that work for ten seconds each, and notes who is at work.
type shop struct {
	clock *enginetest.Clock

	mu    sync.Mutex
	begun []string // "second:order" by the input's order
	work  map[string]int
	most  map[string]int
}

func (s *shop) handle(ctx context.Context, task engine.Task) (any, error) {
	var in struct{ Order, Customer string }
	if err := task.Decode(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.begun = append(s.begun, fmt.Sprintf("%d:%s", s.clock.Now().Second()+60*s.clock.Now().Minute(), in.Order))
	keys := []string{"all", in.Customer, task.Resource}
	for _, key := range keys {
		s.work[key]++
		s.most[key] = max(s.most[key], s.work[key])
	}
	s.mu.Unlock()
	err := s.clock.Sleep(ctx, 10*time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		s.work[key]--
	}
	return in.Order, err
}

// newShop returns an engine with throttles, on a virtual clock that begins at the minute. With a
// Store, executions that wait for a place sleep.
func newShop(t *testing.T, config engine.Config) (*shop, *engine.Engine) {
	s := &shop{work: make(map[string]int), most: make(map[string]int)}
	config.Resolver = tasks(map[string]engine.HandlerFunc{"*": s.handle})
	s.clock = enginetest.NewClock(time.Time{})
	config.Clock = s.clock
	e := start(t, config)
	if len(config.Throttles) > 0 {
		e.QueueAsleep(0)
	}
	return s, e
}

func (s *shop) order() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.begun, " ")
}

// packTask is a machine of one task with a resource.
func packTask(t *testing.T, resource, rest string) *asl.StateMachine {
	return one(t, `{"Type":"Task","Resource":"`+resource+`",`+rest+`"End":true}`)
}

func orderOf(order, customer string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"Order":%q,"Customer":%q}`, order, customer))
}

func TestThrottles(t *testing.T) {
	t.Parallel()
	const invoke = `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"pack","Payload.$":"$"},"End":true}`
	for _, c := range []struct {
		name      string
		throttles []engine.Throttle
		state     string
		want      string // who begins when
	}{
		{"no bound", nil, "", "0:1 0:2 0:3 0:4"},
		{"in total", []engine.Throttle{{Concurrency: 3}}, "", "0:1 0:2 0:3 10:4"},
		{"by resource", []engine.Throttle{{Resource: "pack", Concurrency: 1}}, "", "0:1 10:2 20:3 30:4"},
		{"of another resource", []engine.Throttle{{Resource: "unpack", Concurrency: 1}}, "", "0:1 0:2 0:3 0:4"},
		{"by a pattern", []engine.Throttle{{Resource: "p*", Concurrency: 2}}, "", "0:1 0:2 10:3 10:4"},
		{"by function of lambda:invoke", []engine.Throttle{{Resource: "pack", Concurrency: 2}}, invoke, "0:1 0:2 10:3 10:4"},
		{"by the resource of lambda:invoke", []engine.Throttle{{Resource: "*lambda:invoke", Concurrency: 2}}, invoke, "0:1 0:2 10:3 10:4"},
		{"by key", []engine.Throttle{{Key: "$.Customer", Concurrency: 1}}, "", "0:1 0:2 10:3 10:4"},
		{"by key, within the Payload", []engine.Throttle{{Key: "$.Customer", Concurrency: 1}}, invoke, "0:1 0:2 10:3 10:4"},
		{"by a key that is not there", []engine.Throttle{{Key: "$.Nobody", Concurrency: 1}}, "", "0:1 10:2 20:3 30:4"},
		{"in total and by key", []engine.Throttle{{Concurrency: 3}, {Key: "$.Customer", Concurrency: 1}}, "", "0:1 0:2 10:3 10:4"},
		{"a rate", []engine.Throttle{{Rate: 0.5}}, "", "0:1 2:2 4:3 6:4"},
		{"a rate with a burst", []engine.Throttle{{Rate: 1, Burst: 3}}, "", "0:1 0:2 0:3 1:4"},
		{"a rate by key", []engine.Throttle{{Rate: 0.2, Key: "$.Customer"}}, "", "0:1 0:2 5:3 5:4"},
		{"a rate and a bound", []engine.Throttle{{Rate: 1, Concurrency: 2}}, "", "0:1 1:2 10:3 11:4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, db store.Store) {
				s, e := newShop(t, engine.Config{Throttles: c.throttles, Store: db})
				m := packTask(t, "pack", "")
				if c.state != "" {
					m = one(t, c.state)
				}
				var all []*engine.Execution
				for i, customer := range []string{"ann", "bob", "ann", "bob"} {
					all = append(all, run(t, e, m, orderOf(fmt.Sprint(i+1), customer)))
				}
				for _, x := range all {
					output(t, x)
				}
				assert.Equal(t, c.want, s.order())
				assert.Empty(t, e.Queues())
			})
		})
	}
}

func TestMachinesTakeTurns(t *testing.T) {
	t.Parallel()
	s, e := newShop(t, engine.Config{Throttles: []engine.Throttle{{Concurrency: 1}}})
	m := packTask(t, "pack", "")
	var last *engine.Execution
	for i := range 4 {
		last = run(t, e, m, orderOf(fmt.Sprint("a", i), ""), engine.Machine("a"))
	}
	for i := range 2 {
		run(t, e, m, orderOf(fmt.Sprint("b", i), ""), engine.Machine("b"))
	}
	output(t, last)
	assert.Equal(t, "0:a0 10:a1 20:b0 30:a2 40:b1 50:a3", s.order())
}

// TestWaitingCostsATaskNoTime of its TimeoutSeconds and HeartbeatSeconds, and the history says
// when it began.
func TestWaitingCostsATaskNoTime(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		_, e := newShop(t, engine.Config{Throttles: []engine.Throttle{{Concurrency: 1}}, Store: db})
		m := packTask(t, "pack", `"TimeoutSeconds":15,"HeartbeatSeconds":12,`)
		var all []*engine.Execution
		for i := range 5 {
			all = append(all, run(t, e, m, orderOf(fmt.Sprint(i), "")))
		}
		for i, x := range all {
			output(t, x)
			var scheduled, begun time.Time
			for _, event := range events(t, e, x) {
				switch event.Type {
				case states.LambdaFunctionScheduled, states.TaskScheduled:
					scheduled = event.At
				case states.LambdaFunctionStarted, states.TaskStarted:
					begun = event.At
				}
			}
			assert.Equal(t, time.Duration(i)*10*time.Second, begun.Sub(scheduled))
		}
	})
}

// TestAQueuedTaskCanEnd before its handler is called, and its place goes to the next.
func TestAQueuedTaskCanEnd(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		s, e := newShop(t, engine.Config{Throttles: []engine.Throttle{{Concurrency: 1}}, Store: db})
		m := packTask(t, "pack", "")
		run(t, e, m, orderOf("first", ""))
		stopped := run(t, e, m, orderOf("stopped", ""))
		late := run(t, e, machine(t, `{"TimeoutSeconds":5,"StartAt":"A","States":{"A":{"Type":"Task","Resource":"pack","End":true}}}`), orderOf("late", ""))
		last := run(t, e, m, orderOf("last", ""))
		require.Equal(t, []engine.Queue{{Throttle: engine.Throttle{Concurrency: 1}, Running: 1, Waiting: 3, Since: s.clock.Now()}}, e.Queues())
		require.NoError(t, e.StopExecution(t.Context(), stopped.ARN(), "", ""))
		output(t, last)
		assert.Equal(t, states.StatusTimedOut, status(t, e, late))
		assert.Equal(t, "0:first 10:last", s.order())
		assert.Empty(t, e.Queues())
	})
}

// TestQueuesAfterARestart: as many handlers are called again as may be, the others wait, and
// no task times out for that.
func TestQueuesAfterARestart(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	config := engine.Config{Store: db}
	_, unbounded := newShop(t, config) // without a bound: all are in flight
	m := packTask(t, "pack", `"TimeoutSeconds":15,`)
	var arns []string
	for i := range 6 {
		arns = append(arns, run(t, unbounded, m, orderOf(fmt.Sprint(i), "")).ARN())
	}
	require.NoError(t, unbounded.Close())
	config.Throttles = []engine.Throttle{{Resource: "pack", Concurrency: 2}}
	s, e := newShop(t, config)
	for range 2 {
		s.clock.Settle()
		require.Equal(t, 2, e.Queues()[0].Running)
		require.NoError(t, e.Close())
		at := s.clock.Now().Add(5 * time.Second)
		s, e = newShop(t, config)
		s.clock.Advance(at.Sub(s.clock.Now()))
	}
	for _, arn := range arns {
		x, err := e.Execution(t.Context(), arn)
		require.NoError(t, err)
		output(t, x)
	}
	assert.Equal(t, 2, s.most["all"])
}

// TestAPlacedTaskKeepsItsDeadline over a restart: that of the time when its handler was
// called.
func TestAPlacedTaskKeepsItsDeadline(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	config := engine.Config{Store: db, Throttles: []engine.Throttle{{Concurrency: 1}}}
	clock := enginetest.NewClock(time.Time{})
	config.Clock = clock
	var deadlines []time.Duration
	began := clock.Now()
	config.Resolver = tasks(map[string]engine.HandlerFunc{"*": func(ctx context.Context, task engine.Task) (any, error) {
		if task.State == "A" && task.Execution.Name == "second" {
			deadlines = append(deadlines, task.Deadline.Sub(began))
		}
		return nil, clock.Sleep(ctx, 20*time.Second)
	}})
	e := start(t, config)
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"pack","TimeoutSeconds":50,"End":true}}}`)
	run(t, e, m, nil, engine.Machine("m"), engine.Named("first"))
	x := run(t, e, m, nil, engine.Machine("m"), engine.Named("second"))
	clock.Advance(25 * time.Second)
	e = reopen(t, e, config, &clock, 10*time.Second)
	clock.Settle()
	assert.Equal(t, []time.Duration{70 * time.Second, 70 * time.Second}, deadlines)
	x, err := e.Execution(t.Context(), x.ARN())
	require.NoError(t, err)
	output(t, x)
}

// TestQueuedExecutionsSleep with all that they wait for besides, and no memory but for their
// places in the queue.
func TestQueuedExecutionsSleep(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	s, e := newShop(t, engine.Config{Store: db, Throttles: []engine.Throttle{{Concurrency: 1}}})
	m := machine(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"pack","TimeoutSeconds":11,"ResultPath":null,"Next":"A2"},"A2":{"Type":"Task","Resource":"pack","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":3,"Next":"B2"},"B2":{"Type":"Task","Resource":"pack","End":true}}}]}}}`)
	var all []*engine.Execution
	for i := range 3 {
		all = append(all, run(t, e, m, orderOf(fmt.Sprint(i), "")))
	}
	s.clock.Settle()
	require.Equal(t, 1, e.Awake(), "the one whose handler is at work")
	for _, x := range all {
		output(t, x)
	}
	assert.Equal(t, "0:0 10:1 20:2 30:0 40:1 50:2 60:0 70:1 80:2", s.order())
	assert.Equal(t, 1, s.most["all"])
}

func TestThrottlesAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		throttle engine.Throttle
		want     string
	}{
		{engine.Throttle{}, "it has neither Concurrency nor Rate"},
		{engine.Throttle{Concurrency: -1}, "its numbers must not be negative"},
		{engine.Throttle{Rate: -1}, "its numbers must not be negative"},
		{engine.Throttle{Concurrency: 1, Burst: 2}, "its Burst needs a Rate"},
		{engine.Throttle{Concurrency: 1, Key: "customer"}, "Key: "},
		{engine.Throttle{Concurrency: 1, Key: "$..customer"}, "Key: "},
		{engine.Throttle{Concurrency: 1, Key: "$$.Execution.Id"}, "Key: "},
		{engine.Throttle{Concurrency: 1, Key: "$customer"}, "Key: "},
	} {
		_, err := engine.New(engine.Config{Resolver: engine.NewMux(), Throttles: []engine.Throttle{{Concurrency: 1}, c.throttle}})
		require.ErrorContains(t, err, "engine: Config.Throttles[1]: "+c.want)
	}
}

// A killedStore never learns that its engine was closed.
type killedStore struct{ *lastingStore }

func (s killedStore) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	if changes[0].Collection == "engine" {
		return nil
	}
	return s.lastingStore.ChangeDocuments(ctx, changes)
}

func TestATaskThatKillsItsProcessIsNotCalledForEver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		store func(*lastingStore) store.Store
		limit int
		want  []int // the Restarts that the handler sees
		fails bool
	}{
		{"the process is killed", func(s *lastingStore) store.Store { return killedStore{s} }, 2, []int{0, 1, 2}, true},
		{"without a bound", func(s *lastingStore) store.Store { return killedStore{s} }, -1, []int{0, 1, 2, 3, 4}, false},
		{"the engine is closed", func(s *lastingStore) store.Store { return s }, 2, []int{0, 0, 0, 0, 0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := engine.Config{Store: c.store(new(lastingStore)), Limits: engine.Limits{Restarts: c.limit}}
			clock := enginetest.NewClock(time.Time{})
			config.Clock = clock
			var seen []int
			config.Resolver = tasks(map[string]engine.HandlerFunc{"*": func(ctx context.Context, task engine.Task) (any, error) {
				seen = append(seen, task.Restarts)
				return nil, clock.Sleep(ctx, -1)
			}})
			e := start(t, config)
			x := run(t, e, one(t, `{"Type":"Task","Resource":"pack","Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}],"End":true},
				"B":{"Type":"Succeed"}`), nil)
			clock.Settle()
			for range 4 {
				e = reopen(t, e, config, &clock, time.Second)
				clock.Settle()
			}
			assert.Equal(t, c.want, seen)
			if !c.fails {
				assert.Equal(t, states.StatusRunning, status(t, e, x))
				return
			}
			d, err := e.DescribeExecution(t.Context(), x.ARN())
			require.NoError(t, err)
			assert.Equal(t, "States.Runtime", d.Failure.Error)
			assert.Contains(t, d.Failure.Cause, "The handler of 'pack' was called 3 times, and each time the process was killed before it had returned.")
			_, err = e.RedriveExecution(t.Context(), x.ARN())
			require.NoError(t, err)
			clock.Settle()
			assert.Equal(t, append(c.want, 0), seen, "the count begins anew")
		})
	}
}
