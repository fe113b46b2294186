package timers

import (
	"sync"
	"time"
)

// glance is how often the computer's clock is looked at while a wake-up is waited for:
// somebody may set it, and timers of the operating system stand still while the computer
// sleeps.
const glance = time.Minute

// A System is the computer's clock. It implements the engine's Clock.
type System struct {
	now func() time.Time
}

// NewSystem returns the computer's clock.
func NewSystem() System { return System{time.Now} }

// Now returns the time.
func (c System) Now() time.Time { return c.now() }

// WakeAt calls wake at a time or later, at most a minute after somebody has set the clock
// beyond that time. stop withdraws it, unless it has begun.
func (c System) WakeAt(at time.Time, wake func()) (stop func()) {
	a := &alarm{clock: c, at: at, wake: wake}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wait()
	return a.stop
}

// An alarm is a wake-up by a System.
type alarm struct {
	clock System
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

// look wakes when the time has come, and else waits on.
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

// stop withdraws the wake-up.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.timer.Stop()
}
