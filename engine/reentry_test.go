package engine_test

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A visitor calls the engine from wherever the engine calls it.
type visitor struct {
	t      *testing.T
	engine atomic.Pointer[engine.Engine]
	mu     sync.Mutex
	inside map[string]int
	visits map[string]int
}

// visit calls the engine, of the execution under way as well. What is called from within
// such a call calls nothing itself, or there would be no end of it.
func (v *visitor) visit(from string) {
	e := v.engine.Load()
	v.mu.Lock()
	if e == nil || v.inside[from] > 0 || v.visits[from] == 20 {
		v.mu.Unlock()
		return
	}
	v.inside[from]++
	v.visits[from]++
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		v.inside[from]--
		v.mu.Unlock()
	}()
	ctx := context.Background()
	page, err := e.ListExecutions(ctx, engine.ListOptions{})
	assert.NoError(v.t, err)
	for _, s := range page.Executions {
		_, err := e.DescribeExecution(ctx, s.ARN)
		assert.NoError(v.t, err)
		_, err = e.GetExecutionHistory(ctx, s.ARN, engine.HistoryOptions{})
		assert.NoError(v.t, err)
		_, err = e.Execution(ctx, s.ARN)
		assert.NoError(v.t, err)
	}
	e.Health()
	_, err = e.StartExecution(ctx, one(v.t, `{"Type":"Pass","End":true}`), nil, engine.Machine("visits"))
	assert.NoError(v.t, err)
	assert.ErrorIs(v.t, e.SendTaskSuccess(ctx, "no token", nil), engine.ErrInvalidToken)
}

// An answer calls the engine while it is made JSON.
type answer struct{ v *visitor }

func (a answer) MarshalJSON() ([]byte, error) {
	a.v.visit("MarshalJSON")
	return []byte(`{"done":true}`), nil
}

// A refusal calls the engine while it is given a name and a text.
type refusal struct{ v *visitor }

func (r refusal) Error() string     { r.v.visit("Error"); return "refused" }
func (r refusal) ErrorName() string { r.v.visit("ErrorName"); return "Refused" }

// Every callback may call the engine. One under a lock of the engine's would stand still.
func TestCallbacksCallTheEngine(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		v := &visitor{t: t, inside: map[string]int{}, visits: map[string]int{}}
		mux := tasks(map[string]engine.HandlerFunc{
			"work": func(context.Context, engine.Task) (any, error) { v.visit("handler"); return answer{v}, nil },
			"fail": func(context.Context, engine.Task) (any, error) { return nil, refusal{v} },
		})
		logger := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "message"}), zapcore.AddSync(discard{}), zap.DebugLevel),
			zap.Hooks(func(zapcore.Entry) error { v.visit("log"); return nil }))
		e := start(t, engine.Config{
			Resolver: engine.ResolverFunc(func(resource string) engine.Handler { v.visit("Resolve"); return mux.Resolve(resource) }),
			Store:    db, Logger: logger, Logging: engine.LogOptions{Level: engine.LogAll, IncludeExecutionData: true},
			Notify: func(context.Context, engine.StatusChange) error { v.visit("Notify"); return nil },
		})
		v.engine.Store(e)
		ctx := t.Context()
		m := machine(t, `{"StartAt":"Both","States":{
			"Both":{"Type":"Parallel","End":true,"Branches":[
				{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"work","Next":"Rest"},"Rest":{"Type":"Wait","Seconds":0,"End":true}}},
				{"StartAt":"Fail","States":{"Fail":{"Type":"Task","Resource":"fail","End":true,
					"Retry":[{"ErrorEquals":["Refused"],"MaxAttempts":1,"IntervalSeconds":1}],
					"Catch":[{"ErrorEquals":["Refused"],"Next":"Caught"}]},"Caught":{"Type":"Succeed"}}}]}}}`)
		input := json.RawMessage(`{"id":7}`)
		for _, kind := range [][]engine.StartOption{{engine.Machine("m"), engine.Named("n")}, {engine.Express}} {
			x, err := e.StartExecution(ctx, m, input, kind...)
			require.NoError(t, err)
			_, err = x.Wait(ctx)
			require.NoError(t, err)
		}
		_, err := e.StartSyncExecution(ctx, m, answer{v})
		require.NoError(t, err)
		require.NoError(t, e.Close())
		for _, from := range []string{"Resolve", "handler", "MarshalJSON", "Error", "ErrorName", "log", "Notify"} {
			assert.Positive(t, v.visits[from], from)
		}
	})
}

// discard takes and forgets.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// A curious handler asks the Mux that it is added to.
type curious struct {
	mux *engine.Mux
	engine.HandlerFunc
}

func (c curious) Err() error {
	_ = c.mux.Resources()
	c.mux.Resolve("other")
	return nil
}

// A handler's own methods may ask the Mux that they are added to.
func TestHandlersAskTheirMux(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("curious", curious{mux, echo})
	require.NoError(t, mux.Err())
	assert.NotNil(t, mux.Resolve("curious"))
}
