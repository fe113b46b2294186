package states

import (
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// A fork is a Parallel or Map state under way. Its children are threads; an
// iteration that ends lends its place to the next one, so a Map holds no more
// threads than run at a time.
type fork struct {
	started  EventID // the ...StateStarted event
	children []*thread
	results  []any
	ended    int     // results that are there
	run      *mapRun // of a distributed Map, which has no children here

	// The rest is a Map's own.
	mapInput
	next      int     // the item to start next
	spare     *thread // an iteration that has ended, to be used again
	failures  int
	recovered bool    // restored, its items still to be found again
	latest    EventID // where the iteration that ended last had come to
}

// childEnded takes the output of a branch or an iteration.
func (t *thread) childEnded(child *thread) {
	t.fork.results[child.index] = child.value
	t.fork.ended++
	tip := child.tip
	if s, ok := t.state.(*asl.Map); ok {
		succeeded := t.x.record(tip, MapIterationSucceeded, t.iterationDetails(child.index, Failure{}))
		t.fork.latest = succeeded
		if !t.nextIteration(s, child, tip) {
			t.join(succeeded)
		}
	} else {
		t.join(tip)
	}
	t.wake()
}

// wake lets the fork's own thread go on, if it no longer waits for its children.
func (t *thread) wake() {
	if t.phase < waiting {
		t.x.ready = append(t.x.ready, t)
	}
}

// join ends the fork once every result is there. The Succeeded event is no link of
// the chain.
func (t *thread) join(tip EventID) {
	f := t.fork
	if f.ended < len(f.results) {
		return
	}
	t.tip = tip
	kind := MapStateSucceeded
	if _, ok := t.state.(*asl.Parallel); ok {
		kind = ParallelStateSucceeded
	}
	t.joined = t.x.record(tip, kind, nil)
	t.value, t.fork, t.phase = f.results, nil, returned
}

// childFailed takes the failure of a branch or an iteration: it fails the whole
// state, unless a Map tolerates it.
func (t *thread) childFailed(child *thread, failure *fault) {
	f := t.fork
	tip := child.tip
	failure.spent = false
	if s, ok := t.state.(*asl.Map); ok {
		t.recoverItems(s)
		t.x.record(tip, MapIterationFailed, t.iterationDetails(child.index, failure.Failure))
		f.failures++
		if f.tolerance.set && !failure.final {
			if !f.tolerance.exceeded(f.failures, len(f.results)) {
				child.forget()
				f.results[child.index] = failure.output()
				f.ended++
				f.latest = tip
				if !t.nextIteration(s, child, tip) {
					t.join(tip)
				}
				t.wake()
				return
			}
			failure = &fault{Failure: Fail(errExceedTolerated, "The specified tolerated failure threshold was exceeded")}
		}
	}
	child.abortState(tip)
	child.forget()
	t.abandon(tip, failure)
	t.wake()
}

// abandon fails the whole state, and aborts what is left of it.
func (t *thread) abandon(tip EventID, failure *fault) {
	if t.x.endsAtOnce(tip, failure) {
		t.phase = dead
		return
	}
	t.abortChildren(tip, t)
	t.tip = tip
	t.fail(failure)
}

// abortChildren aborts every child that is still under way, in the order of their
// index. All of these events follow the one that the failure came to. What they have
// completed is the heir's to undo.
func (t *thread) abortChildren(tip EventID, heir *thread) {
	var live []*thread
	for _, c := range t.fork.children {
		switch {
		case c.graph == nil: // it has never been started
		case c.phase < ended:
			live = append(live, c)
		default: // it has ended just now, with no room in the history to go on
			heir.takeOver(c)
			c.forget()
		}
	}
	slices.SortFunc(live, func(a, b *thread) int { return a.index - b.index })
	_, isMap := t.state.(*asl.Map)
	for _, c := range live {
		if isMap {
			t.x.record(tip, MapIterationAborted, t.iterationDetails(c.index, Failure{}))
		}
		c.abort(tip, heir)
	}
}

// abort ends a thread where it stands.
func (t *thread) abort(tip EventID, heir *thread) {
	if t.commanded() {
		t.x.open.remove(t)
		t.x.commands = append(t.x.commands, &Cancel{ID: t.command})
	}
	t.phase = dead
	t.abortState(tip)
	if t.fork != nil {
		t.abortChildren(tip, heir)
		t.fork = nil
	}
	t.abortHandlers(tip)
	heir.takeOver(t)
	t.forget()
}

// abortState records that a state was aborted. Measured on AWS: the task state
// whose failure ends a Parallel or Map is among them. A state for whose entry the history
// had no room is not: nothing in the history has begun it.
func (t *thread) abortState(tip EventID) {
	if t.tip < t.enteredID {
		return
	}
	switch t.state.(type) {
	case *asl.Task:
		t.x.record(tip, TaskStateAborted, nil)
	case *asl.Wait:
		t.x.record(tip, WaitStateAborted, nil)
	case *asl.Parallel:
		if t.fork != nil {
			t.x.record(tip, ParallelStateAborted, nil)
		}
	case *asl.Map:
		if t.fork != nil {
			t.x.record(tip, MapStateAborted, nil)
			if run := t.fork.run; run != nil && !run.ended {
				// AWS has this type of event; where it stands is a guess.
				t.x.record(tip, MapRunAborted, nil)
			}
		}
	}
}

func (t *thread) iterationDetails(index int, failure Failure) Details {
	if t.x.options.WithoutEvents {
		return nil
	}
	return &IterationDetails{Name: t.state.Name(), Index: index, Failure: failure}
}

// spawn readies a child for a graph. Recorded on AWS: a child enters its first state
// when its turn comes, after all of its siblings have been started.
func (t *thread) spawn(child *thread, g *asl.Graph, index int, input any, tip EventID) {
	*child = thread{x: t.x, parent: t, graph: g, index: index, tip: tip, input: input}
	t.x.ready = append(t.x.ready, child)
}

// forget drops the thread's variables from the account.
func (t *thread) forget() {
	t.x.variables -= t.assigned
	t.assigned, t.variables = 0, (*value.Object)(nil)
}
