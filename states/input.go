package states

import "time"

// An Input is something that happens to an execution: one of [Started],
// [TaskBegan], [TaskAcknowledged], [TaskReturned], [TaskErred], [TaskExpired],
// [MapRunReturned], [MapRunErred], [TimerFired], [Stopped] and [Redriven]. Its At is when it
// happened, and the only clock the interpreter has; it must not go backwards from one Step to the next.
//
// The two that come most are taken by pointers as well: *TaskBegan and *TaskReturned. So a driver need
// not make an object for each. No input is kept.
type Input interface {
	input() // sealed
}

// A Seed is the execution's whole supply of chance: States.UUID,
// States.MathRandom, retry jitter and Task Tokens are drawn from it. Make it with
// crypto/rand: who knows it can compute the execution's Task Tokens.
type Seed [32]byte

// Execution is what an execution knows of itself: the Execution and StateMachine
// parts of the Context Object.
type Execution struct {
	ARN, Name, RoleARN                string
	StateMachineARN, StateMachineName string
	// StateMachineVersionARN and StateMachineAliasARN name what it was started by;
	// they are empty when it was not started by a version, or by an alias.
	StateMachineVersionARN, StateMachineAliasARN string
	// InputText is the text that the input was given as, where that is another one than the
	// value's own: AWS shows inputs byte for byte as they were sent.
	InputText string
	// TraceHeader is the X-Ray trace header that the execution was started with. This
	// package only keeps it.
	TraceHeader string
	// TraceContext is what who traces executions has kept with the start. This package only
	// keeps it, and AWS does not show it.
	TraceContext string
	// Region is what TaskScheduled events name.
	Region string
	// TokenSuffix ends every Task Token of the execution, so that who is given one can
	// tell whose it is. It may be empty.
	TokenSuffix string
	// SealedTokens says that each Task Token of the execution has a seal, by which its
	// [TokenKey] tells it from other texts. Executions that earlier releases started
	// have none.
	SealedTokens bool
	// WithoutRedriveCount leaves RedriveCount out of the Context Object, as AWS
	// does for synchronous Express executions.
	WithoutRedriveCount bool
	// StopsWithoutCompensation says that stopping the execution undoes nothing of
	// what it has completed, and running out of time neither.
	StopsWithoutCompensation bool
	// Parent is the task that started the execution. This package only keeps it.
	Parent Parent
	// TestCase is the test case of mocks that the execution is. This package only keeps it.
	TestCase string
}

// A Parent is the task of another execution by which an execution was started. The zero
// Parent is that of an execution which no task started.
type Parent struct {
	// ARN is the ARN of the other execution, and Task the event that scheduled the task.
	ARN  string
	Task EventID
	// Waits says that the task waits for the end of the execution.
	Waits bool
	// Depth counts the executions that the execution is nested in.
	Depth int
}

// Started begins an execution. It is the first input, and comes once.
type Started struct {
	At        time.Time
	Input     any
	Execution Execution
	Seed      Seed
}

// TaskBegan says that work on a task has begun: it records TaskStarted or
// ActivityStarted. It may be left out; any later input for the task implies it.
type TaskBegan struct {
	At   time.Time
	Task EventID
	// Worker names who polled for an activity, and may be empty.
	Worker string
}

// TaskAcknowledged says that a task of the pattern .sync or .waitForTaskToken
// was accepted, and what its first call returned: it records TaskSubmitted.
type TaskAcknowledged struct {
	At     time.Time
	Task   EventID
	Output any
}

// TaskReturned ends a task well.
type TaskReturned struct {
	At     time.Time
	Task   EventID
	Output any
}

// TaskErred ends a task with an error.
type TaskErred struct {
	At      time.Time
	Task    EventID
	Failure Failure
	// Stage is how far the task had come; the zero value is an error of the task
	// itself.
	Stage Stage
	// Final is set for an error that no Retrier and no Catcher gets: the execution fails
	// with it.
	Final bool
}

// A Stage is how far a task had come when it failed.
type Stage uint8

// The stages, in the order of the events they record.
const (
	Running    Stage = iota // TaskFailed
	Scheduling              // ...ScheduleFailed; Task events have none and use TaskStartFailed
	Starting                // ...StartFailed; Activity events have none and use ActivityScheduleFailed
	Submitting              // TaskSubmitFailed; the others have none and use ...Failed
)

// TaskExpired says that a task ran out of its TimeoutSeconds, or was silent for
// longer than its HeartbeatSeconds.
type TaskExpired struct {
	At   time.Time
	Task EventID
	// Heartbeat is set when it was silent for too long.
	Heartbeat bool
}

// MapRunReturned ends a Map Run well.
type MapRunReturned struct {
	At  time.Time
	Run EventID
	// Output is the state's result: an array of what the children came to, or what the
	// ResultWriter makes of it. One that is too large fails the run.
	Output any
}

// MapRunErred ends a Map Run with an error. As everywhere States.Runtime can't be caught,
// and States.DataLimitExceeded is no match for States.ALL.
type MapRunErred struct {
	At      time.Time
	Run     EventID
	Failure Failure
}

// TimerFired says that the time of a StartTimer command has come.
type TimerFired struct {
	At    time.Time
	Timer TimerID
}

// Stopped ends the execution from outside, as StopExecution does. An execution that has
// completed what can be undone ends when that is done, unless it
// [Execution.StopsWithoutCompensation]. One that is undoing because it is about to end
// fails, with States.CompensationFailed; but [ErrStale] is returned for the same Failure
// as that of the stop which had it undo. It is returned as well when an earlier input of the
// same Step has filled the history, or has the execution undone before it ends.
type Stopped struct {
	At      time.Time
	Failure Failure
}

func (Started) input()          {}
func (TaskBegan) input()        {}
func (TaskAcknowledged) input() {}
func (TaskReturned) input()     {}
func (TaskErred) input()        {}
func (TaskExpired) input()      {}
func (MapRunReturned) input()   {}
func (MapRunErred) input()      {}
func (TimerFired) input()       {}
func (Stopped) input()          {}
