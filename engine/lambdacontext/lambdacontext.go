// Package lambdacontext gives handlers the context that AWS Lambda gives to Go functions, so
// that one which calls lambdacontext.FromContext of github.com/aws/aws-lambda-go runs in an
// engine as it is:
//
//	tasks := engine.NewMux()
//	tasks.Use(lambdacontext.Handler)
//	tasks.Handle("ship", engine.LambdaFunc(ship))
//	eng, err := engine.New(engine.Config{Resolver: tasks})
//
// [Resolver] does the same for the handlers of a resolver that is no [engine.Mux].
//
// It is a module of its own, because nothing else needs aws-lambda-go.
package lambdacontext

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/gostates/gostates/engine"
)

// Resolver returns a resolver of the same handlers, each as [Handler] returns it.
func Resolver(r engine.Resolver) engine.Resolver { return resolver{r} }

// A resolver wraps the handlers of another.
type resolver struct{ inner engine.Resolver }

// Resolve implements [engine.Resolver].
func (r resolver) Resolve(resource string) engine.Handler {
	if h := r.inner.Resolve(resource); h != nil {
		return Handler(h)
	}
	return nil
}

// TakesIntegration implements [engine.IntegrationResolver], as the inner resolver does.
func (r resolver) TakesIntegration(resource string) bool {
	inner, ok := r.inner.(engine.IntegrationResolver)
	return ok && inner.TakesIntegration(resource)
}

// Err returns what is wrong with the inner resolver, as far as it tells.
func (r resolver) Err() error {
	if r.inner == nil {
		return errors.New("lambdacontext: the Resolver is nil")
	}
	if inner, ok := r.inner.(interface{ Err() error }); ok {
		return inner.Err()
	}
	return nil
}

// Resources returns the names that the inner resolver knows, as far as it tells.
func (r resolver) Resources() []string {
	if inner, ok := r.inner.(interface{ Resources() []string }); ok {
		return inner.Resources()
	}
	return nil
}

// Handler is a middleware, for [engine.Mux.Use] or a single handler. It returns a handler that
// calls h with a context in which lambdacontext.FromContext finds a LambdaContext:
//
//   - AwsRequestID is a UUID made of the task's IdempotencyKey: a call that is repeated after
//     a restart has the same, another attempt has another.
//   - InvokedFunctionArn is the task's resource if it is the ARN of a function; else the ARN
//     of the function that the resource names, in the region and account of the execution.
//   - Identity, ClientContext and TenantID are empty.
//
// The variables of aws-lambda-go's package lambdacontext, such as FunctionName, are those of
// the process, and come from its environment. An error that is a
// messages.InvokeResponse_Error gets the name and cause that Lambda gives it: its Type, and
// its JSON text.
func Handler(h engine.Handler) engine.Handler { return handler{h} }

// A handler calls another with a LambdaContext.
type handler struct{ inner engine.Handler }

// Unwrap returns the inner handler.
func (h handler) Unwrap() engine.Handler { return h.inner }

// Err returns why the inner handler is of no use; nil when it is.
func (h handler) Err() error {
	if h.inner == nil {
		return errors.New("lambdacontext: the Handler is nil")
	}
	if inner, ok := h.inner.(interface{ Err() error }); ok {
		return inner.Err()
	}
	return nil
}

// Handle implements [engine.Handler].
func (h handler) Handle(ctx context.Context, task engine.Task) (any, error) {
	output, err := h.inner.Handle(lambdacontext.NewContext(ctx, contextOf(&task)), task)
	if failed, ok := errors.AsType[messages.InvokeResponse_Error](err); ok {
		cause, unmarshaled := json.Marshal(failed)
		if unmarshaled != nil {
			return nil, unmarshaled
		}
		err = &engine.TaskError{Name: failed.Type, Cause: string(cause)}
	}
	return output, err
}

// contextOf returns the LambdaContext of a task.
func contextOf(task *engine.Task) *lambdacontext.LambdaContext {
	sum := sha256.Sum256([]byte(task.IdempotencyKey))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // the form of a random UUID
	id := hex.EncodeToString(sum[:16])
	return &lambdacontext.LambdaContext{
		AwsRequestID:       id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:],
		InvokedFunctionArn: functionARN(task),
	}
}

// functionARN returns the ARN of the function that a task's resource names.
func functionARN(task *engine.Task) string {
	resource := task.Resource
	if strings.HasPrefix(resource, "arn:") {
		return resource
	}
	arn := strings.SplitN(task.Execution.ARN, ":", 6) // arn:aws:states:region:account:...
	if len(arn) < 6 {
		return resource
	}
	account, name := arn[4], resource
	if before, after, ok := strings.Cut(resource, ":function:"); ok {
		account, name = before, after
	}
	return "arn:" + arn[1] + ":lambda:" + arn[3] + ":" + account + ":function:" + name
}
