package jsonata

import (
	"cmp"
	"slices"
)

// resolve finishes the nodes once the whole text is known: it decides where
// blocks keep their variables, which slot each name means, and which paths have
// a quicker form.
func (c *compiler) resolve() {
	for _, b := range c.blocks {
		c.place(b)
	}
	for _, b := range c.binds {
		b.spot = spot{b.scope, b.scope.find(b.name)}
		if s := b.scope; s.home != nil {
			b.spot = spot{s.home, s.base + s.find(b.name)}
		}
	}
	for _, v := range c.variables {
		c.spots(v)
	}
	for _, p := range c.paths {
		if !p.joined {
			p.prepare()
		}
	}
	c.collect()
}

// place decides whether a block needs a frame of its own. It does when
// functions made in it may outlive it and must each see their own variables.
// Otherwise its variables live in the frame around it.
func (c *compiler) place(b *blockNode) {
	s := b.scope
	if s.size == 0 || b.closes || c.evals || c.shadows(s) {
		return
	}
	owner := s.owner
	s.home, s.base = owner, owner.size
	owner.size += s.size
	for range s.size {
		owner.names = append(owner.names, "\x00") // no variable has this name
	}
}

// shadows tells whether a block binds a name that some path binds too: which of
// them is meant then depends on the order of their frames.
func (c *compiler) shadows(s *scope) bool {
	if t := s.owner.tuple; t != nil {
		for _, name := range s.names {
			if t.find(name) >= 0 {
				return true
			}
		}
	}
	return false
}

// spots lists where the variable may be bound, from the inside out.
func (c *compiler) spots(v *variableNode) {
	for s := v.scope; s != nil; s = s.parent {
		if s.owner == s && s.tuple != nil {
			if i := s.tuple.find(v.name); i >= 0 {
				v.spots = append(v.spots, spot{s.tuple, i})
			}
		}
		if i := s.find(v.name); i >= 0 {
			if s.home != nil {
				v.spots = append(v.spots, spot{s.home, s.base + i})
			} else {
				v.spots = append(v.spots, spot{s, i})
			}
		}
	}
	for f := c.outer; f != nil; f = f.parent {
		if i := f.scope.find(v.name); i >= 0 {
			v.spots = append(v.spots, spot{f.scope, i})
		}
	}
}

// collect adds the variables that the expression does not bind to its
// references, with the names that follow them in a path.
func (c *compiler) collect() {
	fields := map[*variableNode][]string{}
	for _, p := range c.paths {
		v, ok := p.steps[0].node.(*variableNode)
		if !ok || p.joined {
			continue
		}
		for _, s := range p.steps[1:] {
			n, ok := s.node.(*nameNode)
			if !ok {
				break
			}
			fields[v] = append(fields[v], n.key)
		}
	}
	for _, v := range c.variables {
		switch {
		case v.hint || len(v.spots) > 0:
		case v.name == "$":
			c.reference(Reference{Name: "$$", Position: v.pos})
		case v.builtin == nil:
			c.reference(Reference{Variable: true, Name: v.name, Fields: fields[v], Position: v.pos})
		}
	}
	sortReferences(c.references)
}

func sortReferences(refs []Reference) {
	slices.SortStableFunc(refs, func(a, b Reference) int { return cmp.Compare(a.Position, b.Position) })
}
