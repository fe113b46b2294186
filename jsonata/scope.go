package jsonata

// A scope is a place in the text where variables live: the expression as a
// whole, a function's body, a block, or a path whose steps bind variables.
type scope struct {
	parent  *scope
	owner   *scope         // the whole expression or function this scope is part of; may be itself
	tuple   *scope         // of an owner: what the steps of its paths bind with @, # and %
	names   []string       // by slot; "" for a slot that only a hoisted block uses
	size    int            // slots of a frame
	home    *scope         // of a block: the scope whose frame holds its variables
	base    int            // of a block: its first slot there
	index   map[string]int // of names, once there are many
	indexed int            // names in the index so far
}

// slot gives the place of name in the scope, adding it if need be.
func (s *scope) slot(name string) int {
	if i := s.find(name); i >= 0 {
		return i
	}
	s.names = append(s.names, name)
	s.size++
	return len(s.names) - 1
}

// find gives the slot of a name, or -1. Of parameters with one name the last counts.
func (s *scope) find(name string) int {
	if len(s.names) <= 16 {
		for i := len(s.names) - 1; i >= 0; i-- {
			if s.names[i] == name {
				return i
			}
		}
		return -1
	}
	if s.index == nil {
		s.index = make(map[string]int, 2*len(s.names))
	}
	for ; s.indexed < len(s.names); s.indexed++ {
		s.index[s.names[s.indexed]] = s.indexed
	}
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

// A frame holds the variables of one scope while it is evaluated. In a path
// that binds variables each item has a frame, whose slot 0 is the item itself.
type frame struct {
	parent *frame
	scope  *scope
	slots  []any // nil: not bound yet
	small  [3]any
}

func newFrame(s *scope, parent *frame) *frame {
	f := &frame{parent: parent, scope: s}
	if s.size <= len(f.small) {
		f.slots = f.small[:s.size]
	} else {
		f.slots = make([]any, s.size)
	}
	return f
}

// size is how many variables the frame holds.
func (f *frame) size() int {
	if f == nil {
		return 0
	}
	return len(f.slots)
}

// null stands in a slot for a JSON null, since nil there says "not bound".
type null struct{}

func (f *frame) set(slot int, v any) {
	if v == nil {
		v = null{}
	}
	f.slots[slot] = v
}

// get gives the value in a slot and whether it is bound.
func (f *frame) get(slot int) (any, bool) {
	v := f.slots[slot]
	switch v.(type) {
	case nil:
		return nil, false
	case null:
		return nil, true
	}
	return v, true
}

// A spot is a slot in the frames of a scope.
type spot struct {
	scope *scope
	slot  int
}

// lookup finds the innermost binding among spots, which list the candidates
// from the inside out.
func (f *frame) lookup(spots []spot) (any, bool) {
	for ; f != nil; f = f.parent {
		for i := range spots {
			if spots[i].scope == f.scope {
				if v, ok := f.get(spots[i].slot); ok {
					return v, true
				}
			}
		}
	}
	return nil, false
}
