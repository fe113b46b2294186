package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/gostates/gostates/asl/value"
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// LambdaFunc makes a [Handler] of a function with any signature that AWS Lambda
// takes for a handler in Go:
//
//	func ()                          func (In)
//	func () error                    func (In) error
//	func () (Out, error)             func (In) (Out, error)
//	func (context.Context)           func (context.Context, In)
//	func (context.Context) error     func (context.Context, In) error
//	func (context.Context) (Out, error)
//	func (context.Context, In) (Out, error)
//
// In and Out are anything that encoding/json reads and writes, but for an Out of []byte,
// which Lambda writes as base64 and which fails the task here; JSON text must be a
// json.RawMessage, as a string is one JSON string. Without an Out the
// task's output is null. f may also be a value with Lambda's method
//
//	Invoke(ctx context.Context, payload []byte) ([]byte, error)
//
// such as a lambda.Handler of github.com/aws/aws-lambda-go. It is given the input as JSON
// text and returns JSON text, where none stands for null. What lambdacontext.FromContext
// finds in a handler's context comes from the module
// github.com/gostates/gostates/engine/lambdacontext.
//
// The last shape is quicker with [Func]. Anything else
// makes a handler that [Mux.Handle], and with it New, refuses.
func LambdaFunc(f any) Handler {
	if i, ok := f.(invoker); ok {
		if isNil(f) {
			return badHandler{fmt.Errorf("engine: LambdaFunc: a %T that is nil", f)}
		}
		return invoked{i}
	}
	s, err := readSignature(f)
	if err != nil {
		return badHandler{err}
	}
	return s
}

// An invoker is what lambda.Handler of aws-lambda-go is.
type invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// invoked is the handler that calls an invoker.
type invoked struct{ invoker }

// Handle calls Invoke.
func (i invoked) Handle(ctx context.Context, task Task) (any, error) {
	output, err := i.Invoke(ctx, value.Append(nil, task.Input))
	if err != nil || len(output) == 0 {
		return nil, err
	}
	return json.RawMessage(output), nil
}

// A badHandler stands in for one that could not be made.
type badHandler struct{ err error }

// Err returns why it could not be made. [Mux.Handle] asks it.
func (h badHandler) Err() error { return h.err }

// Handle fails with the reason.
func (h badHandler) Handle(context.Context, Task) (any, error) { return nil, h.err }

// A signature is a function of one of Lambda's shapes.
type signature struct {
	f           reflect.Value
	context     bool
	in          reflect.Type // nil when the function takes no input
	out, failed bool         // what it returns
}

func readSignature(f any) (*signature, error) {
	bad := func(why string) error {
		return fmt.Errorf("engine: LambdaFunc: %T is no Lambda handler: %s", f, why)
	}
	v := reflect.ValueOf(f)
	if f == nil || v.Kind() != reflect.Func {
		return nil, bad("it is not a function")
	}
	if v.IsNil() {
		return nil, bad("it is nil")
	}
	t, s := v.Type(), &signature{f: v}
	if t.IsVariadic() || t.NumIn() > 2 {
		return nil, bad("it must take a context and an input at most")
	}
	for i := range t.NumIn() {
		switch in := t.In(i); {
		case i == 0 && in == contextType:
			s.context = true
		case in == contextType || s.in != nil:
			return nil, bad("the first of two parameters must be a context.Context, the second the input")
		default:
			s.in = in
		}
	}
	switch n := t.NumOut(); {
	case n > 2:
		return nil, bad("it must return an output and an error at most")
	case n > 0 && t.Out(n-1) != errorType:
		return nil, bad("its last result must be an error")
	default:
		s.out, s.failed = n == 2, n > 0
	}
	return s, nil
}

// Handle calls the function.
func (s *signature) Handle(ctx context.Context, task Task) (any, error) {
	var arguments []reflect.Value
	if s.context {
		arguments = append(arguments, reflect.ValueOf(ctx))
	}
	if s.in != nil {
		in := reflect.New(s.in)
		if err := task.Decode(in.Interface()); err != nil {
			return nil, badInput(err)
		}
		arguments = append(arguments, in.Elem())
	}
	results := s.f.Call(arguments)
	if s.failed {
		if err, _ := results[len(results)-1].Interface().(error); err != nil {
			return nil, err
		}
	}
	if !s.out {
		return nil, nil
	}
	return results[0].Interface(), nil
}
