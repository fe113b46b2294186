package engine

import "context"

// Why the context of a handler has ended: [context.Cause] returns one of these sentinels
// for it, within a [*JobAbortedError] when the task is a .sync one and its job is to be stopped;
// when the whole execution has ended, the [*ExecutionError] that Wait returns;
// when the engine is closed [ErrClosed]; and when the execution can't go on with this
// engine, the reason, such as [ErrConflict].
//
// The context's Err is context.DeadlineExceeded for the first two, and context.Canceled
// for all others.
var (
	// ErrTaskExpired says that the task ran longer than its TimeoutSeconds.
	ErrTaskExpired error = &taskEnd{"engine: the task ran longer than its TimeoutSeconds", context.DeadlineExceeded}
	// ErrHeartbeatMissed says that the task was not heard of for its HeartbeatSeconds.
	ErrHeartbeatMissed error = &taskEnd{"engine: the task sent no heartbeat within its HeartbeatSeconds", context.DeadlineExceeded}
	// ErrTaskAnswered says that the task has an answer: the handler has returned, or
	// somebody has sent the Task Token.
	ErrTaskAnswered error = &taskEnd{"engine: the task has been answered", context.Canceled}
	// ErrTaskCanceled says that the execution wants no answer of the task any more,
	// and goes on without: another branch of its Parallel or Map state has failed, the
	// state has run out of time, or the execution was stopped and undoes what it has
	// completed.
	ErrTaskCanceled error = &taskEnd{"engine: the execution goes on without the task", context.Canceled}
	// ErrHandlerReturned says that the handler has returned, and the task waits for its
	// Task Token alone.
	ErrHandlerReturned error = &taskEnd{"engine: the handler has returned", context.Canceled}
)

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
