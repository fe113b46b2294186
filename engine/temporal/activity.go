package temporal

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"go.temporal.io/sdk/activity"
	sdk "go.temporal.io/sdk/temporal"
)

// lacksType is the type of the error of an activity for whose resource the worker has no handler.
// Temporal tries again, as another worker may have one.
const lacksType = "gostates.NoHandler"

// doTask is the activity of a task: it calls the task's handler.
func (d *driver) doTask(ctx context.Context, j job) (*answer, error) {
	l := &life{ctx: ctx}
	w, err := d.workOf(l, &j)
	if err != nil {
		return nil, err
	}
	var started *child
	w.Start = func(ctx context.Context, n engine.Nested) (_ any, err error) {
		started, err = d.childOf(ctx, &j, n)
		return nil, err
	}
	if isNil(d.config.Machines) {
		w.Start = nil
	}
	// The handler's context ends with the cause, and not before that is known.
	within, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(engine.ErrTaskAnswered)
	if !j.Deadline.IsZero() {
		var done context.CancelFunc
		within, done = context.WithDeadlineCause(within, j.Deadline, d.ended(w, engine.ErrTaskExpired))
		defer done()
	}
	stop := context.AfterFunc(ctx, func() { cancel(d.whyOver(ctx, w)) })
	defer stop()
	if !j.Beats {
		defer l.beat()()
	}
	done := w.Do(within, d.config.Resolver)
	if errors.Is(context.Cause(within), engine.ErrClosed) && done.Err != nil {
		done.Err = errors.Join(engine.ErrClosed, done.Err)
	}
	if started != nil && done.Failure == nil {
		return &answer{Child: started}, nil
	}
	return answered(&j, &done)
}

// answered returns what the activity of a task returns that came to an answer.
func answered(j *job, done *engine.TaskAnswer) (*answer, error) {
	switch {
	case done.Failure == nil:
		return &answer{Output: encode(done.Output)}, nil
	case errors.Is(done.Err, activity.ErrResultPending):
		return nil, activity.ErrResultPending
	case done.Lacks:
		return nil, sdk.NewApplicationError(done.Failure.Cause, lacksType)
	case errors.Is(done.Err, engine.ErrClosed):
		return nil, sdk.NewApplicationError("the worker stops", "gostates.WorkerStopped") // another one does the task
	}
	return nil, taskError(j, done)
}

// workOf makes of a job what an engine would make of the task.
func (d *driver) workOf(l *life, j *job) (*engine.TaskCall, error) {
	ctx := l.ctx
	input, err := parse(j.Input)
	if err != nil {
		return nil, err
	}
	var credentials any
	if j.Credentials != nil {
		if credentials, err = parse(j.Credentials); err != nil {
			return nil, err
		}
	}
	w := &engine.TaskCall{
		Task: engine.Task{
			Resource: j.Resource, State: j.State, Input: input, Credentials: credentials, Token: j.Token, Attempt: j.Attempt,
			IdempotencyKey: engine.IdempotencyKey(j.Execution.ARN, j.ID), Deadline: j.Deadline, TestCase: j.TestCase, Execution: j.Execution,
		},
		Resource: asl.ParseResource(j.Resource), Function: j.Function, Payload: j.Payload, Executions: d.executions(),
	}
	tell := func(p progress) error {
		if ctx.Err() != nil {
			return engine.ErrTaskTimedOut
		}
		p.Task = j.ID
		err := d.signal(ctx, j.Execution.ARN, progressSignal, p)
		if errors.Is(err, engine.ErrExecutionDoesNotExist) {
			return engine.ErrTaskTimedOut
		}
		return err
	}
	w.Task.Acknowledged = activity.HasHeartbeatDetails(ctx)
	l.acknowledged.Store(w.Task.Acknowledged)
	w.Heartbeat = func() error {
		if ctx.Err() != nil {
			return engine.ErrTaskTimedOut
		}
		l.heartbeat()
		return nil
	}
	w.Acknowledge = func(output any) error {
		if err := tell(progress{Output: encode(output)}); err != nil {
			return err
		}
		l.acknowledged.Store(true)
		l.heartbeat()
		return nil
	}
	w.Complete = func(delay time.Duration, accepted, output any) error {
		if l.acknowledged.Load() {
			return engine.ErrTaskTimedOut
		}
		if err := tell(progress{Output: encode(accepted), Later: &later{After: delay, Output: encode(output)}}); err != nil {
			return err
		}
		l.acknowledged.Store(true)
		l.heartbeat()
		return nil
	}
	w.Began = func(worker string) { _ = tell(progress{Began: true, Worker: worker}) } // the answer says so, too
	return w, nil
}

// A life is what Temporal is told of an activity that is at work.
type life struct {
	ctx context.Context
	// acknowledged says that the task was accepted. The next try, should this one be lost with its
	// worker, knows it by the heartbeat's details.
	acknowledged atomic.Bool
}

func (l *life) heartbeat() {
	if l.acknowledged.Load() {
		activity.RecordHeartbeat(l.ctx, true)
	} else {
		activity.RecordHeartbeat(l.ctx)
	}
}

// beat tells Temporal that the worker lives, until the function that it returns is called.
// Temporal answers whether anybody waits for the task still.
func (l *life) beat() (stop func()) {
	timeout := activity.GetInfo(l.ctx).HeartbeatTimeout
	if timeout <= 0 {
		return func() {}
	}
	over := make(chan struct{})
	go func() {
		every := time.NewTicker(timeout / 3)
		defer every.Stop()
		for {
			select {
			case <-over:
				return
			case <-l.ctx.Done():
				return
			case <-every.C:
				l.heartbeat()
			}
		}
	}()
	return func() { close(over) }
}

// taskError returns the activity's error for a task that failed.
func taskError(j *job, done *engine.TaskAnswer) error {
	f := done.Failure
	if errors.Is(done.Err, context.DeadlineExceeded) && !j.Deadline.IsZero() && !time.Now().Before(j.Deadline) {
		return sdk.NewNonRetryableApplicationError("the task ran out of time", "States.Timeout", nil, failed{Expired: true})
	}
	return sdk.NewNonRetryableApplicationError(f.Cause, f.Error, nil,
		failed{HasError: f.HasError, HasCause: f.HasCause, Cause: f.Cause, Stage: done.Stage})
}

// whyOver says why the context of a handler has ended.
func (d *driver) whyOver(ctx context.Context, w *engine.TaskCall) error {
	select {
	case <-activity.GetWorkerStopChannel(ctx):
		return engine.ErrClosed
	default:
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return d.ended(w, engine.ErrTaskExpired)
	}
	return d.ended(w, engine.ErrTaskCanceled)
}

// ended returns the cause with which the context of a handler ends, which is another one for the
// handler of a job.
func (d *driver) ended(w *engine.TaskCall, why error) error {
	if w.Resource.Pattern == asl.RunJob {
		return &engine.JobAbortedError{ExecutionARN: w.Task.Execution.ARN, Err: why}
	}
	return why
}
