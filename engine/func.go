package engine

import (
	"context"
	"fmt"

	"github.com/gostates/gostates/asl/value"
)

// Func makes a [Handler] of a typed function. The task's input is decoded into an
// In as encoding/json would do it; an input that doesn't fit fails the task with
// the error name "UnmarshalTypeError", as Lambda does. For functions of another
// shape see [LambdaFunc].
func Func[In, Out any](f func(ctx context.Context, input In) (Out, error)) Handler {
	return HandlerFunc(func(ctx context.Context, task Task) (any, error) {
		var in In
		if err := decode(task.Input, &in); err != nil {
			return nil, err
		}
		out, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return encode(out)
	})
}

// decode stores a task's input in a handler's parameter.
func decode(input, into any) error {
	if err := value.Decode(input, into); err != nil {
		return fmt.Errorf("the task's input does not fit: %w", err)
	}
	return nil
}

// encode gives a handler's answer as a value.
func encode(output any) (any, error) {
	v, err := value.Of(output)
	if err != nil {
		return nil, &TaskError{Name: "States.Runtime", Cause: fmt.Sprintf("The output of the handler is not JSON: %v", err)}
	}
	return v, nil
}
