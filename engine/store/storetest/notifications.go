package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// A notifyingStore is a store that keeps notifications.
type notifyingStore interface {
	store.Store
	store.NotificationStore
}

// A notificationCase is one sentence of the contract of stores that keep notifications.
type notificationCase struct {
	says string
	test func(t *testing.T, s notifyingStore)
}

// ofNotifications makes cases of stores of cases of those that keep notifications.
func ofNotifications(cases []notificationCase) (all []testCase) {
	for _, c := range cases {
		all = append(all, testCase{c.says, func(t *testing.T, s store.Store) { c.test(t, s.(notifyingStore)) }})
	}
	return all
}

// createNotifying starts an execution with one line and notifications.
func createNotifying(t *testing.T, s store.NotificationStore, r store.Record, texts ...string) {
	t.Helper()
	require.NoError(t, s.CreateNotifying(t.Context(), r, definitionOf(r.Machine), lines(r.Name, 0, 1), bytesOf(texts...)))
}

func bytesOf(texts ...string) (all [][]byte) {
	for _, text := range texts {
		all = append(all, []byte(text))
	}
	return all
}

// waiting returns what notifications there are, which are not long, and their numbers.
func waiting(t *testing.T, s store.NotificationStore) (texts []string, numbers []int64) {
	t.Helper()
	found, err := s.Notifications(t.Context(), 1000)
	require.NoError(t, err)
	texts, numbers = []string{}, []int64{}
	for _, n := range found {
		texts, numbers = append(texts, string(n.Text)), append(numbers, n.Number)
	}
	require.True(t, slices.IsSorted(numbers), "numbers are in order: %v", numbers)
	require.Len(t, slices.Compact(slices.Clone(numbers)), len(numbers), "and none comes twice")
	if counter, ok := s.(store.NotificationCounter); ok {
		count, err := counter.CountNotifications(t.Context())
		require.NoError(t, err)
		require.Equal(t, len(found), count)
	}
	return texts, numbers
}

// notify adds a notification by an append that goes well.
func notify(t *testing.T, s store.NotificationStore, r store.Record, length int, texts ...string) {
	t.Helper()
	require.NoError(t, s.AppendNotifying(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+1)}, bytesOf(texts...)))
}

