package graph

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// A Path is what became of an execution, state by state and edge by edge.
type Path struct {
	// States holds every state that was entered, by its name.
	States map[string]*Progress
	// Taken says how often each edge was taken, by its ID. Where a history cannot tell which
	// of several edges was taken, because rules of a Choice state, or Catchers for one error,
	// lead to the same state, each of them counts. A Compensate counts when its handler ran
	// and the state that it undoes had been entered.
	Taken map[string]int
	// Visits are the stays in the states, in the order of the entries.
	Visits []*Visit
	// Status is how the execution stands, "" for a history without events.
	Status states.Status
}

// Progress is what became of a state.
type Progress struct {
	// Visits is how often the state was entered. Succeeded, Failed, Caught, Aborted and
	// Running are what became of the visits; together they may be fewer, since a visit
	// inside a Parallel or Map state that was then retried counts as none of them.
	Visits, Succeeded, Failed, Caught, Aborted, Running int
	// Retries is how often its work was begun anew within one visit.
	Retries int
}

// Status returns what became of the state altogether, the worst of its visits: [Running],
// else [Failed], [Caught] for a failure that a Catcher took, [Aborted] for a state that was
// stopped because of something else, [Succeeded], or [Unreached].
func (p *Progress) Status() string {
	switch {
	case p == nil || p.Visits == 0:
		return Unreached
	case p.Running > 0:
		return Running
	case p.Failed > 0:
		return Failed
	case p.Caught > 0:
		return Caught
	case p.Succeeded > 0:
		return Succeeded
	}
	return Aborted
}

// note says it in a line of words.
func (p *Progress) note() string {
	if p == nil || p.Visits == 0 {
		return "not reached"
	}
	words := "entered " + times(int64(p.Visits))
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{p.Succeeded, "succeeded"}, {p.Failed, "failed"}, {p.Caught, "failed and were caught"}, {p.Aborted, "aborted"}, {p.Running, "running"}} {
		if part.n > 0 {
			parts = append(parts, strconv.Itoa(part.n)+" "+part.word)
		}
	}
	if p.Visits == 1 && len(parts) == 1 {
		words = strings.Replace(parts[0][len("1 "):], "were ", "was ", 1)
	} else if len(parts) > 0 {
		words += ": " + strings.Join(parts, ", ")
	}
	switch {
	case p.Retries == 1:
		words += "; retried once"
	case p.Retries > 1:
		words += fmt.Sprintf("; retried %d times", p.Retries)
	}
	return words
}

// Marks returns the marks that draw the path: the class of each state is its
// [Progress.Status], an edge is [Taken] or [Unreached], and a badge says how often a part of
// the machine was passed, when that is more than once. What the children of a Map Run did is
// not in the history of the execution that started the run, so what is inside of a distributed
// Map state that was entered has no class there.
func (p *Path) Marks() Marks {
	badge := func(n int) string {
		if n < 2 {
			return ""
		}
		return strconv.Itoa(n) + "×"
	}
	return Marks{
		Node: func(n *Node) Mark {
			progress := p.States[n.Name()]
			if progress == nil && p.elsewhere(n.Group) {
				return Mark{Note: "done by executions of their own"}
			}
			m := Mark{Class: progress.Status(), Note: progress.note()}
			if progress != nil {
				m.Badge = badge(progress.Visits)
			}
			return m
		},
		Edge: func(e *Edge) Mark {
			n := p.Taken[e.ID]
			if n == 0 && p.elsewhere(groupOf(e)) {
				return Mark{}
			}
			if n == 0 {
				return Mark{Class: Unreached, Note: "not taken"}
			}
			return Mark{Class: Taken, Badge: badge(n), Note: "taken " + times(int64(n))}
		},
	}
}

// elsewhere reports whether a group is, or is inside of, what the children of a Map Run do.
func (p *Path) elsewhere(g *Group) bool {
	for ; g.Owner != nil; g = g.Owner.Group {
		if m, ok := g.Owner.State.(*asl.Map); ok && m.Distributed != nil && p.States[m.Name()] != nil {
			return true
		}
	}
	return false
}

// groupOf returns the group of an edge.
func groupOf(e *Edge) *Group {
	if e.From != nil {
		return e.From.Group
	}
	return e.To.Group
}
