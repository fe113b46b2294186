package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// TestCrash does random things to a store and to one in memory, and sees at random moments
// that both have the same: as it is, after the server crashed, and opened anew.
func TestCrash(t *testing.T) {
	dir, memory, random := t.TempDir(), new(storetest.Memory), rand.New(rand.NewPCG(1, 2))
	s := open(t, dir)
	start := record("").StartDate
	var all []store.Record
	lengths := map[string]int{}
	both := func(f func(s store.Store) error) error {
		err := f(s)
		require.Equal(t, err == nil, f(memory) == nil)
		return err
	}
	for step := range 1500 {
		switch n := random.IntN(100); {
		case n < 20 || len(all) == 0:
			r := record(fmt.Sprint(step))
			r.StartDate = start.Add(time.Duration(step))
			r.Due = dueAt(start, random)
			require.NoError(t, both(func(s store.Store) error { return s.Create(t.Context(), r, "{}", lines(r.Name, 0, n%3)) }))
			all, lengths[r.ARN] = append(all, r), n%3
		case n < 85:
			r := all[random.IntN(len(all))]
			length, more, due := lengths[r.ARN], random.IntN(5), dueAt(start, random)
			err := both(func(s store.Store) error {
				return s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+more), Due: due})
			})
			if err == nil {
				lengths[r.ARN] += more
			}
		case n < 95:
			r := all[random.IntN(len(all))]
			length, e := lengths[r.ARN], &store.End{Status: states.StatusFailed, StopDate: start.Add(time.Duration(step) * time.Second)}
			err := both(func(s store.Store) error {
				return s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+1), End: e})
			})
			if err == nil {
				lengths[r.ARN]++
			}
		case n < 97:
			before := start.Add(time.Duration(step-200) * time.Second)
			removed := []int{}
			require.NoError(t, both(func(s store.Store) error {
				n, err := s.Expire(t.Context(), before, 5)
				removed = append(removed, n)
				return err
			}))
			require.Equal(t, removed[0], removed[1])
		case n < 98:
			r := all[random.IntN(len(all))]
			_ = both(func(s store.Store) error { return s.(store.Remover).Remove(t.Context(), r.ARN) })
		case random.IntN(4) == 0:
			switch random.IntN(3) {
			case 0:
				require.NoError(t, s.Close())
				s = open(t, dir)
			case 1:
				terminate(t, dir, "")
				eventually(t, func() bool {
					return errors.Is(s.Append(t.Context(), "unknown", 0, store.Change{}), store.ErrConflict)
				})
			case 2:
				if own != nil {
					require.NoError(t, own.Kill())
					require.NoError(t, own.Up())
				}
				require.NoError(t, s.Close())
				s = open(t, dir)
			}
			sameAs(t, memory, s, all)
		}
	}
	sameAs(t, memory, s, all)
	require.NoError(t, s.Close())
}

// dueAt returns one of a few times, and often the zero time.
func dueAt(start time.Time, random *rand.Rand) time.Time {
	if n := random.IntN(20); n < 15 {
		return start.Add(time.Duration(n) * time.Hour)
	}
	return time.Time{}
}

// sameAs checks that a store has what one in memory has.
func sameAs(t *testing.T, want, found store.Store, all []store.Record) {
	t.Helper()
	// A connection may have to be noticed to be gone.
	eventually(t, func() bool {
		_, err := found.Oldest(t.Context())
		return err == nil
	})
	for _, r := range all {
		wantRecord, wantErr := want.Record(t.Context(), r.ARN)
		foundRecord, err := found.Record(t.Context(), r.ARN)
		require.Equal(t, wantErr, err)
		require.Equal(t, wantRecord, foundRecord)
		wantLog, err := want.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		foundLog, err := found.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%s", wantLog), fmt.Sprintf("%s", foundLog))
		require.ErrorIs(t, add(t, found, r, len(foundLog)+1), store.ErrConflict)
	}
	wantPage, _, err := want.List(t.Context(), store.Query{Limit: 1000})
	require.NoError(t, err)
	foundPage, _, err := found.List(t.Context(), store.Query{Limit: 1000})
	require.NoError(t, err)
	require.Equal(t, wantPage, foundPage)
	for _, from := range []time.Time{{}, record("").StartDate.Add(7 * time.Hour)} {
		require.Equal(t, running(t, want, from), running(t, found, from))
	}
}

// running returns what Running yields.
func running(t *testing.T, s store.Store, from time.Time) (all []store.Record) {
	t.Helper()
	for r, err := range s.Running(t.Context(), from) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}
