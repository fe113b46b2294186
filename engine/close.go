package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Close ends the engine. Once Close has returned every call gets [ErrClosed], and so does
// who waits for an execution. A second Close waits for the first and returns nil; one during a
// [Engine.Shutdown] gives it as much time still as a Close takes.
//
// Without a store Close cancels the contexts of all handlers and waits for them, for as
// long as Config.CloseTimeout; executions that run are gone. Shutdown lets them end.
//
// With a store Close drains the engine first: it calls no further handler and lets no
// timer fire, and waits for the running handlers of Standard executions for nine tenths of
// that time, so that their answers get into the store. While it drains the engine serves
// every call: heartbeats, answers by Task Token, starts, which go on in the next engine.
// What it can't serve, such as waiting for an execution that no longer moves, it refuses
// with ErrClosed, to handlers at once and to others at the end of the drain. An error that
// a handler returns after the engine has refused it something, or that wraps ErrClosed, is
// no answer: the task is left to the next engine, as it is when the process is killed.
// [Closing] tells handlers that wish to leave their tasks early.
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
	timeout := max(e.config.CloseTimeout, 0)
	share := timeout - timeout/10
	if !e.leaves() {
		defer time.AfterFunc(share, e.cut).Stop()
		<-e.ended
		return nil
	}
	began := time.Now()
	drain, cancel := context.WithTimeout(context.Background(), share)
	defer cancel()
	grace := timeout
	if e.drains() {
		grace = timeout / 10
	}
	_, err := e.end(drain, grace, func() (context.Context, context.CancelFunc, time.Duration) {
		left := max(timeout-time.Since(began), 0)
		rest, cancel := context.WithTimeout(context.Background(), left-left/10)
		return rest, cancel, left / 10
	})
	return err
}

// Shutdown ends the engine as [Engine.Close] does, but takes the time that ctx gives it instead of
// Config.CloseTimeout, and lets executions end that no other engine would go on with:
//
//	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
//	defer stop()
//	<-ctx.Done()
//	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Second)
//	defer cancel()
//	server.Shutdown(ctx) // no further requests, so no further starts
//	err := eng.Shutdown(ctx)
//
// First Shutdown waits, while the engine goes on as before. Without a store it waits until no
// execution runs, so whoever starts executions is to be stopped before. With a store it waits for the
// Express executions that run when it is called, but for the children of Map Runs, which the next
// engine runs again, and for half of the time until ctx's deadline at most. Then the engine drains as
// Close has it, until the running handlers have returned, and Config.Notify has been told
// everything.
//
// When ctx ends before that, the contexts of the handlers that are left end, with ErrClosed as their
// cause, and Shutdown waits for them for a tenth of Config.CloseTimeout still. The error is that of
// ctx then, joined with what Close would say, and with how many executions are gone. The engine is closed in any case when Shutdown
// returns. An engine on a virtual clock waits for nothing, because its time stands still.
//
// A second Shutdown waits for the first and returns nil, or ctx's error when that is sooner.
func (e *Engine) Shutdown(ctx context.Context) error {
	if e == nil || e.archive == nil {
		return errNotMade
	}
	if !e.leaves() {
		select {
		case <-e.ended:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-e.hurry:
			cancel()
		case <-within.Done():
		}
	}()
	lost := e.letEnd(within)
	grace := max(e.config.CloseTimeout, 0) / 10
	drained, err := e.end(within, grace, func() (context.Context, context.CancelFunc, time.Duration) { return within, cancel, grace })
	if lost > 0 {
		err = errors.Join(fmt.Errorf("engine: closed with %d executions still running that no other engine goes on with", lost), err)
	}
	if lost > 0 || !drained {
		err = errors.Join(ctx.Err(), err)
	}
	return err
}

// leaves notes that the engine begins to close. It reports false when it did before.
func (e *Engine) leaves() bool {
	if e.left.Swap(true) {
		return false
	}
	close(e.leaving)
	return true
}

// cut ends the time that a Shutdown has.
func (e *Engine) cut() { e.hurried.Do(func() { close(e.hurry) }) }

// drains reports whether waiting for handlers is of use, because the next engine has their answers.
func (e *Engine) drains() bool { return e.archive.outlives() && e.virtual == nil }

// letEnd waits until no execution runs that would be gone with the engine, and returns how many do
// when ctx ends first.
func (e *Engine) letEnd(ctx context.Context) int {
	if e.virtual != nil {
		return 0
	}
	stored := e.archive.outlives()
	gone := func(x *Execution) bool { return !x.archive.outlives() && !(stored && x.ofMapRun()) }
	if deadline, ok := ctx.Deadline(); ok && stored {
		within, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
		ctx = within
	}
	for {
		some := e.runningThat(gone)
		if len(some) == 0 {
			return 0
		}
		for _, x := range some {
			done := x.ended()
			if done == nil {
				continue
			}
			select {
			case <-done:
			case <-ctx.Done():
				x.unwait()
				return len(e.runningThat(gone))
			}
		}
		if stored {
			return 0 // those that were started meanwhile had no promise, and there may be ever more
		}
	}
}

// end drains the engine until a context ends, and closes it. grace is how long it waits for
// handlers whose contexts it has ended; notify says then until when Config.Notify is told of what is
// left, and how long its last call may take. end reports whether the engine was drained.
func (e *Engine) end(drain context.Context, grace time.Duration, notify func() (context.Context, context.CancelFunc, time.Duration)) (drained bool, err error) {
	defer close(e.ended)
	began := time.Now()
	e.draining.Store(true)
	close(e.drain)
	drained = true
	if e.drains() {
		e.timers.Hold()
		e.abandon(func(x *Execution) bool { return !x.archive.outlives() })
		drained = e.idleUntil(drain)
	}
	e.closed.Store(true)
	close(e.closing)
	runs := e.mapRuns.all()
	for _, r := range runs {
		r.suspend()
	}
	e.timers.Close()
	e.abandon(func(*Execution) bool { return true })
	rest, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if !e.idleUntil(rest) {
		if n := e.working.Load() - e.spare.Load(); n > 0 {
			err = fmt.Errorf("engine: closed with %d handlers still running after %v", n, time.Since(began).Round(time.Millisecond))
		}
	}
	for _, r := range runs {
		r.close()
	}
	if e.config.Notify != nil {
		within, cancel, last := notify()
		defer cancel()
		if !e.outbox.Close(within, last, ErrClosed) {
			err = errors.Join(err, fmt.Errorf("engine: closed with a call of Notify still running after %v", time.Since(began).Round(time.Millisecond)))
		}
	}
	err = errors.Join(err, e.archive.close())
	if e.observer != nil {
		err = errors.Join(err, e.observer.Closed())
	}
	return drained, err
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
	for _, x := range e.runningThat(which) {
		x.abandon()
	}
}

// runningThat returns those executions in memory that run and of which a function says so.
func (e *Engine) runningThat(which func(*Execution) bool) []*Execution {
	e.mu.Lock()
	defer e.mu.Unlock()
	var some []*Execution
	for x := e.running.first; x != nil; x = x.links[isRunning].next {
		if which(x) {
			some = append(some, x)
		}
	}
	return some
}

// idleUntil waits until no handler runs, and reports false when ctx ends first.
func (e *Engine) idleUntil(ctx context.Context) bool {
	for e.working.Load() > 0 {
		select {
		case <-e.idle:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
