package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoCloseFailsAnExecution: whatever a handler asks of an engine that drains, and
// whatever error it makes of the answer, the execution goes on in the next engine.
func TestNoCloseFailsAnExecution(t *testing.T) {
	t.Parallel()
	pass := `{"Type":"Pass","End":true}`
	for name, ask := range map[string]func(ctx context.Context, e *engine.Engine) error{
		"heartbeat": func(ctx context.Context, _ *engine.Engine) error { return engine.TaskFrom(ctx).Heartbeat() },
		"start a machine of Pass states and wait": func(ctx context.Context, e *engine.Engine) error {
			x, err := e.StartExecution(ctx, one(t, pass), nil, engine.Machine("child"))
			if err == nil {
				_, err = x.Wait(ctx)
			}
			return err
		},
		"wait for a child that needs a handler": func(ctx context.Context, e *engine.Engine) error {
			x, err := e.StartExecution(ctx, one(t, `{"Type":"Task","Resource":"easy","End":true}`), nil, engine.Machine("child"))
			if err == nil {
				_, err = x.Wait(ctx)
			}
			return err
		},
		"wait, and make another error of it": func(ctx context.Context, e *engine.Engine) error {
			x, err := e.StartExecution(ctx, one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil, engine.Machine("child"))
			if err == nil {
				_, err = x.Wait(ctx)
			}
			if err != nil {
				return fmt.Errorf("no child: %v", err)
			}
			return nil
		},
		"wait without the handler's context": func(_ context.Context, e *engine.Engine) error {
			x, err := e.StartExecution(context.Background(), one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil, engine.Machine("child"))
			if err == nil {
				_, err = x.Wait(context.Background())
			}
			if err != nil {
				return errors.New("no child")
			}
			return nil
		},
		"start an Express execution": func(ctx context.Context, e *engine.Engine) error {
			if _, err := e.StartSyncExecution(ctx, one(t, `{"Type":"Task","Resource":"easy","End":true}`), nil); err != nil {
				return fmt.Errorf("no child: %v", err)
			}
			return nil
		},
		"start an Express execution beside it": func(ctx context.Context, e *engine.Engine) error {
			_, err := e.StartExecution(ctx, one(t, pass), nil, engine.Express)
			return err
		},
		"list and describe": func(ctx context.Context, e *engine.Engine) error {
			page, err := e.ListExecutions(ctx, engine.ListOptions{Statuses: []states.Status{states.StatusRunning}})
			if err == nil {
				_, err = e.DescribeExecution(ctx, page.Executions[0].ARN)
			}
			return err
		},
		"wait for the end of the context": func(ctx context.Context, _ *engine.Engine) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := new(lastingStore)
				called, closing := make(chan struct{}), make(chan struct{})
				var once sync.Once
				handlers := tasks(map[string]engine.HandlerFunc{
					"easy": echo,
					"asks": func(ctx context.Context, task engine.Task) (any, error) {
						first := false
						once.Do(func() { first = true })
						if !first {
							return "done", nil
						}
						close(called)
						<-closing
						if err := ask(ctx, engine.EngineFrom(ctx)); err != nil {
							return nil, err
						}
						return "done", nil
					},
				})
				config := engine.Config{Store: db, Resolver: handlers, CloseTimeout: time.Minute}
				first, err := engine.New(config)
				require.NoError(t, err)
				m := one(t, `{"Type":"Task","Resource":"asks","TimeoutSeconds":600,"HeartbeatSeconds":300,"End":true}`)
				x, err := first.StartExecution(t.Context(), m, nil, engine.Named("parent"), engine.Machine("m"))
				require.NoError(t, err)
				<-called
				closed := make(chan error, 2)
				for range 2 {
					go func() { closed <- first.Close() }()
				}
				synctest.Wait()
				close(closing)
				require.NoError(t, errors.Join(<-closed, <-closed))

				second, err := engine.New(config)
				require.NoError(t, err)
				y, err := second.Execution(t.Context(), x.ARN())
				require.NoError(t, err)
				result, err := y.Wait(t.Context())
				if assert.NoError(t, err) {
					assert.JSONEq(t, `"done"`, string(result.Output()))
				}
				require.NoError(t, second.Close())
			})
		})
	}
}

// TestCloseIsWaitedFor: a second Close returns when the engine is closed.
func TestCloseIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		called, over := make(chan struct{}), make(chan struct{})
		e, err := engine.New(engine.Config{Store: new(lastingStore), CloseTimeout: time.Hour, Resolver: tasks(map[string]engine.HandlerFunc{
			"block": func(context.Context, engine.Task) (any, error) { close(called); <-over; return nil, nil },
		})})
		require.NoError(t, err)
		run(t, e, one(t, `{"Type":"Task","Resource":"block","End":true}`), nil)
		<-called
		var closed sync.WaitGroup
		returned := make(chan struct{})
		for range 2 {
			closed.Go(func() { assert.NoError(t, e.Close()) })
		}
		go func() { closed.Wait(); close(returned) }()
		synctest.Wait()
		select {
		case <-returned:
			t.Error("Close returned while a handler ran")
		default:
		}
		close(over)
		<-returned
	})
}

// TestSyncReturnsThoughAHandlerDoesNot: what bounds an Express execution bounds who waits
// for it.
func TestSyncReturnsThoughAHandlerDoesNot(t *testing.T) {
	t.Parallel()
	stuck := one(t, `{"Type":"Task","Resource":"stuck","End":true}`)
	for name, c := range map[string]struct {
		limits engine.Limits
		task   string
		bound  time.Duration // of the context
		want   error
		status states.Status
	}{
		"the machine's TimeoutSeconds": {task: `{"StartAt":"S","TimeoutSeconds":5,"States":{"S":{"Type":"Task","Resource":"stuck","End":true}}}`, status: states.StatusTimedOut},
		"the task's TimeoutSeconds":    {task: `{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"stuck","TimeoutSeconds":5,"End":true}}}`, status: states.StatusFailed},
		"Limits.Express":               {limits: engine.Limits{Express: 5 * time.Second}, status: states.StatusTimedOut},
		"the context":                  {bound: 5 * time.Second, want: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := make(chan struct{})
				e := start(t, engine.Config{Limits: c.limits, CloseTimeout: time.Second, Resolver: tasks(map[string]engine.HandlerFunc{
					"stuck": func(context.Context, engine.Task) (any, error) { <-over; return nil, nil },
				})})
				t.Cleanup(func() { close(over) }) // before the engine is closed
				m := stuck
				if c.task != "" {
					m = machine(t, c.task)
				}
				ctx := t.Context()
				if c.bound > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.bound)
					defer cancel()
				}
				began := time.Now()
				_, err := e.StartSyncExecution(ctx, m, nil)
				assert.Equal(t, 5*time.Second, time.Since(began), "in the bubble's time")
				if c.want != nil {
					assert.ErrorIs(t, err, c.want)
					return
				}
				var failed *engine.ExecutionError
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, c.status, failed.Status)
			})
		})
	}
}
