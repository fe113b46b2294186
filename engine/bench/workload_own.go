package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
)

// A rate is what a child found out about a workload.
type rate struct {
	Units   float64 `json:"units"` // in Seconds
	Seconds float64 `json:"seconds"`
	// Wrong is what the contender made of the workload in place of its output; it is not
	// measured then.
	Wrong string `json:"wrong,omitempty"`
	// Failed is why it came to no output.
	Failed string `json:"failed,omitempty"`
}

func (r rate) perSecond() float64 { return r.Units / r.Seconds }

// runWorkload runs the workload that the flag names, and prints its rate.
func (s *settings) runWorkload() error {
	for _, w := range append(workloads(), parsing()...) {
		if w.Name == s.workload {
			r, err := s.rateOf(w)
			if err != nil {
				return err
			}
			return json.NewEncoder(os.Stdout).Encode(r)
		}
	}
	return fmt.Errorf("there is no workload %q", s.workload)
}

// rateOf measures gostates, without a store, with as many callers as there are processors.
func (s *settings) rateOf(w workload) (r rate, err error) {
	var run func() error
	if w.Refused != nil {
		if _, err := asl.Parse(w.Refused); err == nil {
			return rate{Wrong: "a definition that is wrong is accepted"}, nil
		}
		run = func() error { _, err := asl.Parse(w.Definition); return err }
		if err := run(); err != nil {
			return rate{Wrong: err.Error()}, nil
		}
	} else {
		tasks := engine.NewMux()
		tasks.HandleFunc("echo", func(_ context.Context, task engine.Task) (any, error) { return task.Input, nil })
		e, err := engine.New(engine.Config{Resolver: tasks})
		if err != nil {
			return r, err
		}
		defer e.Close()
		start, err := runner(e, w)
		if err != nil {
			return r, err
		}
		result, err := start()
		if err != nil {
			return r, err
		}
		if same, err := sameJSON(result.Output(), w.Output); err != nil || !same {
			return rate{Wrong: string(result.Output())}, err
		}
		run = func() error { _, err := start(); return err }
	}
	for _, d := range []time.Duration{s.warmUp, s.duration} {
		var count atomic.Int64
		var failed atomic.Pointer[error]
		var wg sync.WaitGroup
		began := time.Now()
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for again := true; again; again = time.Since(began) < d && failed.Load() == nil {
					if err := run(); err != nil {
						failed.Store(&err)
					}
					count.Add(1)
				}
			})
		}
		wg.Wait()
		if err := failed.Load(); err != nil {
			return r, *err
		}
		r.Units, r.Seconds = float64(count.Load()*int64(w.Units)), time.Since(began).Seconds()
	}
	return r, nil
}

// runner returns what runs an execution to its end.
func runner(e *engine.Engine, w workload) (func() (*engine.Result, error), error) {
	machine, err := asl.Parse(w.Definition)
	if err != nil {
		return nil, err
	}
	if w.Express {
		return func() (*engine.Result, error) { return e.StartSyncExecution(context.Background(), machine, w.Input) }, nil
	}
	return func() (*engine.Result, error) {
		x, err := e.StartExecution(context.Background(), machine, w.Input)
		if err != nil {
			return nil, err
		}
		return x.Wait(context.Background())
	}, nil
}

// sameJSON reports whether two texts are the same JSON.
func sameJSON(a, b json.RawMessage) (bool, error) {
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, &y); err != nil {
		return false, err
	}
	return reflect.DeepEqual(x, y), nil
}
