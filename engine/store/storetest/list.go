package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// mixed makes nine executions of two machines: "m0", "n1", "m2" and so on; every third
// failed, the one after it succeeded, and the others run.
func mixed(is script) {
	is.Helper()
	for i := range 9 {
		machine := []string{"m", "n"}[i%2]
		r := is.create(recordOf(machine, fmt.Sprintf("%s%d", machine, i)), 1)
		switch i % 3 {
		case 0:
			is.end(r, 1, states.StatusFailed, startDate)
		case 1:
			is.end(r, 1, states.StatusSucceeded, startDate)
		}
	}
}

var listCases = []testCase{
	{"List returns whole records, the newest first", func(t *testing.T, s store.Store) {
		is := script{t, s}
		a := is.create(record("a"), 1)
		b := is.end(is.create(recordOf("n", "b"), 1), 1, states.StatusFailed, startDate.AddDate(0, 1, 0))
		found, next, err := s.List(t.Context(), store.Query{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, next)
		require.Equal(t, []store.Record{b, a}, found)
	}},
	{"List of an empty store is empty", func(t *testing.T, s store.Store) {
		is := script{t, s}
		names, next := is.list(store.Query{Limit: 1})
		require.Empty(t, names)
		require.Empty(t, next)
	}},
	{"List selects by machine, status and definition", func(t *testing.T, s store.Store) {
		is := script{t, s}
		mixed(is)
		m, n := recordOf("m", "").MachineARN, recordOf("n", "").MachineARN
		for _, c := range []struct {
			query store.Query
			names []string
		}{
			{store.Query{}, []string{"m8", "n7", "m6", "n5", "m4", "n3", "m2", "n1", "m0"}},
			{store.Query{MachineARN: m}, []string{"m8", "m6", "m4", "m2", "m0"}},
			{store.Query{MachineARN: n}, []string{"n7", "n5", "n3", "n1"}},
			{store.Query{Statuses: []states.Status{states.StatusRunning}}, []string{"m8", "n5", "m2"}},
			{store.Query{Statuses: []states.Status{states.StatusFailed}}, []string{"m6", "n3", "m0"}},
			{store.Query{Statuses: []states.Status{states.StatusAborted}}, []string{}},
			{store.Query{MachineARN: m, Statuses: []states.Status{states.StatusRunning}}, []string{"m8", "m2"}},
			{store.Query{MachineARN: n, Statuses: []states.Status{states.StatusSucceeded}}, []string{"n7", "n1"}},
			{store.Query{MachineARN: "unknown"}, []string{}},
			{store.Query{Definition: hashOf(definitionOf("n"))}, []string{"n7", "n5", "n3", "n1"}},
			{store.Query{Definition: hashOf(definitionOf("m")), Statuses: []states.Status{states.StatusFailed}}, []string{"m6", "m0"}},
			{store.Query{Definition: hashOf(definitionOf("m")), MachineARN: m}, []string{"m8", "m6", "m4", "m2", "m0"}},
			{store.Query{Definition: hashOf(definitionOf("m")), MachineARN: n}, []string{}},
			{store.Query{Definition: "unknown"}, []string{}},
		} {
			// Pages of every size together have what one large page has.
			for limit := 1; limit <= 10; limit++ {
				q, names := c.query, []string{}
				for q.Limit = limit; ; {
					page, next := is.list(q)
					require.LessOrEqual(t, len(page), limit)
					names = append(names, page...)
					if q.Next = next; next == "" {
						break
					}
					require.Len(t, page, limit, "a page that others follow is full")
				}
				require.Equal(t, c.names, names, "%+v", q)
			}
		}
	}},
	{"List selects by the version and the alias that executions were started by", func(t *testing.T, s store.Store) {
		is := script{t, s}
		m := recordOf("m", "").MachineARN
		by := func(name, version, alias string) {
			r := record(name)
			if version != "" {
				r.VersionARN = m + ":" + version
			}
			if alias != "" {
				r.AliasARN = m + ":" + alias
			}
			is.hasRecord(is.create(r, 1))
		}
		by("plain", "", "")
		by("one", "1", "")
		by("two", "2", "")
		by("one by PROD", "1", "PROD")
		by("two by PROD", "2", "PROD")
		is.end(record("one"), 1, states.StatusSucceeded, startDate)
		for arn, names := range map[string][]string{
			m:             {"two by PROD", "one by PROD", "two", "one", "plain"},
			m + ":1":      {"one by PROD", "one"},
			m + ":2":      {"two by PROD", "two"},
			m + ":PROD":   {"two by PROD", "one by PROD"},
			m + ":3":      {},
			m + ":prod":   {},
			m + ":1:PROD": {},
		} {
			found, _ := is.list(store.Query{MachineARN: arn, Limit: 10})
			require.Equal(t, names, found, arn)
			running, _ := is.list(store.Query{MachineARN: arn, Statuses: []states.Status{states.StatusRunning}, Limit: 10})
			require.Equal(t, slices.DeleteFunc(names, func(name string) bool { return name == "one" }), running, arn)
		}
	}},
	{"Pages stay stable while executions start", func(t *testing.T, s store.Store) {
		is := script{t, s}
		for i := range 6 {
			is.create(record(fmt.Sprint(i)), 1)
		}
		first, next := is.list(store.Query{Limit: 2})
		is.create(record("late"), 1)
		second, next := is.list(store.Query{Limit: 2, Next: next})
		is.create(record("later"), 1)
		third, next := is.list(store.Query{Limit: 2, Next: next})
		require.Equal(t, []string{"5", "4", "3", "2", "1", "0"}, slices.Concat(first, second, third))
		require.Empty(t, next)
	}},
	{"Pages go on behind an execution that was removed", func(t *testing.T, s store.Store) {
		is := script{t, s}
		is.create(record("old"), 1)
		last := is.create(record("last of page"), 1)
		is.create(record("new"), 1)
		first, next := is.list(store.Query{Limit: 2})
		is.end(last, 1, states.StatusSucceeded, startDate)
		removed, err := s.Expire(t.Context(), startDate.AddDate(0, 0, 1), 10)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		second, _ := is.list(store.Query{Limit: 2, Next: next})
		require.Equal(t, []string{"new", "last of page", "old"}, slices.Concat(first, second))
	}},
	{"List refuses a limit out of range and a token that it never gave", func(t *testing.T, s store.Store) {
		for _, q := range []store.Query{{Limit: 0}, {Limit: -1}, {Limit: 1001}, {Limit: 1, Next: "no token"}} {
			_, _, err := s.List(t.Context(), q)
			require.ErrorIs(t, err, store.ErrInvalidPage, "%+v", q)
		}
	}},
}
