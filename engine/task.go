package engine

import (
	"context"
	"time"

	"github.com/gostates/gostates/engine/internal/convert"
)

// A Task is one piece of work that a Task state wants done.
type Task struct {
	// Resource is the state's Resource field as written. For an
	// arn:aws:states:::lambda:invoke task it is the function's name or ARN.
	Resource string
	// State is the state's name.
	State string
	// Input is the task's input, after InputPath and Parameters: nil, a bool,
	// int64, float64, json.Number, string, []any or *value.Object. It is shared
	// and must not be changed. Decode gives it as an ordinary Go value.
	Input any
	// Credentials are what the state's Credentials field evaluated to, of the
	// same types; nil without one.
	Credentials any
	// Token is the Task Token of a .waitForTaskToken task, which is done when
	// somebody sends it to SendTaskSuccess or SendTaskFailure. A .sync task has one, too,
	// as on AWS, and is done when its handler returns or the token is sent, whichever is
	// first. The task of an activity has one. It is empty for others.
	Token string
	// Attempt counts the tries of this visit to the state, from 0.
	Attempt int
	// IdempotencyKey names this attempt among all that there ever are: the
	// execution's ARN, "/", and the id of the event that scheduled the task. It is
	// the same should the attempt be made a second time after a restart, so a system
	// that is given it can do the work once; a redrive makes another attempt.
	IdempotencyKey string
	// Restarts is how often the handler was called before for this attempt, in processes that
	// were killed before it had returned: see [Limits.Restarts]. A process whose engine was
	// closed does not count, unless the Store keeps no documents and can't tell.
	Restarts int
	// Acknowledged says that a .sync task's job was accepted before a restart
	// ([Task.Acknowledge]): the handler has to find that job again by its
	// IdempotencyKey, and wait for it.
	Acknowledged bool
	// Deadline is when the task times out; zero for never. It counts from the call of the
	// handler when the task has waited for that under a [Throttle].
	Deadline time.Time
	// TestCase is the test case of [Config.Mocks] that the execution was started with; empty
	// for none.
	TestCase string
	// Execution is the execution that the task belongs to.
	Execution Identity

	call *call
	work *TaskCall // of a driver that is no Engine; nil for none
}

// An Identity is what an execution is called.
type Identity struct {
	// ARN and Name are the execution's own.
	ARN, Name string
	// MachineARN and Machine are those of its state machine.
	MachineARN, Machine string
	// VersionARN and AliasARN are those of the version and the alias that it was
	// started by; empty when it was not. See package registry.
	VersionARN, AliasARN string
}

// TaskFrom returns the task that a handler was called for, from the context that
// the handler was given or one derived from it; the zero Task from any other.
func TaskFrom(ctx context.Context) Task {
	switch c := ctx.Value(taskKey{}).(type) {
	case *call:
		return c.task()
	case *testedCall:
		return c.task
	case *TaskCall:
		return c.Task
	}
	return Task{}
}

// EngineFrom returns the engine that called the handler to which ctx was given, or a
// context that ctx was derived from; nil for any other context. A handler needs it to
// start executions and to send Task Tokens: it may be called before [New] has returned the
// engine, when an execution goes on that a Store kept.
func EngineFrom(ctx context.Context) *Engine {
	switch c := ctx.Value(taskKey{}).(type) {
	case *call:
		return c.execution.engine
	case *testedCall:
		return c.test.engine
	}
	return nil
}

// Decode stores the input in the Go variable that into points to, as
// json.Unmarshal stores its text.
func (t Task) Decode(into any) error { return convert.Into(t.Input, into) }

// Heartbeat says that the task is still being worked on, and starts its
// HeartbeatSeconds anew. It returns [ErrTaskTimedOut] when the task is over.
func (t Task) Heartbeat() error {
	if t.work != nil {
		return t.work.heartbeat()
	}
	switch t.call {
	case nil:
		return ErrTaskTimedOut
	case alone:
		return nil
	}
	return t.call.heartbeat()
}

// Acknowledge records that the task was accepted, with what its first call
// returned: the TaskSubmitted event. A .sync task has it recorded that way while
// its handler goes on to wait for the job. For a .waitForTaskToken task the
// handler's return does it, unless Acknowledge came first. While the store fails it
// is recorded later. It returns [ErrTaskTimedOut] when the task is over, and
// [ErrInvalidOutput] for an output that is no JSON or is longer than [Limits.Payload]. JSON
// text must be a json.RawMessage: a Go string is one JSON string, and a []byte is refused.
func (t Task) Acknowledge(output any) error {
	if t.work != nil {
		return t.work.acknowledge(output)
	}
	switch t.call {
	case nil:
		return ErrTaskTimedOut
	case alone:
		_, err := convert.Of(output)
		return err
	}
	v, err := t.call.execution.engine.output(output)
	if err != nil {
		return err
	}
	return t.call.acknowledge(v)
}

// Complete records that a .waitForTaskToken task was accepted, as [Task.Acknowledge] does, and that its
// Task Token was sent with an output, as [Engine.SendTaskSuccess] does: both in one step, so that no
// crash comes between them and leaves a task behind that nobody answers. It is for handlers that have
// the answer at once, such as stand-ins for others. What the handler returns has no effect then. Errors
// are those of Acknowledge.
func (t Task) Complete(accepted, output any) error {
	return t.CompleteAfter(0, accepted, output)
}

// CompleteAfter does what [Task.Complete] does, but has the Task Token sent only after a delay, which
// counts from now. Whatever ends the task before, such as a timeout or somebody else with the Task
// Token, comes first. The answer is recorded together with the acceptance: with a [Config.Store] it
// comes at its time, or as soon as an engine is opened after that, though the handler's process may be
// gone. No goroutine waits for it. A delay of 0 or less is none; parts of a millisecond are cut off. A
// task that was accepted before gets no later answer, and CompleteAfter returns [ErrTaskTimedOut].
func (t Task) CompleteAfter(delay time.Duration, accepted, output any) error {
	if t.work != nil {
		return t.work.complete(delay, accepted, output)
	}
	switch t.call {
	case nil:
		return ErrTaskTimedOut
	case alone:
		_, err := convert.Of(accepted)
		if err == nil {
			_, err = convert.Of(output)
		}
		return err
	}
	e := t.call.execution.engine
	first, err := e.output(accepted)
	if err != nil {
		return err
	}
	second, err := e.output(output)
	if err != nil {
		return err
	}
	accept := arrival{kind: acknowledged, id: t.call.id, output: first, kept: true}
	if delay > 0 {
		accept.later = t.call.answersIn(delay, second)
		return t.call.arrive(accept)
	}
	return t.call.arrive(accept, arrival{kind: returned, id: t.call.id, output: second, kept: true})
}
