package states

import (
	"errors"
	"time"

	"github.com/gostates/gostates/asl"
)

// ErrNotRedrivable is returned for a [Redriven] that can't be: the execution still
// runs, ended well, has no room left in its history, or was not restored from it.
var ErrNotRedrivable = errors.New("states: the execution can't be redriven")

// Redriven goes on with an execution that failed, was stopped or timed out, from
// the states that did not end well; what was undone by compensation begins anew, and a
// compensation that failed goes on with the handler that did. Give it to an interpreter that [Restore] has
// just made. Parallel and Map states keep what their finished branches and
// iterations came to; counters of retries and timeouts begin anew.
//
// That the execution goes on without entering the failed states again, and what
// its chains follow, is documented and inferred, not measured on AWS.
type Redriven struct {
	At time.Time
	// Token names the redrive for who asked for it. This package only keeps it.
	Token string
}

func (Redriven) input() {}

func (x *Interpreter) redrive(in Redriven) error {
	if !x.restored || x.result == nil || x.result.Status == StatusSucceeded ||
		x.options.MaxEvents > 0 && !x.ending && x.last+2 > EventID(x.options.MaxEvents) {
		return ErrNotRedrivable
	}
	x.now = in.At
	x.record(x.last, ExecutionRedriven, &RedriveDetails{Count: int(x.redrives) + 1, Token: in.Token})
	x.goOn(x.now)
	x.countVariables()
	visit(&x.main, func(t *thread) bool {
		if s, ok := t.state.(*asl.Map); ok && t.phase == waiting && t.fork != nil && x.result == nil {
			t.fillPlaces(s)
		}
		if t.canGoOn() {
			x.ready = append(x.ready, t)
		}
		return false
	})
	if due := x.timeout(); !due.IsZero() && !x.ending && x.result == nil {
		x.commands = append(x.commands, &StartTimer{ID: 1, Due: due})
	}
	return nil
}

// goOn brings the execution back to where it was before it failed.
func (x *Interpreter) goOn(at time.Time) {
	x.result = nil
	x.redrives++
	x.countedFrom = at
	x.about = nil // RedriveCount is among them
	if !x.main.begins() {
		x.main.revive()
		return
	}
	x.ending, x.again = false, false
	x.main = thread{x: x, graph: x.machine.Graph, tip: x.last, input: x.input}
}

// revive puts a thread back into its state, unless that is a fork whose children
// can be.
func (t *thread) revive() {
	if t.phase == undoing {
		for _, h := range t.saga.handlers {
			h.revive()
		}
		return
	}
	t.forgetChildren() // nothing follows from their end any more
	if t.wreck != nil {
		t.fork, t.wreck = t.wreck, nil
	}
	t.afterJoin()
	t.fault, t.value, t.task, t.due = nil, nil, nil, time.Time{}
	t.retries, t.retryCount, t.retrier = nil, 0, -1
	if s, ok := t.state.(*asl.Map); ok && s.Distributed != nil {
		t.phase = began
		if t.fork != nil && !t.fork.run.revive() {
			t.fork = nil
		}
		return
	}
	if t.fork == nil {
		t.phase = began
		return
	}
	t.phase = waiting
	f := t.fork
	if isParallel(t.state) {
		f.ended = 0
	}
	for _, c := range f.children {
		switch {
		case c.state == nil:
			t.reviveUnentered(c)
		case c.phase == ended && isParallel(t.state):
			t.takeOver(c)
			f.results[c.index] = c.value
			f.ended++
		case c.phase == ended:
			// An iteration whose result is there.
		case c.phase == dead:
			f.results[c.index] = nil
			f.ended--
			f.failures--
			t.reviveChild(c)
		default:
			t.reviveChild(c)
		}
	}
}

// reviveChild puts a child back into its state, or to its beginning if all that it
// did was undone.
func (t *thread) reviveChild(c *thread) {
	if !c.begins() {
		c.revive()
		return
	}
	*c = thread{x: t.x, parent: t, graph: c.graph, index: c.index, tip: c.tip}
	t.reviveUnentered(c)
}

// reviveUnentered readies a child that was started, and aborted before its turn came
// to enter its first state.
func (t *thread) reviveUnentered(c *thread) {
	var failure *fault
	switch s := t.state.(type) {
	case *asl.Parallel:
		c.input, failure = t.effectiveInput(&s.Flow)
	case *asl.Map:
		t.recoverItems(s)
		if c.index >= len(t.fork.items) {
			return
		}
		c.input, failure = t.iterationInput(s, c.index)
	}
	if failure != nil {
		t.fail(failure)
		return
	}
	c.phase = began
}
