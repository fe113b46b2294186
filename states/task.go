package states

import (
	"cmp"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// taskState implements the chapter "Task State".
func (t *thread) taskState(s *asl.Task) {
	if t.phase == returned {
		t.task = nil
		t.complete(t.value, &s.Flow, s.Next)
		return
	}
	task, f := t.newTask(s)
	if f != nil {
		t.fail(f)
		return
	}
	x := t.x
	if r := &s.Resource; r.Kind == asl.Activity && x.options.HasActivity != nil && !x.options.HasActivity(r.Text) {
		// Measured on AWS, but for the order: that the task is evaluated first is a guess.
		t.fail(t.runtime("The activity %s does not exist.", r.Text))
		return
	}
	task.ID = x.record(t.tip, scheduledType(s.Resource.Kind), t.scheduledDetails(s, task))
	if x.full {
		return
	}
	t.tip, t.task, t.begun = task.ID, task, false
	x.wait(t, task.ID)
	x.commands = append(x.commands, task)
}

// newTask evaluates what the task is given.
func (t *thread) newTask(s *asl.Task) (*InvokeTask, *fault) {
	task := &InvokeTask{State: s, Attempt: t.retryCount, EnteredID: t.enteredID}
	if s.Resource.Pattern != asl.RequestResponse {
		// Measured on AWS: a .sync task has a token in its Context Object, too. It is
		// drawn from the id that the Scheduled event is about to get.
		task.Token = t.x.token(t.x.last + 1)
	}
	t.task = task // the Context Object shows the token
	defer func() { t.task = nil }()
	selected, f := t.selected(&s.Flow)
	if f != nil {
		return nil, f
	}
	if task.Input, f = t.arguments(&s.Flow, selected); f != nil {
		return nil, f
	}
	if f = t.checkParameters(&s.Resource, task.Input); f != nil {
		return nil, f
	}
	timeout, f := t.bound(&s.Timeout, "TimeoutSecondsPath", selected)
	if f != nil {
		return nil, f
	}
	heartbeat, f := t.bound(&s.Heartbeat, "HeartbeatSecondsPath", selected)
	if f != nil {
		return nil, f
	}
	if timeout > 0 {
		task.Deadline = t.x.now.Add(timeout)
	}
	task.Heartbeat = heartbeat
	task.Credentials, f = t.evaluate(s.Credentials, selected, nil)
	return task, f
}

// bound evaluates TimeoutSeconds or HeartbeatSeconds; 0 means that it is absent.
func (t *thread) bound(s *asl.Seconds, field string, input any) (time.Duration, *fault) {
	n := s.Literal
	switch {
	case s.Query != nil:
		var f *fault
		if n, f = t.wholeQuery(s.Query, 1); f != nil {
			return 0, f
		}
	case s.Path != nil:
		v, f := t.path(s.Path, input)
		if f != nil {
			return 0, f
		}
		var ok bool
		if n, ok = whole(v); !ok || n <= 0 {
			return 0, t.runtime("The %s parameter cannot be parsed as a long value: %s == %s", field, s.Path, plain(v))
		}
	}
	return seconds(n), nil
}

func (t *thread) scheduledDetails(s *asl.Task, task *InvokeTask) Details {
	if t.x.options.WithoutEvents {
		return nil
	}
	d := &ScheduledDetails{Resource: s.Resource.Text, Parameters: task.Input, HeartbeatSeconds: int64(task.Heartbeat / time.Second)}
	if s.Resource.Kind == asl.Integration {
		d.ResourceType, d.Resource, d.Region = s.Resource.Service, s.Resource.Action, t.x.execution.Region
	}
	if !task.Deadline.IsZero() {
		d.TimeoutSeconds = int64(task.Deadline.Sub(t.x.now) / time.Second)
	}
	d.Credentials = credentials(task.Credentials, "RoleArn", "roleArn")
	return d
}

// credentials returns Credentials with one member spelled another way: measured on
// AWS, history events show RoleArn as roleArn.
func credentials(v any, from, to string) any {
	o, ok := v.(*value.Object)
	if !ok {
		return v
	}
	var b value.Builder
	for key, member := range o.All() {
		if key == from {
			key = to
		}
		b.Set(key, member)
	}
	return b.Object()
}

// taskBegan records that work on the task has begun.
func (t *thread) taskBegan(worker string) {
	if t.begun {
		return
	}
	t.begun = true
	s := t.task.State
	switch s.Resource.Kind {
	case asl.LambdaFunction:
		t.tip = t.x.record(t.tip, LambdaFunctionStarted, nil)
	case asl.Activity:
		t.tip = t.x.record(t.tip, ActivityStarted, &WorkerDetails{Worker: worker})
	default:
		t.tip = t.x.record(t.tip, TaskStarted, t.resourceDetails(s))
	}
}

func (t *thread) resourceDetails(s *asl.Task) Details {
	if t.x.options.WithoutEvents {
		return nil
	}
	return &ResourceDetails{ResourceType: s.Resource.Service, Resource: s.Resource.Action}
}

// taskAcknowledged records that a job was started or a callback asked for. Other
// resources have no such event.
func (t *thread) taskAcknowledged(output any) {
	t.taskBegan("")
	if t.task.Acknowledged || t.task.State.Resource.Kind != asl.Integration {
		return
	}
	t.task.Acknowledged = true
	t.tip = t.x.record(t.tip, TaskSubmitted, t.outputDetails(output))
}

func (t *thread) outputDetails(output any) Details {
	if t.x.options.WithoutEvents {
		return nil
	}
	r := &t.task.State.Resource
	return &OutputDetails{ResourceType: r.Service, Resource: r.Action, Output: output}
}

// taskReturned ends the task well, unless its result is too large.
func (t *thread) taskReturned(output any) {
	t.taskBegan("")
	resource := &t.task.State.Resource
	if t.x.tooLarge(output) {
		// Measured on AWS: the cause names the service or the function, not the
		// state, and the error is an ordinary one that States.ALL catches.
		t.taskFailed(failedType(resource.Kind, Running), &fault{Failure: Fail(errDataLimitExceeded, tooLargeCause(cmp.Or(resource.Service, resource.Text)))})
		return
	}
	kind := TaskSucceeded
	switch resource.Kind {
	case asl.LambdaFunction:
		kind = LambdaFunctionSucceeded
	case asl.Activity:
		kind = ActivitySucceeded
	}
	t.tip = t.x.record(t.tip, kind, t.outputDetails(output))
	t.value, t.phase = output, returned
}

// taskErred ends the task with an error.
func (t *thread) taskErred(failure Failure, stage Stage, final bool) {
	if stage == Running || stage == Submitting {
		t.taskBegan("")
	}
	t.taskFailed(failedType(t.task.State.Resource.Kind, stage), &fault{Failure: failure, final: final})
}

// taskExpired ends the task because its time ran out. Measured on AWS: a missed
// heartbeat prints as States.Timeout, too, and there is no cause.
func (t *thread) taskExpired(heartbeat bool) {
	kind := TaskTimedOut
	switch t.task.State.Resource.Kind {
	case asl.LambdaFunction:
		kind = LambdaFunctionTimedOut
	case asl.Activity:
		kind = ActivityTimedOut
	}
	if kind != ActivityTimedOut {
		t.taskBegan("") // an activity begins only when a worker asks for it
	}
	if heartbeat {
		t.used(PartHeartbeat, 0)
	} else {
		t.used(PartTimeout, 0)
	}
	// Whoever does the work need not go on.
	t.x.commands = append(t.x.commands, &Cancel{ID: t.task.ID})
	t.taskFailed(kind, &fault{Failure: Failure{Error: errTimeout, HasError: true}, heartbeat: heartbeat})
}

func (t *thread) taskFailed(kind EventType, f *fault) {
	var details Details
	if !t.x.options.WithoutEvents {
		r := &t.task.State.Resource
		details = &FailureDetails{ResourceType: r.Service, Resource: r.Action, Failure: f.Failure}
	}
	t.tip = t.x.record(t.tip, kind, details)
	t.task = nil
	t.fail(f)
}

func scheduledType(kind asl.ResourceKind) EventType {
	switch kind {
	case asl.LambdaFunction:
		return LambdaFunctionScheduled
	case asl.Activity:
		return ActivityScheduled
	}
	return TaskScheduled
}

// failedType names the event of a failure. Not every kind of resource has one for
// every stage; the nearest stands in.
func failedType(kind asl.ResourceKind, stage Stage) EventType {
	switch {
	case kind == asl.LambdaFunction && stage == Scheduling:
		return LambdaFunctionScheduleFailed
	case kind == asl.LambdaFunction && stage == Starting:
		return LambdaFunctionStartFailed
	case kind == asl.LambdaFunction:
		return LambdaFunctionFailed
	case kind == asl.Activity && (stage == Scheduling || stage == Starting):
		return ActivityScheduleFailed
	case kind == asl.Activity:
		return ActivityFailed
	case stage == Scheduling || stage == Starting:
		return TaskStartFailed
	case stage == Submitting:
		return TaskSubmitFailed
	}
	return TaskFailed
}
