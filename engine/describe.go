package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A Summary is how an execution stands, as lists show it.
type Summary struct {
	Identity
	// Status is RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
	Status states.Status
	// StartDate and StopDate are in the time of the engine's clock; StopDate is
	// zero while the execution runs.
	StartDate, StopDate time.Time
	// RedriveCount is how often the execution was redriven, RedriveDate when last. In a
	// list they are zero unless [ListOptions.Redrives] asks for them.
	RedriveCount int
	RedriveDate  time.Time
	// ItemCount is how many items the child of a Map Run was given, in a list of its
	// children; else 0.
	ItemCount int64
}

// A Description is all there is to say of an execution but its history.
type Description struct {
	Summary
	// MapRunARN is the Map Run that the execution is a child of; empty for other executions.
	MapRunARN string
	// TraceHeader is that of [Traced].
	TraceHeader string
	// Input is the execution's input as JSON text: as it was given, if it was given as
	// JSON text.
	Input json.RawMessage
	// Output is set when the execution succeeded, as JSON text.
	Output json.RawMessage
	// Failure is set when it did not, as far as it has an error and a cause.
	Failure states.Failure
	// RedriveStatus says whether [Engine.RedriveExecution] can redrive it now;
	// when it can't, RedriveStatusReason says why, in AWS's words.
	RedriveStatus       RedriveStatus
	RedriveStatusReason string
	// Active is the state that a running execution is in, with those within it. It is empty
	// when it has ended, and when this release can't tell, as for one that was imported while
	// it ran.
	Active []ActiveState
}

// DescribeExecution returns how a Standard execution stands. Errors:
// [ErrExecutionDoesNotExist], [ErrInvalidARN], [ErrTypeNotSupported] for an
// Express execution, and a [*StoreError].
func (e *Engine) DescribeExecution(ctx context.Context, arn string) (*Description, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	return e.archive.describe(arn)
}

// describe says all there is to say. x.mu is locked.
func (x *Execution) describe() *Description {
	d := &Description{Summary: x.summary(), Input: value.Append(nil, x.input), TraceHeader: x.trace}
	if x.text != "" {
		d.Input = json.RawMessage(x.text)
	}
	if x.ofMapRun() {
		d.MapRunARN = x.parent.ARN
	}
	d.Active = x.active()
	if x.end != nil {
		d.Failure = x.end.Failure
		if x.end.Status == states.StatusSucceeded {
			d.Output = value.Append(nil, x.end.Output)
		}
	}
	return d
}

// summary says how the execution stands. x.mu is locked.
func (x *Execution) summary() Summary {
	s := Summary{Identity: x.identity, Status: states.StatusRunning, StartDate: x.startDate, StopDate: x.stopDate}
	if x.end != nil {
		s.Status = x.end.Status
	}
	return s
}
