package states

import "github.com/gostates/gostates/asl/value"

// Details are the facts of an event, one Go type for each shape that AWS has:
// *[StartedDetails], *[EnteredDetails], *[ExitedDetails], *[ScheduledDetails],
// *[ResourceDetails], *[OutputDetails], *[FailureDetails], *[WorkerDetails],
// *[LengthDetails], *[IterationDetails], *[MapRunDetails], *[EvaluationDetails],
// *[RedriveDetails], *[CompensationDetails], *[CompensationFailedDetails] and
// *[RetryDetails].
type Details interface {
	// append writes the members of the JSON object that AWS shows for an event of a type;
	// without data those that belong to the user are left out.
	append(w fieldWriter, t EventType, data bool) fieldWriter
}

// privateDetails are Details with members that AWS does not show, and recovery needs.
type privateDetails interface {
	Details
	private() []value.Member
}

// StartedDetails belong to ExecutionStarted.
type StartedDetails struct {
	Input any
	// RoleARN is what the execution says it runs as.
	RoleARN string
	// StateMachineVersionARN and StateMachineAliasARN name the version and the alias
	// that the execution was started by, if it was.
	StateMachineVersionARN, StateMachineAliasARN string
	// Execution and Seed are recovery's own: AWS does not show them.
	Execution Execution
	Seed      Seed
}

// EnteredDetails belong to the ...StateEntered events.
type EnteredDetails struct {
	Name  string
	Input any
}

// ExitedDetails belong to the ...StateExited events.
type ExitedDetails struct {
	Name   string
	Output any
	// Assigned are the variables that the state set, nil when it set none.
	Assigned *value.Object
	// Caught says that a Catcher led out of a state which can be undone: it has not
	// completed. It is recovery's own.
	Caught bool
}

// ScheduledDetails belong to TaskScheduled, LambdaFunctionScheduled and
// ActivityScheduled.
type ScheduledDetails struct {
	// ResourceType and Resource are the service and its action; a function or an
	// activity has its ARN in Resource and no ResourceType.
	ResourceType, Resource string
	// Region is set for TaskScheduled only.
	Region string
	// Parameters is what the task is given. AWS calls it "parameters" for
	// TaskScheduled and "input" for the others.
	Parameters any
	// TimeoutSeconds and HeartbeatSeconds are 0 when the state sets none.
	TimeoutSeconds, HeartbeatSeconds int64
	// Credentials are what the Credentials field evaluated to, nil without one.
	Credentials any
}

// ResourceDetails belong to TaskStarted.
type ResourceDetails struct {
	ResourceType, Resource string
}

// OutputDetails belong to TaskSucceeded, TaskSubmitted, LambdaFunctionSucceeded,
// ActivitySucceeded and ExecutionSucceeded. Only the Task events name a resource.
type OutputDetails struct {
	ResourceType, Resource string
	Output                 any
}

// FailureDetails belong to every event of a failure or a timeout:
// ExecutionFailed, ExecutionAborted, ExecutionTimedOut, MapRunFailed, TaskFailed and its kin.
// Only the Task events name a resource.
type FailureDetails struct {
	ResourceType, Resource string
	Failure
}

// WorkerDetails belong to ActivityStarted.
type WorkerDetails struct {
	Worker string
}

// LengthDetails belong to MapStateStarted.
type LengthDetails struct {
	Length int
}

// IterationDetails belong to the MapIteration events.
type IterationDetails struct {
	Name  string
	Index int
	// Failure is why a MapIterationFailed failed. It is recovery's own: AWS does
	// not show it.
	Failure Failure
}

// MapRunDetails belong to MapRunStarted and MapRunRedriven.
type MapRunDetails struct {
	// ARN is the Map Run's.
	ARN string
	// Redrives is how many times the run has been redriven, this time included; 0 in
	// MapRunStarted.
	Redrives int
}

// EvaluationDetails belong to EvaluationFailed.
type EvaluationDetails struct {
	Failure
	// Location is the field whose expression failed, such as
	// "Arguments/FunctionName"; empty when no single field is to blame.
	Location string
	// State is the name of the state.
	State string
}

// RedriveDetails belong to ExecutionRedriven.
type RedriveDetails struct {
	// Count is how many times the execution has been redriven, this time included.
	Count int
	// Token is [Redriven.Token]. It is not shown.
	Token string
}

// CompensationDetails belong to CompensationStarted.
type CompensationDetails struct {
	// State is the state whose failure is compensated, or that the execution was in
	// when it was stopped.
	State string
	// Failure is what is compensated.
	Failure
	// Extent says how much is undone, and Steps how many states that are.
	Extent Extent
	Steps  int
	// Entered is the entry into State.
	Entered EventID
	// Status is how the execution ends after it, if its extent is [UndoExecution].
	Status Status
	// Final, Limit and Heartbeat say what the failure can be matched by. They are
	// recovery's own.
	Final, Limit, Heartbeat bool
}

// CompensationFailedDetails belong to CompensationFailed.
type CompensationFailedDetails struct {
	// State is the state that could not be undone, and Handler the one that should
	// have undone it.
	State, Handler string
	// Failure is why it did not.
	Failure
	// Remaining are the names of the states that are still to be undone, State first,
	// in the order in which they would be. There are no more than 100.
	Remaining []string
}

// RetryDetails belong to the hidden RetryScheduled, whose PreviousID is the event
// that the failed state had come to.
type RetryDetails struct {
	// Name is the state that is tried again.
	Name string
	// Retrier is the position of the Retrier in the state's Retry.
	Retrier int
}
