package engine

import (
	"slices"
	"time"

	"github.com/gostates/gostates/states"
)

// What happens to an execution, besides its start.
type happens uint8

const (
	acknowledged happens = iota // a task was accepted
	returned                    // a task ended well
	erred                       // a task ended with an error
	expired                     // a task ran out of time
	silent                      // a task missed its heartbeat
	fired                       // a timer's time has come
	stopped                     // somebody stopped the execution
	overslept                   // a sleeping execution has something due
	looked                      // it is time to ask the store who sleeps
	repaired                    // it is time to try the store again
	undelivered                 // it is time to try again to deliver notifications
)

// A happening is an input whose time is not known yet: the clock is read when
// the execution's turn comes, so that its times never go backwards.
type happening struct {
	kind    happens
	id      states.EventID
	output  any
	failure states.Failure
	stage   states.Stage
	due     time.Time // of a timer
	kept    bool      // it comes from a handler, and must not get lost while the store fails
	over    bool      // the handler has returned
}

// input returns the happening at a time.
func (h *happening) input(now time.Time) states.Input {
	switch h.kind {
	case acknowledged:
		return states.TaskAcknowledged{At: now, Task: h.id, Output: h.output}
	case returned:
		return states.TaskReturned{At: now, Task: h.id, Output: h.output}
	case erred:
		return states.TaskErred{At: now, Task: h.id, Failure: h.failure, Stage: h.stage}
	case expired, silent:
		return states.TaskExpired{At: now, Task: h.id, Heartbeat: h.kind == silent}
	case fired:
		return states.TimerFired{At: now, Timer: h.id}
	}
	return states.Stopped{At: now, Failure: h.failure}
}

// advance is all that moves an execution: it steps the interpreter with what
// happened together, records the events, and only then performs the commands. It
// returns the calls of handlers that are to be made now, linked by next.
//
// The error is states.ErrStale when nothing of it concerns the execution any
// more, and ErrClosed after Close.
func (x *Execution) advance(happened ...happening) (*call, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	defer x.settled()
	err := x.awake()
	var calls *call
	if err == nil {
		calls, err = x.take(happened)
	}
	if err != nil {
		x.later(happened, err)
		return nil, err
	}
	if x.durable != nil && x.engine.closed.Load() {
		calls = nil // they are left for the next engine
	}
	return calls, nil
}

// take makes the inputs of what happened and steps. x.mu is locked.
func (x *Execution) take(happened []happening) (*call, error) {
	x.tick()
	x.inputs = x.inputs[:0]
	for i := range happened {
		h := &happened[i]
		if h.due.After(x.now) {
			x.now = h.due // the clock's time, cut to a millisecond
		}
		x.inputs = append(x.inputs, nil)
	}
	for i := range happened {
		h := &happened[i]
		x.inputs[i] = h.input(x.now)
		if h.kind == fired {
			x.timers = slices.DeleteFunc(x.timers, func(t *timer) bool { return t.id == h.id })
		}
	}
	return x.step(happened, len(happened) == 0, x.inputs...)
}

// happen ends the tasks that are over by what happened.
func (x *Execution) happen(happened []happening) {
	for i := range happened {
		switch h := &happened[i]; h.kind {
		case returned, erred:
			x.over(h.id, true)
		case expired, silent:
			x.over(h.id, false)
		case acknowledged:
			x.acknowledged(h.id, h.over)
		}
	}
}

// acknowledged notes that a task was accepted, and whether its handler has returned: it
// goes on without it.
func (x *Execution) acknowledged(id states.EventID, returned bool) {
	for _, c := range x.calls {
		if c.id == id {
			c.acknowledged = true
			c.running = c.running && !returned
		}
	}
}

// tick moves the execution's time to the clock's.
func (x *Execution) tick() {
	if now := x.engine.now(); now.After(x.now) {
		x.now = now
	}
}

// step steps, makes the events durable if they are to be, records and performs. x.mu
// is locked.
func (x *Execution) step(happened []happening, putOff bool, inputs ...states.Input) (*call, error) {
	effects, err := x.interpreter.Step(inputs...)
	if err != nil {
		x.happen(happened)
		return nil, err
	}
	x.more = effects.More
	if err := x.keep(happened, &effects, putOff); err != nil {
		return nil, err
	}
	x.happen(happened)
	first := x.perform(effects.Commands)
	if first == nil || !x.events {
		return first, nil
	}
	// The handlers are called at once, so their tasks begin at this moment. It
	// is recorded for those who read the history while they run.
	x.inputs = x.inputs[:0]
	for c := first; c != nil; c = c.next {
		x.inputs = append(x.inputs, states.TaskBegan{At: x.now, Task: c.id})
	}
	if effects, err = x.interpreter.Step(x.inputs...); err == nil {
		x.more = effects.More
		if x.keep(nil, &effects, true) != nil {
			return first, nil // what they answer is kept
		}
		first.last().next = x.perform(effects.Commands)
	}
	return first, nil
}

