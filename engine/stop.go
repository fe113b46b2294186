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
	if err != nil {
		return err
	}
	calls, err := x.advance(happening{kind: stopped, failure: failure})
	e.spawn(calls) // of what undoes the execution's work
	if errors.Is(err, states.ErrStale) {
		return nil
	}
	return err
}
