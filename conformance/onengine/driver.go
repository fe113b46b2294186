// Package onengine runs the cases of package conformance on an engine, with crashes or
// without: see [Driver].
package onengine

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A Driver runs the cases of package conformance on an engine: each on one of its
// own, with a virtual clock and with handlers that answer as the case says.
//
//	require.NoError(t, c.Run(onengine.Driver{}))
//
// On an engine a task has begun as soon as its handler is called. So there are cases
// that no engine can meet: those in which a task fails before it begins, or in which
// nobody takes it up. And the tasks of
// several branches end one after the other even if they do so at the same moment: what
// follows from the first comes before the end of the second.
type Driver struct {
	// Store keeps Standard executions; default: the engine's memory does. It must
	// be empty. The driver leaves it so unless a case fails, and doesn't close it.
	Store store.Store
	// Crash runs every Standard execution again for each write to the store that
	// it took, twice: there the engine is lost, before the write takes effect or
	// after. And it runs it with an engine for each write. The engine that is opened
	// on the store next must come to the same history, with the same times, and
	// without calling a handler a second time itself. It needs a Store.
	Crash bool
	// Used, if there is one, is told of every part of its machine that an execution uses, in
	// the run without a crash. The children of Map Runs execute machines of their own.
	Used func(machine *asl.StateMachine, part states.Part)
}

// Execute implements [conformance.Driver].
func (d Driver) Execute(machine *asl.StateMachine, c *conformance.Case, script *conformance.Script) (*conformance.Execution, error) {
	calm := newPerformance(machine, c, script, d.Store)
	if d.Used != nil {
		calm.clock.Observe(d.Used)
	}
	x, err := calm.perform(loss{})
	if err != nil || c.Express {
		return x, err
	}
	if x.History, err = calm.history(); err != nil || !d.Crash || d.Store == nil {
		return x, err
	}
	var losses []loss
	for write := 1; write <= calm.writes; write++ {
		losses = append(losses, loss{write: write}, loss{write: write, after: true})
	}
	if calm.writes > 1 {
		losses = append(losses, loss{write: 1, after: true, again: true})
	}
	for _, l := range losses {
		p := newPerformance(machine, c, script.Again(), d.Store)
		if _, err = p.perform(l); err == nil {
			err = calm.differ(p)
		}
		if err != nil {
			return nil, fmt.Errorf("the engine was lost %s of %d: %w", l, calm.writes, err)
		}
	}
	return x, nil
}

// differ returns the first line in which a run that was disturbed is not like this one,
// or a task that only one of them called.
func (p *performance) differ(q *performance) error {
	line := func(log [][]byte, i int) string {
		if i >= len(log) {
			return "nothing"
		}
		return string(log[i])
	}
	for i := range max(len(p.log), len(q.log)) {
		want, got := line(p.log, i), line(q.log, i)
		if want != got && !p.mayBeLater(want, got) {
			return &conformance.Difference{At: fmt.Sprintf("line %d of the log", i+1), Expected: want, Actual: got}
		}
	}
	want, got := slices.Sorted(maps.Keys(p.roles)), slices.Sorted(maps.Keys(q.roles))
	if !slices.Equal(want, got) {
		return &conformance.Difference{At: "the tasks called", Expected: fmt.Sprint(want), Actual: fmt.Sprint(got)}
	}
	return nil
}

// mayBeLater reports whether two lines are alike but for a time that may be another: a
// task that was called again began again, and its handler is given its whole
// HeartbeatSeconds again.
func (p *performance) mayBeLater(want, got string) bool {
	w, err := states.ParseLog([]byte(want))
	g, err2 := states.ParseLog([]byte(got))
	if err != nil || err2 != nil || g.At.Before(w.At) {
		return false
	}
	g.At = w.At
	switch w.Type {
	case states.TaskStarted, states.LambdaFunctionStarted, states.ActivityStarted:
	default:
		if !strings.Contains(p.c.Definition, "HeartbeatSeconds") {
			return false
		}
	}
	return bytes.Equal(w.AppendLog(nil), g.AppendLog(nil))
}
