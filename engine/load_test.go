package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLoad starts executions faster than their handlers are done with them, at most 100 of
// which are at work. Nothing times out while it waits, the machines take turns though one of
// them starts nine of ten executions, and of what waits nothing much is in memory when there
// is a store.
//
// GOSTATES_LOAD is for how many seconds, at 10,000 a second; else it is one second at 2,000.
func TestLoad(t *testing.T) {
	seconds, rate := 1, 2_000
	if text := os.Getenv("GOSTATES_LOAD"); text != "" {
		var err error
		seconds, err = strconv.Atoi(text)
		require.NoError(t, err)
		rate = 10_000
	}
	for _, c := range []struct {
		name  string
		store func(t *testing.T) store.Store
		work  time.Duration // of a handler, as part of what 100 could take to keep up
	}{
		{"handlers keep up", func(*testing.T) store.Store { return nil }, 50 * time.Second / time.Duration(rate)},
		{"handlers fall behind, in a file", func(t *testing.T) store.Store {
			return sqlite.Open(filepath.Join(t.TempDir(), "load.db"))
		}, 150 * time.Second / time.Duration(rate)},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &load{work: c.work, done: make(map[string]int)}
			e := start(t, engine.Config{
				Store: c.store(t), Resolver: tasks(map[string]engine.HandlerFunc{"*": l.handle}),
				Throttles: []engine.Throttle{{Concurrency: 100}}, CloseTimeout: time.Minute,
			})
			l.run(t, e, seconds*rate, rate)
		})
	}
}

// A load is what its handlers have seen.
type load struct {
	work time.Duration

	running, most atomic.Int64
	mu            sync.Mutex
	done          map[string]int // by machine
	all           int
}

func (l *load) handle(ctx context.Context, task engine.Task) (any, error) {
	n := l.running.Add(1)
	for most := l.most.Load(); n > most && !l.most.CompareAndSwap(most, n); most = l.most.Load() {
	}
	timer := time.NewTimer(l.work)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	l.running.Add(-1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[task.Execution.Machine]++
	l.all++
	return nil, nil
}

func (l *load) count(machine string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if machine == "" {
		return l.all
	}
	return l.done[machine]
}

func (l *load) run(t *testing.T, e *engine.Engine, executions, rate int) {
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"work","TimeoutSeconds":5,"End":true}}}`)
	began := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var rare, started int
	var behind float64 // the share of the rare machine that was done, at its worst
	report := began
	room := make(chan struct{}, 256) // starts under way
	for started < executions {
		<-tick.C
		due := min(int(time.Since(began).Seconds()*float64(rate)), executions)
		for ; started < due; started++ {
			name := "often"
			if started%10 == 0 {
				name = "rare"
				rare++
			}
			room <- struct{}{}
			go func() {
				_, err := e.StartExecution(t.Context(), m, nil, engine.Machine(name))
				assert.NoError(t, err)
				<-room
			}()
		}
		behind = max(behind, float64(rare-l.count("rare")))
		if time.Since(report) > 5*time.Second {
			report = time.Now()
			t.Log(l.state(e, started, began))
		}
	}
	t.Log(l.state(e, started, began))
	eventually(t, func() bool { return l.count("") == executions })
	t.Log(l.state(e, started, began))
	assert.LessOrEqual(t, l.most.Load(), int64(100))
	eventually(t, func() bool {
		counts := e.Queues()
		return len(counts) == 0
	})
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{Statuses: []engine.Status{"FAILED"}})
	require.NoError(t, err)
	assert.Empty(t, page.Executions, "nothing times out in a queue")
	t.Logf("at most %.0f executions of the rare machine waited", behind)
}

// state says in one line how the load stands.
func (l *load) state(e *engine.Engine, started int, began time.Time) string {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	waiting := 0
	var oldest time.Duration
	for _, q := range e.Queues() {
		waiting = q.Waiting
		if !q.Since.IsZero() {
			oldest = time.Since(q.Since)
		}
	}
	return fmt.Sprintf("%5.1f s: %d started, %d done, %d wait, the first for %.1f s, heap %d MB",
		time.Since(began).Seconds(), started, l.count(""), waiting, oldest.Seconds(), m.HeapAlloc>>20)
}
