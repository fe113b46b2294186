package engine

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/internal/timers"
)

// How long the engine waits before it tries a store again that failed: at first,
// and at most; each wait is twice the one before.
const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// repairs are the executions that stand still because the store failed, and the
// timer to restore them. The zero repairs has none.
type repairs struct {
	mu      sync.Mutex
	queue   []*Execution
	timer   *timers.Timer
	look    bool // the store could not be asked who is due
	armed   bool
	backoff time.Duration // of the timer
	since   time.Time     // when it began; zero when nothing is wrong
	err     error         // the store's latest
}

// add puts an execution in, once.
func (r *repairs) add(a *storeArchive, x *Execution, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !x.ailing {
		x.ailing = true
		r.queue = append(r.queue, x)
	}
	r.arm(a, err)
}

// addLook has the store asked again who is due.
func (r *repairs) addLook(a *storeArchive, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look = true
	r.arm(a, err)
}

// arm has the store tried again. r.mu is locked.
func (r *repairs) arm(a *storeArchive, err error) {
	r.err = err
	if r.since.IsZero() {
		r.since = a.now()
	}
	if r.armed {
		return
	}
	r.armed = true
	r.backoff = min(max(2*r.backoff, firstBackoff), maxBackoff)
	r.timer = &timers.Timer{Due: a.config.Clock.Now().Add(r.backoff), Owner: timers.Do(func(inOrder bool) bool {
		return a.inOrderOrAside(inOrder, func() { r.try(a) })
	})}
	a.timers.Start(r.timer)
}

// done takes an execution out that was restored. When it is the last, nothing is wrong
// any more.
func (r *repairs) done(a *storeArchive, x *Execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x.ailing {
		x.ailing = false
		r.queue = slices.DeleteFunc(r.queue, func(y *Execution) bool { return y == x })
	}
	r.clearIfDone(a)
}

// clearIfDone forgets the store's error and cancels the next attempt when no execution
// waits for the store any more. r.mu is locked.
func (r *repairs) clearIfDone(a *storeArchive) {
	if len(r.queue) > 0 || r.look {
		return
	}
	if r.armed {
		a.timers.Cancel(r.timer)
	}
	r.armed, r.backoff, r.since, r.err = false, 0, time.Time{}, nil
}

// try restores the executions until the store fails again.
func (r *repairs) try(a *storeArchive) {
	r.mu.Lock()
	queue, look := r.queue, r.look
	r.queue, r.look, r.armed = nil, false, false
	for _, x := range queue {
		x.ailing = false
	}
	r.mu.Unlock()
	for i, x := range queue {
		x.lock()
		err := x.ready()
		x.afterInput()
		lost := x.gone != nil
		x.unlock()
		if failed, ok := errors.AsType[*StoreError](err); ok && !lost {
			for _, x := range queue[i+1:] {
				r.add(a, x, failed.Err)
			}
			if look {
				r.addLook(a, failed.Err)
			}
			return
		}
	}
	if look {
		a.lookAgain(a.virtual != nil)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clearIfDone(a)
}
