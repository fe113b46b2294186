package engine_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The ways in which an execution comes to lack a handler: after the restart it is for a
// task that is in flight, or for one that comes later.
var lacks = map[string]string{
	"a task in flight": `"StartAt":"A","States":{"A":{"Type":"Task","Resource":"gone","End":true}}`,
	"a function in flight": `"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"gone","Payload":{"a":1}},
		"OutputPath":"$.Payload","End":true}}`,
	"a task in flight in a branch": `"StartAt":"P","States":{"P":{"Type":"Parallel","OutputPath":"$[0]","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"gone","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"End":true}}}]}}`,
	"a task that comes later":               `"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3,"Next":"A"},"A":{"Type":"Task","Resource":"gone","End":true}}`,
	"a task with a timeout and a heartbeat": `"StartAt":"A","States":{"A":{"Type":"Task","Resource":"gone","TimeoutSeconds":300,"HeartbeatSeconds":200,"End":true}}`,
	"a task that waits for its token": `"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"Next":"B"},
		"B":{"Type":"Task","Resource":"gone","End":true}}`,
}

// withoutHandlers opens an engine on a store in which an execution runs, whose handlers it
// lacks, and lets some seconds pass.
func withoutHandlers(t *testing.T, definition string, db func() store.Store, resolver engine.Resolver) (*engine.Engine, *enginetest.Clock, *engine.Execution, string) {
	t.Helper()
	var token string
	clock := enginetest.NewClock(time.Time{})
	e := start(t, engine.Config{Clock: clock, Store: db(), Resolver: tasks(map[string]engine.HandlerFunc{
		"gone": func(ctx context.Context, _ engine.Task) (any, error) { return nil, clock.Sleep(ctx, 24*time.Hour) },
		sqsToken: func(_ context.Context, task engine.Task) (any, error) {
			token = task.Token
			return nil, nil
		}})})
	x := run(t, e, machine(t, "{"+definition+`,"TimeoutSeconds":1000}`), map[string]int{"a": 1})
	clock.Settle()
	require.NoError(t, e.Close())
	e = reopen(t, e, engine.Config{Store: db(), Resolver: resolver}, &clock, time.Second)
	clock.Advance(10 * time.Second)
	require.Equal(t, states.StatusRunning, status(t, e, x))
	var missing *engine.ResourceError
	require.ErrorAs(t, e.Health().Stranded[x.ARN()], &missing)
	return e, clock, x, token
}

// TestEndingNeedsNoHandler: whatever ends an execution ends one whose handlers are gone,
// and what Health says of it ends, too.
func TestEndingNeedsNoHandler(t *testing.T) {
	t.Parallel()
	for lack, definition := range lacks {
		for end, c := range map[string]struct {
			end  func(*testing.T, *engine.Engine, *enginetest.Clock, string)
			want func(string) states.Status
		}{
			"stop": {func(t *testing.T, e *engine.Engine, _ *enginetest.Clock, arn string) {
				require.NoError(t, e.StopExecution(t.Context(), arn, "Operator", "enough"))
			}, func(string) states.Status { return states.StatusAborted }},
			"timeout": {func(_ *testing.T, _ *engine.Engine, clock *enginetest.Clock, _ string) {
				clock.Advance(time.Hour)
			}, func(lack string) states.Status {
				if lack == "a task with a timeout and a heartbeat" {
					return states.StatusFailed // with States.Timeout of the task
				}
				return states.StatusTimedOut
			}},
		} {
			t.Run(lack+"/"+end, func(t *testing.T) {
				t.Parallel()
				db := new(lastingStore)
				e, clock, x, _ := withoutHandlers(t, definition, func() store.Store { return db }, engine.NewMux())
				c.end(t, e, clock, x.ARN())
				assert.Equal(t, c.want(lack), status(t, e, x))
				assert.Empty(t, e.Health().Stranded)
				reopened := reopen(t, e, engine.Config{Store: db}, &clock, time.Second)
				assert.Equal(t, c.want(lack), status(t, reopened, x))
				assert.Empty(t, reopened.Health().Stranded)
			})
		}
	}
	t.Run("token", func(t *testing.T) {
		t.Parallel()
		db := new(lastingStore)
		e, _, x, token := withoutHandlers(t, lacks["a task that waits for its token"], func() store.Store { return db }, engine.NewMux())
		require.NoError(t, e.SendTaskHeartbeat(t.Context(), token))
		require.NoError(t, e.SendTaskFailure(t.Context(), token, "Rejected", "no"))
		assert.Equal(t, states.StatusFailed, status(t, e, x))
		assert.Empty(t, e.Health().Stranded)
	})
}

