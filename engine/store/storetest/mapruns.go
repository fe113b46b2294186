package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// A runScript makes Map Runs of the execution "x" for a test and checks what the store says of
// them.
type runScript struct {
	*testing.T
	store.MapRunStore
}

const runARN = "arn:aws:states:us-east-1:123456789012:mapRun:m/Label:"

// begin creates a run.
func (s runScript) begin(name string) string {
	s.Helper()
	arn := runARN + name
	require.NoError(s, s.CreateMapRun(s.Context(), store.MapRun{ARN: arn, Execution: record("x").ARN, Open: true, State: []byte("new " + name)}))
	return arn
}

// put changes a run, with the results of children by their indexes; those below 0 are bad ones
// of ^index.
func (s runScript) put(arn string, version int64, text string, indexes ...int64) {
	s.Helper()
	require.NoError(s, s.ChangeMapRun(s.Context(), arn, version, store.MapRunChange{Open: true, State: []byte(text), Results: resultsOf(text, indexes)}))
}

func resultsOf(text string, indexes []int64) (all []store.MapRunResult) {
	for _, i := range indexes {
		r := store.MapRunResult{Index: max(i, ^i), Bad: i < 0}
		r.Result = fmt.Appendf(nil, "%s %d", text, r.Index)
		all = append(all, r)
	}
	return all
}

// has checks the results that a run has from an index on.
func (s runScript) has(arn string, from int64, bad bool, limit int, want ...string) {
	s.Helper()
	found, err := s.MapRunResults(s.Context(), arn, from, bad, limit)
	require.NoError(s, err)
	texts := make([]string, 0, len(found))
	for _, r := range found {
		require.True(s, strings.HasSuffix(string(r.Result), fmt.Sprintf(" %d", r.Index)))
		require.True(s, r.Bad || !bad)
		texts = append(texts, string(r.Result))
	}
	require.Equal(s, append([]string{}, want...), texts)
}

// runCase makes a case of a store of one of a store that has the execution "x".
func runCase(says string, test func(s runScript)) testCase {
	return testCase{says, func(t *testing.T, s store.Store) {
		require.NoError(t, s.Create(t.Context(), record("x"), "{}", [][]byte{[]byte("{}")}))
		test(runScript{t, s.(store.MapRunStore)})
	}}
}

