package jsonpath

// A javaSet is a java.util.HashSet that is only ever added to: it gives its values in
// the order in which Java iterates over them. That order is the table's, bin by bin,
// and so depends on the size of the table. A bin of many values becomes a red-black
// tree, which shows, too: its root goes to the front, and a new value to the place
// behind its parent.
//
// OpenJDK's HashMap is where all of this is defined, and its names are used here.
type javaSet struct {
	table     []javaBin
	size      int
	threshold int // more values than this double the table
}

// A javaBin is what one slot of the table holds: a list, and a tree over it when the
// root is set.
type javaBin struct {
	first, root *javaNode
}

type javaNode struct {
	value               any
	hash                int32
	next, prev          *javaNode // in the bin's list; only a tree needs prev
	parent, left, right *javaNode
	red                 bool
}

const (
	treeifyThreshold   = 8  // a list of more values becomes a tree
	untreeifyThreshold = 6  // a tree of no more values becomes a list when it is split
	minTreeifyCapacity = 64 // a smaller table is doubled instead
)

// newJavaSet makes the set that `new HashSet<>(list)` fills with a list of n values. That
// AWS makes it so is a guess: one that begins with 16 bins and grows gives the measured
// order, too, and another one for some lists of 12 values and more.
func newJavaSet(n int) *javaSet {
	bins := 16
	for bins < int(float32(n)/0.75)+1 {
		bins *= 2
	}
	return &javaSet{table: make([]javaBin, bins), threshold: bins / 4 * 3}
}

// add puts in a value that the set does not have.
func (s *javaSet) add(v any) {
	h := javaHash(v)
	n := &javaNode{value: v, hash: h ^ int32(uint32(h)>>16)}
	bin := s.bin(n.hash)
	if bin.root != nil {
		bin.insertBehindParent(n)
	} else if length := bin.append(n); length > treeifyThreshold {
		if len(s.table) < minTreeifyCapacity {
			s.resize()
		} else {
			bin.treeify()
		}
	}
	if s.size++; s.size > s.threshold {
		s.resize()
	}
}

// values gives the values in the set's order.
func (s *javaSet) values() []any {
	out := make([]any, 0, s.size)
	for i := range s.table {
		for n := s.table[i].first; n != nil; n = n.next {
			out = append(out, n.value)
		}
	}
	return out
}

func (s *javaSet) bin(hash int32) *javaBin { return &s.table[int(hash)&(len(s.table)-1)] }

// resize doubles the table. Each bin is split in two, which keep its order.
func (s *javaSet) resize() {
	old := s.table
	s.table = make([]javaBin, 2*len(old))
	s.threshold *= 2
	for i := range old {
		low, high := &s.table[i], &s.table[i+len(old)]
		var lows, highs int
		var lowEnd, highEnd *javaNode
		for n := old[i].first; n != nil; {
			next := n.next
			n.next, n.prev = nil, nil
			if int(n.hash)&len(old) == 0 {
				lowEnd = low.link(lowEnd, n)
				lows++
			} else {
				highEnd = high.link(highEnd, n)
				highs++
			}
			n = next
		}
		if old[i].root != nil {
			low.keepTree(old[i].root, lows, highs)
			high.keepTree(old[i].root, highs, lows)
		}
	}
}

// keepTree makes a tree of one half of a tree that was split, unless the half is small.
// A half that is the whole stays the tree that it was.
func (b *javaBin) keepTree(root *javaNode, count, others int) {
	switch {
	case count <= untreeifyThreshold:
	case others == 0:
		b.root = root
	default:
		b.treeify()
	}
}

// link puts a node behind the list's last, and returns it.
func (b *javaBin) link(last, n *javaNode) *javaNode {
	if last == nil {
		b.first = n
	} else {
		last.next, n.prev = n, last
	}
	return n
}

// append puts a node at the list's end, and returns the list's length.
func (b *javaBin) append(n *javaNode) (length int) {
	var last *javaNode
	length = 1
	for at := b.first; at != nil; at = at.next {
		last = at
		length++
	}
	b.link(last, n)
	return length
}

// treeify builds the tree over the list.
func (b *javaBin) treeify() {
	b.root = nil
	for n := b.first; n != nil; n = n.next {
		n.parent, n.left, n.right, n.red = nil, nil, nil, false
		b.grow(n)
	}
	b.moveRootToFront()
}

// insertBehindParent puts a node into the tree, and into the list behind the node that
// became its parent.
func (b *javaBin) insertBehindParent(n *javaNode) {
	parent := b.grow(n)
	n.next, n.prev = parent.next, parent
	if n.next != nil {
		n.next.prev = n
	}
	parent.next = n
	b.moveRootToFront()
}

func (b *javaBin) moveRootToFront() {
	root := b.root
	if b.first == root {
		return
	}
	root.prev.next = root.next
	if root.next != nil {
		root.next.prev = root.prev
	}
	b.first.prev, root.next, root.prev = root, b.first, nil
	b.first = root
}

// grow puts a node into the tree and balances it. It returns the node below which the
// new one was put, nil for the first.
func (b *javaBin) grow(n *javaNode) (below *javaNode) {
	at := &b.root
	for *at != nil {
		below = *at
		if n.before(below) {
			at = &below.left
		} else {
			at = &below.right
		}
	}
	*at, n.parent = n, below
	b.balance(n)
	return below
}

func (n *javaNode) before(other *javaNode) bool {
	if n.hash != other.hash {
		return n.hash < other.hash
	}
	return javaOrder(n.value, other.value) < 0
}

// balance restores the red-black tree after n was put in.
func (b *javaBin) balance(n *javaNode) {
	n.red = true
	for n.parent != nil && n.parent.red {
		parent, grand := n.parent, n.parent.parent
		left := parent == grand.left
		uncle := grand.left
		if left {
			uncle = grand.right
		}
		if uncle != nil && uncle.red {
			uncle.red, parent.red, grand.red = false, false, true
			n = grand
			continue
		}
		if left != (n == parent.left) { // the inner child changes places with its parent
			b.rotate(parent, left)
			parent = n
		}
		parent.red, grand.red = false, true
		b.rotate(grand, !left)
		break
	}
	b.root.red = false
}

// rotate turns the tree at a node, to the left or to the right: its child there takes
// its place.
func (b *javaBin) rotate(n *javaNode, left bool) {
	var child *javaNode
	if left {
		child = n.right
		n.right = child.left
		if n.right != nil {
			n.right.parent = n
		}
		child.left = n
	} else {
		child = n.left
		n.left = child.right
		if n.left != nil {
			n.left.parent = n
		}
		child.right = n
	}
	child.parent = n.parent
	switch {
	case n.parent == nil:
		b.root = child
	case n.parent.left == n:
		n.parent.left = child
	default:
		n.parent.right = child
	}
	n.parent = child
}
