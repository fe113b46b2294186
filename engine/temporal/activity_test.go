package temporal

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// TestActivity: what handlers do, as the workflow gets to know it.
func TestActivity(t *testing.T) {
	stop := make(chan struct{})
	tasks := engine.NewMux()
	tasks.HandleFunc("fails", func(context.Context, engine.Task) (any, error) {
		return nil, &engine.TaskError{Name: "Broken", Cause: "it is"}
	})
	tasks.HandleFunc("panics", func(context.Context, engine.Task) (any, error) { panic("ouch") })
	tasks.HandleFunc("waits", func(ctx context.Context, _ engine.Task) (any, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	tasks.HandleFunc("sees", func(ctx context.Context, task engine.Task) (any, error) {
		return []any{task.IdempotencyKey, engine.TaskFrom(ctx).State, engine.EngineFrom(ctx) == nil}, nil
	})
	base, err := engine.NewDriver(engine.Config{Resolver: tasks})
	require.NoError(t, err)
	d := &driver{Driver: base, config: Config{Resolver: tasks, DataConverter: converter.GetDefaultDataConverter()}}
	for _, c := range []struct {
		resource, output, errorType string
		deadline                    time.Duration
		stops                       bool
		retried                     bool
	}{
		{resource: "sees", output: `["arn/7","S",true]`},
		{resource: "fails", errorType: "Broken"},
		{resource: "panics", errorType: "Panic"},
		{resource: "unknown", errorType: lacksType, retried: true},
		{resource: "waits", errorType: "States.Timeout", deadline: time.Millisecond},
		{resource: "waits", errorType: "gostates.WorkerStopped", stops: true, retried: true},
	} {
		t.Run(c.resource+" "+c.errorType, func(t *testing.T) {
			var suite testsuite.WorkflowTestSuite
			suite.SetLogger(silent{})
			env := suite.NewTestActivityEnvironment()
			j := job{ID: 7, State: "S", Resource: c.resource, Execution: engine.Identity{ARN: "arn"}}
			if c.deadline > 0 {
				j.Deadline = time.Now().Add(c.deadline)
			}
			if c.stops {
				env.SetWorkerStopChannel(stop)
				close(stop)
			}
			env.RegisterActivityWithOptions(func(ctx context.Context, j job) (*answer, error) {
				if c.stops {
					var cancel context.CancelFunc
					ctx, cancel = context.WithCancel(ctx)
					cancel()
				}
				return d.doTask(ctx, j)
			}, activity.RegisterOptions{Name: taskActivity})
			got, err := env.ExecuteActivity(taskActivity, j)
			if c.errorType == "" {
				require.NoError(t, err)
				var a answer
				require.NoError(t, got.Get(&a))
				assert.JSONEq(t, c.output, string(a.Output))
				return
			}
			failed, ok := errors.AsType[*sdk.ApplicationError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, c.errorType, failed.Type())
			assert.Equal(t, !c.retried, failed.NonRetryable())
		})
	}
}
