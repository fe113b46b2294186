package states

import (
	"cmp"
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// errCompensationFailed ends an execution whose compensation could not be completed.
// Nothing can catch it.
const errCompensationFailed = "States.CompensationFailed"

// A step is a state that has completed and can be undone.
type step struct {
	state         asl.State
	input, output any
	exited        EventID // tells the order of completion
	// variables are those of the scopes between the state and the thread that
	// undoes it; they ended with their threads.
	variables *value.Object
	// adopted says that its handler was at work already when the thread took over
	// from another: it is in that one's chain.
	adopted bool
}

// An Extent says how much a compensation undoes.
type Extent string

// The extents of a compensation.
const (
	// UndoChildren undoes what the children of a Parallel or Map state that failed
	// have completed, before its Retriers and Catchers see the error.
	UndoChildren Extent = "children"
	// UndoScope undoes what a scope that fails has completed: a branch, an iteration
	// or the machine.
	UndoScope Extent = "scope"
	// UndoExecution undoes everything, because the execution was stopped, ran out of
	// time or filled its history.
	UndoExecution Extent = "execution"
)

// A saga is what a thread can undo, and how far it has come with that. A thread
// without one has nothing to undo.
type saga struct {
	steps []step // completed in this scope, the oldest first
	inner []step // completed by the children of the state that the thread is in

	extent   Extent    // of the compensation under way
	status   Status    // how the execution ends after it
	handlers []*thread // that are at work
	forked   bool      // the state that failed had children
	undone   bool      // all that the scope has completed was undone
}

// ownSaga returns the thread's, which it has from here on.
func (t *thread) ownSaga() *saga {
	if t.saga == nil {
		t.saga = &saga{}
	}
	return t.saga
}

// completed notes that the state was left, by success if it can be undone: what its
// children have completed is the scope's from here on.
func (t *thread) completed(output any, undoable bool) {
	if t.x.full {
		return
	}
	if s := t.saga; s != nil && len(s.inner) > 0 {
		s.steps = append(s.steps, sorted(s.inner)...)
		s.inner = nil
	}
	if undoable {
		s := t.ownSaga()
		s.steps = append(s.steps, step{state: t.state, input: t.input, output: output, exited: t.tip})
	}
}

// sorted puts steps into the order of their completion.
func sorted(steps []step) []step {
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.exited, b.exited) })
	return steps
}

// takeOver makes what a thread below has completed this one's to undo. A handler that
// is at work there goes on, unless it was aborted to be called again.
func (t *thread) takeOver(below *thread) {
	from := below.saga
	if from == nil {
		return
	}
	var own *value.Object // the variables of the scopes that end
	for s := below; s != t; s = s.parent {
		own = joined(s.variables, own)
	}
	to := t.ownSaga()
	for _, steps := range [][]step{from.steps, from.inner} {
		for _, st := range steps {
			st.variables = joined(own, st.variables)
			to.inner = append(to.inner, st)
		}
	}
	for _, h := range from.handlers {
		h.undoes.variables, h.undoes.adopted = joined(own, h.undoes.variables), true
		h.parent, h.variables = t, h.undoes.variables
		to.handlers = append(to.handlers, h)
	}
	slices.SortFunc(to.handlers, func(a, b *thread) int { return cmp.Compare(a.undoes.exited, b.undoes.exited) })
	if t.x.again {
		to.putBack()
	}
	below.saga = nil
}

// putBack has the steps undone anew whose handlers were at work.
func (s *saga) putBack() {
	for _, h := range s.handlers {
		st := *h.undoes
		st.adopted = false
		s.inner = append(s.inner, st)
	}
	s.handlers = nil
}

// joined returns the variables of two scopes, of which the inner one may not repeat
// a name of the outer.
func joined(outer, inner *value.Object) *value.Object {
	if outer.Len() == 0 {
		return inner
	}
	for name, v := range inner.All() {
		outer = outer.With(name, v)
	}
	return outer
}

