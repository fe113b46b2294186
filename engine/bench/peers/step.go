package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coinbase/step/machine"
)

// A workload is what the comparing program writes.
type workload struct {
	Units      int             `json:"units"`
	Definition json.RawMessage `json:"definition"`
	Input      json.RawMessage `json:"input"`
	Output     json.RawMessage `json:"output"`
	Refused    json.RawMessage `json:"refused"`
}

// A rate is what the comparing program reads.
type rate struct {
	Units   float64 `json:"units"`
	Seconds float64 `json:"seconds"`
	Wrong   string  `json:"wrong,omitempty"`
	Failed  string  `json:"failed,omitempty"`
}

// runStep checks and measures a workload, on a machine for each processor: a machine is not
// made for several callers.
func runStep(in io.Reader, out io.Writer, times [2]time.Duration) error {
	var w workload
	if err := json.NewDecoder(in).Decode(&w); err != nil {
		return err
	}
	r, err := w.measure(times)
	if err != nil {
		r = rate{Failed: err.Error()}
	}
	return json.NewEncoder(out).Encode(r)
}

func (w *workload) measure(times [2]time.Duration) (r rate, err error) {
	runs := make([]func() error, runtime.GOMAXPROCS(0))
	for i := range runs {
		if runs[i], err = w.prepare(&r); err != nil || r.Wrong != "" {
			return r, err
		}
	}
	for _, d := range times {
		var count atomic.Int64
		var failed atomic.Pointer[error]
		var wg sync.WaitGroup
		began := time.Now()
		for _, run := range runs {
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

// prepare checks what one run comes to, and returns what runs another.
func (w *workload) prepare(r *rate) (func() error, error) {
	if w.Refused != nil {
		if parse(w.Refused) == nil {
			r.Wrong = "a definition that is wrong is accepted"
		}
		return func() error { return parse(w.Definition) }, parse(w.Definition)
	}
	definition, err := older(w.Definition)
	if err != nil {
		return nil, err
	}
	m, err := machine.FromJSON(definition)
	if err != nil {
		return nil, err
	}
	echo := func(_ context.Context, in any) (any, error) { return in, nil }
	setHandlers(m, echo)
	var input any
	if err := json.Unmarshal(w.Input, &input); err != nil {
		return nil, err
	}
	x, err := m.Execute(input)
	if err != nil {
		return nil, err
	}
	output, err := outputOf(x)
	if err != nil {
		return nil, err
	}
	var got, want any
	if err := errors.Join(json.Unmarshal([]byte(output), &got), json.Unmarshal(w.Output, &want)); err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(got, want) {
		r.Wrong = output
	}
	return func() error { _, err := m.Execute(input); return err }, nil
}

func parse(definition []byte) error {
	m, err := machine.FromJSON(definition)
	if err != nil {
		return err
	}
	return m.Validate()
}

// setHandlers gives the tasks of a machine, and of those within it, their handler.
func setHandlers(m *machine.StateMachine, handler any) {
	for _, state := range m.States {
		switch s := state.(type) {
		case *machine.TaskState:
			s.SetTaskHandler(handler)
		case *machine.MapState:
			if s.Iterator != nil {
				setHandlers(s.Iterator, handler)
			}
		}
	}
}

// outputOf returns the output of the state that ended last. That of the execution is only
// there when it is an object.
func outputOf(x *machine.Execution) (string, error) {
	for i := len(x.ExecutionHistory) - 1; i >= 0; i-- {
		if exited := x.ExecutionHistory[i].StateExitedEventDetails; exited != nil {
			return *exited.Output, nil
		}
	}
	return "", errors.New("no state ended")
}

// older writes Map states in the older spelling, which AWS takes, too.
func older(definition json.RawMessage) (json.RawMessage, error) {
	var m map[string]json.RawMessage
	var all map[string]map[string]json.RawMessage
	if err := json.Unmarshal(definition, &m); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(m["States"], &all); err != nil {
		return nil, err
	}
	for _, state := range all {
		if processor, ok := state["ItemProcessor"]; ok {
			delete(state, "ItemProcessor")
			state["Iterator"], state["ItemsPath"] = processor, json.RawMessage(`"$"`)
		}
	}
	var err error
	if m["States"], err = json.Marshal(all); err != nil {
		return nil, err
	}
	return json.Marshal(m)
}