// TestAHandlerFreesWhatWaitsForIt: one that is added to the Mux at once, one of another
// Resolver when Health is asked.
func TestAHandlerFreesWhatWaitsForIt(t *testing.T) {
	t.Parallel()
	for lack, definition := range lacks {
		for _, wrapped := range []bool{false, true} {
			for where, open := range map[string]func(t *testing.T) func() store.Store{
				"in a store": func(*testing.T) func() store.Store {
					db := new(lastingStore)
					return func() store.Store { return db }
				},
				"in a file": func(t *testing.T) func() store.Store {
					path := filepath.Join(t.TempDir(), "orders.db")
					return func() store.Store { return sqlite.Open(path) }
				},
			} {
				name := lack + "/" + where
				if wrapped {
					name += "/wrapped"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					mux := engine.NewMux()
					var resolver engine.Resolver = mux
					if wrapped {
						resolver = engine.ResolverFunc(mux.Resolve)
					}
					e, clock, x, token := withoutHandlers(t, definition, open(t), resolver)
					var keys []string
					mux.HandleFunc("gone", func(_ context.Context, task engine.Task) (any, error) {
						keys = append(keys, task.IdempotencyKey)
						return "done", nil
					})
					if token != "" {
						mux.HandleFunc(sqsToken, echo)
						require.NoError(t, e.SendTaskSuccess(t.Context(), token, 1))
					}
					if wrapped {
						e.Health()
					}
					clock.Settle()
					y, err := e.Execution(t.Context(), x.ARN())
					require.NoError(t, err)
					assert.Equal(t, `"done"`, output(t, y))
					assert.Len(t, keys, 1)
					assert.Empty(t, e.Health().Stranded)
					mux.HandleFunc("another", echo)
				})
			}
		}
	}
}

// TestAHandlerOfOneTaskFreesIt, though the machine lacks others.
func TestAHandlerOfOneTaskFreesIt(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	mux := engine.NewMux()
	clock := enginetest.NewClock(time.Time{})
	e := start(t, engine.Config{Clock: clock, Store: db, Resolver: tasks(map[string]engine.HandlerFunc{
		"*": func(ctx context.Context, _ engine.Task) (any, error) { return nil, clock.Sleep(ctx, 24*time.Hour) }})})
	x := run(t, e, machine(t, `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"a","Next":"B"},"B":{"Type":"Task","Resource":"b","End":true}}}`), "input")
	clock.Settle()
	e = reopen(t, e, engine.Config{Store: db, Resolver: mux}, &clock, time.Second)
	mux.HandleFunc("a", echo)
	clock.Settle()
	assert.Equal(t, "8<-7 TaskScheduled", history(t, e, x)[7], "B is scheduled, and lacks its handler")
	var missing *engine.ResourceError
	require.ErrorAs(t, e.Health().Stranded[x.ARN()], &missing)
	assert.Equal(t, "b", missing.Resource)
	mux.HandleFunc("b", echo)
	clock.Settle()
	assert.Equal(t, states.StatusSucceeded, status(t, e, x))
	assert.Empty(t, e.Health().Stranded)
}
