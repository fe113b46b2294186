package engine_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fiveTasks is a machine of five tasks that do nothing.
const fiveTasks = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"echo","Next":"C"},
	"C":{"Type":"Task","Resource":"echo","Next":"D"},"D":{"Type":"Task","Resource":"echo","Next":"E"},
	"E":{"Type":"Task","Resource":"echo","End":true}}}`

// BenchmarkDurable runs executions of five tasks each, so many at a time, on a file
// with full durability and on a store in memory, and reports how many commits each has to itself.
func BenchmarkDurable(b *testing.B) {
	m := machine(b, fiveTasks)
	mux := tasks(map[string]engine.HandlerFunc{"echo": echo})
	for name, open := range map[string]func(b *testing.B) store.Store{
		"sqlite": func(b *testing.B) store.Store { return sqlite.Open(filepath.Join(b.TempDir(), "bench.db")) },
		"memory": func(*testing.B) store.Store { return new(storetest.Memory) },
	} {
		for _, n := range []int{1, 64, 1024} {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				db := open(b)
				e := start(b, engine.Config{Resolver: mux, Store: db})
				b.SetParallelism(max(n/runtime.GOMAXPROCS(0), 1))
				if n == 1 {
					b.ReportAllocs()
					for b.Loop() {
						durableRun(b, e, m)
					}
				} else {
					b.ReportAllocs()
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							durableRun(b, e, m)
						}
					})
				}
				perSecond(b)
				if meter, ok := db.(store.Meter); ok {
					var commits uint64
					for _, n := range meter.Measures().BatchSizes.Counts {
						commits += n
					}
					b.ReportMetric(float64(commits)/float64(b.N), "commits/execution")
				}
			})
		}
	}
}

func durableRun(b *testing.B, e *engine.Engine, m *asl.StateMachine) {
	x, err := e.StartExecution(context.Background(), m, nil)
	if err == nil {
		_, err = x.Wait(context.Background())
	}
	if err != nil {
		b.Error(err)
	}
}

// BenchmarkSleeping starts executions that wait, and reports what each costs in
// memory.
func BenchmarkSleeping(b *testing.B) {
	for name, state := range map[string]string{"time": `{"Type":"Wait","Seconds":86400,"End":true}`, "token": approval} {
		b.Run(name, func(b *testing.B) {
			db := nothing{}
			e, clock := startVirtual(b, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": echo}), Store: db})
			m := one(b, state)
			before := heap()
			for b.Loop() {
				run(b, e, m, nil)
			}
			clock.Settle()
			b.ReportMetric((float64(heap())-float64(before))/float64(b.N), "heap-B/execution")
			b.ReportMetric(float64(runtime.NumGoroutine()), "goroutines")
		})
	}
}

// BenchmarkReopen opens an engine on a file with executions that wait.
func BenchmarkReopen(b *testing.B) {
	const n = 10_000
	path := filepath.Join(b.TempDir(), "bench.db")
	m := one(b, `{"Type":"Wait","Seconds":86400,"End":true}`)
	e, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: sqlite.Open(path)})
	require.NoError(b, err)
	var starters sync.WaitGroup
	for range 100 {
		starters.Go(func() {
			for range n / 100 {
				_, err := e.StartExecution(context.Background(), m, nil)
				assert.NoError(b, err)
			}
		})
	}
	starters.Wait()
	require.NoError(b, e.Close())
	for b.Loop() {
		e, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: sqlite.Open(path)})
		require.NoError(b, err)
		require.NoError(b, e.Close())
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "executions/s")
}

// TestSleepingExecutionsTakeNoMemory and no goroutine, but for those that are due first.
func TestSleepingExecutionsTakeNoMemory(t *testing.T) { // not parallel: it counts
	for name, state := range map[string]string{"time": `{"Type":"Wait","Seconds":86400,"End":true}`, "token": approval} {
		t.Run(name, func(t *testing.T) {
			e, clock := startVirtual(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": echo}), Store: nothing{}})
			e.ReadAhead(10)
			m := one(t, state)
			const n = 10_000
			run(t, e, m, nil)
			clock.Settle()
			before, goroutines := int64(heap()), runtime.NumGoroutine()
			for range n {
				run(t, e, m, nil)
			}
			clock.Settle()
			eventually(t, func() bool { return (int64(heap())-before)/n < 40 },
				"bytes; what is collected is let go of on a goroutine of its own")
			assert.LessOrEqual(t, e.Foreseen(), 40)
			// The test's process may have started one or another of its own.
			eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+20 }, "goroutines")
		})
	}
}

// heap returns the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// nothing is a store that forgets everything at once.
type nothing struct{ store.Store }

func (nothing) Create(context.Context, store.Record, string, [][]byte) error { return nil }

func (nothing) Append(context.Context, string, int, store.Change) error { return nil }

func (nothing) Running(context.Context, time.Time) iter.Seq2[store.Record, error] {
	return func(func(store.Record, error) bool) {}
}

func (nothing) RunningDefinitions(context.Context) ([]string, error) { return nil, nil }

func (nothing) Expire(context.Context, time.Time, int) (int, error) { return 0, nil }

func (nothing) Oldest(context.Context) (time.Time, error) { return time.Time{}, nil }

func (nothing) Close() error { return nil }
