package engine

import (
	"context"
	"errors"
	"time"

	"github.com/gostates/gostates/engine/internal/virtual"
)

// A call is the context of its handler. Most handlers only hand it on, so what
// cancels it is made when somebody asks for it.

type taskKey struct{}

// Deadline returns when the task times out, in the time of the engine's clock.
func (c *call) Deadline() (time.Time, bool) {
	if c.deadline == nil {
		return time.Time{}, false
	}
	return c.deadline.Due, true
}

// Done returns what is closed when the task is over.
func (c *call) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cancellable().Done()
}

// A cancellable is a context and what cancels it.
type cancellable struct {
	context.Context
	cancel context.CancelCauseFunc
}

// cancellable returns the context that is cancelled. c.mu is locked.
func (c *call) cancellable() context.Context {
	if c.inner == nil {
		ctx, cancel := context.WithCancelCause(c.values())
		c.inner = &cancellable{ctx, cancel}
		if c.cause != nil {
			cancel(c.cause)
		}
	}
	return c.inner.Context
}

// Err returns context.DeadlineExceeded when the task timed out or missed its
// heartbeat, context.Canceled when it is over for another reason.
func (c *call) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cause == nil:
		return nil
	case errors.Is(c.cause, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return context.Canceled
}

// values is the context in which the execution runs.
func (c *call) values() context.Context {
	if c.execution.ctx == nil {
		return context.Background()
	}
	return c.execution.ctx
}

// Value finds the task. The rest it leaves to the context that is cancelled, so
// that package context recognises that one as its own, and finds the cause in it.
func (c *call) Value(key any) any {
	switch key.(type) {
	case taskKey:
		return c
	case virtual.Key:
		return virtual.Parker(c)
	}
	values := c.values()
	c.mu.Lock()
	if c.inner != nil || c.cause != nil {
		values = c.cancellable()
	}
	c.mu.Unlock()
	return values.Value(key)
}

// stop ends the context, with a cause that says why.
func (c *call) stop(why error) {
	c.Unpark()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.cause = why
	if c.inner != nil {
		c.inner.cancel(why)
	}
}

// Park implements [virtual.Parker].
func (c *call) Park() bool {
	c.mu.Lock()
	if c.cause != nil {
		c.mu.Unlock()
		return false
	}
	c.parked = true
	c.mu.Unlock()
	c.yield()
	c.execution.engine.busy(-1)
	return true
}

// Unpark implements [virtual.Parker].
func (c *call) Unpark() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.parked {
		return false
	}
	c.parked = false
	c.execution.engine.busy(1)
	return true
}

// yield lets the queue of a virtual clock's engine run the next handler.
func (c *call) yield() {
	select {
	case c.yielded <- struct{}{}:
	default:
	}
}
