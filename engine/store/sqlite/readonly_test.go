package sqlite_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// look opens the store in a folder for reading alone.
func look(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s := sqlite.OpenReadOnly(filepath.Join(dir, "orders.db"))
	require.NoError(t, s.Err())
	require.True(t, s.ReadOnly())
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// A reader goes along with an owner: after every change it reads what the owner reads,
// wherever the owner has noted where logs end.
func TestReaderGoesAlong(t *testing.T) {
	dir, memory := t.TempDir(), new(storetest.Memory)
	s := open(t, dir, sqlite.NoteAfter(7))
	defer func() { s.Close() }()
	reader := look(t, dir)
	var all []store.Record
	lengths := map[string]int{}
	both := func(f func(s store.Store) error) {
		t.Helper()
		require.NoError(t, f(s))
		require.NoError(t, f(memory))
	}
	for step := range 300 {
		switch n := step % 10; {
		case n == 0:
			r := record(fmt.Sprint(step))
			r.StartDate = r.StartDate.Add(time.Duration(step))
			both(func(s store.Store) error { return s.Create(t.Context(), r, "{}", lines(r.Name, 0, 1)) })
			all, lengths[r.ARN] = append(all, r), 1
		case n == 7 && len(all) > 3:
			r, e := all[len(all)-3], &store.End{Status: states.StatusFailed, StopDate: record("").StartDate.Add(time.Duration(step) * time.Hour)}
			both(func(s store.Store) error {
				return s.Append(t.Context(), r.ARN, lengths[r.ARN], store.Change{Lines: lines(r.Name, 0, 1), End: e})
			})
			lengths[r.ARN]++
		case n == 9 && step%30 == 29 && len(all) > 6:
			both(func(s store.Store) error {
				_, err := s.Expire(t.Context(), record("").StartDate.Add(time.Duration(step-40)*time.Hour), 1)
				return err
			})
		default:
			r := all[len(all)-1-step%min(2, len(all))]
			both(func(s store.Store) error {
				return s.Append(t.Context(), r.ARN, lengths[r.ARN], store.Change{Lines: lines(r.Name, lengths[r.ARN], lengths[r.ARN]+2), Due: r.StartDate.Add(time.Duration(n))})
			})
			lengths[r.ARN] += 2
		}
		if step%3 == 0 {
			sameReading(t, memory, reader, all)
		}
		if step == 150 { // another owner
			require.NoError(t, s.Close())
			sameReading(t, memory, reader, all)
			s = open(t, dir, sqlite.NoteAfter(7))
		}
	}
	sameReading(t, memory, reader, all)
	sameReading(t, memory, look(t, crashed(t, dir)), all)
}

// sameReading checks that a store reads what one in memory has.
func sameReading(t *testing.T, want, found store.Store, all []store.Record) {
	t.Helper()
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

// A store that only reads takes no ownership and changes nothing.
func TestReaderChangesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := create(t, s, "a")
	require.NoError(t, s.Close())
	before, err := os.ReadFile(filepath.Join(dir, "orders.db"))
	require.NoError(t, err)
	reader := look(t, dir)
	require.ErrorIs(t, add(t, reader, r, 1), sqlite.ErrReadOnly)
	require.ErrorIs(t, reader.Create(t.Context(), record("b"), "{}", nil), sqlite.ErrReadOnly)
	require.ErrorIs(t, reader.Remove(t.Context(), r.ARN), sqlite.ErrReadOnly)
	hasLog(t, reader, r, 1)
	s = open(t, dir) // it is nobody's
	hasLog(t, s, r, 1)
	require.NoError(t, s.Close())
	hasLog(t, reader, r, 1)
	require.NoError(t, reader.Close())
	_, err = reader.Record(t.Context(), r.ARN)
	require.ErrorIs(t, err, sqlite.ErrClosed)
	after, err := os.ReadFile(filepath.Join(dir, "orders.db"))
	require.NoError(t, err)
	require.Len(t, after, len(before))
}

func TestReaderRefusesWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "orders.db")
	require.ErrorIs(t, sqlite.OpenReadOnly(file).Err(), fs.ErrNotExist)
	require.NoFileExists(t, file)
	_, err := shell(t, dir).Exec(sqlite.FirstSchema)
	require.NoError(t, err)
	require.ErrorContains(t, sqlite.OpenReadOnly(file).Err(), "brings it up to date")
	require.NoError(t, open(t, dir).Close())
	require.NoError(t, sqlite.OpenReadOnly(file).Err())

	other := t.TempDir()
	_, err = shell(t, other).Exec("CREATE TABLE t (x)")
	require.NoError(t, err)
	require.ErrorIs(t, sqlite.OpenReadOnly(filepath.Join(other, "orders.db")).Err(), sqlite.ErrForeign)

	linked := filepath.Join(t.TempDir(), "orders.db")
	if os.Link(file, linked) == nil {
		require.ErrorContains(t, sqlite.OpenReadOnly(linked).Err(), "several hard links")
	}
}

// Who finds a file in use is told who has it.
func TestOwnerIsTold(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	err := sqlite.Open(s.Path()).Err()
	require.ErrorIs(t, err, store.ErrInUse)
	var inUse *store.InUseError
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, os.Getpid(), inUse.PID)
	require.Contains(t, err.Error(), "in use by this process")
	require.Equal(t, "engine: the store is in use by the process 4711", (&store.InUseError{PID: 4711}).Error())
	require.Equal(t, store.ErrInUse.Error(), (&store.InUseError{}).Error())
}

// A copy has all that was there, and is a store like any other; the one that was copied goes
// on meanwhile.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	a, b := create(t, s, "a"), create(t, s, "b")
	for length := 1; length < 50; length++ {
		require.NoError(t, add(t, s, a, length))
	}
	end(t, s, b, 1, a.StartDate)
	for name, from := range map[string]*sqlite.Store{"its owner": s, "a reader": look(t, dir)} {
		t.Run(name, func(t *testing.T) {
			copied := t.TempDir()
			file := filepath.Join(copied, "orders.db")
			require.NoError(t, from.Backup(t.Context(), file))
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
			require.ErrorIs(t, from.Backup(t.Context(), file), fs.ErrExist)
			c := open(t, copied)
			hasLog(t, c, a, 50)
			hasLog(t, c, b, 2)
			require.NoError(t, add(t, c, a, 50))
			create(t, c, "c")
			require.NoError(t, c.Close())
		})
	}
	hasLog(t, s, a, 50)
	require.NoError(t, add(t, s, a, 50))
	require.ErrorIs(t, s.Backup(t.Context(), filepath.Join(dir, "none", "copy.db")), fs.ErrNotExist)
}
