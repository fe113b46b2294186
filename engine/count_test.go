package engine_test

import (
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCountExecutions(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, _ := startVirtual(t, engine.Config{Store: db})
		counts, err := e.CountExecutions(t.Context(), engine.CountOptions{})
		require.NoError(t, err)
		assert.Equal(t, engine.Counts{}, counts)
		for range 3 {
			run(t, e, one(t, succeed), nil, engine.Machine("orders"))
		}
		run(t, e, one(t, forever), nil, engine.Machine("orders"))
		run(t, e, one(t, forever), nil, engine.Machine("bills"))
		run(t, e, one(t, succeed), nil, engine.Express)
		of := func(machine string, status states.Status, n int64) engine.Count {
			return engine.Count{Machine: machine, MachineARN: e.MachineARN(machine), Status: status, Executions: n}
		}
		all := engine.Counts{of("bills", states.StatusRunning, 1), of("orders", states.StatusRunning, 1), of("orders", states.StatusSucceeded, 3)}
		for machine, want := range map[string]engine.Counts{
			"": all, "orders": all[1:], e.MachineARN("bills"): all[:1], "unknown": {}, "bills:1": {},
		} {
			counts, err := e.CountExecutions(t.Context(), engine.CountOptions{Machine: machine})
			require.NoError(t, err)
			assert.Equal(t, want, counts, machine)
		}
		assert.Equal(t, map[states.Status]int64{states.StatusRunning: 2, states.StatusSucceeded: 3}, all.ByStatus())
		assert.Equal(t, int64(5), all.Total())
	})
}

// fails is a state that does.
const fails = `{"Type":"Fail"}`

func TestPurgeExecutions(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, db store.Store) {
		e, clock := startVirtual(t, engine.Config{Store: db})
		begin := clock.Now()
		names := func() (names []string) {
			t.Helper()
			page, err := e.ListExecutions(t.Context(), engine.ListOptions{OldestFirst: true})
			require.NoError(t, err)
			for _, x := range page.Executions {
				names = append(names, x.Name)
			}
			return names
		}
		for _, name := range []string{"a", "b", "c", "d"} {
			run(t, e, one(t, succeed), nil, engine.Machine("orders"), engine.Named(name))
			run(t, e, one(t, fails), nil, engine.Machine("orders"), engine.Named(name+"-failed"))
			clock.Advance(time.Hour)
		}
		run(t, e, one(t, forever), nil, engine.Machine("orders"), engine.Named("runs"))
		run(t, e, one(t, succeed), nil, engine.Machine("bills"), engine.Named("bill"))
		for _, c := range []struct {
			says    string
			options engine.PurgeOptions
			removed int
			left    []string
		}{
			{"nothing is old enough", engine.PurgeOptions{StoppedBefore: begin}, 0,
				[]string{"a", "a-failed", "b", "b-failed", "c", "c-failed", "d", "d-failed", "runs", "bill"}},
			{"by age", engine.PurgeOptions{StoppedBefore: begin.Add(time.Hour)}, 2,
				[]string{"b", "b-failed", "c", "c-failed", "d", "d-failed", "runs", "bill"}},
			{"by status, up to a limit", engine.PurgeOptions{StoppedBefore: begin.Add(time.Hour * 9), Statuses: []states.Status{states.StatusSucceeded}, Limit: 2}, 2,
				[]string{"b-failed", "c-failed", "d", "d-failed", "runs", "bill"}},
			{"by machine", engine.PurgeOptions{StoppedBefore: begin.Add(time.Hour * 9), Machine: "bills"}, 1,
				[]string{"b-failed", "c-failed", "d", "d-failed", "runs"}},
			{"all that has ended", engine.PurgeOptions{StoppedBefore: begin.Add(time.Hour * 9)}, 4, []string{"runs"}},
		} {
			removed, err := e.PurgeExecutions(t.Context(), c.options)
			require.NoError(t, err, c.says)
			assert.Equal(t, c.removed, removed, c.says)
			assert.Equal(t, c.left, names(), c.says)
		}
		_, err := e.DescribeExecution(t.Context(), run(t, e, one(t, succeed), nil, engine.Machine("orders"), engine.Named("a")).ARN())
		require.NoError(t, err, "a name is free again")
	})
}

func TestPurgesThatAreRefused(t *testing.T) {
	t.Parallel()
	e := start(t, engine.Config{})
	at := time.Now()
	for says, o := range map[string]engine.PurgeOptions{
		"StoppedBefore is required": {},
		"RUNNING can't be removed":  {StoppedBefore: at, Statuses: []states.Status{states.StatusFailed, states.StatusRunning}},
		"the Limit is -1":           {StoppedBefore: at, Limit: -1},
	} {
		_, err := e.PurgeExecutions(t.Context(), o)
		require.ErrorIs(t, err, engine.ErrInvalidPurge, says)
		require.ErrorContains(t, err, says)
	}
}
