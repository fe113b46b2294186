package states

import (
	"time"

	"github.com/gostates/gostates/asl"
)

// A Command is work that the interpreter wants done: one of *[InvokeTask],
// *[StartMapRun], *[StartTimer], *[Cancel] and *[Finish].
type Command interface {
	command() // sealed
}

// A TimerID names a timer by the event that announced it: the entry into a Wait
// state, the event a failed state had come to, or ExecutionStarted for the
// machine's own TimeoutSeconds.
type TimerID = EventID

// InvokeTask has a task done. Answer with [TaskReturned], [TaskErred] or
// [TaskExpired], naming its ID.
type InvokeTask struct {
	// ID is the task's Scheduled event, and names the task in every answer. It names
	// this try among all of the execution's, and stays the same after a restart.
	ID EventID
	// State is the state whose task it is.
	State *asl.Task
	// Input is the effective input, after Parameters.
	Input any
	// Credentials are what the Credentials field evaluated to, nil without one.
	Credentials any
	// Token is the Task Token of a task that waits for one, or for a job; empty for
	// others.
	Token string
	// Attempt counts the tries of this visit to the state, from 0; it is
	// $$.State.RetryCount.
	Attempt int
	// EnteredID is the event that entered the state.
	EnteredID EventID
	// Deadline is when the task must have ended; zero for no bound. At that
	// time, answer with TaskExpired.
	Deadline time.Time
	// Heartbeat is how long the task may be silent; 0 for no bound.
	Heartbeat time.Duration
	// Acknowledged is set after a restart when TaskAcknowledged was recorded
	// before it: the call was made and must not be made again.
	Acknowledged bool
}

// StartTimer asks for a [TimerFired] at or after a time.
type StartTimer struct {
	ID  TimerID
	Due time.Time
}

// Cancel withdraws a task, Map Run or timer whose answer no longer matters. Answers that
// come all the same are refused with [ErrStale].
type Cancel struct {
	ID EventID
}

// Finish says that the execution has ended. It is the last command, and withdraws
// whatever is still open.
type Finish struct {
	Status Status
	// Output is set when Status is Succeeded.
	Output any
	// Failure is set for the other statuses, as far as AWS sets it.
	Failure Failure
}

func (*InvokeTask) command()  {}
func (*StartMapRun) command() {}
func (*StartTimer) command()  {}
func (*Cancel) command()      {}
func (*Finish) command()      {}

// A Status is the state of a whole execution, by the name AWS gives it.
type Status string

// The statuses of an execution.
const (
	StatusRunning   Status = "RUNNING"
	StatusSucceeded Status = "SUCCEEDED"
	StatusFailed    Status = "FAILED"
	StatusTimedOut  Status = "TIMED_OUT"
	StatusAborted   Status = "ABORTED"
)

// A Failure is an Error Output: the error's name and its cause. Either may be
// absent, which is not the same as empty.
// Implements the chapter "Errors".
type Failure struct {
	Error, Cause       string
	HasError, HasCause bool
}

// Fail returns a Failure with both an error name and a cause.
func Fail(name, cause string) Failure {
	return Failure{Error: name, Cause: cause, HasError: true, HasCause: true}
}

// Effects are what a Step causes. The slices are good until the next Step.
type Effects struct {
	// Events go to the history, in order, before any command is performed.
	Events []Event
	// Commands are the work to do then, in order.
	Commands []Command
	// More is set when the execution has come far without having to wait, and can
	// go on by itself: call Step again, with whatever has happened meanwhile or
	// without inputs. An endless loop of states without tasks is stopped so, by
	// the timer that bounds the execution.
	More bool
}
