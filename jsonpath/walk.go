package jsonpath

import (
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// maxVisits bounds one evaluation: a few "..*" in a row visit every node many
// times over. It is far above what any useful path needs.
const maxVisits = 5_000_000

// A step is one component of a path. The set of kinds is closed.
type step interface {
	// fragment is the step in Jayway's bracket notation.
	fragment() string
	// from visits what the step leads to from v, with the steps that follow it.
	from(w *walker, v any, rest []step)
}

// A walker is one evaluation of a path that may lead to several values.
type walker struct {
	root   any // what "$" means inside filters and arguments
	found  []any
	visits int
	failed string // why the whole evaluation failed, if it did
}

func (w *walker) visit(v any, rest []step) {
	if w.spend(1); w.failed != "" {
		return
	}
	if len(rest) == 0 {
		w.found = append(w.found, v)
		return
	}
	rest[0].from(w, v, rest[1:])
}

// spend counts work, and fails the evaluation when it has been too much.
func (w *walker) spend(n int) {
	if w.visits += n; w.visits > maxVisits {
		w.failed = "The path takes more than " + strconv.Itoa(maxVisits) + " steps to evaluate"
	}
}

// collect evaluates steps from v apart from what has been found so far.
func (w *walker) collect(v any, steps []step) []any {
	outer := w.found
	w.found = nil
	w.visit(v, steps)
	found := w.found
	w.found = outer
	return found
}

func (l *link) from(w *walker, v any, rest []step) {
	if next, ok := l.follow(v); ok {
		w.visit(next, rest)
	}
}

// everything is the wildcard: [*].
type everything struct{}

func (everything) fragment() string { return "[*]" }

func (everything) from(w *walker, v any, rest []step) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			w.visit(e, rest)
		}
	case *value.Object:
		for i := range v.Len() {
			w.visit(v.At(i).Value, rest)
		}
	}
}

// keys is a union of members: ['a','b']. At the end of a path it gives one
// object of the members that are there, and before other steps each of them.
type keys []string

func (k keys) fragment() string { return "['" + strings.Join(k, "', '") + "']" }

func (k keys) from(w *walker, v any, rest []step) {
	o, ok := v.(*value.Object)
	if !ok {
		return
	}
	if len(rest) > 0 {
		for _, key := range k {
			if member, ok := o.Get(key); ok {
				w.visit(member, rest)
			}
		}
		return
	}
	var b value.Builder
	for _, key := range k {
		if member, ok := o.Get(key); ok {
			b.Set(key, member)
		}
	}
	w.visit(b.Object(), rest)
}

// indexes is a union of elements: [0,2].
type indexes []int

func (x indexes) fragment() string {
	texts := make([]string, len(x))
	for i, n := range x {
		texts[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

func (x indexes) from(w *walker, v any, rest []step) {
	elements, ok := v.([]any)
	if !ok {
		return
	}
	for _, n := range x {
		if i, ok := within(n, len(elements)); ok {
			w.visit(elements[i], rest)
		}
	}
}

// A slice is [from:to], either end optional, negative ends counted from the
// array's end.
type slice struct {
	first, last       int
	hasFirst, hasLast bool
}

func (s slice) fragment() string {
	var b strings.Builder
	b.WriteByte('[')
	if s.hasFirst {
		b.WriteString(strconv.Itoa(s.first))
	}
	b.WriteByte(':')
	if s.hasLast {
		b.WriteString(strconv.Itoa(s.last))
	}
	b.WriteByte(']')
	return b.String()
}

func (s slice) from(w *walker, v any, rest []step) {
	elements, ok := v.([]any)
	if !ok {
		return
	}
	n := len(elements)
	first, last := 0, n
	if s.hasFirst && s.hasLast {
		// Jayway resolves the ends of such a slice only while it walks, so [0:-1] is empty.
		for i := max(s.first, -n); i < min(s.last, n); i++ {
			if j, ok := within(i, n); ok {
				w.visit(elements[j], rest)
			}
		}
		return
	}
	if s.hasFirst {
		first = s.first
		if first < 0 {
			first = max(0, first+n)
		}
	}
	if s.hasLast {
		last = s.last
		if last < 0 {
			last += n
		}
		last = min(last, n)
	}
	for i := first; i < last; i++ {
		w.visit(elements[i], rest)
	}
}

// descent is "..": the value itself and everything below it, from the top down.
type descent struct{}

func (descent) fragment() string { return ".." }

func (d descent) from(w *walker, v any, rest []step) {
	switch v := v.(type) {
	case *value.Object:
		w.visit(v, rest)
		for i := range v.Len() {
			d.from(w, v.At(i).Value, rest)
		}
	case []any:
		// Below ".." Jayway tests a filter on objects alone: the array's elements
		// get their turn when the descent reaches them.
		if _, filtered := rest[0].(*filter); !filtered {
			w.visit(v, rest)
		}
		for _, e := range v {
			d.from(w, e, rest)
		}
	default:
		w.spend(1)
	}
}

// A filter is [?(...)]: the elements of an array that satisfy the condition, or
// an object that does.
type filter struct {
	condition condition
	text      string
}

func (f *filter) fragment() string { return "[?]" }

func (f *filter) from(w *walker, v any, rest []step) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if f.condition.holds(w, e) {
				w.visit(e, rest)
			}
		}
	case *value.Object:
		if f.condition.holds(w, v) {
			w.visit(v, rest)
		}
	}
}
