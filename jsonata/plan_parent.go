package jsonata

// An ancestor is what a % refers to: how many levels up are left to find, and
// where the item found is kept in the frame of each tuple.
type ancestor struct {
	label int
	level int
}

func isParent(s *step) bool {
	_, ok := s.node.(*parentNode)
	return ok
}

// inherit takes over the ancestors that a part could not find by itself.
func (s *step) inherit(part *step) {
	s.seeking = append(s.seeking, part.seeking...)
	if p, ok := part.node.(*parentNode); ok {
		s.seeking = append(s.seeking, p.slot)
	}
}

// labels gives a name that no other parent in the scope has.
func (s *parentSyntax) labels(t *scope) string { return formatNumber(float64(len(t.names))) }

// tuple gives the scope of what the paths of the current function bind.
func (c *compiler) tuple() *scope {
	owner := c.scope.owner
	if owner.tuple == nil {
		owner.tuple = &scope{parent: owner, owner: owner, names: []string{""}, size: 1}
	}
	return owner.tuple
}

// ancestry looks in the path itself for the ancestors that its last step seeks.
func (c *compiler) ancestry(owner *step, p *pathNode) error {
	last := p.steps[len(p.steps)-1]
	slots := last.seeking
	if n, ok := last.node.(*parentNode); ok {
		slots = append(slots[:len(slots):len(slots)], n.slot)
	}
	for _, slot := range slots {
		i := len(p.steps) - 2
		for slot.level > 0 {
			if i < 0 {
				owner.seeking = append(owner.seeking, slot)
				break
			}
			s := p.steps[i]
			i--
			// Contiguous steps that bind the focus stand at the same level.
			for i >= 0 && s.focus != 0 && p.steps[i].focus != 0 {
				s = p.steps[i]
				i--
			}
			if err := seekParent(s, slot); err != nil {
				return err
			}
		}
	}
	return nil
}

// seekParent goes one step back in search of an ancestor.
func seekParent(s *step, slot *ancestor) error {
	switch n := s.node.(type) {
	case *nameNode, *wildcardNode:
		if slot.level--; slot.level == 0 {
			if s.ancestor != nil {
				slot.label = s.ancestor.label
			}
			s.ancestor = slot
			s.tuple = true
		}
	case *parentNode:
		slot.level++
	case *blockNode:
		if n.last != nil {
			s.tuple = true
			return seekParent(n.last, slot)
		}
	case *pathNode:
		n.stream = true
		i := len(n.steps) - 1
		if err := seekParent(n.steps[i], slot); err != nil {
			return err
		}
		for i--; slot.level > 0 && i >= 0; i-- {
			if err := seekParent(n.steps[i], slot); err != nil {
				return err
			}
		}
	default:
		return &Error{Code: "S0217", Position: s.pos}
	}
	return nil
}
