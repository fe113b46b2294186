package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
)

// A Run is an execution of an environment. Its assertions fail the test without ending it, and
// return the Run, so that they can be chained.
type Run struct {
	env       *Env
	arn       string
	execution *engine.Execution // nil for an Express execution that a task has started
}

// Runs returns the executions of the machine so far, in the order in which they began: those
// that the test has started, and those that tasks have. The children of Map Runs are among them.
func (m *Machine) Runs() []*Run {
	e := m.env
	e.mu.Lock()
	var runs []*Run
	for _, r := range e.order {
		if r.of == m {
			runs = append(runs, &Run{env: e, arn: r.arn, execution: r.execution})
		}
	}
	e.mu.Unlock()
	for _, r := range runs {
		if r.execution == nil {
			r.execution, _ = e.engine.Execution(context.Background(), r.arn) // which knows no Express ones
		}
	}
	return runs
}

// ARN returns the execution's ARN.
func (r *Run) ARN() string { return r.arn }

// Execution returns the execution; nil for an Express execution that a task has started, to
// which nothing but its history leads.
func (r *Run) Execution() *engine.Execution { return r.execution }

// History returns the events so far, also of an Express execution. encoding/json writes them
// as AWS does.
func (r *Run) History() []states.Event {
	r.env.mu.Lock()
	defer r.env.mu.Unlock()
	return r.env.records[r.arn].history()
}

// Result returns the result of an execution that has ended, or its error: see
// [engine.Execution.Wait]. It lets no time go by; while the execution runs it returns an error
// that says so, and one for an execution whose Execution is nil.
func (r *Run) Result() (*engine.Result, error) {
	switch {
	case r.end() == nil:
		return nil, errors.New("enginetest: the execution runs")
	case r.execution == nil:
		return nil, errors.New("enginetest: only the history has the result of an Express execution that a task has started")
	}
	return r.execution.Wait(context.Background())
}

// Duration returns how long the execution took, or has taken so far, on the clock.
func (r *Run) Duration() time.Duration {
	h := r.History()
	if r.end() == nil {
		return r.env.clock.Now().Sub(h[0].At)
	}
	return h[len(h)-1].At.Sub(h[0].At)
}

// end returns how the execution ended, nil while it runs.
func (r *Run) end() *states.Finish {
	r.env.mu.Lock()
	defer r.env.mu.Unlock()
	return r.env.records[r.arn].end()
}

// ended says how the execution stands, for people.
func (r *Run) ended() string {
	end := r.end()
	switch {
	case end == nil:
		return "it runs"
	case end.Status == states.StatusSucceeded:
		return "it SUCCEEDED with " + short(end.Output)
	}
	_, err := r.Result()
	if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
		return "it " + strings.TrimPrefix(failed.Error(), "engine: execution "+failed.ARN+" ")
	}
	return fmt.Sprintf("it %s: %s", end.Status, transcript.Failure(end.Failure))
}

// status asserts how the execution ended.
func (r *Run) status(want states.Status) bool {
	r.env.t.Helper()
	if end := r.end(); end == nil || end.Status != want {
		r.env.t.Errorf("enginetest: the execution should have %s, but %s", want, r.ended())
		return false
	}
	return true
}

// Succeeded asserts that the execution succeeded.
func (r *Run) Succeeded() *Run {
	r.env.t.Helper()
	r.status(states.StatusSucceeded)
	return r
}

// Output asserts that the execution succeeded with an output that is as expected: see the
// package comment.
func (r *Run) Output(want any) *Run {
	r.env.t.Helper()
	m, err := newMatcher(want)
	if err != nil {
		r.env.t.Fatalf("enginetest: Output: %v", err)
	}
	if r.status(states.StatusSucceeded) {
		if err := m.match(r.end().Output); err != nil {
			r.env.t.Errorf("enginetest: the output of the execution: %v", err)
		}
	}
	return r
}

// Failed asserts that the execution failed with an error name.
func (r *Run) Failed(name string) *Run {
	r.env.t.Helper()
	if r.status(states.StatusFailed) && r.end().Failure.Error != name {
		r.env.t.Errorf("enginetest: the execution should have failed with %s, but %s", name, r.ended())
	}
	return r
}

// Cause asserts that the cause of the execution's error contains a text.
func (r *Run) Cause(part string) *Run {
	r.env.t.Helper()
	if end := r.end(); end == nil || !strings.Contains(end.Failure.Cause, part) {
		r.env.t.Errorf("enginetest: the cause of the execution's error should contain %q, but %s", part, r.ended())
	}
	return r
}

// TimedOut asserts that the execution ran out of its machine's TimeoutSeconds.
func (r *Run) TimedOut() *Run {
	r.env.t.Helper()
	r.status(states.StatusTimedOut)
	return r
}

// Aborted asserts that the execution was stopped.
func (r *Run) Aborted() *Run {
	r.env.t.Helper()
	r.status(states.StatusAborted)
	return r
}

