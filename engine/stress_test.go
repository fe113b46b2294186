package engine_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEverythingAtOnce has many goroutines use one engine in every way while it
// closes. Whatever the order, each execution ends in a way that it may, its history
// has no gap, and nothing is left.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var e *engine.Engine
	mux := orderTasks()
	mux.HandleFunc("arn:aws:states:::sqs:sendMessage.waitForTaskToken", func(_ context.Context, task engine.Task) (any, error) {
		go func() {
			if err := e.SendTaskHeartbeat(ctx, task.Token); err == nil {
				_ = e.SendTaskSuccess(ctx, task.Token, "ok")
			}
		}()
		return nil, nil
	})
	e, err := engine.New(engine.Config{Resolver: mux, Limits: engine.Limits{Retained: 50}})
	require.NoError(t, err)
	m := orders(t)
	asks := one(t, `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{
		"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"TimeoutSeconds":60,"HeartbeatSeconds":30,"End":true}}}}`)

	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for i := range 60 {
				var x *engine.Execution
				var err error
				switch i % 4 {
				case 0:
					x, err = e.StartExecution(ctx, asks, []int{1, 2, 3})
				case 1:
					x, err = e.StartExecution(ctx, m, order{ID: "o", Quantity: 1}, engine.Express)
				case 2:
					_, err = e.StartSyncExecution(ctx, m, order{ID: "o", Quantity: 1})
				default:
					x, err = e.StartExecution(ctx, m, order{ID: "o", Quantity: 1})
				}
				if errors.Is(err, engine.ErrClosed) {
					return
				}
				if !assert.NoError(t, err) || x == nil {
					continue
				}
				if i%8 == 7 {
					_ = e.StopExecution(ctx, x.ARN(), "Stopped", "")
				}
				_, err = x.Wait(ctx)
				if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
					assert.Equal(t, states.StatusAborted, failed.Status)
				} else if err != nil {
					assert.ErrorIs(t, err, engine.ErrClosed)
				}
				page, err := e.GetExecutionHistory(ctx, x.ARN(), engine.HistoryOptions{})
				if err == nil {
					for i, event := range page.Events {
						assert.Equal(t, states.EventID(i+1), event.ID)
					}
				}
			}
		})
	}
	users.Go(func() {
		for range 100 {
			page, err := e.ListExecutions(ctx, engine.ListOptions{MaxResults: 20})
			if err != nil {
				assert.ErrorIs(t, err, engine.ErrClosed)
				return
			}
			for _, s := range page.Executions {
				_, _ = e.DescribeExecution(ctx, s.ARN)
			}
		}
		assert.NoError(t, e.Close())
	})
	users.Wait()
	assert.NoError(t, e.Close())
}
