package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// redrive redrives an execution that a store keeps.
func (a *storeArchive) redrive(ctx context.Context, arn, token string) (*Execution, *call, error) {
	if x := a.inMemory(arn); x != nil { // or its last step is over now
		x.unlock()
		return nil, nil, errNotRedrivable(arn, reasonRunning)
	}
	r, err := a.readRecord(arn)
	if err != nil {
		return nil, nil, err
	}
	switch r.Status {
	case states.StatusRunning:
		return nil, nil, errNotRedrivable(arn, reasonRunning)
	case states.StatusSucceeded:
		return nil, nil, errNotRedrivable(arn, reasonSucceeded)
	}
	p, err := a.storedProgram(&r)
	if err != nil {
		return nil, nil, err
	}
	if _, err := a.machines.check(a.config.Resolver, p.machine); err != nil {
		return nil, nil, fmt.Errorf("engine: %s can't go on: %w", arn, err)
	}
	x := a.unrestored(arn, p, time.Time{})
	x.lock()
	defer x.unlock()
	if err := a.enroll(x); err != nil {
		return nil, nil, err
	}
	// Nobody else moves the execution from here on.
	if err := x.restoreEnded(&r, token); err != nil {
		a.drop(x)
		return nil, nil, err
	}
	x.reopens = true
	calls, err := x.redrive(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	return x, calls, nil
}

// enroll makes an ended execution known as one that runs, unless it runs already.
func (a *storeArchive) enroll(x *Execution) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	arn := x.identity.ARN
	switch {
	case a.closed.Load():
		return ErrClosed
	case a.byARN[arn] != nil || a.sleepers.near[arn] != nil || a.handles[arn].Value() != nil:
		return errNotRedrivable(arn, reasonRunning)
	}
	a.register(x)
	return nil
}

// restoreEnded restores an execution that has ended, for its redrive, which may have a token. It returns an error
// and changes nothing when the execution can't be redriven. x.mu is locked.
func (x *Execution) restoreEnded(r *store.Record, token string) error {
	a := x.in
	l, err := a.readStored(x.identity.ARN)
	if err != nil {
		x.gone = err
		return err
	}
	x.end, x.stopDate = l.ended(), r.StopDate
	x.length = l.lines
	x.takeHistory(l.events)
	s := x.summary()
	reason := a.notRedrivable(&s, l.events, x.program.options)
	if reason == "" && redrivenIn(l.events, token, a.now()) {
		reason = reasonRedriven
	}
	if reason != "" {
		err = errNotRedrivable(x.identity.ARN, reason)
		if x.end == nil { // redriven between two looks at the store, by another owner
			x.gone = err
		}
		return err
	}
	interpreter, err := states.Restore(x.machine, l.events, x.asking(x.program.options))
	if err != nil {
		return fmt.Errorf("engine: %s can't be restored: %w", x.identity.ARN, err)
	}
	x.end, x.stopDate = nil, time.Time{}
	x.interpreter = interpreter
	return nil
}

// insert puts an imported execution into the store.
func (a *storeArchive) insert(x *Execution) error {
	options, err := json.Marshal(programRecord{Options: a.standardOptions(), Logging: x.logging})
	if err != nil {
		return err
	}
	definition := x.machine.Definition()
	sum := sha256.Sum256([]byte(definition))
	x.durable = &durable{in: a, program: &program{hash: hex.EncodeToString(sum[:]), record: options}}
	var end *store.End
	if x.end != nil {
		end = &store.End{Status: x.end.Status, StopDate: x.stopDate}
	}
	a.vacate(x.identity.ARN)
	old, err := a.readStored(x.identity.ARN)
	switch {
	case errors.Is(err, ErrExecutionDoesNotExist):
		err = a.store.use(func(s store.Store) error {
			return s.Create(context.Background(), x.newRecord(end, store.Never), definition, x.importedLines(0))
		})
	case err != nil:
		return err
	case !old.elsewhere || !goesFurther(old.events, x.history):
		return x.exists()
	default:
		if r, err := a.readRecord(x.identity.ARN); err != nil {
			return err
		} else if r.Definition != x.program.hash {
			return fmt.Errorf("%w: it was imported with another definition before", ErrInvalidHistory)
		}
		a.mu.Lock()
		delete(a.stranded, x.identity.ARN)
		a.mu.Unlock()
		err = a.store.use(func(s store.Store) error {
			return s.Append(context.Background(), x.identity.ARN, old.lines, store.Change{Lines: x.importedLines(len(old.events)), Due: store.Never, End: end})
		})
	}
	x.durable.program = nil // it is not one to run by
	switch {
	case errors.Is(err, ErrExecutionAlreadyExists) || errors.Is(err, store.ErrConflict):
		return x.exists()
	case err != nil:
		return a.storeError(x.identity.ARN, err)
	}
	return nil
}
