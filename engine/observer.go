package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// An Observer watches the executions of an engine, to trace or to measure them. Packages
// opentelemetry and prometheus have one each; [Config.Observers] takes any number.
//
// What executions do is in their events, so an Observer is told of these: that an execution
// has started, ended or was redriven, that a state was entered or left, that a task was
// scheduled, has begun or has ended, that a Map Run was opened or closed. Events are told
// after they are recorded, with a Store after they are durable, each of them once by one
// engine. An engine whose process is killed may have recorded events that it has told
// nobody; those are in [Observed.History] when the next engine takes the execution up.
//
// The engine holds no lock while it calls an Observer or a Follower. Executions wait for them,
// so they return soon, and they must not call the engine for the execution that they are told
// of. Observers cost nothing where there are none.
type Observer interface {
	// Follow returns who is told of an execution from now on; nil for nobody. Follow is
	// called when an execution starts, and when one that a Store kept comes into memory
	// because it has something to do: after a restart, after it has waited, or for a
	// redrive. Several goroutines call it at a time.
	Follow(x Observed) Follower
}

// A Tracer is an Observer that has a text of its own kept with the start of each execution,
// such as the trace that the execution belongs to, so that it is there after a restart. An
// engine takes one Tracer at most.
type Tracer interface {
	Observer
	// Trace returns the text that is kept with the start of an execution. Follow finds it in
	// [Observed.TraceContext]. ctx has the values of the context of the call that starts the
	// execution: of a program's own, or of the handler or Map Run that the execution is a
	// child of. Trace is called before Follow, and in vain when nothing is started.
	Trace(ctx context.Context, x Observed) string
}

// A Brief is an Observer to which a part of [Observed.History] tells as much as all of it. With no other
// Observers an engine takes up an execution with a long history without reading all of it, as it does
// without any, if the Store has a [store.Tailer].
type Brief interface {
	Observer
	// Lookback is how long before the last event of a History what has ended is of interest. History
	// may lack events behind its ExecutionStarted then: those of states of the machine's own chain,
	// not of a branch or an iteration, that were left longer ago. What it does have begins with the
	// entry into such a state, the ids tell how much is missing, and nothing is missing of an execution
	// that was redriven. With a Lookback of 0 or less, only what is under way is of interest. The
	// Lookback of an Observer is always the same.
	Lookback() time.Duration
}

// lookback returns the longest Lookback of Observers, and whether all of them are Brief.
func lookback(observers []Observer) (longest time.Duration, brief bool) {
	for _, o := range observers {
		b, ok := o.(Brief)
		if !ok {
			return 0, false
		}
		longest = max(longest, b.Lookback())
	}
	return longest, true
}

// Observed is an execution that an [Observer] may follow.
type Observed struct {
	// Identity is what the execution is called.
	Identity
	// Definition is the machine that it runs; nil when the engine can't read it, and stops the
	// execution for that reason.
	Definition *asl.StateMachine
	// Express says that it is an Express execution.
	Express bool
	// Parent is the task that started the execution, or the Map Run whose child it is; the
	// zero Parent when neither did.
	Parent states.Parent
	// TraceHeader is that of [Traced].
	TraceHeader string
	// TraceContext is what the engine's Tracer has had kept with the start.
	TraceContext string
	// History is what was recorded before, hidden events included; empty for an execution that
	// starts. A fork begins with the events that it has copied. Where all Observers are [Brief] it
	// may lack the events of states that were left before. It must not be changed.
	History []states.Event
	// Restored says that the whole History was recorded before this engine was opened, by one
	// that may have been killed before it told its Observers all of it.
	Restored bool
}

// A Follower is told what one execution does.
type Follower interface {
	// Recorded is told of new events, hidden ones included, in the order in which they were
	// recorded; calls come one after the other. ctx has the values of the context of the call
	// that caused them, such as StartExecution, SendTaskSuccess, RedriveExecution or
	// StopExecution; it is an empty context where no call of the engine's API did. Of a fork,
	// the first event told is its ExecutionStarted, although History has it.
	// The events must not be changed.
	Recorded(ctx context.Context, events []states.Event)
	// Begin is told that some work of the execution begins in this process: the handler of a
	// task is about to be called, or a Map Run to start children. The handler and the
	// starts of the children get the context that Begin returns, which is ctx or derived from
	// it. The function that Begin returns is called once when the handler has returned,
	// with its error, or when the Map Run needs no more children or is left to the next
	// engine. It may be nil. Begin is called on any goroutine, after Recorded was told of the
	// event of the work or History had it. A task's handler is called again after a restart.
	Begin(ctx context.Context, work Work) (context.Context, func(error))
}

// Work is what an execution has somebody do: a handler, or the children of a Map Run.
type Work struct {
	// Event is the event that scheduled the task or opened the Map Run, and At its time.
	Event states.EventID
	At    time.Time
	// State is the name of the state.
	State string
	// Task is the task that the handler is called for; the zero Task for a Map Run.
	Task Task
	// MapRunARN is the ARN of the Map Run; empty for a task.
	MapRunARN string
}

// checkObservers returns what is wrong with the Observers of a configuration.
func checkObservers(observers []Observer) error {
	tracers := 0
	for i, o := range observers {
		if isNil(o) {
			return fmt.Errorf("engine: Config.Observers[%d] is nil", i)
		}
		if _, ok := o.(Tracer); ok {
			tracers++
		}
	}
	if tracers > 1 {
		return errors.New("engine: Config.Observers has more than one Tracer: an execution keeps the text of one")
	}
	return nil
}
