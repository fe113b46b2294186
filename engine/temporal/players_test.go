package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// This file has the handlers of a case that an onEnvironment runs.

// everything is a resolver with one handler for all resources, but for activities that the case
// doesn't have.
type everything struct{ *performance }

func (e everything) Resolve(resource string) engine.Handler {
	if strings.Contains(resource, ":activity:") && !e.script.HasActivity(e.machine, resource) {
		return nil
	}
	return player(e)
}

func (everything) TakesIntegration(string) bool { return true }

// A role is what the script has for one try of a task.
type role struct {
	conformance.Task
	began time.Time
}

func (r *role) at(after float64) time.Time { return r.began.Add(seconds(after)) }

func (r *role) due() time.Time { return r.at(r.After).Add(time.Duration(r.Order())) }

func (r *role) silent() bool {
	return r.Outcome == conformance.TimesOut || r.Outcome == conformance.NeverEnds
}

func (p *performance) inOrder() *inOrder {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.order
}

// cast gives the role of a task.
func (p *performance) cast(task engine.Task) (*role, error) {
	order := p.inOrder()
	order.await(task.IdempotencyKey)
	defer order.asked(task.IdempotencyKey)
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.roles[task.IdempotencyKey]; r != nil {
		return r, nil
	}
	t, err := p.script.Next(conformance.Request{State: task.State, Resource: task.Resource, Input: task.Input, Credentials: task.Credentials})
	if err != nil {
		p.err = err
		return nil, err
	}
	r := &role{Task: t, began: p.env.Now().Truncate(time.Millisecond)}
	p.roles[task.IdempotencyKey] = r
	return r, nil
}

// A player is the handler of every task.
type player struct{ *performance }

// Worker returns the name of the worker that takes up the task of an activity.
func (p player) Worker(task engine.Task) string {
	r, err := p.cast(task)
	if err != nil {
		return "" // Handle says so
	}
	return r.Task.Worker
}

// Handle implements [engine.Handler]. Whatever takes time ends by the environment's clock, when
// Handle has returned.
func (p player) Handle(ctx context.Context, task engine.Task) (any, error) {
	r, err := p.cast(task)
	if err != nil {
		return nil, err
	}
	callsBack := strings.HasSuffix(task.Resource, ".waitForTaskToken")
	fail := func(stage states.Stage) error {
		return &engine.TaskError{Name: r.Error, Cause: r.Cause, Stage: stage}
	}
	switch r.Outcome {
	case conformance.FailsToBeAsked:
		return p.later(ctx, task, r.due(), nil, fail(states.Scheduling))
	case conformance.FailsToBegin:
		return p.later(ctx, task, r.due(), nil, fail(states.Starting))
	case conformance.FailsToSubmit:
		return p.later(ctx, task, r.due(), nil, fail(states.Submitting))
	}
	if callsBack {
		p.learn(r, task, activity.GetInfo(ctx).ActivityID)
		if r.HasSubmitted {
			return r.Submitted, nil
		}
		return nil, activity.ErrResultPending
	}
	if r.HasSubmitted {
		if err := task.Acknowledge(r.Submitted); err != nil {
			return nil, err
		}
	}
	// What follows is the server's part: it knows how long the task may take.
	info := activity.GetInfo(ctx)
	timeout, why := task.Deadline, enums.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE
	if timeout.IsZero() && r.Outcome == conformance.TimesOut {
		timeout = r.began.Add(info.ScheduleToCloseTimeout)
	}
	if silence := info.HeartbeatTimeout; silence < 1000*time.Hour {
		last := r.began
		for _, beat := range r.Heartbeats {
			if r.at(beat).Sub(last) > silence {
				break
			}
			last = r.at(beat)
		}
		if until := last.Add(silence); timeout.IsZero() || until.Before(timeout) {
			timeout, why = until, enums.TIMEOUT_TYPE_HEARTBEAT
		}
	}
	if !timeout.IsZero() && (r.silent() || timeout.Before(r.due())) {
		p.give(&cue{at: timeout, do: func(env *testsuite.TestWorkflowEnvironment) {
			p.note(env.CompleteActivity(info.TaskToken, nil, sdk.NewTimeoutError(why, nil)))
		}})
		return nil, activity.ErrResultPending
	}
	switch {
	case r.silent():
		return nil, activity.ErrResultPending
	case r.Outcome == conformance.Fails:
		return p.later(ctx, task, r.due(), nil, fail(states.Running))
	}
	return p.later(ctx, task, r.due(), r.Result, nil)
}

// later has the task end at a time.
func (p player) later(ctx context.Context, task engine.Task, at time.Time, output any, err error) (any, error) {
	if !at.After(p.env.Now()) {
		return output, err
	}
	token := activity.GetInfo(ctx).TaskToken
	w := engine.TaskCall{Task: task, Resource: asl.ParseResource(task.Resource)}
	done := w.Do(context.Background(), outcome{output, err})
	a, failure := answered(&job{}, &done)
	p.give(&cue{at: at, do: func(env *testsuite.TestWorkflowEnvironment) {
		if failure != nil {
			p.note(env.CompleteActivity(token, nil, failure))
			return
		}
		p.note(env.CompleteActivity(token, a, nil))
	}})
	return nil, activity.ErrResultPending
}

// An outcome is a resolver with a handler that answers so.
type outcome struct {
	output any
	err    error
}

func (o outcome) Resolve(string) engine.Handler {
	return engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return o.output, o.err })
}

func (outcome) TakesIntegration(string) bool { return true }

func (p *performance) note(err error) {
	if err != nil && p.err == nil {
		p.err = err
	}
}

// learn arranges what comes by a Task Token.
func (p *performance) learn(r *role, task engine.Task, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	use := func(at time.Time, call *tokenCall) {
		call.Token = task.Token
		c := &cue{at: at, updates: true}
		c.do = func(env *testsuite.TestWorkflowEnvironment) {
			p.noteUnlessOver(env.UpdateWorkflowByID(task.Execution.ARN, tokenUpdate, fmt.Sprint(task.IdempotencyKey, at), &testsuite.TestUpdateCallback{
				OnAccept: func() { c.done = true },
				OnReject: func(err error) {
					c.done = true
					p.noteUnlessOver(err)
				},
				OnComplete: func(_ any, err error) { p.noteUnlessOver(err) },
			}, call))
		}
		p.held[id] = append(p.held[id], c)
	}
	for _, beat := range r.Heartbeats {
		use(r.at(beat), &tokenCall{Heartbeat: true})
	}
	switch {
	case r.silent():
	case r.Outcome == conformance.Fails:
		use(r.due(), &tokenCall{Failure: &states.Failure{Error: r.Error, HasError: r.Error != "", Cause: r.Cause, HasCause: r.Cause != ""}})
	default:
		use(r.due(), &tokenCall{Output: encode(r.Result)})
	}
}

// release gives the cues that waited for the end of an activity.
func (p *performance) release(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.held[id] {
		p.give(c)
		p.cues = append(p.cues, c)
	}
	delete(p.held, id)
}

// noteUnlessOver notes an error of a Task Token, unless it is that nobody waits for it.
func (p *performance) noteUnlessOver(err error) {
	if failed, ok := errors.AsType[*sdk.ApplicationError](err); ok && tokenErrors[failed.Type()] != nil {
		return
	}
	p.note(err)
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// silent is a logger that says nothing.
type silent struct{}

var _ log.Logger = silent{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
