package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// crashMachines are machines of several kinds.
var crashMachines = map[string]string{
	"tasks, one of which is tried again": `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","ResultPath":"$.a","Next":"B"},
		"B":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"],"IntervalSeconds":10}],"ResultPath":"$.b","Next":"C"},
		"C":{"Type":"Task","Resource":"broken","Catch":[{"ErrorEquals":["Broken"],"Next":"D"}],"End":true},"D":{"Type":"Task","Resource":"work","End":true}}}`,
	"waits": `{"TimeoutSeconds":5000,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":3600,"Next":"B"},
		"B":{"Type":"Task","Resource":"work","Next":"C"},"C":{"Type":"Wait","Seconds":2000,"End":true}}}`,
	"branches": `{"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"Z","Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","Next":"W"},"W":{"Type":"Wait","Seconds":5,"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":3,"Next":"C"},"C":{"Type":"Task","Resource":"work","End":true}}}]},
		"Z":{"Type":"Task","Resource":"work","End":true}}}`,
	"items": `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":2,"ItemsPath":"$.items","End":true,"ItemProcessor":{"StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"flaky","Retry":[{"ErrorEquals":["Flaky"]}],"End":true}}}}}}`,
}

// A fragile store fails from one write on, before or after that takes effect, until it is
// mended. It is not closed with its engine.
type fragile struct {
	*postgres.Store
	left   atomic.Int64 // writes that go well; all of them below 0
	writes atomic.Int64
	after  bool
	broken func()
	once   sync.Once
}

var errCrashed = errors.New("the process is gone")

func (f *fragile) Close() error { return nil }

func (f *fragile) write(do func() error) error {
	n := f.writes.Add(1)
	left := f.left.Load()
	if left < 0 || n <= left {
		return do()
	}
	err := error(nil)
	if f.after && n == left+1 {
		err = do()
	}
	f.once.Do(f.broken)
	return errors.Join(err, errCrashed)
}

func (f *fragile) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	return f.write(func() error { return f.Store.Create(ctx, r, definition, lines) })
}

func (f *fragile) Append(ctx context.Context, arn string, length int, c store.Change) error {
	return f.write(func() error { return f.Store.Append(ctx, arn, length, c) })
}

// crashTasks are the handlers. What they do is noted by its key.
func crashTasks(done *sync.Map) *engine.Mux {
	mux := engine.NewMux()
	mux.HandleFunc("work", func(_ context.Context, task engine.Task) (any, error) {
		done.Store(task.IdempotencyKey, true)
		return map[string]any{"state": task.State}, nil
	})
	mux.HandleFunc("flaky", func(_ context.Context, task engine.Task) (any, error) {
		done.Store(task.IdempotencyKey, true)
		if task.Attempt < 2 {
			return nil, &engine.TaskError{Name: "Flaky"}
		}
		return "done", nil
	})
	mux.HandleFunc("broken", func(_ context.Context, task engine.Task) (any, error) {
		return nil, &engine.TaskError{Name: "Broken"}
	})
	return mux
}

// play has an execution run to its end, or until the context ends.
func play(ctx context.Context, t *testing.T, db store.Store, clock *enginetest.Clock, definition, name string, done *sync.Map) error {
	t.Helper()
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	e, err := engine.New(engine.Config{Resolver: crashTasks(done), Store: db, Clock: clock})
	require.NoError(t, err)
	x, err := e.StartOrGetExecution(ctx, m, map[string]any{"items": []int{1, 2, 3}}, engine.Named(name), engine.Machine("m"))
	if err == nil {
		_, err = x.Wait(ctx)
	}
	if _, failed := errors.AsType[*engine.ExecutionError](err); failed {
		err = nil
	}
	return errors.Join(err, e.Close())
}

