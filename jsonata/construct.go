package jsonata

import (
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// An arrayNode is [a, b, c]. A list among the items is joined into the array,
// unless it is itself written as an array.
type arrayNode struct {
	items []arrayItem
	cons  bool // a step of a path
	level int  // of an array without items
}

type arrayItem struct {
	node   node
	nested bool
}

func (n *arrayNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	if err := ev.reaches(n.level); err != nil {
		return nil, err
	}
	var items []any
	single := len(n.items) // those that are one item of the array at most
	for i := range n.items {
		v, err := n.items[i].node.eval(ev, input, env)
		if err != nil {
			return nil, err
		}
		switch {
		case !defined(v):
		case n.items[i].nested || !isList(v):
			if items == nil {
				items = make([]any, 0, len(n.items)-i)
			}
			items = append(items, ev.stored(v))
		default:
			if a, ok := v.(*array); ok && a.lazy() && len(n.items) == 1 && !n.cons {
				return &array{ranged: true, from: a.from, to: a.to}, nil
			}
			if err := ev.elements(lengthOf(v)); err != nil {
				return nil, err
			}
			single -= 1
			items = append(items, itemsOf(v)...)
		}
	}
	if items == nil {
		items = []any{}
	}
	if err := ev.elements(single); err != nil {
		return nil, err
	}
	if n.cons {
		return &array{items: items, cons: true}, nil
	}
	return items, nil
}

// joined puts two values into one list, as $append does.
func (ev *evaluation) joined(a, b any) (any, error) {
	switch {
	case !defined(a):
		return b, nil
	case !defined(b):
		return a, nil
	}
	n := max(lengthOf(a), 1) + max(lengthOf(b), 1)
	if err := ev.elements(n); err != nil {
		return nil, err
	}
	out := make([]any, 0, n)
	for _, v := range [2]any{a, b} {
		if isList(v) {
			out = append(out, itemsOf(v)...)
		} else {
			out = append(out, v)
		}
	}
	return out, nil
}

// An objectNode is {key: value} where no value stands before it.
type objectNode struct{ group *grouping }

func (n *objectNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	return n.group.eval(ev, input, env)
}

// A grouping makes an object of the items of a list: items for which a key
// expression gives the same name share a member, whose value is evaluated over
// all of them.
type grouping struct {
	pairs   []pair
	pos     int
	literal bool // the keys are distinct constants
	level   int  // of the first key, or of an object without members
	weight  int
}

type pair struct {
	key, value node
	name       string // the key, when literal
}

func (g *grouping) prepare() {
	g.literal = true
	seen := make(map[string]bool, len(g.pairs))
	for i := range g.pairs {
		lit, ok := g.pairs[i].key.(*literalNode)
		if !ok {
			g.literal = false
			return
		}
		name, ok := lit.value.(string)
		if !ok || seen[name] || reserved(name) {
			g.literal = false
			return
		}
		seen[name] = true
		g.pairs[i].name = name
	}
}

// reserved tells whether the reference refuses a key, as one it uses itself.
func reserved(key string) bool {
	return strings.HasPrefix(key, "_jsonata_") && (key == "_jsonata_lambda" || key == "_jsonata_function")
}

// A group is what shares one key: the items, or the tuples, that gave it.
type group struct {
	key    string
	pair   int
	only   any // the item, while there is but one
	items  []any
	tuples []*frame
}

type groups struct {
	list  []group
	index map[string]int
}

// add gives the group of a key, and whether it is new.
func (gs *groups) add(key string, pair int) (*group, bool) {
	if gs.index == nil {
		for i := range gs.list {
			if gs.list[i].key == key {
				return &gs.list[i], false
			}
		}
		if len(gs.list) == 16 {
			gs.index = make(map[string]int, 64)
			for i := range gs.list {
				gs.index[gs.list[i].key] = i
			}
		}
	} else if i, ok := gs.index[key]; ok {
		return &gs.list[i], false
	}
	if gs.index != nil {
		gs.index[key] = len(gs.list)
	}
	gs.list = append(gs.list, group{key: key, pair: pair})
	return &gs.list[len(gs.list)-1], true
}

func (g *grouping) eval(ev *evaluation, input any, env *frame) (any, error) {
	if err := ev.reaches(g.level); err != nil {
		return nil, err
	}
	if s, ok := input.(*stream); ok {
		return g.evalTuples(ev, s.tuples, env)
	}
	if !isList(input) {
		if g.literal {
			return g.object(ev, input, env)
		}
		input = []any{input}
	}
	items := itemsOf(input)
	if len(items) == 0 {
		items = []any{Undefined{}}
	}
	var gs groups
	for _, item := range items {
		if err := ev.steps(1 + g.weight); err != nil {
			return nil, err
		}
		for i := range g.pairs {
			key, ok, err := g.key(ev, i, item, env)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			group, fresh := gs.add(key, i)
			switch {
			case fresh:
				group.only = item
			case group.pair != i:
				return nil, at(fault("D1009", key), g.pos, "{")
			default:
				if err := group.join(ev, item); err != nil {
					return nil, err
				}
			}
		}
	}
	members := make([]value.Member, 0, len(gs.list))
	for i := range gs.list {
		group := &gs.list[i]
		context := group.only
		if group.items != nil {
			context = group.items
		}
		v, err := g.pairs[group.pair].value.eval(ev, context, env)
		if err != nil {
			return nil, err
		}
		if defined(v) {
			members = append(members, value.Member{Key: group.key, Value: ev.stored(v)})
		}
	}
	return value.NewObject(members...), ev.elements(len(members))
}

// join adds an item to a group; lists are joined, not nested.
func (gr *group) join(ev *evaluation, item any) error {
	if err := ev.elements(max(1, lengthOf(item))); err != nil {
		return err
	}
	if gr.items == nil {
		if err := ev.elements(max(1, lengthOf(gr.only))); err != nil {
			return err
		}
		gr.items = make([]any, 0, 4)
		gr.items = appendFlat(gr.items, gr.only)
	}
	gr.items = appendFlat(gr.items, item)
	return nil
}

func appendFlat(items []any, v any) []any {
	if isList(v) {
		return append(items, itemsOf(v)...)
	}
	return append(items, v)
}

// object is eval for constant keys and one item.
func (g *grouping) object(ev *evaluation, input any, env *frame) (any, error) {
	members := make([]value.Member, 0, len(g.pairs))
	for i := range g.pairs {
		v, err := g.pairs[i].value.eval(ev, input, env)
		if err != nil {
			return nil, err
		}
		if defined(v) {
			members = append(members, value.Member{Key: g.pairs[i].name, Value: ev.stored(v)})
		}
	}
	return value.NewObject(members...), ev.elements(len(members))
}

// key evaluates the key of a pair for one item; ok is false when it yields nothing.
func (g *grouping) key(ev *evaluation, i int, item any, env *frame) (string, bool, error) {
	v, err := g.pairs[i].key.eval(ev, item, env)
	if err != nil || !defined(v) {
		return "", false, err
	}
	key, ok := v.(string)
	switch {
	case !ok:
		return "", false, at(fault("T1003", v), g.pos, "{")
	case reserved(key):
		return "", false, at(fault("D1013", v), g.pos, "{")
	}
	return key, true, ev.read(key)
}

// evalTuples is eval for a path that binds variables.
func (g *grouping) evalTuples(ev *evaluation, tuples []*frame, env *frame) (any, error) {
	if err := ev.reaches(g.level); err != nil {
		return nil, err
	}
	var gs groups
	for _, t := range tuples {
		if err := ev.steps(1 + g.weight); err != nil {
			return nil, err
		}
		for i := range g.pairs {
			key, ok, err := g.key(ev, i, t.item(), t)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			group, _ := gs.add(key, i)
			if group.pair != i {
				return nil, at(fault("D1009", key), g.pos, "{")
			}
			group.tuples = append(group.tuples, t)
		}
	}
	members := make([]value.Member, 0, len(gs.list))
	for i := range gs.list {
		group := &gs.list[i]
		t, err := merged(ev, group.tuples, env)
		if err != nil {
			return nil, err
		}
		v, err := g.pairs[group.pair].value.eval(ev, t.item(), t)
		if err != nil {
			return nil, err
		}
		if defined(v) {
			members = append(members, value.Member{Key: group.key, Value: ev.stored(v)})
		}
	}
	return value.NewObject(members...), ev.elements(len(members))
}

// merged makes one tuple of several, in which each variable has all its values.
func merged(ev *evaluation, tuples []*frame, env *frame) (*frame, error) {
	if len(tuples) == 1 {
		return tuples[0], nil
	}
	out := tuples[0].copy(env)
	for slot := range out.slots {
		items, n := []any(nil), 0
		var only any
		for _, t := range tuples {
			if v, ok := t.get(slot); ok && defined(v) {
				if err := ev.elements(max(1, lengthOf(v))); err != nil {
					return nil, err
				}
				if n++; n == 1 {
					only = v
				} else {
					if n == 2 {
						items = appendFlat(items, only)
					}
					items = appendFlat(items, v)
				}
			}
		}
		if n > 1 {
			out.set(slot, items)
		}
	}
	return out, nil
}
