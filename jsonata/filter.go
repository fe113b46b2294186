package jsonata

import "math"

// floorIndex is the position that a number in a predicate means.
func floorIndex(v any) int {
	f, _ := number(v)
	f = math.Floor(f)
	switch {
	case f > math.MaxInt32:
		return math.MaxInt32
	case f < math.MinInt32:
		return math.MinInt32
	}
	return int(f)
}

// apply gives the items of v that the predicate selects. A single value counts
// as a list of one.
func (s *stage) apply(ev *evaluation, v any, env *frame) (any, error) {
	switch {
	case s.filter == nil:
		return v, nil
	case s.literal:
		return s.pick(v), nil
	case !defined(v):
		// The reference evaluates the predicate of nothing, too: it can fail. What it
		// keeps is an entry without a value.
		times, err := s.selects(ev, v, 0, 1, env)
		if times == 0 {
			return &array{sequence: true}, err
		}
		return v, err
	}
	list := isList(v)
	n := 1
	if list {
		n = lengthOf(v)
	}
	items := itemsOf(v)
	out := &array{sequence: true}
	for i := range n {
		item := v
		if list {
			item = items[i]
		}
		times, err := s.selects(ev, item, i, n, env)
		if err != nil {
			return nil, err
		}
		if err := ev.elements(times); err != nil {
			return nil, err
		}
		for range times {
			out.items = append(out.items, ev.stored(item))
		}
	}
	return out, nil
}

// pick gives the item at the predicate's literal index.
func (s *stage) pick(v any) any {
	n := 1
	list := isList(v)
	if list {
		n = lengthOf(v)
	}
	i := s.at
	if i < 0 {
		i += n
	}
	switch {
	case i < 0 || i >= n:
		return Undefined{}
	case !list:
		return v
	}
	var item any
	switch v := v.(type) {
	case []any:
		item = v[i]
	case *array:
		item = v.at(i)
	}
	return item
}

// selects tells how many times the predicate takes item i of n: a number in a
// predicate is a position, several numbers are positions, anything else is true
// or false.
func (s *stage) selects(ev *evaluation, item any, i, n int, env *frame) (int, error) {
	if err := ev.steps(1 + s.weight); err != nil {
		return 0, err
	}
	v, err := s.filter.eval(ev, item, env)
	if err != nil {
		return 0, err
	}
	switch v := v.(type) {
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case Undefined:
		return 0, nil
	}
	if f, ok, err := numeric(v); err != nil {
		return 0, err
	} else if ok {
		return position(f, i, n), nil
	}
	if isList(v) {
		if err := ev.steps(lengthOf(v)); err != nil {
			return 0, err
		}
		times := 0
		for _, entry := range itemsOf(v) {
			f, ok, err := numeric(entry)
			if err != nil {
				return 0, err
			}
			if !ok {
				return ev.truth(v)
			}
			times += position(f, i, n)
		}
		return times, nil
	}
	return ev.truth(v)
}

func position(f float64, i, n int) int {
	at := math.Floor(f)
	if at < 0 {
		at += float64(n)
	}
	if at == float64(i) {
		return 1
	}
	return 0
}

func (ev *evaluation) truth(v any) (int, error) {
	ok, err := ev.effective(v)
	if ok {
		return 1, err
	}
	return 0, err
}

// A postNode is an expression outside a path with predicates, a group-by or [].
type postNode struct {
	inner      node
	predicates []stage
	group      *grouping
	keep       bool
	inPath     bool // the first step of a path, which can take a stream
}

// A rawNode can give its result as it is, with a sequence of one item not yet
// standing for the item.
type rawNode interface {
	raw(ev *evaluation, input any, env *frame) (any, error)
}

func raw(n node, ev *evaluation, input any, env *frame) (any, error) {
	if r, ok := n.(rawNode); ok {
		return r.raw(ev, input, env)
	}
	return n.eval(ev, input, env)
}

func (p *postNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := raw(p.inner, ev, input, env)
	if err != nil {
		return nil, err
	}
	for i := range p.predicates {
		if s, ok := v.(*stream); ok {
			if v, err = s.stage(ev, &p.predicates[i]); err != nil {
				return nil, err
			}
			continue
		}
		last := v
		if v, err = p.predicates[i].apply(ev, v, env); err != nil {
			return nil, err
		}
		if p.keep && p.predicates[i].literal && defined(v) && !isList(v) && defined(last) {
			v = sequenceOf(v)
		}
	}
	if p.group != nil {
		return p.group.eval(ev, v, env)
	}
	if s, ok := v.(*stream); ok {
		if p.inPath {
			return s, nil
		}
		v = sequenceOf(s.items(ev)...)
	}
	if p.keep {
		return kept(v), nil
	}
	return settled(v), nil
}
