package asl

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// fields are the fields of an object that has been held against the field table.
type fields struct {
	*place
	in       owner
	language QueryLanguage
	unusable map[string]bool // fields that were reported
	missing  []string        // see absent
	handler  bool            // the object is a state that a Compensate names
}

// get returns a field that the table accepts, nil when it is absent or wrong.
func (f *fields) get(name string) *place {
	m := f.find(name)
	if m == nil || f.unusable[name] {
		return nil
	}
	return f.member(m)
}

// text returns a string field's value, "" when it is absent or wrong.
func (f *fields) text(name string) string {
	if p := f.get(name); p != nil {
		return p.text
	}
	return ""
}

// whole returns an integer field's value, or the default when it is absent or
// wrong.
func (f *fields) whole(r *reader, name string, absent int64) int64 {
	if p := f.get(name); p != nil && p.kind == numberKind {
		return wholeNumber(r.number(p.element))
	}
	return absent
}

// check holds an object against the field table. It returns nil when p is no
// object.
func (r *reader) check(p *place, in owner, language QueryLanguage) *fields {
	if p.kind != objectKind {
		r.fail(p, "Expected value of type Object")
		return nil
	}
	return r.checkFields(&fields{place: p, in: in, language: language})
}

// checkFields does what check does, for an object.
func (r *reader) checkFields(f *fields) *fields {
	p := f.place
	for i := range p.members {
		m := &p.members[i]
		switch {
		case p.find(m.key) != m:
			r.duplicate(p.member(m))
		case !r.checkField(f, p.member(m)):
			if f.unusable == nil {
				f.unusable = make(map[string]bool)
			}
			f.unusable[m.key] = true
		}
	}
	r.checkRequired(f)
	r.checkExclusive(f)
	return f
}

func (r *reader) duplicate(at *place) {
	r.report(Error, DuplicateField, at, "Field '%s' appears twice", at.key).offset = at.at
}

func (r *reader) checkField(f *fields, at *place) bool {
	row := fieldOf(at.key, f.in, f.language)
	switch {
	case at.key == compensateField && (row == nil || !r.extensions):
		r.refuseCompensate(f, at)
		return false
	case row == nil:
		d := r.fail(at, "Field '%s' is not supported", at.key)
		d.Location, d.offset = f.location(), at.at
		d.Suggestion, d.misplaced = r.spell.nearest(at.key, r.absent(f)), true
		if f.foreign() && d.Suggestion == "" && !r.aws {
			d.Severity, d.Detail = Warning, "it has no meaning here"
			r.valueOf(at)
		}
		return false
	case !row.languages.has(f.language):
		other := JSONata
		if f.language == JSONata {
			other = JSONPath
		}
		if f.language == JSONPath && r.machine != nil && r.machine.QueryLanguage == JSONata {
			return false // reported as measured on AWS: that the language is JSONPath is all it says
		}
		d := r.fail(at, "The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", f.language, at.key, other)
		// AWS tells this of a state before anything else (reported as measured).
		d.Location, d.offset, d.lead, d.misplaced = f.location(), at.at, f.start, true
		return false
	case f.language == JSONata && row.query && at.kind == stringKind && strings.HasPrefix(at.text, "{%"):
		return true // whoever compiles it says what is wrong with it
	default:
		return r.checkShape(row, at)
	}
}

// foreign reports whether the object is a Task of another interpreter's, by the
// scheme of its Resource, as in docker://hello-world. Such a task may bring
// fields of its own, and AWS would refuse it anyway.
func (f *fields) foreign() bool {
	if f.in != inTask {
		return false
	}
	m := f.find("Resource")
	return m != nil && strings.Contains(m.value.text, "://")
}

// absent returns the fields that the object may have and has not, which is what
// a misspelt field may have been meant to be.
func (r *reader) absent(f *fields) []string {
	if f.missing != nil {
		return f.missing
	}
	for i := range fieldTable {
		if row := &fieldTable[i]; row.in&f.in != 0 && row.languages.has(f.language) && !f.has(row.name) && (r.extensions || !row.extension) {
			f.missing = append(f.missing, row.name)
		}
	}
	if f.in&inAnyOf != 0 && f.language == JSONPath {
		for _, name := range operatorNames[1:] {
			f.missing = append(f.missing, name)
			if _, ok := operators[name+"Path"]; ok {
				f.missing = append(f.missing, name+"Path")
			}
		}
	}
	return f.missing
}

