package sqlite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// TestTornWAL: whatever became of the end of the WAL when the power went, all that
// was written to the disk whole is there, and nothing of what was not. Damage far from its
// end is noticed.
func TestTornWAL(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	wal := func(dir string) string { return filepath.Join(dir, "orders.db-wal") }
	size := func() int64 {
		info, err := os.Stat(wal(dir))
		require.NoError(t, err)
		return info.Size()
	}
	require.NoError(t, s.Pragma(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")) // its size shows where it ends
	r := create(t, s, "a")
	sizes := []int64{1: size()} // of the WAL, by the length of the log
	for length := 1; length < 8; length++ {
		require.NoError(t, add(t, s, r, length))
		sizes = append(sizes, size())
	}
	const frame = 24 + 4096
	random := rand.New(rand.NewPCG(3, 4))
	for length := 1; length < len(sizes)-1; length++ {
		for _, torn := range []int64{sizes[length], sizes[length] + 1, sizes[length+1] - 1, sizes[length+1] - frame, sizes[length] + random.Int64N(sizes[length+1]-sizes[length])} {
			for how, damage := range []func(f *os.File) error{
				func(f *os.File) error { return f.Truncate(torn) },
				func(f *os.File) error { _, err := f.WriteAt(make([]byte, sizes[len(sizes)-1]-torn), torn); return err },
				func(f *os.File) error { _, err := f.WriteAt([]byte("garbage garbage!"), torn); return err },
			} {
				left := crashed(t, dir)
				f, err := os.OpenFile(wal(left), os.O_RDWR, 0)
				require.NoError(t, err)
				require.NoError(t, damage(f))
				require.NoError(t, f.Close())
				s := sqlite.Open(filepath.Join(left, "orders.db"))
				if later := len(sizes) - 1 - length; how == 2 && later > 4 || s.Err() != nil && how == 2 && later > 1 {
					require.ErrorIs(t, s.Err(), sqlite.ErrCorrupt, "it was on the disk, as what came later tells")
					continue
				}
				require.NoError(t, s.Err())
				hasLog(t, s, r, length)
				require.NoError(t, add(t, s, r, length))
				hasLog(t, s, r, length+1)
				require.NoError(t, s.Close())
			}
		}
	}
}

// TestDamagedPage: an execution with a row on a damaged page cannot be read, and the
// others go on.
func TestDamagedPage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var all []store.Record
	for i := range 20 {
		r := record(fmt.Sprintf("execution %d", i))
		large := fmt.Appendf(nil, `{"of":"mark %d.%s"}`, i, strings.Repeat("x", 3000))
		require.NoError(t, s.Create(t.Context(), r, "{}", [][]byte{large}))
		all = append(all, r)
	}
	require.NoError(t, s.Close())
	path := filepath.Join(dir, "orders.db")
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(file, []byte("mark 7."))
	require.Positive(t, at)
	clear(file[at/4096*4096:][:4096])
	require.NoError(t, os.WriteFile(path, file, 0o666))

	s = open(t, dir)
	defer s.Close()
	_, err = s.Log(t.Context(), all[7].ARN)
	require.ErrorIs(t, err, sqlite.ErrCorrupt)
	_, err = s.Record(t.Context(), all[7].ARN)
	require.NoError(t, err)
	for i, r := range all {
		if i == 7 {
			continue
		}
		found, err := s.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.NoError(t, add(t, s, r, 1))
	}
	create(t, s, "new")
}

// TestLostRow: a log that does not hang together is damaged, and never returned as a
// shorter one.
func TestLostRow(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	r := create(t, s, "a")
	for length := 1; length < 5; length++ {
		require.NoError(t, add(t, s, r, length))
	}
	require.NoError(t, s.Exec(t.Context(), "DELETE FROM log WHERE position = 2"))
	_, err := s.Log(t.Context(), r.ARN)
	require.ErrorIs(t, err, sqlite.ErrCorrupt)
	require.ErrorContains(t, err, "first 3 lines")
	require.NoError(t, s.Exec(t.Context(), "UPDATE log SET lines = lines || char(10) || '{}' WHERE position = 4"))
	_, err = s.Log(t.Context(), r.ARN)
	require.ErrorIs(t, err, sqlite.ErrCorrupt)
}

// TestExpireGoesOn: a process that ended between an execution's record and its log
// leaves the log to the next Expire.
func TestExpireGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	stop := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"a", "b"} {
		r := create(t, s, name)
		for length := 1; length < 300; length++ {
			require.NoError(t, add(t, s, r, length))
		}
		end(t, s, r, 300, stop)
	}
	kept := create(t, s, "kept")
	require.NoError(t, s.ExpireRecords(t.Context(), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), 10))
	left := crashed(t, dir)
	require.NoError(t, s.Close())
	s = open(t, left)
	defer s.Close()
	_, err := s.Record(t.Context(), record("a").ARN)
	require.ErrorIs(t, err, store.ErrExecutionDoesNotExist)
	db := shell(t, left)
	require.Equal(t, 603, count(t, db, "SELECT count(*) FROM log"))
	again := create(t, s, "a")
	removed, err := s.Expire(t.Context(), stop, 10)
	require.NoError(t, err)
	require.Zero(t, removed, "their records were gone already")
	require.Equal(t, 2, count(t, db, "SELECT count(*) FROM log"))
	require.Equal(t, 0, count(t, db, "SELECT count(*) FROM removed"))
	hasLog(t, s, kept, 1)
	hasLog(t, s, again, 1)
}

