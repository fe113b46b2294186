package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/gostates/gostates/states"
)

// Why the context of a handler has ended: errors.Is tells it of the error that [context.Cause]
// returns, by the sentinels below.
//
//	ErrTaskExpired            the task ran longer than its TimeoutSeconds
//	ErrHeartbeatMissed        the task sent no heartbeat within its HeartbeatSeconds
//	ErrExecutionTimedOut      the whole execution has run out of time
//	ErrExecutionStopped       somebody has stopped the execution
//	ErrSiblingFailed          another branch or iteration of the execution has failed
//	ErrClosed                 the engine closes; another one may call the handler again
//	ErrTaskAnswered           the task has an answer
//	ErrHandlerReturned        the handler has returned, and the task waits for its Task Token
//	another error             the execution can't go on with this engine: [store.ErrConflict], for example
//
// When the execution has ended by it, the cause has the [*ExecutionError] that Wait returns, too,
// for errors.As; when the execution goes on without the task, because it catches the failure or
// undoes what it has completed, the cause is ErrTaskCanceled as well. The cause is within a
// [*JobAbortedError] when the task is a .sync one and its job is to be stopped.
//
// The context's Err is context.DeadlineExceeded for the first two, and context.Canceled
// for all others. A handler learns that the engine is about to close before its context ends: see
// [Closing].
var (
	// ErrTaskExpired says that the task ran longer than its TimeoutSeconds.
	ErrTaskExpired error = &taskEnd{"engine: the task ran longer than its TimeoutSeconds", context.DeadlineExceeded}
	// ErrHeartbeatMissed says that the task was not heard of for its HeartbeatSeconds.
	ErrHeartbeatMissed error = &taskEnd{"engine: the task sent no heartbeat within its HeartbeatSeconds", context.DeadlineExceeded}
	// ErrExecutionTimedOut says that the whole execution has run out of time. An
	// [*ExecutionError] whose Status is TIMED_OUT is one.
	ErrExecutionTimedOut error = &taskEnd{"engine: the execution has run out of time", context.Canceled}
	// ErrExecutionStopped says that somebody has stopped the execution, or the parent that waits
	// for it. An [*ExecutionError] whose Status is ABORTED is one.
	ErrExecutionStopped error = &taskEnd{"engine: the execution was stopped", context.Canceled}
	// ErrSiblingFailed says that another branch of the Parallel state or another iteration of the
	// Map state around the task has failed, or the whole execution has, as it does beyond its
	// number of events.
	ErrSiblingFailed error = &taskEnd{"engine: another branch or iteration of the execution has failed", context.Canceled}
	// ErrTaskAnswered says that the task has an answer: the handler has returned, or
	// somebody has sent the Task Token.
	ErrTaskAnswered error = &taskEnd{"engine: the task has been answered", context.Canceled}
	// ErrTaskCanceled says that the execution wants no answer of the task any more,
	// and goes on without.
	ErrTaskCanceled error = &taskEnd{"engine: the execution goes on without the task", context.Canceled}
	// ErrHandlerReturned says that the handler has returned, and the task waits for its
	// Task Token alone.
	ErrHandlerReturned error = &taskEnd{"engine: the handler has returned", context.Canceled}
)

// An endedBy is what has become of a task, ErrTaskCanceled or an *ExecutionError, and by what.
type endedBy struct{ end, by error }

// Error says both, unless the end says it all.
func (e *endedBy) Error() string {
	if errors.Is(e.end, e.by) {
		return e.end.Error()
	}
	return e.end.Error() + ": " + strings.TrimPrefix(e.by.Error(), "engine: ")
}

// Unwrap returns both.
func (e *endedBy) Unwrap() []error { return []error{e.end, e.by} }

// canceledBy returns why the contexts end of tasks that an execution does without. by is the
// sentinel of what brought it about, and end is how the execution has ended, nil while it goes
// on. x.mu is locked.
func (x *Execution) canceledBy(by error, end *states.Finish) error {
	if end == nil {
		return &endedBy{ErrTaskCanceled, by}
	}
	switch end.Status {
	case states.StatusSucceeded:
		return ErrTaskCanceled // such as one that a Map state's ToleratedFailureCount leaves over
	case states.StatusFailed:
		return &endedBy{x.failure(end), by}
	}
	return x.failure(end)
}

// Closing returns a channel that is closed when the engine that called the handler to which ctx was
// given begins to close, by [Engine.Close] or [Engine.Shutdown]; nil for any other context. The
// handler may go on: its answer counts as long as its context has not ended. One that has a long
// way to go may note how far it has come and return ErrClosed, as it is or wrapped, which leaves
// the task to the next engine on the Store at once. Without a Store there is no next one, and
// ErrClosed is an error as any other.
func Closing(ctx context.Context) <-chan struct{} {
	if e := EngineFrom(ctx); e != nil {
		return e.leaving
	}
	return nil
}

// A JobAbortedError is why the context of the handler of a .sync task has ended when nobody
// waits any more for the job that the handler has started: the task ran out of time or was
// canceled, or its execution ended without it. A handler that can stop its job stops it then,
// with this error's text as the reason, as AWS does:
//
//	case <-ctx.Done():
//		if aborted, ok := errors.AsType[*engine.JobAbortedError](context.Cause(ctx)); ok {
//			jobs.Stop(context.WithoutCancel(ctx), id, aborted.Error())
//		}
//		return nil, ctx.Err()
//
// An engine that closes leaves the job to go on: the handler is called again by the next one.
// One that was killed, and is opened when the task is out of time already, calls no handler.
type JobAbortedError struct {
	// ExecutionARN is the ARN of the task's execution.
	ExecutionARN string
	// Err is the sentinel or the [*ExecutionError] that the cause would be without a job.
	Err error
}

// Error returns the sentence that AWS gives to a job that it stops, such as the stoppedReason of
// an ECS task. Reported as measured by one person.
func (e *JobAbortedError) Error() string { return abortCause(e.ExecutionARN) }

// Unwrap returns Err.
func (e *JobAbortedError) Unwrap() error { return e.Err }

// A taskEnd is why a context has ended, and the error of package context that says so.
type taskEnd struct {
	text string
	err  error
}

func (t *taskEnd) Error() string { return t.text }

// Unwrap returns what the context's Err is.
func (t *taskEnd) Unwrap() error { return t.err }
