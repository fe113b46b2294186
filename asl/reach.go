package asl

import "slices"

// checkReachable reports the states of a graph that nothing leads to, and those
// from which nothing leads to an end.
func (r *reader) checkReachable(s *scope) {
	if !r.checkEnds(s) {
		// AWS does not look at reachability then (reported as measured).
		return
	}
	entered := make(map[*vertex]bool) // some transition leads there
	next := make(map[*vertex][]*vertex)
	var start *vertex
	for _, l := range slices.Concat(s.links, s.undoes) {
		to := s.byName[l.at.text]
		if to == nil {
			continue
		}
		entered[to] = true
		if l.from == nil {
			start = to
		} else {
			next[l.from] = append(next[l.from], to)
		}
	}
	reached := make(map[*vertex]bool)
	if start != nil {
		spread(reached, []*vertex{start}, next)
	}
	if s.startAt == nil {
		return
	}
	for _, v := range s.states {
		switch {
		case !entered[v]:
			d := r.report(Error, MissingTransitionTarget, v.place, `State "%s" is not reachable.`, v.place.key)
			d.stage, d.offset = reachabilityStage, v.place.at
		case start == nil || reached[v]:
		case v.handler:
			r.warn(MissingTransitionTarget, v.place, "Handler %q undoes no state that is reachable from StartAt", v.place.key).offset = v.place.at
		default:
			// AWS asks only whether some transition leads to a state, so it
			// accepts a ring that nothing outside leads into.
			r.warn(MissingTransitionTarget, v.place, `State "%s" is not reachable from StartAt`, v.place.key).offset = v.place.at
		}
	}
}

// checkEnds reports whether the graph has a terminal state, and warns of states
// that cannot get to one.
func (r *reader) checkEnds(s *scope) bool {
	before := make(map[*vertex][]*vertex)
	var ends, loose []*vertex // loose states lead to a state that is missing
	entered := make(map[*vertex]bool)
	for _, l := range s.links {
		to := s.byName[l.at.text]
		switch {
		case l.from == nil:
		case to == nil:
			loose = append(loose, l.from)
		default:
			before[to] = append(before[to], l.from)
			entered[to] = true
		}
	}
	for _, v := range s.states {
		// That something leads to a handler is reported elsewhere.
		if v.end && (!v.handler || entered[v]) {
			ends = append(ends, v)
		}
	}
	if len(ends) == 0 {
		if s.outer == nil {
			d := r.report(Error, MissingEndState, s.place, "Workflow has no terminal state")
			d.Location, d.stage = "", reachabilityStage
		} else {
			// Reported as measured on AWS: it accepts a branch that only goes round.
			r.warn(EndlessGraph, s.place, "No state here is terminal: one needs \"End\": true, or the type Succeed or Fail")
		}
		return false
	}
	ending := make(map[*vertex]bool)
	spread(ending, append(ends, loose...), before)
	for _, v := range s.states {
		if !ending[v] && !v.handler {
			r.warn(EndlessGraph, v.place, "No path leads from state %q to an end", v.place.key).offset = v.place.at
		}
	}
	return true
}

// spread marks everything that can be got to from some vertices.
func spread(marked map[*vertex]bool, from []*vertex, next map[*vertex][]*vertex) {
	for len(from) > 0 {
		v := from[len(from)-1]
		from = from[:len(from)-1]
		if !marked[v] {
			marked[v] = true
			from = append(from, next[v]...)
		}
	}
}
