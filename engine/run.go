package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/gostates/gostates/states"
)

// An arrivalKind says what reaches an execution after its start.
type arrivalKind uint8

const (
	acknowledged arrivalKind = iota // a task was accepted
	returned                        // a task ended well
	erred                           // a task ended with an error
	expired                         // a task ran out of time
	silent                          // a task missed its heartbeat
	fired                           // a timer's time has come
	stopped                         // somebody stopped the execution
	resting                         // no input: a task waits for the end of its child
	ranWell                         // a Map Run ended well
	ranBadly                        // a Map Run ended with an error
)

// An arrival becomes an input of the interpreter when its execution is locked: the clock
// is read only then, so that the times of an execution never go backwards. An example is
// the answer of a handler, which waits while another step of the execution is taken.
type arrival struct {
	kind    arrivalKind
	id      states.EventID
	output  any
	failure states.Failure
	stage   states.Stage
	due     time.Time // of a timer
	kept    bool      // it comes from a handler, and must not get lost while the store fails
	over    bool      // the handler has returned
}

// input returns the interpreter's input for an arrival, with a time. Every kind but those
// that the switch names stops the execution.
func (h *arrival) input(now time.Time) states.Input {
	switch h.kind {
	case acknowledged:
		return states.TaskAcknowledged{At: now, Task: h.id, Output: h.output}
	case returned:
		return states.TaskReturned{At: now, Task: h.id, Output: h.output}
	case erred:
		return states.TaskErred{At: now, Task: h.id, Failure: bounded(h.failure), Stage: h.stage}
	case expired, silent:
		return states.TaskExpired{At: now, Task: h.id, Heartbeat: h.kind == silent}
	case fired:
		return states.TimerFired{At: now, Timer: h.id}
	case ranWell:
		return states.MapRunReturned{At: now, Run: h.id, Output: h.output}
	case ranBadly:
		return states.MapRunErred{At: now, Run: h.id, Failure: bounded(h.failure)}
	}
	return states.Stopped{At: now, Failure: bounded(h.failure)}
}

// advance is the only function that moves a started execution. It steps the interpreter
// once with all the arrivals, records the events, and only then performs the commands. It
// returns the calls of handlers that the caller has to make now, linked by next.
//
// The error is states.ErrStale when no arrival concerns the execution any more, for
// example the answer of a task that has timed out, and ErrClosed after Close.
func (x *Execution) advance(arrivals ...arrival) (*call, error) {
	x.lock()
	defer x.unlock()
	if x.engine.closed.Load() {
		return nil, ErrClosed
	}
	defer x.afterInput()
	err := x.ready()
	var calls *call
	if err == nil {
		calls, err = x.take(arrivals)
	}
	if err != nil {
		x.archive.postpone(x, slices.Clone(arrivals), err) // a copy, so that others need no memory of their own
		return nil, err
	}
	if x.engine.draining.Load() {
		calls = nil // they are left for the next engine, if there is one
	}
	return calls, nil
}

// take makes inputs of the arrivals and steps with them. x.mu is locked.
func (x *Execution) take(arrivals []arrival) (*call, error) {
	x.tick()
	x.inputs = x.inputs[:0]
	for i := range arrivals {
		h := &arrivals[i]
		if h.due.After(x.now) {
			x.now = h.due // the clock's time, cut to a millisecond
		}
		x.inputs = append(x.inputs, nil)
	}
	for i := range arrivals {
		x.inputs[i] = arrivals[i].input(x.now)
	}
	return x.step(arrivals, len(arrivals) == 0, x.inputs...)
}

// tick moves the execution's time to the clock's.
func (x *Execution) tick() {
	if now := x.engine.now(); now.After(x.now) {
		x.now = now
	}
}

