package enginetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/internal/virtual"
	"github.com/gostates/gostates/states"
)

// A Clock is a virtual clock, to be an engine's Config.Clock. It stands still
// while the engine works, and moves
//
//   - by itself when the engine has nothing left to do and somebody waits for an
//     execution ([engine.Execution.Wait], [engine.Engine.StartSyncExecution]):
//     straight to the next moment at which something is due;
//   - when the test says so, by [Clock.Advance].
//
// It is safe for use by any number of goroutines, and by several engines. The zero Clock is
// what NewClock returns for the zero time.
type Clock struct {
	mu      sync.Mutex
	settled sync.Cond // signals that busy is 0
	now     time.Time
	busy    int
	waiting int
	alarms  []*alarm // by time, then in the order they were set

	observer virtual.Observer // of the environment that has the clock
	slept    atomic.Int64     // handlers that began to sleep or went on
}

type alarm struct {
	at   time.Time
	wake func()
}

// NewClock returns a clock that shows the given time; the zero time stands for
// 2024-01-01T00:00:00Z.
func NewClock(start time.Time) *Clock {
	return &Clock{now: start}
}

// lock locks c.mu, and gives a zero Clock its time.
func (c *Clock) lock() {
	c.mu.Lock()
	if c.settled.L == nil {
		c.settled.L = &c.mu
		if c.now.IsZero() {
			c.now = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		}
	}
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.lock()
	defer c.mu.Unlock()
	return c.now
}

// WakeAt implements engine.Clock.
func (c *Clock) WakeAt(at time.Time, wake func()) func() {
	c.lock()
	defer c.mu.Unlock()
	a := &alarm{at, wake}
	i, _ := slices.BinarySearchFunc(c.alarms, a, func(b, a *alarm) int {
		if b.at.After(a.at) {
			return 1
		}
		return -1 // the later set of two goes last
	})
	c.alarms = slices.Insert(c.alarms, i, a)
	return func() { c.remove(a) }
}

func (c *Clock) remove(a *alarm) bool {
	c.lock()
	defer c.mu.Unlock()
	i := slices.Index(c.alarms, a)
	if i < 0 {
		return false
	}
	c.alarms = slices.Delete(c.alarms, i, i+1)
	return true
}

// Busy is for the engine.
func (c *Clock) Busy(n int) {
	c.lock()
	c.busy += n
	c.mu.Unlock()
	if n < 0 {
		c.jump()
	}
}

// Waiting is for the engine.
func (c *Clock) Waiting(n int) {
	c.lock()
	c.waiting += n
	c.mu.Unlock()
	if n > 0 {
		// Not on this goroutine: whoever waits may give up, though time never comes
		// to an end while a store fails that is tried again and again.
		go c.jump()
	}
}

// jump moves to the next moment for as long as nothing is to be done and somebody
// waits.
func (c *Clock) jump() {
	for {
		c.lock()
		if c.busy == 0 {
			c.settled.Broadcast()
		}
		if c.busy > 0 || c.waiting <= 0 || len(c.alarms) == 0 {
			c.mu.Unlock()
			return
		}
		c.ring()
	}
}

// ring takes the first alarm and the clock to its time, and wakes who set it. It is
// called with c.mu locked, and unlocks it.
func (c *Clock) ring() {
	a := c.alarms[0]
	c.alarms = slices.Delete(c.alarms, 0, 1)
	if a.at.After(c.now) {
		c.now = a.at
	}
	c.busy++
	c.mu.Unlock()
	a.wake()
	c.lock()
	if c.busy--; c.busy == 0 {
		c.settled.Broadcast()
	}
	c.mu.Unlock()
}

// Observe has a function told of every part of its machine that an execution uses, as
// [states.Interpreter.Observe] says: of executions of all engines that are made with this clock
// from here on, the children of Map Runs included, which execute machines of their own. Several
// goroutines may call the function, which must not call the engine.
func (c *Clock) Observe(used func(machine *asl.StateMachine, part states.Part)) {
	c.observer = observing{c.Observer(), used}
}

// An observing tells a function of what is used, and another observer, if there is one, of all.
type observing struct {
	next virtual.Observer
	used func(machine *asl.StateMachine, part states.Part)
}