var notificationCases = []notificationCase{
	{"Notifications come in the order in which they were added", func(t *testing.T, s notifyingStore) {
		is := script{t, s}
		texts, _ := waiting(t, s)
		require.Empty(t, texts)
		large := strings.Repeat("large é 😀 ", 50_000)
		createNotifying(t, s, record("a"), "a1", large)
		createNotifying(t, s, record("b"), "b1")
		notify(t, s, record("a"), 1, "a2")
		notify(t, s, record("b"), 1, "b2", "b3")
		texts, _ = waiting(t, s)
		require.Equal(t, []string{"a1", large, "b1", "a2", "b2", "b3"}, texts)
		is.hasRecord(record("a"))
		is.hasLog(record("a"), 2)
		is.hasLog(record("b"), 2)
		found, err := s.Notifications(t.Context(), 3)
		require.NoError(t, err)
		require.Len(t, found, 3)
		require.Equal(t, "b1", string(found[2].Text))
	}},
	{"Of long notifications there may come fewer than were asked for, but all in the end", func(t *testing.T, s notifyingStore) {
		const n = 24
		for i := range n {
			createNotifying(t, s, record(fmt.Sprint(i)), strings.Repeat("x", 500_000)+fmt.Sprint(" ", i))
		}
		for next := 0; next < n; {
			found, err := s.Notifications(t.Context(), n)
			require.NoError(t, err)
			require.NotEmpty(t, found)
			var numbers []int64
			for _, one := range found {
				require.True(t, strings.HasSuffix(string(one.Text), fmt.Sprint("x ", next)), "%d", next)
				require.Len(t, one.Text, 500_000+len(fmt.Sprint(" ", next)))
				numbers = append(numbers, one.Number)
				next++
			}
			require.NoError(t, s.RemoveNotifications(t.Context(), numbers))
		}
		texts, _ := waiting(t, s)
		require.Empty(t, texts)
	}},
	{"A notification comes with an end, and with an execution that has ended at once", func(t *testing.T, s notifyingStore) {
		is := script{t, s}
		ended := record("ended")
		ended.Status, ended.StopDate = states.StatusSucceeded, startDate
		createNotifying(t, s, ended, "started", "succeeded")
		is.hasRecord(ended)
		r := is.create(record("a"), 1)
		end := &store.End{Status: states.StatusFailed, StopDate: startDate}
		require.NoError(t, s.AppendNotifying(t.Context(), r.ARN, 1, store.Change{Lines: lines("a", 1, 2), End: end}, bytesOf("failed")))
		r.Status, r.StopDate = states.StatusFailed, startDate
		is.hasRecord(r)
		texts, _ := waiting(t, s)
		require.Equal(t, []string{"started", "succeeded", "failed"}, texts)
	}},
	{"A change that is refused adds no notification", func(t *testing.T, s notifyingStore) {
		is := script{t, s}
		r := is.create(record("a"), 1)
		require.ErrorIs(t, s.CreateNotifying(t.Context(), r, "{}", lines("a", 0, 1), bytesOf("again")), store.ErrExecutionAlreadyExists)
		require.ErrorIs(t, s.AppendNotifying(t.Context(), r.ARN, 2, store.Change{Lines: lines("a", 1, 2)}, bytesOf("conflict")), store.ErrConflict)
		require.ErrorIs(t, s.AppendNotifying(t.Context(), record("unknown").ARN, 0, store.Change{Lines: lines("a", 0, 1)}, bytesOf("unknown")), store.ErrConflict)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.AppendNotifying(ended, r.ARN, 1, store.Change{Lines: lines("a", 1, 2)}, bytesOf("canceled")), context.Canceled)
		texts, _ := waiting(t, s)
		require.Empty(t, texts)
		is.hasLog(r, 1)
	}},
	{"RemoveNotifications removes those with the numbers, and no others", func(t *testing.T, s notifyingStore) {
		createNotifying(t, s, record("a"), "0", "1", "2", "3", "4")
		_, numbers := waiting(t, s)
		require.NoError(t, s.RemoveNotifications(t.Context(), []int64{numbers[1], numbers[3]}))
		texts, _ := waiting(t, s)
		require.Equal(t, []string{"0", "2", "4"}, texts)
		require.NoError(t, s.RemoveNotifications(t.Context(), []int64{numbers[1], numbers[0]}), "one that is gone is left alone")
		require.NoError(t, s.RemoveNotifications(t.Context(), nil))
		texts, _ = waiting(t, s)
		require.Equal(t, []string{"2", "4"}, texts)
	}},
	{"No number is given again", func(t *testing.T, s notifyingStore) {
		createNotifying(t, s, record("a"), "first")
		_, first := waiting(t, s)
		require.NoError(t, s.RemoveNotifications(t.Context(), first))
		createNotifying(t, s, record("b"), "second")
		_, second := waiting(t, s)
		require.NoError(t, s.RemoveNotifications(t.Context(), first))
		texts, _ := waiting(t, s)
		require.Equal(t, []string{"second"}, texts)
		require.Greater(t, second[0], first[0])
	}},
	{"Notifications outlive the executions", func(t *testing.T, s notifyingStore) {
		is := script{t, s}
		createNotifying(t, s, record("a"), "a")
		is.end(record("a"), 1, states.StatusSucceeded, startDate)
		removed, err := s.Expire(t.Context(), startDate.AddDate(0, 0, 1), 10)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		texts, _ := waiting(t, s)
		require.Equal(t, []string{"a"}, texts)
	}},
	{"Notifications that are added at the same time are all there, each execution's in order", func(t *testing.T, s notifyingStore) {
		var wg sync.WaitGroup
		failed := make(chan error, 8)
		for i := range 8 {
			wg.Go(func() {
				r := record(fmt.Sprint(i))
				err := s.CreateNotifying(t.Context(), r, definitionOf(r.Machine), lines(r.Name, 0, 1), bytesOf(r.Name+" 0"))
				for n := 1; n < 10 && err == nil; n++ {
					err = s.AppendNotifying(t.Context(), r.ARN, n, store.Change{Lines: lines(r.Name, n, n+1)}, bytesOf(fmt.Sprint(r.Name, " ", n)))
				}
				if err != nil {
					failed <- err
				}
			})
		}
		wg.Wait()
		require.Empty(t, failed)
		texts, _ := waiting(t, s)
		require.Len(t, texts, 80)
		next := map[string]int{}
		for _, text := range texts {
			name, n, _ := strings.Cut(text, " ")
			require.Equal(t, fmt.Sprint(next[name]), n)
			next[name]++
		}
	}},
}
