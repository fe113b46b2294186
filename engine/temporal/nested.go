package temporal

import (
	"context"
	"errors"
	"fmt"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	enums "go.temporal.io/api/enums/v1"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// This file has the executions that tasks start. The activity of such a task finds the machine;
// the workflow starts the child, and is told by a signal that the child has ended, which reaches
// it in whatever run it is then.

// childOf returns the execution that a task starts.
func (d *driver) childOf(ctx context.Context, j *job, n engine.Nested) (*child, error) {
	parent := states.Parent{ARN: j.Execution.ARN, Task: j.ID, Waits: n.Waits, Depth: j.Depth + 1}
	b, err := d.BeginNested(ctx, d.config.Machines, d.serves, n, parent)
	if err != nil {
		return nil, err
	}
	s, err := d.argument(b)
	if err != nil {
		return nil, err
	}
	s.Tells = n.Waits || n.Sync
	return &child{Start: *s, Waits: s.Tells, Sync: n.Sync}, nil
}

// childOptions are those of a child of the execution.
func (x *execution) childOptions(s *start) workflow.ChildWorkflowOptions {
	return workflow.ChildWorkflowOptions{
		WorkflowID:            s.Execution.ARN,
		TaskQueue:             workflow.GetInfo(x.ctx).TaskQueueName,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		// The child outlives a run of this workflow. It is stopped by a signal.
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		TypedSearchAttributes: s.attributes(),
		StaticSummary:         s.Execution.Name,
	}
}

// startChild starts the execution that a task is to start.
func (x *execution) startChild(t *task, c *child) {
	id := t.command.ID
	s := &c.Start
	s.Started = x.time()
	resource := t.command.State.Resource.Text
	t.starting, t.waits = true, c.Waits
	if c.Waits && !t.byToken() {
		x.keepTime(t, x.time().Add(t.command.Heartbeat)) // the activity, which kept it, is over
	}
	f := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(x.ctx, x.childOptions(s)), executionWorkflow, s)
	x.selector.AddFuture(f.GetChildWorkflowExecution(), func(f workflow.Future) {
		t.starting = false
		err := f.Get(x.ctx, nil)
		if err == nil {
			t.child = s.Execution.ARN
		}
		if x.tasks[id] != t {
			x.forsake(t) // it ended while the child was started
			return
		}
		if err != nil {
			if _, ok := errors.AsType[*sdk.ChildWorkflowExecutionAlreadyStartedError](err); ok {
				err = fmt.Errorf("%w: Execution Already Exists: '%s'", engine.ErrExecutionAlreadyExists, s.Execution.ARN)
			}
			x.inbox = append(x.inbox, states.TaskErred{Task: id, Failure: engine.NestedFailure(resource, err)})
			return
		}
		started := engine.NestedStarted(engine.Task{Resource: resource, IdempotencyKey: engine.IdempotencyKey(x.start.Execution.ARN, id)}, t.child, s.Started)
		switch {
		case c.Sync:
		case c.Waits || t.byToken():
			x.inbox = append(x.inbox, states.TaskAcknowledged{Task: id, Output: started})
		default:
			x.inbox = append(x.inbox, states.TaskReturned{Task: id, Output: started})
		}
		if t.early != nil {
			x.childEnded(t.early)
		}
	})
	if !c.Waits {
		return
	}
	// The child tells its end, but for one that somebody has terminated.
	x.selector.AddFuture(f, func(f workflow.Future) {
		if d := abnormal(f.Get(x.ctx, nil), s); d != nil && x.tasks[id] == t {
			d.StopDate = x.time()
			x.childEnded(&ended{Task: id, Description: d})
		}
	})
}

// abnormal describes an execution whose workflow ended in a way that the execution itself can't
// tell; nil for any other end.
func abnormal(err error, s *start) *engine.Description {
	d := &engine.Description{Input: s.Input}
	d.Identity = identityOf(&s.Execution)
	if failed, ok := errors.AsType[*sdk.ApplicationError](err); ok && failed.Type() == brokenType {
		d.Status, d.Failure = states.StatusFailed, states.Fail("States.Runtime", failed.Message())
		return d
	}
	if _, ok := errors.AsType[*sdk.TerminatedError](err); ok {
		d.Status = states.StatusAborted
		return d
	}
	if _, ok := errors.AsType[*sdk.TimeoutError](err); ok {
		d.Status = states.StatusTimedOut
		return d
	}
	return nil
}

// childEnded takes the end of an execution that a task waits for.
func (x *execution) childEnded(e *ended) {
	t := x.tasks[e.Task]
	switch {
	case t == nil || e.Description == nil:
		return
	case t.starting:
		t.early = e
		return
	case t.child != e.Description.ARN:
		return
	}
	t.child = "" // there is nothing to stop any more
	output, failure := engine.NestedOutcome(t.command.State.Resource.Text, e.Description)
	if failure != nil {
		x.inbox = append(x.inbox, states.TaskErred{Task: e.Task, Failure: *failure})
		return
	}
	x.inbox = append(x.inbox, states.TaskReturned{Task: e.Task, Output: output})
}

// forsake stops the execution that a task waited for, if there is one.
func (x *execution) forsake(t *task) {
	if t.child != "" && t.waits {
		x.tell(t.child, stopSignal, engine.AbortedBy(x.start.Execution.ARN))
		t.child = ""
	}
}

// tellParent tells the task that waits for the end of the execution.
func (x *execution) tellParent() {
	if p := x.start.Execution.Parent; x.start.Tells {
		x.tell(p.ARN, endedSignal, ended{Task: p.Task, Description: x.describe()})
	}
}

// tell sends a signal to another workflow. One that has ended needs none.
func (x *execution) tell(id, signal string, message any) {
	x.tells++
	sent := workflow.SignalExternalWorkflow(x.ctx, id, "", signal, message)
	workflow.Go(x.ctx, func(ctx workflow.Context) {
		_ = sent.Get(ctx, nil)
		x.tells--
	})
}
