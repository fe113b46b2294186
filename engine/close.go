package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Close ends the engine. Once Close has returned every call gets [ErrClosed], and so does
// who waits for an execution. A second Close waits for the first and returns nil.
//
// Without a store Close cancels the contexts of all handlers and waits for them, for as
// long as Config.CloseTimeout; executions that run are gone.
//
// With a store Close drains the engine first: it calls no further handler and lets no
// timer fire, and waits for the running handlers of Standard executions for nine tenths of
// that time, so that their answers get into the store. While it drains the engine serves
// every call: heartbeats, answers by Task Token, starts, which go on in the next engine.
// What it can't serve, such as waiting for an execution that no longer moves, it refuses
// with ErrClosed, to handlers at once and to others at the end of the drain. An error that
// a handler returns after the engine has refused it something, or that wraps ErrClosed, is
// no answer: the task is left to the next engine, as it is when the process is killed.
//
// Then Close cancels the contexts of the handlers that are left, with ErrClosed as their
// cause, and drops what they answer; an engine on a virtual clock does so at once, because
// its time stands still. Last it closes the store. Executions that run go on where they
// stood when an engine is opened on the store again.
//
// Config.Notify is told of what is left to tell in the rest of that time.
//
// An error says how many handlers were left behind, whose answers will be dropped, that
// Notify was, or that the store could not be closed.
func (e *Engine) Close() error {
	if e == nil || e.archive == nil {
		return errNotMade
	}
	if e.draining.Swap(true) {
		<-e.ended
		return nil
	}
	defer close(e.ended)
	err := e.close()
	if e.observer != nil {
		err = errors.Join(err, e.observer.Closed())
	}
	return err
}

func (e *Engine) close() error {
	began := time.Now()
	close(e.drain)
	timeout := max(e.config.CloseTimeout, 0)
	if e.archive.outlives() && e.virtual == nil {
		e.timers.Hold()
		e.abandon(func(x *Execution) bool { return !x.archive.outlives() })
		drain := timeout - timeout/10
		e.idleWithin(drain)
		timeout -= drain
	}
	e.closed.Store(true)
	close(e.closing)
	runs := e.mapRuns.all()
	for _, r := range runs {
		r.suspend()
	}
	e.timers.Close()
	e.abandon(func(*Execution) bool { return true })
	var err error
	if !e.idleWithin(timeout) {
		if n := e.working.Load() - e.spare.Load(); n > 0 {
			err = fmt.Errorf("engine: closed with %d handlers still running after %v", n, e.config.CloseTimeout)
		}
	}
	for _, r := range runs {
		r.close()
	}
	if left := max(e.config.CloseTimeout-time.Since(began), 0); e.config.Notify != nil && !e.outbox.Close(left, ErrClosed) {
		err = errors.Join(err, fmt.Errorf("engine: closed with a call of Notify still running after %v", e.config.CloseTimeout))
	}
	return errors.Join(err, e.archive.close())
}

// refuses reports whether a context is that of a handler of the engine. What the handler
// asked for is refused because the engine drains, and an error that the handler returns is
// no answer from then on.
func (e *Engine) refuses(ctx context.Context) bool {
	c, ok := ctx.Value(taskKey{}).(*call)
	if !ok || c.execution.engine != e {
		return false
	}
	c.refused.Store(true)
	return true
}

// refuse returns ErrClosed for what an engine can't do that drains or is closed: to a
// handler at once, and to others when the drain is over.
func (e *Engine) refuse(ctx context.Context) error {
	if e.refuses(ctx) {
		return ErrClosed
	}
	select {
	case <-e.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refused returns the error of a start. ErrClosed comes when the drain is over, unless a
// handler asked.
func (e *Engine) refused(ctx context.Context, err error) error {
	if errors.Is(err, ErrClosed) {
		return e.refuse(ctx)
	}
	return err
}

// abandon drops executions that run.
func (e *Engine) abandon(which func(*Execution) bool) {
	e.mu.Lock()
	var running []*Execution
	for x := e.running.first; x != nil; x = x.links[isRunning].next {
		if which(x) {
			running = append(running, x)
		}
	}
	e.mu.Unlock()
	for _, x := range running {
		x.abandon()
	}
}

// idleWithin waits until no handler runs, and reports false when that takes longer.
func (e *Engine) idleWithin(d time.Duration) bool {
	bound := time.NewTimer(d)
	defer bound.Stop()
	for e.working.Load() > 0 {
		select {
		case <-e.idle:
		case <-bound.C:
			return false
		}
	}
	return true
}
