// Package timers has the one heap of timers of an engine, and the computer's clock. Only
// the first timer of a heap is known to the clock, so a million timers cost one wake-up. What
// a timer is for only its [Owner] knows.
package timers

import (
	"cmp"
	"container/heap"
	"slices"
	"sync"
	"time"
)

// A Timer is due once, at a time. Its owner sets the exported fields before [Timers.Start]
// and leaves them alone while the timer is in the heap. A timer may be started again.
type Timer struct {
	Due   time.Time
	Owner Owner
	// Kind and ID are the owner's own, to tell its timers apart.
	Kind uint8
	ID   int64

	number uint64 // in the order of the starts, to tell equal times apart
	place  int    // in the heap, counted from 1; 0 outside
}

// An Owner does what its timers are for when they are due. Owners are compared by ==.
type Owner interface {
	// Serve does what these timers are for: all timers of the owner that have the same time,
	// as copies, in the order of their starts. inOrder says that Serve must have done it when it returns; else Serve may leave
	// it to another goroutine. Serve reports whether it may have started timers that are due
	// already, and that [Timers.Serve] has to serve before it returns.
	Serve(due []Timer, inOrder bool) (again bool)
}

// Do returns an owner of a single timer that calls f for it.
func Do(f func(inOrder bool) (again bool)) Owner { return &single{f} }

// A single is what Do returns.
type single struct{ f func(inOrder bool) bool }

func (s *single) Serve(_ []Timer, inOrder bool) bool { return s.f(inOrder) }

// Timers is a heap of timers. The exported fields are set before the first call of a
// method. It is safe for use by any number of goroutines.
type Timers struct {
	// WakeAt has Wake called once, at a time or later, but not before WakeAt returns. stop
	// withdraws that.
	WakeAt func(at time.Time, wake func()) (stop func())
	// Wake is called when a timer is due. It calls [Timers.Serve].
	Wake func()
	// Exact makes a timer that is removed take its wake-up with it. An early
	// wake-up finds nothing to do and does no harm, and is cheaper than telling
	// the clock about every timer that comes and goes; but a virtual clock would
	// jump to it.
	Exact bool

	mu      sync.Mutex
	heap    timerHeap
	started uint64
	wakeAt  time.Time // zero when no wake-up is due
	stop    func()
	held    bool // no wake-up before Release
	closed  bool
}

// Start puts a timer into the heap that is not in it. After Close it does nothing.
func (ts *Timers) Start(t *Timer) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.closed {
		return
	}
	ts.started++
	t.number = ts.started
	heap.Push(&ts.heap, t)
	ts.arm()
}

// Cancel removes a timer. It does nothing with one that is not in the heap.
func (ts *Timers) Cancel(t *Timer) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t.place == 0 {
		return
	}
	heap.Remove(&ts.heap, t.place-1)
	if ts.Exact {
		ts.arm()
	}
}

// CancelAll removes timers. Some may be nil.
func (ts *Timers) CancelAll(timers ...*Timer) {
	for _, t := range timers {
		if t != nil {
			ts.Cancel(t)
		}
	}
}

// Restart starts those of some timers that are not in the heap. Some may be nil.
func (ts *Timers) Restart(timers ...*Timer) {
	for _, t := range timers {
		if t == nil {
			continue
		}
		ts.mu.Lock()
		there := t.place > 0
		ts.mu.Unlock()
		if !there {
			ts.Start(t)
		}
	}
}

// Hold puts all wake-ups off until Release.
func (ts *Timers) Hold() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.held = true
}

// Release ends what Hold began.
func (ts *Timers) Release() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.held = false
	ts.arm()
}

// Move sets another time for a timer. It reports false when the timer is not in the
// heap.
func (ts *Timers) Move(t *Timer, due time.Time) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t.place == 0 {
		return false
	}
	t.Due = due
	heap.Fix(&ts.heap, t.place-1)
	ts.arm()
	return true
}

// DueOf returns the time of a timer that others may move meanwhile.
func (ts *Timers) DueOf(t *Timer) time.Time {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return t.Due
}

// due removes the timers whose time has come and returns copies of them, in the order of
// their times: the timers themselves may be started again at once.
func (ts *Timers) due(now time.Time) []Timer {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var due []Timer
	for len(ts.heap) > 0 && !ts.heap[0].Due.After(now) {
		due = append(due, *heap.Pop(&ts.heap).(*Timer))
	}
	ts.disarm()
	ts.arm()
	return due
}

// Serve has all timers served that are due by a time, by their owners, in the order of the
// times. It must follow a wake-up.
func (ts *Timers) Serve(now time.Time, inOrder bool) {
	for again := true; again; {
		again = false
		due := ts.due(now)
		group(due)
		for len(due) > 0 {
			n := 1
			for n < len(due) && due[n].number == due[0].number {
				n++
			}
			again = due[0].Owner.Serve(due[:n:n], inOrder) || again
			due = due[n:]
		}
	}
}

// A moment is what one call of an owner is for.
type moment struct {
	owner Owner
	due   time.Time
}

// group moves timers that one call serves behind the first of them, and gives them the same
// number.
func group(due []Timer) {
	if len(due) < 2 {
		return
	}
	first := make(map[moment]uint64, len(due))
	for i := range due {
		t := &due[i]
		m := moment{t.Owner, t.Due}
		number, ok := first[m]
		if !ok {
			number = uint64(i)
			first[m] = number
		}
		t.number = number
	}
	slices.SortStableFunc(due, func(a, b Timer) int { return cmp.Compare(a.number, b.number) })
}

// arm makes sure that there is a wake-up for the first timer. ts.mu is locked.
func (ts *Timers) arm() {
	if ts.held {
		return
	}
	if len(ts.heap) == 0 {
		if ts.Exact {
			ts.disarm()
		}
		return
	}
	first := ts.heap[0].Due
	if !ts.wakeAt.IsZero() && (ts.wakeAt.Equal(first) || !ts.Exact && ts.wakeAt.Before(first)) {
		return
	}
	ts.disarm()
	ts.wakeAt = first
	ts.stop = ts.WakeAt(first, ts.Wake)
}

// disarm withdraws the wake-up. ts.mu is locked.
func (ts *Timers) disarm() {
	if ts.stop != nil {
		ts.stop()
	}
	ts.stop, ts.wakeAt = nil, time.Time{}
}

// Close removes all timers, and makes Start do nothing from now on.
func (ts *Timers) Close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.closed = true
	for _, t := range ts.heap {
		t.place = 0
	}
	ts.heap = nil
	ts.disarm()
}

// timerHeap orders timers by time, then by their start.
type timerHeap []*Timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if !h[i].Due.Equal(h[j].Due) {
		return h[i].Due.Before(h[j].Due)
	}
	return h[i].number < h[j].number
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	*h = append(*h, t)
	t.place = len(*h)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.place = 0
	return t
}
