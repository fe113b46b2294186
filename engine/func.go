package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/gostates/gostates/engine/internal/convert"
)

// Func makes a [Handler] of a typed function. The task's input is decoded into an
// In as encoding/json would do it; an input that doesn't fit fails the task with
// the error name "UnmarshalTypeError", as Lambda does. An Out of JSON text must be a
// json.RawMessage: a string is one JSON string, and a []byte fails the task. For functions
// of another shape see [LambdaFunc]. A nil function makes a handler that [Mux.Handle], and
// with it New, refuses.
func Func[In, Out any](f func(ctx context.Context, input In) (Out, error)) Handler {
	if f == nil {
		return badHandler{errors.New("engine: Func: the function is nil")}
	}
	return &typed[In, Out]{f, convert.Decode[In](), convert.Encode[Out]()}
}

// A typed is what Func returns.
type typed[In, Out any] struct {
	f    func(context.Context, In) (Out, error)
	into func(any, *In) error
	of   func(Out) (any, error)
}

// Handle implements [Handler].
func (h *typed[In, Out]) Handle(ctx context.Context, task Task) (any, error) {
	return h.handleInput(ctx, task.Input)
}

// handleInput implements [inputHandler].
func (h *typed[In, Out]) handleInput(ctx context.Context, input any) (any, error) {
	var in In
	if err := h.into(input, &in); err != nil {
		return nil, badInput(err)
	}
	out, err := h.f(ctx, in)
	if err != nil {
		return nil, err
	}
	v, err := h.of(out)
	if err != nil {
		return nil, badOutput(err)
	}
	return v, nil
}

// An inputHandler is a Handler that sees no more of a task than its input: for it no Task is made.
type inputHandler interface {
	handleInput(ctx context.Context, input any) (any, error)
}

// badInput says that a task's input doesn't fit its handler.
func badInput(err error) error { return fmt.Errorf("the task's input does not fit: %w", err) }

// badOutput says that a handler's answer cannot be a task's output.
func badOutput(err error) error {
	return &TaskError{Name: "States.Runtime", Cause: fmt.Sprintf("The output of the handler is not JSON: %v", err)}
}
