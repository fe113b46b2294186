package transcript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/states"
)

// An entry is one entry into a state.
type entry struct {
	name string
	kind string // the state's type
	in   *scope
	over bool // exited, failed for good, or aborted
}

// A scope is a chain of states: the machine's, a branch's, an iteration's, or that of
// handlers which undo what was done.
type scope struct {
	owner *entry // the state that the scope lies in, nil for the machine's
	depth int    // of indentation
	index string // "[2]" in the third iteration of a Map, "[0][2]" in such a one in the first
	path  []states.EventID
	undo  bool // what stands here undoes something
}

// A spot is where an event belongs.
type spot struct {
	entry *entry
	scope *scope
	ends  bool // the event ends the entry
	forks bool // it begins the branches of a Parallel
	name  string
	depth int
}

// A tracker finds out where events belong. Only some events name their state, but each
// names the event that led to it.
type tracker struct {
	root     *scope
	spots    map[states.EventID]spot
	payloads map[states.EventID]any
	open     []*entry       // those that are over are left out now and then
	redriven states.EventID // the last redrive
}

func newTracker() tracker {
	return tracker{root: &scope{}, spots: map[states.EventID]spot{}, payloads: map[states.EventID]any{}}
}

// place returns the spot of the next event.
func (t *tracker) place(e *states.Event) spot {
	before, known := t.spots[e.PreviousID]
	if !known {
		before = spot{scope: t.root}
	}
	if e.Type == states.ExecutionRedriven {
		t.redriven = e.ID
	}
	if e.PreviousID < t.redriven {
		before.ends = false // what had failed goes on
	}
	at := t.find(e, before)
	if at.entry != nil {
		at.entry.over = at.entry.over || at.ends
	}
	if e.Hidden() {
		return at
	}
	t.spots[e.ID] = at
	if data, ok := payload(e); ok {
		t.payloads[e.ID] = data
		if _, ok := e.Details.(*states.StartedDetails); ok {
			t.payloads[0] = data // the first state's entry follows no event
		}
	} else if data, ok := t.payloads[e.PreviousID]; ok {
		t.payloads[e.ID] = data
	}
	return at
}

// find returns the spot of an event that follows another one.
func (t *tracker) find(e *states.Event, before spot) spot {
	name := string(e.Type)
	switch d := e.Details.(type) {
	case *states.EnteredDetails:
		return t.enter(e, d.Name, before)
	case *states.ExitedDetails:
		return ofEntry(before.named(d.Name), before, true)
	case *states.EvaluationDetails:
		return ofEntry(before.named(d.State), before, false)
	case *states.RetryDetails:
		return ofEntry(before.named(d.Name), before, false)
	case *states.IterationDetails:
		return iteration(e, d, before)
	case *states.CompensationDetails:
		owner := before.named(d.State)
		at := ofEntry(owner, before, false)
		if owner == nil {
			at.name = d.State
		}
		at.scope = at.scope.inner(owner, e.ID)
		at.scope.undo = true
		return at
	case *states.CompensationFailedDetails:
		return before.undone()
	}
	switch {
	case e.Type == states.CompensationSucceeded:
		return before.undone()
	case strings.HasPrefix(name, "Execution"):
		return spot{scope: t.root}
	case strings.HasSuffix(name, "StateAborted"):
		return t.abort(strings.TrimSuffix(name, "StateAborted"), before)
	case strings.HasPrefix(name, "ParallelState"):
		at := ofEntry(before.fork("Parallel"), before, e.Type != states.ParallelStateStarted)
		at.forks = !at.ends && at.entry != nil
		return at
	case strings.HasPrefix(name, "MapState"):
		return ofEntry(before.fork("Map"), before, e.Type != states.MapStateStarted)
	}
	return ofEntry(before.entry, before, false)
}

// ofEntry returns the spot of an event that belongs to an entry, and that of the event
// before when the entry is not known.
func ofEntry(n *entry, before spot, ends bool) spot {
	if n == nil {
		return spot{scope: before.scope, depth: before.scope.depth, ends: ends}
	}
	return spot{entry: n, scope: n.in, ends: ends, name: n.name + n.in.index, depth: n.in.depth}
}

