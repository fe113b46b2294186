package engine

import (
	"context"
	"fmt"
)

// A Handler does the work of a task. Several goroutines may call it at a time,
// also for one execution.
//
// The answer may be anything that encoding/json can marshal, but for a []byte, which
// fails the task with States.Runtime. JSON text must be a json.RawMessage: a Go string is
// one JSON string, whatever is in it. An answer of the
// types that Task.Input has is taken over as it is, without a copy, which is the
// fastest way; it must not be changed afterwards. (Outside of a *value.Object, a
// float64 without a fraction becomes an integer, as encoding/json writes it.) What is
// none of these types in a *value.Object, such as a struct or an int, fails the task, too.
//
// How errors become names that Retry and Catch match, see [TaskError]. A handler
// that panics fails its task.
//
// A handler of an activity's ARN may have a method Worker(task Task) string, which is called
// before and gives the worker's name that the history shows. A handler that calls another one
// may have a method Unwrap() Handler that returns the other, which is asked where the outer
// handler has no such method.
//
// The context ends when the task times out or is no longer wanted, because the
// execution was stopped, or failed elsewhere, or the engine closes. It carries
// the task's deadline, in the time of the engine's clock.
type Handler interface {
	Handle(ctx context.Context, task Task) (any, error)
}

// A HandlerFunc is a function that is a [Handler].
type HandlerFunc func(ctx context.Context, task Task) (any, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, task Task) (any, error) { return f(ctx, task) }

// A Resolver finds the handler of a resource. It is asked for the text of a Task
// state's Resource field. For a task of arn:aws:states:::lambda:invoke, with or without
// .waitForTaskToken, it is asked twice:
//
//   - first for the function that the task names, by name or ARN, and with the Qualifier
//     if there is one. The function's handler is given the Payload, and its answer
//     comes wrapped as AWS wraps it;
//   - only if it doesn't know the function, for the resource. That handler is given all
//     parameters, and its answer is the task's output as it is.
//
// The order is the same for every Resolver, so a [Mux] may be wrapped in a
// [ResolverFunc]; an [IntegrationResolver] can reverse it. A Resolver is asked at every
// task, and for all resources of a machine when an execution of it starts for the first
// time. Several goroutines may ask at a time.
//
// A Resolver may also have a method Resources() []string, the names it knows;
// the error for an unknown resource then suggests the nearest. One that has a
// method Err() error is asked for it by New, which fails with the error. One that has a
// method OnChange(f func()) (stop func()) calls f when it knows more resources than before,
// as a [Mux] does: with a Store, tasks that wait for a handler go on then. Without this
// method they go on when [Engine.Health] is called.
type Resolver interface {
	// Resolve returns nil when it knows no such resource.
	Resolve(resource string) Handler
}

// An IntegrationResolver is a [Resolver] that can take tasks of
// arn:aws:states:::lambda:invoke away from the handlers of their functions, as a test needs
// that plays the integration and not the functions. Whoever wraps one must pass the method on.
type IntegrationResolver interface {
	Resolver
	// TakesIntegration reports whether tasks of a resource, whose text is that of the Task
	// state, go to the handler of the resource although their function may have one.
	TakesIntegration(resource string) bool
}

// A ResolverFunc is a function that is a [Resolver].
type ResolverFunc func(resource string) Handler

// Resolve calls f.
func (f ResolverFunc) Resolve(resource string) Handler { return f(resource) }

// A ResourceError says that no handler is known for a resource. StartExecution
// returns it when the machine cannot run; a function that is first named by the
// input of an arn:aws:states:::lambda:invoke task fails the task instead.
type ResourceError struct {
	// State is the Task state that names the resource.
	State string
	// Resource is what has no handler.
	Resource string
	// Nearest is the registered name most like it, empty when none is.
	Nearest string
}

func (e *ResourceError) Error() string {
	text := fmt.Sprintf("engine: no handler for the resource %q of the state %q", e.Resource, e.State)
	if e.Nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", e.Nearest)
	}
	return text
}

// resourceError describes a resource that r does not know.
func resourceError(r Resolver, state, resource string) *ResourceError {
	e := &ResourceError{State: state, Resource: resource}
	if r, ok := r.(interface{ Resources() []string }); ok {
		e.Nearest = nearest(resource, r.Resources())
	}
	return e
}
