package engine

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"
	"weak"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// doze drops a durable execution from memory while only time, a Task Token or a
// call of the engine's API can move it: the store knows when it is due. x.mu is locked.
func (x *Execution) doze() {
	e := x.engine
	if x.durable == nil || x.interpreter == nil || x.more || len(x.unsaved) > 0 || e.closed.Load() {
		return
	}
	if slices.ContainsFunc(x.calls, func(c *call) bool { return c.running }) {
		return
	}
	due := dueOf(x.calls, x.timers)
	if !due.After(e.config.Clock.Now()) {
		return // about to fire
	}
	if !x.due.Equal(due) && x.tell(due) != nil {
		return // it waits as well where it is
	}
	for _, c := range x.calls {
		e.timers.cancelAll(c.deadline, c.silence)
		e.tokens.end(c.task.Token)
		c.stop(ErrHandlerReturned)
	}
	x.dropInterpreter()
	x.calls, x.inputs = nil, nil
	arn := x.identity.ARN
	if !x.slept {
		x.slept = true
		runtime.AddCleanup(x, e.letGo, arn)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unlink(stillRunning, x)
	delete(e.byARN, arn)
	e.handles[arn] = weak.Make(x)
	e.sleepers.rose(arn)
	e.sleep(arn, x.program, due)
}

// tell has the store know when the execution is due, where it was told of an earlier
// time: what was restored after a crash, or from a file of an earlier release, may
// have no more to do.
func (x *Execution) tell(due time.Time) error {
	err := x.engine.store.use(func(s store.Store) error {
		return s.Append(context.Background(), x.identity.ARN, x.length, store.Change{Due: due})
	})
	if err == nil {
		x.due = due
	}
	return err
}

// letGo forgets the handle of an execution that nobody holds any more.
func (e *Engine) letGo(arn string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h, ok := e.handles[arn]; ok && h.Value() == nil {
		delete(e.handles, arn)
	}
}

// rouse returns the running execution of an ARN, as far as the engine has it in
// memory, or keeps something of it there; else nil. One that slept is not restored
// yet: whoever rouses it has to see that it is.
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
	s := e.sleepers.near[arn]
	x := e.handles[arn].Value()
	switch {
	case x == nil && s == nil:
		return nil
	case x == nil:
		x = e.shell(arn, s.program, s.timer.due)
	}
	e.rise(x)
	return x
}

// rise makes an execution known as one that is in memory. e.mu is locked.
func (e *Engine) rise(x *Execution) {
	arn := x.identity.ARN
	delete(e.handles, arn)
	e.unsleep(arn)
	e.sleepers.rose(arn)
	e.byARN[arn] = x
	e.push(stillRunning, x)
}

// shell makes an execution that is still to be restored, and of which the store says
// when it is due.
func (e *Engine) shell(arn string, p *program, due time.Time) *Execution {
	id := identityOf(arn)
	id.VersionARN, id.AliasARN = p.origin.version, p.origin.alias
	return &Execution{
		engine:   e,
		identity: id,
		machine:  p.machine,
		facts:    p.facts,
		logging:  p.logging,
		events:   true,
		durable:  &durable{program: p, due: due},
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
	case x.elsewhere:
		return ErrRunsElsewhere
	case x.abandoned || x.engine.closed.Load():
		return ErrClosed
	}
	x.engine.rouse(x.identity.ARN) // it may sleep, if who moves it found it earlier
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
