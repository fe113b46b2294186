package sqlite_test

import (
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAFileOfTheFirstSchemaGoesOn: what was in it is there, and what came later works.
func TestAFileOfTheFirstSchemaGoesOn(t *testing.T) {
	dir := t.TempDir()
	db := shell(t, dir)
	_, err := db.Exec(sqlite.FirstSchema)
	require.NoError(t, err)
	old := record("old")
	old.Options = []byte(`{"old":true}`)
	insert := func(statement string, args ...any) {
		_, err := db.Exec(statement, args...)
		require.NoError(t, err)
	}
	insert("INSERT INTO definitions (hash, definition) VALUES ('hash', '{}')")
	insert("INSERT INTO machines VALUES (7, ?, 'm', 'hash')", old.MachineARN)
	insert("INSERT INTO log VALUES (1, 1, 0, 0, 1, ?)", string(lines("old", 0, 1)[0]))
	insert("INSERT INTO executions VALUES (1, ?, 'old', 7, 'RUNNING', '2026-01-02T03:04:05.000000006Z', NULL, ?, 1, 1, ?)",
		old.ARN, old.Options, sqlite.Key(old.ARN))
	require.NoError(t, db.Close())

	s := open(t, dir)
	found, err := s.Record(t.Context(), old.ARN)
	require.NoError(t, err)
	require.Equal(t, old, found)
	hasLog(t, s, old, 1)
	end(t, s, old, 1, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	young := record("young")
	young.VersionARN, young.Options = young.MachineARN+":1", []byte(`{"old":false}`)
	require.NoError(t, s.Create(t.Context(), young, "{}", lines("young", 0, 1)))
	require.NoError(t, s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: "k", New: "text"}}))
	require.NoError(t, s.Close())

	s = open(t, dir)
	defer s.Close()
	records, _, err := s.List(t.Context(), store.Query{MachineARN: old.MachineARN, Limit: 10})
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.Equal(t, young, records[0])
	require.Equal(t, states.StatusSucceeded, records[1].Status)
	text, err := s.Document(t.Context(), "c", "k")
	require.NoError(t, err)
	require.Equal(t, "text", text)
}

// TestDocumentsCanBeRead by the sqlite3 shell.
func TestDocumentsCanBeRead(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	require.NoError(t, s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "machines", Key: "orders", New: `{"revision":"INITIAL"}`}}))
	var revision string
	err := shell(t, dir).QueryRow("SELECT json_extract(document, '$.revision') FROM documents WHERE collection = 'machines' AND key = 'orders'").Scan(&revision)
	require.NoError(t, err)
	require.Equal(t, "INITIAL", revision)
}

// TestDocumentsThatAreReadAreTheNewest: what a change was acknowledged for is read from then on,
// though documents are kept in memory.
func TestDocumentsThatAreReadAreTheNewest(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	defer s.Close()
	const changes = 200
	var acknowledged atomic.Int64
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for last := int64(0); last < changes; {
				least := max(last, acknowledged.Load())
				text, err := s.Document(t.Context(), "c", "k")
				if !assert.NoError(t, err) {
					return
				}
				last, _ = strconv.ParseInt(text, 10, 64)
				if !assert.GreaterOrEqual(t, last, least) {
					return
				}
			}
		})
	}
	old := ""
	for i := range int64(changes) {
		text := strconv.FormatInt(i+1, 10)
		require.NoError(t, s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: "k", Old: old, New: text}}))
		acknowledged.Store(i + 1)
		old = text
	}
	readers.Wait()
}

// TestDocumentsAfterASyncThatFailed: what memory had is read anew.
func TestDocumentsAfterASyncThatFailed(t *testing.T) {
	t.Parallel()
	var failing atomic.Bool
	s := open(t, t.TempDir(), sqlite.SyncWith(func(f *os.File) error {
		if failing.Load() {
			return syscall.EIO
		}
		return sqlite.Fdatasync(f)
	}))
	defer s.Close()
	change := func(old, text string) error {
		return s.ChangeDocuments(t.Context(), []store.DocumentChange{{Collection: "c", Key: "k", Old: old, New: text}})
	}
	require.NoError(t, change("", "1"))
	read := func() (string, error) { return s.Document(t.Context(), "c", "k") }
	text, err := read()
	require.NoError(t, err)
	require.Equal(t, "1", text)
	failing.Store(true)
	require.Error(t, change("1", "2"))
	_, err = read()
	require.Error(t, err, "nobody knows which it is")
	failing.Store(false)
	text, err = read()
	require.NoError(t, err)
	require.NoError(t, change(text, "3"))
	text, err = read()
	require.NoError(t, err)
	require.Equal(t, "3", text)
	require.NoError(t, s.Close())
	_, err = read()
	require.ErrorIs(t, err, sqlite.ErrClosed)
}
