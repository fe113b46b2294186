package engine

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
)

// A housekeeper removes executions whose time of retention is over, whether or not
// anybody asks for them. It has one timer: of the execution that ended first.
type housekeeper struct {
	armed atomic.Bool // the timer is set, or what it is for is done
}

// expireInterval is how long the housekeeper rests at least before it comes again.
const expireInterval = time.Minute

// expect has clean called when an execution that ended at a time is to be removed, and
// again for those that are left: clean returns when the first of them ended, zero for
// none. It is called on a goroutine of its own, or in the order of the timers on a virtual
// clock.
func (h *housekeeper) expect(e *Engine, ended time.Time, clean func() (oldest time.Time)) {
	if e.config.Limits.Retention == math.MaxInt64 || !h.armed.CompareAndSwap(false, true) {
		return
	}
	h.arm(e, ended.Add(e.config.Limits.Retention+1), clean)
}

func (h *housekeeper) arm(e *Engine, at time.Time, clean func() time.Time) {
	work := func() {
		oldest := clean()
		if oldest.IsZero() {
			h.armed.Store(false)
			// One may have ended between the look and now.
			if oldest = clean(); oldest.IsZero() || !h.armed.CompareAndSwap(false, true) {
				return
			}
		}
		at, soonest := oldest.Add(e.config.Limits.Retention+1), e.config.Clock.Now().Add(expireInterval)
		if at.Before(soonest) {
			at = soonest
		}
		h.arm(e, at, clean)
	}
	e.timers.Start(&timers.Timer{Due: at, Owner: timers.Do(func(inOrder bool) bool {
		if inOrder {
			work()
			return true
		}
		e.busy(1)
		go func() {
			defer e.busy(-1)
			work()
		}()
		return false
	})})
}

// cutoff returns the time before which executions ended that are gone.
func (e *Engine) cutoff() time.Time { return e.config.Clock.Now().Add(-e.config.Limits.Retention) }

// over reports whether the time of an execution that ended at a time, or runs if that is
// zero, is over. It is gone then, though the store may still have it.
func (e *Engine) over(stopDate time.Time) bool {
	return !stopDate.IsZero() && stopDate.Before(e.cutoff())
}

// expireStep is how many executions are removed from a store at a time, so that nobody
// waits long.
const expireStep = 100

// clean rids the store of executions whose time is over, and returns when the first of
// those ended that are left. When the store fails another time will do.
func (a *storeArchive) clean() (oldest time.Time) {
	err := a.expire()
	if err == nil {
		err = a.store.use(func(s store.Store) (err error) {
			oldest, err = s.Oldest(context.Background())
			return err
		})
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		oldest = a.cutoff()
	}
	return oldest
}

// expire removes what is over, in small bites.
func (a *storeArchive) expire() error {
	before := a.cutoff()
	for {
		n := 0
		err := a.store.use(func(s store.Store) (err error) {
			n, err = s.Expire(context.Background(), before, expireStep)
			return err
		})
		if n < expireStep || err != nil {
			return err
		}
	}
}

// vacate has a name free again whose execution is gone, though the store had it.
func (a *storeArchive) vacate(arn string) bool {
	r, err := a.store.record(arn)
	return err == nil && a.over(r.StopDate) && a.expire() == nil
}

// clean lets go of executions whose time is over.
func (a *memoryArchive) clean() (oldest time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(a.cutoff())
	if x := a.ends.first; x != nil && !a.closed.Load() {
		oldest = x.stopDate
	}
	return oldest
}
