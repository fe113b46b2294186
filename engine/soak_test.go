package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSoak runs executions of all kinds on one file, with a store that fails every now and
// then, a clock that jumps, and engines that are closed or lose their store at any moment, as
// by a kill. In the end every execution that was started is there, and has come to what its
// machine says; memory is what it was, and no goroutine is left.
//
// GOSTATES_SOAK is for how long; default two seconds.
func TestSoak(t *testing.T) {
	duration := 2 * time.Second
	if text := os.Getenv("GOSTATES_SOAK"); text != "" {
		var err error
		duration, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	s := newSoak(t)
	goroutines := runtime.NumGoroutine()
	var heaps []uint64
	began := time.Now()
	for time.Since(began) < duration {
		s.round(min(time.Second+time.Duration(rand.Int64N(int64(2*time.Second))), duration))
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		heaps = append(heaps, m.HeapAlloc>>20)
	}
	s.settle()
	t.Logf("%v: %s", time.Since(began).Round(time.Second), s.counts())
	eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines }, "goroutines are left")
	third := max(len(heaps)/3, 1)
	early, late := most(heaps[:third]), most(heaps[len(heaps)-third:])
	t.Logf("heap between rounds: at most %d MB in the first third, %d MB in the last", early, late)
	assert.LessOrEqual(t, late, early+early/4+16, "the heap grows: %v", heaps)
}

func most(values []uint64) (most uint64) {
	for _, v := range values {
		most = max(most, v)
	}
	return most
}

// A soakKind is a machine of a soak, and what its executions come to.
type soakKind struct {
	name, definition, input string
	status                  states.Status
	failure                 string // its name; empty when the output says it
	share                   int    // of the starts
	machine                 *asl.StateMachine
}

func soakKinds() []*soakKind {
	limit := `"` + strings.Repeat("x", 262_142) + `"`
	return []*soakKind{
		{name: "chain", share: 400, status: "SUCCEEDED", input: `{"n":1}`, definition: `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"echo","Next":"C"},"C":{"Type":"Task","Resource":"echo","End":true}}}`},
		{name: "retry", share: 100, status: "SUCCEEDED", input: `{}`, definition: `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":30,"MaxAttempts":5}],"End":true}}}`},
		{name: "wait", share: 100, status: "SUCCEEDED", input: `{}`, definition: `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":3600,"Next":"B"},"B":{"Type":"Task","Resource":"echo","End":true}}}`},
		{name: "token", share: 100, status: "SUCCEEDED", input: `{}`, definition: `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"m","QueueUrl":"q"},"End":true}}}`},
		{name: "failure", share: 50, status: "FAILED", failure: "Broken", input: `{}`, definition: `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"broken","End":true}}}`},
		{name: "timeout", share: 50, status: "TIMED_OUT", input: `{}`, definition: `{"TimeoutSeconds":600,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":864000,"End":true}}}`},
		{name: "parallel", share: 100, status: "SUCCEEDED", input: `{}`, definition: `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"W"},"W":{"Type":"Wait","Seconds":60,"End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"]}],"End":true}}}]}}}`},
		{name: "map", share: 50, status: "SUCCEEDED", input: `[1,2,3,4,5,6,7,8,9,10]`, definition: `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":4,"End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","End":true}}}}}}`},
		{name: "distributed map", share: 20, status: "SUCCEEDED", input: `[1,2,3,4,5,6,7,8,9,10]`, definition: `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","End":true}}}}}}`},
		{name: "saga", share: 50, status: "FAILED", failure: "Broken", input: `{}`, definition: `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Compensate":"Undo","Next":"B"},"B":{"Type":"Task","Resource":"broken","End":true},"Undo":{"Type":"Task","Resource":"echo"}}}`},
		{name: "a payload at the limit", share: 1, status: "SUCCEEDED", input: limit, definition: `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","End":true}}}`},
		{name: "a payload over the limit", share: 1, status: "FAILED", failure: "States.DataLimitExceeded", input: limit, definition: `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"longer","End":true}}}`},
		{name: "a history that is full", share: 0, status: "FAILED", failure: "States.Runtime", input: `{"n":0}`, definition: `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
			"B":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"C"}],"Default":"A"},"C":{"Type":"Succeed"}}}`},
	}
}

// A soak is what outlives the engines of the test.
type soak struct {
	t       *testing.T
	path    string
	kinds   []*soakKind
	clock   *jumpingClock
	tasks   *engine.Mux
	tokens  chan string
	numbers atomic.Int64

	mu      sync.Mutex
	started []uint8 // by number, which is the name: the kind's place and one, or 0 when the store failed the start
	refused int     // starts that the store failed, of which nothing is known

	executions, express, faults, kills, closes, jumps atomic.Int64
}

