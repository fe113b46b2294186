package states

import (
	"cmp"
	"slices"

	"github.com/gostates/gostates/asl/value"
)

// endEvents are the events of the ends that an execution comes to from outside its
// states.
var endEvents = map[Status]EventType{StatusAborted: ExecutionAborted, StatusTimedOut: ExecutionTimedOut, StatusFailed: ExecutionFailed}

// endFromOutside ends the execution because it was stopped or has no time left. What
// it has completed is undone before.
func (x *Interpreter) endFromOutside(status Status, failure Failure) {
	if x.execution.StopsWithoutCompensation || !x.unwind(status, failure) {
		x.finishFromOutside(0, status, failure)
	}
}

// timedOut is the failure of an execution that ran out of time, as its last event and
// the handlers of a compensation see it. The execution itself has neither error nor
// cause, which is measured on AWS; that its event has this error is reported from there.
var timedOut = Failure{Error: errTimeout, HasError: true}

// finishFromOutside ends it now. That the event of a stop or a timeout has 0 as its
// previous one is reported from AWS; that of a history that is full has one.
func (x *Interpreter) finishFromOutside(tip EventID, status Status, failure Failure) {
	end := Finish{Status: status, Failure: failure}
	switch status {
	case StatusTimedOut:
		tip, end.Failure = 0, Failure{}
	case StatusAborted:
		tip = 0
	}
	x.finish(tip, end, endEvents[status])
}

// unwind cancels all that is under way and undoes all that was completed, the newest
// first, before the execution ends. It reports false when there is nothing to undo.
//
// The status is FAILED when the history is full. What undoes is recorded beyond its
// limit, since it is promised; and a handler that was at work is called again, since
// there may have been no room to record what it had come to.
func (x *Interpreter) unwind(status Status, failure Failure) bool {
	m := &x.main
	if !x.compensates || !x.canCompensate() {
		return false
	}
	x.full, x.again = false, status == StatusFailed
	x.endsSoon()
	if m.commanded() {
		x.open.remove(m)
		x.commands = append(x.commands, &Cancel{ID: m.command})
	}
	m.abortState(m.tip)
	if m.fork != nil {
		m.abortChildren(m.tip, m)
	}
	m.abortHandlers(m.tip)
	if status == StatusTimedOut {
		failure = timedOut
	}
	m.gather(status, &fault{Failure: failure})
	m.undo(UndoExecution)
	x.ready = append(x.ready, m)
	return true
}

// endsSoon notes that the execution has nothing left but to undo. That takes the time
// and the room in the history that it needs.
func (x *Interpreter) endsSoon() {
	if x.ending {
		return
	}
	x.ending = true
	if !x.timeout().IsZero() {
		x.commands = append(x.commands, &Cancel{ID: 1})
	}
}

// gather makes all that is to be undone the main thread's own.
func (t *thread) gather(status Status, f *fault) {
	s := t.ownSaga()
	if t.x.again {
		s.putBack()
	}
	s.steps = sorted(append(s.steps, s.inner...))
	s.inner, s.status, s.undone = nil, status, false
	t.fork, t.task, t.fault = nil, nil, f
}

// abortHandlers cancels the handlers that are at work, if they are to be called again.
func (t *thread) abortHandlers(tip EventID) {
	if t.saga == nil || !t.x.again {
		return
	}
	for _, h := range t.saga.handlers {
		h.abort(tip, t)
	}
}

// canCompensate reports whether anything was completed that can be undone.
func (x *Interpreter) canCompensate() bool {
	return visit(&x.main, func(t *thread) bool {
		return t.saga != nil && len(t.saga.steps)+len(t.saga.inner)+len(t.saga.handlers) > 0
	}) != nil
}

// compensationFailed ends the execution because a handler has failed for good, or
// because somebody stopped the execution once more while it was at work.
func (x *Interpreter) compensationFailed(h *thread, failure Failure) {
	original := h.parent.fault.Failure
	remaining := x.remaining()
	var details Details
	if !x.options.WithoutEvents {
		details = &CompensationFailedDetails{State: h.undoes.state.Name(), Handler: h.state.Name(), Failure: failure, Remaining: remaining}
	}
	tip := x.record(h.tip, CompensationFailed, details)
	if x.full {
		return
	}
	names := make([]any, len(remaining))
	for i, name := range remaining {
		names[i] = name
	}
	var b value.Builder
	for key, v := range original.output().All() {
		b.Set(key, v)
	}
	b.Set("State", h.undoes.state.Name())
	b.Set("Handler", h.state.Name())
	b.Set("HandlerFailure", failure.output())
	b.Set("Remaining", names)
	x.finish(tip, Finish{Status: StatusFailed, Failure: Fail(errCompensationFailed, value.String(b.Object()))}, ExecutionFailed)
}

// lastHandler returns the handler that is at work while everything is undone before
// the execution ends; nil at other times.
func (x *Interpreter) lastHandler() *thread {
	if !x.ending || x.main.phase != undoing || len(x.main.saga.handlers) == 0 {
		return nil
	}
	return x.main.saga.handlers[len(x.main.saga.handlers)-1]
}

// mostRemaining is how many states an event names that are still to be undone; a loop
// can leave more of them than anybody wants to read.
const mostRemaining = 100

// remaining lists the states that are still to be undone, those first whose handlers
// are at work, then the newest.
func (x *Interpreter) remaining() []string {
	var steps []step
	working := 0
	visit(&x.main, func(t *thread) bool {
		if t.undoes != nil {
			steps = slices.Insert(steps, working, *t.undoes)
			working++
		}
		if t.saga != nil {
			steps = append(append(steps, t.saga.steps...), t.saga.inner...)
		}
		return false
	})
	newest := func(a, b step) int { return cmp.Compare(b.exited, a.exited) }
	slices.SortFunc(steps[:working], newest)
	slices.SortFunc(steps[working:], newest)
	names := make([]string, 0, min(len(steps), mostRemaining))
	for i := range steps[:min(len(steps), mostRemaining)] {
		names = append(names, steps[i].state.Name())
	}
	return names
}
