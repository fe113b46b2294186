package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// at returns the time so many hours after the tests' startDate.
func at(hours int) time.Time { return startDate.Add(time.Duration(hours) * time.Hour) }

// manifold makes executions of two machines and of the children of a Map Run. They start at
// different times, not in the order in which they are created, and some at one time; every
// fourth runs, and the others end after different times.
func manifold(is script) (all []store.Record) {
	is.Helper()
	ends := []states.Status{states.StatusRunning, states.StatusSucceeded, states.StatusFailed, states.StatusTimedOut}
	for i := range 48 {
		machine := []string{"m", "n", "m/Label"}[i%3]
		r := recordOf(machine, []string{"order-%02d", "ordinary-%02d", "é-%02d", "%02d"}[i/3%4])
		r.Name = fmt.Sprintf(r.Name, i)
		r.ARN = recordOf(machine, r.Name).ARN
		r.StartDate = at(i * 7 % 16)
		is.create(r, 1)
		if end := ends[i*5%4]; end != states.StatusRunning {
			r = is.end(r, 1, end, r.StartDate.Add(time.Duration(i%5)*time.Hour))
		}
		all = append(all, r)
	}
	return all
}

// selected returns the names of the records that a query selects, in its order.
func selected(all []store.Record, q store.Query) []string {
	wanted := slices.DeleteFunc(slices.Clone(all), func(r store.Record) bool { return !q.Selects(&r) })
	slices.Reverse(wanted)
	slices.SortStableFunc(wanted, func(a, b store.Record) int { return b.StartDate.Compare(a.StartDate) })
	if q.OldestFirst {
		slices.Reverse(wanted)
	}
	names := []string{}
	for _, r := range wanted {
		names = append(names, r.Name)
	}
	return names
}

// pages returns the names on all pages of a query.
func (s script) pages(q store.Query) []string {
	s.Helper()
	names := []string{}
	for {
		page, next := s.list(q)
		require.LessOrEqual(s, len(page), q.Limit)
		names = append(names, page...)
		if q.Next = next; next == "" {
			return names
		}
		require.Len(s, page, q.Limit, "a page that others follow is full")
	}
}

