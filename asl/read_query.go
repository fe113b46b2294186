package asl

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
)

// This file compiles what the fields of a JSONata state hold. Every function returns
// the zero value for an absent field, and after a report.

// A seen is what an expression sees of $states besides input and context, which all
// can see. Implements the chapter on the reserved variable "states" with JSONata.
type seen uint8

const (
	inputSeen  seen = iota
	resultSeen      // result, too
	errorSeen       // errorOutput, too
)

// stateFields are the fields that $states may have.
var stateFields = []string{"input", "context", "result", "errorOutput"}

// outputs adds Assign of a state, rule or Catcher to its flow, and in JSONata Output.
func (r *stateReader) outputs(flow Flow, f *fields, sees seen) Flow {
	flow.Assign = valueOfTemplate(r.assign(f))
	if r.language == JSONata {
		flow.Output, flow.Assign = r.payload(f.get("Output"), sees), r.payload(f.get("Assign"), sees)
	}
	return flow
}

// payload reads JSON with expressions for some of its strings, nil for none.
func (r *stateReader) payload(at *place, sees seen) Value {
	if at == nil {
		return nil
	}
	v, ok := r.valueOf(at)
	if !ok {
		return nil
	}
	p := &payload{}
	p.root = r.payloadPart(p, at, r.fieldPath(at.parent), v, sees)
	return p
}

// payloadPart compiles the value that stands at a place of a payload. What holds no
// expression stays the value that it is.
func (r *stateReader) payloadPart(p *payload, at *place, outer *fieldPath, v any, sees seen) value.Template[jsonata.Environment] {
	switch v := v.(type) {
	case string:
		if q := r.compile(at, outer, sees); q != nil {
			p.context = p.context || q.context
			p.queries++
			return q
		}
	case []any:
		parts := make(value.ArrayTemplate[jsonata.Environment], len(v))
		path := &fieldPath{outer, at.key, at.index}
		for i, item := range v {
			parts[i] = r.payloadPart(p, at.item(i), path, item, sees)
		}
		return parts.OrLiteral(v)
	case *value.Object:
		parts := make(value.ObjectTemplate[jsonata.Environment], v.Len())
		path := &fieldPath{outer, at.key, at.index}
		for i := range parts {
			m := v.At(i)
			parts[i].Key = m.Key
			parts[i].Value = r.payloadPart(p, at.member(&at.members[i]), path, m.Value, sees)
		}
		return parts.OrLiteral(v)
	}
	return value.Literal[jsonata.Environment]{Value: v}
}

// test reads the Condition of a Choice Rule: an expression, or true or false itself.
func (r *stateReader) test(at *place) Condition {
	var q *Query
	switch {
	case at == nil:
	case at.kind == booleanKind:
		q, _ = newQuery("{%"+strconv.FormatBool(at.truth)+"%}", r.fieldPath(at)) // it compiles
	default:
		q = r.query(at, inputSeen)
	}
	if q == nil {
		return nil
	}
	return &Test{Query: q}
}

// fieldPath returns the way from the state to a place in it, nil for the state itself.
func (r *stateReader) fieldPath(at *place) *fieldPath {
	if at == r.place {
		return nil
	}
	return &fieldPath{r.fieldPath(at.parent), at.key, at.index}
}

// query compiles the string at a place; nil when it is an ordinary one.
func (r *stateReader) query(at *place, sees seen) *Query {
	return r.compile(at, r.fieldPath(at.parent), sees)
}

// compile does what query does, given the way from the state to what is around the
// place.
func (r *stateReader) compile(at *place, outer *fieldPath, sees seen) *Query {
	if !IsQuery(at.text) {
		r.checkNoQuery(at)
		return nil
	}
	field := &fieldPath{outer, at.key, at.index}
	q, err := newQuery(at.text, field)
	if syntax, ok := errors.AsType[*jsonata.Error](err); ok {
		if q = r.unsubstituted(at, field); q != nil {
			r.checkReferences(at, q, sees)
			return q
		}
		d := r.report(Error, InvalidJSONata, at, "%s", syntax)
		d.offset = offsetIn(r.reader.text, at.element, inQuery(at, syntax.Position, syntax.Token))
		if substitution.MatchString(at.text) {
			d.Detail = notSubstituted
		}
		return nil
	}
	r.checkReferences(at, q, sees)
	return q
}

