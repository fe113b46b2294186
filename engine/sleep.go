package engine

import (
	"context"
	"runtime"
	"slices"
	"time"
	"weak"

	"github.com/gostates/gostates/engine/store"
)

// rest implements [archive]: it drops an execution from memory while only time, a Task
// Token or a call of the engine's API can move it. The store knows when it is due.
func (a *storeArchive) rest(x *Execution) {
	if x.interpreter == nil || x.more || len(x.unsaved) > 0 || a.closed.Load() {
		return
	}
	if slices.ContainsFunc(x.calls, func(c *call) bool { return c.running }) {
		return
	}
	if slices.ContainsFunc(x.calls, func(c *call) bool { return c.queued }) {
		a.restQueued(x)
		return
	}
	due := x.dueAfter(nil)
	if !due.After(a.config.Clock.Now()) {
		return // about to fire
	}
	if !x.due.Equal(due) && x.reportDue(due) != nil {
		return // it waits as well where it is
	}
	h := heardOf(x)
	x.leaveMemory()
	arn := x.identity.ARN
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asleep(x)
	a.keepHeard(arn, h)
	a.sleep(arn, x.program, due)
}

// leaveMemory drops all that only an execution in memory needs. x.mu is locked.
func (x *Execution) leaveMemory() {
	a := x.in
	for _, c := range x.calls {
		a.timers.CancelAll(c.timers()...)
		a.tokens.end(c.token)
		c.stop(ErrHandlerReturned)
	}
	x.dropInterpreter()
	x.calls, x.watch = nil, nil
	if !x.slept {
		x.slept = true
		// The archive is held weakly: it may hold the execution again, and what holds each other
		// and has a cleanup stays for ever, also when the engine is closed and forgotten.
		runtime.AddCleanup(x, letGoHandle, handle{weak.Make(a), x.identity.ARN})
	}
}

// asleep knows an execution as one that sleeps. a.mu is locked.
func (a *storeArchive) asleep(x *Execution) {
	arn := x.identity.ARN
	a.running.remove(x)
	delete(a.byARN, arn)
	a.handles[arn] = weak.Make(x)
	a.sleepers.noteMoved(arn)
}

// reportDue records in the store when the execution is due, in place of an earlier time
// that the store has. That occurs when an execution was restored after a crash, or from a
// file of an earlier release, and has nothing to do.
func (x *Execution) reportDue(due time.Time) error {
	err := x.in.store.use(func(s store.Store) error {
		return s.Append(context.Background(), x.identity.ARN, x.length, store.Change{Due: due})
	})
	if err == nil {
		x.due = due
	}
	return err
}

// A handle is that of a sleeping execution, in an archive.
type handle struct {
	archive weak.Pointer[storeArchive]
	arn     string
}

// letGoHandle forgets the handle of an execution that nobody holds any more.
func letGoHandle(h handle) {
	if a := h.archive.Value(); a != nil {
		a.letGo(h.arn)
	}
}

// letGo forgets the handle of a sleeping execution that nobody holds any more.
func (a *storeArchive) letGo(arn string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if h, ok := a.handles[arn]; ok && h.Value() == nil {
		delete(a.handles, arn)
	}
}

// bringIn returns the running execution of an ARN if it is in memory, or asleep and due
// before long, or asleep and held by somebody; nil for every other. A sleeping execution is
// registered as one that is in memory, but not restored: the caller has to restore it.
func (a *storeArchive) bringIn(arn string) *Execution {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bringInLocked(arn)
}

// bringInLocked is bringIn, called with a.mu locked.
func (a *storeArchive) bringInLocked(arn string) *Execution {
	if x := a.byARN[arn]; x != nil {
		return x
	}
	s := a.sleepers.near[arn]
	x := a.handles[arn].Value()
	switch {
	case x == nil && s == nil:
		return nil
	case x == nil:
		x = a.unrestored(arn, s.program, s.timer.Due)
	}
	a.register(x)
	return x
}

// register makes an execution known as one that is in memory and sleeps no longer. a.mu is
// locked.
func (a *storeArchive) register(x *Execution) {
	arn := x.identity.ARN
	delete(a.handles, arn)
	a.forgetSleeper(arn)
	a.sleepers.noteMoved(arn)
	a.byARN[arn] = x
	a.running.push(x)
}

// unrestored returns an execution that is still to be restored, and of which the store says
// when it is due.
func (a *storeArchive) unrestored(arn string, p *program, due time.Time) *Execution {
	id := identityOf(arn)
	id.VersionARN, id.AliasARN = p.origin.version, p.origin.alias
	return &Execution{
		engine:   a.Engine,
		archive:  a,
		identity: id,
		machine:  p.machine,
		facts:    p.facts,
		logging:  p.logging,
		terms:    p.terms,
		events:   true,
		durable:  &durable{in: a, program: p, due: due},
	}
}
