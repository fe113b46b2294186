package engine_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// TestDeleteExecution: what has ended goes with its history, and its name is free again.
func TestDeleteExecution(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		if _, ok := db.(store.Remover); db != nil && !ok {
			t.Skip("this store removes nothing")
		}
		e := start(t, engine.Config{Store: db})
		waits := one(t, `{"Type":"Wait","TimestampPath":"$","End":true}`)
		gone := run(t, e, waits, "2020-01-01T00:00:00Z", engine.Machine("m"), engine.Named("gone"))
		output(t, gone)
		kept := run(t, e, waits, "2020-01-01T00:00:00Z", engine.Machine("m"), engine.Named("kept"))
		output(t, kept)
		running := run(t, e, one(t, `{"Type":"Wait","Seconds":1000000,"End":true}`), nil, engine.Machine("m"), engine.Named("running"))

		require.NoError(t, e.DeleteExecution(t.Context(), gone.ARN()))
		_, err := e.DescribeExecution(t.Context(), gone.ARN())
		require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
		_, err = e.GetExecutionHistory(t.Context(), gone.ARN(), engine.HistoryOptions{})
		require.ErrorIs(t, err, engine.ErrExecutionDoesNotExist)
		require.ErrorIs(t, e.DeleteExecution(t.Context(), gone.ARN()), engine.ErrExecutionDoesNotExist)
		require.ErrorIs(t, e.DeleteExecution(t.Context(), running.ARN()), engine.ErrExecutionRunning)
		require.ErrorIs(t, e.DeleteExecution(t.Context(), "gone"), engine.ErrInvalidARN)
		page, err := e.ListExecutions(t.Context(), engine.ListOptions{})
		require.NoError(t, err)
		require.Len(t, page.Executions, 2)
		require.Equal(t, "kept", page.Executions[1].Name)
		require.Equal(t, states.StatusRunning, status(t, e, running))

		again := run(t, e, waits, "2021-01-01T00:00:00Z", engine.Machine("m"), engine.Named("gone"))
		require.Equal(t, `"2021-01-01T00:00:00Z"`, output(t, again))
		require.Equal(t, `"2021-01-01T00:00:00Z"`, string(describe(t, e, again).Input))
	})
}

// TestDeleteNeedsAStoreThatRemoves: another store says that it can't.
func TestDeleteNeedsAStoreThatRemoves(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{Store: struct{ store.Store }{new(storetest.Memory)}})
	x := run(t, e, one(t, `{"Type":"Succeed"}`), nil)
	output(t, x)
	failed, ok := errors.AsType[*engine.StoreError](e.DeleteExecution(t.Context(), x.ARN()))
	require.True(t, ok)
	require.ErrorContains(t, failed, "removes no single executions")
}

// TestStandby: an engine on standby does what it is asked for, and what follows from that is
// done by the next one.
func TestStandby(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "orders.db")
	m := machine(t, `{"StartAt":"A","States":{"A":{"Type":"Wait","SecondsPath":"$","Next":"B"},"B":{"Type":"Task","Resource":"work","End":true}}}`)
	e, err := engine.New(engine.Config{Store: sqlite.Open(path), Resolver: tasks(map[string]engine.HandlerFunc{"work": fail("Broken")})})
	require.NoError(t, err)
	runs := run(t, e, m, 1_000_000, engine.Machine("m"), engine.Named("runs"))
	fails := run(t, e, m, 0, engine.Machine("m"), engine.Named("fails"))
	require.Equal(t, "Broken", failure(t, fails).Name)
	require.NoError(t, e.Close())

	standby, err := engine.New(engine.Config{Store: sqlite.Open(path), Standby: true})
	require.NoError(t, err)
	require.Equal(t, states.StatusRunning, status(t, standby, runs))
	require.NoError(t, standby.StopExecution(t.Context(), runs.ARN(), "Enough", "it is"))
	require.Equal(t, states.StatusAborted, status(t, standby, runs))
	again, err := standby.RedriveExecution(t.Context(), fails.ARN())
	require.NoError(t, err)
	fork, err := standby.ForkExecution(t.Context(), runs.ARN(), 2, engine.Fork{Payload: 0}, engine.Machine("m"), engine.Named("fork"))
	require.NoError(t, err)
	require.Equal(t, states.StatusRunning, status(t, standby, again))
	require.Equal(t, states.StatusRunning, status(t, standby, fork))
	_, err = standby.StartExecution(t.Context(), m, 0, engine.Express)
	require.ErrorContains(t, err, "standby")
	require.NoError(t, standby.Close())

	e = start(t, engine.Config{Store: sqlite.Open(path), Resolver: tasks(map[string]engine.HandlerFunc{"work": echo})})
	for _, arn := range []string{fails.ARN(), fork.ARN()} {
		eventually(t, func() bool {
			d, err := e.DescribeExecution(t.Context(), arn)
			require.NoError(t, err)
			return d.Status == states.StatusSucceeded
		})
	}
}

// TestStandbyOnAStoreThatReads: executions can be read while an engine is at work on them,
// and what would change something is refused.
func TestStandbyOnAStoreThatReads(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "orders.db")
	e := start(t, engine.Config{Store: sqlite.Open(path)})
	waits := one(t, `{"Type":"Wait","Seconds":1000,"End":true}`)
	x := run(t, e, waits, "x", engine.Machine("m"), engine.Named("x"))
	_, err := engine.New(engine.Config{Store: sqlite.OpenReadOnly(path), Resolver: engine.NewMux()})
	require.ErrorContains(t, err, "Standby")

	reader := start(t, engine.Config{Store: sqlite.OpenReadOnly(path), Standby: true})
	require.Equal(t, states.StatusRunning, status(t, reader, x))
	require.Len(t, events(t, reader, x), 2)
	require.ErrorIs(t, reader.StopExecution(t.Context(), x.ARN(), "", ""), sqlite.ErrReadOnly)
	_, err = reader.StartExecution(t.Context(), waits, "y", engine.Machine("m"), engine.Named("y"))
	require.ErrorIs(t, err, sqlite.ErrReadOnly)
	require.ErrorIs(t, reader.DeleteExecution(t.Context(), x.ARN()), sqlite.ErrReadOnly)

	require.NoError(t, e.StopExecution(t.Context(), x.ARN(), "Enough", ""))
	require.Equal(t, states.StatusAborted, status(t, reader, x), "the reader sees what the engine does")
	require.Len(t, events(t, reader, x), 3)
	y := run(t, e, waits, "y", engine.Machine("m"), engine.Named("y"))
	page, err := reader.ListExecutions(t.Context(), engine.ListOptions{})
	require.NoError(t, err)
	require.Len(t, page.Executions, 2)
	require.Equal(t, y.ARN(), page.Executions[0].ARN)
}

// TestStandbyNeedsAStore: without one there is nothing to stand by.
func TestStandbyNeedsAStore(t *testing.T) {
	t.Parallel()
	_, err := engine.New(engine.Config{Standby: true})
	require.ErrorContains(t, err, "Standby needs a Store")
}
