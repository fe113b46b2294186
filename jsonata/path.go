package jsonata

import "github.com/gostates/gostates/asl/value"

// A pathNode is a location path: a.b[c].(d). Each step is evaluated for every
// item that the step before gave, and the results are joined into one flat
// sequence.
type pathNode struct {
	steps      []*step
	group      *grouping
	keep       bool // a step is followed by []: a result of one item stays an array
	keepResult bool // the path as a whole is
	stream     bool // gives its tuples, not their items, to the path around it

	level    int // of its first step
	owner    *scope
	joined   bool // became part of another path
	tuples   bool // some step binds variables
	sorts    bool // some step is an order-by
	absolute bool // starts with a variable, and so not with the items of a list
	names    int  // leading steps that are names alone
	plain    bool // names is all there is
}

// A step is an expression in a path, and what is hung on it.
type step struct {
	node       node
	pos        int
	weight     int
	key        string  // of the member it names, when name
	name       bool    // just a name
	stages     []stage // applied to what the step gives for each item
	predicates []stage // applied by an expression that is not in a path
	group      *grouping
	keep       bool
	cons       bool // an array constructor, whose arrays are not flattened
	tuple      bool // binds something
	focus      int  // slot of @$v in the frame of a tuple; 0 for none
	index      int  // slot of #$i
	ancestor   *ancestor
	seeking    []*ancestor // still to be found in the path around this step
}

// A stage is a predicate or an index binding.
type stage struct {
	filter  node
	literal bool // filter is the number at
	at      int
	weight  int
	index   int // slot of #$i, when filter is nil
}

func (p *pathNode) prepare() {
	switch p.steps[0].node.(type) {
	case *variableNode, *contextNode:
		p.absolute = true
	}
	for _, s := range p.steps {
		s.node = lower(&step{node: s.node, predicates: s.predicates, group: s.group, keep: s.keep})
		if post, ok := s.node.(*postNode); ok {
			post.inPath = true
		}
		if n, ok := s.node.(*nameNode); ok && len(s.stages) == 0 {
			s.key, s.name = n.key, true
		}
		_, sorter := s.node.(*sortNode)
		p.tuples = p.tuples || s.tuple
		p.sorts = p.sorts || sorter
	}
	if p.tuples {
		return
	}
	for p.names < len(p.steps) && p.steps[p.names].name {
		p.names++
	}
	p.plain = p.names == len(p.steps) && p.group == nil && !p.keep && !p.keepResult
}

// follow walks a plain path through objects. It gives up, with done false, at
// the first list, and at a last value that carries marks.
func (p *pathNode) follow(v any) (out any, ok, done bool) {
	for _, s := range p.steps {
		object, is := v.(*value.Object)
		if !is {
			return nil, false, !isList(v)
		}
		if v, ok = object.Get(s.key); !ok {
			return nil, false, true
		}
	}
	_, marked := v.(*array)
	return v, true, !marked
}

func (p *pathNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	if err := ev.reaches(p.level); err != nil {
		return nil, err
	}
	if p.plain {
		if v, ok, done := p.follow(input); done {
			if !ok {
				return Undefined{}, nil
			}
			return v, nil
		}
	}
	if p.tuples {
		return p.evalTuples(ev, input, env)
	}
	w := walk{p: p, ev: ev, env: env, end: len(p.steps) - 1, base: len(ev.pile)}
	if p.sorts {
		w.barrier(0)
	}
	if err := w.start(input); err != nil {
		return nil, err
	}
	for p.sorts && w.end < len(p.steps)-1 {
		if err := w.sort(); err != nil {
			return nil, err
		}
	}
	result := w.result()
	if p.group != nil {
		if p.keep {
			result = p.kept(ev, result)
		}
		return p.group.eval(ev, result, env)
	}
	return p.finish(ev, result), nil
}

// finish makes a path's result that of an expression.
func (p *pathNode) finish(ev *evaluation, v any) any {
	if p.keep {
		v = p.kept(ev, v)
	}
	if p.keepResult {
		return kept(v)
	}
	return settled(v)
}

// kept marks a result that is to stay an array.
func (p *pathNode) kept(ev *evaluation, v any) any {
	switch v := v.(type) {
	case Undefined, []any:
		return v
	case *array:
		if v.cons && !v.sequence {
			return &array{items: []any{ev.stored(v)}, sequence: true, keep: true}
		}
		again := *v
		again.keep = true
		return &again
	}
	return &array{items: []any{v}, sequence: true, keep: true}
}

// A walk takes a path depth first. That gives the items in the order of the
// language, which goes step by step, but keeps no list between the steps.
type walk struct {
	p     *pathNode
	ev    *evaluation
	env   *frame
	end   int  // the last step before an order-by, or of the path
	n     int  // results of the last step
	only  any  // the result, while there is but one
	whole bool // only is an item: it is not to be flattened
	base  int  // where the items it collects start in the evaluation's pile
}

// take gives the items collected, in a list of their own.
func (w *walk) take() []any {
	items := append(make([]any, 0, len(w.ev.pile)-w.base), w.ev.pile[w.base:]...)
	w.ev.pile = w.ev.pile[:w.base]
	return items
}

func (w *walk) start(input any) error {
	first := w.p.steps[0]
	if first.cons {
		// An array constructor at the start is evaluated once, over the whole input.
		if !isList(input) {
			input = sequenceOf(input)
		}
		v, err := first.node.eval(w.ev, input, w.env)
		if err != nil || !defined(v) {
			return err
		}
		if len(w.p.steps) == 1 || isList(v) && lengthOf(v) == 0 {
			w.n, w.only, w.whole = 1, v, false
			w.end = len(w.p.steps) - 1 // an empty array ends the path, order-by or not
			return nil
		}
		for _, item := range itemsOf(v) { // of a single value, as in the reference, nothing comes
			if err := w.item(0, item); err != nil {
				return err
			}
		}
		return nil
	}
	if isList(input) && !w.p.absolute {
		for _, item := range itemsOf(input) {
			if err := w.step(0, item); err != nil {
				return err
			}
		}
		return nil
	}
	return w.step(0, input)
}

