package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
)

// A Client starts executions on Temporal, and asks, stops and answers them, with the methods of
// an [engine.Engine]. Workers run them. It is safe for use by any number of goroutines, and holds
// nothing that must be closed but the SDK's client, which is its user's.
type Client struct{ *driver }

var _ engine.Executions = (*Client)(nil)

// NewClient returns a Client, or all that is wrong with the configuration.
func NewClient(c Config) (*Client, error) {
	d, err := newDriver(c)
	if err != nil {
		return nil, err
	}
	return &Client{d}, nil
}

// Now returns the time of the computer's clock, in UTC and to the millisecond.
func (c *Client) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// StartExecution starts an execution: see [engine.Engine.StartExecution], whose options and errors
// it has, but for [engine.Logging], which has no effect. It returns as soon as Temporal has the
// execution, whether a worker runs or not. An error of the server that is not one of package
// engine's is returned as it is; the execution may have started then: start it again by its name.
func (c *Client) StartExecution(ctx context.Context, machine *asl.StateMachine, input any, options ...engine.StartOption) (*Execution, error) {
	b, err := c.Begin(machine, c.serves, input, options...)
	if err != nil {
		return nil, err
	}
	return c.begin(ctx, b, false)
}

// StartOrGetExecution is [Client.StartExecution], but returns the execution that has the name
// already, whether it runs or has ended, with whatever input.
func (c *Client) StartOrGetExecution(ctx context.Context, machine *asl.StateMachine, input any, options ...engine.StartOption) (*Execution, error) {
	b, err := c.Begin(machine, c.serves, input, options...)
	if err != nil {
		return nil, err
	}
	return c.begin(ctx, b, true)
}

// StartExecutionFrom starts an execution of the machine that machines has for a reference: see
// [engine.Engine.StartExecutionFrom].
func (c *Client) StartExecutionFrom(ctx context.Context, machines engine.Machines, reference string, input any, options ...engine.StartOption) (*Execution, error) {
	b, err := c.BeginFrom(ctx, machines, c.serves, reference, input, options...)
	if err != nil {
		return nil, err
	}
	return c.begin(ctx, b, false)
}

// StartSyncExecution runs an Express execution to its end and returns its result: see
// [engine.Engine.StartSyncExecution]. When ctx ends first the execution goes on, up to five
// minutes.
func (c *Client) StartSyncExecution(ctx context.Context, machine *asl.StateMachine, input any, options ...engine.StartOption) (*engine.Result, error) {
	x, err := c.StartExecution(ctx, machine, input, append(options, engine.Express)...)
	if err != nil {
		return nil, err
	}
	return x.Wait(ctx)
}

// begin starts the workflow of an execution.
func (c *Client) begin(ctx context.Context, b *engine.Beginning, gets bool) (*Execution, error) {
	s, err := c.argument(b)
	if err != nil {
		return nil, err
	}
	arn := s.Execution.ARN
	run, err := c.config.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       arn,
		TaskQueue:                                c.config.TaskQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    s.attributes(),
		StaticSummary:                            s.Execution.Name,
	}, executionWorkflow, s)
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return c.existing(ctx, arn, b, gets)
	}
	if err != nil {
		return nil, err
	}
	return &Execution{client: c, identity: identityOf(&s.Execution), run: run.GetRunID()}, nil
}

// existing returns the execution that has the ARN of one that was to be started, if it runs with
// an equal input, or whatever it is.
func (c *Client) existing(ctx context.Context, arn string, b *engine.Beginning, whatever bool) (*Execution, error) {
	x, err := c.Execution(ctx, arn)
	if err != nil || whatever {
		return x, err
	}
	d, err := c.server(ctx, arn)
	if err != nil {
		return nil, err
	}
	first, err := c.firstArgument(ctx, arn)
	if err != nil {
		return nil, err
	}
	input, err := parse(first.Input)
	if err == nil && d.running() && value.Equal(input, b.Started.Input) {
		return x, nil
	}
	return nil, fmt.Errorf("%w: Execution Already Exists: '%s'", engine.ErrExecutionAlreadyExists, arn)
}

// StopExecution ends an execution that runs: see [engine.Engine.StopExecution]. It returns when
// Temporal has the request; the execution ends when a worker takes it. Stopping one that has ended
// does nothing.
func (c *Client) StopExecution(ctx context.Context, arn, name, cause string) error {
	if err := engine.CheckARN(arn); err != nil {
		return err
	}
	failure, err := engine.NewFailure(name, cause)
	if err != nil {
		return err
	}
	err = c.signal(ctx, arn, stopSignal, failure)
	if errors.Is(err, engine.ErrExecutionDoesNotExist) {
		if _, existed := c.server(ctx, arn); existed == nil {
			return nil // it has ended
		}
	}
	return err
}

// RedriveExecution goes on with an execution that failed, timed out or was stopped: see
// [engine.Engine.RedriveExecution], whose errors it has. The execution goes on in another run of
// the same workflow. A worker must be there, which tells the history.
func (c *Client) RedriveExecution(ctx context.Context, arn string) (*Execution, error) {
	d, err := c.DescribeExecution(ctx, arn)
	if err != nil {
		return nil, err
	}
	if d.RedriveStatus != engine.Redrivable {
		return nil, fmt.Errorf("%w: %s: '%s'", engine.ErrNotRedrivable, d.RedriveStatusReason, arn)
	}
	history, err := c.history(ctx, arn)
	if err != nil {
		return nil, err
	}
	s, err := c.firstArgument(ctx, arn)
	if err != nil {
		return nil, err
	}
	if s, err = redriven(s, d.StartDate, history, c.Now()); err != nil {
		return nil, err
	}
	run, err := c.config.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       arn,
		TaskQueue:                                c.config.TaskQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    s.attributes(),
	}, executionWorkflow, s)
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return nil, fmt.Errorf("%w: Execution is RUNNING and cannot be redriven: '%s'", engine.ErrNotRedrivable, arn)
	}
	if err != nil {
		return nil, err
	}
	return &Execution{client: c, identity: identityOf(&s.Execution), run: run.GetRunID()}, nil
}

// The search attributes of executions, besides those that Temporal has itself.
var (
	machineAttribute = sdk.NewSearchAttributeKeyKeyword("GostatesMachine")
	statusAttribute  = sdk.NewSearchAttributeKeyKeyword("GostatesStatus")
	mapRunAttribute  = sdk.NewSearchAttributeKeyKeyword("GostatesMapRun")
)

// attributes returns the search attributes that an execution starts with.
func (s *start) attributes() sdk.SearchAttributes {
	if !s.Attributes {
		return sdk.SearchAttributes{}
	}
	all := []sdk.SearchAttributeUpdate{machineAttribute.ValueSet(s.Execution.StateMachineARN)}
	if s.MapRun != "" {
		all = append(all, mapRunAttribute.ValueSet(s.MapRun))
	}
	return sdk.NewSearchAttributes(all...)
}
