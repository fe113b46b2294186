package engine

import (
	"container/heap"
	"sync"
	"time"

	"github.com/gostates/gostates/states"
)

// A timer makes something happen to an execution at a time.
type timer struct {
	due       time.Time
	execution *Execution
	kind      happens // fired, expired or silent
	id        states.EventID
	// ringer is rung in place of the execution, if there is one.
	ringer ringer

	number uint64 // in the order they were started, to tell equal times apart
	index  int    // in the heap, -1 outside
}

// A ringer is what a timer is for that is not an execution's.
type ringer interface {
	// ring does what is due. inOrder says that it must be done when ring returns, and
	// the result that other timers may be due because of it.
	ring(inOrder bool) (again bool)
}

// A ringFunc is a ringer that calls a function.
type ringFunc func(inOrder bool) (again bool)

func (f ringFunc) ring(inOrder bool) bool { return f(inOrder) }

// timers is the one heap of timers of an engine. Only its first is known to the
// clock.
type timers struct {
	clock Clock
	// exact makes a timer that is removed take its wake-up with it. An early
	// wake-up finds nothing to do and does no harm, and is cheaper than telling
	// the clock about every timer that comes and goes; but a virtual clock would
	// jump to it.
	exact bool
	wake  func()

	mu      sync.Mutex
	heap    timerHeap
	started uint64
	wakeAt  time.Time // zero when no wake-up is due
	stop    func()
	held    bool // no wake-up yet
	closed  bool
}

// start adds a timer.
func (ts *timers) start(t *timer) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.closed {
		t.index = -1
		return
	}
	ts.started++
	t.number = ts.started
	heap.Push(&ts.heap, t)
	ts.arm()
}

// cancel removes a timer; one that is not there is left alone.
func (ts *timers) cancel(t *timer) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t.index < 0 {
		return
	}
	heap.Remove(&ts.heap, t.index)
	if ts.exact {
		ts.arm()
	}
}

// cancelAll removes timers; nil is none.
func (ts *timers) cancelAll(timers ...*timer) {
	for _, t := range timers {
		if t != nil {
			ts.cancel(t)
		}
	}
}

// restart adds timers again that are not there; nil is none.
func (ts *timers) restart(timers ...*timer) {
	for _, t := range timers {
		if t == nil {
			continue
		}
		ts.mu.Lock()
		there := t.index >= 0
		ts.mu.Unlock()
		if !there {
			ts.start(t)
		}
	}
}

// hold puts all wake-ups off until release.
func (ts *timers) hold() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.held = true
}

func (ts *timers) release() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.held = false
	ts.arm()
}

// move sets another time for a timer. It reports false when the timer is not
// there.
func (ts *timers) move(t *timer, due time.Time) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t.index < 0 {
		return false
	}
	t.due = due
	heap.Fix(&ts.heap, t.index)
	ts.arm()
	return true
}

// due removes the timers whose time has come and returns them by time, as they were:
// they may be started again at once. It must follow a wake-up.
func (ts *timers) due(now time.Time) []timer {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var due []timer
	for len(ts.heap) > 0 && !ts.heap[0].due.After(now) {
		due = append(due, *heap.Pop(&ts.heap).(*timer))
	}
	ts.disarm()
	ts.arm()
	return due
}

// arm makes sure that the clock wakes us for the first timer.
func (ts *timers) arm() {
	if ts.held {
		return
	}
	if len(ts.heap) == 0 {
		if ts.exact {
			ts.disarm()
		}
		return
	}
	first := ts.heap[0].due
	if !ts.wakeAt.IsZero() && (ts.wakeAt.Equal(first) || !ts.exact && ts.wakeAt.Before(first)) {
		return
	}
	ts.disarm()
	ts.wakeAt = first
	ts.stop = ts.clock.WakeAt(first, ts.wake)
}

func (ts *timers) disarm() {
	if ts.stop != nil {
		ts.stop()
	}
	ts.stop, ts.wakeAt = nil, time.Time{}
}

// close forgets all timers and takes no more.
func (ts *timers) close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.closed = true
	for _, t := range ts.heap {
		t.index = -1
	}
	ts.heap = nil
	ts.disarm()
}

// timerHeap orders timers by time, then by their start.
type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if !h[i].due.Equal(h[j].due) {
		return h[i].due.Before(h[j].due)
	}
	return h[i].number < h[j].number
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
