package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A shaky store fails every now and then, before or after the fact.
type shaky struct {
	store.Store
	calm atomic.Bool
}

func (s *shaky) shake(do func() error) error {
	switch n := rand.IntN(40); {
	case n == 0 && !s.calm.Load():
		return errStore
	case n == 1 && !s.calm.Load():
		_ = do()
		return errStore
	}
	return do()
}

func (s *shaky) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	return s.shake(func() error { return s.Store.Create(ctx, r, definition, lines) })
}

func (s *shaky) Append(ctx context.Context, arn string, length int, c store.Change) error {
	return s.shake(func() error { return s.Store.Append(ctx, arn, length, c) })
}

func (s *shaky) Log(ctx context.Context, arn string) (lines [][]byte, err error) {
	err = s.shake(func() error {
		lines, err = s.Store.Log(ctx, arn)
		return err
	})
	return lines, err
}

// TestEverythingDurableAtOnce has many goroutines use engines on a store that fails
// now and then, while the engines are closed and opened again. Every execution that
// was started, or may have been, comes to its end, and its history has no gap.
func TestEverythingDurableAtOnce(t *testing.T) {
	t.Parallel()
	db := new(lastingStore)
	machines := []string{
		`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","Next":"B"},"B":{"Type":"Task","Resource":"echo","End":true}}}`,
		`{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","End":true,"ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"echo","End":true}}}}}}`,
		`{"StartAt":"A","States":{"A":` + approval[:len(approval)-len(`"End":true}`)] + `"Next":"B"},"B":{"Type":"Task","Resource":"echo","End":true}}}`,
		`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":` + approval + `}},{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"echo","End":true}}},
			{"StartAt":"C","States":{"C":` + approval + `}}]}}}`,
		`{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Task","Resource":"echo","End":true}}}`,
	}
	var tokens sync.Map
	mux := tasks(map[string]engine.HandlerFunc{"echo": echo, "*": func(_ context.Context, task engine.Task) (any, error) {
		tokens.Store(task.Token, true)
		return "sent", nil
	}})
	ctx := context.Background()
	for round := range 4 {
		unsteady := &shaky{Store: db}
		unsteady.calm.Store(true)
		e, err := engine.New(engine.Config{Resolver: mux, Store: unsteady})
		require.NoError(t, err)
		unsteady.calm.Store(round == 3)
		e.ReadAhead(2)
		var users sync.WaitGroup
		for user := range 6 {
			users.Go(func() {
				for i := range 20 {
					m := machine(t, machines[i%len(machines)])
					name := fmt.Sprint(round, "-", user, "-", i)
					x, err := e.StartExecution(ctx, m, map[string]any{"items": []int{1, 2, 3}}, engine.Named(name), engine.Machine("m"))
					if err != nil {
						assert.ErrorIs(t, err, errStore)
						continue
					}
					_, _ = e.DescribeExecution(ctx, x.ARN())
					_, _ = e.GetExecutionHistory(ctx, x.ARN(), engine.HistoryOptions{})
					if i%5 == 4 {
						_ = e.StopExecution(ctx, x.ARN(), "Stopped", "")
					}
				}
			})
		}
		over := make(chan struct{})
		var senders sync.WaitGroup
		for range 2 {
			senders.Go(func() {
				for done := false; !done; {
					select {
					case <-over:
						done = true
					default:
					}
					tokens.Range(func(token, _ any) bool {
						_ = e.SendTaskHeartbeat(ctx, token.(string))
						err := e.SendTaskSuccess(ctx, token.(string), "yes")
						if err == nil || errors.Is(err, engine.ErrInvalidToken) || errors.Is(err, engine.ErrTaskDoesNotExist) || errors.Is(err, engine.ErrTaskTimedOut) {
							tokens.Delete(token)
						}
						return true
					})
					runtime.Gosched()
				}
			})
		}
		users.Wait()
		if round == 3 {
			eventually(t, func() bool {
				page, err := e.ListExecutions(ctx, engine.ListOptions{Statuses: []states.Status{states.StatusRunning}})
				return err == nil && len(page.Executions) == 0
			})
		}
		close(over)
		senders.Wait()
		assert.Empty(t, e.Health().Stranded)
		require.NoError(t, e.Close())
	}
	n := 0
	for r, err := range db.Running(ctx, time.Time{}) {
		assert.Fail(t, "still running", "%v %v", r, err)
	}
	records, _, err := db.List(ctx, store.Query{Limit: 1000})
	require.NoError(t, err)
	for _, r := range records {
		assert.Contains(t, []states.Status{states.StatusSucceeded, states.StatusAborted}, r.Status)
		gapless(t, db, r.ARN)
		n++
	}
	assert.Greater(t, n, 300)
}
