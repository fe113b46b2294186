package engine_test

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A damagedStore has damaged data of one execution.
type damagedStore struct {
	*lastingStore
	arn                     string
	log, record, definition atomic.Bool
}

var errDamage = fmt.Errorf("a bit is another: %w", store.ErrDamaged)

func (s *damagedStore) Log(ctx context.Context, arn string) ([][]byte, error) {
	if arn == s.arn && s.log.Load() {
		return nil, errDamage
	}
	return s.lastingStore.Log(ctx, arn)
}

// Tail is Log: this store knows the ends of logs no better.
func (s *damagedStore) Tail(ctx context.Context, arn string, _ func([]byte) bool) ([][]byte, int, error) {
	lines, err := s.Log(ctx, arn)
	return lines, 0, err
}

func (s *damagedStore) Definition(ctx context.Context, hash string) (string, error) {
	if s.definition.Load() {
		return "", errDamage
	}
	return s.lastingStore.Definition(ctx, hash)
}

func (s *damagedStore) Running(ctx context.Context, from time.Time) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range s.lastingStore.Running(ctx, from) {
			if r.ARN == s.arn && s.record.Load() {
				r, err = store.Record{ARN: r.ARN}, errDamage
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// TestDamagedExecutions: damage to one execution's data is no failure of the store. The
// execution stands, Health says why, and others go on.
func TestDamagedExecutions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		says    string
		damage  func(s *damagedStore)
		opening bool // is it there when an engine is opened
	}{
		{"a log that is read when an engine is opened", func(s *damagedStore) { s.log.Store(true) }, true},
		{"a log that is read later", func(s *damagedStore) { s.log.Store(true) }, false},
		{"a record", func(s *damagedStore) { s.record.Store(true) }, true},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			db := &damagedStore{lastingStore: new(lastingStore)}
			e, clock := startVirtual(t, engine.Config{Store: db})
			m := one(t, `{"Type":"Wait","Seconds":60,"End":true}`)
			bad := run(t, e, m, nil, engine.Machine("m"), engine.Named("bad"))
			good := run(t, e, m, nil, engine.Machine("m"), engine.Named("good"))
			clock.Settle()
			db.arn = bad.ARN()
			if c.opening {
				require.NoError(t, e.Close())
			}
			c.damage(db)
			if c.opening {
				var err error
				e, err = engine.New(engine.Config{Store: db, Clock: clock, Resolver: engine.NewMux()})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, e.Close()) })
			}
			clock.Advance(time.Hour)
			h := e.Health()
			assert.NoError(t, h.Err)
			assert.Zero(t, h.Waiting)
			assert.ErrorIs(t, h.Stranded[bad.ARN()], store.ErrDamaged)
			d, err := e.DescribeExecution(t.Context(), good.ARN())
			require.NoError(t, err)
			assert.Equal(t, states.StatusSucceeded, d.Status)
		})
	}
}

// TestADamagedDefinition strands the executions that have it.
func TestADamagedDefinition(t *testing.T) {
	t.Parallel()
	db := &damagedStore{lastingStore: new(lastingStore)}
	e, clock := startVirtual(t, engine.Config{Store: db})
	x := run(t, e, one(t, `{"Type":"Wait","Seconds":60,"End":true}`), nil, engine.Machine("m"), engine.Named("n"))
	clock.Settle()
	require.NoError(t, e.Close())
	db.definition.Store(true)
	e, err := engine.New(engine.Config{Store: db, Clock: clock, Resolver: engine.NewMux()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	clock.Advance(time.Hour)
	h := e.Health()
	assert.NoError(t, h.Err)
	assert.ErrorIs(t, h.Stranded[x.ARN()], store.ErrDamaged)
}

// TestUnreadableLogs: an execution of whose log nothing can be read is stopped and deleted.
func TestUnreadableLogs(t *testing.T) {
	t.Parallel()
	for _, notify := range []bool{false, true} {
		db := &damagedStore{lastingStore: new(lastingStore)}
		config := engine.Config{Store: db}
		told := make(chan engine.StatusChange, 10)
		if notify {
			config.Notify = func(_ context.Context, c engine.StatusChange) error {
				told <- c
				return nil
			}
		}
		e, clock := startVirtual(t, config)
		x := run(t, e, one(t, forever), nil, engine.Machine("m"), engine.Named("n"))
		clock.Settle()
		db.arn = x.ARN()
		db.log.Store(true)
		require.ErrorIs(t, e.DeleteExecution(t.Context(), x.ARN()), engine.ErrExecutionRunning)
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "E", "c"))
		clock.Settle()
		assert.Empty(t, e.Health().Stranded)
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
		require.NoError(t, err)
		require.Len(t, page.Executions, 1)
		assert.Equal(t, states.StatusAborted, page.Executions[0].Status)
		assert.Equal(t, clock.Now(), page.Executions[0].StopDate)
		require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "E", "c"), "it has ended")
		require.NoError(t, e.DeleteExecution(t.Context(), x.ARN()))
		_, err = e.DescribeExecution(t.Context(), x.ARN())
		require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
		require.NoError(t, e.Close())
		close(told)
		var statuses []string
		for c := range told {
			statuses = append(statuses, string(c.Detail.Status))
		}
		if notify {
			assert.Equal(t, []string{"RUNNING", "ABORTED"}, statuses)
		}
	}
}
