package engine_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// waitThenNote waits for as many seconds as its input says, and calls "note".
const waitThenNote = `{"StartAt":"A","States":{"A":{"Type":"Wait","SecondsPath":"$","Next":"B"},"B":{"Type":"Task","Resource":"note","End":true}}}`

// askForever waits for a Task Token without a timeout.
const askForever = `{"Type":"Task","Resource":"` + sqsToken + `","Parameters":{"MessageBody":"m","QueueUrl":"q"},"End":true}`

// TestWhoSleepsIsLeftAlone: of thousands of executions an engine that is opened reads
// those that are due, and any other when somebody wants something of it.
func TestWhoSleepsIsLeftAlone(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	var noted, tokens []string
	config := engine.Config{Store: db, Limits: engine.Limits{Standard: -1}, Resolver: tasks(map[string]engine.HandlerFunc{
		"note": func(_ context.Context, task engine.Task) (any, error) {
			noted = append(noted, task.Execution.Name)
			return nil, nil
		},
		sqsToken: func(_ context.Context, task engine.Task) (any, error) {
			tokens = append(tokens, task.Token)
			return nil, nil
		}})}
	e, clock := startVirtual(t, config)
	waits, asks := machine(t, waitThenNote), one(t, askForever)
	for i := range 2000 {
		run(t, e, waits, 3600+i, engine.Machine("waits"), engine.Named(fmt.Sprint("waits", i)))
		run(t, e, asks, nil)
	}
	for i := range 5 {
		run(t, e, waits, 60-i, engine.Machine("m"), engine.Named(fmt.Sprint(i)))
	}
	clock.Settle()
	e = reopen(t, e, config, &clock, time.Minute)
	clock.Settle()
	assert.EqualValues(t, 5, db.reads.Load(), "those that are due")
	assert.Equal(t, []string{"4", "3", "2", "1", "0"}, noted)
	assert.Equal(t, 2000, e.Foreseen(), "what has no time to wait for is nowhere")

	require.NoError(t, e.SendTaskSuccess(t.Context(), tokens[7], nil))
	assert.EqualValues(t, 6, db.reads.Load())
	require.NoError(t, e.StopExecution(t.Context(), "arn:aws:states:us-east-1:123456789012:execution:waits:waits3", "", ""))
	assert.Equal(t, 1999, e.Foreseen())

	reads := db.reads.Load()
	e = reopen(t, e, config, &clock, time.Minute)
	clock.Settle()
	assert.Equal(t, reads, db.reads.Load(), "nothing is due")
	clock.Advance(2 * time.Hour)
	assert.Len(t, noted, 5+1999)
	assert.Zero(t, e.Foreseen())
	assert.Zero(t, db.notes.Load())
}

// TestSleepersWakeInTime, though the engine has few of them in mind: at their time, in
// its order, also when many are due at once, and over restarts.
func TestSleepersWakeInTime(t *testing.T) {
	t.Parallel()
	const readAhead = 5
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	db := new(lastingStore)
	var woken []time.Duration
	config := engine.Config{Store: db}
	var clock *enginetest.Clock
	config.Resolver = tasks(map[string]engine.HandlerFunc{"note": func(_ context.Context, task engine.Task) (any, error) {
		var seconds int
		if err := task.Decode(&seconds); err != nil {
			return nil, err
		}
		now := clock.Now().Sub(begin)
		if due := time.Duration(seconds) * time.Second; now != due {
			assert.GreaterOrEqual(t, now, due)
			assert.Equal(t, time.Hour, now, "it came due while no engine was there")
		}
		woken = append(woken, time.Duration(seconds)*time.Second)
		return nil, nil
	}})
	clock = enginetest.NewClock(begin)
	config.Clock = clock
	e := start(t, config)
	e.ReadAhead(readAhead)
	m := machine(t, waitThenNote)
	chance := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	for i := range 600 {
		seconds := 1 + chance.IntN(2*3600)
		if i%6 == 0 {
			seconds = 1800 + i%2*2700 // 50 at 1800 and 50 at 4500
		}
		all = append(all, time.Duration(seconds)*time.Second)
		run(t, e, m, seconds)
		require.LessOrEqual(t, e.Foreseen(), 4*readAhead)
	}
	slices.Sort(all)
	for range 1790 {
		clock.Advance(time.Second)
		require.LessOrEqual(t, e.Foreseen(), 5*readAhead)
	}
	clock.Advance(10*time.Second + 500*time.Millisecond)
	e = reopen(t, e, config, &clock, begin.Add(time.Hour).Sub(clock.Now()))
	e.ReadAhead(readAhead)
	clock.Advance(10 * time.Minute)
	e = reopen(t, e, config, &clock, 0)
	e.ReadAhead(readAhead)
	clock.Advance(time.Hour)
	assert.Equal(t, all, woken)
	assert.Zero(t, e.Foreseen())
}