// Recorded implements [virtual.Observer].
func (o observing) Recorded(arn string, machine *asl.StateMachine, events []states.Event) {
	if o.next != nil {
		o.next.Recorded(arn, machine, events)
	}
}

// Used implements [virtual.Observer].
func (o observing) Used(arn string, machine *asl.StateMachine, part states.Part) {
	if o.used(machine, part); o.next != nil {
		o.next.Used(arn, machine, part)
	}
}

// Closed implements [virtual.Observer].
func (o observing) Closed() error {
	if o.next != nil {
		return o.next.Closed()
	}
	return nil
}

// Observer is for the engine.
func (c *Clock) Observer() virtual.Observer {
	if profile := covers(); c.observer == nil && profile != nil {
		return coverer{profile}
	}
	return c.observer
}

// Settle waits until the engine has nothing left to do at the clock's time:
// every execution waits for time or for a Task Token.
func (c *Clock) Settle() { c.Advance(0) }

// Advance lets d go by, moment by moment, and waits until all that was due has been
// done. It doesn't go together with goroutines that wait for an execution, which
// let the time go by on their own.
func (c *Clock) Advance(d time.Duration) {
	c.lock()
	end := c.now.Add(d)
	for {
		for c.busy > 0 {
			c.settled.Wait()
		}
		if len(c.alarms) == 0 || c.alarms[0].at.After(end) {
			break
		}
		c.ring()
		c.lock()
	}
	if c.now.Before(end) {
		c.now = end
	}
	c.mu.Unlock()
}

// AdvanceUntil lets time go by from each moment at which something is due to the
// next, until done reports true. It calls done on the caller's goroutine whenever the
// engine has nothing left to do, the first time before the clock moves. It returns
// false when nothing is due any more: time alone then changes nothing. What is said of
// [Clock.Advance] and waiting goroutines is so here.
func (c *Clock) AdvanceUntil(done func() bool) bool {
	for {
		c.lock()
		for c.busy > 0 {
			c.settled.Wait()
		}
		c.mu.Unlock()
		if done() {
			return true
		}
		c.lock()
		if len(c.alarms) == 0 {
			c.mu.Unlock()
			return false
		}
		c.ring()
	}
}

// Sleep lets a handler take time: it returns after d on the clock, or earlier with
// the error of ctx, which must be the handler's context or derived from it. A
// negative d sleeps until ctx ends. Outside of handlers it does the same, and holds
// nothing up.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.slept.Add(1)
	defer c.slept.Add(1)
	handler, ok := ctx.Value(virtual.Key{}).(virtual.Parker)
	if !ok {
		handler = nobody{}
	}
	over := make(chan struct{})
	if d >= 0 {
		stop := c.WakeAt(c.Now().Add(d), func() {
			handler.Unpark()
			close(over)
		})
		defer stop()
	}
	if !handler.Park() {
		return ctx.Err()
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		handler.Unpark()
		return ctx.Err()
	}
}

// nobody parks when no handler does.
type nobody struct{}

func (nobody) Park() bool   { return true }
func (nobody) Unpark() bool { return false }

// settleWithin waits as Settle does, but gives up and returns false when progress returns the
// same number twice with limit of real time in between.
func (c *Clock) settleWithin(limit time.Duration, progress func() int64) bool {
	c.lock()
	defer c.mu.Unlock()
	if c.busy == 0 {
		return true
	}
	stalled, before := false, progress()
	var look *time.Timer
	look = time.AfterFunc(limit, func() {
		now := progress()
		c.lock()
		defer c.mu.Unlock()
		if now != before {
			before = now
			look.Reset(limit)
			return
		}
		stalled = true
		c.settled.Broadcast()
	})
	defer look.Stop()
	for c.busy > 0 && !stalled {
		c.settled.Wait()
	}
	return c.busy == 0
}

// next moves to the next moment at which something is due, if that is not after a time, and
// reports whether there was one. The engine must have nothing left to do.
func (c *Clock) next(until time.Time) bool {
	c.lock()
	if len(c.alarms) == 0 || c.alarms[0].at.After(until) {
		c.mu.Unlock()
		return false
	}
	c.ring()
	return true
}

// moveTo sets the clock to a time before which nothing is due.
func (c *Clock) moveTo(at time.Time) {
	c.lock()
	defer c.mu.Unlock()
	if c.now.Before(at) {
		c.now = at
	}
}
