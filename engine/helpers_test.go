package engine_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// machine parses a definition.
func machine(t testing.TB, definition string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	require.NoError(t, err)
	return m
}

// one makes a machine of a single state.
func one(t testing.TB, state string) *asl.StateMachine {
	t.Helper()
	return machine(t, `{"StartAt":"S","States":{"S":`+state+`}}`)
}

// eventually returns when a condition holds. A busy computer is given all the time that
// the tests may take.
func eventually(t testing.TB, holds func() bool, message ...any) {
	t.Helper()
	end := time.Now().Add(time.Hour)
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if at, limited := d.Deadline(); limited {
			end = at.Add(-5 * time.Second)
		}
	}
	for !holds() {
		if time.Now().After(end) {
			require.FailNow(t, "it never happened", message...)
		}
		<-time.After(time.Millisecond)
	}
}

// orders reads the order processing workflow.
func orders(t testing.TB) *asl.StateMachine {
	t.Helper()
	text, err := os.ReadFile("testdata/order-processing.asl.json")
	require.NoError(t, err)
	return machine(t, string(text))
}

// tasks makes a Mux of handlers.
func tasks(handlers map[string]engine.HandlerFunc) *engine.Mux {
	mux := engine.NewMux()
	for name, h := range handlers {
		mux.HandleFunc(name, h)
	}
	return mux
}

// echo answers with its input.
func echo(_ context.Context, task engine.Task) (any, error) { return task.Input, nil }

// start makes an engine that is closed at the end of the test.
func start(t testing.TB, config engine.Config) *engine.Engine {
	t.Helper()
	if config.Resolver == nil {
		config.Resolver = engine.NewMux()
	}
	e, err := engine.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

// startVirtual makes an engine with a virtual clock.
func startVirtual(t testing.TB, config engine.Config) (*engine.Engine, *enginetest.Clock) {
	t.Helper()
	clock := enginetest.NewClock(time.Time{})
	config.Clock = clock
	return start(t, config), clock
}

// run starts an execution.
func run(t testing.TB, e *engine.Engine, m *asl.StateMachine, input any, options ...engine.StartOption) *engine.Execution {
	t.Helper()
	x, err := e.StartExecution(t.Context(), m, input, options...)
	require.NoError(t, err)
	return x
}

// output waits for a successful end and returns the output's text.
func output(t testing.TB, x *engine.Execution) string {
	t.Helper()
	result, err := x.Wait(t.Context())
	require.NoError(t, err)
	return string(result.Output())
}

// failure waits for another end.
func failure(t testing.TB, x *engine.Execution) *engine.ExecutionError {
	t.Helper()
	_, err := x.Wait(t.Context())
	var failed *engine.ExecutionError
	require.ErrorAs(t, err, &failed)
	return failed
}

// history returns the events of an execution as lines: id, the previous id, type.
func history(t testing.TB, e *engine.Engine, x *engine.Execution) []string {
	t.Helper()
	var lines []string
	for _, event := range events(t, e, x) {
		lines = append(lines, fmt.Sprintf("%d<-%d %s", event.ID, event.PreviousID, event.Type))
	}
	return lines
}

func events(t testing.TB, e *engine.Engine, x *engine.Execution) []states.Event {
	t.Helper()
	page, err := e.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{MaxResults: 1000})
	require.NoError(t, err)
	require.Empty(t, page.NextToken)
	return page.Events
}

// status returns how an execution stands.
func status(t testing.TB, e *engine.Engine, x *engine.Execution) states.Status {
	t.Helper()
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	return d.Status
}

// fail makes a handler that fails with an error name.
func fail(name string) engine.HandlerFunc {
	return func(context.Context, engine.Task) (any, error) {
		return nil, &engine.TaskError{Name: name, Cause: "because"}
	}
}
