package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	enums "go.temporal.io/api/enums/v1"
	sdk "go.temporal.io/sdk/temporal"
)

// An Execution is one execution of a state machine. It is safe for use by any number of
// goroutines.
type Execution struct {
	client   *Client
	identity engine.Identity
	run      string // of the workflow, from which others go on
}

// ARN returns the execution's ARN, which is the id of its workflow.
func (x *Execution) ARN() string { return x.identity.ARN }

// Name returns the execution's name.
func (x *Execution) Name() string { return x.identity.Name }

// Identity returns all that the execution is called.
func (x *Execution) Identity() engine.Identity { return x.identity }

// Wait returns the result of the execution, as soon as it has ended. When the execution did not
// succeed the error is an [*engine.ExecutionError], which tells the state in which it ended if a
// worker is there to ask; when ctx ends first it is ctx's, and the execution goes on.
func (x *Execution) Wait(ctx context.Context) (*engine.Result, error) {
	f, e, err := x.client.result(ctx, x.identity.ARN, x.run)
	if err != nil {
		return nil, err
	}
	if f.Status == states.StatusSucceeded {
		return engine.ResultOf(f.Output), nil
	}
	var took time.Duration
	ask, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	history, err := x.client.history(ask, x.identity.ARN)
	if err == nil && len(history) > 0 && e != nil {
		took = e.At.Sub(history[0].At)
	}
	return nil, engine.FailureOf(x.identity.ARN, f, history, took)
}

// Execution returns the execution of an ARN, to wait for it. Errors: [engine.ErrInvalidARN],
// [engine.ErrTypeNotSupported], [engine.ErrExecutionDoesNotExist] for one that Temporal doesn't
// know or no longer keeps, and those of the server.
func (c *Client) Execution(ctx context.Context, arn string) (*Execution, error) {
	if err := engine.CheckARN(arn); err != nil {
		return nil, err
	}
	s, err := c.server(ctx, arn)
	if err != nil {
		return nil, err
	}
	return &Execution{client: c, identity: engine.IdentityOf(arn), run: s.run}, nil
}

// A standing is how the server describes the latest run of a workflow.
type standing struct {
	run         string
	status      enums.WorkflowExecutionStatus
	start, stop time.Time
}

func (s *standing) running() bool { return s.status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING }

// server asks the server for an execution.
func (c *Client) server(ctx context.Context, arn string) (*standing, error) {
	answer, err := c.config.Client.DescribeWorkflowExecution(ctx, arn, "")
	if err != nil {
		return nil, known(arn, err)
	}
	i := answer.GetWorkflowExecutionInfo()
	s := &standing{run: i.GetExecution().GetRunId(), status: i.GetStatus(), start: milliseconds(i.GetStartTime().AsTime())}
	if i.GetCloseTime() != nil {
		s.stop = milliseconds(i.GetCloseTime().AsTime())
	}
	return s, nil
}

func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// firstArgument returns the argument that the latest run of an execution was started with.
func (c *Client) firstArgument(ctx context.Context, arn string) (*start, error) {
	events := c.config.Client.GetWorkflowHistory(ctx, arn, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !events.HasNext() {
		return nil, fmt.Errorf("%w: Execution Does Not Exist: '%s'", engine.ErrExecutionDoesNotExist, arn)
	}
	event, err := events.Next()
	if err != nil {
		return nil, known(arn, err)
	}
	var s start
	if err := c.config.DataConverter.FromPayloads(event.GetWorkflowExecutionStartedEventAttributes().GetInput(), &s); err != nil {
		return nil, fmt.Errorf("temporal: the argument of the workflow %s can't be read: %w", arn, err)
	}
	return &s, nil
}

// result waits for the end of an execution.
func (c *Client) result(ctx context.Context, arn, run string) (*states.Finish, *end, error) {
	var e end
	err := c.config.Client.GetWorkflow(ctx, arn, run).Get(ctx, &e)
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err == nil {
		f, err := e.finish()
		return f, &e, err
	}
	return endOf(known(arn, err))
}

// endOf returns how an execution ended by the error of its workflow, or an error that is not the
// execution's.
func endOf(err error) (*states.Finish, *end, error) {
	var e end
	if failed, ok := errors.AsType[*sdk.ApplicationError](err); ok {
		if failed.HasDetails() && failed.Details(&e) == nil && e.Status != "" {
			f, err := e.finish()
			return f, &e, err
		}
		return &states.Finish{Status: states.StatusFailed, Failure: states.Fail("States.Runtime", failed.Message())}, nil, nil
	}
	if canceled, ok := errors.AsType[*sdk.CanceledError](err); ok {
		if canceled.HasDetails() && canceled.Details(&e) == nil && e.Status != "" {
			f, err := e.finish()
			return f, &e, err
		}
		return &states.Finish{Status: states.StatusAborted}, nil, nil
	}
	if _, ok := errors.AsType[*sdk.TerminatedError](err); ok {
		return &states.Finish{Status: states.StatusAborted}, nil, nil
	}
	if _, ok := errors.AsType[*sdk.TimeoutError](err); ok {
		return &states.Finish{Status: states.StatusTimedOut}, nil, nil
	}
	return nil, nil, err
}

// DescribeExecution returns how a Standard execution stands: see
// [engine.Engine.DescribeExecution]. It needs no worker. A workflow that was terminated is
// ABORTED.
func (c *Client) DescribeExecution(ctx context.Context, arn string) (*engine.Description, error) {
	if err := engine.CheckARN(arn); err != nil {
		return nil, err
	}
	return c.describe(ctx, arn)
}

// describe describes an execution of either kind.
func (c *Client) describe(ctx context.Context, arn string) (*engine.Description, error) {
	at, err := c.server(ctx, arn)
	if err != nil {
		return nil, err
	}
	s, err := c.firstArgument(ctx, arn)
	if err != nil {
		return nil, err
	}
	d := s.describe(at.start)
	if at.running() {
		d.RedriveStatusReason = engine.WhyNotRedrivable(&d.Summary, 0, engine.Limits{}, c.Now())
		return d, nil
	}
	f, e, err := c.result(ctx, arn, at.run)
	if err != nil {
		return nil, err
	}
	d.Status, d.Failure, d.StopDate = f.Status, f.Failure, at.stop
	if f.Status == states.StatusSucceeded {
		d.Output = encode(f.Output)
	}
	var last states.EventID
	if e != nil {
		d.StopDate, last = e.At, e.Last
	}
	s.redrivable(d, last, c.Now())
	return d, nil
}

// describe describes an execution that runs.
func (s *start) describe(began time.Time) *engine.Description {
	d := &engine.Description{MapRunARN: s.MapRun, TraceHeader: s.Execution.TraceHeader, Input: s.Input, RedriveStatus: engine.NotRedrivable}
	if s.Execution.InputText != "" {
		d.Input = []byte(s.Execution.InputText)
	}
	d.Identity, d.Status, d.StartDate = identityOf(&s.Execution), states.StatusRunning, began
	if !s.Started.IsZero() {
		d.StartDate = s.Started
	}
	d.RedriveCount, d.RedriveDate = s.Redrives, s.RedriveDate
	return d
}

// redrivable says whether an execution that has ended can be redriven.
func (s *start) redrivable(d *engine.Description, last states.EventID, now time.Time) {
	limits := engine.Limits{Events: s.Options.MaxEvents, Standard: s.Options.MaxDuration}
	if d.RedriveStatusReason = engine.WhyNotRedrivable(&d.Summary, last, limits, now); d.RedriveStatusReason == "" {
		d.RedriveStatus = engine.Redrivable
	}
}
