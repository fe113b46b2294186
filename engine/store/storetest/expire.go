package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

var expireCases = []testCase{
	{"Expire removes what ended before a time, with everything that belongs to it", func(t *testing.T, s store.Store) {
		is := script{t, s}
		stop := startDate.AddDate(0, 0, 1)
		before := is.end(is.create(recordOf("gone", "before"), 700), 700, states.StatusSucceeded, stop.Add(-1))
		at := is.end(is.create(record("at"), 1), 1, states.StatusFailed, stop)
		running := is.create(record("running"), 2)
		removed, err := s.Expire(t.Context(), stop, 10)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		is.lacks(before)
		is.hasRecord(at)
		is.hasLog(at, 2)
		is.hasRecord(running)
		is.hasLog(running, 2)
		names, _ := is.list(store.Query{Limit: 10})
		require.Equal(t, []string{"running", "at"}, names)
		_, err = s.Definition(t.Context(), before.Definition)
		require.Error(t, err, "no execution has this definition")
		_, err = s.Definition(t.Context(), at.Definition)
		require.NoError(t, err)
		require.ErrorIs(t, s.Append(t.Context(), before.ARN, 701, store.Change{Lines: lines("before", 701, 702)}), store.ErrConflict)
	}},
	{"Oldest tells when the first of those ended that are left", func(t *testing.T, s store.Store) {
		is := script{t, s}
		oldest := func(want time.Time) {
			t.Helper()
			at, err := s.Oldest(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, at)
		}
		oldest(time.Time{})
		is.create(record("running"), 1)
		oldest(time.Time{})
		for i, name := range []string{"b", "a", "c"} {
			stop := startDate.Add(time.Duration(2+i%2-i) * time.Hour)
			is.end(is.create(record(name), 1), 1, states.StatusSucceeded, stop)
		}
		oldest(startDate)
		removed, err := s.Expire(t.Context(), startDate.Add(time.Hour), 10)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		oldest(startDate.Add(2 * time.Hour))
	}},
	{"A name may be used again after Expire", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		for length := 1; length < 600; length++ {
			is.append(r, length, length+1)
		}
		is.end(r, 600, states.StatusSucceeded, startDate)
		removed, err := s.Expire(t.Context(), startDate.Add(time.Hour), 10)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		again := is.create(record("a"), 2)
		is.hasRecord(again)
		is.hasLog(again, 2)
		text, err := s.Definition(t.Context(), again.Definition)
		require.NoError(t, err)
		require.Equal(t, definitionOf("m"), text)
	}},
	{"Expire removes up to a limit, what ended first", func(t *testing.T, s store.Store) {
		is := script{t, s}
		var all []store.Record
		for i := range 100 {
			r := is.create(record(fmt.Sprint(i)), 1)
			all = append(all, is.end(r, 1, states.StatusSucceeded, startDate.Add(-time.Duration(i)*time.Second)))
		}
		for _, c := range []struct{ limit, removed, left int }{{0, 0, 100}, {1, 1, 99}, {59, 59, 40}, {1000, 40, 0}, {1, 0, 0}} {
			removed, err := s.Expire(t.Context(), startDate.Add(1), c.limit)
			require.NoError(t, err)
			require.Equal(t, c.removed, removed)
			names, _ := is.list(store.Query{Limit: 1000})
			require.Len(t, names, c.left)
			if c.left > 0 {
				is.hasLog(all[c.left-1], 2)
				require.Equal(t, all[0].Name, names[c.left-1])
			}
			if c.left < len(all) {
				is.lacks(all[c.left])
			}
		}
	}},
}

var removeCases = []testCase{
	{"Remove removes an execution that has ended, with everything that belongs to it", func(t *testing.T, s store.Store) {
		is, remover := script{t, s}, s.(store.Remover)
		gone := is.end(is.create(recordOf("gone", "a"), 700), 700, states.StatusSucceeded, startDate)
		kept := is.end(is.create(record("kept"), 1), 1, states.StatusFailed, startDate)
		require.NoError(t, remover.Remove(t.Context(), gone.ARN))
		is.lacks(gone)
		is.hasRecord(kept)
		is.hasLog(kept, 2)
		names, _ := is.list(store.Query{Limit: 10})
		require.Equal(t, []string{"kept"}, names)
		_, err := s.Definition(t.Context(), gone.Definition)
		require.Error(t, err, "no execution has this definition")
		_, err = s.Definition(t.Context(), kept.Definition)
		require.NoError(t, err)
		require.ErrorIs(t, remover.Remove(t.Context(), gone.ARN), store.ErrExecutionDoesNotExist)
	}},
	{"Remove leaves an execution that has not ended, or goes on", func(t *testing.T, s store.Store) {
		is, remover := script{t, s}, s.(store.Remover)
		running := is.create(record("running"), 2)
		require.ErrorIs(t, remover.Remove(t.Context(), running.ARN), store.ErrExecutionRunning)
		is.hasRecord(running)
		is.hasLog(running, 2)
		running = is.end(running, 2, states.StatusFailed, startDate)
		require.NoError(t, s.Append(t.Context(), running.ARN, 3, store.Change{Lines: lines("running", 3, 4), End: &store.End{Status: states.StatusRunning}}))
		require.ErrorIs(t, remover.Remove(t.Context(), running.ARN), store.ErrExecutionRunning)
		is.hasLog(running, 4)
	}},
	{"A name may be used again after Remove, and page tokens stay good", func(t *testing.T, s store.Store) {
		is, remover := script{t, s}, s.(store.Remover)
		old := is.create(record("old"), 1)
		newest := is.end(is.create(record("newest"), 600), 600, states.StatusSucceeded, startDate)
		_, next := is.list(store.Query{Limit: 1})
		require.NoError(t, remover.Remove(t.Context(), newest.ARN))
		again := is.create(record("newest"), 2)
		is.hasRecord(again)
		is.hasLog(again, 2)
		names, _ := is.list(store.Query{Limit: 10, Next: next})
		require.Equal(t, []string{old.Name}, names)
	}},
}
