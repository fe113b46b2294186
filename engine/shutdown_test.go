package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lasting returns handlers of which "take" takes a time, and stops when its context ends.
func lasting(d time.Duration) *engine.Mux {
	return tasks(map[string]engine.HandlerFunc{"take": func(ctx context.Context, _ engine.Task) (any, error) {
		select {
		case <-time.After(d):
			return "taken", nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}, "easy": echo})
}

const takes = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"take","Next":"B"},"B":{"Type":"Task","Resource":"take","End":true}}}`

// TestShutdown waits for what would be gone with the engine, and for running handlers, as long as
// its context lets it.
func TestShutdown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stored, express bool
		within          time.Duration // of the context; 0 for no end
		took            time.Duration // by two tasks of 10 seconds each
		status          states.Status // of the execution then; empty for one that was cut off
		err             string
	}{
		"in memory":                      {took: 20 * time.Second, status: states.StatusSucceeded},
		"in memory, in time":             {within: 30 * time.Second, took: 20 * time.Second, status: states.StatusSucceeded},
		"in memory, too late":            {within: 15 * time.Second, took: 15 * time.Second, err: "context deadline exceeded\nengine: closed with 1 executions still running that no other engine goes on with"},
		"Express":                        {express: true, took: 20 * time.Second, status: states.StatusSucceeded},
		"Express beside a store":         {stored: true, express: true, within: time.Minute, took: 20 * time.Second, status: states.StatusSucceeded},
		"Express, half of the time":      {stored: true, express: true, within: 30 * time.Second, took: 15 * time.Second, err: "engine: closed with 1 executions still running that no other engine goes on with"},
		"stored, the handler returns":    {stored: true, took: 10 * time.Second, status: states.StatusRunning},
		"stored, the handler is cut off": {stored: true, within: 5 * time.Second, took: 5 * time.Second, status: states.StatusRunning, err: "context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := engine.Config{Resolver: lasting(10 * time.Second)}
				if c.stored {
					config.Store = new(lastingStore)
				}
				e, err := engine.New(config)
				require.NoError(t, err)
				var options []engine.StartOption
				if c.express {
					options = append(options, engine.Express)
				}
				x := run(t, e, machine(t, takes), nil, options...)
				synctest.Wait() // for the call of the handler
				ended := make(chan error, 1)
				go func() {
					_, err := x.Wait(context.Background())
					ended <- err
				}()
				ctx := context.Background()
				if c.within > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.within)
					defer cancel()
				}
				began := time.Now()
				err = e.Shutdown(ctx)
				assert.Equal(t, c.took, time.Since(began))
				if c.err == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, c.err)
				}
				if err := <-ended; c.status == states.StatusSucceeded {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, engine.ErrClosed)
				}
				require.ErrorIs(t, e.Health().Err, engine.ErrClosed)
				if c.status == states.StatusRunning {
					e = start(t, config)
					y, err := e.Execution(t.Context(), x.ARN())
					require.NoError(t, err)
					assert.Equal(t, `"taken"`, output(t, y))
				}
			})
		})
	}
}

// TestClosingIsTold to handlers at once, of which one may leave its task to the next engine.
func TestClosingIsTold(t *testing.T) {
	t.Parallel()
	assert.Nil(t, engine.Closing(t.Context()))
	for name, end := range map[string]func(*engine.Engine) error{
		"Close":    (*engine.Engine).Close,
		"Shutdown": func(e *engine.Engine) error { return e.Shutdown(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				config := engine.Config{Store: new(lastingStore), Resolver: tasks(map[string]engine.HandlerFunc{"long": func(ctx context.Context, _ engine.Task) (any, error) {
					if calls++; calls > 1 {
						return calls, nil
					}
					select {
					case <-engine.Closing(ctx):
						assert.NoError(t, ctx.Err(), "the context goes on")
						return nil, errors.Join(errors.New("half of it is done"), engine.ErrClosed)
					case <-ctx.Done():
						return nil, ctx.Err()
					}
				}, "take": func(ctx context.Context, _ engine.Task) (any, error) {
					<-time.After(time.Second)
					return nil, nil
				}})}
				e, err := engine.New(config)
				require.NoError(t, err)
				x := run(t, e, one(t, `{"Type":"Task","Resource":"long","End":true}`), nil)
				y := run(t, e, one(t, `{"Type":"Task","Resource":"take","End":true}`), nil, engine.Express)
				synctest.Wait()
				began := time.Now()
				require.NoError(t, end(e))
				if name == "Shutdown" { // the task is left at once, and the Express execution ends
					assert.Equal(t, time.Second, time.Since(began))
					_, err = y.Wait(t.Context())
					require.NoError(t, err)
				}
				e = start(t, config)
				again, err := e.Execution(t.Context(), x.ARN())
				require.NoError(t, err)
				assert.Equal(t, "2", output(t, again))
			})
		})
	}
}

// TestShutdownAndCloseTogether: a second one waits, and a Close bounds the Shutdown under way.
func TestShutdownAndCloseTogether(t *testing.T) {
	t.Parallel()
	for _, db := range []store.Store{nil, new(lastingStore)} {
		synctest.Test(t, func(t *testing.T) {
			e, err := engine.New(engine.Config{Store: db, Resolver: lasting(time.Hour), CloseTimeout: 10 * time.Second})
			require.NoError(t, err)
			run(t, e, machine(t, takes), nil)
			synctest.Wait()
			began, first := time.Now(), make(chan error)
			go func() { first <- e.Shutdown(context.Background()) }()
			synctest.Wait()
			short, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.ErrorIs(t, e.Shutdown(short), context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(began))
			second := make(chan error)
			go func() { second <- e.Shutdown(context.Background()) }()
			go func() { second <- e.Close() }()
			if err := <-first; db == nil {
				require.ErrorContains(t, err, "1 executions still running")
			} else {
				require.NoError(t, err, "it goes on in the next engine")
			}
			require.NoError(t, errors.Join(<-second, <-second))
			assert.Equal(t, 10*time.Second, time.Since(began))
			require.NoError(t, e.Shutdown(t.Context()))
		})
	}
	require.Error(t, new(engine.Engine).Shutdown(t.Context()))
}

// TestShutdownLeavesMapRunsToTheNextEngine, though their children are Express executions.
func TestShutdownLeavesMapRunsToTheNextEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := new(lastingStore)
		e, err := engine.New(engine.Config{Store: db, Resolver: lasting(time.Hour)})
		require.NoError(t, err)
		x := run(t, e, one(t, `{"Type":"Map","ItemsPath":"$.items","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
			"StartAt":"A","States":{"A":{"Type":"Task","Resource":"take","End":true}}},"End":true}`), map[string]any{"items": []int{1, 2, 3}})
		synctest.Wait()
		began := time.Now()
		require.NoError(t, e.Shutdown(context.Background()))
		assert.Zero(t, time.Since(began))
		e = start(t, engine.Config{Store: db, Resolver: lasting(time.Second)})
		y, err := e.Execution(t.Context(), x.ARN())
		require.NoError(t, err)
		assert.Equal(t, `["taken","taken","taken"]`, output(t, y))
	})
}
