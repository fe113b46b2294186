package engine

// The lists that executions are in.
const (
	isRunning = iota // every execution that runs and is in memory, Express ones too
	byStart          // every Standard execution that is kept in memory, by its start
	byEnd            // every Standard execution that is kept in memory and has ended, by its end
	listKinds
)

// A list links executions in the order they were added, without memory of its own.
// Engine.mu guards it.
type list struct {
	kind        int
	first, last *Execution
}

type links struct{ prev, next *Execution }

// push adds an execution at the end.
func (l *list) push(x *Execution) { l.insert(x, nil) }

// insert adds an execution before another one of the list, or at the end before none.
func (l *list) insert(x, later *Execution) {
	at := links{prev: l.last, next: later}
	if later != nil {
		at.prev = later.links[l.kind].prev
		later.links[l.kind].prev = x
	} else {
		l.last = x
	}
	if at.prev != nil {
		at.prev.links[l.kind].next = x
	} else {
		l.first = x
	}
	x.links[l.kind] = at
}

// has reports whether an execution is in the list.
func (l *list) has(x *Execution) bool { return x.links[l.kind].prev != nil || l.first == x }

// remove takes an execution out, if it is in the list.
func (l *list) remove(x *Execution) {
	if !l.has(x) {
		return
	}
	at := x.links[l.kind]
	if at.prev != nil {
		at.prev.links[l.kind].next = at.next
	} else {
		l.first = at.next
	}
	if at.next != nil {
		at.next.links[l.kind].prev = at.prev
	} else {
		l.last = at.prev
	}
	x.links[l.kind] = links{}
}

// An expressArchive has Express executions while they run, and keeps none.
type expressArchive struct{ *memoryArchive }

// add implements [archive]: the names of Express executions need not be unique.
func (a expressArchive) add(x *Execution) (*Execution, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.draining.Load():
		return nil, ErrClosed
	case a.config.Standby:
		return nil, errStandby
	}
	a.running.push(x)
	return nil, nil
}

// retire implements [archive].
func (a expressArchive) retire(x *Execution) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running.remove(x)
}