// checkNoQuery reports strings that were probably meant as expressions.
func (r *stateReader) checkNoQuery(at *place) {
	text := at.text
	trimmed := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "{%") || strings.HasSuffix(text, "%}"):
		// The text is reported for a string that only begins so.
		d := r.fail(at, "JSONata string must start with {%% and end with %%}")
		if IsQuery(trimmed) {
			d.Suggestion = trimmed
		}
	case IsQuery(trimmed):
		// Measured on AWS: it is an ordinary string.
		d := r.warn(DoubtfulJSONata, at, "The string is no expression, because of the white space around it")
		d.Suggestion = trimmed
	case strings.Contains(text, "{%") && strings.Contains(text, "%}"):
		r.warn(DoubtfulJSONata, at, "The string is no expression, because there is text outside of '{%%' and '%%}'")
	case at.index < 0 && strings.HasSuffix(at.key, ".$") && looksLikePath(text):
		r.warn(DoubtfulJSONata, at, "The value looks like a path, but in JSONata a field's name that ends in \".$\" means nothing")
	}
}

// checkReferences holds what an expression reaches for against what it can see, and
// reports each thing once, as AWS does. Implements the chapter "JSONata Restrictions".
func (r *stateReader) checkReferences(at *place, q *Query, sees seen) {
	named := make(map[string]bool)
	places := newCursor(r.reader.text, at.element)
	for ref := range q.expr.References() {
		token := ref.Name
		if ref.Variable {
			token = "$" + token
		}
		offset := places.to(inQuery(at, ref.Position, token))
		if ref.Variable && ref.Name != reservedVariable {
			r.noteUse(ref.Name, at, offset)
			continue
		}
		name := ref.Name
		if ref.Variable {
			if len(ref.Fields) == 0 {
				continue // the whole of $states
			}
			name = "$states." + ref.Fields[0]
		}
		if named[name] {
			continue
		}
		named[name] = true
		if ref.Variable {
			r.checkStateField(at, ref.Fields[0], sees, offset)
		} else {
			r.refuseInput(at, name, offset)
		}
	}
}

// refuseInput reports a reference to an input of the expression's own, which it does
// not have. The wordings are reported as measured on AWS.
func (r *stateReader) refuseInput(at *place, name string, offset int) {
	switch name {
	case "*", "**":
		// Reported as measured on AWS for **: it is accepted, and finds nothing.
		r.warn(DoubtfulJSONata, at, "'%s' at the top level finds nothing", name).offset = offset
	case "$$":
		r.report(Error, UnsupportedJSONata, at, "Reference to '$$' is not supported.").offset = offset
	default:
		d := r.report(Error, UnsupportedJSONata, at, "Reference to '%s' at the top level is not supported.", name)
		d.offset, d.written = offset, name
		switch {
		case name == "$":
			d.Suggestion = "$states.input"
		case slices.Contains(stateFields, name):
			d.Suggestion = "$states." + name
		default:
			d.Suggestion = "$states.input." + name
		}
	}
}

// checkStateField checks a field of $states that an expression reads. That AWS refuses
// a result out of its place is documented, that it refuses unknown fields likewise is
// reported as measured; the wording is reported for errorOutput. Only a path that begins
// with $states is looked at: ($states).result is accepted there, and a $states further on.
func (r *stateReader) checkStateField(at *place, name string, sees seen, offset int) {
	switch {
	case name == "input", name == "context", name == "result" && sees == resultSeen, name == "errorOutput" && sees == errorSeen:
	case name == "result":
		d := r.report(Error, UnsupportedJSONata, at, "Field '$states.result' does not exist.")
		d.offset, d.Detail = offset, "it is for Output and Assign of Task, Parallel and Map states"
	case name == "errorOutput":
		d := r.report(Error, UnsupportedJSONata, at, "Field '$states.errorOutput' does not exist.")
		d.offset, d.Detail = offset, "it is for Output and Assign of Catchers"
	default:
		d := r.report(Error, UnsupportedJSONata, at, "Field '$states.%s' does not exist.", name)
		d.offset, d.Suggestion = offset, r.spell.nearest(name, stateFields)
		if d.Suggestion != "" {
			d.written, d.instead = "$states."+name, "$states."+d.Suggestion
		}
	}
}

// inQuery returns where in a string a token of its expression begins. position is the
// number of bytes in the expression up to the end of the token.
func inQuery(at *place, position int, token string) int {
	position += len("{%")
	if position <= len(at.text) && strings.HasSuffix(at.text[:position], token) {
		position -= len(token)
	}
	return position
}
