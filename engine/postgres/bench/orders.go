package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
)

// fiveTasks is the workflow that is measured.
const fiveTasks = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"nothing","Next":"B"},
	"B":{"Type":"Task","Resource":"nothing","Next":"C"},
	"C":{"Type":"Task","Resource":"nothing","Next":"D"},
	"D":{"Type":"Task","Resource":"nothing","Next":"E"},
	"E":{"Type":"Task","Resource":"nothing","End":true}}}`

// An order is what workflows are given, and what each of their tasks returns.
type order struct {
	ID   int    `json:"id"`
	Item string `json:"item"`
}

// times are durations in their order.
type times []time.Duration

func (t times) quantile(part float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[min(int(part*float64(len(t))), len(t)-1)].Round(10 * time.Microsecond)
}

// A measurement is what came of one store with some orders at a time.
type measurement struct {
	perSecond      float64
	starts, orders times // how long StartExecution takes, and a whole order
}

// namespaces counts those that were used.
var namespaces atomic.Int64

// open opens an empty store, nil for memory.
func (s *settings) open(name, dir string) (store.Store, error) {
	switch name {
	case "memory":
		return nil, nil
	case "sqlite":
		return sqlite.Open(filepath.Join(dir, "orders.db")), nil
	case "postgres":
		return postgres.Open(s.url, postgres.Namespace(fmt.Sprintf("bench_%d_%d", os.Getpid(), namespaces.Add(1)))), nil
	}
	return nil, fmt.Errorf("there is no store %q", name)
}

// measure runs n orders at a time on a store.
func (s *settings) measure(name string, n int) (m measurement, err error) {
	dir, err := os.MkdirTemp("", "gostates-bench")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	machine, err := asl.Parse(fiveTasks)
	if err != nil {
		return m, err
	}
	tasks := engine.NewMux()
	tasks.Handle("nothing", engine.Func(func(_ context.Context, in order) (order, error) { return in, nil }))
	opened, err := s.open(name, dir)
	if err != nil {
		return m, err
	}
	e, err := engine.New(engine.Config{Resolver: tasks, Store: opened})
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	return s.load(e, machine, n)
}

// load has orders run, of which those are measured that begin and end in the time to
// measure.
func (s *settings) load(e *engine.Engine, machine *asl.StateMachine, n int) (m measurement, err error) {
	var ids, ended atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	begin := time.Now().Add(s.warmUp)
	end := begin.Add(s.duration)
	for range n {
		workers.Go(func() {
			var starts, orders times
			var failed error
			for failed == nil {
				in := order{ID: int(ids.Add(1)), Item: "a thing that was ordered"}
				at := time.Now()
				if at.After(end) {
					break
				}
				started, over, err := one(e, machine, in)
				if failed = err; at.After(begin) {
					starts, orders = append(starts, started), append(orders, over)
				}
				if now := time.Now(); now.After(begin) && now.Before(end) {
					ended.Add(1)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			m.starts, m.orders = append(m.starts, starts...), append(m.orders, orders...)
			err = errors.Join(err, failed)
		})
	}
	workers.Wait()
	m.perSecond = float64(ended.Load()) / s.duration.Seconds()
	slices.Sort(m.starts)
	slices.Sort(m.orders)
	return m, err
}

// one runs an order, and returns how long it took until it had started and until it was over.
func one(e *engine.Engine, machine *asl.StateMachine, in order) (started, over time.Duration, err error) {
	at := time.Now()
	x, err := e.StartExecution(context.Background(), machine, in)
	if err != nil {
		return 0, 0, err
	}
	started = time.Since(at)
	result, err := x.Wait(context.Background())
	if err != nil {
		return 0, 0, err
	}
	var out order
	if err = result.Decode(&out); err == nil && out != in {
		err = fmt.Errorf("the order %v came to %v", in, out)
	}
	return started, time.Since(at), err
}