// step evaluates step i for one item and passes on what it gives.
func (w *walk) step(i int, item any) error {
	s := w.p.steps[i]
	if err := w.ev.steps(1 + s.weight); err != nil {
		return err
	}
	if s.name {
		switch in := item.(type) {
		case *value.Object:
			if v, ok := in.Get(s.key); ok {
				return w.next(i, v)
			}
			return nil
		case []any, *array:
			v, err := lookupAll(w.ev, in, s.key)
			if err != nil {
				return err
			}
			return w.next(i, settled(v))
		}
		return nil
	}
	v, err := s.node.eval(w.ev, item, w.env)
	for j := range s.stages {
		if err != nil {
			return err
		}
		stage := &s.stages[j]
		if j == len(s.stages)-1 && !stage.literal {
			return w.filter(i, stage, v)
		}
		v, err = stage.apply(w.ev, v, w.env)
	}
	if err != nil {
		return err
	}
	return w.next(i, v)
}

// filter passes on the items of v that a step's last predicate selects.
func (w *walk) filter(i int, s *stage, v any) error {
	if !defined(v) {
		_, err := s.selects(w.ev, v, 0, 1, w.env) // as apply does
		return err
	}
	if !isList(v) {
		ok, err := s.selects(w.ev, v, 0, 1, w.env)
		if err != nil {
			return err
		}
		for range ok {
			if err := w.item(i, v); err != nil {
				return err
			}
		}
		return nil
	}
	items := itemsOf(v)
	for j, item := range items {
		times, err := s.selects(w.ev, item, j, len(items), w.env)
		if err != nil {
			return err
		}
		for range times {
			if err := w.item(i, item); err != nil {
				return err
			}
		}
	}
	return nil
}

// item passes on one item that step i gave.
func (w *walk) item(i int, v any) error {
	if i < w.end {
		return w.step(i+1, v)
	}
	return w.add(v, true)
}

// next passes on the value that step i gave for one item, flattening it.
func (w *walk) next(i int, v any) error {
	if _, none := v.(Undefined); none {
		return nil
	}
	if i == w.end {
		return w.add(v, false)
	}
	switch list := v.(type) {
	case []any:
		for _, item := range list {
			if err := w.step(i+1, item); err != nil {
				return err
			}
		}
		return nil
	case *array:
		if !list.cons {
			for _, item := range list.list() {
				if err := w.step(i+1, item); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return w.step(i+1, v)
}

// add collects a result of the last step. A single result that is an ordinary
// array remains what it is; several are flattened into one sequence.
func (w *walk) add(v any, whole bool) error {
	w.n++
	if w.n == 1 {
		w.only, w.whole = v, whole
		return nil
	}
	if w.n == 2 {
		if err := w.flatten(w.only, w.whole); err != nil {
			return err
		}
		w.only = nil
	}
	return w.flatten(v, whole)
}

func (w *walk) flatten(v any, whole bool) error {
	if !whole {
		switch list := v.(type) {
		case []any:
			if err := w.ev.elements(len(list)); err != nil {
				return err
			}
			w.ev.pile = append(w.ev.pile, list...)
			return nil
		case *array:
			if !list.cons {
				if err := w.ev.elements(list.len()); err != nil {
					return err
				}
				w.ev.pile = append(w.ev.pile, list.list()...)
				return nil
			}
		}
	}
	w.ev.pile = append(w.ev.pile, w.ev.stored(v))
	return w.ev.elements(1)
}

// result gives what the last step collected, as a path's result.
func (w *walk) result() any {
	if w.n == 0 {
		return Undefined{}
	}
	if w.n == 1 {
		if w.whole {
			if isList(w.only) {
				return sequenceOf(w.ev.stored(w.only))
			}
			return w.only
		}
		if list, ok := w.only.(*array); ok && list.sequence {
			again := *list
			again.keep, again.outer = false, false
			return &again
		}
		return w.only
	}
	return sequenceOf(w.take()...)
}

// barrier sets the walk to end before the order-by at or after step i.
func (w *walk) barrier(i int) {
	for ; i < len(w.p.steps); i++ {
		if _, ok := w.p.steps[i].node.(*sortNode); ok {
			w.end = i - 1
			return
		}
	}
	w.end = len(w.p.steps) - 1
}

// sort takes the items collected before an order-by through it, and on.
func (w *walk) sort() error {
	at := w.end + 1
	if w.n == 1 {
		if err := w.flatten(w.only, w.whole); err != nil {
			return err
		}
	}
	items := w.take()
	w.n, w.only = 0, nil
	s := w.p.steps[at]
	sorted, err := s.node.(*sortNode).sort(w.ev, items, w.env)
	if err != nil {
		return err
	}
	var v any = sorted
	if len(sorted) < 2 {
		v = sequenceOf(sorted...)
	}
	for j := range s.stages {
		if v, err = s.stages[j].apply(w.ev, v, w.env); err != nil {
			return err
		}
	}
	w.barrier(at + 1)
	if at == w.end {
		// The list is the path's result as it stands.
		if defined(v) {
			w.n, w.only, w.whole = 1, v, false
		}
		return nil
	}
	if !isList(v) {
		v = sequenceOf(v)
	}
	for _, item := range itemsOf(v) {
		if err := w.step(at+1, item); err != nil {
			return err
		}
	}
	return nil
}
