package graph

import (
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// Follow returns what became of an execution of the machine, or of a child of one of its
// Map Runs, from its history: all events in the order of their ids, as far as it has come.
// States that the machine does not have are passed over, so the history of another version
// of it shows what the two have in common.
func (p *Picture) Follow(history []states.Event) *Path {
	f := follower{picture: p, path: &Path{States: make(map[string]*Progress), Taken: make(map[string]int)}, at: make(map[states.EventID]position, len(history))}
	for i := range history {
		if e := &history[i]; !e.Hidden() {
			f.follow(e)
		}
	}
	f.settle()
	return f.path
}

// A Visit is one stay of an execution in a state.
type Visit struct {
	// Node is the state.
	Node *Node
	// Around is the visit to the Parallel or Map state in which this visit took place; nil
	// in the machine's own graph.
	Around *Visit
	// Iteration is the index of the iteration of the Map state around it, -1 when the state
	// around it is no Map state.
	Iteration int
	// Events has the ids of the visit's own events in their order, the entry first. Events of
	// states inside of a Parallel or Map state are those of other visits.
	Events []states.EventID
	// Status is what became of the visit: [Succeeded], [Failed], [Caught], [Aborted] or
	// [Running]. A visit that took place in an attempt of the Parallel or Map state around it
	// is not Running when another attempt has followed.
	Status string
	// Error is the name of the error of the visit's latest failure, "" when no event names
	// one.
	Error string

	visit
}

// A visit is what a follower has in mind of a Visit.
type visit struct {
	// attempt is that of the visit around it in which this one began, and attempts how
	// often this one has begun its work.
	attempt, attempts int
	begun             states.EventID // the event that began the latest attempt of a Parallel or Map state
	failing           bool           // its latest event is a failure
	failed            bool           // its failure has ended what is around it
	joined            bool           // its branches or iterations have failed, and are not begun anew
	outcome           string         // once it has been left
}

// A position is where a chain of events has come to: a visit that is not left yet, nil
// outside of all states, and the visit that was left last in the same graph.
type position struct {
	in, left *Visit
	// begun is the event that has begun the branches or iterations in which the chain goes
	// on. It may follow an event of the attempt before, inside.
	begun states.EventID
	// iteration is the index of the iteration that has begun, and one more; 0 for none.
	iteration int
}

// A follower reads a history.
type follower struct {
	picture *Picture
	path    *Path
	at      map[states.EventID]position
}

func (f *follower) follow(e *states.Event) {
	at := f.at[e.PreviousID]
	if status := e.Type.Status(); status != "" {
		f.path.Status = status
	}
	switch d := e.Details.(type) {
	case *states.EnteredDetails:
		at = f.enter(at, d.Name, e.Type.Fails())
	case *states.ExitedDetails:
		at = f.exit(at, d.Name)
	default:
		at = f.within(at, e)
	}
	f.at[e.ID] = at
	owner := at.in
	if _, exited := e.Details.(*states.ExitedDetails); exited {
		owner = at.left
	}
	if owner != nil && e.Type.Status() == "" {
		owner.Events = append(owner.Events, e.ID)
	}
}

// enter begins a visit, and counts the edge that led there.
func (f *follower) enter(at position, name string, fails bool) position {
	n := f.picture.Find(name)
	if n == nil {
		return position{in: at.in, begun: at.begun}
	}
	v := &Visit{Node: n, Iteration: -1, visit: visit{failing: fails}}
	if owner := n.Group.Owner; owner != nil {
		v.Around = climb(at.in, owner, at.begun != 0)
	}
	if around := v.Around; around != nil {
		if at.begun != 0 && around.begun != at.begun {
			around.begun, around.joined, around.failing = at.begun, false, false
			around.attempts++
		}
		v.attempt = around.attempts
		switch {
		case around.Node.Type() != "Map":
		case at.iteration > 0:
			v.Iteration = at.iteration - 1
		case at.left != nil:
			v.Iteration = at.left.Iteration
		}
	}
	f.path.Visits = append(f.path.Visits, v)
	switch {
	case n.Handler:
		f.take(n.Group, func(e *Edge) bool {
			return e.Kind == Compensate && e.To == n && f.path.States[e.From.Name()] != nil
		})
	case at.left != nil:
		f.pass(at.left, n)
	default:
		f.take(n.Group, func(e *Edge) bool { return e.Kind == Start && e.To == n })
	}
	f.progress(n).Visits++
	return position{in: v}
}

// climb returns the visit to a node that another visit is, or is inside of; nil when there
// is none. Visits on the way that were not left have failed if failed says so, and their
// error is that of the one that is returned.
func climb(v *Visit, to *Node, failed bool) *Visit {
	err := ""
	for w := v; w != nil; w = w.Around {
		if w.Node == to {
			if failed && w != v && err != "" {
				w.Error = err
			}
			for ; failed && v != w; v = v.Around {
				v.failed = true
			}
			return w
		}
		if err == "" {
			err = w.Error
		}
	}
	return nil
}

// pass counts the edges between a visit that has been left and the state that follows. Only
// a Catcher leads out of a state that has failed; one that is the only way there tells that
// the state has failed.
func (f *follower) pass(left *Visit, to *Node) {
	between := func(caught bool) func(*Edge) bool {
		return func(e *Edge) bool {
			return e.From == left.Node && e.To == to && e.Kind != Compensate && caught == (e.Kind == Catch)
		}
	}
	if left.outcome != Caught && !slices.ContainsFunc(to.Group.Edges, between(false)) {
		left.outcome = Caught
	}
	if left.outcome != Caught {
		f.take(to.Group, between(false))
		return
	}
	took := f.take(to.Group, func(e *Edge) bool {
		return between(true)(e) && left.Error != "" && slices.Contains(catcher(e).ErrorEquals, left.Error)
	})
	if !took {
		took = f.take(to.Group, func(e *Edge) bool { return between(true)(e) && (left.Error == "" || wild(catcher(e))) })
	}
	if !took {
		f.take(to.Group, between(true))
	}
}

// catcher returns the Catcher that a Catch edge is.
func catcher(e *Edge) asl.Catcher {
	switch s := e.From.State.(type) {
	case *asl.Task:
		return s.Catch[e.Index]
	case *asl.Parallel:
		return s.Catch[e.Index]
	case *asl.Map:
		return s.Catch[e.Index]
	}
	return asl.Catcher{}
}

// wild reports whether a Catcher stands for errors that it does not name.
func wild(c asl.Catcher) bool {
	return slices.Contains(c.ErrorEquals, "States.ALL") || slices.Contains(c.ErrorEquals, "States.TaskFailed")
}

// take counts the edges of a group for which is holds, and reports whether there are any.
func (f *follower) take(g *Group, is func(*Edge) bool) bool {
	found := false
	for _, e := range g.Edges {
		if is(e) {
			f.path.Taken[e.ID]++
			found = true
		}
	}
	return found
}

// exit ends a visit.
func (f *follower) exit(at position, name string) position {
	n := f.picture.Find(name)
	v := climb(at.in, n, true)
	if v == nil {
		return at
	}
	v.outcome = Succeeded
	if v.failing || v != at.in {
		v.outcome = Caught
	}
	return position{in: v.Around, left: v}
}

// within follows an event inside a visit, or outside of all.
func (f *follower) within(at position, e *states.Event) position {
	v := at.in
	switch e.Type {
	case states.ParallelStateStarted, states.MapStateStarted:
		return position{in: v, begun: e.ID}
	case states.MapIterationStarted:
		started := position{in: v, begun: at.begun}
		if d, ok := e.Details.(*states.IterationDetails); ok {
			started.iteration = d.Index + 1
		}
		return started
	case states.ParallelStateFailed, states.MapStateFailed, states.MapIterationFailed:
		v = join(at, e.Type)
	case states.ExecutionFailed:
		for w := v; w != nil; w = w.Around {
			w.failed = true
		}
	case states.CompensationStarted, states.CompensationSucceeded, states.CompensationFailed:
		return position{in: v} // what failed has failed, until it is left
	case states.ExecutionRedriven:
		for _, v := range f.path.Visits {
			v.failed, v.failing, v.joined = false, false, false
		}
		return at
	}
	if v == nil {
		return at
	}
	switch d := e.Details.(type) {
	case *states.ScheduledDetails:
		v.attempts++
	case *states.FailureDetails:
		v.Error = d.Error
	case *states.EvaluationDetails:
		v.Error = d.Error
	}
	switch e.Type {
	case states.TaskStateAborted, states.WaitStateAborted, states.ParallelStateAborted, states.MapStateAborted, states.MapIterationAborted, states.MapIterationFailed:
	default:
		v.failing = e.Type.Fails()
	}
	if v != at.in {
		return position{in: v}
	}
	return position{in: v, left: at.left, begun: at.begun}
}

// join returns the visit to a Parallel or Map state whose branch or iteration has failed,
// and notes what in there has: the failure's event follows the one inside.
func join(at position, t states.EventType) *Visit {
	kind := "Map"
	if t == states.ParallelStateFailed {
		kind = "Parallel"
	}
	owner := at.in
	for owner != nil && (owner.Node.Type() != kind || owner.joined) {
		owner = owner.Around
	}
	if owner == nil {
		return nil
	}
	climb(at.in, owner.Node, true)
	owner.joined = t != states.MapIterationFailed
	return owner
}

func (f *follower) progress(n *Node) *Progress {
	p := f.path.States[n.Name()]
	if p == nil {
		p = new(Progress)
		f.path.States[n.Name()] = p
	}
	return p
}

// settle counts what became of the visits, and the edges by which graphs ended.
func (f *follower) settle() {
	for _, v := range f.path.Visits {
		p := f.progress(v.Node)
		p.Retries += max(v.attempts-1, 0)
		superseded := v.superseded()
		v.Status = v.outcome
		if v.Status == "" {
			v.Status = f.open(v, superseded)
		}
		if superseded {
			continue
		}
		switch v.Status {
		case Succeeded:
			p.Succeeded++
			f.take(v.Node.Group, func(e *Edge) bool { return e.Kind == End && e.From == v.Node })
		case Failed:
			p.Failed++
		case Caught:
			p.Caught++
		case Running:
			p.Running++
		default:
			p.Aborted++
		}
	}
}

// superseded reports whether the visit, or one around it, began in an attempt of what is
// around it that another attempt has followed.
func (v *Visit) superseded() bool {
	for ; v != nil && v.Around != nil; v = v.Around {
		if v.Around.attempts > v.attempt {
			return true
		}
	}
	return false
}

// open returns what became of a visit that was not left.
func (f *follower) open(v *Visit, superseded bool) string {
	if f.path.Status == states.StatusRunning && !superseded {
		over := false
		for w := v.Around; w != nil; w = w.Around {
			over = over || w.outcome != "" || w.joined
		}
		if !over {
			return Running
		}
	}
	if v.failed || v.failing {
		return Failed
	}
	return Aborted
}
