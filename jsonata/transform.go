package jsonata

import (
	"github.com/gostates/gostates/asl/value"
)

// A transformNode is |pattern|update,remove|: a function that copies its
// argument, and in the copy merges update into every object that pattern finds
// and takes the members named by remove out of it.
type transformNode struct {
	pattern, update, remove node          // remove may be nil
	clone                   *variableNode // $clone, which an expression may replace
	pos                     int
	updatePos, removePos    int
	level, weight           int
}

func (n *transformNode) eval(ev *evaluation, _ any, env *frame) (any, error) {
	return &transformer{n, env}, ev.reaches(n.level)
}

var transformSignature = mustSignature("<(oa):o>")

func (f *transformer) transform(ev *evaluation, v any) (any, error) {
	args, err := transformSignature.validate([]any{v}, nil)
	if err != nil {
		return nil, at(err, f.node.pos, "")
	}
	if v = args[0]; !defined(v) {
		return v, nil
	}
	clone, err := f.node.clone.eval(ev, nil, f.env)
	if err != nil {
		return nil, err
	}
	cloner, ok := clone.(Function)
	if !ok {
		return nil, &Error{Code: "T2013", Position: f.node.pos}
	}
	root, err := ev.apply(cloner, []any{v}, nil, f.env)
	if err != nil {
		return nil, err
	}
	matches, err := f.node.pattern.eval(ev, root, f.env)
	if err != nil {
		return nil, err
	}
	if !defined(matches) {
		return root, nil
	}
	list := []any{matches}
	if isList(matches) {
		list = itemsOf(matches)
	}
	e := edit{ev: ev, now: map[*value.Object]*value.Object{}}
	for _, match := range list {
		if err := f.change(&e, match); err != nil {
			return nil, err
		}
	}
	return e.current(root, 0)
}

// change updates one match.
func (f *transformer) change(e *edit, match any) error {
	if err := e.ev.steps(1 + f.node.weight); err != nil {
		return err
	}
	view, err := e.current(match, 0)
	if err != nil {
		return err
	}
	update, err := f.node.update.eval(e.ev, view, f.env)
	if err != nil {
		return err
	}
	object, isObject := view.(*value.Object)
	if defined(update) {
		more, ok := update.(*value.Object)
		if !ok {
			return at(fault("T2011", update), f.node.updatePos, "")
		}
		if isObject {
			if err := e.ev.elements(object.Len() + more.Len()); err != nil {
				return err
			}
			object = mergedObject(object, more)
		}
	}
	if f.node.remove != nil {
		before := view
		if isObject {
			e.set(match, object)
			before = object
		}
		keys, err := f.node.remove.eval(e.ev, before, f.env)
		if err != nil {
			return err
		}
		if object, err = f.without(e.ev, object, keys); err != nil {
			return err
		}
	}
	if isObject {
		e.set(match, object)
	}
	return nil
}

func (f *transformer) without(ev *evaluation, o *value.Object, keys any) (*value.Object, error) {
	if !defined(keys) {
		return o, nil
	}
	list := []any{keys}
	if isList(keys) {
		list = itemsOf(keys)
	}
	for _, key := range list {
		if _, ok := key.(string); !ok {
			return nil, at(fault("T2012", keys), f.node.removePos, "")
		}
	}
	for _, key := range list {
		if o != nil {
			if err := ev.elements(o.Len()); err != nil {
				return nil, err
			}
			o = o.Without(key.(string))
		}
	}
	return o, nil
}

// An edit keeps track of what became of objects that never change themselves.
type edit struct {
	ev     *evaluation
	now    map[*value.Object]*value.Object
	within []*value.Object // being looked at; an object that contains itself stops there
}

func (e *edit) set(match any, o *value.Object) {
	if key, ok := match.(*value.Object); ok {
		e.now[key] = o
	}
}

// current gives v as it stands after the changes so far.
func (e *edit) current(v any, depth int) (any, error) {
	if depth > maxDescent {
		return nil, e.ev.exceeded("nesting of values")
	}
	if err := e.ev.step(); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []any, *array:
		items := itemsOf(v)
		var out []any
		for i, item := range items {
			next, err := e.current(item, depth+1)
			if err != nil {
				return nil, err
			}
			if out == nil && !same(item, next) {
				out = append(make([]any, 0, len(items)), items...)
			}
			if out != nil {
				out[i] = next
			}
		}
		if out != nil {
			return out, nil
		}
	case *value.Object:
		for _, o := range e.within {
			if o == v {
				return v, nil
			}
		}
		e.within = append(e.within, v)
		defer func() { e.within = e.within[:len(e.within)-1] }()
		o := v
		if next, ok := e.now[v]; ok {
			o = next
		}
		var members []value.Member
		for i := range o.Len() {
			m := o.At(i)
			next, err := e.current(m.Value, depth+1)
			if err != nil {
				return nil, err
			}
			if members == nil && !same(m.Value, next) {
				members = make([]value.Member, o.Len())
				for j := range members {
					members[j] = o.At(j)
				}
			}
			if members != nil {
				members[i].Value = next
			}
		}
		if members != nil {
			return value.NewObject(members...), nil
		}
		return o, nil
	}
	return v, nil
}

// same tells whether b is the very value a.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	case *value.Object, *array:
		return a == b
	}
	return true
}

// cloned copies a value as a round trip through its text would: every object
// is a new one, and numbers have the precision that $string writes.
func (ev *evaluation) cloned(v any, depth int) (any, error) {
	if depth > maxDescent {
		return nil, ev.exceeded("nesting of values")
	}
	if err := ev.step(); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []any, *array:
		if a, ok := v.(*array); ok && a.outer {
			return ev.cloned(a.items[0], depth)
		}
		items := itemsOf(v)
		if err := ev.elements(len(items)); err != nil {
			return nil, err
		}
		out := make([]any, len(items))
		for i, item := range items {
			next, err := ev.cloned(item, depth+1)
			if err != nil {
				return nil, err
			}
			out[i] = next
		}
		return out, nil
	case *value.Object:
		if err := ev.elements(v.Len()); err != nil {
			return nil, err
		}
		members := make([]value.Member, v.Len())
		for i := range members {
			m := v.At(i)
			next, err := ev.cloned(m.Value, depth+1)
			if err != nil {
				return nil, err
			}
			members[i] = value.Member{Key: m.Key, Value: next}
		}
		return value.NewObject(members...), nil
	case float64:
		if v-v != 0 {
			return nil, fault("D1001", v)
		}
		if p := precise(v); p != v {
			return p, nil
		}
		return v, nil
	case Function:
		return "", nil
	}
	return v, nil
}

// mergedObject gives o with the members of more set in it.
func mergedObject(o, more *value.Object) *value.Object {
	var b value.Builder
	for k, v := range o.All() {
		b.Set(k, v)
	}
	for k, v := range more.All() {
		b.Set(k, v)
	}
	return b.Object()
}