var queryCases = []testCase{
	{"List selects by each field of a query and by several, in either order and in pages of any size", func(t *testing.T, s store.Store) {
		is := script{t, s}
		all := manifold(is)
		m, label := recordOf("m", "").MachineARN, recordOf("m/Label", "").MachineARN
		failed, ended := []states.Status{states.StatusFailed}, []states.Status{states.StatusTimedOut, states.StatusFailed, states.StatusFailed}
		for _, c := range []struct {
			query store.Query
			count int
		}{
			{store.Query{}, 48},
			{store.Query{WithoutMapRunChildren: true}, 32},
			{store.Query{Statuses: ended}, 24},
			{store.Query{Statuses: ended, WithoutMapRunChildren: true}, 16},
			{store.Query{MachineARN: m, Statuses: ended}, 8},
			{store.Query{MachineARN: label, Statuses: failed}, 4},
			{store.Query{MachineARN: label, WithoutMapRunChildren: true}, 0},
			{store.Query{StartedSince: at(5)}, 33},
			{store.Query{StartedBefore: at(5)}, 15},
			{store.Query{StartedSince: at(5), StartedBefore: at(6)}, 3},
			{store.Query{StartedSince: at(5), StartedBefore: at(5)}, 0},
			{store.Query{StartedSince: at(4), StartedBefore: at(9), WithoutMapRunChildren: true, Statuses: ended}, 4},
			{store.Query{StartedSince: at(4), MachineARN: m}, 12},
			{store.Query{StoppedSince: at(0)}, 36},
			{store.Query{StoppedBefore: at(100)}, 36},
			{store.Query{StoppedSince: at(9), StoppedBefore: at(12)}, 8},
			{store.Query{StoppedSince: at(9), StoppedBefore: at(12), WithoutMapRunChildren: true}, 6},
			{store.Query{StoppedSince: at(9), StoppedBefore: at(12), MachineARN: m}, 4},
			{store.Query{StoppedSince: at(9), StartedSince: at(8), Statuses: failed}, 6},
			{store.Query{StoppedBefore: at(6), Statuses: []states.Status{states.StatusRunning}}, 0},
			{store.Query{NamePrefix: "ord"}, 24},
			{store.Query{NamePrefix: "order-"}, 12},
			{store.Query{NamePrefix: "order-01"}, 1},
			{store.Query{NamePrefix: "order-01 "}, 0},
			{store.Query{NamePrefix: "Order"}, 0},
			{store.Query{NamePrefix: "or_er"}, 0},
			{store.Query{NamePrefix: "%"}, 0},
			{store.Query{NamePrefix: "é"}, 12},
			{store.Query{NamePrefix: "\xc3"}, 12},
			{store.Query{NamePrefix: "\xff\xff"}, 0},
			{store.Query{NamePrefix: "0", WithoutMapRunChildren: true}, 1},
			{store.Query{NamePrefix: "ord", WithoutMapRunChildren: true, Statuses: ended}, 4},
			{store.Query{NamePrefix: "ord", MachineARN: m, StartedSince: at(3), StoppedBefore: at(17)}, 3},
			{store.Query{NamePrefix: "ord", MachineARN: label, Statuses: failed}, 4},
			{store.Query{NamePrefix: "ord", Definition: hashOf(definitionOf("n"))}, 8},
		} {
			for _, c.query.OldestFirst = range []bool{false, true} {
				want := selected(all, c.query)
				require.Len(t, want, c.count, "%+v", c.query)
				for _, c.query.Limit = range []int{1, 2, 3, 7, c.count, c.count + 1} {
					if c.query.Limit > 0 {
						require.Equal(t, want, is.pages(c.query), "%+v", c.query)
					}
				}
			}
		}
	}},
	{"Any time bounds a query", func(t *testing.T, s store.Store) {
		is := script{t, s}
		is.end(is.create(record("a"), 1), 1, states.StatusSucceeded, at(1))
		early, late := time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(50000, 1, 1, 0, 0, 0, 0, time.UTC)
		east := startDate.In(time.FixedZone("east", 3*3600))
		for _, c := range []struct {
			query store.Query
			found bool
		}{
			{store.Query{StartedSince: early, StartedBefore: late}, true},
			{store.Query{StoppedSince: early, StoppedBefore: late}, true},
			{store.Query{StartedSince: late}, false},
			{store.Query{StartedBefore: early}, false},
			{store.Query{StartedSince: east}, true},
			{store.Query{StartedSince: east.Add(1)}, false},
			{store.Query{StartedBefore: east}, false},
			{store.Query{StartedBefore: east.Add(1)}, true},
		} {
			c.query.Limit = 1
			names, _ := is.list(c.query)
			require.Equal(t, c.found, len(names) == 1, "%+v", c.query)
		}
	}},
	{"What is created while the pages are read is on none of them", func(t *testing.T, s store.Store) {
		for _, q := range []store.Query{{}, {WithoutMapRunChildren: true}, {NamePrefix: "k"}, {OldestFirst: true}, {MachineARN: record("").MachineARN}} {
			is := script{t, s}
			kind := fmt.Sprintf("kept %d", len(is.pages(store.Query{Limit: 1000})))
			for i := range 4 {
				r := record(fmt.Sprint(kind, " ", i))
				r.StartDate = at(2 * i)
				is.create(r, 1)
			}
			q.Limit = 1
			all, next := is.list(q)
			want := is.pages(store.Query{MachineARN: q.MachineARN, NamePrefix: q.NamePrefix, OldestFirst: q.OldestFirst, Limit: 1000})
			for i, hours := range []int{-9, 1, 3, 5, 99} {
				r := record(fmt.Sprint("k late ", kind, " ", i))
				r.StartDate = at(hours)
				is.create(r, 1)
			}
			q.Next = next
			require.Equal(t, want, append(all, is.pages(q)...), "%+v", q)
		}
	}},
	{"What ends while the pages are read stays where it is", func(t *testing.T, s store.Store) {
		is := script{t, s}
		var all []store.Record
		for i := range 6 {
			all = append(all, is.create(record(fmt.Sprint(i)), 1))
		}
		first, next := is.list(store.Query{Limit: 2})
		is.end(all[4], 1, states.StatusSucceeded, at(9))
		is.end(all[1], 1, states.StatusSucceeded, at(9))
		require.Equal(t, []string{"5", "4", "3", "2", "1", "0"}, append(first, is.pages(store.Query{Limit: 2, Next: next})...))
	}},
}

