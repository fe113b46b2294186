package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// TestFilesThatVanish: whatever happens to a file that is open is noticed before a change
// is acknowledged, and nothing is made in its place. What was acknowledged before is
// there when the file is.
func TestFilesThatVanish(t *testing.T) {
	const db, wal, shm = "orders.db", "orders.db-wal", "orders.db-shm"
	for says, c := range map[string]struct {
		happens func(t *testing.T, dir, other string) // other is a folder with another store
		heals   bool                                  // by itself
	}{
		"the database is removed": {func(t *testing.T, dir, _ string) { remove(t, dir, db) }, false},
		"all files are removed":   {func(t *testing.T, dir, _ string) { remove(t, dir, db, wal, shm) }, false},
		"the folder is renamed": {func(t *testing.T, dir, _ string) {
			require.NoError(t, os.Rename(dir, dir+"-moved"))
			t.Cleanup(func() { os.RemoveAll(dir + "-moved") })
		}, false},
		"another store is renamed over it": {func(t *testing.T, dir, other string) { rename(t, other, dir, db) }, false},
		"an earlier copy is renamed over it": {func(t *testing.T, dir, _ string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "earlier.db"), filepath.Join(dir, db)))
		}, false},
		"an earlier copy is renamed over it, without a WAL": {func(t *testing.T, dir, _ string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "earlier.db"), filepath.Join(dir, db)))
			remove(t, dir, wal)
		}, false},
		"an empty file is renamed over it": {func(t *testing.T, dir, other string) {
			require.NoError(t, os.Truncate(filepath.Join(other, db), 0))
			rename(t, other, dir, db)
		}, false},
		"the database is truncated":  {func(t *testing.T, dir, _ string) { require.NoError(t, os.Truncate(filepath.Join(dir, db), 0)) }, false},
		"the database loses its end": {func(t *testing.T, dir, _ string) { require.NoError(t, os.Truncate(filepath.Join(dir, db), 8192)) }, false},
		"the WAL is removed":         {func(t *testing.T, dir, _ string) { remove(t, dir, wal) }, true},
		"the WAL is truncated":       {func(t *testing.T, dir, _ string) { require.NoError(t, os.Truncate(filepath.Join(dir, wal), 0)) }, true},
		"another WAL is renamed over it": {func(t *testing.T, dir, other string) {
			require.NoError(t, os.WriteFile(filepath.Join(other, wal), nil, 0o600))
			rename(t, other, dir, wal)
		}, true},
		"the WAL's index is removed": {func(t *testing.T, dir, _ string) { remove(t, dir, shm) }, true},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			dir, other := filepath.Join(t.TempDir(), "store"), t.TempDir()
			require.NoError(t, os.Mkdir(dir, 0o700))
			require.NoError(t, open(t, other).Close())
			s := open(t, dir)
			defer s.Close()
			r := create(t, s, "a")
			require.NoError(t, s.Exec(t.Context(), "INSERT INTO definitions (hash, definition) VALUES ('large', zeroblob(40000))"))
			require.NoError(t, s.Pragma(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"))
			copyFile(t, filepath.Join(dir, "earlier.db"), filepath.Join(dir, db))
			require.NoError(t, add(t, s, r, 1))
			left := crashed(t, dir)
			c.happens(t, dir, other)
			err := add(t, s, r, 2)
			require.ErrorIs(t, err, sqlite.ErrReplaced)
			require.ErrorIs(t, err, sqlite.ErrIO)
			if c.heals {
				require.ErrorIs(t, add(t, s, r, 1), store.ErrConflict)
				found, err := s.Log(t.Context(), r.ARN)
				require.NoError(t, err)
				require.GreaterOrEqual(t, len(found), 2, "what was acknowledged")
				require.NoError(t, add(t, s, r, len(found)))
				require.NoError(t, s.Close())
				hasLog(t, open(t, dir), r, len(found)+1)
				return
			}
			for range 3 {
				require.Error(t, add(t, s, r, 2))
				_, err := s.Log(t.Context(), r.ARN)
				require.Error(t, err)
			}
			require.NoError(t, os.MkdirAll(dir, 0o700))
			for _, name := range []string{db, wal, shm} {
				_ = os.Remove(filepath.Join(dir, name)) // it need not be there
			}
			copyFile(t, filepath.Join(dir, db), filepath.Join(left, db))
			copyFile(t, filepath.Join(dir, wal), filepath.Join(left, wal))
			hasLog(t, s, r, 2)
			require.NoError(t, add(t, s, r, 2))
			hasLog(t, open(t, crashed(t, dir)), r, 3)
			require.ErrorIs(t, sqlite.Open(filepath.Join(dir, db)).Err(), store.ErrInUse, "the copy is owned")
		})
	}
}

func remove(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
}

func rename(t *testing.T, from, to, name string) {
	t.Helper()
	require.NoError(t, os.Rename(filepath.Join(from, name), filepath.Join(to, name)))
}

// TestAFileThatIsVacuumed: another program may make the file smaller.
func TestAFileThatIsVacuumed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	r := create(t, s, "a")
	require.NoError(t, s.Exec(t.Context(), "INSERT INTO definitions (hash, definition) VALUES ('large', zeroblob(400000))"))
	require.NoError(t, s.Exec(t.Context(), "DELETE FROM definitions WHERE hash = 'large'"))
	require.NoError(t, s.Pragma(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"))
	require.NoError(t, add(t, s, r, 1))
	before, err := os.Stat(filepath.Join(dir, "orders.db"))
	require.NoError(t, err)
	db := shell(t, dir)
	for _, text := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		_, err := db.Exec(text)
		require.NoError(t, err)
	}
	after, err := os.Stat(filepath.Join(dir, "orders.db"))
	require.NoError(t, err)
	require.Less(t, after.Size(), before.Size())
	require.NoError(t, add(t, s, r, 2))
	hasLog(t, s, r, 3)
}
