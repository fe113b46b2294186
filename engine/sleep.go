package engine

import (
	"context"
	"errors"
	"strings"
	"weak"

	"github.com/gostates/gostates/states"
)

// A sleeper is all that is in memory of a durable execution that waits: how to find
// it, and when it is due.
type sleeper struct {
	name    string // in short: see Engine.short
	program *program
	timer   timer // for the first moment at which something is due
	// handle is the execution as users hold it, as long as somebody does: there is
	// never a second one of the same ARN.
	handle weak.Pointer[Execution]
}

// doze drops a durable execution from memory while only time, a Task Token or a
// call of the engine's API can move it. x.mu is locked.
func (x *Execution) doze() {
	e := x.engine
	if x.durable == nil || x.interpreter == nil || x.more || len(x.unsaved) > 0 || e.closed.Load() {
		return
	}
	var first *timer
	sooner := func(t *timer) {
		if t != nil && t.execution != nil && (first == nil || t.due.Before(first.due)) {
			first = t
		}
	}
	sooner(&x.limit)
	for _, t := range x.timers {
		sooner(t)
	}
	for _, c := range x.calls {
		if c.running {
			return
		}
		sooner(c.deadline)
		sooner(c.silence)
	}
	if first != nil && !first.due.After(e.config.Clock.Now()) {
		return // about to fire
	}
	// A copy, so that it doesn't hold on to the whole ARN.
	s := &sleeper{name: strings.Clone(e.short(x.identity.ARN)), program: x.program, handle: weak.Make(x)}
	if first != nil {
		s.timer = timer{due: first.due, sleeper: s, kind: overslept}
	}
	for _, c := range x.calls {
		e.timers.cancelAll(c.deadline, c.silence)
		if c.task.Token != "" {
			e.tokens.doze(c.task.Token, s)
		}
		c.stop(context.Canceled)
	}
	x.dropInterpreter()
	x.calls, x.inputs = nil, nil
	e.mu.Lock()
	e.unlink(stillRunning, x)
	delete(e.byARN, x.identity.ARN)
	if e.sleepers == nil {
		e.sleepers = make(map[string]*sleeper)
	}
	e.sleepers[s.name] = s
	e.mu.Unlock()
	if first != nil {
		e.timers.start(&s.timer)
	}
}

// short returns what tells the ARN of an execution from those of others in this
// store: "machine:name" in an engine's own region and account.
func (e *Engine) short(arn string) string {
	if rest, ok := strings.CutPrefix(arn, e.arnPrefix); ok {
		return strings.TrimPrefix(rest, "execution:")
	}
	return arn
}

// arn returns the ARN of a sleeper.
func (e *Engine) arn(s *sleeper) string {
	if strings.Count(s.name, ":") > 1 {
		return s.name
	}
	return e.arnPrefix + "execution:" + s.name
}

// rouse returns the running execution of an ARN, nil when the engine has none. One
// that slept is not restored yet: whoever rouses it has to see that it is.
func (e *Engine) rouse(arn string) *Execution {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.roused(arn)
}

// roused is rouse with e.mu locked.
func (e *Engine) roused(arn string) *Execution {
	if x := e.byARN[arn]; x != nil {
		return x
	}
	s := e.sleepers[e.short(arn)]
	if s == nil {
		return nil
	}
	x := s.handle.Value()
	if x == nil {
		x = e.shell(arn, s.program)
	}
	delete(e.sleepers, s.name)
	if s.timer.sleeper != nil {
		e.timers.cancel(&s.timer)
	}
	e.byARN[arn] = x
	e.push(stillRunning, x)
	return x
}

// shell makes an execution that is still to be restored.
func (e *Engine) shell(arn string, p *program) *Execution {
	return &Execution{
		engine:   e,
		identity: identityOf(arn),
		machine:  p.machine,
		facts:    p.facts,
		logging:  p.logging,
		events:   true,
		durable:  &durable{program: p},
	}
}

// awake has the execution in memory, restored if need be. The error says why it
// takes no input. x.mu is locked.
func (x *Execution) awake() error {
	switch {
	case x.interpreter != nil:
		return nil
	case x.end != nil:
		return states.ErrStale
	case x.durable != nil && x.lost != nil:
		return x.lost
	case x.abandoned || x.engine.closed.Load():
		return ErrClosed
	}
	err := x.load()
	if _, failed := errors.AsType[*StoreError](err); !failed {
		x.engine.repairs.done(x.engine, x)
	}
	return err
}

// settled follows every input: the execution goes on by itself, or sleeps.
func (x *Execution) settled() {
	x.continued()
	x.doze()
}