// enter returns the spot of an entry into a state.
func (t *tracker) enter(e *states.Event, name string, before spot) spot {
	in := before.scope
	if before.forks {
		in = in.inner(before.entry, e.ID)
	}
	n := &entry{name: name, kind: strings.TrimSuffix(string(e.Type), "StateEntered"), in: in}
	if len(t.open) == cap(t.open) {
		t.open = slices.DeleteFunc(t.open, func(n *entry) bool { return n.over })
	}
	t.open = append(t.open, n)
	return ofEntry(n, before, false)
}

// inner returns a scope that an event begins inside of an entry's state.
func (s *scope) inner(owner *entry, begin states.EventID) *scope {
	return &scope{owner: owner, depth: s.depth + 1, index: s.index, path: append(slices.Clone(s.path), begin)}
}

// iteration returns the spot of an event of a Map's iteration. What begins one opens its
// scope; states in it stand deeper by one than the iteration's own events.
func iteration(e *states.Event, d *states.IterationDetails, before spot) spot {
	of := before.named(d.Name)
	at := ofEntry(of, before, false)
	index := at.scope.index + fmt.Sprintf("[%d]", d.Index)
	at.name = d.Name + index
	at.depth++
	if e.Type == states.MapIterationStarted {
		at.scope = at.scope.inner(of, e.ID)
		at.scope.depth++
		at.scope.index = index
	}
	return at
}

// abort returns the spot of the abort of a state. Its event follows the failure that it is
// aborted for, and says nothing else. The state which failed comes first; the others are
// those of that type which are under way in the same fork, in the order of the branches.
func (t *tracker) abort(kind string, before spot) spot {
	if n := before.entry; n != nil && n.kind == kind && !n.over {
		return ofEntry(n, before, true)
	}
	fork := before.owner()
	var first *entry
	for _, n := range t.open {
		if n.over || n.kind != kind || n == fork || !n.in.within(fork) {
			continue
		}
		if first == nil || slices.Compare(n.in.path, first.in.path) < 0 {
			first = n
		}
	}
	if first == nil {
		return ofEntry(nil, before, true)
	}
	return ofEntry(first, before, true)
}

// within reports whether a scope lies in the state of an entry, at any depth.
func (s *scope) within(n *entry) bool {
	for s.owner != nil {
		if s.owner == n {
			return true
		}
		s = s.owner.in
	}
	return n == nil
}

// owner returns the entry that the event's own lies in, nil if that is the machine.
func (at spot) owner() *entry {
	if at.entry != nil && at.entry.in.owner != nil {
		return at.entry.in.owner
	}
	return at.scope.owner
}

// named returns the innermost entry around an event whose state has that name, nil when
// there is none.
func (at spot) named(name string) *entry {
	return at.around(func(n *entry) bool { return n.name == name })
}

// fork returns the innermost entry around an event, of those that it does not end, whose
// state is of that type.
func (at spot) fork(kind string) *entry {
	if at.ends && at.entry != nil {
		at = spot{entry: at.entry.in.owner, scope: at.entry.in}
	}
	return at.around(func(n *entry) bool { return n.kind == kind })
}

// around returns the innermost entry around an event that is wanted, nil for none.
func (at spot) around(wanted func(*entry) bool) *entry {
	n := at.entry
	if n == nil {
		n = at.scope.owner
	}
	for n != nil && !wanted(n) {
		n = n.in.owner
	}
	return n
}

// undone returns the spot of the end of a compensation: outside of the scope of the
// innermost one around the event before.
func (at spot) undone() spot {
	for s := at.scope; ; s = s.owner.in {
		if s.undo {
			return ofEntry(s.owner, spot{scope: &scope{}}, false)
		}
		if s.owner == nil {
			return ofEntry(at.entry, at, false)
		}
	}
}
