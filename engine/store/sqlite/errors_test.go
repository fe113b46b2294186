package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// TestFilesThatCannotBeOpened: a store that could not be opened says why, whatever it
// is asked.
func TestFilesThatCannotBeOpened(t *testing.T) {
	for _, c := range []struct {
		says    string
		path    string // in the test's folder
		prepare func(t *testing.T, path string)
		want    error
		text    string
	}{
		{"another program's database", "a.db", statement("CREATE TABLE theirs (x)"), sqlite.ErrForeign, "not a gostates store"},
		{"no database at all", "a.db", contents(strings.Repeat("This is no database. ", 100)), sqlite.ErrCorrupt, "no database"},
		{"a newer release's file", "a.db", newer, nil, fmt.Sprint("schema version 99 and this release knows versions up to ", sqlite.SchemaVersion)},
		{"a folder that does not exist", "no/folder/a.db", nil, os.ErrNotExist, "no such file"},
		{"a folder", ".", nil, nil, "directory"},
		{"memory", ":memory:", nil, nil, "is no file"},
	} {
		t.Run(c.says, func(t *testing.T) {
			path := c.path
			if path != ":memory:" {
				path = filepath.Join(t.TempDir(), path)
			}
			if c.prepare != nil {
				c.prepare(t, path)
			}
			s := sqlite.Open(path)
			err := s.Err()
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, filepath.Base(path))
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			require.Equal(t, err, add(t, s, record("a"), 0))
			_, logErr := s.Log(t.Context(), record("a").ARN)
			require.Equal(t, err, logErr)
			require.NoError(t, s.Close())
		})
	}
}

func statement(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		_, err = db.Exec(text)
		require.NoError(t, err)
		require.NoError(t, db.Close())
	}
}

func contents(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o666)) }
}

func newer(t *testing.T, path string) {
	require.NoError(t, sqlite.Open(path).Close())
	statement("PRAGMA user_version = 99")(t, path)
	schema, ok := errors.AsType[*sqlite.SchemaError](sqlite.Open(path).Err())
	require.True(t, ok)
	require.Equal(t, 99, schema.Found)
}

// TestConditions: each of the file's conditions is told apart, changes nothing, and is
// gone with its cause.
func TestConditions(t *testing.T) {
	for _, c := range []struct {
		says    string
		want    error
		begin   func(t *testing.T, s *sqlite.Store, dir string) (finish func())
		lasting bool // until its cause is gone; else the store opens the file anew
	}{
		{"a full disk", sqlite.ErrFull, pragmas("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000"), true},
		{"a read-only file", sqlite.ErrReadOnly, pragmas("PRAGMA query_only = 1", ""), false},
		{"a file that another program keeps locked", sqlite.ErrBusy, locked, true},
	} {
		t.Run(c.says, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, sqlite.BusyTimeout(10*time.Millisecond))
			defer s.Close()
			r := create(t, s, "a")
			large := [][]byte{[]byte(`{"text":"` + strings.Repeat("large ", 2000) + `"}`)}
			finish := c.begin(t, s, dir)
			for range 2 {
				err := s.Append(t.Context(), r.ARN, 1, store.Change{Lines: large})
				require.ErrorIs(t, err, c.want)
				e, ok := errors.AsType[*sqlite.Error](err)
				require.True(t, ok)
				require.Equal(t, "append", e.Op)
				require.Equal(t, s.Path(), e.Path)
				require.NotZero(t, e.Code)
				for _, other := range []error{sqlite.ErrFull, sqlite.ErrReadOnly, sqlite.ErrCorrupt, sqlite.ErrBusy, sqlite.ErrIO} {
					require.Equal(t, other == c.want, errors.Is(err, other))
				}
				hasLog(t, s, r, 1)
				if !c.lasting {
					break
				}
			}
			finish()
			hasLog(t, s, r, 1)
			require.NoError(t, add(t, s, r, 1))
			hasLog(t, s, r, 2)
			hasLog(t, open(t, crashed(t, dir)), r, 2)
		})
	}
}

// pragmas runs one on the writer's connection to begin with, and one to finish.
func pragmas(begin, finish string) func(*testing.T, *sqlite.Store, string) func() {
	return func(t *testing.T, s *sqlite.Store, _ string) func() {
		require.NoError(t, s.Pragma(t.Context(), begin))
		return func() {
			if finish != "" {
				require.NoError(t, s.Pragma(t.Context(), finish))
			}
		}
	}
}

func locked(t *testing.T, _ *sqlite.Store, dir string) func() {
	other := shell(t, dir)
	_, err := other.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	return func() {
		_, err := other.Exec("ROLLBACK")
		require.NoError(t, err)
	}
}

// TestDiskThatDoesNotWork: of a change that failed in the middle nothing is known; the
// next call finds out.
func TestDiskThatDoesNotWork(t *testing.T) {
	for _, committed := range []bool{false, true} {
		t.Run(fmt.Sprintf("committed %v", committed), func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			defer s.Close()
			r := create(t, s, "a")
			release := s.Hold(t.Context())
			var errs [3]error
			var wg sync.WaitGroup
			for i, change := range []func() error{
				func() error { return add(t, s, r, 1) },
				func() error { return s.Create(t.Context(), record("b"), "{}", lines("b", 0, 3)) },
				func() error { return s.Fail(t.Context(), syscall.EIO, committed) },
			} {
				wg.Go(func() { errs[i] = change() })
				waitFor(s, i+1)
			}
			release()
			wg.Wait()
			for _, err := range errs {
				require.ErrorIs(t, err, sqlite.ErrIO)
			}
			length := 1
			if committed {
				length = 2
				hasLog(t, s, record("b"), 3)
			} else {
				_, err := s.Record(t.Context(), record("b").ARN)
				require.ErrorIs(t, err, store.ErrExecutionDoesNotExist)
			}
			hasLog(t, s, r, length)
			require.NoError(t, add(t, s, r, length))
			hasLog(t, s, r, length+1)
			create(t, s, "c")
			hasLog(t, open(t, crashed(t, dir)), r, length+1)
		})
	}
}

// TestOneBadChange: what is wrong with one change is no reason to fail those that are
// made with it.
func TestOneBadChange(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	r := create(t, s, "a")
	release := s.Hold(t.Context())
	var bad, good error
	var wg sync.WaitGroup
	wg.Go(func() { bad = s.Exec(t.Context(), "INSERT INTO meta (name, value) VALUES ('noted', 1)") }) // it is there
	waitFor(s, 1)
	wg.Go(func() { good = add(t, s, r, 1) })
	waitFor(s, 2)
	release()
	wg.Wait()
	require.ErrorContains(t, bad, "UNIQUE")
	require.NoError(t, good)
	hasLog(t, s, r, 2)
}

// TestGivenUp: a change that its caller gave up before the writer took it is not made.
func TestGivenUp(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	r := create(t, s, "a")
	release := s.Hold(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	appended := make(chan error, 1)
	go func() { appended <- s.Append(ctx, r.ARN, 1, store.Change{Lines: lines("a", 1, 2)}) }()
	waitFor(s, 1)
	cancel()
	require.ErrorIs(t, <-appended, context.Canceled)
	release()
	require.NoError(t, add(t, s, r, 1))
	hasLog(t, s, r, 2)
}
