package engine

import (
	"errors"
	"fmt"
	"time"
)

// Close ends the engine. Every later call gets [ErrClosed], and so does who waits
// for an execution.
//
// Without a store it cancels the contexts of all handlers and waits for them, for
// as long as Config.CloseTimeout; executions that run are gone.
//
// With a store it calls no further handler, and waits for the running ones of
// Standard executions for nine tenths of that time, so that their answers get into
// the store; then it cancels the contexts of those that are left, and of a virtual
// clock's engine at once, because its time stands still. Last it closes the store.
// Executions that run go on where they stood when an engine is opened on the store
// again.
//
// Config.Notify is told of what is left to tell in the rest of that time.
//
// An error says how many handlers were left behind, whose answers will be dropped, that
// Notify was, or that the store could not be closed. Close may be called more than once.
func (e *Engine) Close() error {
	if e == nil || e.archive == nil {
		return errNotMade
	}
	if e.closed.Swap(true) {
		return nil
	}
	began := time.Now()
	close(e.closing)
	e.timers.Close()
	e.abandon(func(x *Execution) bool { return !x.archive.outlives() })
	timeout := max(e.config.CloseTimeout, 0)
	if e.archive.outlives() && e.virtual == nil {
		drain := timeout - timeout/10
		e.idleWithin(drain)
		timeout -= drain
	}
	e.abandon(func(*Execution) bool { return true })
	var err error
	if !e.idleWithin(timeout) {
		if n := e.working.Load() - e.spare.Load(); n > 0 {
			err = fmt.Errorf("engine: closed with %d handlers still running after %v", n, e.config.CloseTimeout)
		}
	}
	if left := max(e.config.CloseTimeout-time.Since(began), 0); e.config.Notify != nil && !e.outbox.Close(left, ErrClosed) {
		err = errors.Join(err, fmt.Errorf("engine: closed with a call of Notify still running after %v", e.config.CloseTimeout))
	}
	return errors.Join(err, e.archive.close())
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
