package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRedriveTokens: a redrive with a token that was given before redrives nothing, for 15 minutes, in
// memory and in a store, whose tokens outlive the engine. A token is one execution's.
func TestRedriveTokens(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]store.Store{"in memory": nil, "in a store": new(lastingStore)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"fail": fail("Broken")})}
			e, clock := startVirtual(t, config)
			m := one(t, `{"Type":"Task","Resource":"fail","End":true}`)
			x, other := run(t, e, m, nil), run(t, e, m, nil)
			clock.Settle()
			again := func(x *engine.Execution, token string) error {
				redriven, err := e.RedriveExecution(t.Context(), x.ARN(), engine.RedriveToken(token))
				if err == nil {
					assert.Equal(t, x.ARN(), redriven.ARN())
				}
				clock.Settle()
				return err
			}
			for i, step := range []struct {
				after    time.Duration
				of       *engine.Execution
				token    string
				redrives int
				lost     bool // the engine is another one
			}{
				{0, x, "a", 1, false},
				{0, x, "a", 1, false},
				{0, other, "a", 1, false},
				{time.Minute, x, "b", 2, false},
				{time.Minute, x, "a", 2, true},
				{time.Minute, x, "b", 2, false},
				{time.Minute, x, "", 3, false},
				{12 * time.Minute, x, "a", 4, false},
				{time.Minute, x, "b", 5, true},
				{time.Minute, x, "b", 5, false},
				{10 * time.Minute, x, "a", 5, true},
			} {
				clock.Advance(step.after)
				if step.lost && db != nil {
					e = reopen(t, e, config, &clock, 0)
				}
				require.NoError(t, again(step.of, step.token), i)
				assert.Equal(t, step.redrives, describe(t, e, step.of).RedriveCount, i)
			}
			page, err := e.GetExecutionHistory(t.Context(), x.ARN(), engine.HistoryOptions{})
			require.NoError(t, err)
			for _, event := range page.Events {
				text, err := json.Marshal(event)
				require.NoError(t, err)
				assert.NotContains(t, string(text), `"token"`, "it is not shown")
			}
			_, err = e.RedriveExecution(t.Context(), x.ARN()+"y", engine.RedriveToken("a"))
			require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
		})
	}
}

// TestRedrivesAtOnce: of two calls with one token that both find it new, one redrives the execution, and
// both return it, whether it runs still or has ended again.
func TestRedrivesAtOnce(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) store.Store{
		"in memory":  func(*testing.T) store.Store { return nil },
		"in a store": func(*testing.T) store.Store { return new(lastingStore) },
		"in SQLite":  func(t *testing.T) store.Store { return sqlite.Open(filepath.Join(t.TempDir(), "x.db")) },
	} {
		for _, ends := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", ends again: ", ends), func(t *testing.T) {
				t.Parallel()
				clock, called := enginetest.NewClock(time.Time{}), 0
				e := start(t, engine.Config{Store: open(t), Clock: clock, Resolver: tasks(map[string]engine.HandlerFunc{
					"fail": func(ctx context.Context, _ engine.Task) (any, error) {
						if called++; called > 1 && !ends {
							return nil, clock.Sleep(ctx, -1)
						}
						return nil, &engine.TaskError{Name: "Broken"}
					}})})
				x := run(t, e, one(t, `{"Type":"Task","Resource":"fail","End":true}`), nil)
				clock.Settle()
				for i := range 3 {
					redriven, err := e.RedriveAtOnce(t.Context(), x.ARN(), "a")
					require.NoError(t, err, i)
					assert.Equal(t, x.ARN(), redriven.ARN())
					clock.Settle()
					assert.Equal(t, 1, describe(t, e, x).RedriveCount, i)
				}
				_, err := e.RedriveAtOnce(t.Context(), x.ARN(), "b")
				if ends {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, engine.ErrNotRedrivable)
				}
				clock.Advance(time.Minute)
				assert.Equal(t, map[bool]int{false: 1, true: 2}[ends], describe(t, e, x).RedriveCount)
			})
		}
	}
}

// TestManyRedrivesAtOnce: calls on many goroutines with one token redrive an execution once.
func TestManyRedrivesAtOnce(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]store.Store{"in memory": nil, "in a store": new(lastingStore)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := start(t, engine.Config{Store: db, Resolver: tasks(map[string]engine.HandlerFunc{"fail": fail("Broken")})})
			x := run(t, e, one(t, `{"Type":"Task","Resource":"fail","End":true}`), nil)
			failure(t, x)
			for round := range 20 {
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						redriven, err := e.RedriveExecution(context.Background(), x.ARN(), engine.RedriveToken(fmt.Sprint(round)))
						if assert.NoError(t, err) {
							_, err = redriven.Wait(context.Background())
							assert.ErrorContains(t, err, "Broken")
						}
					})
				}
				all.Wait()
				require.Equal(t, round+1, describe(t, e, x).RedriveCount)
			}
		})
	}
}
