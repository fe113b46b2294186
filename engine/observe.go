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

// observeDecisions has the engine's observer told of the decisions of the step that is about
// to be taken. x.mu is locked.
func (x *Execution) observeDecisions() {
	if o := x.engine.observer; o != nil && x.interpreter != nil {
		machine := x.machine
		x.interpreter.Observe(func(d states.Decision) { o.Decided(machine, d) })
	}
}
