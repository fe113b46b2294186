package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
)

const (
	waitingFile = "waiting.db"

	untilDue = `{"StartAt":"Wait","States":{
		"Wait":{"Type":"Wait","TimestampPath":"$.due","Next":"Handle"},
		"Handle":{"Type":"Task","Resource":"handle","End":true}}}`
	forToken = `{"StartAt":"Ask","States":{
		"Ask":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true}}}`
)

// starters is how many goroutines start executions.
const starters = 256

// An alarm is the input of an execution that waits for a time.
type alarm struct {
	Due time.Time `json:"due"`
}

// A waiter has executions that wait.
type waiter struct {
	engine             *engine.Engine
	store              *countingStore
	untilDue, forToken *asl.StateMachine
	asked              atomic.Int64
	mu                 sync.Mutex
	late               []time.Duration
	tokens             []string
	wanted             int
	rang               chan struct{} // closed when as many handlers ran as are wanted
}

// A countingStore counts the appends that are durable, and the logs that are read.
type countingStore struct {
	*sqlite.Store
	appends, logs atomic.Int64
}

func (s *countingStore) Log(ctx context.Context, arn string) ([][]byte, error) {
	s.logs.Add(1)
	return s.Store.Log(ctx, arn)
}

func (s *countingStore) Append(ctx context.Context, arn string, length int, c store.Change) error {
	err := s.Store.Append(ctx, arn, length, c)
	s.appends.Add(1)
	return err
}

// waitInChild starts executions, or opens the file that has them.
func (s *settings) waitInChild() error {
	var tokens []string
	if err := json.NewDecoder(os.Stdin).Decode(&tokens); err != nil {
		return err
	}
	w := &waiter{}
	var r waitReport
	var err error
	if r.Base, err = takenMemory(); err != nil {
		return err
	}
	stop := func() {}
	if s.child == "open" {
		if stop, err = s.startProfile(); err != nil {
			return err
		}
	}
	begin := time.Now()
	if err := w.open(s.dir); err != nil {
		return err
	}
	r.Opened = time.Since(begin)
	r.Restored = w.store.logs.Load()
	if r.OpenedCPU, err = cpuTime(); err != nil {
		return err
	}
	if s.child == "start" {
		if r.Base, err = takenMemory(); err != nil {
			return err
		}
		if stop, err = s.startProfile(); err != nil {
			return err
		}
		begin = time.Now()
		if err := w.start(s.waiting); err != nil {
			return err
		}
		r.Started = time.Since(begin)
		cpu, err := cpuTime()
		if err != nil {
			return err
		}
		r.StartedCPU = cpu - r.OpenedCPU
	} else {
		begin = time.Now()
		if _, err := w.engine.StartExecution(context.Background(), w.untilDue, alarm{time.Now().AddDate(0, 0, 1)}); err != nil {
			return err
		}
		r.Reach = time.Since(begin)
	}
	stop()
	if r.Waiting, err = takenMemory(); err != nil {
		return err
	}
	r.Goroutines = runtime.NumGoroutine()
	if r.Late, err = w.alarms(s.timers, s.spread); err != nil {
		return err
	}
	if s.child == "start" {
		r.Tokens = w.tokens
		if err := r.report(os.Stdout); err != nil {
			return err
		}
		select {} // until it is killed
	}
	for _, token := range tokens {
		if err := w.engine.SendTaskSuccess(context.Background(), token, nil); err != nil {
			return fmt.Errorf("a token that was waited for: %w", err)
		}
		r.Answered++
	}
	begin = time.Now()
	if err := w.engine.Close(); err != nil {
		return err
	}
	r.Closed = time.Since(begin)
	return r.report(os.Stdout)
}

func (w *waiter) open(dir string) (err error) {
	if w.untilDue, err = asl.Parse(untilDue); err != nil {
		return err
	}
	if w.forToken, err = asl.Parse(forToken); err != nil {
		return err
	}
	tasks := engine.NewMux()
	tasks.HandleFunc("handle", w.handle)
	tasks.HandleFunc("arn:aws:states:::sqs:sendMessage.waitForTaskToken", w.ask)
	w.store = &countingStore{Store: sqlite.Open(filepath.Join(dir, waitingFile))}
	w.engine, err = engine.New(engine.Config{Resolver: tasks, Store: w.store})
	return err
}

// ask is the handler of the tasks that a Task Token ends.
func (w *waiter) ask(_ context.Context, task engine.Task) (any, error) {
	if w.asked.Add(1) <= 100 {
		w.mu.Lock()
		w.tokens = append(w.tokens, task.Token)
		w.mu.Unlock()
	}
	return nil, nil
}

// handle is the handler that follows a timer.
func (w *waiter) handle(_ context.Context, task engine.Task) (any, error) {
	now := time.Now()
	var a alarm
	if err := task.Decode(&a); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late, now.Sub(a.Due))
	if len(w.late) == w.wanted {
		close(w.rang)
	}
	return nil, nil
}

// start starts n executions, and returns when all wait and nothing is left to do.
func (w *waiter) start(n int) error {
	tomorrow := time.Now().AddDate(0, 0, 1).Truncate(time.Millisecond)
	err := w.each(n, func(i int) (*asl.StateMachine, any) {
		if i%2 == 0 {
			return w.forToken, order{ID: i, Item: "a thing that was ordered"}
		}
		return w.untilDue, alarm{tomorrow.Add(time.Duration(i) * time.Millisecond)}
	})
	if err != nil {
		return err
	}
	// What waits for a token does so when its handler's answer is durable.
	for deadline := time.Now().Add(time.Minute); w.store.appends.Load() < int64((n+1)/2); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("some handlers' answers don't become durable")
		}
	}
	return nil
}

// alarms starts n executions whose timers come due over a time, and returns how late
// their handlers ran.
func (w *waiter) alarms(n int, spread time.Duration) (l lateness, err error) {
	if n == 0 {
		return l, nil
	}
	w.mu.Lock()
	w.wanted, w.late, w.rang = n, nil, make(chan struct{})
	w.mu.Unlock()
	// Later than it takes to start them.
	first := time.Now().Add(time.Second + time.Duration(n)*time.Millisecond).Truncate(time.Millisecond)
	err = w.each(n, func(i int) (*asl.StateMachine, any) {
		return w.untilDue, alarm{first.Add((spread * time.Duration(i) / time.Duration(n)).Truncate(time.Millisecond))}
	})
	if err != nil {
		return l, err
	}
	if time.Now().After(first) {
		return l, errors.New("timers came due before all were set: fewer of them")
	}
	select {
	case <-w.rang:
	case <-time.After(time.Until(first) + spread + time.Minute):
		return l, fmt.Errorf("%d timers did not all lead to their handlers", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.late)
	return lateness{n, quantile(w.late, 0.5), quantile(w.late, 0.99), w.late[n-1]}, nil
}

// each starts n executions, many at a time.
func (w *waiter) each(n int, of func(i int) (*asl.StateMachine, any)) error {
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	for range starters {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				machine, input := of(i)
				if _, err := w.engine.StartExecution(context.Background(), machine, input); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}
