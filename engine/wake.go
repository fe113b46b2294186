package engine

import (
	"errors"
	"time"

	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/states"
)

// maxAside bounds the goroutines of storeArchive.aside, each of which waits for the store.
const maxAside = 256

// wake serves the timers whose time has come, each by its owner.
func (e *Engine) wake() {
	e.busy(1)
	defer e.busy(-1)
	e.timers.Serve(e.config.Clock.Now(), e.virtual != nil)
}

// executionTimers is the execution as the owner of its timers: of a task's deadline
// (expired) and heartbeat (silent), and of what states and the machine wait for (fired). The
// ID of a timer is that of the event that announced it.
type executionTimers Execution

// timer returns a timer of the execution that is not started.
func (x *Execution) timer(due time.Time, kind arrivalKind, id states.EventID) timers.Timer {
	return timers.Timer{Due: due, Owner: (*executionTimers)(x), Kind: uint8(kind), ID: int64(id)}
}

// Serve implements [timers.Owner]. It takes one step with what the timers bring about.
func (o *executionTimers) Serve(due []timers.Timer, inOrder bool) (again bool) {
	x := (*Execution)(o)
	if inOrder || !x.archive.outlives() {
		x.timersFired(due)
	} else {
		x.archive.aside(func() { x.timersFired(due) })
	}
	return false
}

// timersFired takes a step with what timers bring about.
func (x *Execution) timersFired(due []timers.Timer) {
	arrivals := make([]arrival, len(due))
	for i, t := range due {
		arrivals[i] = arrival{kind: arrivalKind(t.Kind), id: states.EventID(t.ID), due: t.Due}
	}
	// An error means that the execution was quicker and needs no timer.
	if calls, err := x.advance(arrivals...); err == nil {
		x.engine.spawnLater(calls)
	}
}

// Serve implements [timers.Owner]. It restores the sleeping execution, whose own timers are
// due then.
func (s *sleeper) Serve(_ []timers.Timer, inOrder bool) (again bool) {
	return s.in.inOrderOrAside(inOrder, s.restore)
}

func (s *sleeper) restore() {
	a := s.in
	if a.sleepsOn(s) {
		return
	}
	a.mu.Lock()
	var x *Execution
	if a.sleepers.near[s.arn] == s { // else it is in memory already
		x = a.bringInLocked(s.arn)
	}
	a.mu.Unlock()
	if x != nil {
		_ = x.restored() // what can't be is seen to
	}
}

// inOrderOrAside calls a function, on a goroutine of its own unless inOrder says that it must
// have returned. It returns inOrder, as the result of an owner that may have started timers.
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

// aside calls a function on a goroutine of its own. When there are maxAside such goroutines
// it waits until one ends.
func (a *storeArchive) aside(f func()) {
	a.asides <- struct{}{}
	a.busy(1)
	go func() {
		defer func() {
			<-a.asides
			a.busy(-1)
		}()
		f()
	}()
}