// tmpfs mounts a file system of its own, where the system and the user's rights allow
// that.
func tmpfs(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "none", dir).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a file system here (%s): %v: %s", runtime.GOOS, err, out)
	}
	t.Cleanup(func() { require.NoError(t, exec.Command("umount", dir).Run()) })
	return dir
}

// TestFullDisk fills a small disk: what was acknowledged stays, reading goes on, and
// writing does when there is room.
func TestFullDisk(t *testing.T) {
	dir := tmpfs(t, "size=2m")
	ballast := filepath.Join(dir, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o666))
	s := open(t, dir)
	defer s.Close()
	r := create(t, s, "a")
	length := 1
	fill := func() {
		for {
			err := s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines("a", length, length+100)})
			if err != nil {
				require.ErrorIs(t, err, sqlite.ErrFull)
				break
			}
			length += 100
		}
		hasLog(t, s, r, length)
	}
	fill()
	require.NoError(t, os.Remove(ballast))
	first := length
	fill()
	require.Greater(t, length, first, "with more room it went on")
	hasLog(t, open(t, crashed(t, dir)), r, length)
}

// TestReadOnlyFileSystem: a file that cannot be written is not opened.
func TestReadOnlyFileSystem(t *testing.T) {
	dir := tmpfs(t, "size=8m")
	s := open(t, dir)
	r := create(t, s, "a")
	require.NoError(t, s.Close())
	require.NoError(t, exec.Command("mount", "-o", "remount,ro", dir).Run())
	err := sqlite.Open(filepath.Join(dir, "orders.db")).Err()
	require.ErrorIs(t, err, sqlite.ErrReadOnly)
	require.NoError(t, exec.Command("mount", "-o", "remount,rw", dir).Run())
	s = open(t, dir)
	hasLog(t, s, r, 1)
	require.NoError(t, s.Close())
}

// TestReadOnlyFile: SQLite opens a file that it may not write without a word.
func TestReadOnlyFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := create(t, s, "a")
	require.NoError(t, s.Close())
	path := filepath.Join(dir, "orders.db")
	require.NoError(t, os.Chmod(path, 0o444))
	if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		require.NoError(t, f.Close())
		t.Skip("this user may write everything")
	}
	s = sqlite.Open(path)
	require.ErrorIs(t, s.Err(), sqlite.ErrReadOnly)
	require.NoError(t, os.Chmod(path, 0o644))
	s = open(t, dir)
	hasLog(t, s, r, 1)
	require.NoError(t, s.Close())
}
