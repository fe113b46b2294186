package engine

import (
	"errors"
	"slices"
	"sync"
	"time"
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
	timer   *timer
	look    bool // the store could not be asked who is due
	armed   bool
	backoff time.Duration // of the timer
	since   time.Time     // when it began; zero when nothing is wrong
	err     error         // the store's latest
}

// add puts an execution in, once.
func (r *repairs) add(e *Engine, x *Execution, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !x.ailing {
		x.ailing = true
		r.queue = append(r.queue, x)
	}
	r.arm(e, err)
}

// addLook has the store asked again who is due.
func (r *repairs) addLook(e *Engine, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look = true
	r.arm(e, err)
}

// arm has the store tried again. r.mu is locked.
func (r *repairs) arm(e *Engine, err error) {
	r.err = err
	if r.since.IsZero() {
		r.since = e.now()
	}
	if r.armed {
		return
	}
	r.armed = true
	r.backoff = min(max(2*r.backoff, firstBackoff), maxBackoff)
	r.timer = &timer{due: e.config.Clock.Now().Add(r.backoff), kind: repaired}
	e.timers.start(r.timer)
}

// done takes an execution out that was restored. When it is the last, nothing is wrong
// any more.
func (r *repairs) done(e *Engine, x *Execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if x.ailing {
		x.ailing = false
		r.queue = slices.DeleteFunc(r.queue, func(y *Execution) bool { return y == x })
	}
	r.settle(e)
}

// settle notes that nothing is wrong when no execution is left. r.mu is locked.
func (r *repairs) settle(e *Engine) {
	if len(r.queue) > 0 || r.look {
		return
	}
	if r.armed {
		e.timers.cancel(r.timer)
	}
	r.armed, r.backoff, r.since, r.err = false, 0, time.Time{}, nil
}

// try restores the executions until the store fails again.
func (r *repairs) try(e *Engine) {
	r.mu.Lock()
	queue, look := r.queue, r.look
	r.queue, r.look, r.armed = nil, false, false
	for _, x := range queue {
		x.ailing = false
	}
	r.mu.Unlock()
	for i, x := range queue {
		x.mu.Lock()
		err := x.awake()
		x.settled()
		lost := x.lost != nil
		x.mu.Unlock()
		if failed, ok := errors.AsType[*StoreError](err); ok && !lost {
			for _, x := range queue[i+1:] {
				r.add(e, x, failed.Err)
			}
			if look {
				r.addLook(e, failed.Err)
			}
			return
		}
	}
	if look {
		e.lookAgain(e.virtual != nil)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(e)
}

// Health says how an engine is.
type Health struct {
	// Err is nil while the engine can make progress. Else it is [ErrClosed], or a
	// *StoreError: the store failed, and the engine tries it again from time to
	// time.
	Err error
	// Since is when the store began to fail, in the time of the engine's clock;
	// zero while it doesn't.
	Since time.Time
	// Waiting is how many executions stand still until the store works again.
	Waiting int
	// Stranded are the running executions in the store that this engine can't
	// take up, by their ARNs, and why: it has no handler for their tasks, their
	// definition is refused, or their log can't be read, which is found out when an
	// execution has something to do. They stay as they are.
	Stranded map[string]error
	// Notify is why the latest notification could not be delivered, nil when it was.
	Notify error
}

// Health says whether the engine can make progress. An engine without a store
// always can until it is closed.
func (e *Engine) Health() Health {
	var h Health
	e.mu.Lock()
	for arn, err := range e.stranded {
		if h.Stranded == nil {
			h.Stranded = make(map[string]error, len(e.stranded))
		}
		h.Stranded[arn] = err
	}
	e.mu.Unlock()
	h.Notify = e.outbox.Err()
	e.repairs.mu.Lock()
	defer e.repairs.mu.Unlock()
	h.Since, h.Waiting = e.repairs.since, len(e.repairs.queue)
	if e.repairs.err != nil {
		h.Err = &StoreError{Err: e.repairs.err}
	}
	if e.closed.Load() {
		h.Err = ErrClosed
	}
	return h
}
