package engine

import (
	"cmp"
	"errors"
	"slices"

	"github.com/gostates/gostates/engine/store"
)

// resume takes up the executions that have something to do according to the store.
// What came due while nobody was there happens first, in order; then handlers are
// called. Who sleeps sleeps on.
func (e *Engine) resume() error {
	e.busy(1)
	defer e.busy(-1)
	e.timers.hold()
	e.resuming = true
	err := e.strandUnusable()
	if err == nil {
		err = e.look(true)
	}
	if _, ok := errors.AsType[*StoreError](err); !ok && err != nil {
		err = &StoreError{Err: err}
	}
	if err != nil {
		return err
	}
	e.serve(true, e.config.Clock.Now())
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

// programOf returns the program of a running execution of the store. It returns nil when
// the engine can't use it, which it notes, and an error when the store failed.
func (e *Engine) programOf(r *store.Record) (*program, error) {
	p, err := e.storedProgram(r)
	if err == nil {
		return p, nil
	}
	if _, ok := errors.AsType[*StoreError](err); ok {
		return nil, err
	}
	if l, failed := e.readStored(r.ARN); failed != nil || !l.elsewhere {
		e.strand(r.ARN, err)
	}
	return nil, nil
}

// known returns a running execution of the store, which may still have to be restored.
// It returns nil when the engine can't take it up, and an error when the store failed.
func (e *Engine) known(r *store.Record) (*Execution, error) {
	p, err := e.programOf(r)
	if p == nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.stranded, r.ARN)
	x := e.roused(r.ARN)
	if x == nil {
		x = e.shell(r.ARN, p, r.Due)
		e.rise(x)
	}
	return x, nil
}

// restored has an execution in memory for a moment: its timers, and what it has to do,
// do the rest. The error is the store's.
func (x *Execution) restored() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.awake()
	x.settled()
	if _, ok := errors.AsType[*StoreError](err); ok {
		return err
	}
	return nil
}

// never says that there was no such execution: it was a start that found its name taken.
func (x *Execution) never() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if errors.Is(x.lost, ErrExecutionAlreadyExists) {
		return x.lost
	}
	return nil
}

// adopt takes up a running execution of the store, or says why it can't.
func (e *Engine) adopt(r *store.Record) (*Execution, error) {
	x, err := e.known(r)
	switch {
	case err != nil:
		return nil, err
	case x != nil:
		return x, cmp.Or(x.restored(), x.never())
	}
	if err := e.whyStranded(r.ARN); err != nil {
		return nil, err
	}
	return &Execution{engine: e, identity: identityOfRecord(r), startDate: r.StartDate, elsewhere: true}, nil
}
