package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/internal/mapruns"
	"github.com/gostates/gostates/engine/internal/outbox"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// A memoryArchive keeps the Standard executions of an engine without a Store: those that
// run, and of those that have ended as many as [Limits.Retained] and [Limits.Retention]
// allow. Engine.mu guards it.
type memoryArchive struct {
	*Engine
	byARN  map[string]*Execution
	byKey  map[store.Key]string // the ARN, or by an odd chance several in lines, that has a key
	starts list                 // of all that are kept
	ends   list                 // of those that have ended
	kept   int                  // executions in ends
	count  uint64               // executions started so far

	unsent outbox.Memory
	texts  memoryDocuments
	runs   mapruns.Memory

	housekeeper housekeeper
}

func newMemoryArchive(e *Engine) *memoryArchive {
	return &memoryArchive{Engine: e, byARN: make(map[string]*Execution), byKey: make(map[store.Key]string), starts: list{kind: byStart}, ends: list{kind: byEnd}}
}

func (a *memoryArchive) prepare(*Execution, states.Options) error { return nil }

func (a *memoryArchive) options(*Execution) states.Options { return a.standardOptions() }

func (a *memoryArchive) add(x *Execution) (*Execution, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed.Load() {
		return nil, ErrClosed
	}
	a.forget(x.now.Add(-a.config.Limits.Retention))
	if other := a.byARN[x.identity.ARN]; other != nil {
		return other, nil
	}
	a.number(x)
	a.running.push(x)
	return nil, nil
}

// number gives an execution that is new its place among all. mu is locked.
func (a *memoryArchive) number(x *Execution) {
	a.count++
	x.number = a.count
	a.know(x)
	a.starts.push(x)
}

func (a *memoryArchive) adopt(x *Execution, _ []states.Event) error {
	a.send(x)
	return nil
}

func (a *memoryArchive) failed(x *Execution, err error) (*Execution, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running.remove(x)
	if a.byARN[x.identity.ARN] == x {
		a.starts.remove(x)
		a.unknow(x)
	}
	return nil, fmt.Errorf("engine: %w", err)
}

func (a *memoryArchive) commit(x *Execution, p *plan, _ bool) error {
	x.record(p.effects.Events)
	a.send(x)
	return nil
}

// send hands on the changes of the status that a step was.
func (a *memoryArchive) send(x *Execution) {
	if len(x.changes) == 0 {
		return
	}
	if n := a.unsent.Add(x.changes); n > 0 {
		x.note(func() {
			a.config.Logger.Error("gostates: notifications were dropped, because too many wait to be delivered", zap.Int("dropped", n))
		})
	}
	x.changes = nil
	a.outbox.Wake()
}

func (a *memoryArchive) retire(x *Execution) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running.remove(x)
	if a.closed.Load() {
		return
	}
	x.pack()
	// Whoever comes here late ended earlier than some that are in the list. Looking for the place
	// would cost as much as there are executions that end at once; in the list it is let go a moment late.
	a.enlist(x, nil)
	a.forget(x.now.Add(-a.config.Limits.Retention))
	a.housekeeper.expect(a.Engine, x.stopDate, a.clean)
}

// enlist adds an execution to those that run, or to those that have ended: before another one,
// or after all. mu is locked.
func (a *memoryArchive) enlist(x, later *Execution) {
	if x.interpreter != nil {
		a.running.push(x)
	}
	if x.end == nil {
		return
	}
	a.kept++
	a.ends.insert(x, later)
}

// endedAfter returns the ended execution that one belongs before which may have ended long ago;
// nil if none ended later. mu is locked.
func (a *memoryArchive) endedAfter(x *Execution) (later *Execution) {
	for at := a.ends.last; at != nil && at.stopDate.After(x.stopDate); at = at.links[byEnd].prev {
		later = at
	}
	return later
}

// forget lets go of ended executions: those that ended before a time, and the oldest when
// there are more than the limit. mu is locked.
func (a *memoryArchive) forget(before time.Time) {
	for {
		x := a.ends.first
		if x == nil || a.kept <= a.config.Limits.Retained && !x.stopDate.Before(before) {
			return
		}
		a.letGo(x)
	}
}

// letGo forgets an execution that has ended. mu is locked.
func (a *memoryArchive) letGo(x *Execution) {
	a.ends.remove(x)
	a.starts.remove(x)
	a.kept--
	a.unknow(x)
	a.runs.Remove(x.identity.ARN)
}

// What is in memory stays there, and nothing else is ever found.

func (a *memoryArchive) restore(*Execution) error                          { return ErrClosed }
func (a *memoryArchive) rest(*Execution)                                   {}
func (a *memoryArchive) postpone(*Execution, []arrival, error)             {}
func (a *memoryArchive) aside(f func())                                    { f() }
func (a *memoryArchive) documents(f func(store.DocumentStore) error) error { return f(&a.texts) }
func (a *memoryArchive) open() error                                       { return nil }
func (a *memoryArchive) outlives() bool                                    { return false }
func (a *memoryArchive) findTask(string) (*Execution, error)               { return nil, nil }
func (a *memoryArchive) whyStranded(string) error                          { return nil }
func (a *memoryArchive) health(*Health)                                    {}
func (a *memoryArchive) notifications() notificationSource                 { return &a.unsent }
func (a *memoryArchive) mapRuns() store.MapRunStore                        { return &a.runs }
func (a *memoryArchive) hear(string) bool                                  { return false }
func (a *memoryArchive) heartbeat(c *call) error                           { return c.beat() }

func (a *memoryArchive) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.byARN)
	clear(a.byKey)
	a.starts, a.ends = list{kind: byStart}, list{kind: byEnd}
	return nil
}

