package sqlite_test

import (
	"database/sql"
	"fmt"
	"io"
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

// open opens the store in a folder.
func open(t testing.TB, dir string, options ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s := sqlite.Open(filepath.Join(dir, "orders.db"), options...)
	require.NoError(t, s.Err())
	return s
}

// shell opens the file of a store as another program does.
func shell(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "orders.db"))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func count(t *testing.T, db *sql.DB, query string) int {
	t.Helper()
	var n int
	require.NoError(t, db.QueryRow(query).Scan(&n))
	return n
}

func record(name string) store.Record {
	return store.Record{
		ARN:        "arn:aws:states:us-east-1:123456789012:execution:m:" + name,
		Name:       name,
		MachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:m",
		Machine:    "m",
		Definition: "hash",
		Status:     states.StatusRunning,
		StartDate:  time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
	}
}

// create starts an execution with one line.
func create(t testing.TB, s *sqlite.Store, name string) store.Record {
	t.Helper()
	r := record(name)
	require.NoError(t, s.Create(t.Context(), r, "{}", lines(name, 0, 1)))
	return r
}

// lines returns the lines of a log from one position up to another.
func lines(of string, from, to int) [][]byte {
	var all [][]byte
	for i := from; i < to; i++ {
		all = append(all, fmt.Appendf(nil, `{"id":%d,"type":"PassStateEntered","of":%q}`, i, of))
	}
	return all
}

// add adds one line to a log.
func add(t testing.TB, s store.Store, r store.Record, length int) error {
	return s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+1)})
}

// end ends an execution with one line.
func end(t testing.TB, s store.Store, r store.Record, length int, stop time.Time) {
	t.Helper()
	e := &store.End{Status: states.StatusSucceeded, StopDate: stop}
	require.NoError(t, s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+1), End: e}))
}

// hasLog checks that a log has n lines.
func hasLog(t testing.TB, s store.Store, r store.Record, n int) {
	t.Helper()
	found, err := s.Log(t.Context(), r.ARN)
	require.NoError(t, err)
	require.Len(t, found, n)
	for i, line := range lines(r.Name, 0, n) {
		require.Equal(t, string(line), string(found[i]))
	}
}

// crashed copies the files of an open store as a process that is killed leaves them,
// and returns the folder with the copy.
func crashed(t testing.TB, dir string) string {
	t.Helper()
	left := t.TempDir()
	for _, name := range []string{"orders.db", "orders.db-wal"} {
		copyFile(t, filepath.Join(left, name), filepath.Join(dir, name))
	}
	return left
}

func copyFile(t testing.TB, to, from string) {
	t.Helper()
	in, err := os.Open(from)
	if os.IsNotExist(err) {
		return
	}
	require.NoError(t, err)
	defer in.Close()
	out, err := os.Create(to)
	require.NoError(t, err)
	_, err = io.Copy(out, in)
	require.NoError(t, err)
	require.NoError(t, out.Close())
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir()) })
	storetest.RunReopened(t, func(t *testing.T, dir string) store.Store { return open(t, dir) })
}

// unsynced spares tests the disk that are about what is found, and not about what survives.
var unsynced = sqlite.SyncWith(func(*os.File) error { return nil })

// TestStoreThatForgets runs the contract with nothing but the file to know from: every
// head is noted and forgotten after each transaction.
func TestStoreThatForgets(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir(), unsynced, sqlite.NoteAfter(1)) })
	storetest.RunReopened(t, func(t *testing.T, dir string) store.Store { return open(t, dir, unsynced, sqlite.NoteAfter(1)) })
}

// TestStoreThatLooksNotFar runs the contract with the indexes that few executions are found
// by: a test has too few for them.
func TestStoreThatLooksNotFar(t *testing.T) {
	t.Parallel()
	for _, executions := range []int{0, 20} {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir(), unsynced, sqlite.Nearest(executions)) })
	}
}

func TestWhatWaitsIsForgotten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, sqlite.NoteAfter(100))
	defer s.Close()
	var all []store.Record
	for i := range 100 {
		r := create(t, s, fmt.Sprint(i))
		all = append(all, r)
		require.NoError(t, add(t, s, r, 1))
	}
	require.NoError(t, add(t, s, all[0], 2), "the transaction after the one that has the rows noted")
	require.LessOrEqual(t, s.Remembered(), 60)
	for _, r := range all[1:] {
		hasLog(t, s, r, 2)
		require.NoError(t, add(t, s, r, 2))
		hasLog(t, s, r, 3)
	}
}

func TestOtherProgramsReadAlong(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	r := create(t, s, "order-42")
	db := shell(t, dir)
	rows, err := db.Query("SELECT id FROM history") // keeps its transaction open
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, add(t, s, r, 1), "a reader hinders nobody")
	require.NoError(t, rows.Close())

	var execution, kind, event string
	var id int
	err = db.QueryRow("SELECT execution, id, type, event FROM history ORDER BY id DESC").Scan(&execution, &id, &kind, &event)
	require.NoError(t, err)
	require.Equal(t, "order-42", execution)
	require.Equal(t, 1, id)
	require.Equal(t, "PassStateEntered", kind)
	require.Equal(t, string(lines("order-42", 1, 2)[0]), event)

	var name, status, start string
	require.NoError(t, db.QueryRow("SELECT name, status, start_date FROM executions").Scan(&name, &status, &start))
	require.Equal(t, "order-42 RUNNING 2026-01-02T03:04:05.000000006Z", name+" "+status+" "+start)
}

func TestLinesThatAreNone(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	r := create(t, s, "a")
	for _, line := range []string{"", "{\n}", "\n"} {
		require.ErrorContains(t, s.Append(t.Context(), r.ARN, 1, store.Change{Lines: [][]byte{[]byte("{}"), []byte(line)}}), "line 2 of 2")
		require.ErrorContains(t, s.Create(t.Context(), record("b"), "{}", [][]byte{[]byte(line)}), "line 1 of 1")
	}
	hasLog(t, s, r, 1)
}

func TestClosed(t *testing.T) {
	s := open(t, t.TempDir())
	r := create(t, s, "a")
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, add(t, s, r, 1), sqlite.ErrClosed)
	_, err := s.Log(t.Context(), r.ARN)
	require.ErrorIs(t, err, sqlite.ErrClosed)
	for _, err := range s.Running(t.Context(), time.Time{}) {
		require.ErrorIs(t, err, sqlite.ErrClosed)
	}
}

func TestCloseMakesWhatWasAskedForBefore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := create(t, s, "a")
	release := s.Hold(t.Context())
	appended := make(chan error, 1)
	go func() { appended <- add(t, s, r, 1) }()
	waitFor(s, 1)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	release()
	require.NoError(t, <-appended)
	require.NoError(t, <-closed)
	s = open(t, dir)
	hasLog(t, s, r, 2)
	require.NoError(t, s.Close())
}