// undo begins a compensation. run goes on with it.
func (t *thread) undo(extent Extent) {
	s := t.ownSaga()
	s.extent = extent
	steps := len(s.steps)
	if extent == UndoChildren {
		steps = len(sorted(s.inner))
		s.forked, t.fork = t.fork != nil, nil
	} else if t.parent == nil {
		t.x.endsSoon()
	}
	t.phase = undoing
	var details Details
	if !t.x.options.WithoutEvents {
		details = &CompensationDetails{State: t.state.Name(), Failure: t.fault.Failure, Steps: steps + len(s.handlers),
			Extent: extent, Entered: t.enteredID, Status: s.status,
			Final: t.fault.final, Limit: t.fault.limit, Heartbeat: t.fault.heartbeat}
	}
	t.tip = t.x.record(t.tip, CompensationStarted, details)
}

// canUndo reports whether the thread's compensation can go on.
func (t *thread) canUndo() bool { return t.phase == undoing && len(t.saga.handlers) == 0 }

// undoNext calls the handler of the step that was completed last.
func (t *thread) undoNext() {
	st, ok := t.nextStep()
	if !ok {
		t.undone()
		return
	}
	h := t.handler(st)
	if t.x.observer != nil {
		t.x.observer(Part{Kind: PartCompensate, State: st.state})
	}
	h.enter(asl.Handler(st.state), t.handlerInput(st))
	t.x.ready = append(t.x.ready, h)
}

// nextStep takes the step to be undone next from the list.
func (t *thread) nextStep() (*step, bool) {
	steps := &t.saga.steps
	if t.saga.extent == UndoChildren {
		steps = &t.saga.inner
	}
	last := len(*steps) - 1
	if last < 0 {
		return nil, false
	}
	st := (*steps)[last]
	*steps = (*steps)[:last]
	return &st, true
}

// handler returns a thread for the handler of a step.
func (t *thread) handler(st *step) *thread {
	h := &thread{x: t.x, parent: t, graph: st.state.Graph(), tip: t.tip, undoes: st, variables: st.variables, retrier: -1}
	t.saga.handlers = append(t.saga.handlers, h)
	return h
}

// handlerInput is what a handler is given.
func (t *thread) handlerInput(st *step) *value.Object {
	failure := t.fault.output()
	name, _ := failure.Get("Error")
	cause, _ := failure.Get("Cause")
	return value.NewObject(
		value.Member{Key: "Input", Value: st.input},
		value.Member{Key: "Output", Value: st.output},
		value.Member{Key: "Error", Value: name},
		value.Member{Key: "Cause", Value: cause},
	)
}

// compensation is the part of the Context Object that handlers see, and all inside
// them; nil elsewhere.
func (t *thread) compensation() *value.Object {
	for s := t; s != nil; s = s.parent {
		if s.undoes == nil {
			continue
		}
		var b value.Builder
		b.Set("State", s.undoes.state.Name())
		for name, v := range s.input.(*value.Object).All() {
			b.Set(name, v)
		}
		return b.Object()
	}
	return nil
}

// handlerEnded goes on after a handler.
func (t *thread) handlerEnded(h *thread) {
	t.dismiss(h)
	if t.canUndo() { // and its turn comes anyway if it has not begun to undo
		t.x.ready = append(t.x.ready, t)
	}
}

// dismiss forgets a handler that has ended.
func (t *thread) dismiss(h *thread) {
	t.saga.handlers = slices.DeleteFunc(t.saga.handlers, func(other *thread) bool { return other == h })
	if !h.undoes.adopted {
		t.tip = h.tip
	}
}

// undone ends a compensation that has undone everything.
func (t *thread) undone() {
	t.tip = t.x.record(t.tip, CompensationSucceeded, nil)
	if t.x.full {
		return
	}
	t.afterUndo()
	if s := t.saga; s.extent == UndoExecution {
		t.x.finishFromOutside(t.tip, s.status, t.fault.Failure)
	}
}

// afterUndo lets the failure go on that was compensated.
func (t *thread) afterUndo() {
	t.saga.undone = t.saga.extent != UndoChildren
	t.phase = failed
	if t.saga.extent == UndoExecution {
		t.phase = dead
	}
}

// begins reports whether nothing is left of what the thread did, so that a redrive has
// it begin anew.
func (t *thread) begins() bool { return t.saga != nil && t.saga.undone }
