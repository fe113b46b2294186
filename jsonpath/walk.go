package jsonpath

import (
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// maxWork bounds one evaluation: a few ".." and wildcards in a row visit every
// node many times over. It is far above what any useful path needs.
const maxWork = 2_000_000

// A step is one component of a path. The set of kinds is closed.
type step interface {
	// fragment is the step in Jayway's bracket notation.
	fragment() string
	// from visits what the step leads to from v, with the steps that follow it.
	from(w *walker, v any, rest []step)
}

// A walker is one evaluation of a path.
type walker struct {
	root  any // what "$" means inside filters
	found []any
	trail []link // the keys and indexes from the root to where the walk is
	work  int
	err   *failure // why the walk stopped
}

// A failure is why a walk stopped. A wildcard over an array (over an object it
// does not) forgives the failures of elements, but for invalid ones.
type failure struct {
	reason  string
	pastEnd bool // the path's last step is an index that the array has not
	invalid bool // the path does not fit the kind of value that it meets
}

func (w *walker) visit(v any, rest []step) {
	if w.spend(1); w.err != nil {
		return
	}
	if len(rest) == 0 {
		w.found = append(w.found, v)
		return
	}
	rest[0].from(w, v, rest[1:])
}

// enter visits a member or an element.
func (w *walker) enter(l link, v any, rest []step) {
	w.trail = append(w.trail, l)
	w.visit(v, rest)
	w.trail = w.trail[:len(w.trail)-1]
}

func (w *walker) element(i int, v any, rest []step) {
	w.enter(link{index: i, kind: indexLink}, v, rest)
}

// spend counts work, and stops the walk when it has been too much.
func (w *walker) spend(n int) {
	if w.work += n; w.work > maxWork {
		w.err = &failure{reason: "The path takes more than " + strconv.Itoa(maxWork) + " steps to evaluate", invalid: true}
	}
}

func (w *walker) fail(f failure) {
	if w.err == nil {
		w.err = &f
	}
}

// here is the place that the walk has reached, in bracket notation.
func (w *walker) here() string {
	var b strings.Builder
	b.WriteByte('$')
	for i := range w.trail {
		b.WriteString(w.trail[i].fragment())
	}
	return b.String()
}

// array gives the elements of v, which a step in square brackets needs.
func (w *walker) array(v any, s step, rest []step) ([]any, bool) {
	elements, ok := v.([]any)
	switch {
	case ok:
	case v == nil:
		w.fail(failure{reason: "The path " + w.here() + " is null"})
	default:
		w.fail(failure{invalid: true, reason: "Filter: " + s.fragment() + fragments(rest) +
			" can only be applied to arrays. Current context is: " + javaText(v)})
	}
	return elements, ok
}

func (l *link) from(w *walker, v any, rest []step) {
	if l.kind == keyLink {
		o, ok := v.(*value.Object)
		if !ok {
			w.fail(failure{reason: "Property " + l.fragment() + " not found in path " + w.here()})
			return
		}
		if member, ok := o.Get(l.key); ok {
			w.enter(*l, member, rest)
			return
		}
		if len(rest) == 0 {
			w.fail(failure{reason: "No results for path: " + w.here() + l.fragment()})
		} else if l.strict {
			w.fail(failure{reason: "Missing property in path " + w.here() + l.fragment()})
		}
		return
	}
	if elements, ok := w.array(v, l, rest); ok {
		w.index(elements, *l, rest)
	}
}

// index visits one element, or fails when the array has none in that place.
func (w *walker) index(elements []any, l link, rest []step) {
	if e, ok := l.follow(elements); ok {
		w.enter(l, e, rest)
		return
	}
	w.fail(failure{reason: "Index out of bounds when evaluating path " + w.here() + l.fragment(), pastEnd: len(rest) == 0})
}

// everything is the wildcard: [*].
type everything struct{}

func (everything) fragment() string { return "[*]" }

func (everything) from(w *walker, v any, rest []step) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			w.element(i, e, rest)
			if w.err != nil && !w.err.invalid {
				w.err = nil
			}
		}
	case *value.Object:
		for i := range v.Len() {
			m := v.At(i)
			w.enter(link{key: m.Key}, m.Value, rest)
		}
	}
}

