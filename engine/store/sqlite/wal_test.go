package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

// The lengths of the WAL's header and of a frame, which is a page with a header.
const (
	walHeader = 32
	walFrame  = 24 + 4096
)

// someWAL makes a store of which some of a log is in the database and the rest in the
// WAL. It returns how much is in the database, and the length of the WAL by the length
// of the log after each commit.
func someWAL(t *testing.T) (dir string, r store.Record, checkpointed int, sizes map[int]int64) {
	dir = t.TempDir()
	s := open(t, dir)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	r = create(t, s, "a")
	for checkpointed = 1; checkpointed < 4; checkpointed++ {
		require.NoError(t, add(t, s, r, checkpointed))
	}
	require.NoError(t, s.Pragma(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")) // its size shows where it ends
	sizes = map[int]int64{checkpointed: 0}
	for length := checkpointed; length < checkpointed+5; length++ {
		require.NoError(t, add(t, s, r, length))
		info, err := os.Stat(filepath.Join(dir, "orders.db-wal"))
		require.NoError(t, err)
		sizes[length+1] = info.Size()
	}
	return dir, r, checkpointed, sizes
}

// whole returns the length of the log whose commits lie before a place in the WAL.
func whole(sizes map[int]int64, at int64) (length int) {
	for n, size := range sizes {
		if size <= at {
			length = max(length, n)
		}
	}
	return length
}

// spoil opens a copy of a store whose WAL was changed, and checks that the log has a
// length, and can be appended to.
func spoil(t *testing.T, dir string, r store.Record, length int, change func(wal *os.File) error) {
	t.Helper()
	left := crashed(t, dir)
	wal, err := os.OpenFile(filepath.Join(left, "orders.db-wal"), os.O_RDWR, 0)
	require.NoError(t, err)
	require.NoError(t, change(wal))
	require.NoError(t, wal.Close())
	s := open(t, left)
	hasLog(t, s, r, length)
	require.NoError(t, add(t, s, r, length))
	require.NoError(t, s.Close())
	s = open(t, left)
	hasLog(t, s, r, length+1)
	require.NoError(t, s.Close())
}

// TestWALThatIsCutOff: wherever the WAL ends, at a page or within one, every commit that
// is in it whole is there, nothing of the next, and all that is in the database.
func TestWALThatIsCutOff(t *testing.T) {
	t.Parallel()
	dir, r, checkpointed, sizes := someWAL(t)
	size := sizes[checkpointed+5]
	cuts := []int64{0, 1, walHeader - 1}
	for at := int64(walHeader); at <= size; at += walFrame {
		cuts = append(cuts, at, at+1, at+23, at+25, at+walFrame/2, at+walFrame-1)
	}
	for _, at := range cuts {
		if at > size {
			continue
		}
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			spoil(t, dir, r, whole(sizes, at), func(wal *os.File) error { return wal.Truncate(at) })
		})
	}
}

// TestWALWithAFlippedByte: damage before what was written later is noticed. Among the last
// commits it looks like a power cut: what comes before it is there, and nothing that
// was never written is taken for an execution's.
func TestWALWithAFlippedByte(t *testing.T) {
	t.Parallel()
	dir, r, checkpointed, sizes := someWAL(t)
	flip := func(at int64) func(wal *os.File) error {
		return func(wal *os.File) error {
			var b [1]byte
			if _, err := wal.ReadAt(b[:], at); err != nil {
				return err
			}
			b[0] ^= 0x40
			_, err := wal.WriteAt(b[:], at)
			return err
		}
	}
	refused := func(t *testing.T, change func(wal *os.File) error) bool {
		left := crashed(t, dir)
		wal, err := os.OpenFile(filepath.Join(left, "orders.db-wal"), os.O_RDWR, 0)
		require.NoError(t, err)
		require.NoError(t, change(wal))
		require.NoError(t, wal.Close())
		s := sqlite.Open(filepath.Join(left, "orders.db"))
		defer s.Close()
		if s.Err() != nil {
			require.ErrorIs(t, s.Err(), sqlite.ErrCorrupt)
		}
		return s.Err() != nil
	}
	for frame := int64(walHeader); frame < sizes[checkpointed+5]; frame += walFrame {
		for _, byte := range []int64{3, 7, 8, 16, 24, 24 + 100, walFrame / 2, walFrame - 1} {
			t.Run(fmt.Sprint(frame, "+", byte), func(t *testing.T) {
				t.Parallel()
				length, newest := whole(sizes, frame), checkpointed+5
				if length < newest-3 {
					require.True(t, refused(t, flip(frame+byte)), "three commits come after the damaged one")
					return
				}
				if length >= newest-2 || !refused(t, flip(frame+byte)) {
					spoil(t, dir, r, length, flip(frame+byte))
				}
			})
		}
	}
	for _, byte := range []int64{0, 5, 9, 16, 24, 31} {
		t.Run(fmt.Sprint("header+", byte), func(t *testing.T) {
			t.Parallel()
			require.True(t, refused(t, flip(byte)))
		})
	}
}
