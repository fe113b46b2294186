package asl

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// This file compiles what the fields of a JSONPath state hold. Every function
// returns the zero value for an absent field, and after a report.

// path reads a Path that may be null.
func (r *stateReader) path(name string) *jsonpath.Path {
	at := r.get(name)
	if at != nil && at.kind == nullKind {
		return jsonpath.Null
	}
	return r.pathOf(at)
}

func (r *stateReader) pathOf(at *place) *jsonpath.Path {
	if at == nil {
		return nil
	}
	p, err := jsonpath.Compile(at.text)
	if err != nil {
		r.refuse(at, err, "Value must be a valid JSONPath.")
		return nil
	}
	r.noteUse(p.Variable(), at, at.start)
	return p
}

// reference reads a Reference Path, nil when there is none. What it may start from, and
// whether it may be null, is in the field's row.
func (r *stateReader) reference(f *fields, name string) *jsonpath.ReferencePath {
	at := f.get(name)
	switch {
	case at == nil:
		return nil
	case at.kind == nullKind:
		return jsonpath.Discard
	}
	p, err := jsonpath.CompileReference(at.text)
	if err != nil {
		r.explain(r.fail(at, "%s", noReference(err)), at, err)
		return nil
	}
	row, root := fieldOf(name, f.in, f.language), roots(1<<p.Path().Root())
	switch {
	case row.roots&root != 0:
	case root == fromContext:
		r.fail(at, "Value is not a Reference Path").Detail = "it may not lead into the Context Object"
		return nil
	default:
		r.fail(at, "Value is not a Reference Path").Detail = "it may not lead into a variable"
		return nil
	}
	if row.doubtful&root != 0 {
		r.warn(DoubtfulPath, at, "AWS does not say that '%s' can see the Context Object", name)
	}
	r.noteUse(p.Path().Variable(), at, at.start)
	return p
}

// nodePath does what reference does, for a path that is only evaluated.
func (r *stateReader) nodePath(f *fields, name string) *jsonpath.Path {
	if p := r.reference(f, name); p != nil {
		return p.Path()
	}
	return nil
}

// noReference says in AWS's words why a text is no Reference Path.
func noReference(err error) string {
	const message = "Value is not a Reference Path"
	if syntax, ok := errors.AsType[*jsonpath.SyntaxError](err); ok && syntax.Reference != "" {
		return message + ": " + syntax.Reference
	}
	return message
}

// operandPath reads the path on the right side of a comparison. It is a Reference Path as
// the one on the left is, but no refusal of another has been seen.
func (r *stateReader) operandPath(at *place) *jsonpath.Path {
	_, err := jsonpath.CompileReference(at.text)
	if err == nil {
		return r.pathOf(at)
	}
	if !strings.HasPrefix(at.text, "$") {
		r.explain(r.fail(at, "%s", noReference(err)), at, err)
		return nil
	}
	p := r.pathOf(at)
	if p != nil {
		r.explain(r.warn(DoubtfulPath, at, "%s", noReference(err)), at, err)
	}
	return p
}

// refuse reports an expression that does not compile.
func (r *reader) refuse(at *place, err error, message string) {
	r.explain(r.fail(at, "%s", message), at, err)
}

// explain adds what is wrong with the expression at a place, and where in it.
func (r *reader) explain(d *Diagnostic, at *place, err error) {
	syntax, ok := errors.AsType[*jsonpath.SyntaxError](err)
	if !ok {
		return
	}
	d.Detail = syntax.Message
	if at.kind == stringKind {
		d.offset = offsetIn(r.text, at.element, syntax.Offset)
	}
}

// seconds reads a number that is a literal, computed or, in the field with the
// suffix Path, found by a path.
func (r *stateReader) seconds(name string) Seconds { return r.secondsOf(r.fields, name) }

// secondsOf does what seconds does, for an object inside the state.
func (r *stateReader) secondsOf(f *fields, name string) Seconds {
	if at := f.get(name); at != nil {
		if at.kind == numberKind {
			n := r.number(at.element)
			return Seconds{Literal: wholeNumber(n), exact: n, set: true}
		}
		q := r.query(at, inputSeen)
		return Seconds{Query: q, set: q != nil}
	}
	p := r.nodePath(f, name+"Path")
	return Seconds{Path: p, set: p != nil}
}

