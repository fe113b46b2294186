package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

var concurrencyCases = []testCase{
	{"Executions at work at the same time don't disturb each other", func(t *testing.T, s store.Store) {
		is := script{t, s}
		const executions, appends = 64, 30
		errs := make([]error, executions)
		var wg sync.WaitGroup
		for i := range executions {
			wg.Go(func() { errs[i] = life(t, s, record(fmt.Sprint(i)), appends) })
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		for i := range executions {
			is.hasLog(record(fmt.Sprint(i)), appends+2)
		}
		names, _ := is.list(store.Query{Statuses: []states.Status{states.StatusSucceeded}, Limit: 1000})
		require.Len(t, names, executions)
		require.Empty(t, is.running())
	}},
	{"Of several creates of one ARN at the same time one succeeds", func(t *testing.T, s store.Store) {
		is := script{t, s}
		for round := range 10 {
			r := record(fmt.Sprint(round))
			winners := race(8, func() error { return s.Create(t.Context(), r, definitionOf("m"), lines(r.Name, 0, 1)) },
				store.ErrExecutionAlreadyExists)
			require.Equal(t, int32(1), winners)
			is.hasLog(r, 1)
		}
	}},
	{"Of several appends at one position at the same time one succeeds", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		for length := 1; length < 20; length++ {
			winners := race(8, func() error {
				return s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines("a", length, length+1)})
			},
				store.ErrConflict)
			require.Equal(t, int32(1), winners)
			is.hasLog(r, length+1)
		}
	}},
	{"A log that is read while it grows is a beginning of it", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		var acknowledged atomic.Int32
		acknowledged.Store(1)
		done := make(chan error, 1)
		go func() {
			var err error
			for length := 1; length < 200 && err == nil; length++ {
				err = s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines("a", length, length+1)})
				acknowledged.Store(int32(length + 1))
			}
			done <- err
		}()
		for finished := false; !finished; {
			select {
			case err := <-done:
				require.NoError(t, err)
				finished = true
			default:
			}
			atLeast := int(acknowledged.Load())
			found, err := s.Log(t.Context(), r.ARN)
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(found), atLeast)
			require.Equal(t, texts(lines("a", 0, len(found))), texts(found))
		}
		is.hasLog(r, 200)
	}},
}

// life takes an execution from its start to its end, one line at a time.
func life(t *testing.T, s store.Store, r store.Record, appends int) error {
	err := s.Create(t.Context(), r, definitionOf("m"), lines(r.Name, 0, 1))
	for length := 1; length <= appends && err == nil; length++ {
		err = s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+1)})
	}
	if err != nil {
		return err
	}
	end := &store.End{Status: states.StatusSucceeded, StopDate: startDate}
	return s.Append(t.Context(), r.ARN, appends+1, store.Change{Lines: lines(r.Name, appends+1, appends+2), End: end})
}

// race calls f on several goroutines and returns how many got no error, or -1 if one
// got another error than the losers' own.
func race(n int, f func() error, losers error) int32 {
	var winners atomic.Int32
	var other atomic.Bool
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			switch err := f(); {
			case err == nil:
				winners.Add(1)
			case !errors.Is(err, losers):
				other.Store(true)
			}
		})
	}
	wg.Wait()
	if other.Load() {
		return -1
	}
	return winners.Load()
}
