package storetest

import (
	"fmt"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// RunReopened checks a store that outlives the process: what was acknowledged is there
// after it was closed and opened again. open opens the store that lives in a folder.
func RunReopened(t *testing.T, open func(t *testing.T, dir string) store.Store) {
	t.Helper()
	t.Run("A store that is opened again goes on where it stood", func(t *testing.T) {
		dir := t.TempDir()
		is := script{t, open(t, dir)}
		reopen := func() {
			require.NoError(t, is.store.Close())
			is.store = open(t, dir)
		}
		a, b, empty := is.create(record("a"), 2), is.create(recordOf("n", "b"), 1), is.create(record("empty"), 0)
		gone := is.end(is.create(record("gone"), 1), 1, states.StatusFailed, startDate)
		for i := range 20 {
			is.append(a, 2+i, 3+i)
		}
		reopen()
		is.hasRecord(a)
		is.hasLog(a, 22)
		is.hasLog(b, 1)
		is.hasLog(empty, 0)
		is.hasRecord(gone)
		require.Equal(t, []string{"a", "b", "empty"}, is.running())
		is.append(a, 22, 24)
		require.ErrorIs(t, is.store.Append(t.Context(), a.ARN, 22, store.Change{Lines: lines("a", 22, 23)}), store.ErrConflict)
		b = is.end(b, 1, states.StatusSucceeded, startDate.AddDate(0, 0, 1))
		reopen()
		is.hasLog(a, 24)
		is.hasRecord(b)
		removed, err := is.store.Expire(t.Context(), startDate.AddDate(0, 0, 2), 10)
		require.NoError(t, err)
		require.Equal(t, 2, removed)
		reopen()
		is.lacks(b)
		is.lacks(gone)
		is.hasLog(a, 24)
		text, err := is.store.Definition(t.Context(), a.Definition)
		require.NoError(t, err)
		require.Equal(t, definitionOf("m"), text)
		require.NoError(t, is.store.Close())
	})
	t.Run("What is due is known again", func(t *testing.T) {
		dir := t.TempDir()
		is := script{t, open(t, dir)}
		later := is.createDue("later", startDate.Add(3))
		is.createDue("sooner", startDate.Add(2))
		is.create(record("now"), 1)
		is.createDue("never", store.Never)
		later = is.appendDue(later, 1, startDate.Add(4))
		require.NoError(t, is.store.Close())
		is.store = open(t, dir)
		is.hasRecord(later)
		require.Equal(t, []string{"now", "sooner", "later", "never"}, is.running())
		is.appendDue(later, 2, startDate.Add(1))
		require.NoError(t, is.store.Close())
		is.store = open(t, dir)
		require.Equal(t, []string{"later", "sooner", "never"}, is.dueFrom(startDate))
		require.NoError(t, is.store.Close())
	})
	t.Run("Documents and what started an execution are there again", func(t *testing.T) {
		dir := t.TempDir()
		is := script{t, open(t, dir)}
		r := record("a")
		r.VersionARN, r.AliasARN = r.MachineARN+":1", r.MachineARN+":PROD"
		is.create(r, 1)
		documents, ok := is.store.(store.DocumentStore)
		if ok {
			put(t, documents, "c", "k", "", "text")
			put(t, documents, "c", "gone", "", "text")
			put(t, documents, "c", "gone", "text", "")
		}
		require.NoError(t, is.store.Close())
		is.store = open(t, dir)
		is.hasRecord(r)
		if ok {
			documents = is.store.(store.DocumentStore)
			hasDocument(t, documents, "c", "k", "text")
			hasDocument(t, documents, "c", "gone", "")
		}
		require.NoError(t, is.store.Close())
	})
	t.Run("Notifications are there again, and their numbers go on", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		if _, ok := s.(store.NotificationStore); !ok {
			require.NoError(t, s.Close())
			t.Skip("the store keeps no notifications")
		}
		reopen := func() store.NotificationStore {
			require.NoError(t, s.Close())
			s = open(t, dir)
			return s.(store.NotificationStore)
		}
		notifying := s.(store.NotificationStore)
		createNotifying(t, notifying, record("a"), "first", "second")
		notifying = reopen()
		texts, numbers := waiting(t, notifying)
		require.Equal(t, []string{"first", "second"}, texts)
		require.NoError(t, notifying.RemoveNotifications(t.Context(), numbers))
		notifying = reopen()
		notify(t, notifying, record("a"), 1, "third")
		texts, third := waiting(t, notifying)
		require.Equal(t, []string{"third"}, texts)
		require.Greater(t, third[0], numbers[1])
		require.NoError(t, s.Close())
	})
	t.Run("Page tokens stay good when the store is opened again", func(t *testing.T) {
		dir := t.TempDir()
		is := script{t, open(t, dir)}
		for i := range 3 {
			is.create(record(fmt.Sprint(i)), 1)
		}
		newest := is.create(record("newest"), 1)
		first, next := is.list(store.Query{Limit: 1})
		require.Equal(t, []string{"newest"}, first)
		is.end(newest, 1, states.StatusSucceeded, startDate)
		removed, err := is.store.Expire(t.Context(), startDate.AddDate(0, 0, 1), 10)
		require.NoError(t, err)
		require.Equal(t, 1, removed)
		require.NoError(t, is.store.Close())
		is.store = open(t, dir)
		is.create(record("late"), 1)
		second, _ := is.list(store.Query{Limit: 10, Next: next})
		require.Equal(t, []string{"2", "1", "0"}, second)
		require.NoError(t, is.store.Close())
	})
}