// textFunctions are the Intrinsic Functions that ErrorPath and CausePath may call
// (documented: those that return a string).
var textFunctions = []string{
	"States.Format", "States.JsonToString", "States.ArrayGetItem", "States.Base64Encode", "States.Base64Decode", "States.Hash", "States.UUID",
}

// textOrPath reads a string that is a literal, computed or, in the field with the
// suffix Path, found by an expression.
func (r *stateReader) textOrPath(name string) Text {
	if at := r.get(name); at != nil {
		if r.language == JSONPath && looksLikePath(at.text) {
			r.warn(NoPath, at, "The value looks like a path, but '%s' is taken as it stands", name).Suggestion = name + "Path"
		}
		if r.language == JSONata {
			if q := r.query(at, inputSeen); q != nil {
				return Text{Query: q, set: true}
			}
		}
		return Text{Literal: at.text, set: true}
	}
	at := r.get(name + "Path")
	if at == nil {
		return Text{}
	}
	const invalid = "Value must be a valid JSONPath or a valid intrinsic function call"
	e, err := jsonpath.CompileExpression(at.text)
	if err != nil {
		r.refuse(at, err, invalid)
		return Text{}
	}
	if e.Path() != nil {
		if _, err := jsonpath.CompileReference(at.text); err != nil {
			r.explain(r.fail(at, "%s", noReference(err)), at, err)
		}
	}
	if f := e.Function(); f != "" && !slices.Contains(textFunctions, f) {
		r.fail(at, invalid).Detail = f + " does not give a string"
	}
	for name := range e.Variables() {
		r.noteUse(name, at, at.start)
	}
	for _, warning := range e.Warnings() {
		r.warn(DoubtfulArgument, at, "%s", warning)
	}
	return Text{Expression: e, set: true}
}

// timestamp reads a literal timestamp.
func (r *stateReader) timestamp(at *place) time.Time {
	t, ok := ParseTimestamp(at.text)
	if !ok {
		r.fail(at, "String does not match RFC3339 timestamp")
	}
	return t
}

// assign reads an Assign and notes the variables that it sets.
func (r *stateReader) assign(f *fields) *jsonpath.Template {
	if at := f.get("Assign"); at != nil {
		r.noteAssigned(at)
	}
	return r.template(f, "Assign")
}

// template reads a Payload Template.
func (r *stateReader) template(f *fields, name string) *jsonpath.Template {
	at := f.get(name)
	if at == nil || r.language == JSONata {
		return nil
	}
	r.warnOfMissingDollars(at)
	v, ok := r.valueOf(at)
	if !ok {
		return nil
	}
	t, err := jsonpath.CompileTemplate(v)
	if err != nil {
		r.refuseTemplate(at, err)
		return nil
	}
	for name := range t.Variables() {
		r.noteUse(name, at, at.start)
	}
	for _, w := range t.Warnings() {
		r.warn(DoubtfulArgument, at.follow(w.Pointer).named(w.Field), "%s", w.Message)
	}
	return t
}

// refuseTemplate reports what is wrong inside a template. AWS names the object
// that holds a field, we point at the field.
func (r *reader) refuseTemplate(at *place, err error) {
	template, ok := errors.AsType[*jsonpath.TemplateError](err)
	if !ok {
		r.fail(at, "%v", err)
		return
	}
	for _, problem := range template.Problems {
		if r.full(Error) {
			return // finding a place costs, and nobody would see it
		}
		holder := at.follow(problem.Pointer)
		inside := holder.named(problem.Field)
		d := r.report(Error, Code(problem.Code), inside, "%s", problem.Message)
		d.Location = holder.location()
		r.explain(d, inside, problem.Err)
	}
}

// follow returns the place that an RFC 6901 pointer leads to from here; it stops
// where the pointer leads nowhere.
func (p *place) follow(pointer string) *place {
	if pointer == "" {
		return p
	}
	for step := range strings.SplitSeq(pointer[1:], "/") {
		next := p.child(value.UnescapePointer(step))
		if next == nil {
			break
		}
		p = next
	}
	return p
}

// named returns the place of an object's field, and the object's own when it has no
// such field.
func (p *place) named(field string) *place {
	if m := p.find(field); m != nil {
		return p.member(m)
	}
	return p
}

func (p *place) child(step string) *place {
	switch p.kind {
	case objectKind:
		if m := p.find(step); m != nil {
			return p.member(m)
		}
	case arrayKind:
		if i, ok := index(step); ok && i < len(p.items) {
			return p.item(i)
		}
	}
	return nil
}
