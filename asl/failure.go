package asl

// A Retrier says how often, and how far apart, an error is tried again. It holds
// no counters: those belong to the execution that is retrying.
// Implements the chapter "Retrying after error".
type Retrier struct {
	// ErrorEquals are the error names it stands for, matched exactly, save for
	// the wildcards States.ALL and States.TaskFailed.
	ErrorEquals []string
	// IntervalSeconds before the first retry; default 1.
	IntervalSeconds int64
	// MaxAttempts bounds the retries; default 3, and 0 never retries.
	MaxAttempts int64
	// BackoffRate multiplies the interval from one retry to the next; default 2.0.
	BackoffRate float64
	// MaxDelaySeconds caps the interval; 0 leaves it uncapped.
	MaxDelaySeconds int64
	// FullJitter draws each delay between zero and the computed one.
	FullJitter bool
	Comment    string
}

// A Catcher says where an execution goes on after an error.
// Implements the chapter "Fallback States".
type Catcher struct {
	// ErrorEquals are the error names it stands for, as in a Retrier.
	ErrorEquals []string
	// Next is never nil.
	Next State
	// Flow applies in place of the state's own; the Error Output is its result.
	Flow
	Comment string
}
