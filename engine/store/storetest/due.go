package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// appendDue adds a line and says when the execution is due.
func (s script) appendDue(r store.Record, length int, due time.Time) store.Record {
	s.Helper()
	c := store.Change{Lines: lines(r.Name, length, length+1), Due: due}
	require.NoError(s, s.store.Append(s.Context(), r.ARN, length, c))
	r.Due = due
	return r
}

// dueFrom returns the names that Running yields from a time on.
func (s script) dueFrom(from time.Time) []string {
	s.Helper()
	names := []string{}
	for r, err := range s.store.Running(s.Context(), from) {
		require.NoError(s, err)
		names = append(names, r.Name)
	}
	return names
}

// createDue starts an execution with a line that is due at a time.
func (s script) createDue(name string, due time.Time) store.Record {
	s.Helper()
	r := record(name)
	r.Due = due
	return s.create(r, 1)
}

var dueCases = []testCase{
	{"Due is what the last change said", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.createDue("a", startDate.Add(time.Hour))
		is.hasRecord(r)
		for i, due := range []time.Time{{}, startDate.Add(7), store.Never, startDate.AddDate(200, 0, 0), {}, startDate} {
			r = is.appendDue(r, 1+i, due)
			is.hasRecord(r)
			records, _, err := s.List(t.Context(), store.Query{Limit: 1})
			require.NoError(t, err)
			require.Equal(t, []store.Record{r}, records)
		}
		is.hasLog(r, 7)
	}},
	{"Due is in UTC, and beyond 2262 it may be Never", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.createDue("a", startDate.In(time.FixedZone("east", 3*3600)))
		r.Due = startDate
		is.hasRecord(r)
		is.createDue("late", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))
		late, err := s.Record(t.Context(), record("late").ARN)
		require.NoError(t, err)
		require.False(t, late.Due.Before(time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)), late.Due)
	}},
	{"Due changes without lines", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.create(record("a"), 2)
		for _, due := range []time.Time{startDate, store.Never, {}, startDate.Add(1)} {
			require.ErrorIs(t, s.Append(t.Context(), r.ARN, 1, store.Change{Due: startDate.Add(99)}), store.ErrConflict)
			is.hasRecord(r)
			require.NoError(t, s.Append(t.Context(), r.ARN, 2, store.Change{Due: due}))
			r.Due = due
			is.hasRecord(r)
			is.hasLog(r, 2)
		}
		require.Equal(t, []string{"a"}, is.dueFrom(startDate.Add(1)))
	}},
	{"An execution that has ended is not due", func(t *testing.T, s store.Store) {
		is := script{t, s}
		r := is.createDue("a", startDate)
		end := &store.End{Status: states.StatusFailed, StopDate: startDate}
		require.NoError(t, s.Append(t.Context(), r.ARN, 1, store.Change{Lines: lines("a", 1, 2), Due: startDate, End: end}))
		r.Status, r.StopDate, r.Due = end.Status, end.StopDate, time.Time{}
		is.hasRecord(r)
		over := record("over")
		over.Status, over.StopDate = states.StatusSucceeded, startDate
		is.create(over, 1)
		require.Empty(t, is.running())
		again := store.Change{Lines: lines("a", 2, 3), Due: startDate.Add(5), End: &store.End{Status: states.StatusRunning}}
		require.NoError(t, s.Append(t.Context(), r.ARN, 2, again))
		r.Status, r.StopDate, r.Due = states.StatusRunning, time.Time{}, again.Due
		is.hasRecord(r)
		require.Equal(t, []string{"a"}, is.dueFrom(startDate.Add(5)))
	}},
	{"Running yields what is not due before a time, in the order of Due and start", func(t *testing.T, s store.Store) {
		is := script{t, s}
		at := func(n int) time.Time { return startDate.Add(time.Duration(n)) }
		is.createDue("never", store.Never)
		three := is.createDue("three", at(3))
		one := is.createDue("one", at(9))
		is.create(record("now"), 1)
		is.createDue("one too", at(1))
		is.createDue("later", startDate.AddDate(10, 0, 0))
		is.createDue("three too", at(3))
		now := is.createDue("now too", at(4))
		is.appendDue(one, 1, at(1))
		is.appendDue(now, 1, time.Time{})
		all := []string{"now", "now too", "one", "one too", "three", "three too", "later", "never"}
		require.Equal(t, all, is.dueFrom(time.Time{}))
		require.Equal(t, all[2:], is.dueFrom(at(0)))
		require.Equal(t, all[2:], is.dueFrom(at(1)), "from is not before itself")
		require.Equal(t, all[4:], is.dueFrom(at(2)))
		require.Equal(t, all[6:], is.dueFrom(at(4)))
		require.Equal(t, all[7:], is.dueFrom(store.Never))
		is.appendDue(three, 1, store.Never)
		require.Equal(t, []string{"never", "three"}, is.dueFrom(startDate.AddDate(11, 0, 0)))
		for r, err := range s.Running(t.Context(), at(3)) {
			require.NoError(t, err)
			require.Equal(t, "three too", r.Name)
			require.Equal(t, at(3), r.Due)
			break
		}
	}},
	{"Running yields many, of which some were put off", func(t *testing.T, s store.Store) {
		is := script{t, s}
		const n = 1200
		want := make([]string, 2*n)
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			r, at, putOff := record(fmt.Sprint(i)), i, i%3 == 0
			if putOff {
				at = 2*n - 1 - i
			}
			want[at] = r.Name
			wg.Go(func() {
				r.Due = startDate.Add(time.Duration(i))
				errs[i] = s.Create(t.Context(), r, definitionOf("m"), lines(r.Name, 0, 1))
				if errs[i] == nil && putOff {
					errs[i] = s.Append(t.Context(), r.ARN, 1, store.Change{Lines: lines(r.Name, 1, 2), Due: startDate.Add(time.Duration(at))})
				}
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		want = slices.DeleteFunc(want, func(name string) bool { return name == "" })
		require.Equal(t, want, is.dueFrom(time.Time{}))
	}},
	{"Find returns the ARN of a key", func(t *testing.T, s store.Store) {
		is := script{t, s}
		is.create(record("other"), 1)
		r := is.create(record("a"), 1)
		find := func() []string {
			found, err := s.Find(t.Context(), store.KeyOf(r.ARN))
			require.NoError(t, err)
			return found
		}
		require.Equal(t, []string{r.ARN}, find())
		is.end(r, 1, states.StatusSucceeded, startDate)
		require.Equal(t, []string{r.ARN}, find())
		_, err := s.Expire(t.Context(), startDate.Add(1), 1)
		require.NoError(t, err)
		require.Empty(t, find())
	}},
	{"RunningDefinitions are those of executions that have not ended", func(t *testing.T, s store.Store) {
		is := script{t, s}
		is.create(recordOf("m", "a"), 1)
		is.create(recordOf("m", "b"), 1)
		ends := is.create(recordOf("n", "c"), 1)
		is.end(is.create(recordOf("o", "d"), 1), 1, states.StatusSucceeded, startDate)
		hashes := func() []string {
			found, err := s.RunningDefinitions(t.Context())
			require.NoError(t, err)
			return found
		}
		require.ElementsMatch(t, []string{hashOf(definitionOf("m")), hashOf(definitionOf("n"))}, hashes())
		is.end(ends, 1, states.StatusFailed, startDate)
		require.Equal(t, []string{hashOf(definitionOf("m"))}, hashes())
	}},
}
