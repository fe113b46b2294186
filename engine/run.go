package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
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
	answersNow                      // the time of a later answer has come
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
	final   bool            // no Retrier and no Catcher gets the failure
	due     time.Time       // of a timer
	kept    bool            // it comes from a handler, and must not get lost while the store fails
	over    bool            // the handler has returned
	later   *laterAnswer    // that an accepted task gets; nil for none
	from    context.Context // of a call of the engine's API, for Observers; nil for another
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
		return states.TaskErred{At: now, Task: h.id, Failure: bounded(h.failure), Stage: h.stage, Final: h.final}
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
	for i := range arrivals {
		h := &arrivals[i]
		if h.from != nil {
			x.causedBy(h.from)
		}
		if h.due.After(x.now) {
			x.now = h.due // the clock's time, cut to a millisecond
		}
		if h.kind == answersNow {
			x.takeAnswer(h)
		}
	}
	p := newPlan()
	calls, err := x.stepBy(p, arrivals, len(arrivals) == 0, p.inputsOf(arrivals, x.now))
	if x.watch != nil {
		x.watch.by = nil
	}
	return calls, err
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
	return x.stepBy(newPlan(), arrivals, putOff, inputs)
}

// stepBy is step with an empty plan, in which the inputs may stand.
func (x *Execution) stepBy(p *plan, arrivals []arrival, putOff bool, inputs []states.Input) (*call, error) {
	x.observeUse()
	err := p.step(x, inputs)
	if x.unanswered != nil { // the step may be wrong, and is taken again when the store works
		failed := x.unanswered
		x.unanswered = nil
		p.release()
		if errors.Is(failed, ErrClosed) {
			x.dropInterpreter()
			return nil, failed
		}
		return nil, x.ails(failed)
	}
	p.read(x, arrivals)
	if err != nil {
		x.carryOut(p)
		return nil, err
	}
	x.more = p.effects.More
	p.answerLater(x, arrivals)
	if err := x.commit(p, putOff); err != nil {
		p.release()
		return nil, err
	}
	first := x.carryOut(p)
	if first != nil && x.events {
		x.begin(first)
	}
	return first, nil
}

// begin records that tasks begin, for those who read the history while they run: their
// handlers are called at once, so this is the moment. More calls may follow from it.
func (x *Execution) begin(first *call) {
	p := newPlan()
	if p.step(x, p.inputsToBegin(first, x.now)) == nil {
		x.more = p.effects.More
		p.read(x, nil)
		if x.commit(p, true) == nil {
			first.last().next = x.carryOut(p)
			return
		} // else what they answer is kept, and the execution is to be restored
	}
	p.release()
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

// commit has the archive keep the events of a step.
func (x *Execution) commit(p *plan, putOff bool) error {
	x.announce(p.effects.Events)
	return x.archive.commit(x, p, putOff)
}

// record keeps the events, before anything that they announce is done.
func (x *Execution) record(events []states.Event) {
	x.observed(events)
	w := x.watching()
	if !x.express {
		x.remember(events)
	}
	if w != nil {
		x.tell(w, events)
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
	x.logEnd(end)
	switch {
	case x.parent.Waits:
		x.note(x.tellParent)
	case x.ofMapRun():
		x.note(x.tellRun)
	}
	for _, r := range x.runs {
		x.note(r.abort)
	}
	x.runs = nil
	for _, c := range x.calls {
		x.forsake(c)
	}
	var why error
	if len(x.calls) > 0 {
		why = x.canceledBy(ErrSiblingFailed, end)
	}
	x.release(why)
	x.unpark()
	if x.done != nil {
		close(x.done)
		x.done = nil
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

// interpreters are those of executions that run no longer.
var interpreters = sync.Pool{New: func() any { return new(states.Interpreter) }}

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
	x.watch = nil
	if x.interpreter != nil {
		interpreters.Put(x.interpreter)
	}
	x.calls, x.timers, x.runs, x.interpreter = nil, nil, nil, nil
	clear(x.first.call[:]) // it holds on to a call that is over when there were several
	clear(x.first.timer[:])
}
