package jsonata

// A stream is the result of a path inside another that binds variables: its
// tuples, each a frame whose slot 0 is the item.
type stream struct{ tuples []*frame }

// items gives the items of the tuples, without what is bound to them.
func (s *stream) items(ev *evaluation) []any {
	items := make([]any, len(s.tuples))
	for i, t := range s.tuples {
		items[i] = ev.stored(t.item())
	}
	return items
}

func (f *frame) item() any {
	v, ok := f.get(0)
	if !ok {
		return Undefined{}
	}
	return v
}

// evalTuples evaluates a path whose steps bind variables. It goes step by step,
// carrying along with each item what has been bound on the way to it.
func (p *pathNode) evalTuples(ev *evaluation, input any, env *frame) (any, error) {
	scope := p.owner.tuple
	seq := itemsOf(input)
	if !isList(input) || p.absolute {
		seq = []any{input}
	}
	var tuples []*frame
	var err error
	streaming, started := false, false
	for i, s := range p.steps {
		streaming = streaming || s.tuple
		sorter, sorts := s.node.(*sortNode)
		switch {
		case i == 0 && s.cons:
			// An array constructor at the start is evaluated once. As in the reference, what
			// is bound to it is lost, and after @ the path goes on from its input.
			list := input
			if !isList(input) {
				list = sequenceOf(input)
			}
			var v any
			if v, err = s.node.eval(ev, list, env); err == nil && (s.focus == 0 || len(p.steps) == 1) {
				seq = itemsOf(v)
			}
		case streaming && !started && sorts:
			started = true
			tuples, err = s.sortInto(ev, sorter, seq, scope, env)
		case streaming:
			if !started {
				started = true
				if tuples, err = streamOf(ev, seq, scope, env); err != nil {
					break
				}
			}
			tuples, err = s.tupleStep(ev, tuples, scope, env)
		default:
			seq, err = s.flatStep(ev, seq, env)
		}
		if err != nil {
			return nil, err
		}
		if !streaming && len(seq) == 0 {
			if i == 0 && s.cons {
				return p.finish(ev, []any{}), nil // an empty array ends the path
			}
			break
		}
	}
	if streaming && !started {
		if tuples, err = streamOf(ev, seq, scope, env); err != nil {
			return nil, err
		}
	}
	if p.group != nil && streaming {
		return p.group.evalTuples(ev, tuples, env)
	}
	if streaming {
		result := &stream{tuples}
		if p.stream {
			return result, nil
		}
		seq = result.items(ev)
	}
	result := any(sequenceOf(seq...))
	if p.group != nil {
		return p.group.eval(ev, result, env)
	}
	return p.finish(ev, result), ev.elements(len(seq))
}

// streamOf gives the tuples of a list in which nothing is bound yet.
func streamOf(ev *evaluation, seq []any, scope *scope, env *frame) ([]*frame, error) {
	if err := ev.elements(len(seq)); err != nil {
		return nil, err
	}
	tuples := make([]*frame, len(seq))
	for i, item := range seq {
		tuples[i] = newFrame(scope, env)
		tuples[i].set(0, item)
	}
	return tuples, nil
}

// flatStep evaluates a step that comes before the first binding.
func (s *step) flatStep(ev *evaluation, seq []any, env *frame) ([]any, error) {
	if sorter, ok := s.node.(*sortNode); ok {
		sorted, err := sorter.sort(ev, seq, env)
		if err != nil {
			return nil, err
		}
		var v any = sorted
		for j := range s.stages {
			if v, err = s.stages[j].apply(ev, v, env); err != nil {
				return nil, err
			}
		}
		if !isList(v) {
			return []any{v}, nil
		}
		return itemsOf(v), nil
	}
	part := walk{p: &pathNode{steps: []*step{s}}, ev: ev, env: env, base: len(ev.pile)}
	for _, item := range seq {
		if err := part.step(0, item); err != nil {
			return nil, err
		}
	}
	if part.n == 1 {
		if err := part.flatten(part.only, part.whole); err != nil {
			return nil, err
		}
	}
	return part.take(), nil
}

