package sqlite_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

const locksEnv = "GOSTATES_SQLITE_LOCKS"

func init() { children[locksEnv] = locks }

// locks says whether another process has SQLite's locks on a file.
func locks(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	l := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: 0x40000000, Len: 512}
	if err == nil {
		err = syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &l)
	}
	fmt.Println(err, l.Type != syscall.F_UNLCK)
}

// TestAnOpenThatIsRefusedDropsNoLocks: closing a descriptor would drop all that SQLite
// has on the file.
func TestAnOpenThatIsRefusedDropsNoLocks(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	s := open(t, dir)
	path := filepath.Join(dir, "orders.db")
	held := func() string {
		child := exec.Command(self)
		child.Env = append(os.Environ(), locksEnv+"="+path)
		out, err := child.Output()
		require.NoError(t, err)
		return strings.TrimSpace(string(out))
	}
	create(t, s, "a")
	require.Equal(t, "<nil> true", held())
	for _, name := range aliases(t, dir) {
		require.ErrorIs(t, sqlite.Open(name).Err(), store.ErrInUse)
		require.Equal(t, "<nil> true", held())
	}
	require.NoError(t, s.Close())
	require.Equal(t, "<nil> false", held())
}
