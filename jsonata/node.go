package jsonata

import "github.com/gostates/gostates/asl/value"

// A literalNode is a constant.
type literalNode struct {
	value any
	level int
}

func (n *literalNode) eval(ev *evaluation, _ any, _ *frame) (any, error) {
	return n.value, ev.reaches(n.level)
}

// A numberNode is a number as written, which in a predicate is a position.
type numberNode struct {
	value any
	level int
}

func (n *numberNode) eval(ev *evaluation, _ any, _ *frame) (any, error) {
	return n.value, ev.reaches(n.level)
}

// A nameNode is the member of an object, or of every object in a list.
type nameNode struct{ key string }

func (n *nameNode) eval(ev *evaluation, input any, _ *frame) (any, error) {
	v, err := lookup(ev, input, n.key)
	return settled(v), err
}

// lookup gives the member of an object that has this key; of a list, those of
// all its objects in one sequence.
func lookup(ev *evaluation, input any, key string) (any, error) {
	switch in := input.(type) {
	case *value.Object:
		if v, ok := in.Get(key); ok {
			return v, nil
		}
	case []any, *array:
		return lookupAll(ev, in, key)
	}
	return Undefined{}, nil
}

func lookupAll(ev *evaluation, list any, key string) (any, error) {
	items := itemsOf(list)
	if err := ev.steps(len(items)); err != nil {
		return nil, err
	}
	out := &array{sequence: true}
	single := 0
	for _, item := range items {
		v, err := lookup(ev, item, key)
		if err != nil {
			return nil, err
		}
		if isList(v) {
			if err := ev.elements(lengthOf(v)); err != nil {
				return nil, err
			}
			out.items = append(out.items, itemsOf(v)...)
		} else if defined(v) {
			single++
			out.items = append(out.items, v)
		}
	}
	return out, ev.elements(single)
}

// A contextNode is $, the item being looked at.
type contextNode struct{ level int }

func (n *contextNode) eval(ev *evaluation, input any, _ *frame) (any, error) {
	if err := ev.reaches(n.level); err != nil {
		return nil, err
	}
	if a, ok := input.(*array); ok && a.outer {
		return a.items[0], nil
	}
	return settled(input), nil
}

// A variableNode is $name: a variable of the expression, else one of the
// environment, else a function of the language.
type variableNode struct {
	name    string
	scope   *scope
	pos     int
	spots   []spot
	builtin *native
	level   int
	hint    bool // not written in the text as a variable
}

func (n *variableNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.raw(ev, input, env)
	return settled(v), err
}

func (n *variableNode) raw(ev *evaluation, _ any, env *frame) (any, error) {
	if err := ev.reaches(n.level); err != nil {
		return nil, err
	}
	if len(n.spots) > 0 {
		if v, ok := env.lookup(n.spots); ok {
			return v, nil
		}
	}
	return n.global(ev), nil
}

func (n *variableNode) global(ev *evaluation) any {
	if n.name == "$" {
		return ev.input
	}
	if ev.env.Variables != nil {
		if v, ok := ev.env.Variables.Variable(n.name); ok {
			return v
		}
	}
	if n.builtin != nil {
		return n.builtin
	}
	return Undefined{}
}

// A bindNode is $name := value.
type bindNode struct {
	name  string
	scope *scope
	spot  spot
	value node
}

func (n *bindNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.value.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	for f := env; f != nil; f = f.parent {
		if f.scope == n.spot.scope {
			f.set(n.spot.slot, v)
			break
		}
	}
	return v, nil
}

// A blockNode is (a; b; c): its value is that of its last expression.
type blockNode struct {
	items  []node
	scope  *scope
	closes bool  // contains a function, which may outlive the block
	level  int   // of a block without expressions
	last   *step // for %, while compiling
}