// TestSleepersOnTheComputersClock: none is lost while many fall asleep, wake and are
// read ahead at the same time.
func TestSleepersOnTheComputersClock(t *testing.T) {
	t.Parallel()
	var noted atomic.Int64
	e := start(t, engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{
		"note": func(context.Context, engine.Task) (any, error) {
			noted.Add(1)
			return nil, nil
		}})})
	e.ReadAhead(2)
	m := machine(t, `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Wait","TimestampPath":"$.a","Next":"B"},"B":{"Type":"Wait","TimestampPath":"$.b","Next":"C"},"C":{"Type":"Task","Resource":"note","End":true}}},
		{"StartAt":"D","States":{"D":{"Type":"Wait","TimestampPath":"$.c","Next":"E"},"E":{"Type":"Task","Resource":"note","End":true}}}]}}}`)
	var all []*engine.Execution
	for i := range 300 {
		input := map[string]time.Time{}
		for _, name := range []string{"a", "b", "c"} {
			input[name] = time.Now().Add(time.Duration(rand.IntN(300)) * time.Millisecond)
		}
		x := run(t, e, m, input, engine.Named(fmt.Sprint(i)), engine.Machine("m"))
		if i%3 == 0 {
			all = append(all, x)
		}
	}
	for _, x := range all {
		output(t, x)
	}
	eventually(t, func() bool { return noted.Load() == 600 })
}

// TestWhoeverWaitsIsTold of the end of an execution that slept with nothing in memory.
func TestWhoeverWaitsIsTold(t *testing.T) {
	t.Parallel()
	e, _ := startVirtual(t, engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"note": echo})})
	e.ReadAhead(1)
	m := machine(t, waitThenNote)
	var all []*engine.Execution
	for i := range 20 {
		all = append(all, run(t, e, m, 20+i))
	}
	last, err := e.Execution(t.Context(), all[19].ARN())
	require.NoError(t, err)
	assert.Same(t, all[19], last)
	assert.LessOrEqual(t, e.Foreseen(), 4)
	for i, x := range all {
		assert.Equal(t, fmt.Sprint(20+i), output(t, x))
	}
}

// TestASleeperWithoutItsHandlers shows in Health at once, though it is due much later;
// what it waits for is kept.
func TestASleeperWithoutItsHandlers(t *testing.T) {
	t.Parallel()
	var token string
	config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{
		"note": echo,
		sqsToken: func(_ context.Context, task engine.Task) (any, error) {
			token = task.Token
			return nil, nil
		}})}
	e, clock := startVirtual(t, config)
	waits := run(t, e, machine(t, waitThenNote), 3600)
	asks := run(t, e, one(t, askForever), nil)
	clock.Settle()
	without := config
	without.Resolver = tasks(map[string]engine.HandlerFunc{"other": echo})
	e = reopen(t, e, without, &clock, time.Second)
	var missing *engine.ResourceError
	stranded := e.Health().Stranded
	require.Len(t, stranded, 2)
	assert.ErrorAs(t, stranded[waits.ARN()], &missing)
	assert.ErrorAs(t, stranded[asks.ARN()], &missing)
	require.NoError(t, e.SendTaskSuccess(t.Context(), token, nil), "which needs no handler")
	assert.Equal(t, states.StatusSucceeded, status(t, e, asks))
	assert.Len(t, e.Health().Stranded, 1, "who has ended lacks nothing")
	clock.Advance(2 * time.Hour)
	assert.Equal(t, states.StatusRunning, status(t, e, waits))
	e = reopen(t, e, config, &clock, time.Second)
	clock.Settle()
	assert.Empty(t, e.Health().Stranded)
	assert.Equal(t, states.StatusSucceeded, status(t, e, waits))
}

