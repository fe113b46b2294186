package lambdacontext_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	aws "github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/lambdacontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type order struct {
	ID string `json:"id"`
}

// seen is what a function sees of its context. It panics where there is none, as functions do
// that run on Lambda only.
func seen(ctx context.Context, _ order) (map[string]string, error) {
	lc, _ := aws.FromContext(ctx)
	return map[string]string{"id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "state": engine.TaskFrom(ctx).State}, nil
}

// run runs a task of a resource and returns the output.
func run(t *testing.T, r engine.Resolver, resource string) (map[string]string, error) {
	t.Helper()
	m, err := asl.Parse([]byte(`{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"` + resource + `","End":true}}}`))
	require.NoError(t, err)
	e, err := engine.New(engine.Config{Resolver: r, Region: "eu-west-1"})
	require.NoError(t, err)
	defer e.Close()
	x, err := e.StartExecution(t.Context(), m, order{"o-1"})
	require.NoError(t, err)
	result, err := x.Wait(t.Context())
	if err != nil {
		return nil, err
	}
	var output map[string]string
	require.NoError(t, result.Decode(&output))
	return output, nil
}

// TestFunctionsFindTheirContext, whatever they are made of and wherever they are wrapped.
func TestFunctionsFindTheirContext(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]engine.Handler{
		"LambdaFunc": engine.LambdaFunc(seen), "Func": engine.Func(seen), "lambda.Handler": engine.LambdaFunc(lambda.NewHandler(seen)),
	} {
		for resource, arn := range map[string]string{
			"ship":                       "arn:aws:lambda:eu-west-1:123456789012:function:ship",
			"ship:live":                  "arn:aws:lambda:eu-west-1:123456789012:function:ship:live",
			"210987654321:function:ship": "arn:aws:lambda:eu-west-1:210987654321:function:ship",
			"arn:aws:lambda:us-east-1:123456789012:function:ship:7": "arn:aws:lambda:us-east-1:123456789012:function:ship:7",
		} {
			mux, wrapped, used := engine.NewMux(), engine.NewMux(), engine.NewMux()
			mux.Handle("ship", h)
			wrapped.Handle("ship", lambdacontext.Handler(h))
			used.Use(lambdacontext.Handler)
			used.Handle("sh*", h)
			for _, r := range []engine.Resolver{lambdacontext.Resolver(mux), wrapped, used} {
				output, err := run(t, r, resource)
				require.NoError(t, err, name)
				assert.Equal(t, arn, output["arn"], name)
				assert.Equal(t, "S", output["state"], "what the engine's context has is there still")
				assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, output["id"])
			}
			_, err := run(t, mux, resource)
			require.ErrorContains(t, err, "nil pointer", "without the wrapper there is no context")
		}
	}
}

// TestRequestIDs: a repeated call has the same, another attempt another.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	id := func(key string) (id string) {
		h := lambdacontext.Handler(engine.HandlerFunc(func(ctx context.Context, _ engine.Task) (any, error) {
			lc, ok := aws.FromContext(ctx)
			require.True(t, ok)
			id = lc.AwsRequestID
			return nil, nil
		}))
		_, err := h.Handle(t.Context(), engine.Task{IdempotencyKey: key})
		require.NoError(t, err)
		return id
	}
	assert.Equal(t, id("x/3"), id("x/3"))
	assert.NotEqual(t, id("x/3"), id("x/6"))
}

// TestInvokeResponseErrors have the name and the cause that Lambda gives them.
func TestInvokeResponseErrors(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("ship", engine.LambdaFunc(lambda.NewHandler(func() error {
		return messages.InvokeResponse_Error{Type: "OutOfStock", Message: "none left"}
	})))
	used := engine.NewMux()
	used.Handle("ship", mux.Resolve("ship"))
	used.Use(lambdacontext.Handler, engine.ErrorNames(engine.ErrorIs(context.Canceled, "Canceled")))
	for _, r := range []engine.Resolver{lambdacontext.Resolver(mux), used} {
		_, err := run(t, r, "ship")
		var failed *engine.ExecutionError
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, "OutOfStock", failed.Name)
		assert.JSONEq(t, `{"errorMessage":"none left","errorType":"OutOfStock"}`, failed.Cause)
	}
}

// TestWorkersAreNamedStill: a handler of an activity may name its worker.
func TestWorkersAreNamedStill(t *testing.T) {
	t.Parallel()
	outer, ok := lambdacontext.Handler(engine.LambdaFunc(seen)).(interface{ Unwrap() engine.Handler })
	require.True(t, ok)
	assert.NotNil(t, outer.Unwrap())
}

// TestWhatIsWrappedIsAskedStill: errors of handlers and resolvers, names, integrations.
func TestWhatIsWrappedIsAskedStill(t *testing.T) {
	t.Parallel()
	bad := engine.NewMux()
	bad.Handle("ship", engine.LambdaFunc(7))
	outer := engine.NewMux()
	outer.Handle("ship", lambdacontext.Handler(engine.LambdaFunc(7)))
	used := engine.NewMux()
	used.Handle("ship", engine.LambdaFunc(7))
	used.Use(lambdacontext.Handler)
	for _, r := range []engine.Resolver{lambdacontext.Resolver(bad), outer, used} {
		_, err := engine.New(engine.Config{Resolver: r})
		require.ErrorContains(t, err, "int is no Lambda handler")
	}
	_, err := engine.New(engine.Config{Resolver: lambdacontext.Resolver(nil)})
	require.ErrorContains(t, err, "the Resolver is nil")
	nothing := engine.NewMux()
	nothing.Handle("ship", lambdacontext.Handler(nil))
	require.ErrorContains(t, nothing.Err(), "the Handler is nil")

	mux := engine.NewMux()
	mux.Handle("ship", engine.LambdaFunc(seen))
	m, err := asl.Parse(json.RawMessage(`{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"shp","End":true}}}`))
	require.NoError(t, err)
	e, err := engine.New(engine.Config{Resolver: lambdacontext.Resolver(mux)})
	require.NoError(t, err)
	defer e.Close()
	_, err = e.StartExecution(t.Context(), m, nil)
	require.ErrorContains(t, err, `did you mean "ship"?`)
	assert.False(t, lambdacontext.Resolver(mux).(engine.IntegrationResolver).TakesIntegration("arn:aws:states:::lambda:invoke"))
}