var mapRunCases = []testCase{
	runCase("MapRun returns what CreateMapRun and each ChangeMapRun gave it", func(s runScript) {
		arn := s.begin("a")
		r, err := s.MapRun(s.Context(), arn)
		require.NoError(s, err)
		require.Equal(s, store.MapRun{ARN: arn, Execution: record("x").ARN, Open: true, Version: 1, State: []byte("new a")}, r)
		s.put(arn, 1, "later")
		r, err = s.MapRun(s.Context(), arn)
		require.NoError(s, err)
		require.Equal(s, store.MapRun{ARN: arn, Execution: record("x").ARN, Open: true, Version: 2, State: []byte("later")}, r)
		_, err = s.MapRun(s.Context(), runARN+"b")
		require.ErrorIs(s, err, store.ErrMapRunDoesNotExist)
	}),
	runCase("CreateMapRun refuses an ARN that is taken, and an execution that is not there", func(s runScript) {
		arn := s.begin("a")
		err := s.CreateMapRun(s.Context(), store.MapRun{ARN: arn, Execution: record("x").ARN})
		require.ErrorIs(s, err, store.ErrMapRunAlreadyExists)
		err = s.CreateMapRun(s.Context(), store.MapRun{ARN: runARN + "b", Execution: record("y").ARN})
		require.ErrorIs(s, err, store.ErrExecutionDoesNotExist)
		r, err := s.MapRun(s.Context(), arn)
		require.NoError(s, err)
		require.Equal(s, "new a", string(r.State))
	}),
	runCase("ChangeMapRun at another Version changes nothing", func(s runScript) {
		arn := s.begin("a")
		s.put(arn, 1, "one", 0)
		for _, version := range []int64{0, 1, 3} {
			err := s.ChangeMapRun(s.Context(), arn, version, store.MapRunChange{State: []byte("wrong"), Results: resultsOf("wrong", []int64{0, 1})})
			require.ErrorIs(s, err, store.ErrConflict)
		}
		require.ErrorIs(s, s.ChangeMapRun(s.Context(), runARN+"b", 1, store.MapRunChange{}), store.ErrConflict)
		s.has(arn, 0, false, 10, "one 0")
		r, err := s.MapRun(s.Context(), arn)
		require.NoError(s, err)
		require.Equal(s, "one", string(r.State))
	}),
	runCase("Results are read in the order of their indexes, whatever they were written in", func(s runScript) {
		arn, other := s.begin("a"), s.begin("b")
		s.put(arn, 1, "one", 5, 2, ^int64(9), 7)
		s.put(other, 1, "other", 0, 1, 2)
		s.put(arn, 2, "two", 0, ^int64(3), 100_000_000)
		s.has(arn, 0, false, 10, "two 0", "one 2", "two 3", "one 5", "one 7", "one 9", "two 100000000")
		s.has(arn, 3, false, 3, "two 3", "one 5", "one 7")
		s.has(arn, 100_000_001, false, 3)
		s.has(other, 0, false, 10, "other 0", "other 1", "other 2")
		s.has(runARN+"c", 0, false, 10)
	}),
	runCase("Bad results are found by themselves", func(s runScript) {
		arn := s.begin("a")
		s.put(arn, 1, "one", 0, ^int64(1), 2, ^int64(3), ^int64(4))
		s.has(arn, 0, true, 10, "one 1", "one 3", "one 4")
		s.has(arn, 2, true, 1, "one 3")
		s.has(arn, 5, true, 10)
	}),
	runCase("A result takes the place of another with its index", func(s runScript) {
		arn := s.begin("a")
		s.put(arn, 1, "one", 0, ^int64(1), ^int64(2))
		s.put(arn, 2, "two", 1, ^int64(0))
		s.has(arn, 0, false, 10, "two 0", "two 1", "one 2")
		s.has(arn, 0, true, 10, "two 0", "one 2")
	}),
	runCase("Large results come in several portions, and each portion has some", func(s runScript) {
		arn := s.begin("a")
		large := strings.Repeat("é", 1_000_000)
		s.put(arn, 1, large, 0, 1, 2, 3, 4, 5, 6, 7)
		var got []int64
		for from := int64(0); ; {
			found, err := s.MapRunResults(s.Context(), arn, from, false, 100)
			require.NoError(s, err)
			if len(found) == 0 {
				break
			}
			for _, r := range found {
				require.Len(s, r.Result, 2_000_002)
				got = append(got, r.Index)
			}
			from = got[len(got)-1] + 1
		}
		require.Equal(s, []int64{0, 1, 2, 3, 4, 5, 6, 7}, got)
	}),
	runCase("MapRuns lists the runs of an execution, the newest first, in pages", func(s runScript) {
		require.NoError(s, s.MapRunStore.(store.Store).Create(s.Context(), record("y"), "{}", [][]byte{[]byte("{}")}))
		require.NoError(s, s.CreateMapRun(s.Context(), store.MapRun{ARN: runARN + "y", Execution: record("y").ARN}))
		for _, name := range []string{"a", "b", "c"} {
			s.begin(name)
		}
		list := func(after string, limit int) (names []string) {
			if after != "" {
				after = runARN + after
			}
			runs, err := s.MapRuns(s.Context(), record("x").ARN, after, limit)
			require.NoError(s, err)
			for _, r := range runs {
				require.Equal(s, record("x").ARN, r.Execution)
				require.Equal(s, int64(1), r.Version)
				names = append(names, strings.TrimPrefix(r.ARN, runARN))
			}
			return names
		}
		require.Equal(s, []string{"c", "b", "a"}, list("", 10))
		require.Equal(s, []string{"c", "b"}, list("", 2))
		require.Equal(s, []string{"a"}, list("b", 2))
		require.Empty(s, list("a", 2))
		none, err := s.MapRuns(s.Context(), record("z").ARN, "", 10)
		require.NoError(s, err)
		require.Empty(s, none)
	}),
	runCase("OpenMapRuns lists the runs that are open", func(s runScript) {
		a, b := s.begin("a"), s.begin("b")
		open, err := s.OpenMapRuns(s.Context())
		require.NoError(s, err)
		require.ElementsMatch(s, []string{a, b}, open)
		require.NoError(s, s.ChangeMapRun(s.Context(), a, 1, store.MapRunChange{State: []byte("over")}))
		open, err = s.OpenMapRuns(s.Context())
		require.NoError(s, err)
		require.Equal(s, []string{b}, open)
		s.put(a, 2, "redriven")
		open, err = s.OpenMapRuns(s.Context())
		require.NoError(s, err)
		require.ElementsMatch(s, []string{a, b}, open)
	}),
	runCase("Expire removes a run with its execution, and its results", func(s runScript) {
		all := s.MapRunStore.(store.Store)
		arn := s.begin("a")
		indexes := make([]int64, 1000)
		for i := range indexes {
			indexes[i] = int64(i)
		}
		s.put(arn, 1, "one", indexes...)
		stop := startDate.Add(time.Hour)
		require.NoError(s, all.Append(s.Context(), record("x").ARN, 1, store.Change{Lines: [][]byte{[]byte("{}")}, End: &store.End{Status: states.StatusFailed, StopDate: stop}}))
		n, err := all.Expire(s.Context(), stop.Add(1), 10)
		require.NoError(s, err)
		require.Equal(s, 1, n)
		_, err = s.MapRun(s.Context(), arn)
		require.ErrorIs(s, err, store.ErrMapRunDoesNotExist)
		s.has(arn, 0, false, 10)
		open, err := s.OpenMapRuns(s.Context())
		require.NoError(s, err)
		require.Empty(s, open)
		require.NoError(s, all.Create(s.Context(), record("x"), "{}", [][]byte{[]byte("{}")}))
		s.begin("a")
		s.has(arn, 0, false, 10)
	}),
	runCase("Of changes of one Version at the same time one is made", func(s runScript) {
		arn := s.begin("a")
		for version := int64(1); version < 20; version++ {
			var made atomic.Int64
			var all sync.WaitGroup
			for i := range int64(8) {
				all.Go(func() {
					err := s.ChangeMapRun(s.Context(), arn, version, store.MapRunChange{Open: true, State: []byte("s"), Results: resultsOf("one", []int64{version*8 + i})})
					if err == nil {
						made.Add(1)
					} else if !errors.Is(err, store.ErrConflict) {
						s.Error(err)
					}
				})
			}
			all.Wait()
			require.Equal(s, int64(1), made.Load())
		}
		found, err := s.MapRunResults(s.Context(), arn, 0, false, 100)
		require.NoError(s, err)
		require.Len(s, found, 19)
		require.True(s, slices.IsSortedFunc(found, func(a, b store.MapRunResult) int { return int(a.Index - b.Index) }))
	}),
}
