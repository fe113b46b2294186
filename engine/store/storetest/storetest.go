// Package storetest is the contract of [store.Store] as tests. Whoever writes a
// store proves it with one line:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return open(t) })
//	}
//
// and a store that outlives the process with another, [RunReopened].
package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// A testCase is one sentence of the contract.
type testCase struct {
	says string
	test func(t *testing.T, s store.Store)
}

// Run checks a store against the contract, and one that is a [store.Remover], a
// [store.Tailer], a [store.Counter], a [store.Purger], a [store.DocumentStore], a
// [store.NotificationStore] or a [store.MapRunStore] against the contract of that as well. open
// returns an empty store, a new one each time it is called;
// Run closes it.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	groups := [][]testCase{logCases, recordCases, dueCases, listCases, queryCases, expireCases, concurrencyCases}
	first := open(t)
	_, removes := first.(store.Remover)
	_, counts := first.(store.Counter)
	_, purges := first.(store.Purger)
	_, tails := first.(store.Tailer)
	_, keepsDocuments := first.(store.DocumentStore)
	_, keepsNotifications := first.(store.NotificationStore)
	_, keepsMapRuns := first.(store.MapRunStore)
	require.NoError(t, first.Close())
	if removes {
		groups = append(groups, removeCases)
	}
	if counts {
		groups = append(groups, countCases)
	}
	if purges {
		groups = append(groups, purgeCases)
	}
	if tails {
		groups = append(groups, tailCases)
	}
	if keepsNotifications {
		groups = append(groups, ofNotifications(notificationCases))
	}
	if keepsDocuments {
		groups = append(groups, ofDocuments(documentCases))
	}
	if keepsMapRuns {
		groups = append(groups, mapRunCases)
	}
	for _, group := range groups {
		for _, c := range group {
			t.Run(c.says, func(t *testing.T) {
				s := open(t)
				closed := false
				t.Cleanup(func() {
					if !closed {
						require.NoError(t, s.Close())
					}
				})
				c.test(t, s)
				closed = true
				require.NoError(t, s.Close())
			})
		}
	}
}

// startDate is when the tests' executions start. It has nanoseconds, which stores
// must not lose.
var startDate = time.Date(2026, 1, 2, 3, 4, 5, 6_000_007, time.UTC)

// A script makes executions for a test and checks what the store says of them.
type script struct {
	*testing.T
	store store.Store
}

// record returns the record of an execution of machine "m".
func record(name string) store.Record { return recordOf("m", name) }

func recordOf(machine, name string) store.Record {
	return store.Record{
		ARN:        "arn:aws:states:us-east-1:123456789012:execution:" + machine + ":" + name,
		Name:       name,
		MachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:" + machine,
		Machine:    machine,
		Definition: hashOf(definitionOf(machine)),
		Status:     states.StatusRunning,
		StartDate:  startDate,
		Options:    []byte(`{"of":"` + name + `"}`),
		TokenKey:   []byte("key of " + name),
	}
}

func definitionOf(machine string) string { return `{"Comment":"` + machine + `"}` }

func hashOf(definition string) string {
	sum := sha256.Sum256([]byte(definition))
	return hex.EncodeToString(sum[:])
}

// lines returns the lines of a log from one position up to another.
func lines(of string, from, to int) [][]byte {
	var all [][]byte
	for i := from; i < to; i++ {
		all = append(all, fmt.Appendf(nil, `{"id":%d,"of":%q}`, i, of))
	}
	return all
}

// create starts an execution with n lines.
func (s script) create(r store.Record, n int) store.Record {
	s.Helper()
	require.NoError(s, s.store.Create(s.Context(), r, definitionOf(r.Machine), lines(r.Name, 0, n)))
	return r
}

// append adds lines up to a length.
func (s script) append(r store.Record, from, to int) {
	s.Helper()
	require.NoError(s, s.store.Append(s.Context(), r.ARN, from, store.Change{Lines: lines(r.Name, from, to)}))
}

// end ends an execution with one more line, and returns its record.
func (s script) end(r store.Record, length int, status states.Status, stop time.Time) store.Record {
	s.Helper()
	end := &store.End{Status: status, StopDate: stop}
	require.NoError(s, s.store.Append(s.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+1), End: end}))
	r.Status, r.StopDate, r.Due = status, stop, time.Time{}
	return r
}

// hasLog checks that a log has n lines.
func (s script) hasLog(r store.Record, n int) {
	s.Helper()
	found, err := s.store.Log(s.Context(), r.ARN)
	require.NoError(s, err)
	require.Equal(s, texts(lines(r.Name, 0, n)), texts(found))
}

// hasRecord checks an execution's record.
func (s script) hasRecord(r store.Record) {
	s.Helper()
	found, err := s.store.Record(s.Context(), r.ARN)
	require.NoError(s, err)
	require.Equal(s, r, found)
}

// lacks checks that nothing is left of an execution.
func (s script) lacks(r store.Record) {
	s.Helper()
	_, err := s.store.Record(s.Context(), r.ARN)
	require.ErrorIs(s, err, store.ErrExecutionDoesNotExist)
	found, err := s.store.Log(s.Context(), r.ARN)
	require.NoError(s, err)
	require.Empty(s, found)
}

// running returns the names of the executions that run, in the store's order.
func (s script) running() []string {
	s.Helper()
	names := []string{}
	for r, err := range s.store.Running(s.Context(), time.Time{}) {
		require.NoError(s, err)
		names = append(names, r.Name)
	}
	return names
}

// list returns the names on a page, and where to go on.
func (s script) list(q store.Query) ([]string, string) {
	s.Helper()
	records, next, err := s.store.List(s.Context(), q)
	require.NoError(s, err)
	names := []string{}
	for _, r := range records {
		names = append(names, r.Name)
	}
	return names, next
}

// texts makes lines readable in a failed test.
func texts(lines [][]byte) []string {
	all := []string{}
	for _, line := range lines {
		all = append(all, string(line))
	}
	return all
}
