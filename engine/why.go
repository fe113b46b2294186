package engine

import "context"

// Why the context of a handler has ended: [context.Cause] returns one of these sentinels
// for it; when the whole execution has ended, the [*ExecutionError] that Wait returns;
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

// A taskEnd is why a context has ended, and the error of package context that says so.
type taskEnd struct {
	text string
	err  error
}

func (t *taskEnd) Error() string { return t.text }

// Unwrap returns what the context's Err is.
func (t *taskEnd) Unwrap() error { return t.err }
