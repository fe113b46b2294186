package engine

import (
	"fmt"
	"time"
)

// The lists that executions are in.
const (
	byStart      = iota // every Standard execution that is kept, by its start
	stillRunning        // every execution that runs, Express ones too
	byEnd               // every Standard execution that is kept and has ended, by its end
	listKinds
)

// A list links executions in the order they were added, without memory of its
// own. Engine.mu guards it.
type list struct{ first, last *Execution }

type links struct{ prev, next *Execution }

func (e *Engine) push(kind int, x *Execution) {
	l := &e.lists[kind]
	if l.last == nil {
		l.first = x
	} else {
		l.last.links[kind].next = x
		x.links[kind].prev = l.last
	}
	l.last = x
}

func (e *Engine) unlink(kind int, x *Execution) {
	l, at := &e.lists[kind], x.links[kind]
	if at.prev == nil && l.first != x {
		return // not in the list
	}
	if at.prev == nil {
		l.first = at.next
	} else {
		at.prev.links[kind].next = at.next
	}
	if at.next == nil {
		l.last = at.prev
	} else {
		at.next.links[kind].prev = at.prev
	}
	x.links[kind] = links{}
}

// succeed puts an execution in the place of another of its ARN, which is kept without
// a store. x.mu is locked, or nobody else has it; e.mu is locked.
func (e *Engine) succeed(old, x *Execution) {
	e.byARN[old.identity.ARN] = x
	x.number = old.number
	at, l := old.links[byStart], &e.lists[byStart]
	x.links[byStart], old.links[byStart] = at, links{}
	if at.prev == nil {
		l.first = x
	} else {
		at.prev.links[byStart].next = x
	}
	if at.next == nil {
		l.last = x
	} else {
		at.next.links[byStart].prev = x
	}
	e.unlink(stillRunning, old)
	if e.lists[byEnd].first == old || old.links[byEnd].prev != nil {
		e.unlink(byEnd, old)
		e.kept--
	}
	e.enlist(x)
}

// enlist adds an execution that is kept without a store to the lists of those that
// run, or have ended. e.mu is locked.
func (e *Engine) enlist(x *Execution) {
	if x.interpreter != nil {
		e.push(stillRunning, x)
	}
	if x.end == nil {
		return
	}
	e.kept++
	// An imported one may have ended long ago.
	var later *Execution
	for at := e.lists[byEnd].last; at != nil && at.stopDate.After(x.stopDate); at = at.links[byEnd].prev {
		later = at
	}
	if later == nil {
		e.push(byEnd, x)
		return
	}
	before := later.links[byEnd].prev
	x.links[byEnd] = links{before, later}
	later.links[byEnd].prev = x
	if before == nil {
		e.lists[byEnd].first = x
	} else {
		before.links[byEnd].next = x
	}
}

// keep adds an execution that is about to start. It returns the one that has its
// ARN already, if there is one, and adds nothing then.
func (e *Engine) keep(x *Execution) (*Execution, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed.Load() {
		return nil, ErrClosed
	}
	switch {
	case x.durable != nil:
		if other := e.roused(x.identity.ARN); other != nil {
			return other, nil
		}
		e.sleepers.rose(x.identity.ARN)
		e.byARN[x.identity.ARN] = x
	case !x.express:
		e.forget(x.startDate.Add(-e.config.Limits.Retention))
		if other := e.byARN[x.identity.ARN]; other != nil {
			return other, nil
		}
		e.count++
		x.number = e.count
		e.byARN[x.identity.ARN] = x
		e.push(byStart, x)
	}
	e.push(stillRunning, x)
	return nil, nil
}

// drop removes an execution that could not start, or that can't go on here.
func (e *Engine) drop(x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unlink(stillRunning, x)
	if e.byARN[x.identity.ARN] == x {
		e.unlink(byStart, x)
		delete(e.byARN, x.identity.ARN)
	}
}

// retire moves an execution that has ended to those that are kept for a while.
func (e *Engine) retire(x *Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unlink(stillRunning, x)
	if x.durable != nil {
		e.sleepers.rose(x.identity.ARN)
		delete(e.byARN, x.identity.ARN) // the store has it
		return
	}
	if x.express || e.closed.Load() {
		return
	}
	e.enlist(x)
	e.forget(x.stopDate.Add(-e.config.Limits.Retention))
}

// find returns a kept Standard execution by its ARN.
func (e *Engine) find(arn string) (*Execution, error) {
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	if e.config.Store != nil {
		return e.inStore(arn)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed.Load() {
		return nil, ErrClosed
	}
	e.forget(e.now().Add(-e.config.Limits.Retention))
	if x := e.byARN[arn]; x != nil {
		return x, nil
	}
	return nil, errDoesNotExist(arn)
}

func errDoesNotExist(arn string) error {
	return fmt.Errorf("%w: Execution Does Not Exist: '%s'", ErrExecutionDoesNotExist, arn)
}

// forget lets go of ended executions: those that ended before a time, and the
// oldest when there are more than the limit.
func (e *Engine) forget(before time.Time) {
	for {
		x := e.lists[byEnd].first
		if x == nil || e.kept <= e.config.Limits.Retained && !x.stopDate.Before(before) {
			return
		}
		e.unlink(byEnd, x)
		e.unlink(byStart, x)
		e.kept--
		delete(e.byARN, x.identity.ARN)
	}
}
