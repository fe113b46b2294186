package engine

import "github.com/gostates/gostates/states"

// The types of package states that the signatures of this package have bear the same names
// here, so that a program which starts executions and looks at them imports engine alone.
// A program that names the types of events, or reads their details, imports states: their
// more than sixty names and sixteen structs would bury the engine's own.
type (
	// An Event is an entry of an execution's history, as [Engine.GetExecutionHistory]
	// returns them.
	Event = states.Event
	// An EventID is the number of an event in its history, from 1. [Engine.ForkExecution]
	// takes the one at which the fork begins.
	EventID = states.EventID
	// A Status says how an execution stands, for example "RUNNING".
	Status = states.Status
	// A Failure is an error name and a cause, as [Description] has them of an execution
	// that did not succeed.
	Failure = states.Failure
	// A Seed decides all that is random in an execution; [Seeded] sets it.
	Seed = states.Seed
)

// The statuses of executions.
const (
	StatusRunning   = states.StatusRunning   // it has not ended
	StatusSucceeded = states.StatusSucceeded // it has an output
	StatusFailed    = states.StatusFailed    // it has a Failure
	StatusTimedOut  = states.StatusTimedOut  // its machine's TimeoutSeconds were over
	StatusAborted   = states.StatusAborted   // it was stopped
)