func (n *blockNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	if err := ev.reaches(n.level); err != nil {
		return nil, err
	}
	if s := n.scope; s.size > 0 {
		if s.home == s {
			env = newFrame(s, env)
		} else {
			for f := env; f != nil; f = f.parent {
				if f.scope == s.home {
					clear(f.slots[s.base : s.base+s.size])
					break
				}
			}
		}
	}
	var v any = Undefined{}
	var err error
	for _, item := range n.items {
		if v, err = item.eval(ev, input, env); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// A conditionNode is test ? yes : no.
type conditionNode struct{ test, yes, no node }

func (n *conditionNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.test.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	ok, err := ev.effective(v)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return n.yes.eval(ev, input, env)
	case n.no != nil:
		return n.no.eval(ev, input, env)
	}
	return Undefined{}, nil
}

// A defaultNode is left ?: right, or with exists left ?? right.
type defaultNode struct {
	left, right node
	exists      bool
}

func (n *defaultNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.left.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	ok := defined(v)
	if ok && !n.exists {
		if ok, err = ev.effective(v); err != nil {
			return nil, err
		}
	}
	if ok {
		return v, nil
	}
	return n.right.eval(ev, input, env)
}

// A wildcardNode is *: every member of an object.
type wildcardNode struct{ level int }

func (n *wildcardNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.raw(ev, input, env)
	return settled(v), err
}

func (n *wildcardNode) raw(ev *evaluation, input any, _ *frame) (any, error) {
	if err := ev.reaches(n.level); err != nil {
		return nil, err
	}
	if a, ok := input.(*array); ok && a.outer {
		input = a.items[0]
	}
	out := &array{sequence: true}
	add := func(v any) error {
		if !isList(v) {
			out.items = append(out.items, v)
			if err := ev.step(); err != nil {
				return err
			}
			return ev.elements(1)
		}
		// Joining lists gives an ordinary array, which stays one.
		out.sequence = false
		return ev.flattenInto(&out.items, v, 0)
	}
	switch in := input.(type) {
	case *value.Object:
		for i := range in.Len() {
			if err := add(in.At(i).Value); err != nil {
				return nil, err
			}
		}
	case []any, *array:
		for _, item := range itemsOf(in) {
			if err := add(item); err != nil {
				return nil, err
			}
		}
	}
	if !out.sequence {
		return out.items, nil
	}
	return out, nil
}

// maxDescent bounds the nesting of values that functions walk by recursion.
const maxDescent = 10_000

// flattenInto appends the items of v, and of the lists inside it.
func (ev *evaluation) flattenInto(out *[]any, v any, depth int) error {
	if depth > maxDescent {
		return ev.exceeded("nesting of values")
	}
	if err := ev.step(); err != nil {
		return err
	}
	if !isList(v) {
		*out = append(*out, v)
		return ev.elements(1)
	}
	for _, item := range itemsOf(v) {
		if err := ev.flattenInto(out, item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// A descendantNode is **: the value, and everything inside it.
type descendantNode struct{ level int }

func (n *descendantNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.raw(ev, input, env)
	return settled(v), err
}

func (n *descendantNode) raw(ev *evaluation, input any, _ *frame) (any, error) {
	if err := ev.reaches(n.level); err != nil {
		return nil, err
	}
	if !defined(input) {
		return input, nil
	}
	out := &array{sequence: true}
	if err := ev.descend(&out.items, input, 0); err != nil {
		return nil, err
	}
	if len(out.items) == 1 {
		return out.items[0], nil
	}
	return out, nil
}

func (ev *evaluation) descend(out *[]any, v any, depth int) error {
	if depth > maxDescent {
		return ev.exceeded("nesting of values")
	}
	if err := ev.step(); err != nil {
		return err
	}
	switch in := v.(type) {
	case []any, *array:
		for _, item := range itemsOf(in) {
			if err := ev.descend(out, item, depth+1); err != nil {
				return err
			}
		}
		return nil
	case *value.Object:
		*out = append(*out, v)
		if err := ev.elements(1); err != nil {
			return err
		}
		for i := range in.Len() {
			if err := ev.descend(out, in.At(i).Value, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	*out = append(*out, v)
	return ev.elements(1)
}