// TestTokensOfSleepers: what comes of tokens whose executions are not in memory.
func TestTokensOfSleepers(t *testing.T) {
	t.Parallel()
	var tokens []string
	db := &faulty{Store: new(lastingStore), left: 1 << 30}
	config := engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
		sqsToken: func(_ context.Context, task engine.Task) (any, error) {
			tokens = append(tokens, task.Token)
			return nil, nil
		}})}
	e, clock := startVirtual(t, config)
	for range 3 {
		run(t, e, one(t, askForever), nil)
	}
	clock.Settle()
	e = reopen(t, e, config, &clock, time.Second)
	const secret = 43 // characters of a token; what follows leads to the execution
	for _, bad := range []string{tokens[0][:secret], tokens[0][:secret] + tokens[1][secret:], tokens[0] + "A", tokens[0][:secret] + "AAAAAAAAAAA", tokens[0][:secret] + "!!!!!!!!!!!"} {
		assert.Equal(t, engine.ErrInvalidToken, e.SendTaskSuccess(t.Context(), bad, nil), bad)
	}
	require.NoError(t, e.SendTaskHeartbeat(t.Context(), tokens[0]))
	require.NoError(t, e.SendTaskSuccess(t.Context(), tokens[0], nil))
	assert.Equal(t, engine.ErrTaskDoesNotExist, e.SendTaskSuccess(t.Context(), tokens[0], nil))

	db.mu.Lock()
	db.left, db.calls = -1, 1
	db.mu.Unlock()
	var failed *engine.StoreError
	require.ErrorAs(t, e.SendTaskSuccess(t.Context(), tokens[1], nil), &failed)
	require.NoError(t, e.SendTaskSuccess(t.Context(), tokens[1], nil))

	e = reopen(t, e, config, &clock, time.Second)
	assert.ErrorIs(t, e.SendTaskSuccess(t.Context(), tokens[0], nil), engine.ErrTaskDoesNotExist, "it was used before the engine was opened")
	require.NoError(t, e.SendTaskFailure(t.Context(), tokens[2], "No", ""))
}

// An absentMinded store can't say for a while who is due.
type absentMinded struct {
	store.Store
	fails atomic.Int64
}

func (s *absentMinded) Running(ctx context.Context, from time.Time) iter.Seq2[store.Record, error] {
	if s.fails.Add(-1) >= 0 {
		return func(yield func(store.Record, error) bool) { yield(store.Record{}, errStore) }
	}
	return s.Store.Running(ctx, from)
}

// TestAStoreThatCannotSayWhoIsDue is asked again, and Health tells of it meanwhile.
func TestAStoreThatCannotSayWhoIsDue(t *testing.T) {
	t.Parallel()
	db := &absentMinded{Store: new(storetest.Memory)}
	var noted int
	e, clock := startVirtual(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
		"note": func(context.Context, engine.Task) (any, error) { noted++; return nil, nil }})})
	e.ReadAhead(2)
	m := machine(t, waitThenNote)
	for i := range 40 {
		run(t, e, m, 10+i)
	}
	db.fails.Store(3)
	e.Look()
	assert.ErrorIs(t, e.Health().Err, errStore)
	clock.Advance(200 * time.Millisecond)
	assert.ErrorIs(t, e.Health().Err, errStore)
	clock.Advance(9 * time.Second)
	assert.Equal(t, engine.Health{}, e.Health())
	clock.Advance(time.Minute)
	assert.Equal(t, 40, noted)
}

// TestAClosedEngineIsForgotten: nothing holds an engine that was closed, whatever its executions did
// then: one slept, one has slept and is at work, and one never slept.
func TestAClosedEngineIsForgotten(t *testing.T) {
	t.Parallel()
	begun, collected := make(chan string, 3), make(chan bool)
	func() {
		clock := newJumpingClock()
		e, err := engine.New(engine.Config{Store: new(lastingStore), Clock: clock, CloseTimeout: -1, Resolver: tasks(map[string]engine.HandlerFunc{
			"note": func(ctx context.Context, task engine.Task) (any, error) {
				begun <- task.Execution.Name
				<-ctx.Done()
				return nil, nil
			}})})
		require.NoError(t, err)
		runtime.AddCleanup(e, func(done chan bool) { close(done) }, collected)
		waits := machine(t, waitThenNote)
		for name, seconds := range map[string]int{"sleeps": 7200, "slept": 3600, "never": 0} {
			run(t, e, waits, seconds, engine.Machine("m"), engine.Named(name))
		}
		require.Equal(t, "never", <-begun)
		eventually(t, func() bool { return e.Foreseen() == 2 }, "two sleep")
		clock.jump(time.Hour)
		require.Equal(t, "slept", <-begun)
		_ = e.Close() // which says that it left handlers behind
	}()
	eventually(t, func() bool {
		runtime.GC()
		select {
		case <-collected:
			return true
		default:
			return false
		}
	}, "something holds it")
}
