package conformance

import (
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/asl/value"
)

// A Case is one execution and what must come of it. Its fields are those of the
// JSON form, named there as in the comments; fields of the JSON that are not
// listed here (source, comment, ...) have no meaning.
//
// A Case is not changed by running it, and may be run by several goroutines.
type Case struct {
	// Name ("name") tells the case from others.
	Name string
	// Express ("type": "EXPRESS", default "STANDARD") says what kind of
	// execution it is. Express executions have no history to compare.
	Express bool
	// Sync ("sync") marks an Express execution whose caller waits for its end.
	Sync bool
	// Definition is the machine's text: "definition" as JSON or as a string, or
	// the file that "definition_file" names, next to the case's own.
	Definition string
	// Input ("input") is a JSON value; absent means {}.
	Input any
	// Tasks ("tasks") are the outcomes of the machine's tasks.
	Tasks []Task
	// Objects ("s3") are what an ItemReader can read: texts by their buckets and keys.
	Objects map[string]map[string]string
	// Stop ("stop") ends the execution from outside; nil leaves it alone.
	Stop *Stop
	// Redrives ("redrives") are the seconds after which the execution is redriven, the
	// first after its end, each other one after its end of then.
	Redrives []float64
	// Extensions ("extensions") reads the definition with what gostates adds to the
	// language. StopsWithoutCompensation ("stops_without_compensation") starts the
	// execution so that stops and timeouts undo nothing.
	Extensions, StopsWithoutCompensation bool
	// Start ("start", or "last_validated") is the moment the execution begins;
	// absent means DefaultStart.
	Start time.Time
	// Doubtful ("doubtful") keeps the case out of the count: it is run for its
	// own sake, and neither passes nor fails.
	Doubtful bool
	// Functions ("lambda_handlers") are the sources of functions whose outcomes
	// "tasks" leaves out; see TasksMissing.
	Functions map[string]string
	// TasksMissing ("tasks_missing") says that Tasks lacks outcomes. Functions
	// whose source is plain enough then stand in; see [Script].
	TasksMissing bool

	// Expect ("expect") is what must come of it.
	Expect Expect
}

// DefaultStart is when a case's execution begins if the case does not say.
var DefaultStart = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// Expect is what must come of an execution.
type Expect struct {
	// Status ("status") is required: SUCCEEDED, FAILED, TIMED_OUT or ABORTED, or
	// RUNNING when nothing is left that could happen.
	Status string
	// Output ("output") is required when it succeeds, and absent otherwise.
	Output    any
	HasOutput bool
	// Error and Cause ("error", "cause") must both be as given, absent ones
	// absent. A Cause that is no text was a JSON text, and compares parsed.
	Error, Cause       any
	HasError, HasCause bool

	// History ("history") are the events, in the form of AWS's
	// GetExecutionHistory without timestamps and with JSON texts parsed: each an
	// object with id, previousEventId, type and the type's details. A member
	// "<field>_raw": true beside a field says that its text was no JSON.
	// HasHistory is unset when there is none to compare.
	History    []*value.Object
	HasHistory bool
	// Unordered ("unordered_history") compares what led to each event rather
	// than ids and order: concurrent branches may come in any order.
	Unordered bool
	// Normalised ("history_ids_normalised") says that events inside a Parallel
	// state have id 0 there, and that its own ParallelStateSucceeded and
	// ParallelStateFailed are left out.
	Normalised bool
	// Outline is what is known of a history that isn't known whole, nil for nothing. Cases
	// of kind [Histories] have one.
	Outline *Outline
}

