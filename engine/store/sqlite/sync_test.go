package sqlite_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// A slowDisk syncs when it is told to, with the error that it is given.
type slowDisk struct {
	asked   chan struct{}
	answers chan error
}

func newSlowDisk() slowDisk { return slowDisk{make(chan struct{}, 100), make(chan error, 100)} }

func (d slowDisk) sync(*os.File) error {
	d.asked <- struct{}{}
	return <-d.answers
}

// soon calls f on a goroutine and returns what will have its error.
func soon(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// pending checks that nothing was told yet.
func pending(t *testing.T, all ...<-chan error) {
	t.Helper()
	for i, done := range all {
		select {
		case err := <-done:
			require.FailNow(t, "too early", "call %d of %d: %v", i+1, len(all), err)
		default:
		}
	}
}

// TestNothingIsToldBeforeItIsOnTheDisk: neither of a change nor of what is read of it.
// What is asked for meanwhile is staged.
func TestNothingIsToldBeforeItIsOnTheDisk(t *testing.T) {
	disk, dir := newSlowDisk(), t.TempDir()
	s := open(t, dir, sqlite.SyncWith(disk.sync))
	defer s.Close()
	r := record("a")
	created := soon(func() error { return s.Create(t.Context(), r, "{}", lines("a", 0, 1)) })
	<-disk.asked
	read := soon(func() error { _, err := s.Record(t.Context(), r.ARN); return err })
	staged := make(chan struct{})
	next := soon(func() error { return s.Stage(t.Context(), staged) })
	<-staged
	pending(t, created, read, next)
	disk.answers <- nil
	require.NoError(t, <-created)
	<-disk.asked
	pending(t, next)
	disk.answers <- nil
	require.NoError(t, <-next)
	require.NoError(t, <-read)
	require.Equal(t, 1, count(t, shell(t, dir), "SELECT value FROM meta WHERE name = 'staged'"))
}

// TestSyncThatFails: of a change whose sync failed nothing is known, and what was staged
// upon it is not made. The next call finds out.
func TestSyncThatFails(t *testing.T) {
	disk, dir := newSlowDisk(), t.TempDir()
	s := open(t, dir, sqlite.SyncWith(disk.sync))
	defer s.Close()
	disk.answers <- nil
	r := create(t, s, "a")
	<-disk.asked
	first := soon(func() error { return add(t, s, r, 1) })
	<-disk.asked
	staged := make(chan struct{})
	next := soon(func() error { return s.Stage(t.Context(), staged) })
	<-staged
	disk.answers <- syscall.EIO
	require.ErrorIs(t, <-first, sqlite.ErrIO)
	require.ErrorIs(t, <-next, sqlite.ErrIO)

	for range 4 {
		disk.answers <- nil
	}
	hasLog(t, s, r, 2)
	require.Zero(t, count(t, shell(t, dir), "SELECT count(*) FROM meta WHERE name = 'staged'"))
	require.ErrorIs(t, add(t, s, r, 1), store.ErrConflict)
	require.NoError(t, add(t, s, r, 2))
	hasLog(t, open(t, crashed(t, dir)), r, 3)
}
