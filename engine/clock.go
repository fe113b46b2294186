package engine

import (
	"sync"
	"time"
)

// A Clock tells an engine the time and wakes it. Every time that an execution
// sees, its waits, retries and timeouts and the times in its history, comes from
// the engine's clock. Package enginetest has one that jumps.
//
// Implementations must be safe for use by several goroutines.
type Clock interface {
	// Now returns the time. It must not go backwards far: an execution never
	// sees an earlier time than it has seen, and would stand still meanwhile.
	Now() time.Time
	// WakeAt calls wake once, at the given time or later, on a goroutine of the
	// clock's; at once when the time has passed. stop withdraws it, as far as it
	// has not begun. WakeAt itself must not call wake.
	WakeAt(at time.Time, wake func()) (stop func())
}

// glance is how often the computer's clock is looked at while a wake-up is waited for:
// somebody may set it, and timers of the operating system stand still while the computer
// sleeps.
const glance = time.Minute

// A systemClock is the computer's clock.
type systemClock struct {
	now func() time.Time
}

func (c systemClock) Now() time.Time { return c.now() }

func (c systemClock) WakeAt(at time.Time, wake func()) func() {
	a := &alarm{clock: c, at: at, wake: wake}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wait()
	return a.stop
}

// An alarm is a wake-up by a systemClock.
type alarm struct {
	clock systemClock
	at    time.Time
	wake  func()

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// wait waits for the time, or to look at the clock again. a.mu is locked.
func (a *alarm) wait() {
	a.timer = time.AfterFunc(min(a.at.Sub(a.clock.now()), glance), a.look)
}

func (a *alarm) look() {
	a.mu.Lock()
	early := a.clock.now().Before(a.at)
	if early && !a.stopped {
		a.wait()
	}
	stopped := a.stopped
	a.mu.Unlock()
	if !early && !stopped {
		a.wake()
	}
}

func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.timer.Stop()
}
