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
	f := follower{picture: p, path: &Path{States: make(map[string]*Progress), Taken: make(map[string]int)}, at: make(map[states.EventID]position)}
	for i := range history {
		if e := &history[i]; !e.Hidden() {
			f.follow(e)
		}
	}
	f.settle()
	return f.path
}

// A visit is one stay in a state.
type visit struct {
	node   *Node
	around *visit // the visit to the Parallel or Map state around it, nil for none
	// attempt is that of the visit around it in which this one began, and attempts how
	// often this one has begun its work.
	attempt, attempts int
	begun             states.EventID // the event that began the latest attempt of a Parallel or Map state
	failing           bool           // its latest event is a failure
	failed            bool           // its failure has ended what is around it
	joined            bool           // its branches or iterations have failed, and are not begun anew
	err               string         // the error's name, where an event has told it
	outcome           string         // once it has been left
}

// A position is where a chain of events has come to: a visit that is not left yet, nil
// outside of all states, and the visit that was left last in the same graph.
type position struct {
	in, left *visit
	// begun is the event that has begun the branches or iterations in which the chain goes
	// on. It may follow an event of the attempt before, inside.
	begun states.EventID
}

// A follower reads a history.
type follower struct {
	picture *Picture
	path    *Path
	at      map[states.EventID]position
	visits  []*visit
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
}

// enter begins a visit, and counts the edge that led there.
func (f *follower) enter(at position, name string, fails bool) position {
	n := f.picture.Find(name)
	if n == nil {
		return position{in: at.in, begun: at.begun}
	}
	v := &visit{node: n, failing: fails}
	if owner := n.Group.Owner; owner != nil {
		v.around = climb(at.in, owner, at.begun != 0)
	}
	if around := v.around; around != nil {
		if at.begun != 0 && around.begun != at.begun {
			around.begun, around.joined, around.failing = at.begun, false, false
			around.attempts++
		}
		v.attempt = around.attempts
	}
	f.visits = append(f.visits, v)
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
func climb(v *visit, to *Node, failed bool) *visit {
	err := ""
	for w := v; w != nil; w = w.around {
		if w.node == to {
			if failed && w != v && err != "" {
				w.err = err
			}
			for ; failed && v != w; v = v.around {
				v.failed = true
			}
			return w
		}
		if err == "" {
			err = w.err
		}
	}
	return nil
}

// pass counts the edges between a visit that has been left and the state that follows. Only
// a Catcher leads out of a state that has failed; one that is the only way there tells that
// the state has failed.
func (f *follower) pass(left *visit, to *Node) {
	between := func(caught bool) func(*Edge) bool {
		return func(e *Edge) bool {
			return e.From == left.node && e.To == to && e.Kind != Compensate && caught == (e.Kind == Catch)
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
		return between(true)(e) && left.err != "" && slices.Contains(catcher(e).ErrorEquals, left.err)
	})
	if !took {
		took = f.take(to.Group, func(e *Edge) bool { return between(true)(e) && (left.err == "" || wild(catcher(e))) })
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
	return position{in: v.around, left: v}
}

// within follows an event inside a visit, or outside of all.
func (f *follower) within(at position, e *states.Event) position {
	v := at.in
	switch e.Type {
	case states.ParallelStateStarted, states.MapStateStarted:
		return position{in: v, begun: e.ID}
	case states.MapIterationStarted:
		return position{in: v, begun: at.begun}
	case states.ParallelStateFailed, states.MapStateFailed, states.MapIterationFailed:
		v = join(at, e.Type)
	case states.ExecutionFailed:
		for w := v; w != nil; w = w.around {
			w.failed = true
		}
	case states.CompensationStarted, states.CompensationSucceeded, states.CompensationFailed:
		return position{in: v} // what failed has failed, until it is left
	case states.ExecutionRedriven:
		for _, v := range f.visits {
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
		v.err = d.Error
	case *states.EvaluationDetails:
		v.err = d.Error
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
func join(at position, t states.EventType) *visit {
	kind := "Map"
	if t == states.ParallelStateFailed {
		kind = "Parallel"
	}
	owner := at.in
	for owner != nil && (owner.node.Type() != kind || owner.joined) {
		owner = owner.around
	}
	if owner == nil {
		return nil
	}
	climb(at.in, owner.node, true)
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
	for _, v := range f.visits {
		p := f.progress(v.node)
		p.Retries += max(v.attempts-1, 0)
		if v.superseded() {
			continue
		}
		outcome := v.outcome
		if outcome == "" {
			outcome = f.open(v)
		}
		switch outcome {
		case Succeeded:
			p.Succeeded++
			f.take(v.node.Group, func(e *Edge) bool { return e.Kind == End && e.From == v.node })
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
func (v *visit) superseded() bool {
	for ; v != nil && v.around != nil; v = v.around {
		if v.around.attempts > v.attempt {
			return true
		}
	}
	return false
}

// open returns what became of a visit that was not left.
func (f *follower) open(v *visit) string {
	if f.path.Status == states.StatusRunning {
		over := false
		for w := v.around; w != nil; w = w.around {
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
