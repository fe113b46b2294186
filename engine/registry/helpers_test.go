package registry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

var errStore = errors.New("the disk is on fire")

// approval is a state that no Express execution can have.
const approval = `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"TimeoutSeconds":3600,"End":true}`

// A lastingStore is a store in memory that outlives the engines that close it, as a file
// would.
type lastingStore struct{ storetest.Memory }

func (s *lastingStore) Close() error { return nil }

// machine parses a definition.
func machine(t testing.TB, definition string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parse(definition)
	require.NoError(t, err)
	return m
}

// one makes a machine of a single state.
func one(t testing.TB, state string) *asl.StateMachine {
	t.Helper()
	return machine(t, `{"StartAt":"S","States":{"S":`+state+`}}`)
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

// output waits for a successful end and returns the output's text.
func output(t testing.TB, x *engine.Execution) string {
	t.Helper()
	result, err := x.Wait(t.Context())
	require.NoError(t, err)
	return string(result.Output())
}

// firstEvent returns the first event of an execution's history.
func firstEvent(t testing.TB, e *engine.Engine, x *engine.Execution) states.Event {
	t.Helper()
	page, err := e.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{})
	require.NoError(t, err)
	return page.Events[0]
}

// status returns how an execution stands.
func status(t testing.TB, e *engine.Engine, x *engine.Execution) states.Status {
	t.Helper()
	d, err := e.DescribeExecution(t.Context(), x.ARN())
	require.NoError(t, err)
	return d.Status
}
