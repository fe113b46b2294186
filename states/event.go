package states

import "time"

// An EventID numbers the events of one execution, from 1 without gaps. 0 is no
// event.
type EventID int64

// An EventType is the type of a history event, by the name AWS gives it.
type EventType string

// The types of event that this package records.
const (
	ExecutionStarted   EventType = "ExecutionStarted"
	ExecutionSucceeded EventType = "ExecutionSucceeded"
	ExecutionFailed    EventType = "ExecutionFailed"
	ExecutionTimedOut  EventType = "ExecutionTimedOut"
	ExecutionAborted   EventType = "ExecutionAborted"
	ExecutionRedriven  EventType = "ExecutionRedriven"
	EvaluationFailed   EventType = "EvaluationFailed"

	// These belong to the extension of the language; AWS has none like them.
	CompensationStarted   EventType = "CompensationStarted"
	CompensationSucceeded EventType = "CompensationSucceeded"
	CompensationFailed    EventType = "CompensationFailed"

	PassStateEntered     EventType = "PassStateEntered"
	PassStateExited      EventType = "PassStateExited"
	ChoiceStateEntered   EventType = "ChoiceStateEntered"
	ChoiceStateExited    EventType = "ChoiceStateExited"
	SucceedStateEntered  EventType = "SucceedStateEntered"
	SucceedStateExited   EventType = "SucceedStateExited"
	FailStateEntered     EventType = "FailStateEntered"
	WaitStateEntered     EventType = "WaitStateEntered"
	WaitStateExited      EventType = "WaitStateExited"
	WaitStateAborted     EventType = "WaitStateAborted"
	TaskStateEntered     EventType = "TaskStateEntered"
	TaskStateExited      EventType = "TaskStateExited"
	TaskStateAborted     EventType = "TaskStateAborted"
	ParallelStateEntered EventType = "ParallelStateEntered"
	ParallelStateExited  EventType = "ParallelStateExited"
	MapStateEntered      EventType = "MapStateEntered"
	MapStateExited       EventType = "MapStateExited"

	TaskScheduled    EventType = "TaskScheduled"
	TaskStarted      EventType = "TaskStarted"
	TaskStartFailed  EventType = "TaskStartFailed"
	TaskSubmitted    EventType = "TaskSubmitted"
	TaskSubmitFailed EventType = "TaskSubmitFailed"
	TaskSucceeded    EventType = "TaskSucceeded"
	TaskFailed       EventType = "TaskFailed"
	TaskTimedOut     EventType = "TaskTimedOut"

	LambdaFunctionScheduled      EventType = "LambdaFunctionScheduled"
	LambdaFunctionScheduleFailed EventType = "LambdaFunctionScheduleFailed"
	LambdaFunctionStarted        EventType = "LambdaFunctionStarted"
	LambdaFunctionStartFailed    EventType = "LambdaFunctionStartFailed"
	LambdaFunctionSucceeded      EventType = "LambdaFunctionSucceeded"
	LambdaFunctionFailed         EventType = "LambdaFunctionFailed"
	LambdaFunctionTimedOut       EventType = "LambdaFunctionTimedOut"

	ActivityScheduled      EventType = "ActivityScheduled"
	ActivityScheduleFailed EventType = "ActivityScheduleFailed"
	ActivityStarted        EventType = "ActivityStarted"
	ActivitySucceeded      EventType = "ActivitySucceeded"
	ActivityFailed         EventType = "ActivityFailed"
	ActivityTimedOut       EventType = "ActivityTimedOut"

	ParallelStateStarted   EventType = "ParallelStateStarted"
	ParallelStateSucceeded EventType = "ParallelStateSucceeded"
	ParallelStateFailed    EventType = "ParallelStateFailed"
	ParallelStateAborted   EventType = "ParallelStateAborted"

	MapStateStarted       EventType = "MapStateStarted"
	MapStateSucceeded     EventType = "MapStateSucceeded"
	MapStateFailed        EventType = "MapStateFailed"
	MapStateAborted       EventType = "MapStateAborted"
	MapIterationStarted   EventType = "MapIterationStarted"
	MapIterationSucceeded EventType = "MapIterationSucceeded"
	MapIterationFailed    EventType = "MapIterationFailed"
	MapIterationAborted   EventType = "MapIterationAborted"

	MapRunStarted   EventType = "MapRunStarted"
	MapRunSucceeded EventType = "MapRunSucceeded"
	MapRunFailed    EventType = "MapRunFailed"
	MapRunAborted   EventType = "MapRunAborted"
	MapRunRedriven  EventType = "MapRunRedriven"

	// RetryScheduled is not an event of AWS's. It says when a failed state is
	// tried again, which AWS keeps to itself, and has no id: see Event.Hidden.
	RetryScheduled EventType = "RetryScheduled"
	// WaitScheduled is not an event of AWS's either, and hidden. It says until when
	// a Wait state waits that was redriven.
	WaitScheduled EventType = "WaitScheduled"
)

// An Event is one fact of an execution's history. Events are values, immutable
// once recorded; the JSON values inside are shared and must not be changed.
type Event struct {
	// ID is the event's number, 0 for a hidden event.
	ID EventID
	// PreviousID is the event that led to this one: each branch and each
	// iteration has a chain of its own.
	PreviousID EventID
	// At is the time of the input that caused the event.
	At time.Time
	// Type says what happened.
	Type EventType
	// Details says the rest; nil where AWS gives none.
	Details Details
	// Due is when the timer that this event announces fires: the end of a Wait
	// state on its WaitStateEntered or WaitScheduled, of a retry's delay on its
	// RetryScheduled.
	// It is recovery's own: AWS does not show it.
	Due time.Time
}

// Finish returns how the execution ended, if the event is its end; nil for any other
// event. An execution that timed out has no Failure, though its event names an error.
func (e *Event) Finish() *Finish {
	end := &Finish{Status: e.Type.Status()}
	switch end.Status {
	case "", StatusRunning:
		return nil
	case StatusTimedOut:
		return end
	}
	switch d := e.Details.(type) {
	case *OutputDetails:
		end.Output = d.Output
	case *FailureDetails:
		end.Failure = d.Failure
	}
	return end
}

// Hidden reports whether the event is in the log for recovery alone. Hidden
// events are stored and restored like any other, but are no part of the history
// that a user sees.
func (e *Event) Hidden() bool { return e.ID == 0 }
