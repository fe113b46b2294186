package jsonata

func (c *compiler) call(o *step, s *callSyntax) (err error) {
	level, guard := c.depth, 0
	if s.tail {
		// It is left to the caller of the function, which evaluates its parts.
		guard = c.level()
		defer func() { c.depth = level }()
		c.depth = 0
	}
	args := make([]node, len(s.args))
	for i, arg := range s.args {
		if _, hole := arg.(*holeSyntax); hole {
			continue
		}
		if args[i], err = c.operand(o, arg); err != nil {
			return err
		}
	}
	callee, err := c.operand(&step{}, s.callee)
	if err != nil {
		return err
	}
	name := ""
	unbound := ""
	switch n := callee.(type) {
	case *variableNode:
		name = n.name
	case *pathNode:
		if first, ok := n.steps[0].node.(*nameNode); ok {
			name, unbound = first.key, first.key
		}
	}
	var hint *variableNode
	if unbound != "" {
		// foo(1) is likely meant to be $foo(1).
		hint = &variableNode{name: unbound, scope: c.scope, builtin: c.lib.function(unbound), hint: true}
		c.variables = append(c.variables, hint)
	}
	if s.partial {
		o.node = &partialNode{callee: callee, args: args, name: name, hint: hint, pos: s.pos}
		return nil
	}
	o.node = &callNode{callee: callee, args: args, name: name, hint: hint, pos: s.pos, level: level, guard: guard, tail: s.tail}
	return nil
}

// isCall tells whether a piece of syntax becomes a call, with whatever follows it.
func isCall(s syntax) bool {
	for {
		switch b := s.(type) {
		case *callSyntax:
			return !b.partial
		case *groupSyntax:
			s = b.left
		case *binarySyntax:
			if b.op != '[' && b.op != '@' {
				return false
			}
			s = b.left
		default:
			return false
		}
	}
}

func (c *compiler) apply(o *step, s *binarySyntax) error {
	left, err := c.compile(s.left)
	if err != nil {
		return err
	}
	right, err := c.within(isCall(s.right), s.right)
	if err != nil {
		return err
	}
	o.keep = left.keep || right.keep
	a := &applyNode{left: lower(left), pos: s.pos, level: c.depth}
	if call, ok := right.node.(*callNode); ok {
		a.call = call // what follows the call, such as a predicate, has no effect here
	} else {
		a.right = lower(right)
	}
	o.node = a
	return nil
}

func (c *compiler) lambda(o *step, s *lambdaSyntax) error {
	c.closures++
	l := &lambdaNode{params: len(s.params), signature: s.signature, scope: c.own(s.params), level: c.level()}
	saved := c.scope
	c.scope = l.scope
	nodes := c.nodes
	markTail(s.body)
	err := c.apart(func() (err error) {
		l.body, err = c.operand(&step{}, s.body)
		return err
	})
	c.scope, l.weight = saved, c.weight(nodes)
	if err != nil {
		return err
	}
	o.node = l
	return nil
}

// markTail finds the calls whose result is the function's own: they are left to
// the caller's loop, so that recursion through them does not nest.
func markTail(s syntax) {
	switch s := s.(type) {
	case *callSyntax:
		s.tail = !s.partial && !s.keep
	case *conditionSyntax:
		if s.keep {
			return
		}
		markTail(s.yes)
		if s.no != nil {
			markTail(s.no)
		}
	case *binarySyntax:
		if (s.op == opDefault || s.op == opCoalesce) && !s.keep {
			markTail(s.right)
		}
	case *blockSyntax:
		if len(s.items) > 0 && !s.keep {
			markTail(s.items[len(s.items)-1])
		}
	}
}

func (c *compiler) transform(o *step, s *transformSyntax) (err error) {
	c.closures++
	t := &transformNode{pos: s.pos, updatePos: s.update.at().pos, level: c.level()}
	nodes := c.nodes
	err = c.apart(func() (err error) {
		if t.pattern, err = c.elsewhere(&step{}, s.pattern); err != nil {
			return err
		}
		c.checked = 0
		if t.update, err = c.elsewhere(&step{}, s.update); err != nil || s.remove == nil {
			return err
		}
		t.removePos = s.remove.at().pos
		t.remove, err = c.elsewhere(&step{}, s.remove)
		return err
	})
	if err != nil {
		return err
	}
	t.weight = c.weight(nodes)
	t.clone = &variableNode{name: "clone", scope: c.scope, builtin: c.lib.function("clone"), hint: true}
	c.variables = append(c.variables, t.clone)
	o.node = t
	return nil
}
