package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A task that waits for the end of an execution, its child, costs no goroutine and, with a
// Store, no memory. The child knows its parent, and tells it. So that a crash doesn't come
// between the two, the store has the parent due at once before it has the child's end: the
// next engine restores the parent then, whose task looks for the child again.
//
// A child may be locked while its parent gets locked, never the other way round.

// errRests is what the handler of a nested execution returns in place of an answer, when the
// task goes on waiting for the end of its child without a goroutine.
var errRests = errors.New("engine: the task rests")

// asParent names the task of a call as the parent of the execution that it starts.
func (c *call) asParent(waits bool) states.Parent {
	x := c.execution
	return states.Parent{ARN: x.identity.ARN, Task: c.id, Waits: waits, Depth: x.parent.Depth + 1}
}

// restsUntilAnswered leaves the answer of a call to tellParent, which the end of the child
// calls. It reports false when the child has ended already.
func (c *call) restsUntilAnswered(child *Execution) bool {
	x := c.execution
	child.lock()
	rests := child.end == nil && child.gone == nil
	if rests {
		x.mu.Lock() // what is noted of it waits for the unlock below
		c.awaits, c.running = true, false
		x.mu.Unlock()
	}
	child.unlock()
	if rests {
		x.lock()
		x.afterInput()
		x.unlock()
	}
	return rests
}

// alertParent has the store know that the parent has something to do, because the end of
// its child is about to be written. x.mu is locked.
func (x *Execution) alertParent() error {
	if !x.parent.Waits {
		return nil
	}
	p, err := x.in.findTask(x.parent.ARN)
	if _, failed := errors.AsType[*StoreError](err); failed || errors.Is(err, ErrClosed) {
		return err
	}
	if p == nil || err != nil {
		return nil // nobody waits, or who does can't go on
	}
	defer p.unlockAside()
	for _, c := range p.calls {
		if c.id != x.parent.Task || !c.acknowledged {
			continue
		}
		c.running = true // until tellParent
		err := p.reportDue(time.Time{})
		if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, ErrExecutionDoesNotExist) {
			return err
		}
	}
	return nil
}

// callsAgain reports whether a handler of the engine's own has failed because the store did:
// it is called again when the store works.
func (x *Execution) callsAgain(c *call, err error) bool {
	switch c.handler.(type) {
	case *nested, activityHandler:
	default:
		return false
	}
	if _, failed := errors.AsType[*StoreError](err); !failed || x.durable == nil {
		return false
	}
	x.lock()
	defer x.unlock()
	if i := slices.Index(x.calls, c); i >= 0 {
		x.calls = slices.Delete(x.calls, i, i+1)
		x.engine.timers.CancelAll(c.deadline, c.silence)
		x.engine.tokens.end(c.token)
		c.stop(ErrHandlerReturned)
		_ = x.ails(err)
	}
	return true
}

// unlockAside unlocks an execution while another one is locked. The noted functions, which
// may call the user's code, run on a goroutine of their own, which holds no lock then.
func (x *Execution) unlockAside() {
	noted := len(x.notes) > 0 && !x.noting
	x.mu.Unlock()
	if !noted {
		return
	}
	e := x.engine
	e.busy(1)
	go func() {
		defer e.busy(-1)
		x.lock()
		x.unlock()
	}()
}

// tellParent answers the task that waits for the end of this execution, with the output or
// the error of this execution. It leaves a task alone whose handler runs: that handler
// reads the end itself.
func (x *Execution) tellParent() {
	e := x.engine
	p := e.archive.findInMemory(x.parent.ARN)
	if p == nil {
		return
	}
	p.lock()
	var waiting *call
	for _, c := range p.calls {
		if c.id == x.parent.Task && c.awaits {
			waiting = c
		}
	}
	p.unlock()
	if waiting == nil {
		return
	}
	h := arrival{kind: returned, id: waiting.id, kept: true, over: true}
	var err error
	if h.output, err = x.outcome(nestedOf(waiting.state().Resource.Text)); err != nil {
		h.kind = erred
		h.failure, h.stage = failureOf(err)
	}
	if calls, err := p.advance(h); err == nil {
		e.spawn(calls)
	}
}

// outcome returns the answer of a task that has waited for this execution: an output, or
// an error when the execution did not succeed.
func (x *Execution) outcome(n *nested) (any, error) {
	x.lock()
	d := x.engine.archive.described(x)
	x.unlock()
	return outcome(d, n.asJSON)
}
