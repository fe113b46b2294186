package engine

import (
	"errors"
	"slices"
	"time"
)

// resume takes up the executions that run according to the store. What came due
// while nobody was there happens first, in order; then handlers are called.
func (e *Engine) resume() error {
	e.busy(1)
	defer e.busy(-1)
	e.timers.hold()
	e.resuming = true
	for r, err := range e.store.running(time.Time{}) {
		if err != nil {
			return &StoreError{Err: err}
		}
		if _, err = e.adopt(&r); err != nil {
			return err
		}
	}
	e.serve(true)
	e.resuming = false
	held := e.held
	e.held = nil
	e.timers.release()
	// All at once: on a virtual clock what follows from the first comes after the last.
	var first *call
	for _, c := range slices.Backward(held) {
		if c.Err() == nil { // it may be over
			c.next, first = first, c
		}
	}
	e.spawn(first)
	e.expire()
	return nil
}

// spawnLater makes calls on another goroutine, while New takes up executions only at
// its end.
func (e *Engine) spawnLater(calls *call) {
	switch {
	case !e.resuming:
		e.spawn(calls)
	default:
		for c := calls; c != nil; c = c.next {
			e.held = append(e.held, c)
		}
	}
}

// adopt takes up a running execution of the store. It returns nil when the engine
// can't, and an error when the store failed.
func (e *Engine) adopt(r *Record) (*Execution, error) {
	p, err := e.storedProgram(r)
	if err != nil {
		if _, ok := errors.AsType[*StoreError](err); ok {
			return nil, err
		}
		if l, failed := e.readStored(r.ARN); failed == nil && l.elsewhere {
			return &Execution{engine: e, identity: r.identity(), startDate: r.StartDate, elsewhere: true}, nil
		}
		e.strand(r.ARN, err)
		return nil, nil
	}
	e.mu.Lock()
	x := e.roused(r.ARN)
	if x == nil {
		x = e.shell(r.ARN, p)
		e.byARN[r.ARN] = x
		e.push(stillRunning, x)
	}
	delete(e.stranded, r.ARN)
	e.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	err = x.awake()
	x.settled()
	if _, ok := errors.AsType[*StoreError](err); ok {
		return nil, err
	}
	return x, nil
}
