package engine

import (
	"slices"

	"github.com/gostates/gostates/engine/internal/places"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/states"
)

// asks has a call ask for its places, and reports whether its handler may be called. Else the
// call waits in a queue, until it is spawned with its places. x.mu is locked.
func (c *call) asks() bool {
	e := c.execution.engine
	if e.throttles == nil {
		return true
	}
	if c.ticket == nil {
		c.ticket = &places.Ticket{Owner: c}
	}
	needs := e.throttles.ofCall(c)
	c.queued = len(needs) > 0 && !e.throttles.gate.Ask(c.ticket, c.execution.identity.MachineARN, needs, e.now())
	if c.queued {
		e.throttles.expect(e)
	}
	return !c.queued
}

// leavePlaces gives the places of a call back, or has it wait for them no longer, and has the
// calls made whose turn it is then.
func (c *call) leavePlaces() {
	if c.ticket == nil {
		return
	}
	e := c.execution.engine
	e.throttles.begin(e, e.throttles.gate.Leave(c.ticket, e.now()))
}

// begin has calls made that have got their places.
func (t *throttles) begin(e *Engine, begun []any) {
	for _, owner := range begun {
		switch owner := owner.(type) {
		case *call:
			e.spawnLater(owner)
		case *queuedCall:
			e.spawnLater(&call{turn: &turn{wakes: owner}})
		}
	}
	t.expect(e)
}

// expect sees to it that places are given out when the time has made them free.
func (t *throttles) expect(e *Engine) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.gate.Next()
	switch {
	case next.IsZero() || t.armed && !next.Before(t.timer.Due):
	case t.armed && e.timers.Move(&t.timer, next):
	case !t.armed:
		t.armed = true
		t.timer = timers.Timer{Due: next, Owner: timers.Do(func(bool) bool {
			t.mu.Lock()
			t.armed = false
			t.mu.Unlock()
			t.begin(e, t.gate.Wake(e.config.Clock.Now()))
			return false
		})}
		e.timers.Start(&t.timer)
	}
}

// takesPlaces has a call begin that waited for its places, and leaves others alone. It reports
// false when the call is not to be made after all: the task is over, or the store fails, and
// then the call asks again when the execution is restored.
func (c *call) takesPlaces() bool {
	if c.ticket == nil {
		return true
	}
	x := c.execution
	x.lock()
	defer x.unlock()
	switch {
	case !c.queued:
		return true
	case !slices.Contains(x.calls, c):
		return false
	case x.interpreter == nil:
		c.asksAgain = true
		c.leavePlaces()
		return false
	}
	x.tick()
	c.queued, c.running = false, true
	bounded := c.startTimers()
	if !x.events || c.isActivity() {
		return true
	}
	calls, err := x.step(nil, true, states.TaskBegan{At: x.now, Task: c.id})
	x.engine.spawn(calls)
	if err == nil && bounded && x.durable != nil && x.interpreter != nil {
		_ = x.flush(nil, x.dueAfter(nil), ownLine(placedType, c.id, x.now))
	}
	if x.end != nil || x.gone != nil {
		c.leavePlaces()
		return false
	}
	return true // though the store may have failed: what the handler answers is kept
}

// startTimers starts the times of a task whose handler is about to be called, and that has
// waited for that. It reports whether there are any.
func (c *call) startTimers() bool {
	x := c.execution
	x.engine.timers.CancelAll(c.deadline, c.silence)
	if c.deadline != nil {
		c.deadline.Due = x.now.Add(c.timeout)
		x.engine.timers.Start(c.deadline)
	}
	if c.silence != nil {
		c.silence.Due = x.now.Add(c.period)
		x.engine.timers.Start(c.silence)
	}
	return c.deadline != nil || c.silence != nil
}
