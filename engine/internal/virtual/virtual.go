// Package virtual is what package engine and the virtual clock of enginetest
// say to each other, and to nobody else.
package virtual

import (
	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// A Clock is one that moves when the engine has nothing left to do. An engine
// that finds its clock to be one calls its handlers one after the other, in the
// order their tasks were scheduled, so that a run is the same every time.
type Clock interface {
	// Busy adds n to the pieces of work under way: calls of the engine's API,
	// handlers, timers being served. Work hands over to work without the sum
	// becoming 0. With a negative n it may serve timers, and must not be called
	// with locks held.
	Busy(n int)
	// Waiting adds n to the goroutines that wait for an execution to end. With a
	// negative n it does nothing else, and may be called with locks held.
	Waiting(n int)
}

// A Parker is a handler's call. A handler finds its own in its context, under
// [Key], and parks while it waits for virtual time: parked it is no work under
// way, and the next handler may run.
type Parker interface {
	// Park reports false when the context has ended, and there is nothing to
	// wait for.
	Park() bool
	// Unpark makes the handler work under way again, before the goroutine that
	// waits is told to go on. It reports false when somebody else did.
	Unpark() bool
}

// Key is the context key of a [Parker].
type Key struct{}

// Observed is a clock that somebody watches executions by.
type Observed interface {
	// Observer returns who wants to be told of the executions of an engine that is made,
	// nil when nobody does.
	Observer() Observer
}

// An Observer is told what executions do. Its methods are called with an execution
// locked: they must not call the engine, and return soon.
type Observer interface {
	// Recorded is called with new events of an execution, hidden ones among them, before
	// anything that they announce is done. The machine is the one that the execution runs.
	Recorded(arn string, machine *asl.StateMachine, events []states.Event)
	// Used is called with a part of its machine that an execution uses.
	Used(arn string, machine *asl.StateMachine, part states.Part)
	// Closed is called when the engine is closed, without a lock. Close returns its error.
	Closed() error
}