var countCases = []testCase{
	{"Count counts the executions of each machine and status", func(t *testing.T, s store.Store) {
		is, counter := script{t, s}, s.(store.Counter)
		found, err := counter.Count(t.Context())
		require.NoError(t, err)
		require.Empty(t, found)
		all := manifold(is)
		version := record("by a version")
		version.VersionARN = version.MachineARN + ":1"
		all = append(all, is.create(version, 1))
		check := func() {
			t.Helper()
			want := map[store.Count]int64{}
			for _, r := range all {
				want[store.Count{MachineARN: r.MachineARN, Machine: r.Machine, Status: r.Status}]++
			}
			counts, err := counter.Count(t.Context())
			require.NoError(t, err)
			got := map[store.Count]int64{}
			for _, c := range counts {
				n := c.Executions
				require.NotZero(t, n)
				c.Executions = 0
				require.NotContains(t, got, c)
				got[c] = n
			}
			require.Equal(t, want, got)
		}
		check()
		for i := range all {
			if all[i].Status == states.StatusRunning {
				all[i] = is.end(all[i], 1, states.StatusAborted, at(40))
				break
			}
		}
		check()
		for i := range all {
			if all[i].Status == states.StatusFailed {
				require.NoError(t, s.Append(t.Context(), all[i].ARN, 2, store.Change{Lines: lines("again", 2, 3), End: &store.End{Status: states.StatusRunning}}))
				all[i].Status = states.StatusRunning
				break
			}
		}
		check()
		_, err = s.Expire(t.Context(), at(200), 7)
		require.NoError(t, err)
		all = slices.DeleteFunc(all, func(r store.Record) bool {
			_, err := s.Record(t.Context(), r.ARN)
			return err != nil
		})
		check()
	}},
}

var purgeCases = []testCase{
	{"Purge removes what it selects of what has ended, what ended first, up to a limit", func(t *testing.T, s store.Store) {
		is, purger := script{t, s}, s.(store.Purger)
		all := manifold(is)
		m := recordOf("m", "").MachineARN
		for _, c := range []struct {
			purge          store.Purge
			limit, removed int
		}{
			{store.Purge{}, 100, 0},
			{store.Purge{StoppedBefore: at(0)}, 100, 0},
			{store.Purge{StoppedBefore: at(200)}, 0, 0},
			{store.Purge{StoppedBefore: at(200), Statuses: []states.Status{states.StatusRunning}}, 100, 0},
			{store.Purge{StoppedBefore: at(200), Statuses: []states.Status{states.StatusAborted}}, 100, 0},
			{store.Purge{StoppedBefore: at(200), MachineARN: "unknown"}, 100, 0},
			{store.Purge{StoppedBefore: at(8), Statuses: []states.Status{states.StatusFailed}}, 2, 2},
			{store.Purge{StoppedBefore: at(8), Statuses: []states.Status{states.StatusFailed}}, 100, 3},
			{store.Purge{StoppedBefore: at(200), Statuses: []states.Status{states.StatusFailed, states.StatusTimedOut}, MachineARN: m}, 3, 3},
			{store.Purge{StoppedBefore: at(200), Statuses: []states.Status{states.StatusFailed, states.StatusTimedOut}, MachineARN: m}, 100, 4},
			{store.Purge{StoppedBefore: at(200)}, 20, 20},
			{store.Purge{StoppedBefore: at(200)}, 100, 4},
		} {
			q := store.Query{MachineARN: c.purge.MachineARN, Statuses: c.purge.Statuses}
			var old []store.Record
			for _, r := range all {
				if !r.StopDate.IsZero() && r.StopDate.Before(c.purge.StoppedBefore) && q.Selects(&r) {
					old = append(old, r)
				}
			}
			slices.SortStableFunc(old, func(a, b store.Record) int {
				return cmp.Or(a.StopDate.Compare(b.StopDate), a.StartDate.Compare(b.StartDate))
			})
			removed, err := purger.Purge(t.Context(), c.purge, c.limit)
			require.NoError(t, err)
			require.Equal(t, c.removed, removed, "%+v", c.purge)
			left := all[:0:0]
			var latest time.Time // end of what was removed
			for _, r := range all {
				if _, err := s.Record(t.Context(), r.ARN); err == nil {
					left = append(left, r)
				} else if r.StopDate.After(latest) {
					latest = r.StopDate
				}
			}
			require.Len(t, left, len(all)-removed)
			for _, r := range left {
				wanted := slices.ContainsFunc(old, func(o store.Record) bool { return o.ARN == r.ARN })
				require.False(t, wanted && removed > 0 && r.StopDate.Before(latest), "%s ended before others that were removed", r.Name)
			}
			all = left
		}
		require.Len(t, all, 12)
		for _, r := range all {
			require.Equal(t, states.StatusRunning, r.Status)
			is.hasRecord(r)
		}
	}},
}
