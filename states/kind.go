package states

import (
	"fmt"

	"github.com/gostates/gostates/asl"
)

// A kind is what there is to know of a type of event: how its details are read, and how
// it changes an execution that is restored. How details are written is their own affair.
type kind struct {
	// read reads the details; nil for a type that has none.
	read func(in, own *logReader) Details
	// field is the member of an event's JSON that holds the details; "" names it after
	// the type.
	field string
	// fold applies the event to an execution that is restored, and returns why it can't.
	fold func(restorer, *Event) error
	// status is how the execution stands from here on, "" for as before.
	status Status
	// fails says that the event is a failure, a timeout or an abort of something.
	fails bool
}

// kinds are all types of event. A new type is a constant in event.go and a row here.
//
// It is filled by init, since restoring, which its rows lead to, asks it.
var kinds map[EventType]*kind

func init() {
	entered := kind{read: readEntered, field: "stateEnteredEventDetails", fold: with(restorer.entered)}
	exited := kind{read: readExited, field: "stateExitedEventDetails", fold: with(restorer.exited)}
	// What failed says all there is to know of what was aborted because of it.
	aborted := kind{fold: passed, fails: true}
	scheduled := kind{read: readScheduled, fold: with(restorer.scheduled)}
	succeeded := kind{read: readOutput, fold: restorer.task}
	failed := kind{read: readFailure, fold: restorer.task, fails: true}
	iteration := kind{read: readIteration, fold: with(restorer.iteration)}
	failedIteration := iteration
	failedIteration.fails = true

	kinds = map[EventType]*kind{
		ExecutionStarted:   {read: readStarted, fold: with(restorer.started), status: StatusRunning},
		ExecutionRedriven:  {read: readRedrive, fold: restorer.redriven, status: StatusRunning},
		ExecutionSucceeded: {read: readOutput, fold: restorer.finished, status: StatusSucceeded},
		ExecutionFailed:    {read: readFailure, fold: restorer.finished, status: StatusFailed, fails: true},
		ExecutionTimedOut:  {read: readFailure, fold: restorer.finished, status: StatusTimedOut, fails: true},
		ExecutionAborted:   {read: readFailure, fold: restorer.finished, status: StatusAborted, fails: true},
		EvaluationFailed:   {read: readEvaluation, fold: with(restorer.evaluation), fails: true},

		CompensationStarted:   {read: readCompensation, fold: with(restorer.compensating)},
		CompensationSucceeded: {fold: restorer.compensated},
		CompensationFailed:    {read: readCompensationFailed, fold: passed}, // the end follows

		PassStateEntered:     &entered,
		PassStateExited:      &exited,
		ChoiceStateEntered:   &entered,
		ChoiceStateExited:    &exited,
		SucceedStateEntered:  &entered,
		SucceedStateExited:   &exited,
		FailStateEntered:     {read: readEntered, field: entered.field, fold: entered.fold, fails: true},
		WaitStateEntered:     &entered,
		WaitStateExited:      &exited,
		WaitStateAborted:     &aborted,
		TaskStateEntered:     &entered,
		TaskStateExited:      &exited,
		TaskStateAborted:     &aborted,
		ParallelStateEntered: &entered,
		ParallelStateExited:  &exited,
		ParallelStateAborted: &aborted,
		MapStateEntered:      &entered,
		MapStateExited:       &exited,
		MapStateAborted:      &aborted,

		TaskScheduled:    &scheduled,
		TaskStarted:      {read: readResource, fold: restorer.task},
		TaskStartFailed:  &failed,
		TaskSubmitted:    &succeeded,
		TaskSubmitFailed: &failed,
		TaskSucceeded:    &succeeded,
		TaskFailed:       &failed,
		TaskTimedOut:     &failed,

		LambdaFunctionScheduled:      &scheduled,
		LambdaFunctionScheduleFailed: &failed,
		LambdaFunctionStarted:        {fold: restorer.task},
		LambdaFunctionStartFailed:    &failed,
		LambdaFunctionSucceeded:      &succeeded,
		LambdaFunctionFailed:         &failed,
		LambdaFunctionTimedOut:       &failed,

		ActivityScheduled:      &scheduled,
		ActivityScheduleFailed: &failed,
		ActivityStarted:        {read: readWorker, fold: restorer.task},
		ActivitySucceeded:      &succeeded,
		ActivityFailed:         &failed,
		ActivityTimedOut:       &failed,

		ParallelStateStarted:   {fold: forked(isParallel)},
		ParallelStateSucceeded: {fold: of(isParallel, restorer.joined)},
		ParallelStateFailed:    {fold: of(isParallel, restorer.forkFailed), fails: true},
		MapStateStarted:        {read: readLength, fold: forked(isMap)},
		MapStateSucceeded:      {fold: of(isMap, restorer.joined)},
		MapStateFailed:         {fold: of(isMap, restorer.forkFailed), fails: true},
		MapIterationStarted:    &iteration,
		MapIterationSucceeded:  &iteration,
		MapIterationFailed:     &failedIteration,
		MapIterationAborted:    {read: readIteration, fold: passed, fails: true},

		MapRunStarted:   {read: readMapRun, fold: with(restorer.runStarted)},
		MapRunRedriven:  {read: readMapRun, fold: with(restorer.runRedriven)},
		MapRunSucceeded: {fold: restorer.runSucceeded},
		MapRunFailed:    {read: readFailure, fold: with(restorer.runFailed), fails: true},
		MapRunAborted:   {fold: passed, fails: true},

		RetryScheduled: {read: readRetry, fold: with(restorer.retry)},
		WaitScheduled:  {fold: restorer.waiting},
	}
}

// with is the fold of events that have details of a type.
func with[D Details](fold func(restorer, *Event, D) error) func(restorer, *Event) error {
	return func(r restorer, e *Event) error {
		d, ok := e.Details.(D)
		if !ok {
			return fmt.Errorf("its details are %T", e.Details)
		}
		return fold(r, e, d)
	}
}

// of is the fold of events of a Parallel or Map state.
func of(state func(asl.State) bool, fold func(restorer, *Event, func(asl.State) bool) error) func(restorer, *Event) error {
	return func(r restorer, e *Event) error { return fold(r, e, state) }
}

// forked is the fold of the event that a Parallel or Map state has begun its children.
func forked(state func(asl.State) bool) func(restorer, *Event) error {
	return func(r restorer, e *Event) error {
		length := 0
		if d, ok := e.Details.(*LengthDetails); ok {
			length = d.Length
		}
		return r.forked(e, state, length)
	}
}

// passed is the fold of an event that tells nothing new.
func passed(restorer, *Event) error { return nil }

// Status is the status that an execution has from an event of this type on, "" when such
// an event leaves it as it is.
func (t EventType) Status() Status {
	if k := kinds[t]; k != nil {
		return k.status
	}
	return ""
}

// Fails reports whether an event of this type is a failure, a timeout or an abort of
// something, be it handled or not; the entry into a Fail state is among them.
func (t EventType) Fails() bool {
	k := kinds[t]
	return k != nil && k.fails
}

// detailsField names the member of an event's JSON that holds details of this type. A
// hidden event's have none.
func (t EventType) detailsField() string {
	if k := kinds[t]; k != nil && k.field != "" {
		return k.field
	}
	return string(t[0]|0x20) + string(t[1:]) + "EventDetails"
}