func newSoak(t *testing.T) *soak {
	s := &soak{
		t: t, path: filepath.Join(t.TempDir(), "soak.db"), kinds: soakKinds(),
		clock: newJumpingClock(), tokens: make(chan string, 1_000_000),
	}
	for _, k := range s.kinds {
		k.machine = machine(t, k.definition)
	}
	s.tasks = tasks(map[string]engine.HandlerFunc{
		"echo": echo,
		"flaky": func(_ context.Context, task engine.Task) (any, error) {
			if task.Attempt < 2 {
				return nil, &engine.TaskError{Name: "Flaky"}
			}
			return task.Input, nil
		},
		"broken": fail("Broken"),
		"longer": func(_ context.Context, task engine.Task) (any, error) { return task.Input.(string) + "x", nil },
		"*": func(_ context.Context, task engine.Task) (any, error) {
			select {
			case s.tokens <- task.Token:
			default:
			}
			return "sent", nil
		},
	})
	return s
}

// open opens an engine on the file.
func (s *soak) open(calm bool) (*engine.Engine, *severable) {
	db := &severable{Store: sqlite.Open(s.path), soak: s}
	db.calm.Store(true)
	e, err := engine.New(engine.Config{Resolver: s.tasks, Store: db, Clock: s.clock, CloseTimeout: 10 * time.Second,
		Limits: engine.Limits{Express: -1}}) // or jumps of the clock end them
	require.NoError(s.t, err)
	db.calm.Store(calm)
	return e, db
}

// round has an engine work for some time, and ends it in one of two ways.
func (s *soak) round(d time.Duration) {
	e, db := s.open(false)
	until := time.Now().Add(d)
	ctx, cancel := context.WithDeadline(s.t.Context(), until)
	defer cancel()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for ctx.Err() == nil {
				s.start(e, s.pick())
			}
		})
	}
	all.Go(func() { s.answer(ctx, e) })
	all.Go(func() {
		for ctx.Err() == nil {
			s.clock.jump(time.Duration(rand.Int64N(int64(20 * time.Minute))))
			s.jumps.Add(1)
			wait(ctx, 100*time.Millisecond)
		}
	})
	if rand.IntN(5) == 0 {
		all.Go(func() { s.burst(ctx, e) })
		all.Go(func() { s.start(e, len(s.kinds)-1) })
	}
	<-ctx.Done()
	if rand.IntN(2) == 0 {
		db.severed.Store(true)
		s.kills.Add(1)
	} else {
		s.closes.Add(1)
	}
	all.Wait()
	_ = e.Close() // whose error may be that of a store which fails
}

// wait returns after some time, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// pick returns the place of a kind, by its share.
func (s *soak) pick() int {
	n := 0
	for _, k := range s.kinds {
		n += k.share
	}
	n = rand.IntN(n)
	for place, k := range s.kinds {
		if n -= k.share; n < 0 {
			return place
		}
	}
	return 0
}

