package engine

import (
	"context"
	"errors"

	"github.com/gostates/gostates/engine/store"
)

// errStandby is returned for an Express execution, which can't be left for another engine.
var errStandby = errors.New("engine: an engine on standby runs no Express execution")

// errNoRemover is found in the error of DeleteExecution with a Store that is no
// store.Remover.
var errNoRemover = errors.New("the Store removes no single executions: it is no store.Remover")

// DeleteExecution removes a Standard execution that has ended: its history, its Map Runs and
// all else that is kept of it. Its name is free again. AWS has no such call; there
// executions go 90 days after their end, as they do here by [Limits.Retention].
//
// Errors: [ErrExecutionDoesNotExist], [ErrExecutionRunning] when it has not ended,
// [ErrInvalidARN], [ErrTypeNotSupported] for an Express execution, and a [*StoreError], also
// for a Store that is no [store.Remover].
func (e *Engine) DeleteExecution(ctx context.Context, arn string) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	if err := checkARN(arn); err != nil {
		return err
	}
	return e.archive.remove(ctx, arn)
}

func (a *memoryArchive) remove(_ context.Context, arn string) error {
	x, err := a.find(arn)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	// It is among those that have ended, unless it was redriven or removed meanwhile.
	if a.byARN[arn] != x || !a.ends.has(x) {
		return ErrExecutionRunning
	}
	a.letGo(x)
	return nil
}

func (a *storeArchive) remove(ctx context.Context, arn string) error {
	if _, err := a.readRecord(arn); err != nil {
		return err
	}
	err := a.store.use(func(s store.Store) error {
		if r, ok := s.(store.Remover); ok {
			return r.Remove(ctx, arn)
		}
		return errNoRemover
	})
	switch {
	case err == nil, errors.Is(err, ErrExecutionRunning):
		return err
	case errors.Is(err, ErrExecutionDoesNotExist):
		return errDoesNotExist(arn)
	}
	return a.storeError(arn, err)
}