// told returns the history of an execution as AWS tells it, without its times and its ARN.
func told(t *testing.T, s store.Store, name string) (history []string) {
	t.Helper()
	lines, err := s.Log(t.Context(), record(name).ARN)
	require.NoError(t, err)
	for _, line := range lines {
		event, err := states.ParseLog(line)
		require.NoError(t, err)
		if event.Hidden() {
			continue
		}
		text, err := json.Marshal(conformance.Describe(&event))
		require.NoError(t, err)
		history = append(history, string(text))
	}
	return history
}

func keysOf(done *sync.Map) (n int) {
	done.Range(func(any, any) bool { n++; return true })
	return n
}

// TestCrashAtEveryWrite: whichever write a crash hits, before or after it takes effect, the
// engine that takes up what is left comes to the history of one that nobody disturbed, and its
// handlers do nothing that those would not have done.
func TestCrashAtEveryWrite(t *testing.T) {
	needServer(t)
	for kind, definition := range crashMachines {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t, t.TempDir())
			defer s.Close()
			var calm sync.Map
			counting := &fragile{Store: s}
			counting.left.Store(-1)
			require.NoError(t, play(t.Context(), t, counting, enginetest.NewClock(time.Time{}), definition, "calm", &calm))
			want := told(t, s, "calm")
			require.NotEmpty(t, want)
			for k := range counting.writes.Load() {
				for _, after := range []bool{false, true} {
					name, clock := fmt.Sprint("x-", k, "-", after), enginetest.NewClock(time.Time{})
					ctx, crash := context.WithCancel(t.Context())
					at := clock.Now()
					f := &fragile{Store: s, after: after, broken: func() { at = clock.Now(); crash() }}
					f.left.Store(k)
					var done sync.Map
					require.Error(t, play(ctx, t, f, clock, definition, name, &done))
					crash()
					mended := &fragile{Store: s}
					mended.left.Store(-1)
					require.NoError(t, play(t.Context(), t, mended, enginetest.NewClock(at), definition, name, &done))
					require.True(t, slices.Equal(want, told(t, s, name)), "write %d, after %v\n%v\n%v", k, after, want, told(t, s, name))
					require.Equal(t, keysOf(&calm), keysOf(&done))
				}
			}
		})
	}
}

// TestExecutionsOfALostOwnerStop: an engine whose store was lost gives its executions up as soon as
// they would write, and the engine that took over brings them to their end.
func TestExecutionsOfALostOwnerStop(t *testing.T) {
	dir := t.TempDir()
	m, err := asl.Parse(`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","End":true}}}`)
	require.NoError(t, err)
	called, goOn := make(chan struct{}), make(chan struct{})
	mux := engine.NewMux()
	mux.HandleFunc("work", func(context.Context, engine.Task) (any, error) {
		close(called)
		<-goOn
		return "of the first", nil
	})
	first := open(t, dir)
	e, err := engine.New(engine.Config{Resolver: mux, Store: first})
	require.NoError(t, err)
	x, err := e.StartExecution(t.Context(), m, nil, engine.Named("x"), engine.Machine("m"))
	require.NoError(t, err)
	<-called

	standby := make(chan *postgres.Store)
	go func() { standby <- open(t, dir, postgres.WaitForOwner(t.Context())) }()
	waits(t, dir)
	unlock(t, dir)
	second := engine.NewMux()
	second.HandleFunc("work", func(context.Context, engine.Task) (any, error) { return "of the second", nil })
	e2, err := engine.New(engine.Config{Resolver: second, Store: <-standby})
	require.NoError(t, err)
	same, err := e2.StartOrGetExecution(t.Context(), m, nil, engine.Named("x"), engine.Machine("m"))
	require.NoError(t, err)
	result, err := same.Wait(t.Context())
	require.NoError(t, err)
	require.JSONEq(t, `"of the second"`, string(result.Output()))

	close(goOn)
	_, err = x.Wait(t.Context())
	require.ErrorIs(t, err, store.ErrConflict)
	<-first.Lost()
	require.NoError(t, e.Close())
	require.NoError(t, e2.Close())
}
