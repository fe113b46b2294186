package engine

import (
	"errors"
	"time"
)

// maxWoken bounds the durable executions that are woken at a time: each waits for
// the store.
const maxWoken = 256

// wake serves the timers whose time has come.
func (e *Engine) wake() {
	e.busy(1)
	defer e.busy(-1)
	e.serve(e.virtual != nil, e.config.Clock.Now())
}

// A moment is what comes due for an execution together.
type moment struct {
	execution *Execution
	due       time.Time
}

// serve serves the timers whose time has come by now. Those of one execution go into one
// step; of a durable one only those of the same time do, because it may have been
// away while they came due one after the other. Executions that slept have theirs
// afterwards. inOrder serves one after the other,
// in the order of their times, what else may be served side by side.
func (e *Engine) serve(inOrder bool, now time.Time) {
	for again := true; again; {
		again = false
		due := e.timers.due(now)
		together := make(map[moment][]happening)
		var order []moment
		for _, t := range due {
			m := moment{execution: t.execution}
			switch {
			case t.kind == repaired && inOrder:
				e.repairs.try(e)
				again = true
				continue
			case t.kind == repaired:
				e.aside(func() { e.repairs.try(e) })
				continue
			case t.kind == undelivered:
				e.outbox.Retry()
				continue
			case t.kind == overslept:
				e.oversleep(t.sleeper, inOrder)
				again = inOrder
				continue
			case t.kind == looked && inOrder:
				e.lookAgain(true)
				again = true
				continue
			case t.kind == looked:
				e.aside(func() { e.lookAgain(false) })
				continue
			case t.execution.durable != nil:
				m.due = t.due
			}
			if together[m] == nil {
				order = append(order, m)
			}
			together[m] = append(together[m], happening{kind: t.kind, id: t.id, due: t.due})
		}
		for _, m := range order {
			if m.execution.durable != nil && !inOrder {
				e.aside(func() { e.happen(m.execution, together[m]) })
			} else {
				e.happen(m.execution, together[m])
			}
		}
	}
}

// happen moves an execution on by timers.
func (e *Engine) happen(x *Execution, happened []happening) {
	// An error means that the execution was quicker and needs no timer.
	if calls, err := x.advance(happened...); err == nil {
		e.spawnLater(calls)
	}
}

// oversleep restores a sleeping execution that has something due. Its timers do the
// rest.
func (e *Engine) oversleep(s *sleeper, inOrder bool) {
	e.mu.Lock()
	var x *Execution
	if e.sleepers.near[s.arn] == s { // else it was roused
		x = e.roused(s.arn)
	}
	e.mu.Unlock()
	switch {
	case x == nil:
	case inOrder:
		_ = x.restored() // what can't be is seen to
	default:
		e.aside(func() { _ = x.restored() })
	}
}

// lookAgain has the engine know of the executions that are due next. When the store
// fails it is tried again later.
func (e *Engine) lookAgain(inOrder bool) {
	if err := e.look(inOrder); err != nil && !errors.Is(err, ErrClosed) {
		e.repairs.addLook(e, err)
	}
}

// aside does something on a goroutine of its own.
func (e *Engine) aside(f func()) {
	e.woken <- struct{}{}
	e.busy(1)
	go func() {
		defer func() {
			<-e.woken
			e.busy(-1)
		}()
		f()
	}()
}