// checkShape reports whether a field's value looks as its row says. Paths,
// templates, expressions and timestamps are only looked at from outside: whoever compiles
// them reports what is wrong inside.
func (r *reader) checkShape(row *field, at *place) bool {
	if at.kind == nullKind && row.null {
		return true
	}
	switch row.shape {
	case anything:
		return true
	case flagShape:
		return r.expect(at, booleanKind, "Boolean")
	case integerShape, numberShape:
		return r.checkNumber(row, at)
	case objectShape, templateShape:
		return r.expect(at, objectKind, "Object")
	case itemsShape:
		return at.kind == objectKind || r.expect(at, arrayKind, "Array")
	case listShape:
		if !r.expect(at, arrayKind, "Array") {
			return false
		}
		if len(at.items) == 0 && row.name != "Retry" && row.name != "Catch" {
			r.fail(at, "Value cannot be empty")
			return false
		}
		return true
	case oneOfShape:
		// The brackets are reported as measured on AWS for QueryLanguage.
		if !r.expect(at, stringKind, "[STRING]") {
			return false
		}
		if !slices.Contains(row.options, at.text) {
			r.fail(at, "Value should be one of the following: [%s]", strings.Join(row.options, ", ")).Suggestion = r.spell.nearest(at.text, row.options)
			return false
		}
		return true
	default:
		return r.expect(at, stringKind, "String")
	}
}

func (r *reader) expect(at *place, k kind, name string) bool {
	if at.kind == k {
		return true
	}
	r.fail(at, "Expected value of type %s", name)
	return false
}

func (r *reader) checkNumber(row *field, at *place) bool {
	if row.shape == integerShape && (at.kind != numberKind || !isWhole(r.number(at.element))) {
		r.fail(at, "Expected value of type Integer")
		return false
	}
	if at.kind != numberKind {
		r.fail(at, "Expected value of type Number")
		return false
	}
	n := r.number(at.element)
	switch {
	case row.max == 0 && row.min == 0: // an operand: any number
		if math.IsInf(n, 0) {
			r.fail(at, "The number is out of range")
			return false
		}
	case n < row.min:
		r.fail(at, "Minimum value is %s", row.bound(row.min))
		return false
	case n > row.max && (row.max != noMax || math.IsInf(n, 1)):
		r.fail(at, "Maximum value is %s", row.bound(row.max))
		return false
	}
	return true
}

// bound gives a bound of the field as AWS prints it: with a decimal point where a fraction
// may be (reported as measured).
func (row *field) bound(n float64) string {
	decimals := 0
	if row.shape == numberShape {
		decimals = 1
	}
	return strconv.FormatFloat(n, 'f', decimals, 64)
}

// wholeNumber converts a number; one that is too large becomes the largest.
func wholeNumber(n float64) int64 {
	if n >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(n)
}

func isWhole(n float64) bool { return n == math.Trunc(n) && !math.IsInf(n, 0) }

// number returns a number element's value, infinite when it is too large.
func (r *reader) number(e *element) float64 {
	// A text that the scanner took for a number can only be out of range here.
	n, _ := strconv.ParseFloat(r.text[e.start:e.end], 64)
	return n
}

func (r *reader) checkRequired(f *fields) {
	var missing []string
	for i := range fieldTable {
		if row := &fieldTable[i]; row.required&f.in != 0 && row.languages.has(f.language) && !f.has(row.name) {
			missing = append(missing, row.name)
		}
	}
	if len(missing) > 0 {
		r.fail(f.place, "These fields are required: [%s]", strings.Join(missing, ", ")).need = need{names: missing}
	}
}

func (r *reader) checkExclusive(f *fields) {
	for _, group := range exclusive {
		if group.in&f.in == 0 {
			continue
		}
		count := 0
		for _, name := range group.names {
			// "End": false says the same as no End at all.
			if m := f.find(name); m != nil && (name != "End" || m.value.kind != booleanKind || m.value.truth) {
				count++
			}
		}
		switch {
		case count > 1:
			r.fail(f.place, "There should only be one of the following fields: [%s]", strings.Join(group.names, ", ")).surplus = group.names
		case count == 0 && group.required && (!f.handler || !slices.Contains(group.names, "End")):
			d := r.fail(f.place, "This object should have only one of the following fields: [%s]", strings.Join(group.names, ", "))
			d.Detail = "it has none of them"
			d.need = need{names: group.names, any: true}
		}
	}
}

// valueOf reads an element into a value, nil after a report of fields that
// appear twice.
func (r *reader) valueOf(p *place) (any, bool) {
	if r.reportDuplicates(p) {
		return nil, false
	}
	v, err := value.Parse(r.text[p.start:p.end])
	if err != nil {
		r.fail(p, "%v", err)
		return nil, false
	}
	return v, true
}

// reportDuplicates reports the objects inside p that have a field twice.
func (r *reader) reportDuplicates(p *place) bool {
	found := false
	switch p.kind {
	case objectKind:
		for i := range p.members {
			m := &p.members[i]
			at := p.member(m)
			if p.find(m.key) != m {
				r.duplicate(at)
				found = true
			}
			found = r.reportDuplicates(at) || found
		}
	case arrayKind:
		for i := range p.items {
			found = r.reportDuplicates(p.item(i)) || found
		}
	}
	return found
}