// A Task is one outcome of one task. Tasks answer the state they name in the
// order they stand; a case fails when one is left over, or when a state asks and
// none is left.
type Task struct {
	// State ("state") names the Task state. Function ("function") stands in its place: then
	// every state is answered that calls the function or the resource of this name and has
	// no outcome of its own left; see [Request.Names]. Of a function that lambda:invoke calls
	// Result is what the function returns. Approximate ("approximate") marks a
	// guess: then any state with the same Resource and Parameters is answered.
	State       string
	Function    string
	Approximate bool
	// Resource ("resource") is checked when given.
	Resource string
	// Parameters and Credentials ("parameters", "taskCredentials") are what the
	// task must be given, as AWS's history shows it; checked when present.
	Parameters     any
	HasParameters  bool
	Credentials    any
	HasCredentials bool
	// Times ("times") answers so many tries alike, by default 1; Always
	// ("always": true) answers any number, also none.
	Times  int
	Always bool

	// Worker ("worker") is who polls for an activity.
	Worker    string
	HasWorker bool
	// Idle ("idle") says that nobody takes the task up: it times out, or never
	// ends, without having begun.
	Idle bool
	// Submitted ("submitted") is what the first call of a task of the pattern
	// .sync or .waitForTaskToken returns.
	Submitted    any
	HasSubmitted bool
	// After ("after") is how long the work takes, in seconds; Heartbeats
	// ("heartbeats") are the seconds at which the task shows a sign of life.
	After      float64
	Heartbeats []float64

	// Outcome ("outcome") says how it ends.
	Outcome Outcome
	// Result ("result") is the output of a task that succeeds.
	Result any
	// Error and Cause ("error"; "cause_text" or "cause") are those of a task that
	// fails; absent ones are absent for the execution, too.
	Error, Cause       string
	HasError, HasCause bool

	// order is the place of its end among the ends of a recording, 0 for none.
	order int64
}

// Order is the task's place among those of a recording that end at the same moment; 0
// for none.
func (t *Task) Order() int64 { return t.order }

// silent reports whether the task never answers.
func (t *Task) silent() bool { return t.Outcome == TimesOut || t.Outcome == NeverEnds }

// An Outcome is how a task ends.
type Outcome string

// The outcomes. In JSON a task with "result" needs no "outcome", and one with
// "unfinished": true never ends.
const (
	Succeeds       Outcome = "succeed"
	Fails          Outcome = "fail"
	TimesOut       Outcome = "timeout"
	FailsToBegin   Outcome = "start_failed"
	FailsToSubmit  Outcome = "submit_failed"
	FailsToBeAsked Outcome = "schedule_failed"
	NeverEnds      Outcome = "unfinished"
)

// Stop ends an execution from outside, as StopExecution does.
type Stop struct {
	// After ("after") is when, in seconds after the start.
	After float64
	// Error and Cause ("error", "cause") may be absent.
	Error, Cause       string
	HasError, HasCause bool
	// Again ("again") stops it once more; nil for not.
	Again *Stop
}

// valid tells what an expectation lacks.
func (e *Expect) valid() error {
	switch e.Status {
	case "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "RUNNING":
		return nil
	case "":
		return errors.New(`"expect" has no status`)
	}
	return fmt.Errorf(`"expect" has the unknown status %q`, e.Status)
}

// valid tells what is missing or contradictory in a case, save for what is
// expected of it.
func (c *Case) valid() error {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if c.Name == "" {
		say("it has no name")
	}
	if c.Definition == "" {
		say("it has no definition")
	}
	for i := range c.Tasks {
		if err := c.Tasks[i].valid(); err != nil {
			say("tasks[%d]: %w", i, err)
		}
	}
	return errors.Join(problems...)
}

func (t *Task) valid() error {
	switch {
	case t.State == "" && t.Function == "":
		return errors.New("it has no state")
	case t.State != "" && t.Function != "":
		return errors.New("it has a state and a function: one of them answers")
	}
	switch t.Outcome {
	case Succeeds, Fails, TimesOut, FailsToBegin, FailsToSubmit, FailsToBeAsked, NeverEnds:
	case "":
		return errors.New(`it has neither "result", "outcome" nor "unfinished"`)
	default:
		return fmt.Errorf("it has the unknown outcome %q", t.Outcome)
	}
	if t.Idle && !t.silent() {
		return fmt.Errorf("it is idle, and yet its outcome is %q", t.Outcome)
	}
	return nil
}
