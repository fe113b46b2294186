package onengine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
)

// A role is what the script has for one try of a task. Whoever plays it a second
// time, because an engine was lost, does the same at the same times.
type role struct {
	conformance.Task
	began  time.Time
	player *engine.Engine // that played it last
	named  bool           // the player has been asked for the worker's name, and plays next
}

// due is when the task ends. Tasks that end in the same millisecond do so in the
// order that the script has them.
func (r *role) due() time.Time { return r.at(r.After).Add(time.Duration(r.Order())) }

func (r *role) at(after float64) time.Time { return r.began.Add(seconds(after)) }

// silent reports whether the task never ends by itself.
func (r *role) silent() bool {
	return r.Outcome == conformance.TimesOut || r.Outcome == conformance.NeverEnds
}

// callsBack reports whether it is a Task Token that ends the task.
func callsBack(task engine.Task) bool { return strings.HasSuffix(task.Resource, ".waitForTaskToken") }

// cast gives the role of a task.
func (p *performance) cast(task engine.Task) (*role, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.roles[task.IdempotencyKey]; r != nil {
		if r.named && r.player == p.engine {
			r.named = false
			return r, nil
		}
		if r.player == p.engine {
			return nil, fmt.Errorf("the task %s was called twice by one engine", task.IdempotencyKey)
		}
		r.player = p.engine
		return r, nil
	}
	t, err := p.script.Next(conformance.Request{
		State: task.State, Resource: task.Resource, Input: task.Input, Credentials: task.Credentials,
	})
	if err != nil {
		return nil, err
	}
	r := &role{Task: t, began: p.clock.Now().Truncate(time.Millisecond), player: p.engine}
	p.roles[task.IdempotencyKey] = r
	if callsBack(task) {
		p.learn(r, task.Token)
	}
	return r, nil
}

// learn arranges what comes by a Task Token, if the handler returns before.
func (p *performance) learn(r *role, token string) {
	var cues []*cue
	for _, beat := range r.Heartbeats {
		cues = append(cues, &cue{at: r.at(beat), once: true, do: func(e *engine.Engine) error {
			return e.SendTaskHeartbeat(context.Background(), token)
		}})
	}
	if r.HasSubmitted && !r.silent() {
		cues = append(cues, &cue{at: r.due(), do: func(e *engine.Engine) error { return r.send(e, token) }})
	}
	for _, c := range cues {
		p.give(c)
	}
	p.cues = append(p.cues, cues...)
}

// send ends the task by its token.
func (r *role) send(e *engine.Engine, token string) error {
	if r.Outcome == conformance.Succeeds {
		return e.SendTaskSuccess(context.Background(), token, r.Result)
	}
	return e.SendTaskFailure(context.Background(), token, r.Error, r.Cause)
}

// A player is the handler of every task.
type player struct{ *performance }

// Handle implements [engine.Handler].
func (p player) Handle(ctx context.Context, task engine.Task) (any, error) {
	return p.handle(ctx, task)
}

// Worker returns the name of the worker that takes up the task of an activity.
func (p player) Worker(task engine.Task) string {
	r, err := p.cast(task)
	if err != nil {
		return "" // Handle says so
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r.named = true
	return r.Task.Worker
}

// handle is the handler of every task.
func (p *performance) handle(ctx context.Context, task engine.Task) (any, error) {
	p.mu.Lock()
	e, clock := p.engine, p.clock
	p.mu.Unlock()
	r, err := p.cast(task)
	if err != nil {
		p.fail(err)
		return nil, err
	}
	switch r.Outcome {
	case conformance.FailsToBeAsked:
		return nil, r.fail(ctx, clock, states.Scheduling)
	case conformance.FailsToBegin:
		return nil, r.fail(ctx, clock, states.Starting)
	case conformance.FailsToSubmit:
		return nil, r.fail(ctx, clock, states.Submitting)
	}
	switch {
	case callsBack(task) && r.HasSubmitted:
		return r.Submitted, nil
	case r.HasSubmitted && !task.Acknowledged:
		if err := task.Acknowledge(r.Submitted); err != nil {
			return nil, err
		}
	}
	if !callsBack(task) {
		for _, beat := range r.Heartbeats {
			if err := until(ctx, clock, r.at(beat)); err != nil {
				return nil, err
			}
			if err := task.Heartbeat(); err != nil {
				return nil, err
			}
		}
	}
	if r.silent() {
		return nil, clock.Sleep(ctx, -1)
	}
	if err := until(ctx, clock, r.due()); err != nil {
		return nil, err
	}
	if callsBack(task) {
		// Nothing was submitted, so the token is used before the handler returns.
		if err := r.send(e, task.Token); err != nil {
			return nil, err
		}
		return nil, nil
	}
	if r.Outcome == conformance.Fails {
		return nil, r.failure(states.Running)
	}
	return r.Result, nil
}

// fail returns the task's error when it is due.
func (r *role) fail(ctx context.Context, clock *enginetest.Clock, stage states.Stage) error {
	if err := until(ctx, clock, r.due()); err != nil {
		return err
	}
	return r.failure(stage)
}

func (r *role) failure(stage states.Stage) error {
	return &engine.TaskError{Name: r.Error, Cause: r.Cause, Stage: stage}
}

// until sleeps until a time.
func until(ctx context.Context, clock *enginetest.Clock, at time.Time) error {
	if d := at.Sub(clock.Now()); d > 0 {
		return clock.Sleep(ctx, d)
	}
	return ctx.Err()
}