func (a *memoryArchive) find(arn string) (*Execution, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed.Load() {
		return nil, ErrClosed
	}
	a.forget(a.cutoff())
	if x := a.byARN[arn]; x != nil {
		return x, nil
	}
	return nil, errDoesNotExist(arn)
}

func (a *memoryArchive) arnsOf(key store.Key) ([]string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if arns := a.byKey[key]; arns != "" {
		return strings.Split(arns, "\n"), nil
	}
	return nil, nil
}

// know finds an execution by its ARN and by the ARN's key from now on. mu is locked.
func (a *memoryArchive) know(x *Execution) {
	arn, key := x.identity.ARN, x.keyOfARN()
	a.byARN[arn] = x
	if others := a.byKey[key]; others != "" {
		arn = others + "\n" + arn
	}
	a.byKey[key] = arn
}

// unknow undoes know. mu is locked.
func (a *memoryArchive) unknow(x *Execution) {
	arn, key := x.identity.ARN, x.keyOfARN()
	delete(a.byARN, arn)
	if a.byKey[key] == arn {
		delete(a.byKey, key)
		return
	}
	others := slices.DeleteFunc(strings.Split(a.byKey[key], "\n"), func(other string) bool { return other == arn })
	a.byKey[key] = strings.Join(others, "\n")
}

func (a *memoryArchive) tokenKey(arn string) (*states.TokenKey, error) {
	history, err := a.events(arn)
	return tokenKeyOf(history), err
}

func (a *memoryArchive) describe(arn string) (*Description, error) {
	x, err := a.find(arn)
	if err != nil {
		return nil, err
	}
	x.lock()
	defer x.unlock()
	return a.described(x), nil
}

func (a *memoryArchive) described(x *Execution) *Description {
	return a.describeRedrives(x.describe(), x.past(), a.Engine.options)
}

func (a *memoryArchive) findInMemory(arn string) *Execution {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byARN[arn]
}

func (a *memoryArchive) events(arn string) ([]states.Event, error) {
	x, err := a.find(arn)
	if err != nil {
		return nil, err
	}
	x.lock()
	defer x.unlock()
	return x.past(), nil
}

func (a *memoryArchive) machineOf(arn string) (*asl.StateMachine, string, error) {
	x, err := a.find(arn)
	if err != nil {
		return nil, "", err
	}
	return x.machine, x.terms, nil
}

func (a *memoryArchive) redrive(ctx context.Context, arn, token string) (*Execution, *call, error) {
	old, err := a.find(arn)
	if err != nil {
		return nil, nil, err
	}
	x, err := a.again(old, token)
	if err != nil {
		return nil, nil, err
	}
	x.lock()
	defer x.unlock()
	if err := a.replace(old, x); err != nil {
		return nil, nil, err
	}
	calls, err := x.redrive(ctx, token)
	if err != nil {
		_ = a.replace(x, old) // fails only when all is gone
		return nil, nil, err
	}
	return x, calls, nil
}

// again makes an execution that goes on where another one stopped, for a redrive that may have
// a token.
func (a *memoryArchive) again(x *Execution, token string) (*Execution, error) {
	facts, unresolved := a.machines.check(a.config.Resolver, x.machine) // not known of an imported one
	x.lock()
	defer x.unlock()
	o := a.standardOptions()
	s, history := x.summary(), x.past()
	if redrivenIn(history, token, a.now()) {
		return nil, errNotRedrivable(x.identity.ARN, reasonRedriven)
	}
	if reason := a.notRedrivable(&s, history, o); reason != "" {
		return nil, errNotRedrivable(x.identity.ARN, reason)
	}
	if unresolved != nil {
		return nil, unresolved
	}
	next := &Execution{
		engine:   a.Engine,
		archive:  a,
		identity: x.identity,
		machine:  x.machine,
		facts:    facts,
		logging:  x.logging,
		terms:    x.terms,
		events:   true,
		number:   x.number,
	}
	var err error
	if next.interpreter, err = states.Restore(x.machine, history, next.asking(o)); err != nil {
		return nil, fmt.Errorf("engine: %s can't be restored: %w", x.identity.ARN, err)
	}
	// What comes next must not be seen by those who hold the other execution.
	next.takeHistory(slices.Clip(history))
	return next, nil
}

// replace puts an execution in the place of another one of its ARN that has ended.
func (a *memoryArchive) replace(old, x *Execution) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed.Load():
		return ErrClosed
	case a.byARN[old.identity.ARN] != old:
		return errNotRedrivable(old.identity.ARN, reasonRunning) // somebody was quicker
	}
	a.succeed(old, x)
	return nil
}

// succeed puts an execution in the place of another one. The mu of x is locked, or nobody
// else has x; mu is locked.
func (a *memoryArchive) succeed(old, x *Execution) {
	a.byARN[old.identity.ARN] = x
	x.number = old.number
	a.starts.insert(x, old)
	a.starts.remove(old)
	a.running.remove(old)
	if a.ends.has(old) {
		a.ends.remove(old)
		a.kept--
	}
	a.enlist(x, a.endedAfter(x))
}

// insert implements [archive]. An earlier import of the execution, while it ran, makes
// way.
func (a *memoryArchive) insert(x *Execution) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed.Load() {
		return ErrClosed
	}
	a.forget(a.cutoff())
	switch old := a.byARN[x.identity.ARN]; {
	case old == nil:
		a.number(x)
		a.enlist(x, a.endedAfter(x))
	case !old.runsElsewhere() || !goesFurther(old.past(), x.past()):
		return x.exists()
	default:
		a.succeed(old, x)
	}
	a.forget(a.cutoff())
	return nil
}
