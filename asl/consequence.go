package asl

import "strings"

// One mistake often makes several rules fail: with "Nxt" for "Next", a field is unknown,
// another is missing, and a state is not reachable. AWS reports each of them. For people the
// first says it all, and the others are kept inside it for [Diagnostics.AWS].

// A need says which fields an object lacks.
type need struct {
	names []string
	any   bool // one of them would do
}

// metBy reports whether fields of other names account for all that is lacking.
func (n need) metBy(meant map[string]int) (cause int, ok bool) {
	for _, name := range n.names {
		i, found := meant[name]
		switch {
		case found && n.any:
			return i, true
		case found:
			cause, ok = i, true
		case !n.any:
			return 0, false
		}
	}
	return cause, ok
}

// A goal is a state of a graph, by the element that holds the states.
type goal struct {
	states *element
	name   string
}

// foldConsequences puts the problems that others account for into those.
func (r *reader) foldConsequences() {
	meant := make(map[string]map[string]int) // by the pointer of an object: fields that were meant, and by which problem
	led := make(map[goal]int)                // states that a mistaken field was to lead to
	dangling := make(map[*element]int)       // graphs that have a transition to nowhere
	lost := make(map[*element]int)           // graphs that a mistaken StartAt, or a transition that is no text, leaves unreached
	for i := range r.problems {
		d := &r.problems[i]
		switch {
		case d.at == nil || d.Severity != Error:
		case d.target != "" && d.Code == MissingTransitionTarget:
			states := d.at.statesAround()
			dangling[states] = i
			if d.Suggestion != "" {
				led[goal{states, d.Suggestion}] = i
			} else if d.at.key == "StartAt" {
				lost[states] = i
			}
		case d.Code == SchemaValidationFailed && (d.at.key == "Next" || d.at.key == "Default" || d.at.key == "StartAt"):
			lost[d.at.statesAround()] = i // it is no text
		case d.misplaced:
			object := d.Pointer[:strings.LastIndexByte(d.Pointer, '/')]
			if meant[object] == nil {
				meant[object] = make(map[string]int)
			}
			meant[object][d.Suggestion] = i
			meant[object][""] = i
			if states := d.at.statesAround(); states != nil {
				r.walkStrings(d.at, func(at *place) { led[goal{states, at.text}] = i })
			}
		}
	}
	caused := make(map[int]int)
	for i := range r.problems {
		d := &r.problems[i]
		cause, ok := 0, false
		switch {
		case d.at == nil:
		case len(d.need.names) > 0:
			cause, ok = d.need.metBy(meant[d.Pointer])
		case d.Code == MissingTransitionTarget && d.stage == reachabilityStage:
			if cause, ok = led[goal{d.at.statesAround(), d.at.key}]; !ok {
				cause, ok = lost[d.at.statesAround()]
			}
		case d.Code == MissingEndState:
			if states := d.at.find("States"); states != nil {
				cause, ok = dangling[states.value]
			}
		}
		if ok {
			caused[i] = cause
		}
	}
	if len(caused) > 0 {
		kept := make(Diagnostics, 0, len(r.problems)-len(caused))
		for i, d := range r.problems {
			if cause, ok := caused[i]; ok {
				d.at = nil
				r.problems[cause].caused = append(r.problems[cause].caused, d)
			}
		}
		for i, d := range r.problems {
			if _, ok := caused[i]; !ok {
				kept = append(kept, d)
			}
		}
		r.problems = kept
	}
	for i := range r.problems {
		r.problems[i].at = nil
	}
}

// statesAround returns the nearest element around a place that holds the states of a graph,
// nil when there is none.
func (p *place) statesAround() *element {
	for at := p; at != nil; at = at.parent {
		if at.key == "States" && at.parent != nil && at.parent.kind == objectKind && at.parent.has("StartAt") && at != p {
			return at.element
		}
		if at.key == "StartAt" && at.parent != nil {
			if states := at.parent.find("States"); states != nil {
				return states.value
			}
		}
	}
	return nil
}
