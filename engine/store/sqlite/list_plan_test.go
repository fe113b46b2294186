package sqlite_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// TestListsComeFromIndexes: whatever a query selects by, no list looks through all executions
// or sorts them, but for the few that an index has found; and counts read an index alone.
func TestListsComeFromIndexes(t *testing.T) {
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	running := []states.Status{states.StatusRunning, states.StatusFailed}
	const (
		inOrder = "executions USING INDEX executions_by_start_date"
		machine = "SEARCH executions USING COVERING INDEX executions_by_machine (machine=? AND status=?"
		named   = "SEARCH executions USING INDEX executions_by_name (machine=? AND name>? AND name<?)"
		stopped = "SEARCH executions USING INDEX executions_by_stop_date (stop_date>?"
	)
	for _, c := range []struct {
		query store.Query
		plan  string // of a statement that must be there
		sorts bool
	}{
		{store.Query{WithoutMapRunChildren: true}, inOrder, false},
		{store.Query{}, inOrder, false},
		{store.Query{MachineARN: listedRecord(0).MachineARN}, machine, false},
		{store.Query{Statuses: running}, machine, false},
		{store.Query{Definition: "3b9a", Statuses: running}, machine, false},
		{store.Query{WithoutMapRunChildren: true, StartedSince: at, StartedBefore: at.Add(time.Hour)}, inOrder + " (start_date>? AND start_date<?)", false},
		{store.Query{Statuses: running, StartedSince: at, StartedBefore: at.Add(time.Hour)}, machine + " AND start_date>? AND start_date<?)", false},
		{store.Query{WithoutMapRunChildren: true, NamePrefix: "web"}, named, true},
		{store.Query{WithoutMapRunChildren: true, NamePrefix: "web", Statuses: running}, named, true},
		{store.Query{WithoutMapRunChildren: true, StoppedSince: at, StoppedBefore: at.Add(time.Hour)}, stopped, true},
		{store.Query{Statuses: running, StoppedSince: at}, stopped, true},
	} {
		for _, c.query.OldestFirst = range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v", c.query), func(t *testing.T) {
				s := open(t, t.TempDir(), sqlite.Nearest(0))
				for i := range 20 {
					require.NoError(t, s.Create(t.Context(), listedRecord(i), "{}", nil))
				}
				c.query.Limit = 1
				_, next, err := s.List(t.Context(), c.query)
				require.NoError(t, err)
				if next != "" {
					c.query.Next = next
					_, _, err := s.List(t.Context(), c.query)
					require.NoError(t, err)
				}
				plans, err := s.Plans(t.Context())
				require.NoError(t, err)
				require.True(t, slices.ContainsFunc(plans, func(plan string) bool { return strings.Contains(plan, c.plan) }), "%q in %q", c.plan, plans)
				for _, plan := range plans {
					if strings.Contains(plan, "SCAN executions") {
						require.Contains(t, plan, inOrder)
					}
					if strings.Contains(plan, "USE TEMP B-TREE") {
						require.True(t, c.sorts, plan)
						require.True(t, strings.HasPrefix(plan, c.plan), plan)
					}
				}
				require.NoError(t, s.Close())
			})
		}
	}
}
