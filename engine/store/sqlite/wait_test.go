package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/stretchr/testify/require"
)

const waitEnv = "GOSTATES_SQLITE_WAIT"

func init() { children[waitEnv] = waits }

// waits waits for a file, adds a line to the execution in it, and has it until it is killed.
func waits(path string) {
	fmt.Println("waits")
	s := sqlite.Open(path, sqlite.WaitForOwner(context.Background()))
	err := s.Append(context.Background(), record("a").ARN, 1, store.Change{Lines: lines("a", 1, 2)})
	fmt.Println("has it:", err)
	select {}
}

// TestAFileIsHandedOver to the process that waits for it when its owner closes it, and when the
// owner is killed.
func TestAFileIsHandedOver(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.db")
	s := open(t, dir)
	r := create(t, s, "a")
	child := exec.Command(self)
	child.Env = append(os.Environ(), waitEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	said := bufio.NewScanner(out)
	says := func(line string) {
		t.Helper()
		require.True(t, said.Scan())
		require.Equal(t, line, said.Text())
	}
	says("waits")
	hasLog(t, s, r, 1)
	began := time.Now()
	require.NoError(t, s.Close())
	says("has it: <nil>")
	t.Logf("handed over, with the close and a commit, after %v", time.Since(began))

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	refused := sqlite.Open(path, sqlite.WaitForOwner(ended)).Err()
	require.ErrorIs(t, refused, store.ErrInUse)
	require.ErrorIs(t, refused, context.Canceled)
	if by, ok := errors.AsType[*store.InUseError](refused); ok && by.PID != 0 {
		require.Equal(t, child.Process.Pid, by.PID)
	}
	next := make(chan *sqlite.Store)
	go func() { next <- sqlite.Open(path, sqlite.WaitForOwner(t.Context())) }()
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	s = <-next
	require.NoError(t, s.Err())
	hasLog(t, s, r, 2)
	require.NoError(t, s.Close())
}

// TestAFileIsHandedOverWithinAProcess: under all of its names, to one Store after the other, and an
// Open that gives up drops no lock of the owner.
func TestAFileIsHandedOverWithinAProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := create(t, s, "a")
	names := aliases(t, dir)
	next := make(chan *sqlite.Store)
	for _, path := range names {
		go func() { next <- sqlite.Open(path, sqlite.WaitForOwner(t.Context())) }()
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := sqlite.Open(filepath.Join(dir, "orders.db"), sqlite.WaitForOwner(short)).Err()
	require.ErrorIs(t, err, store.ErrInUse)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, sqlite.Open(filepath.Join(dir, "orders.db")).Err(), store.ErrInUse)
	for i := range len(names) {
		require.NoError(t, add(t, s, r, i+1))
		require.NoError(t, s.Close())
		s = <-next
		require.NoError(t, s.Err())
		hasLog(t, s, r, i+2)
	}
	require.NoError(t, s.Close())
}

// TestAFileThatIsReplacedWhileSomebodyWaits: who waits gets the file that has the name then.
func TestAFileThatIsReplacedWhileSomebodyWaits(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	dir, other := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "orders.db")
	owner := exec.Command(self)
	owner.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	defer func() { _ = owner.Wait() }()
	defer func() { _ = owner.Process.Kill() }()
	require.True(t, bufio.NewScanner(out).Scan(), "it has the file")
	next := make(chan *sqlite.Store)
	go func() { next <- sqlite.Open(path, sqlite.WaitForOwner(t.Context())) }()
	s := open(t, other)
	r := create(t, s, "b")
	require.NoError(t, s.Close())
	for _, suffix := range []string{"-wal", "-shm"} {
		require.NoError(t, os.Remove(path+suffix))
	}
	require.NoError(t, os.Rename(filepath.Join(other, "orders.db"), path))
	s = <-next
	require.NoError(t, s.Err())
	hasLog(t, s, r, 1)
	require.NoError(t, s.Close())
}

// TestAFileToWaitForMayBeMissing: then nobody owns it. And a context that is nil is refused.
func TestAFileToWaitForMayBeMissing(t *testing.T) {
	s := sqlite.Open(filepath.Join(t.TempDir(), "orders.db"), sqlite.WaitForOwner(t.Context()))
	require.NoError(t, s.Err())
	require.NoError(t, s.Close())
	var none context.Context
	require.ErrorContains(t, sqlite.Open(filepath.Join(t.TempDir(), "orders.db"), sqlite.WaitForOwner(none)).Err(), "the context of WaitForOwner is nil")
	require.ErrorContains(t, sqlite.Open(filepath.Join(t.TempDir(), "no", "orders.db"), sqlite.WaitForOwner(t.Context())).Err(), "no such file")
}
