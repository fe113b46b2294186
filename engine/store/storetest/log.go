package storetest

import (
	"bytes"
	"context"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

var logCases = []testCase{
	{"Create begins a log with its first lines", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 3)
		is.hasLog(r, 3)
	}},
	{"Create takes an execution without lines", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 0)
		is.hasLog(r, 0)
		is.append(r, 0, 2)
		is.hasLog(r, 2)
	}},
	{"Create refuses an ARN that there is and changes nothing", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 3)
		other := r
		other.Options = []byte("other")
		err := s.Create(t.Context(), other, definitionOf("m"), lines("other", 0, 1))
		require.ErrorIs(t, err, store.ErrExecutionAlreadyExists)
		is.hasLog(r, 3)
		is.hasRecord(r)
		is.append(r, 3, 4)
	}},
	{"Create refuses the ARN of an execution that has ended", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.end(is.create(record("a"), 1), 1, states.StatusFailed, startDate.AddDate(0, 0, 1))
		err := s.Create(t.Context(), record("a"), definitionOf("m"), lines("a", 0, 1))
		require.ErrorIs(t, err, store.ErrExecutionAlreadyExists)
		is.hasRecord(r)
		is.hasLog(r, 2)
	}},
	{"Append adds lines at the end, in order", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		length := 1
		for n := range 20 {
			is.append(r, length, length+n)
			length += n
		}
		is.hasLog(r, length)
	}},
	{"Append at a position where the log does not end is a conflict and changes nothing", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 3)
		for _, length := range []int{0, 1, 2, 4, 1000, -1} {
			end := &store.End{Status: states.StatusFailed, StopDate: startDate}
			err := s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines("loser", 0, 1), End: end})
			require.ErrorIs(t, err, store.ErrConflict, "length %d", length)
		}
		is.hasLog(r, 3)
		is.hasRecord(r)
		is.append(r, 3, 4)
		is.hasLog(r, 4)
	}},
	{"Append to an unknown ARN is a conflict", func(t *testing.T, s store.Store) {
		is := script{t, s}
		for _, length := range []int{0, 1} {
			err := s.Append(t.Context(), record("a").ARN, length, store.Change{Lines: lines("a", 0, 1)})
			require.ErrorIs(t, err, store.ErrConflict)
		}
		is.lacks(record("a"))
	}},
	{"Append without lines checks the position", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 2)
		require.NoError(t, s.Append(t.Context(), r.ARN, 2, store.Change{}))
		require.ErrorIs(t, s.Append(t.Context(), r.ARN, 1, store.Change{}), store.ErrConflict)
		is.hasLog(r, 2)
	}},
	{"Log of an unknown ARN has no lines", func(t *testing.T, s store.Store) {
		found, err := s.Log(t.Context(), record("a").ARN)
		require.NoError(t, err)
		require.Empty(t, found)
	}},
	{"Logs of executions that take turns stay apart", func(t *testing.T, s store.Store) {
		is := script{t, s}
		a, b, c := is.create(record("a"), 1), is.create(record("b"), 2), is.create(record("c"), 3)
		for i := range 30 {
			is.append(a, 1+i, 2+i)
			is.append(b, 2+2*i, 4+2*i)
			is.append(c, 3+i, 4+i)
		}
		is.hasLog(a, 31)
		is.hasLog(b, 62)
		is.hasLog(c, 33)
	}},
	{"Lines may be large, and are kept byte by byte", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 0)
		want := [][]byte{
			[]byte(`{"text":"` + string(bytes.Repeat([]byte("large "), 200_000)) + `"}`),
			[]byte(`{"text":"\u0000 \n é 😀 ` + "\u2028" + `"}`),
			[]byte(`{ "spaces" : [ 1.0 , 1e2 ] }`),
			[]byte(`{}`),
		}
		require.NoError(t, s.Append(t.Context(), r.ARN, 0, store.Change{Lines: want[:1]}))
		require.NoError(t, s.Append(t.Context(), r.ARN, 1, store.Change{Lines: want[1:]}))
		found, err := s.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		require.Equal(t, texts(want), texts(found))
	}},
	{"The store keeps no slice of its caller's", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r, given := record("a"), lines("a", 0, 2)
		r.Options = []byte("options")
		require.NoError(t, s.Create(t.Context(), r, definitionOf("m"), given))
		copy(r.Options, "changed")
		copy(given[0], "changed")
		is.hasLog(r, 2)
		r.Options = []byte("options")
		is.hasRecord(r)

		found, err := s.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		copy(found[0], "changed")
		is.hasLog(r, 2)
	}},
	{"A context that has ended changes nothing", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.Append(ended, r.ARN, 1, store.Change{Lines: lines("a", 1, 2)}), context.Canceled)
		require.ErrorIs(t, s.Create(ended, record("b"), definitionOf("m"), nil), context.Canceled)
		_, err := s.Log(ended, r.ARN)
		require.ErrorIs(t, err, context.Canceled)
		is.hasLog(r, 1)
		is.lacks(record("b"))
	}},
}