// sortInto starts the tuples at an order-by whose index is bound.
func (s *step) sortInto(ev *evaluation, sorter *sortNode, seq []any, scope *scope, env *frame) ([]*frame, error) {
	sorted, err := sorter.sort(ev, seq, env)
	if err != nil {
		return nil, err
	}
	tuples := make([]*frame, len(sorted))
	for i, item := range sorted {
		tuples[i] = newFrame(scope, env)
		tuples[i].set(0, item)
		if s.index != 0 {
			tuples[i].set(s.index, int64(i))
		}
	}
	return stages(ev, s.stages, tuples)
}

func (s *step) tupleStep(ev *evaluation, tuples []*frame, scope *scope, env *frame) ([]*frame, error) {
	if sorter, ok := s.node.(*sortNode); ok {
		sorted, err := sorter.sortTuples(ev, tuples)
		if err != nil {
			return nil, err
		}
		return stages(ev, s.stages, sorted)
	}
	var out []*frame
	width := 1 + scope.size>>3 // of a tuple
	for _, t := range tuples {
		if err := ev.steps(1 + s.weight); err != nil {
			return nil, err
		}
		v, err := s.node.eval(ev, t.item(), t)
		if err != nil {
			return nil, err
		}
		if inner, ok := v.(*stream); ok {
			if err := ev.elements(len(inner.tuples) * width); err != nil {
				return nil, err
			}
			for _, it := range inner.tuples {
				next := t.copy(env)
				for slot := range it.slots {
					if v, bound := it.get(slot); bound && it.scope == scope {
						next.set(slot, v)
					}
				}
				out = append(out, next)
			}
			continue
		}
		if !defined(v) {
			continue
		}
		n := 1
		list := isList(v)
		if list {
			n = lengthOf(v)
		}
		if err := ev.elements(n * width); err != nil {
			return nil, err
		}
		items := itemsOf(v)
		for i := range n {
			item := v
			if list {
				item = items[i]
			}
			next := t.copy(env)
			if s.focus != 0 {
				next.set(s.focus, item)
			} else {
				next.set(0, item)
			}
			if s.index != 0 {
				next.set(s.index, int64(i))
			}
			if s.ancestor != nil {
				next.set(s.ancestor.label, t.item())
			}
			out = append(out, next)
		}
	}
	return stages(ev, s.stages, out)
}

func (f *frame) copy(parent *frame) *frame {
	next := newFrame(f.scope, parent)
	copy(next.slots, f.slots)
	return next
}

// stages applies predicates and index bindings to tuples.
func stages(ev *evaluation, list []stage, tuples []*frame) ([]*frame, error) {
	s := &stream{tuples}
	for i := range list {
		v, err := s.stage(ev, &list[i])
		if err != nil {
			return nil, err
		}
		s = v.(*stream)
	}
	return s.tuples, nil
}

func (s *stream) stage(ev *evaluation, st *stage) (any, error) {
	if st.filter == nil {
		for i, t := range s.tuples {
			t.set(st.index, int64(i))
		}
		return s, nil
	}
	n := len(s.tuples)
	if st.literal {
		i := st.at
		if i < 0 {
			i += n
		}
		if i < 0 || i >= n {
			return &stream{}, nil
		}
		return &stream{s.tuples[i : i+1]}, nil
	}
	out := &stream{}
	for i, t := range s.tuples {
		times, err := st.selects(ev, t.item(), i, n, t)
		if err != nil {
			return nil, err
		}
		for range times {
			out.tuples = append(out.tuples, t)
		}
	}
	return out, nil
}

// A parentNode is %: the item from which an item further up was reached.
type parentNode struct {
	tuple *scope
	slot  *ancestor
	level int
}

func (n *parentNode) eval(ev *evaluation, _ any, env *frame) (any, error) {
	if err := ev.reaches(n.level); err != nil {
		return nil, err
	}
	spots := [1]spot{{n.tuple, n.slot.label}}
	if v, ok := env.lookup(spots[:]); ok {
		return settled(v), nil
	}
	return Undefined{}, nil
}
