package engine

import (
	"context"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/engine/internal/virtual"
)

// alone is the call of a task that is tested: its heartbeats and acknowledgement are good, and
// nobody hears of them.
var alone = new(call)

// A testedCall is the call of a handler in a test. Contexts hold it as they hold a call.
type testedCall struct {
	test *stateTest
	task Task

	mu            sync.Mutex
	parked, ended bool
}

// Park implements [virtual.Parker].
func (c *testedCall) Park() bool {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return false
	}
	c.parked = true
	c.mu.Unlock()
	c.test.busy(-1) // it may wake the call at once
	return true
}

// Unpark implements [virtual.Parker].
func (c *testedCall) Unpark() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.parked {
		return false
	}
	c.parked = false
	c.test.busy(1)
	return true
}

// end says that nobody waits for the call any more.
func (c *testedCall) end() {
	c.Unpark()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// busy tells a virtual clock about work under way.
func (t *stateTest) busy(n int) {
	if t.engine != nil {
		t.engine.busy(n)
	}
}

// sleep waits for a time on the test's clock. It reports false when ctx ended first.
func (t *stateTest) sleep(ctx context.Context, until time.Time) bool {
	c := &testedCall{test: t}
	defer c.end()
	over := make(chan struct{})
	stop := t.clock.WakeAt(until, func() {
		c.Unpark()
		close(over)
	})
	defer stop()
	c.Park()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}

// call calls a handler and waits for its answer until a time. It reports whether the time came
// first.
func (t *stateTest) call(ctx context.Context, task Task, h Handler, due time.Time) (output any, err error, expired bool) {
	c := &testedCall{test: t, task: task}
	defer c.end()
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(ErrTaskAnswered)
	stop := t.clock.WakeAt(due, func() {
		c.Unpark()
		cancel(errExpired)
	})
	defer stop()
	answers := make(chan answered, 1)
	go func() {
		var a answered
		defer func() { answers <- a }()
		a.err = &panicError{}
		defer func() {
			if reason := recover(); reason != nil {
				a.err = &panicError{reason}
			}
		}()
		a.output, a.err = answerOf(h, &testedContext{within, c}, task)
	}()
	select {
	case a := <-answers:
		if within.Err() == nil {
			return a.output, a.err, false
		}
		// The handler may have returned because its context has ended.
	case <-within.Done():
	}
	return nil, within.Err(), context.Cause(within) == errExpired
}

// An answered is what a handler has returned. Until then its err is that of a handler which
// ends its goroutine.
type answered struct {
	output any
	err    error
}

func answerOf(h Handler, ctx context.Context, task Task) (any, error) {
	output, err := h.Handle(ctx, task)
	if err != nil {
		return nil, err
	}
	if output, err = convert.Of(output); err != nil {
		return nil, badOutput(err)
	}
	return output, nil
}

// A testedContext is the context of a handler in a test.
type testedContext struct {
	context.Context
	call *testedCall
}

// Value finds the task.
func (c *testedContext) Value(key any) any {
	switch key.(type) {
	case taskKey:
		return c.call
	case virtual.Key:
		return virtual.Parker(c.call)
	}
	return c.Context.Value(key)
}

// InspectHTTP has the [TestState] that tests an HTTP Task show what the task's handler has sent
// and was answered, if it is to be shown; tell says what that was, and is called at once or not
// at all. In any other context it does nothing, so that a handler always calls it. The request
// must lack what a connection adds to it, unless secrets is set: see [TestStateInput.RevealSecrets].
// The last call counts.
func InspectHTTP(ctx context.Context, tell func(secrets bool) (HTTPRequest, HTTPResponse)) {
	c, ok := ctx.Value(taskKey{}).(*testedCall)
	if !ok || c.test.in.InspectionLevel != InspectTrace {
		return
	}
	request, response := tell(c.test.in.RevealSecrets)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.test.request, c.test.answer = &request, &response
	}
}
