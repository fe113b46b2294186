package jsonata

import (
	"github.com/gostates/gostates/asl/value"
)

// Undefined is the value of an expression that yields nothing. Go functions
// called from an expression meet it among their arguments and may return it; it
// never appears inside an array or object, nor as a result of [Expr.Eval].
type Undefined struct{}

// An array is a list on its way through an expression. Most lists are plain
// []any; this type is for those of which the language remembers more.
type array struct {
	items    []any
	sequence bool // a result sequence: one item stands for itself, none is undefined
	keep     bool // a sequence that stays an array even with one item
	cons     bool // built by [...] as a step of a path: not flattened into the result
	outer    bool // wraps an input that is an array, so that it counts as one value
	from, to int64
	ranged   bool // items are from..to, not yet written out
}

func (a *array) lazy() bool { return a.ranged && a.items == nil }

func (a *array) len() int {
	if a.lazy() {
		return int(a.to - a.from + 1)
	}
	return len(a.items)
}

func (a *array) at(i int) any {
	if a.lazy() {
		return a.from + int64(i)
	}
	return a.items[i]
}

// list gives the items, writing a range out.
func (a *array) list() []any {
	if a.lazy() {
		items := make([]any, a.to-a.from+1)
		for i := range items {
			items[i] = a.from + int64(i)
		}
		a.items = items
	}
	return a.items
}

func sequenceOf(items ...any) *array { return &array{items: items, sequence: true} }

// itemsOf gives the items of a list, or nil for any other value.
func itemsOf(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case *array:
		return v.list()
	}
	return nil
}

func isList(v any) bool {
	switch v.(type) {
	case []any, *array:
		return true
	}
	return false
}

// lengthOf counts the items of a list without writing a range out.
func lengthOf(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case *array:
		return v.len()
	}
	return 0
}

// settled is what an expression yields: a sequence of one item stands for the
// item, an empty one for nothing.
func settled(v any) any {
	a, ok := v.(*array)
	if !ok || !a.sequence {
		return v
	}
	switch a.len() {
	case 0:
		return Undefined{}
	case 1:
		if !a.keep {
			return a.at(0)
		}
	}
	return v
}

// kept is settled for an expression followed by [], whose sequence stays one.
func kept(v any) any {
	if a, ok := v.(*array); ok && a.sequence && !a.keep {
		again := *a
		again.keep = true
		v = &again
	}
	return settled(v)
}

// stored is v as an item of a list or a member of an object. A long sequence is
// an ordinary array there; what else has a memory keeps it until the end.
func (ev *evaluation) stored(v any) any {
	a, ok := v.(*array)
	if !ok {
		return v
	}
	if a.sequence && !a.cons && a.len() > 1 {
		return a.list()
	}
	ev.marked = true
	return v
}

func defined(v any) bool {
	_, not := v.(Undefined)
	return !not
}

// maxResultDepth is the nesting that a result may have. It is that of the
// parser, so that what an expression makes can be read back.
const maxResultDepth = value.MaxDepth

// finish turns a result into a plain value: marks go, and a number that JSON
// cannot hold becomes the text that JavaScript prints for it. The result is measured
// before anybody else looks at it, unless nothing was made that it could consist of.
func (ev *evaluation) finish(v any) (any, error) {
	if ev.marked || ev.irregular {
		var err error
		if v, err = ev.plain(v, 0); err != nil {
			return nil, err
		}
	} else if a, ok := v.(*array); ok {
		v = a.list()
	}
	total := ev.env.Total
	if ev.built == 0 && total == nil {
		return v, nil
	}
	most := ev.left.Result
	if total != nil {
		most = min(most, *total)
	}
	size, depth := value.Measure(v, most)
	switch {
	case size > most:
		return nil, ev.exceeded("result")
	case depth > maxResultDepth && ev.built > 0:
		return nil, ev.exceeded("nesting of values")
	}
	if total != nil {
		*total -= size
	}
	return v, nil
}

func (ev *evaluation) plain(v any, depth int) (any, error) {
	if depth > maxResultDepth {
		return nil, ev.exceeded("nesting of values")
	}
	switch v := v.(type) {
	case float64:
		if v-v != 0 { // NaN or infinite
			return formatNumber(v), nil
		}
	case Undefined:
		if depth > 0 {
			return nil, nil
		}
	case *array:
		return ev.plain(v.list(), depth)
	case []any:
		if err := ev.steps(len(v)); err != nil {
			return nil, err
		}
		var out []any
		for i, item := range v {
			next, err := ev.plain(item, depth+1)
			if err != nil {
				return nil, err
			}
			if out == nil && changed(item, next) {
				if err := ev.elements(len(v)); err != nil {
					return nil, err
				}
				out = append(make([]any, 0, len(v)), v[:i]...)
			}
			if out != nil {
				out = append(out, next)
			}
		}
		if out != nil {
			return out, nil
		}
	case *value.Object:
		if err := ev.steps(v.Len()); err != nil {
			return nil, err
		}
		var members []value.Member
		for i := range v.Len() {
			m := v.At(i)
			next, err := ev.plain(m.Value, depth+1)
			if err != nil {
				return nil, err
			}
			if members == nil && changed(m.Value, next) {
				if err := ev.elements(v.Len()); err != nil {
					return nil, err
				}
				members = make([]value.Member, i, v.Len())
				for j := range i {
					members[j] = v.At(j)
				}
			}
			if members != nil {
				members = append(members, value.Member{Key: m.Key, Value: next})
			}
		}
		if members != nil {
			return value.NewObject(members...), nil
		}
	}
	return v, nil
}

// changed tells whether plain made another value of this one.
func changed(before, after any) bool {
	switch b := before.(type) {
	case *array, Undefined:
		return true
	case float64:
		_, still := after.(float64)
		return !still
	case []any:
		a, ok := after.([]any)
		return !ok || len(a) != len(b) || len(a) > 0 && &a[0] != &b[0]
	case *value.Object:
		return after != before
	}
	return false
}
