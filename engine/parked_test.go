package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A waitingWorld has handlers that start executions and wait for them, on a virtual clock.
type waitingWorld struct {
	t       *testing.T
	engine  *engine.Engine
	clock   *enginetest.Clock
	begin   time.Time
	said    []string // a race, if two handlers ran at a time
	child   *asl.StateMachine
	waitErr error
}

func newWaitingWorld(t *testing.T) *waitingWorld {
	w := &waitingWorld{t: t, child: mustParse(t, `{"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$", "Next": "T"},
		"T": {"Type": "Task", "Resource": "say", "End": true}}}`)}
	mux := engine.NewMux()
	mux.HandleFunc("say", func(_ context.Context, task engine.Task) (any, error) {
		w.say("child of %v", task.Input)
		return task.Input, nil
	})
	mux.HandleFunc("wait", func(ctx context.Context, task engine.Task) (any, error) {
		w.say("start %v", task.Input)
		x, err := engine.EngineFrom(ctx).StartOrGetExecution(ctx, w.child, task.Input, engine.Named(fmt.Sprint("child-", task.Input)))
		if err != nil {
			return nil, err
		}
		if _, err = x.Wait(ctx); err != nil {
			w.waitErr = err
			return nil, err
		}
		w.say("end %v", task.Input)
		return task.Input, nil
	})
	mux.HandleFunc("sync", func(ctx context.Context, task engine.Task) (any, error) {
		r, err := engine.EngineFrom(ctx).StartSyncExecution(ctx, w.child, task.Input)
		w.say("sync %v", task.Input)
		if err != nil {
			return nil, err
		}
		return r.Output(), nil
	})
	e, clock := startVirtual(t, engine.Config{Resolver: mux})
	mux.HandleFunc("sleep", func(ctx context.Context, task engine.Task) (any, error) {
		if err := clock.Sleep(ctx, 2*time.Second); err != nil {
			return nil, err
		}
		x, err := engine.EngineFrom(ctx).StartExecution(ctx, w.child, task.Input)
		if err == nil {
			_, err = x.Wait(ctx)
		}
		w.say("slept %v", task.Input)
		return nil, err
	})
	w.engine, w.clock, w.begin = e, clock, clock.Now()
	return w
}

func (w *waitingWorld) say(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...)+fmt.Sprintf(" at %s", w.engine.Now().Sub(w.begin)))
}

func mustParse(t *testing.T, definition string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	return m
}

// each runs a resource for each item, side by side.
func each(t *testing.T, resource string) *asl.StateMachine {
	return mustParse(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
		"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "`+resource+`", "TimeoutSeconds": 50, "End": true}}}}}}`)
}

// TestHandlersWaitForExecutionsOnAVirtualClock: others run meanwhile, and time goes by, in the same
// order every time.
func TestHandlersWaitForExecutionsOnAVirtualClock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		resource, input string
		said            []string
	}{
		{"wait", `[3, 1, 2]`, []string{"start 3 at 0s", "start 1 at 0s", "start 2 at 0s", "child of 1 at 1s", "end 1 at 1s",
			"child of 2 at 2s", "end 2 at 2s", "child of 3 at 3s", "end 3 at 3s"}},
		{"wait", `[2, 2]`, []string{"start 2 at 0s", "start 2 at 0s", "child of 2 at 2s", "end 2 at 2s", "end 2 at 2s"}},
		{"wait", `[0]`, []string{"start 0 at 0s", "child of 0 at 0s", "end 0 at 0s"}},
		{"sync", `[2, 1]`, []string{"child of 1 at 1s", "sync 1 at 1s", "child of 2 at 2s", "sync 2 at 2s"}},
		{"sleep", `[2, 1]`, []string{"child of 1 at 3s", "slept 1 at 3s", "child of 2 at 4s", "slept 2 at 4s"}},
	} {
		t.Run(test.resource+" "+test.input, func(t *testing.T) {
			for range 20 {
				w := newWaitingWorld(t)
				x := run(t, w.engine, each(t, test.resource), json.RawMessage(test.input))
				_, err := x.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, test.said, w.said)
			}
		})
	}
}

// TestAHandlerThatWaitsRunsOutOfTime at its own deadline, whatever it waits for.
func TestAHandlerThatWaitsRunsOutOfTime(t *testing.T) {
	t.Parallel()
	w := newWaitingWorld(t)
	x := run(t, w.engine, each(t, "wait"), json.RawMessage(`[3600]`))
	assert.Equal(t, "States.Timeout", failure(t, x).Name)
	assert.Equal(t, 50*time.Second, w.engine.Now().Sub(w.begin))
	child, err := w.engine.Execution(t.Context(), childOf(t, w.engine))
	require.NoError(t, err)
	_, err = child.Wait(t.Context())
	require.NoError(t, err)
	assert.ErrorIs(t, w.waitErr, context.DeadlineExceeded)
	assert.Equal(t, []string{"start 3600 at 0s", "child of 3600 at 1h0m0s"}, w.said)
}

// childOf returns the ARN of the execution that a handler has started.
func childOf(t *testing.T, e *engine.Engine) string {
	t.Helper()
	page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
	require.NoError(t, err)
	for _, s := range page.Executions {
		if s.Name == "child-3600" {
			return s.ARN
		}
	}
	t.Fatal("no child was started")
	return ""
}

// TestCloseWhileAHandlerWaits does not hang.
func TestCloseWhileAHandlerWaits(t *testing.T) {
	t.Parallel()
	w := newWaitingWorld(t)
	run(t, w.engine, each(t, "wait"), json.RawMessage(`[40]`))
	w.clock.Settle()
	require.NoError(t, w.engine.Close())
	assert.True(t, errors.Is(w.waitErr, engine.ErrClosed) || errors.Is(w.waitErr, context.Canceled), "%v", w.waitErr)
}
