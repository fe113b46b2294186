package states

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gostates/gostates/asl"
)

// forked applies the start of a Parallel or Map state.
func (r restorer) forked(e *Event, kind func(asl.State) bool, length int) error {
	t := r.find(func(t *thread) bool { return t.fork == nil && kind(t.state) && t.isAt(e.PreviousID) })
	if t == nil {
		// Without a hidden event to say so, this is a retry if a child had come here.
		t = r.parent(e.PreviousID, kind)
	}
	if t == nil {
		return fmt.Errorf("no state has come to event %d", e.PreviousID)
	}
	r.again(t)
	r.close(t)
	t.tip, t.joined, t.phase = e.ID, 0, waiting
	if s, ok := t.state.(*asl.Parallel); ok {
		t.fork = newFork(len(s.Branches), len(s.Branches), e.ID)
		for i, c := range t.fork.children {
			*c = thread{x: r.x, parent: t, graph: s.Branches[i], index: i, tip: e.ID, phase: dead, retrier: -1}
		}
		return nil
	}
	if t.state.(*asl.Map).Distributed != nil {
		t.fork, t.phase = &fork{started: e.ID}, began
		return nil
	}
	t.fork = newFork(length, 0, e.ID)
	t.fork.recovered, t.fork.latest = true, e.ID
	return nil
}

func (r restorer) iteration(e *Event, d *IterationDetails) error {
	s, ok := r.x.machine.Find(d.Name).(*asl.Map)
	if !ok {
		return fmt.Errorf("the machine has no Map state '%s'", d.Name)
	}
	// here is the child whose chain the event follows, in the fork it belongs to.
	var here *thread
	t := r.find(func(t *thread) bool {
		if t.state != asl.State(s) || t.fork == nil {
			return false
		}
		for _, c := range t.fork.children {
			if c.isAt(e.PreviousID) && (e.Type == MapIterationStarted || c.index == d.Index) {
				here = c
				return true
			}
		}
		return e.Type == MapIterationStarted && t.fork.started == e.PreviousID
	})
	if t == nil || d.Index < 0 || d.Index >= len(t.fork.results) {
		return fmt.Errorf("no iteration of '%s' has come to event %d", d.Name, e.PreviousID)
	}
	switch e.Type {
	case MapIterationStarted:
		if here == nil {
			here = new(thread)
			t.fork.children = append(t.fork.children, here)
		}
		*here = thread{x: r.x, parent: t, graph: s.Processor, index: d.Index, tip: e.ID, phase: dead, retrier: -1}
		t.fork.next = max(t.fork.next, d.Index+1)
	case MapIterationSucceeded:
		t.takeOver(here)
		here.phase = ended
		t.fork.results[d.Index] = here.value
		t.fork.ended++
		t.fork.latest = e.ID
	case MapIterationFailed:
		r.close(here)
		here.phase, here.fault = dead, &fault{Failure: d.Failure}
		t.fork.results[d.Index] = (&fault{Failure: d.Failure}).output()
		t.fork.ended++
		t.fork.failures++
		t.fork.latest = e.PreviousID
	default:
		return errors.New("it is of no type that can be restored")
	}
	return nil
}

// joined applies the good end of all branches or iterations.
func (r restorer) joined(e *Event, kind func(asl.State) bool) error {
	t := r.find(func(t *thread) bool {
		return t.fork != nil && kind(t.state) && t.fork.joins(e.PreviousID)
	})
	if t == nil {
		return fmt.Errorf("no state has come to event %d", e.PreviousID)
	}
	if t.fork.run != nil {
		t.joined = e.ID // the run's output is in the event that follows
		return nil
	}
	if _, ok := t.state.(*asl.Parallel); ok {
		for i, c := range t.fork.children {
			t.fork.results[i] = c.value
			t.takeOver(c)
		}
	}
	t.value, t.fork, t.phase, t.tip, t.joined = t.fork.results, nil, returned, e.PreviousID, e.ID
	return nil
}

// joins reports whether the fork has come to an event with all of its children.
func (f *fork) joins(tip EventID) bool {
	if f.run != nil {
		return f.run.succeeded == tip
	}
	if f.latest > 0 {
		return f.latest == tip && f.ended == len(f.results)
	}
	return slices.ContainsFunc(f.children, func(c *thread) bool { return c.tip == tip })
}

func (r restorer) forkFailed(e *Event, kind func(asl.State) bool) error {
	// A Parallel or Map state fails because one of its children failed, which may have been
	// undone since, or because one of its own expressions did. When states stand inside one
	// another, the innermost whose Failed event is still to come has this one: the event of
	// the state around it follows later, along the chain of the same child.
	t := r.find(func(t *thread) bool {
		return t.saga != nil && t.saga.forked && t.phase == failed && t.tip == e.PreviousID
	})
	if t == nil {
		t = r.find(func(t *thread) bool {
			byExpression := t.phase == failed && t.tip == e.PreviousID && (t.before == t.tip || t.fault.Error == errQueryEvaluation && !t.begins())
			return kind(t.state) && (byExpression || t.came(e.PreviousID))
		})
	}
	if t == nil {
		return fmt.Errorf("no state has come to event %d", e.PreviousID)
	}
	wreck := t.fork
	r.close(t)
	t.forgetChildren()
	t.before, t.tip, t.wreck = e.PreviousID, e.ID, wreck
	// What failed it is not in this event; what follows says what became of it.
	t.fail(&fault{spent: true})
	return nil
}

// isAt reports whether the thread's next event may follow one: its tip, or if its state
// fails the event that its children have succeeded.
func (t *thread) isAt(id EventID) bool {
	return t.tip == id || t.joined > 0 && t.joined == id
}

// parent finds the state whose child had come to an event, or would have begun after
// it.
func (r restorer) parent(tip EventID, kind func(asl.State) bool) *thread {
	return r.find(func(t *thread) bool { return kind(t.state) && t.came(tip) })
}

// came reports whether a state with children, or with a Map Run, has come to an event.
func (t *thread) came(tip EventID) bool {
	return t.fork.began(tip) || t.fork != nil && t.fork.run != nil && t.tip == tip
}

// began reports whether a child of the fork, if there is one, had come to an event or
// would have begun after it.
func (f *fork) began(tip EventID) bool {
	return f != nil && (f.started == tip || slices.ContainsFunc(f.children, func(c *thread) bool { return c.isAt(tip) }))
}
