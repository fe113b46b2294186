package enginetest

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// A Driver runs the cases of package conformance on an engine: each on one of its
// own, with a [Clock] and with handlers that answer as the case says.
//
//	require.NoError(t, c.Run(enginetest.Driver{}))
//
// On an engine a task has begun as soon as its handler is called. So there are cases
// that no engine can meet: those in which a task fails before it begins, in which
// nobody takes it up, or in which a worker polls for it under a name.
type Driver struct {
	// Store keeps Standard executions; default: the engine's memory does. It must
	// be empty. The driver leaves it so unless a case fails, and doesn't close it.
	Store engine.Store
	// Crash runs every Standard execution again for each write to the store that
	// it took, twice: there the engine is lost, before the write takes effect or
	// after. And it runs it with an engine for each write. The engine that is opened
	// on the store next must come to the same history, with the same times, and
	// without calling a handler a second time itself. It needs a Store.
	Crash bool
}

// Execute implements [conformance.Driver].
func (d Driver) Execute(machine *asl.StateMachine, c *conformance.Case, script *conformance.Script) (*conformance.Execution, error) {
	p := newPerformance(machine, c, script, d.Store)
	calm, err := p.perform(loss{})
	if err != nil || !d.Crash || d.Store == nil || c.Express {
		return calm, err
	}
	losses := []loss{{write: 1, after: true, again: true}}
	for write := 1; write <= p.writes; write++ {
		losses = append(losses, loss{write: write}, loss{write: write, after: true})
	}
	for _, l := range losses {
		again, err := newPerformance(machine, c, script.Again(), d.Store).perform(l)
		if err == nil {
			err = differ(c, calm, again)
		}
		if err != nil {
			return nil, fmt.Errorf("the engine was lost %s of %d: %w", l, p.writes, err)
		}
	}
	return calm, nil
}

// differ returns the first event in which one run of a case is not like another.
func differ(c *conformance.Case, want, got *conformance.Execution) error {
	// A task that was called again began again, later, and its handler is given its
	// whole HeartbeatSeconds again.
	timed := !strings.Contains(c.Definition, "HeartbeatSeconds")
	line := func(history []states.Event, i int) []byte {
		if i >= len(history) {
			return nil
		}
		e := history[i]
		switch e.Type {
		case states.TaskStarted, states.LambdaFunctionStarted, states.ActivityStarted:
			e.At = time.Time{}
		}
		if !timed {
			e.At = time.Time{}
		}
		return e.AppendLog(nil)
	}
	for i := range max(len(want.History), len(got.History)) {
		if w, g := line(want.History, i), line(got.History, i); !bytes.Equal(w, g) {
			return &conformance.Difference{At: fmt.Sprintf("history, line %d", i+1), Expected: string(w), Actual: string(g)}
		}
	}
	if want.Status != got.Status || !value.Equal(want.Output, got.Output) || want.Failure != got.Failure {
		return &conformance.Difference{At: "end", Expected: fmt.Sprint(want.Status, want.Output, want.Failure), Actual: fmt.Sprint(got.Status, got.Output, got.Failure)}
	}
	return nil
}