// step steps, makes the events durable if they are to be, records and performs. x.mu
// is locked.
func (x *Execution) step(arrivals []arrival, putOff bool, inputs ...states.Input) (*call, error) {
	x.observeUse()
	effects, err := x.interpreter.Step(inputs...)
	if x.unanswered != nil { // the step may be wrong, and is taken again when the store works
		failed := x.unanswered
		x.unanswered = nil
		if errors.Is(failed, ErrClosed) {
			x.dropInterpreter()
			return nil, failed
		}
		return nil, x.ails(failed)
	}
	p := x.plan(arrivals, effects.Commands)
	if err != nil {
		x.carryOut(p)
		return nil, err
	}
	x.more = effects.More
	if err := x.commit(effects, p, putOff); err != nil {
		p.release()
		return nil, err
	}
	first := x.carryOut(p)
	if first == nil || !x.events {
		return first, nil
	}
	// The handlers are called at once, so their tasks begin at this moment. It
	// is recorded for those who read the history while they run.
	x.inputs = x.inputs[:0]
	for c := first; c != nil; c = c.next {
		if c.isActivity() {
			continue // it begins when a worker takes it up
		}
		x.inputs = append(x.inputs, states.TaskBegan{At: x.now, Task: c.id})
	}
	if effects, err = x.interpreter.Step(x.inputs...); err == nil {
		x.more = effects.More
		p := x.plan(nil, effects.Commands)
		if x.commit(effects, p, true) != nil {
			p.release()
			return first, nil // what they answer is kept
		}
		first.last().next = x.carryOut(p)
	}
	return first, nil
}

// ready has the execution in memory, to take inputs. The error says why it takes none.
// x.mu is locked.
func (x *Execution) ready() error {
	switch {
	case x.interpreter != nil:
		return nil
	case x.end != nil:
		return states.ErrStale
	case x.gone != nil:
		return x.gone
	case x.engine.closed.Load():
		return ErrClosed
	}
	return x.archive.restore(x)
}

// afterInput follows every input: the execution goes on by itself, or leaves memory. x.mu is
// locked.
func (x *Execution) afterInput() {
	x.continued()
	x.archive.rest(x)
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

// goesOn reports whether another step is due without an arrival.
func (x *Execution) goesOn() bool {
	x.lock()
	defer x.unlock()
	x.continuing = x.more && x.interpreter != nil
	return x.continuing
}

// commit has the archive keep the events of a step. The plan is that of the step.
func (x *Execution) commit(effects states.Effects, p *plan, putOff bool) error {
	x.announce(effects.Events)
	return x.archive.commit(x, effects, p, putOff)
}

// record keeps the events, before anything that they announce is done.
func (x *Execution) record(events []states.Event) {
	x.observed(events)
	if !x.express {
		if x.history == nil {
			x.history = make([]states.Event, 0, max(len(events), min(int(x.facts.events.Load()), 256)))
		}
		x.history = append(x.history, events...)
	}
	if x.logging.on() {
		for _, event := range events {
			redrives := x.redrives
			x.note(func() { x.engine.logEvent(x, &event, redrives) })
		}
	}
}

// finish ends the execution.
func (x *Execution) finish(end *states.Finish) {
	x.end, x.stopDate = end, x.now
	if !x.express {
		x.facts.events.Store(int64(len(x.history)))
	}
	switch {
	case x.parent.Waits:
		x.note(x.tellParent)
	case x.ofMapRun():
		x.note(x.tellRun)
	}
	for _, r := range x.runs {
		x.note(r.run.abort)
	}
	x.runs = nil
	for _, c := range x.calls {
		x.forsake(c)
	}
	why := ErrTaskCanceled
	if len(x.calls) > 0 && end.Status != states.StatusSucceeded {
		why = x.failure(end)
	}
	x.release(why)
	x.unpark()
	if x.done != nil {
		close(x.done)
	}
	x.archive.retire(x)
}

// abandon drops the execution because the engine closes.
func (x *Execution) abandon() {
	x.lock()
	defer x.unlock()
	if x.end == nil {
		x.gone = ErrClosed
		x.release(ErrClosed)
	}
}

// release lets go of all that only a running execution needs. The contexts of handlers
// end with the cause why.
func (x *Execution) release(why error) {
	for _, c := range x.calls {
		c.over(why)
	}
	for _, t := range x.timers {
		x.engine.timers.Cancel(t)
	}
	for _, r := range x.runs {
		x.note(r.run.suspend)
	}
	// Whoever waits does so no longer, even before its goroutine runs: a virtual
	// clock must not move for it.
	x.engine.waiting(-x.waiters)
	x.waiters = 0
	x.calls, x.timers, x.runs, x.inputs, x.interpreter, x.ctx = nil, nil, nil, nil, nil, nil
}
