// Package states is the meaning of Amazon States Language: the specification's
// interpreter, without anything around it.
//
// An [Interpreter] is one execution. It is given inputs (the execution was
// started, a task answered, a timer fired) and returns what they cause: events,
// which are the execution's history, and commands, the work to be done once the
// history is safe.
//
//	it := states.New(machine, states.Options{})
//	fx, err := it.Step(states.Started{At: now, Input: input, Seed: seed})
//	// store fx.Events, then perform fx.Commands
//
// The package does nothing itself. It has no clock, no randomness, no I/O and no
// goroutine: time and chance come in as data, so the same inputs give the same
// events on every machine. The history is all that has to be kept: [Restore]
// makes the same interpreter from it again.
//
// Where things stand:
//
//	inputs, commands, events           input.go, command.go, event.go, details.go
//	the loop over states               interpreter.go, thread.go
//	each state's meaning               pass.go, task.go, choice.go, wait.go,
//	                                   parallel.go, map.go, end.go
//	Map Runs                           maprun.go, distributed.go
//	Input and Output Processing        dataflow.go, query.go for $states
//	the Context Object, variables      context.go, scope.go
//	Retry, Catch and what can't be     failure.go
//	undoing what was completed         compensate.go, unwind.go
//	the fold that restores             restore.go, restore_fork.go, restore_maprun.go,
//	                                   restore_compensation.go
//	going on after a failure           redrive.go
//	where an execution stands, as bytes snapshot*.go
//	one state alone, for TestState     trial.go
//	what an execution uses             part.go
//	what each type of event is         kind.go
//	events as JSON                     json.go, log.go, history.go
package states