// continued sees to it that an execution goes on that has much to do without
// waiting, such as a loop of Pass and Choice states. It gives way between its
// steps, so that timers and StopExecution reach it. x.mu is locked.
func (x *Execution) continued() {
	if !x.more || x.continuing {
		return
	}
	x.continuing = true
	e := x.engine
	e.busy(1)
	go func() {
		defer e.busy(-1)
		for x.goesOn() {
			// In virtual time such a loop would take none and never end.
			e.busy(-1)
			e.busy(1)
			if calls, err := x.advance(); err == nil {
				e.spawn(calls)
			}
		}
	}()
}

// goesOn reports whether another step is due without anything happening.
func (x *Execution) goesOn() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.continuing = x.more && x.interpreter != nil
	return x.continuing
}

// keep makes the events of a step durable, if they are to be, and records them.
func (x *Execution) keep(happened []happening, effects *states.Effects, putOff bool) error {
	x.announce(effects.Events)
	if x.durable != nil {
		if err := x.persist(happened, effects, putOff); err != nil {
			return err
		}
	}
	x.record(effects.Events)
	if x.durable == nil {
		x.told()
	}
	return nil
}

// record keeps the events, before anything that they announce is done.
func (x *Execution) record(events []states.Event) {
	if !x.express {
		if x.history == nil {
			x.history = make([]states.Event, 0, max(len(events), min(int(x.facts.events.Load()), 256)))
		}
		x.history = append(x.history, events...)
	}
	if x.logging.on() {
		for i := range events {
			x.engine.logEvent(x, &events[i])
		}
	}
}

// perform does what the interpreter wants done, except for the calls of handlers,
// which it returns.
func (x *Execution) perform(commands []states.Command) (first *call) {
	for _, command := range commands {
		switch command := command.(type) {
		case *states.InvokeTask:
			x.open(command)
		case *states.StartTimer:
			x.startTimer(command.ID, command.Due)
		case *states.Cancel:
			x.cancel(command.ID)
		case *states.Finish:
			x.finish(command)
		}
	}
	// What was opened may be over already: a branch beside it failed at once.
	for i := len(x.calls) - 1; i >= 0 && x.calls[i].fresh; i-- {
		x.calls[i].fresh, x.calls[i].running = false, true
		x.calls[i].next = first
		first = x.calls[i]
	}
	return first
}

// fresh returns all calls that are still to be made.
func (x *Execution) fresh() (first *call) {
	for _, c := range slices.Backward(x.calls) {
		if c.fresh {
			c.fresh, c.running = false, true
			c.next = first
			first = c
		}
	}
	return first
}

func (x *Execution) startTimer(id states.TimerID, due time.Time) {
	t := &x.limit
	if id != 1 || x.durable != nil { // which may have to start it again
		t = new(timer)
		x.timers = append(x.timers, t)
	}
	*t = timer{due: due, execution: x, kind: fired, id: id}
	x.engine.timers.start(t)
}

// cancel withdraws a task or a timer.
func (x *Execution) cancel(id states.EventID) {
	i := slices.IndexFunc(x.timers, func(t *timer) bool { return t.id == id })
	if id == 1 && x.limit.execution != nil {
		x.engine.timers.cancel(&x.limit)
		return
	}
	if i < 0 {
		x.over(id, false)
		return
	}
	x.engine.timers.cancel(x.timers[i])
	x.timers = slices.Delete(x.timers, i, i+1)
}

// over forgets a task that has ended: because it was answered, or because it timed
// out or is no longer wanted.
func (x *Execution) over(id states.EventID, answered bool) {
	i := slices.IndexFunc(x.calls, func(c *call) bool { return c.id == id })
	if i < 0 {
		return
	}
	c := x.calls[i]
	x.calls = slices.Delete(x.calls, i, i+1)
	c.over(answered)
}

// finish ends the execution.
func (x *Execution) finish(end *states.Finish) {
	x.end, x.stopDate = end, x.now
	if !x.express {
		x.facts.events.Store(int64(len(x.history)))
	}
	x.release()
	if x.done != nil {
		close(x.done)
	}
	x.engine.retire(x)
}

// abandon drops the execution because the engine closes.
func (x *Execution) abandon() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.end == nil {
		x.abandoned = true
		x.release()
	}
}

// release lets go of all that only a running execution needs.
func (x *Execution) release() {
	for _, c := range x.calls {
		c.over(false)
	}
	if x.limit.execution != nil {
		x.engine.timers.cancel(&x.limit)
	}
	for _, t := range x.timers {
		x.engine.timers.cancel(t)
	}
	// Whoever waits does so no longer, even before its goroutine runs: a virtual
	// clock must not move for it.
	x.engine.waiting(-x.waiters)
	x.waiters = 0
	x.calls, x.timers, x.inputs, x.interpreter, x.ctx = nil, nil, nil, nil, nil
}
