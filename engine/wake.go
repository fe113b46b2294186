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

// serve serves the timers whose time has come by now. Those of one execution that are due
// at the same time go into one step. With inOrder, everything is done when serve returns,
// in the order of the timers' times; else what waits for a store is done side by side.
func (e *Engine) serve(inOrder bool, now time.Time) {
	for again := true; again; {
		again = false
		due := e.timers.due(now)
		together := make(map[moment][]happening)
		var order []moment
		for _, t := range due {
			if t.ringer != nil {
				again = t.ringer.ring(inOrder) || again
				continue
			}
			m := moment{t.execution, t.due}
			if together[m] == nil {
				order = append(order, m)
			}
			together[m] = append(together[m], happening{kind: t.kind, id: t.id, due: t.due})
		}
		for _, m := range order {
			x := m.execution
			if inOrder || !x.archive.outlives() {
				e.happen(x, together[m])
			} else {
				x.archive.aside(func() { e.happen(x, together[m]) })
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

// ring implements [ringer]: an execution that sleeps has something due, and is restored.
// The timers that it then has do the rest.
func (s *sleeper) ring(inOrder bool) bool {
	a := s.in
	a.mu.Lock()
	var x *Execution
	if a.sleepers.near[s.arn] == s { // else it is in memory already
		x = a.roused(s.arn)
	}
	a.mu.Unlock()
	switch {
	case x == nil:
	case inOrder:
		_ = x.restored() // what can't be is seen to
	default:
		a.aside(func() { _ = x.restored() })
	}
	return inOrder
}

// inOrderOrAside calls a function, on a goroutine of its own unless things go in order.
func (a *storeArchive) inOrderOrAside(inOrder bool, f func()) (again bool) {
	if inOrder {
		f()
	} else {
		a.aside(f)
	}
	return inOrder
}

// lookAgain has the engine know of the executions that are due next. When the store
// fails it is tried again later.
func (a *storeArchive) lookAgain(inOrder bool) {
	if err := a.look(inOrder); err != nil && !errors.Is(err, ErrClosed) {
		a.repairs.addLook(a, err)
	}
}

// aside does something on a goroutine of its own.
func (a *storeArchive) aside(f func()) {
	a.woken <- struct{}{}
	a.busy(1)
	go func() {
		defer func() {
			<-a.woken
			a.busy(-1)
		}()
		f()
	}()
}
