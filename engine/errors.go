package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/internal/names"
	"github.com/gostates/gostates/engine/internal/tags"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// The conditions that the engine reports. Those that AWS knows, too, begin with
// its name for them.
var (
	// ErrClosed is returned for everything after Close, and for what can't be done while
	// Close drains the engine. A handler should return it, as it is or wrapped.
	ErrClosed = errors.New("engine: closed")
	// ErrExecutionAlreadyExists is returned for a name that another execution of
	// the machine has.
	ErrExecutionAlreadyExists = store.ErrExecutionAlreadyExists
	// ErrExecutionDoesNotExist is returned for an ARN that the engine doesn't
	// know, or no longer keeps.
	ErrExecutionDoesNotExist = store.ErrExecutionDoesNotExist
	// ErrExecutionRunning is returned for an execution that is to be deleted and has not
	// ended.
	ErrExecutionRunning = store.ErrExecutionRunning
	// ErrNotRedrivable is returned for an execution that can't be redriven; the
	// text says why.
	ErrNotRedrivable = errors.New("ExecutionNotRedrivable")
	// ErrRunsElsewhere is returned for an execution that was imported while it ran.
	ErrRunsElsewhere = errors.New("engine: the execution was imported while it ran, and belongs to whoever runs it")
	// ErrInvalidHistory is returned for a history that can't be imported.
	ErrInvalidHistory = errors.New("engine: the history can't be imported")
	// ErrInvalidName is returned for an execution or machine name that AWS
	// wouldn't take.
	ErrInvalidName = names.ErrInvalid
	// ErrInvalidARN is returned for a text that is not the ARN of what is asked for: an
	// execution, or a state machine.
	ErrInvalidARN = errors.New("InvalidArn")
	// ErrInvalidExecutionInput is returned for an input that is not JSON, or is
	// too large.
	ErrInvalidExecutionInput = errors.New("InvalidExecutionInput")
	// ErrTypeNotSupported is returned for what Express executions can't do.
	ErrTypeNotSupported = errors.New("StateMachineTypeNotSupported")
	// ErrInvalidOutput is returned for a task's output that is not JSON.
	ErrInvalidOutput = errors.New("InvalidOutput")
	// ErrInvalidToken is returned for a Task Token that is none of the engine's, or whose
	// execution is no longer kept.
	ErrInvalidToken = errors.New("InvalidToken: the Task Token is none of this engine's, or its execution is no longer kept")
	// ErrTaskDoesNotExist is returned for a Task Token that was used.
	ErrTaskDoesNotExist = errors.New("TaskDoesNotExist: the Task Token was used already")
	// ErrTooManyTags is returned for more tags than a state machine or an activity can have.
	ErrTooManyTags = tags.ErrTooMany
	// ErrTaskTimedOut is returned for a Task Token whose task is over without
	// it: it timed out, or its execution ended or went on elsewhere.
	ErrTaskTimedOut = errors.New("TaskTimedOut: the task is over, by a timeout or because its execution no longer waits for it")
	// ErrStateMachineDoesNotExist is returned when no registered machine, version or alias
	// is called what an execution is to be started by, or what package registry is asked
	// for.
	ErrStateMachineDoesNotExist = errors.New("StateMachineDoesNotExist")
	// ErrInvalidPage is returned for a next token that no earlier page gave, or
	// a page size out of range.
	ErrInvalidPage = store.ErrInvalidPage
)

// A TaskError is an error that a handler gives the name by which Retry and Catch
// match it.
//
// Any other error gets its name and cause in this way. The name is that of the first rule of
// [ErrorNames] that knows the error, if the handler is within such a middleware; else what its
// method ErrorName() string says, on the error or on one that it wraps; else the
// name of its Go type, as AWS Lambda names the errors of Go functions. The first
// type in the chain counts that was not made by fmt or errors just to wrap; if
// there is none it is "errorString". The cause is what Lambda would answer:
// {"errorMessage": the error's text, "errorType": the name}.
//
// An error that is context.DeadlineExceeded after the task's own deadline is a
// timeout: States.Timeout.
//
// A name is cut after 256 characters and a cause after 32,768, which are the bounds of
// [Engine.SendTaskFailure]; bytes that are no UTF-8 become U+FFFD.
type TaskError struct {
	// Name is the Error Name. Names that begin with "States." are reserved by
	// the specification; those defined there may be used.
	Name string
	// Cause explains it to people. Empty means absent.
	Cause string
	// Stage is how far the task had come, and decides the history event.
	Stage states.Stage
}

func (e *TaskError) Error() string { return joinNonEmpty(e.Name, e.Cause) }

// An ExecutionError says that an execution did not succeed.
type ExecutionError struct {
	// ARN is the execution's.
	ARN string
	// Status is FAILED, TIMED_OUT or ABORTED.
	Status states.Status
	// Name and Cause are the execution's Error Output, as far as it has one: a
	// machine's own timeout has neither.
	Name, Cause string
	// State is the name of the state in which the execution ended: the one that failed,
	// or the one that had the latest event when the execution was stopped or timed out.
	// Event is the id of that failure, or latest event, and Attempt counts the tries of
	// the state's task before, from 0. They are zero for an Express execution, which has
	// no history.
	State   string
	Event   states.EventID
	Attempt int
	// Duration is how long the execution took from its start to its end.
	Duration time.Duration

	doing string // what the state did when the execution was stopped or timed out
}

// Error says all of it, such as "engine: execution ARN TIMED_OUT after 365 days, while
// \"Ask\" waited for its Task Token". [ExecutionError.Message] is the cause alone.
func (e *ExecutionError) Error() string {
	text := fmt.Sprintf("engine: execution %s %s", e.ARN, e.Status)
	switch {
	case e.State == "":
	case e.doing != "":
		text += fmt.Sprintf(" after %s, while %q %s", lasted(e.Duration), e.State, e.doing)
	case e.Attempt > 0:
		text += fmt.Sprintf(" in state %q (event %d, attempt %d)", e.State, e.Event, e.Attempt)
	default:
		text += fmt.Sprintf(" in state %q (event %d)", e.State, e.Event)
	}
	if why := joinNonEmpty(e.Name, e.Cause); why != "" {
		text += ": " + why
	}
	return text
}

// Is has errors.Is tell by [ErrExecutionStopped] and [ErrExecutionTimedOut] how the execution ended.
func (e *ExecutionError) Is(target error) bool {
	switch e.Status {
	case states.StatusAborted:
		return target == ErrExecutionStopped
	case states.StatusTimedOut:
		return target == ErrExecutionTimedOut
	}
	return false
}

// joinNonEmpty joins an error name and a cause, either of which may be missing.
func joinNonEmpty(name, cause string) string {
	if name != "" && cause != "" {
		return name + ": " + cause
	}
	return name + cause
}
