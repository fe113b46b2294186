package sqlite

import (
	"sync"
	"sync/atomic"
)

// The states of a request.
const (
	queued = iota // its caller may still give it up
	taken         // by the writer
	given         // up by its caller
)

// A change is staged in the writer's transaction. It is refused before anything was
// changed; when it failed the whole transaction is undone, and it may be staged once more.
type change func(w *writer) (refused, failed error)

// A request is a change that a caller waits for.
type request struct {
	apply           change
	state           atomic.Int32
	refused, failed error
	done            chan struct{} // gets one when it is made or refused
}

// requests are ones that nobody has any more: a change makes little garbage.
var requests = sync.Pool{New: func() any { return &request{done: make(chan struct{}, 1)} }}

// finish tells the caller, whose the request is from then on.
func (r *request) finish(failed error) {
	r.failed = failed
	r.done <- struct{}{}
}

// release gives a finished request back and returns what came of it.
func (r *request) release() (refused, failed error) {
	refused, failed = r.refused, r.failed
	r.apply, r.refused, r.failed = nil, nil, nil
	r.state.Store(queued)
	requests.Put(r)
	return refused, failed
}

// A queue has the requests that wait for the writer.
type queue struct {
	mu     sync.Mutex
	all    []*request
	spare  []*request // the slice that the writer is done with
	closed bool
	wake   chan struct{}
}

// add appends a request, or reports false when the store is closed.
func (q *queue) add(r *request) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.all = append(q.all, r)
	first := len(q.all) == 1
	q.mu.Unlock()
	if first {
		q.signal()
	}
	return true
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns up to n requests that wait, none when there are none; they are the
// caller's until the next take. After a close the last are returned with last.
func (q *queue) take(n int) (batch []*request, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.all
	clear(q.spare)
	q.all, q.spare = append(q.spare[:0], waiting[min(n, len(waiting)):]...), waiting
	batch = waiting[:0]
	for _, r := range waiting[:min(n, len(waiting))] {
		if r.state.CompareAndSwap(queued, taken) {
			batch = append(batch, r)
		}
	}
	return batch, q.closed && len(q.all) == 0
}
