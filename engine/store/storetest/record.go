package storetest

import (
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

var recordCases = []testCase{
	{"Record returns what Create was given", func(t *testing.T, s store.Store) {
		is := script{t, s}
		is.hasRecord(is.create(record("a"), 1))
	}},
	{"Record returns dates in UTC, to the nanosecond", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := record("a")
		r.StartDate = startDate.In(time.FixedZone("east", 3*3600))
		is.create(r, 1)
		r.StartDate = startDate
		is.hasRecord(r)
	}},
	{"Options may be any bytes, and may be missing", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := record("a")
		r.Options = []byte{0, 1, 0xff, '\n', 0}
		is.hasRecord(is.create(r, 1))
		r = record("b")
		r.Options = nil
		is.hasRecord(is.create(r, 1))
	}},
	{"A TokenKey may be any bytes, and may be missing", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := record("a")
		r.TokenKey = []byte{0, 1, 0xff, '\n', 0}
		is.hasRecord(is.create(r, 1))
		r = record("b")
		r.TokenKey = nil
		is.hasRecord(is.create(r, 1))
	}},
	{"Record of an unknown ARN is ErrExecutionDoesNotExist", func(t *testing.T, s store.Store) {
		_, err := s.Record(t.Context(), record("a").ARN)
		require.ErrorIs(t, err, store.ErrExecutionDoesNotExist)
	}},
	{"Append changes the record only with an end", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		is.append(r, 1, 2)
		is.hasRecord(r)
		r = is.end(r, 2, states.StatusTimedOut, startDate.AddDate(1, 0, 0))
		is.hasRecord(r)
		is.hasLog(r, 3)
	}},
	{"An end may come without lines", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		stop := startDate.AddDate(0, 0, 1)
		require.NoError(t, s.Append(t.Context(), r.ARN, 1, store.Change{End: &store.End{Status: states.StatusAborted, StopDate: stop}}))
		r.Status, r.StopDate = states.StatusAborted, stop
		is.hasRecord(r)
		is.hasLog(r, 1)
	}},
	{"An end may come at AnyLength", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 3)
		is.append(r, 3, 5)
		end := store.Change{End: &store.End{Status: states.StatusAborted, StopDate: startDate}}
		require.NoError(t, s.Append(t.Context(), r.ARN, store.AnyLength, end))
		r.Status, r.StopDate = states.StatusAborted, startDate
		is.hasRecord(r)
		is.hasLog(r, 5)
		require.Empty(t, is.running())
		require.ErrorIs(t, s.Append(t.Context(), record("unknown").ARN, store.AnyLength, end), store.ErrConflict)
	}},
	{"An execution that has ended may be taken up again, and end again", func(t *testing.T, s store.Store) {
		is := script{t, s}
		first := is.create(record("first"), 1)
		is.create(record("second"), 1)
		ended := is.end(first, 1, states.StatusFailed, startDate)
		again := &store.End{Status: states.StatusRunning}
		require.ErrorIs(t, s.Append(t.Context(), first.ARN, 1, store.Change{Lines: lines("first", 1, 2), End: again}), store.ErrConflict)
		is.hasRecord(ended)
		require.NoError(t, s.Append(t.Context(), first.ARN, 2, store.Change{Lines: lines("first", 2, 3), End: again}))
		is.hasRecord(first)
		is.hasLog(first, 3)
		require.Equal(t, []string{"first", "second"}, is.running(), "in the order of their start, as before")
		names, _ := is.list(store.Query{Statuses: []states.Status{states.StatusRunning}, Limit: 10})
		require.Equal(t, []string{"second", "first"}, names)
		n, err := s.Expire(t.Context(), startDate.AddDate(1, 0, 0), 10)
		require.NoError(t, err)
		require.Zero(t, n, "it runs")
		is.append(first, 3, 4)
		is.hasRecord(is.end(first, 4, states.StatusSucceeded, startDate.AddDate(0, 0, 1)))
		is.hasLog(first, 5)
	}},
	{"Running yields the executions that have not ended in the order of their start", func(t *testing.T, s store.Store) {
		is := script{t, s}
		require.Empty(t, is.running())
		z, b := is.create(record("z"), 1), is.create(record("b"), 1)
		is.create(recordOf("other", "c"), 1)
		is.create(record("a"), 1)
		is.end(b, 1, states.StatusSucceeded, startDate)
		is.append(z, 1, 2)
		require.Equal(t, []string{"z", "c", "a"}, is.running())
		for r, err := range s.Running(t.Context(), time.Time{}) {
			require.NoError(t, err)
			require.Equal(t, z, r)
			break
		}
	}},
	{"The store may be used while Running yields", func(t *testing.T, s store.Store) {
		is := script{t, s}
		for _, name := range []string{"a", "b", "c"} {
			is.create(record(name), 1)
		}
		for r, err := range s.Running(t.Context(), time.Time{}) {
			require.NoError(t, err)
			is.end(r, 1, states.StatusSucceeded, startDate)
			is.hasLog(r, 2)
		}
		require.Empty(t, is.running())
	}},
	{"Definition returns the text by its hash", func(t *testing.T, s store.Store) {
		is := script{t, s}
		is.create(recordOf("m", "a"), 1)
		is.create(recordOf("n", "b"), 1)
		is.create(recordOf("m", "c"), 1)
		for _, machine := range []string{"m", "n"} {
			text, err := s.Definition(t.Context(), hashOf(definitionOf(machine)))
			require.NoError(t, err)
			require.Equal(t, definitionOf(machine), text)
		}
		_, err := s.Definition(t.Context(), hashOf("unknown"))
		require.Error(t, err)
	}},
	{"Executions of one machine may have different definitions", func(t *testing.T, s store.Store) {
		is := script{t, s}
		old := is.create(record("old"), 1)
		young := record("young")
		young.Definition = hashOf("changed")
		require.NoError(t, s.Create(t.Context(), young, "changed", lines("young", 0, 1)))
		is.hasRecord(old)
		is.hasRecord(young)
		text, err := s.Definition(t.Context(), young.Definition)
		require.NoError(t, err)
		require.Equal(t, "changed", text)
		names, _ := is.list(store.Query{MachineARN: old.MachineARN, Limit: 10})
		require.Equal(t, []string{"young", "old"}, names)
	}},
}