// entries returns the names of the states that were entered, in order, with their inputs.
func (r *Run) entries() (names []string, inputs []any) {
	for _, e := range r.History() {
		if d, ok := e.Details.(*states.EnteredDetails); ok {
			names = append(names, d.Name)
			inputs = append(inputs, d.Input)
		}
	}
	return names, inputs
}

// Path asserts that the execution entered exactly these states, in this order. Those of
// branches and iterations are in the order in which they were entered.
func (r *Run) Path(names ...string) *Run {
	r.env.t.Helper()
	r.known(names)
	if got, _ := r.entries(); !slices.Equal(got, names) {
		i := 0
		for i < min(len(got), len(names)) && got[i] == names[i] {
			i++
		}
		r.env.t.Errorf("enginetest: the execution should have gone\n\t%s\nbut went\n\t%s\nThe first difference is entry %d.",
			strings.Join(names, " → "), strings.Join(got, " → "), i+1)
	}
	return r
}

// Through asserts that the execution entered these states in this order, whatever it entered
// between them.
func (r *Run) Through(names ...string) *Run {
	r.env.t.Helper()
	r.known(names)
	got, _ := r.entries()
	at := 0
	for _, name := range got {
		if at < len(names) && names[at] == name {
			at++
		}
	}
	if at < len(names) {
		where := "at all"
		if at > 0 {
			where = "after " + names[at-1]
		}
		r.env.t.Errorf("enginetest: the execution should have gone through %s, but did not enter %s %s. It went\n\t%s",
			strings.Join(names, " → "), names[at], where, strings.Join(got, " → "))
	}
	return r
}

// Entered asserts that the execution entered a state so many times; with an input, which is
// as expected by the package comment's rule, that it did so many times with such an input. A
// Retrier's tries are no entries: [Env.Calls] has them.
func (r *Run) Entered(name string, times int, input ...any) *Run {
	r.env.t.Helper()
	r.known([]string{name})
	var m *matcher
	if len(input) > 0 {
		var err error
		if m, err = newMatcher(input[0]); err != nil || len(input) > 1 {
			r.env.t.Fatalf("enginetest: Entered takes one input: %v", err)
		}
	}
	n := 0
	var near []string
	names, inputs := r.entries()
	for i, entered := range names {
		if entered != name {
			continue
		}
		if m != nil {
			if err := m.match(inputs[i]); err != nil {
				near = append(near, fmt.Sprintf("\n\tits input does not fit: %v", err))
				continue
			}
		}
		n++
	}
	if n != times {
		with := ""
		if m != nil {
			with = " with " + m.text
		}
		r.env.t.Errorf("enginetest: the execution should have entered %s %s%s, but did %s%s", name, count(times), with, count(n), strings.Join(near, ""))
	}
	return r
}

// Undid asserts that exactly these states were undone by their handlers, which Compensate
// names, in this order.
func (r *Run) Undid(names ...string) *Run {
	r.env.t.Helper()
	r.known(names)
	if got := r.undone(); !slices.Equal(got, names) {
		r.env.t.Errorf("enginetest: the execution should have undone %s, but undid %s", list(names), list(got))
	}
	return r
}

// undone returns the states whose handlers ended well, in the order in which these were called.
func (r *Run) undone() (names []string) {
	r.env.mu.Lock()
	defer r.env.mu.Unlock()
	record := r.env.records[r.arn]
	left := make(map[states.EventID]bool) // entries of states that were left
	for i := range record.events {
		if _, ok := record.events[i].Details.(*states.ExitedDetails); ok {
			left[record.places[record.events[i].PreviousID].entered] = true
		}
	}
	for i := range record.events {
		d, ok := record.events[i].Details.(*states.EnteredDetails)
		if !ok || !left[record.events[i].ID] {
			continue
		}
		handler := record.machine.Find(d.Name)
		if handler == nil || !asl.IsHandler(handler) {
			continue
		}
		names = append(names, record.undoneBy(handler, d.Input, i))
	}
	return names
}

// undoneBy returns the state that a handler undoes, which was given an input by the i-th event.
// Of several states with the same handler it is the last whose input and output the handler was
// given.
func (r *record) undoneBy(handler asl.State, input any, i int) string {
	given, _ := input.(*value.Object)
	output, _ := given.Get("Output")
	name := ""
	for at := i - 1; at >= 0; at-- {
		d, ok := r.events[at].Details.(*states.ExitedDetails)
		if !ok {
			continue
		}
		if s := r.machine.Find(d.Name); s != nil && asl.Handler(s) == handler && value.Equal(d.Output, output) {
			name = d.Name
			break
		}
	}
	return name
}

// known ends the test when a name is none of a state of the run's machine.
func (r *Run) known(names []string) {
	r.env.t.Helper()
	record := r.env.record(r.arn)
	for _, name := range names {
		if record.machine.Find(name) != nil {
			continue
		}
		var all []string
		for s := range allStates(record.machine.Graph) {
			all = append(all, s.Name())
		}
		if near := asl.Nearest(name, all); near != "" {
			r.env.t.Fatalf("enginetest: the machine has no state %q; did you mean %q?", name, near)
		}
		r.env.t.Fatalf("enginetest: the machine has no state %q", name)
	}
}

func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
