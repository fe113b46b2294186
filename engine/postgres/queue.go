package postgres

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// The states of a request.
const (
	queued = iota // its caller may still give it up
	taken         // by the writer
	given         // up by its caller
)

// A change is what a caller asks of the writer.
type change struct {
	// needs says what apply must know of the database.
	needs needs
	// apply decides on the change and stages it. It is refused or has failed before anything
	// was staged, and it may be applied once more when its transaction failed.
	apply func(w *writer) error
	// alone has a transaction of its own, with no other change on its way, in place of apply.
	alone func(w *writer) error
	size  int // bytes, about
}

// A request is a change that a caller waits for.
type request struct {
	change
	state atomic.Int32
	err   error
	done  chan struct{} // gets one when it is made or refused
}

// requests are ones that nobody has any more: a change makes little garbage.
var requests = sync.Pool{New: func() any { return &request{done: make(chan struct{}, 1)} }}

// finish tells the caller, whose the request is from then on.
func (r *request) finish(err error) {
	r.err = err
	r.done <- struct{}{}
}

// release gives a finished request back and returns what came of it.
func (r *request) release() error {
	err := r.err
	r.change, r.err = change{}, nil
	r.state.Store(queued)
	requests.Put(r)
	return err
}

// A queue has the requests that wait for the writer.
type queue struct {
	mu     sync.Mutex
	all    []*request
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

// take appends requests that wait to a batch, up to a number of requests and about so many
// bytes; last says that no others follow. One that has its transaction alone is taken alone.
func (q *queue) take(batch []*request, n, size int) (_ []*request, last bool) {
	q.settle()
	q.mu.Lock()
	defer q.mu.Unlock()
	taking := 0
	for taking < len(q.all) && len(batch) < n && size > 0 {
		r := q.all[taking]
		if r.alone != nil && len(batch) > 0 {
			break
		}
		taking++
		if r.state.CompareAndSwap(queued, taken) {
			batch = append(batch, r)
			size -= r.size
			if r.alone != nil {
				break
			}
		}
	}
	kept := copy(q.all, q.all[taking:])
	clear(q.all[kept:])
	q.all = q.all[:kept]
	return batch, q.closed && kept == 0
}

// settle lets goroutines run that are about to add requests. After a commit its
// callers wake up one after another; the writer that took the first one's next
// request alone would have a transaction for each.
func (q *queue) settle() {
	for before := -1; ; {
		q.mu.Lock()
		n := len(q.all)
		q.mu.Unlock()
		if n == before {
			return
		}
		before = n
		runtime.Gosched()
	}
}
