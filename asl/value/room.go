package value

import (
	"strings"
	"sync"
)

// A room is memory for the objects, members and elements of one document,
// allocated in few pieces: most of the time that parsing takes would otherwise
// go into allocating them one by one. The pieces stay small, for whoever keeps
// one object of a large document keeps the pieces that it lies in.
type room struct {
	objects  []Object
	members  []Member
	elements []any

	objectsLeft, membersLeft, elementsLeft int // at most so many are still to come
}

// piece is the most objects, members or elements allocated at once.
const piece = 64

// measure estimates from above what the document holds. What stands inside
// strings is counted too, which costs at most one piece of each kind.
func (r *room) measure(text string) {
	r.objectsLeft = strings.Count(text, "{")
	r.membersLeft = strings.Count(text, ":")
	if arrays := strings.Count(text, "["); arrays > 0 {
		// Commas stand between members and between elements.
		r.elementsLeft = max(0, strings.Count(text, ",")-r.membersLeft+r.objectsLeft) + arrays
	}
}

func (r *room) object() *Object {
	if len(r.objects) == 0 {
		r.objects = make([]Object, max(1, min(r.objectsLeft, piece)))
		r.objectsLeft -= len(r.objects)
	}
	o := &r.objects[0]
	r.objects = r.objects[1:]
	return o
}

func (r *room) keepMembers(members []Member) []Member {
	n := len(members)
	if n > len(r.members) {
		if n >= piece {
			return append(make([]Member, 0, n), members...)
		}
		r.members = make([]Member, max(n, min(r.membersLeft, piece)))
		r.membersLeft -= len(r.members)
	}
	kept := r.members[:n:n]
	r.members = r.members[n:]
	copy(kept, members)
	return kept
}

func (r *room) keepElements(elements []any) []any {
	n := len(elements)
	if n > len(r.elements) {
		if n >= piece {
			return append(make([]any, 0, n), elements...)
		}
		r.elements = make([]any, max(n, min(r.elementsLeft, piece)))
		r.elementsLeft -= len(r.elements)
	}
	kept := r.elements[:n:n]
	r.elements = r.elements[n:]
	copy(kept, elements)
	return kept
}

// Stacks hold the members and elements of the objects and arrays that a parser
// is inside of. When one of those ends, its own are copied out and cleared, for
// what a pool holds must not keep a document alive.
type stacks struct {
	members  []Member
	elements []any
}

var stackPool = sync.Pool{New: func() any {
	return &stacks{members: make([]Member, 0, piece), elements: make([]any, 0, piece)}
}}

// release gives the stacks to the next parser, unless a large document made them
// large.
func (s *stacks) release() {
	if cap(s.members) > 16*piece || cap(s.elements) > 16*piece {
		return
	}
	clear(s.members) // nothing is left but after an error
	clear(s.elements)
	s.members, s.elements = s.members[:0], s.elements[:0]
	stackPool.Put(s)
}
