package asl

// compensateField names the handler of a state.
const compensateField = "Compensate"

// handlerTypes are the types of the states that may be one.
const handlerTypes = inWorker | inPass

// typeOf returns what a state says that it is, 0 when that is nothing known.
func typeOf(state *element) owner {
	if state.kind != objectKind {
		return 0
	}
	if m := state.find("Type"); m != nil && m.value.kind == stringKind {
		return stateOwners[m.value.text]
	}
	return 0
}

// findHandlers notes which states of a scope are handlers, before any is read:
// what is right in a state depends on it.
func (r *reader) findHandlers(s *scope, states *place) {
	if !r.extensions {
		return
	}
	named := make(map[string]bool)
	for i := range states.members {
		state := states.member(&states.members[i])
		if at := handlerName(state); at != nil && at.text != state.key {
			named[at.text] = true
		}
	}
	s.handlers = make(map[string]bool, len(named))
	for i := range states.members {
		state := &states.members[i]
		if named[state.key] && typeOf(state.value)&handlerTypes != 0 {
			s.handlers[state.key] = true
		}
	}
}

// handlerName returns where a state names its handler, nil when it doesn't.
func handlerName(state *place) *place {
	if state.kind != objectKind {
		return nil
	}
	m := state.find(compensateField)
	if m == nil || m.value.kind != stringKind {
		return nil
	}
	return state.member(m)
}

// linkHandler notes what a state names as its handler. It does so for states that
// cannot have one, too, so that nobody says of theirs that nothing leads there.
func (r *reader) linkHandler(s *scope, v *vertex) {
	l := link{from: v, at: handlerName(v.place)}
	if l.at == nil {
		return
	}
	switch state := v.state.(type) {
	case *Task:
		l.into = &state.Compensate
	case *Parallel:
		l.into = &state.Compensate
	case *Map:
		l.into = &state.Compensate
	}
	s.undoes = append(s.undoes, l)
	r.machine.compensates = true
}

// refuseCompensate reports a Compensate where there can be none. Without
// extensions it is an unknown field, in AWS's words.
func (r *reader) refuseCompensate(f *fields, at *place) {
	d := r.fail(at, "Field '%s' is not supported", at.key)
	d.Location, d.offset = f.location(), at.at
	if r.extensions {
		d.Detail = "of states, only those of the types Task, Parallel and Map can be undone"
	} else {
		d.Detail = "it is an extension: asl.Parser{Extensions: true} accepts it, and so does --extensions on the command line"
	}
}

// notInHandlers says why a handler has not some fields that its type has.
var notInHandlers = []struct{ name, reason string }{
	{"Next", "compensation goes on with what was completed before"},
	{"Catch", "a Catcher is a transition, and no handler has one"},
	{"Assign", "the variables would end with the handler"},
}

// checkHandler checks what handlers must not have.
func (r *reader) checkHandler(f *fields) {
	if !f.handler {
		return
	}
	for _, no := range notInHandlers {
		if m := f.find(no.name); m != nil {
			d := r.report(Error, InvalidHandler, f.member(m), "State %q is a handler, which cannot have '%s'", f.key, no.name)
			d.offset, d.Detail = m.start, no.reason
		}
	}
}

// resolveHandlers turns the names that Compensate fields hold into states, and
// checks that those can be handlers.
func (r *reader) resolveHandlers(s *scope) {
	if !r.extensions {
		return
	}
	for _, l := range s.undoes {
		if l.into != nil {
			r.resolveHandler(s, l)
		}
	}
	for _, l := range s.links {
		if v := s.byName[l.at.text]; v != nil && v.handler {
			d := r.report(Error, InvalidHandler, l.at, "State %q is a handler, so no transition may lead to it", l.at.text)
			d.Detail = "only Compensate does"
		}
	}
}

func (r *reader) resolveHandler(s *scope, l link) {
	refuse := func(format string, args ...any) *Diagnostic {
		return r.report(Error, InvalidHandler, l.at, format, args...)
	}
	v := s.byName[l.at.text]
	switch {
	case s.undoing:
		refuse("State %q is part of a handler, so it cannot have '%s'", l.from.place.key, compensateField).Detail = "what undoes is not undone"
	case v == nil:
		d := r.report(Error, MissingHandler, l.at, "Missing handler: %s", l.at.text)
		d.Suggestion, d.target = r.spell.nearest(l.at.text, s.stateNames()), l.at.text
	case v == l.from:
		refuse("State %q cannot undo itself", l.at.text)
	case l.from.handler:
		d := refuse("State %q is a handler, which cannot have '%s'", l.from.place.key, compensateField)
		d.Detail = "what undoes is not undone"
		if ring := s.ringFrom(l.from); ring != nil {
			d.Detail = "they undo each other in a ring: " + joined(ring)
		}
	case v.state != nil && !v.handler:
		refuse("State %q cannot be a handler: its type is %s", l.at.text, v.state.Type()).Detail = "a handler is a Task, Pass, Parallel or Map state"
	}
	if v != nil {
		*l.into = v.state
	}
}

// ringFrom returns the names of the states that undo each other in a ring, from a
// state that is one of them; nil when it is not.
func (s *scope) ringFrom(start *vertex) []string {
	next := make(map[*vertex]*vertex, len(s.undoes))
	for _, l := range s.undoes {
		next[l.from] = s.byName[l.at.text]
	}
	ring := []string{start.place.key}
	for v := next[start]; v != nil && len(ring) <= len(s.undoes); v = next[v] {
		if v == start {
			return ring
		}
		ring = append(ring, v.place.key)
	}
	return nil
}
