package engine

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
)

// open takes up the executions that have something to do according to the store. The others
// sleep on. On a virtual clock everything that came due while nobody was there has happened
// when open returns, in order; else it happens on other goroutines, so that a long list of
// it holds nobody up: in the order of the times, but for those that stand within maxAside
// of each other.
func (a *storeArchive) open() error {
	a.busy(1)
	defer a.busy(-1)
	a.opened = a.now()
	if a.config.Standby {
		return nil
	}
	err := a.strandUnusable()
	a.readKilled()
	if err == nil {
		err = a.readForsaken()
	}
	switch {
	case err != nil:
	case a.virtual != nil:
		err = a.resumeInOrder()
	default:
		err = a.canTell()
	}
	if _, ok := errors.AsType[*StoreError](err); !ok && err != nil {
		err = &StoreError{Err: err}
	}
	if err != nil {
		return err
	}
	if a.virtual == nil {
		a.aside(func() { a.lookAgain(false) })
		a.aside(a.endOrphans)
	} else {
		a.endOrphans()
	}
	a.stopForsakenSoon()
	a.housekeeper.expect(a.Engine, a.cutoff().Add(-1), a.clean) // at once
	if r, ok := a.config.Resolver.(interface{ OnChange(f func()) (stop func()) }); ok {
		a.stop = r.OnChange(a.supplyHandlersSoon)
		a.supplyHandlers() // that were added meanwhile
	}
	return nil
}

// canTell returns why the store can't tell what is due, as far as the first answer shows it.
func (a *storeArchive) canTell() error {
	for _, err := range a.store.running(time.Time{}) {
		if !errors.Is(err, store.ErrDamaged) { // which is one execution's
			return err
		}
	}
	return nil
}

// resumeInOrder restores all executions that are due. First their timers are served, in
// the order of time, and only then handlers are called.
func (a *storeArchive) resumeInOrder() error {
	a.timers.Hold()
	a.opening = true
	if err := a.look(true); err != nil {
		return err
	}
	a.timers.Serve(a.config.Clock.Now(), true)
	a.opening = false
	held := a.held
	a.held = nil
	a.timers.Release()
	// All at once: on a virtual clock what follows from the first comes after the last.
	var first *call
	for _, c := range slices.Backward(held) {
		if c.Err() == nil { // it may be over
			c.next, first = first, c
		}
	}
	a.spawn(first)
	return nil
}

// programOf returns the program of a running execution of the store. It returns nil when
// the engine can't use it, and an error when the store failed. It notes that, and when
// handlers are missing, for [Engine.Health].
func (a *storeArchive) programOf(r *store.Record) (*program, error) {
	p, err := a.storedProgram(r)
	if err == nil {
		err = a.machines.unresolved(a.config.Resolver, p.machine)
	}
	if err == nil {
		return p, nil
	}
	if _, ok := errors.AsType[*StoreError](err); ok && !errors.Is(err, store.ErrDamaged) {
		return nil, err
	}
	switch l, failed := a.readStored(r.ARN); {
	case failed == nil && l.elsewhere:
	case p == nil:
		a.noteStranded(r.ARN, err)
		a.logStranded(r.ARN, err)
	default:
		a.lack(r.ARN, p, err)
	}
	return p, nil
}

// executionOf returns the running execution of a record of the store. The execution may
// still have to be restored.
// It returns nil when the engine can't run the execution, and an error when the store failed.
func (a *storeArchive) executionOf(r *store.Record) (*Execution, error) {
	p, err := a.programOf(r)
	if p == nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.stranded, r.ARN)
	x := a.bringInLocked(r.ARN)
	if x == nil {
		x = a.unrestored(r.ARN, p, r.Due)
		a.register(x)
	}
	return x, nil
}

// restored has an execution in memory for a moment: its timers, and what it has to do,
// do the rest. The error is the store's.
func (x *Execution) restored() error {
	x.lock()
	defer x.unlock()
	err := x.ready()
	x.afterInput()
	if _, ok := errors.AsType[*StoreError](err); ok {
		return err
	}
	return nil
}

// nameWasTaken returns ErrExecutionAlreadyExists when the execution was a start that found
// its name taken by another execution, so that it never was one; else nil.
func (x *Execution) nameWasTaken() error {
	x.lock()
	defer x.unlock()
	if errors.Is(x.gone, ErrExecutionAlreadyExists) {
		return x.gone
	}
	return nil
}

// resumeRunning returns a running execution of the store, restored, or the error why it
// can't go on.
func (a *storeArchive) resumeRunning(r *store.Record) (*Execution, error) {
	x, err := a.executionOf(r)
	switch {
	case err != nil:
		return nil, err
	case x != nil:
		return x, cmp.Or(x.restored(), x.nameWasTaken())
	}
	if err := a.whyStranded(r.ARN); err != nil {
		return nil, err
	}
	return &Execution{engine: a.Engine, archive: a, identity: identityOfRecord(r), startDate: r.StartDate, gone: ErrRunsElsewhere}, nil
}