// keys names several members: ['a','b']. It gives one object of those members that
// are there, and must end its path, which shows only when the path is followed.
type keys []string

func (k keys) fragment() string { return "['" + strings.Join(k, "', '") + "']" }

func (k keys) from(w *walker, v any, rest []step) {
	o, ok := v.(*value.Object)
	if !ok {
		w.fail(failure{reason: "Property " + k.fragment() + " not found in path " + w.here()})
		return
	}
	if len(rest) > 0 {
		w.fail(failure{invalid: true, reason: "Multi properties can only be used as path leafs: " + w.here() + k.fragment()})
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

// indexes names several elements: [0,2].
type indexes []int

func (x indexes) fragment() string {
	texts := make([]string, len(x))
	for i, n := range x {
		texts[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

func (x indexes) from(w *walker, v any, rest []step) {
	elements, ok := w.array(v, x, rest)
	if !ok {
		return
	}
	for _, n := range x {
		w.index(elements, link{index: n, kind: indexLink}, rest)
	}
}

// A slice is [first:last], either end optional. A negative end counts from the
// array's end, though only in a slice that has one end.
type slice struct {
	first, last       int
	hasFirst, hasLast bool
}

func (s slice) fragment() string {
	switch {
	case !s.hasLast:
		return "[" + strconv.Itoa(s.first) + ":]"
	case !s.hasFirst:
		return "[:" + strconv.Itoa(s.last) + "]"
	}
	return "[" + strconv.Itoa(s.first) + ":" + strconv.Itoa(s.last) + "]"
}

func (s slice) from(w *walker, v any, rest []step) {
	elements, ok := w.array(v, s, rest)
	if !ok || len(elements) == 0 {
		return
	}
	n := len(elements)
	first, last := s.first, s.last
	switch {
	case !s.hasLast:
		last = n
		if first < 0 {
			first = max(0, first+n)
		}
	case !s.hasFirst:
		if last < 0 {
			last += n
		}
	}
	for i := first; i < min(last, n) && w.err == nil; i++ {
		w.index(elements, link{index: i, kind: indexLink}, rest)
	}
}

// descent is "..": the value itself and everything below it, from the top down.
type descent struct{}

func (descent) fragment() string { return ".." }

func (d descent) from(w *walker, v any, rest []step) {
	if w.spend(1); w.err != nil {
		return
	}
	next, after := rest[0], rest[1:]
	switch v := v.(type) {
	case *value.Object:
		if applies(next, w, v) {
			next.from(w, v, after)
		}
		for i := range v.Len() {
			m := v.At(i)
			w.trail = append(w.trail, link{key: m.Key})
			d.from(w, m.Value, rest)
			w.trail = w.trail[:len(w.trail)-1]
		}
	case []any:
		if applies(next, w, v) {
			if len(after) == 0 {
				next.from(w, v, after)
			} else { // Jayway goes on from every element, whatever the step says
				for i, e := range v {
					w.element(i, e, after)
				}
			}
		}
		for i, e := range v {
			w.trail = append(w.trail, link{index: i, kind: indexLink})
			d.from(w, e, rest)
			w.trail = w.trail[:len(w.trail)-1]
		}
	}
}

// applies says whether the step after a ".." is taken from v.
func applies(s step, w *walker, v any) bool {
	o, isObject := v.(*value.Object)
	switch s := s.(type) {
	case *link:
		if s.kind != keyLink {
			return !isObject
		}
		_, has := o.Get(s.key)
		return isObject && has
	case keys:
		for _, key := range s {
			if _, has := o.Get(key); !has {
				return false
			}
		}
		return isObject
	case indexes, slice:
		return !isObject
	case *filter:
		return s.condition.holds(w, v)
	}
	return true
}

// A filter is [?(...)]: the elements of an array that satisfy the condition, or
// an object that does.
type filter struct{ condition condition }

func (*filter) fragment() string { return "[?]" }

func (f *filter) from(w *walker, v any, rest []step) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if f.condition.holds(w, e) {
				w.element(i, e, rest)
			}
		}
	case *value.Object:
		if f.condition.holds(w, v) {
			w.visit(v, rest)
		}
	default:
		w.fail(failure{invalid: true, reason: "Filter: [?]" + fragments(rest) +
			" can not be applied to primitives. Current context is: " + javaText(v)})
	}
}
