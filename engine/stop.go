package engine

import (
	"context"
	"errors"

	"github.com/gostates/gostates/states"
)

// StopExecution ends a Standard execution that runs: it is ABORTED, with an error
// name and a cause as far as they aren't empty, and the contexts of its handlers
// end. Stopping one that has ended does nothing.
//
// An execution that has completed states which name a handler with Compensate is still
// RUNNING when StopExecution returns: it ends when all of them are undone, unless it was
// started with [StopsWithoutCompensation]. A stop while an execution is undoing what it
// has completed, because it failed, was stopped or ran out of time, ends that: it has
// FAILED then with States.CompensationFailed, and RedriveExecution takes the
// compensation up again. Only the same stop, with the same error and cause, does
// nothing, so it can be asked for again after a [*StoreError].
//
// An execution that can't go on with this engine ([Health.Stranded]) is stopped, too: its
// definition or its log is not needed for that, and nothing is undone. Of one of whose log nothing
// can be read, which a Store tells by [store.ErrDamaged], the lists say that it is ABORTED, and
// it can be deleted; whoever waits for it is not told.
//
// Errors: [ErrExecutionDoesNotExist], [ErrInvalidARN], [ErrTypeNotSupported] for an
// Express execution, and a [*StoreError], after which it may have been stopped.
func (e *Engine) StopExecution(ctx context.Context, arn, name, cause string) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer e.busy(-1)
	failure, err := newFailure(name, cause)
	if err != nil {
		return err
	}
	x, err := e.find(arn)
	var calls *call
	if err == nil {
		calls, err = x.advance(arrival{kind: stopped, failure: failure, from: ctx})
	}
	if errors.Is(err, states.ErrStale) {
		return nil
	}
	if err != nil {
		if ended, err := e.stopIfStranded(arn, failure, err); ended {
			return err
		}
		return err
	}
	e.spawn(calls) // handlers that undo
	return nil
}
