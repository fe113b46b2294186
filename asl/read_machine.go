package asl

// A scope is a graph while it is read: what its states are called, where they
// lead, and which variables they set and use.
type scope struct {
	*Graph
	place    *place
	outer    *scope
	around   *vertex // the state of outer that this graph belongs to
	inner    []*scope
	startAt  *place // nil when missing
	states   []*vertex
	apart    bool            // its states are other executions, which see no variables of this one
	undoing  bool            // it is inside a handler
	handlers map[string]bool // states that a Compensate names, so far as they can be handlers
	undoes   []link          // from a Compensate to its handler
	byName   map[string]*vertex
	links    []link
	assigned map[string]bool
	assigns  []variableUse
	uses     []variableUse
	names    []string // see stateNames
}

// A vertex is a state of a scope.
type vertex struct {
	place *place
	state State // nil when the state could not be read
	// end says that the state can end its graph, or that nobody can tell.
	end bool
	// handler says that it undoes other states, and no transition leads to it.
	handler bool
}

// A link is a transition to a state that may not have been read yet.
type link struct {
	from *vertex // nil for StartAt
	at   *place  // the field that holds the name
	into *State
	// assigns are the variables that are assigned on the way.
	assigns []string
}

func (r *reader) readMachine(p *place) {
	r.names, r.labels = make(map[string]bool), make(map[string]bool)
	f := r.check(p, inMachine, JSONPath)
	m := &StateMachine{
		Comment:        f.text("Comment"),
		Version:        "1.0",
		QueryLanguage:  JSONPath,
		TimeoutSeconds: f.whole(r, "TimeoutSeconds", 0),
		definition:     r.text,
		byName:         make(map[string]State),
	}
	r.machine = m
	if q := p.find("QueryLanguage"); q != nil {
		m.QueryLanguage = languageOf(q)
	}
	s := r.readGraph(f, nil, nil, nil, 0)
	m.Graph = s.Graph
	r.checkVariables(s)
	r.explainDangling()
}

// readGraph reads the StartAt and States of a machine, branch or item processor.
// owner is the state that it belongs to, and around its vertex in the scope outside.
func (r *reader) readGraph(f *fields, outer *scope, around *vertex, owner State, branch int) *scope {
	s := &scope{
		Graph: &Graph{owner: owner, branch: branch}, place: f.place, outer: outer, around: around,
		byName: make(map[string]*vertex), assigned: make(map[string]bool),
	}
	if outer != nil {
		outer.inner = append(outer.inner, s)
		s.undoing = outer.undoing || around.handler
	}
	if s.startAt = f.get("StartAt"); s.startAt != nil {
		s.link(nil, s.startAt, &s.start, nil)
	}
	states := f.get("States")
	if states == nil {
		return s
	}
	r.findHandlers(s, states)
	for i := range states.members {
		r.readState(s, states.member(&states.members[i]))
	}
	r.resolve(s)
	r.resolveHandlers(s)
	r.checkReachable(s)
	return s
}

// link notes that the field at names a state, which is to be put into a place of
// the graph, and which variables are assigned on the way there. A nil field is none.
func (s *scope) link(from *vertex, at *place, into *State, assigns []string) {
	if at != nil && at.kind == stringKind {
		s.links = append(s.links, link{from: from, at: at, into: into, assigns: assigns})
	}
}

// resolve turns the names that links hold into states.
func (r *reader) resolve(s *scope) {
	for _, l := range s.links {
		if v := s.byName[l.at.text]; v != nil {
			*l.into = v.state
			continue
		}
		// AWS says 'Next' whatever the field is called (reported as measured).
		d := r.report(Error, MissingTransitionTarget, l.at, "Missing 'Next' target: %s", l.at.text)
		d.stage = transitionStage
		d.Suggestion = r.spell.nearest(l.at.text, s.stateNames())
		d.target = l.at.text
	}
}

// stateNames returns the names of the scope's states.
func (s *scope) stateNames() []string {
	if s.names == nil {
		for _, v := range s.states {
			s.names = append(s.names, v.place.key)
		}
	}
	return s.names
}

// explainDangling tells transitions into another graph from those to nowhere,
// which can be said only when all states are known.
func (r *reader) explainDangling() {
	for i := range r.problems {
		if d := &r.problems[i]; d.target != "" && r.names[d.target] {
			d.Detail = "that state belongs to another graph; transitions stay within their own States"
			if d.Code == MissingHandler {
				d.Detail = "that state belongs to another graph; a handler stands beside what it undoes"
			}
			d.Suggestion = ""
		}
	}
}
