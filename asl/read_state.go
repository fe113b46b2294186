package asl

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxStateName is the longest name that a state may have, in characters.
const MaxStateName = 80

// stateTypes are the values of Type.
var stateTypes = []string{"Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}

// A stateReader reads one state.
type stateReader struct {
	*reader
	*fields
	scope  *scope
	vertex *vertex
	node   node
}

// readState reads a state into its scope.
func (r *reader) readState(s *scope, p *place) {
	v := &vertex{place: p, handler: s.handlers[p.key]}
	defer r.linkHandler(s, v)
	if r.checkName(s, p) {
		s.byName[p.key] = v
		s.states = append(s.states, v)
	}
	language, ok := r.stateLanguage(p)
	if !ok {
		r.fail(p, "Expected value of type Object")
		v.end = true
		return
	}
	typ := p.find("Type")
	if typ == nil || typ.value.kind != stringKind || !slices.Contains(stateTypes, typ.value.text) {
		r.readUntyped(s, v, typ)
		return
	}
	sr := &stateReader{
		reader: r, scope: s, vertex: v,
		fields: r.checkFields(&fields{place: p, in: stateOwners[typ.value.text], language: language, handler: v.handler}),
		node:   node{name: p.key, pointer: p.pointer(), language: language, graph: s.Graph, handler: v.handler},
	}
	r.checkHandler(sr.fields)
	sr.node.comment = sr.fields.text("Comment")
	v.state = sr.read()
	s.Graph.states = append(s.Graph.states, v.state)
	r.machine.byName[p.key] = v.state
}

// checkName checks a state's name and reports whether it is the first of that
// name in its scope.
func (r *reader) checkName(s *scope, p *place) bool {
	report := func(code Code, format string, args ...any) {
		r.report(Error, code, p, format, args...).offset = p.at
	}
	switch n := utf8.RuneCountInString(p.key); {
	case n == 0:
		report(InvalidStateName, "Invalid State name: it is empty")
	case n > MaxStateName:
		report(InvalidStateName, "Invalid State name: State '%s' exceeds the %d-character limit allowed by the service", p.key, MaxStateName)
	}
	if r.names[p.key] {
		report(DuplicateStateName, "Duplicate State name: %s", p.key)
	}
	r.names[p.key] = true
	return s.byName[p.key] == nil
}

// stateLanguage returns the query language of a state; ok is false when p is no
// object. States inherit the machine's language, also those inside a Map or
// Parallel state that has another.
func (r *reader) stateLanguage(p *place) (q QueryLanguage, ok bool) {
	if p.kind != objectKind {
		return "", false
	}
	q = r.machine.QueryLanguage
	m := p.find("QueryLanguage")
	if m == nil {
		return q, true
	}
	if q == JSONata && languageOf(m) == JSONPath {
		d := r.fail(p, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
		d.offset = m.start
	}
	return languageOf(m), true
}

// languageOf returns the query language that a QueryLanguage field stands for.
// Reported as measured on AWS: whatever is not exactly "JSONPath" is taken for
// JSONata, besides being refused.
func languageOf(m *member) QueryLanguage {
	if m.value.kind == stringKind && m.value.text == string(JSONPath) {
		return JSONPath
	}
	return JSONata
}

// readUntyped reports a state whose Type is missing or unknown. What can be seen
// of its transitions still counts, so that one mistake is one report.
func (r *reader) readUntyped(s *scope, v *vertex, typ *member) {
	v.end = true
	switch {
	case typ == nil:
		r.fail(v.place, "These fields are required: [Type]").need = need{names: []string{"Type"}}
	case typ.value.kind != stringKind:
		r.fail(v.place.member(typ), "Expected value of type String")
	default:
		at := v.place.member(typ)
		d := r.fail(at, "Value should be one of the following: [%s]", joined(stateTypes))
		d.Suggestion = r.spell.nearest(at.text, stateTypes)
	}
	for _, name := range []string{"Next", "Default"} {
		if m := v.place.find(name); m != nil {
			s.link(v, v.place.member(m), new(State), nil)
		}
	}
}

func (r *stateReader) read() State {
	switch stateOwners[r.fields.text("Type")] {
	case inPass:
		return r.readPass()
	case inTask:
		return r.readTask()
	case inChoice:
		return r.readChoice()
	case inWait:
		return r.readWait()
	case inSucceed:
		r.vertex.end = true
		return &Succeed{
			node: r.node, Flow: r.readEnds(),
		}
	case inFail:
		r.vertex.end = true
		return &Fail{node: r.node, Error: r.textOrPath("Error"), Cause: r.textOrPath("Cause")}
	case inParallel:
		return r.readParallel()
	default:
		return r.readMap()
	}
}

// readTransition reads Next and End. A state that has neither is taken for an
// end, because it has been reported already.
func (r *stateReader) readTransition(into *Transition) {
	next := r.get("Next")
	end := r.get("End")
	r.vertex.end = end != nil && end.truth || next == nil
	r.scope.link(r.vertex, next, &into.Next, r.assignedBy(r.fields))
}

// readFlow reads what moves JSON through a state that has a result. Its arguments are in
// the field parameters in JSONPath and in the field arguments in JSONata, "" for none.
func (r *stateReader) readFlow(parameters, arguments string, sees seen) Flow {
	return r.outputs(Flow{
		InputPath:      valueOfPath(r.path("InputPath")),
		Arguments:      r.shape(parameters, arguments),
		ResultSelector: valueOfTemplate(r.template(r.fields, "ResultSelector")),
		ResultPath:     r.reference(r.fields, "ResultPath"),
		Output:         valueOfPath(r.path("OutputPath")),
	}, r.fields, sees)
}

// readEnds reads what moves JSON through a state whose input is its result.
func (r *stateReader) readEnds() Flow {
	return r.outputs(Flow{InputPath: valueOfPath(r.path("InputPath")), Output: valueOfPath(r.path("OutputPath"))}, r.fields, inputSeen)
}

// shape reads a field that has the form of a Payload Template in JSONPath and of JSON with
// expressions in JSONata, and perhaps another name in each.
func (r *stateReader) shape(template, payload string) Value {
	return r.shapeOf(r.fields, template, payload)
}

// shapeOf does what shape does, for an object inside the state.
func (r *stateReader) shapeOf(f *fields, template, payload string) Value {
	if r.language != JSONata {
		return valueOfTemplate(r.template(f, template))
	}
	return r.payload(f.get(payload), inputSeen)
}

func (r *stateReader) readPass() *Pass {
	s := &Pass{
		node: r.node, Flow: r.readFlow("Parameters", "", inputSeen),
	}
	r.readTransition(&s.Transition)
	if result := r.get("Result"); result != nil {
		s.Result, s.HasResult = r.valueOf(result)
		r.warnOfStaticPaths(result)
	}
	return s
}

func (r *stateReader) readWait() *Wait {
	s := &Wait{
		node: r.node, Flow: r.readEnds(),
		Seconds: r.seconds("Seconds"), TimestampPath: r.nodePath(r.fields, "TimestampPath"),
	}
	r.readTransition(&s.Transition)
	if at := r.get("Timestamp"); at != nil {
		if r.language == JSONata && strings.HasPrefix(at.text, "{%") {
			s.TimestampQuery = r.query(at, inputSeen)
		} else {
			s.Timestamp = r.timestamp(at)
		}
	}
	return s
}

func (r *stateReader) readParallel() *Parallel {
	s := &Parallel{
		node: r.node, Flow: r.readFlow("Parameters", "Arguments", resultSeen),
	}
	r.readTransition(&s.Transition)
	s.Retry, s.Catch = r.readRetry(), r.readCatch()
	branches := r.get("Branches")
	if branches == nil {
		return s
	}
	for i := range branches.items {
		if f := r.check(branches.item(i), inBranch, r.machine.QueryLanguage); f != nil {
			s.Branches = append(s.Branches, r.readGraph(f, r.scope, r.vertex, s, i).Graph)
		}
	}
	return s
}
