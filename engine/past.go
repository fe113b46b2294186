package engine

import (
	"github.com/gostates/gostates/engine/internal/packed"
	"github.com/gostates/gostates/states"
)

// A history in memory is packed from the start: hardly anybody looks at it, and packed it leaves the
// garbage collector little to mark, which matters most for those that are kept when their executions
// have ended. With a store they are slices.

// remember adds events to the history. x.mu is locked.
func (x *Execution) remember(events []states.Event) {
	if x.history == nil && x.writing == nil {
		if x.durable == nil && !x.looksBack() {
			x.writing = packed.NewWriter()
		} else {
			x.history = make([]states.Event, 0, max(len(events), min(int(x.facts.events.Load()), 256)))
		}
	}
	if x.writing != nil {
		x.writing.Append(events)
		return
	}
	x.history = append(x.history, events...)
}

// looksBack reports whether the history is looked at all the time: Observers are given it, the task
// of an activity needs to know when it was scheduled, and who scales a wait when that began.
func (x *Execution) looksBack() bool {
	c := &x.engine.config
	return len(c.Observers) > 0 || c.WaitScale > 0 || len(x.facts.activities) > 0
}

// pack packs the history of an execution in memory that has ended. x.mu is locked.
func (x *Execution) pack() {
	if x.writing == nil {
		x.packed, x.history = new(packed.Of(x.history)), nil
		return
	}
	x.packed = new(x.writing.History())
	x.writing.Release()
	x.writing = nil
}

// past returns the events of the execution so far, as far as they are in memory. They must not be
// changed. x.mu is locked.
func (x *Execution) past() []states.Event {
	switch {
	case x.writing != nil:
		return x.writing.Events()
	case x.packed != nil:
		return x.packed.Events()
	}
	return x.history
}
