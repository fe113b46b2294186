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
	due := x.dueAfter(nil)
	if !due.After(a.config.Clock.Now()) {
		return // about to fire
	}
	if !x.due.Equal(due) && x.reportDue(due) != nil {
		return // it waits as well where it is
	}
	h := heardOf(x)
	for _, c := range x.calls {
		a.timers.CancelAll(c.deadline, c.silence)
		a.tokens.end(c.task.Token)
		c.stop(ErrHandlerReturned)
	}
	x.dropInterpreter()
	x.calls, x.inputs = nil, nil
	arn := x.identity.ARN
	if !x.slept {
		x.slept = true
		runtime.AddCleanup(x, a.letGo, arn)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running.remove(x)
	delete(a.byARN, arn)
	a.handles[arn] = weak.Make(x)
	a.sleepers.noteMoved(arn)
	a.keepHeard(arn, h)
	a.sleep(arn, x.program, due)
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