// start starts an execution of the kind at a place, and notes it if that is known to have worked.
func (s *soak) start(e *engine.Engine, place int) {
	k, number := s.kinds[place], s.numbers.Add(1)
	_, err := e.StartExecution(context.Background(), k.machine, json.RawMessage(k.input), engine.Machine("soak"), engine.Named(fmt.Sprint("x", number)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.refused++
		return
	}
	s.executions.Add(1)
	// Memory is what the test looks at, so it keeps a byte of each.
	if missing := int(number) + 1 - len(s.started); missing > 0 {
		s.started = append(s.started, make([]uint8, missing)...)
	}
	s.started[number] = uint8(place) + 1
}

// answer sends the Task Tokens, some of them twice.
func (s *soak) answer(ctx context.Context, e *engine.Engine) {
	for {
		select {
		case token := <-s.tokens:
			for range 1 + rand.IntN(2) {
				err := e.SendTaskSuccess(context.Background(), token, "yes")
				if _, failed := errors.AsType[*engine.StoreError](err); failed || errors.Is(err, engine.ErrClosed) {
					s.tokens <- token // for the next engine
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// burst runs 10,000 Express executions at once.
func (s *soak) burst(ctx context.Context, e *engine.Engine) {
	var all sync.WaitGroup
	for range 10_000 {
		all.Go(func() {
			_, err := e.StartSyncExecution(ctx, s.kinds[0].machine, json.RawMessage(`{}`))
			if err != nil && !errors.Is(err, engine.ErrClosed) && ctx.Err() == nil {
				s.t.Errorf("an Express execution: %v", err)
			}
			s.express.Add(1)
		})
	}
	all.Wait()
}

// settle has all executions come to their ends, and compares them with what they should be.
func (s *soak) settle() {
	e, _ := s.open(true)
	ctx, cancel := context.WithCancel(s.t.Context())
	var answers sync.WaitGroup
	answers.Go(func() { s.answer(ctx, e) })
	ended := func() bool {
		s.clock.jump(10 * time.Minute)
		page, err := e.ListExecutions(ctx, engine.ListOptions{Statuses: []states.Status{states.StatusRunning}, MaxResults: 1})
		return err == nil && len(page.Executions) == 0
	}
	for began := time.Now(); !ended(); wait(ctx, 20*time.Millisecond) {
		if time.Since(began) > 5*time.Minute {
			s.stuck(e)
			break
		}
	}
	cancel()
	answers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	prefix := strings.Replace(e.MachineARN("soak"), ":stateMachine:", ":execution:", 1) + ":"
	for number, place := range s.started {
		if place == 0 {
			continue
		}
		arn, k := fmt.Sprint(prefix, "x", number), s.kinds[place-1]
		d, err := e.DescribeExecution(s.t.Context(), arn)
		if !assert.NoError(s.t, err, "%s was started, and is lost", arn) {
			continue
		}
		if d.Status != k.status || d.Failure.Error != k.failure {
			s.t.Errorf("%s (%s) is %s %s %s", arn, k.name, d.Status, d.Failure.Error, d.Failure.Cause)
		}
	}
	require.NoError(s.t, e.Close())
}

// stuck says what goes on no more.
func (s *soak) stuck(e *engine.Engine) {
	page, err := e.ListExecutions(s.t.Context(), engine.ListOptions{Statuses: []states.Status{states.StatusRunning}, MaxResults: 10})
	require.NoError(s.t, err)
	for _, x := range page.Executions {
		s.t.Errorf("%s does not end", x.ARN)
	}
}

func (s *soak) counts() string {
	return fmt.Sprintf("%d executions and %d Express ones, %d starts refused, %d faults of the store, %d kills, %d closes, %d jumps of the clock; %d MB of file",
		s.executions.Load(), s.express.Load(), s.refused, s.faults.Load(), s.kills.Load(), s.closes.Load(), s.jumps.Load(), s.size()>>20)
}

func (s *soak) size() int64 {
	info, err := os.Stat(s.path)
	require.NoError(s.t, err)
	return info.Size()
}

// A severable is a file that fails one write in a hundred, before or after the fact, and from
// some moment on every one: what was not written then is lost, as by a kill.
type severable struct {
	*sqlite.Store
	soak    *soak
	calm    atomic.Bool
	severed atomic.Bool
}

func (s *severable) write(do func() error) error {
	if s.severed.Load() {
		return errStore
	}
	n := rand.IntN(200)
	if n > 1 || s.calm.Load() {
		return do()
	}
	s.soak.faults.Add(1)
	if n == 1 {
		_ = do()
	}
	return errStore
}

func (s *severable) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	return s.write(func() error { return s.Store.Create(ctx, r, definition, lines) })
}

func (s *severable) Append(ctx context.Context, arn string, length int, c store.Change) error {
	return s.write(func() error { return s.Store.Append(ctx, arn, length, c) })
}

func (s *severable) CreateMapRun(ctx context.Context, r store.MapRun) error {
	return s.write(func() error { return s.Store.CreateMapRun(ctx, r) })
}

func (s *severable) ChangeMapRun(ctx context.Context, arn string, version int64, c store.MapRunChange) error {
	return s.write(func() error { return s.Store.ChangeMapRun(ctx, arn, version, c) })
}

func (s *severable) ChangeDocuments(ctx context.Context, changes []store.DocumentChange) error {
	return s.write(func() error { return s.Store.ChangeDocuments(ctx, changes) })
}

// A jumpingClock is the computer's, which somebody sets forward.
type jumpingClock struct {
	mu    sync.Mutex
	ahead time.Duration
	wakes map[*jumpWake]bool
}

type jumpWake struct {
	at    time.Time
	wake  func()
	timer *time.Timer
}

func newJumpingClock() *jumpingClock { return &jumpingClock{wakes: make(map[*jumpWake]bool)} }

func (c *jumpingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *jumpingClock) WakeAt(at time.Time, wake func()) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &jumpWake{at: at, wake: wake}
	c.wakes[w] = true
	w.timer = time.AfterFunc(time.Until(at.Add(-c.ahead)), func() { c.ring(w) })
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.wakes, w)
		w.timer.Stop()
	}
}

// ring wakes somebody once.
func (c *jumpingClock) ring(w *jumpWake) {
	c.mu.Lock()
	there := c.wakes[w]
	delete(c.wakes, w)
	c.mu.Unlock()
	if there {
		w.wake()
	}
}

// jump sets the clock forward.
func (c *jumpingClock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	for w := range c.wakes {
		w.timer.Reset(max(time.Until(w.at.Add(-c.ahead)), 0))
	}
}
