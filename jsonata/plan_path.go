package jsonata

func (c *compiler) path(first *step) *pathNode {
	p := &pathNode{steps: []*step{first}, keep: first.keep, owner: c.scope.owner}
	c.paths = append(c.paths, p)
	return p
}

// isPath tells whether a piece of syntax becomes a path.
func isPath(s syntax) bool {
	for {
		switch b := s.(type) {
		case *nameSyntax, *sortSyntax:
			return true
		case *groupSyntax:
			s = b.left
		case *binarySyntax:
			switch b.op {
			case '.', '#':
				return true
			case '[', '@':
				s = b.left
			default:
				return false
			}
		default:
			return false
		}
	}
}

// dot joins two expressions into a path, or makes a path longer.
func (c *compiler) dot(out **step, s *binarySyntax) error {
	nodes := c.nodes
	left, err := c.within(isPath(s.left), s.left)
	if err != nil {
		return err
	}
	p, ok := left.node.(*pathNode)
	if ok {
		*out = left
	} else {
		left.weight = c.weight(nodes)
		p = c.path(left)
		p.keep = false
		(*out).node = p
		if isParent(left) {
			(*out).seeking = append((*out).seeking, left.node.(*parentNode).slot)
		}
	}
	if err := c.extend(p, s.right); err != nil {
		return err
	}
	for i, step := range p.steps {
		switch n := step.node.(type) {
		case *numberNode:
			return &Error{Code: "S0213", Position: step.pos, Value: n.value}
		case *literalNode:
			switch v := n.value.(type) {
			case string:
				step.node = &nameNode{key: v}
				if i == 0 {
					p.level = n.level
					c.reference(Reference{Name: v, Position: step.pos})
				}
			case bool, nil:
				return &Error{Code: "S0213", Position: step.pos, Value: v}
			}
		}
		p.keep = p.keep || step.keep
	}
	for _, step := range []*step{p.steps[0], p.steps[len(p.steps)-1]} {
		if a, ok := step.node.(*arrayNode); ok {
			a.cons, step.cons = true, true
		}
	}
	return c.ancestry(*out, p)
}

// extend adds the steps of an expression to a path.
func (c *compiler) extend(p *pathNode, s syntax) error {
	if name, ok := s.(*nameSyntax); ok { // by far the most common step
		p.steps = append(p.steps, &step{node: &nameNode{key: name.name}, pos: name.pos, keep: name.keep})
		return nil
	}
	saved := c.onInput
	c.onInput = false
	checked, nodes := c.checked, c.nodes
	asStages(s)
	right, err := c.within(isPath(s), s)
	c.onInput, c.checked = saved, checked
	if err != nil {
		return err
	}
	if rest, ok := right.node.(*pathNode); ok {
		p.steps = append(p.steps, rest.steps...)
		rest.joined = true
		return nil
	}
	right.stages, right.predicates = right.predicates, nil
	right.weight = c.weight(nodes)
	p.steps = append(p.steps, right)
	return nil
}

// asStages marks the predicates of an expression that becomes a step of a path: they
// are evaluated by the path, and so are no deeper than the step.
func asStages(s syntax) {
	if isPath(s) {
		return
	}
	for {
		b, ok := s.(*binarySyntax)
		if !ok || b.op != '[' && b.op != '@' {
			return
		}
		b.stage = true
		s = b.left
	}
}

// target gives the step that a predicate or a binding applies to.
func target(s *step) (*step, bool) {
	if p, ok := s.node.(*pathNode); ok {
		return p.steps[len(p.steps)-1], true
	}
	return s, false
}

func (c *compiler) predicate(out **step, s *binarySyntax) error {
	left, err := c.within(true, s.left)
	if err != nil {
		return err
	}
	*out = left
	to, inPath := target(left)
	if to.group != nil {
		return &Error{Code: "S0209", Position: s.pos}
	}
	saved := c.onInput
	c.onInput = false
	checked, nodes := c.checked, c.nodes
	filter, err := c.within(s.stage, s.right)
	c.onInput, c.checked = saved, checked
	if err != nil {
		return err
	}
	if len(filter.seeking) > 0 {
		for _, slot := range filter.seeking {
			if slot.level == 1 {
				if err := seekParent(to, slot); err != nil {
					return err
				}
			} else {
				slot.level--
			}
		}
		to.inherit(filter)
	}
	stage := stage{filter: lower(filter), weight: c.weight(nodes)}
	if n, ok := stage.filter.(*numberNode); ok {
		stage.at, stage.literal = floorIndex(n.value), true
	}
	if inPath {
		to.stages = append(to.stages, stage)
	} else {
		to.predicates = append(to.predicates, stage)
	}
	return nil
}

func (c *compiler) group(out **step, s *groupSyntax) error {
	left, err := c.within(true, s.left)
	if err != nil {
		return err
	}
	*out = left
	p, inPath := left.node.(*pathNode)
	if left.group != nil || inPath && p.group != nil {
		return &Error{Code: "S0210", Position: s.pos}
	}
	saved := c.onInput
	c.onInput = false
	checked := c.checked
	g, err := c.grouping(&step{}, s.pairs, s.pos)
	c.onInput, c.checked = saved, checked
	if err != nil {
		return err
	}
	left.group = g
	if inPath {
		p.group = g
	}
	return nil
}

func (c *compiler) sort(out **step, s *sortSyntax) error {
	left, err := c.within(isPath(s.left), s.left)
	if err != nil {
		return err
	}
	p, ok := left.node.(*pathNode)
	if ok {
		*out = left
	} else {
		p = c.path(left)
		p.keep = false
		(*out).node = p
	}
	sorter := &step{pos: s.pos, node: &sortNode{terms: make([]term, len(s.terms)), pos: s.pos}}
	n := sorter.node.(*sortNode)
	checked := c.checked
	for i, t := range s.terms {
		c.checked = checked
		nodes := c.nodes
		n.terms[i].descending = t.descending
		if n.terms[i].key, err = c.elsewhere(sorter, t.key); err != nil {
			return err
		}
		n.terms[i].weight = c.weight(nodes)
	}
	c.checked = checked
	p.steps = append(p.steps, sorter)
	return c.ancestry(*out, p)
}

// position compiles the bindings of a step's item, @$v, and of its index, #$i.
func (c *compiler) position(out **step, s *binarySyntax) error {
	if s.op == '#' {
		asStages(s.left)
	}
	left, err := c.within(s.op == '@' || isPath(s.left), s.left)
	if err != nil {
		return err
	}
	name := s.right.(*variableSyntax).name
	slot := c.tuple().slot(name)
	to, inPath := target(left)
	*out = left
	if s.op == '@' {
		if len(to.stages) > 0 || len(to.predicates) > 0 {
			return &Error{Code: "S0215", Position: s.pos}
		}
		if _, sorted := to.node.(*sortNode); sorted {
			return &Error{Code: "S0216", Position: s.pos}
		}
		to.keep = to.keep || s.keep
		to.focus, to.tuple = slot, true
		return nil
	}
	if !inPath {
		left.stages, left.predicates = left.predicates, nil
		whole := &step{pos: left.pos, node: c.path(left), seeking: left.seeking}
		whole.node.(*pathNode).keep = false
		*out = whole
	}
	if len(to.stages) == 0 {
		to.index = slot
	} else {
		to.stages = append(to.stages, stage{index: slot})
	}
	to.tuple = true
	return nil
}
