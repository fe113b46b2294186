package engine

import (
	"github.com/gostates/gostates/engine/internal/virtual"
	"github.com/gostates/gostates/states"
)

// observerOf returns who watches the executions of an engine by its clock; nil for nobody.
func observerOf(clock Clock) virtual.Observer {
	if c, ok := clock.(virtual.Observed); ok {
		return c.Observer()
	}
	return nil
}

// observed tells the engine's observer of new events. x.mu is locked.
func (x *Execution) observed(events []states.Event) {
	if o := x.engine.observer; o != nil && len(events) > 0 {
		o.Recorded(x.identity.ARN, x.machine, events)
	}
}

// observeUse has the engine's observer told of what the step uses that is about to be taken.
// x.mu is locked.
func (x *Execution) observeUse() {
	if o := x.engine.observer; o != nil {
		x.interpreter.Observe(func(p states.Part) { o.Used(x.identity.ARN, x.machine, p) })
	}
}
