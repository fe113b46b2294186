package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/sqlite"
	"github.com/gostates/gostates/engine/store/storetest"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/require"
)

// childEnv names the folder in which this test binary is to work until it is killed.
const childEnv = "GOSTATES_SQLITE_CHILD"

// children are what else this test binary does as a process of its own: by the variable
// that has what it is to do it with.
var children = map[string]func(with string){}

func TestMain(m *testing.M) {
	for name, do := range children {
		if with := os.Getenv(name); with != "" {
			do(with)
			os.Exit(0)
		}
	}
	if dir := os.Getenv(childEnv); dir != "" {
		work(filepath.Join(dir, "orders.db"))
	}
	os.Exit(m.Run())
}

// work appends to an execution for ever, and says after each append how long its log
// is.
func work(path string) {
	s := sqlite.Open(path)
	ctx := context.Background()
	r := record("a")
	found, err := s.Log(ctx, r.ARN)
	length := len(found)
	if length == 0 && err == nil {
		length, err = 1, s.Create(ctx, r, "{}", lines("a", 0, 1))
	}
	for ; err == nil; length++ {
		fmt.Println(length)
		err = s.Append(ctx, r.ARN, length, store.Change{Lines: lines("a", length, length+1)})
	}
	fmt.Println("error:", err)
	os.Exit(1)
}

// TestKill kills a process that owns the file: what it acknowledged is there, and the
// file can be opened again at once.
func TestKill(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	length := 0
	for round := range 5 {
		child := exec.Command(self)
		child.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		said := bufio.NewScanner(out)
		for range 10 * (round + 1) {
			require.True(t, said.Scan())
			_, err := fmt.Sscan(said.Text(), &length)
			require.NoError(t, err, said.Text())
		}
		other := sqlite.Open(filepath.Join(dir, "orders.db"))
		require.ErrorIs(t, other.Err(), store.ErrInUse)
		require.ErrorContains(t, other.Err(), fmt.Sprintf("by the process %d", child.Process.Pid))
		require.ErrorIs(t, add(t, other, record("a"), 1), store.ErrInUse)
		require.NoError(t, other.Close())

		require.NoError(t, child.Process.Kill())
		for said.Scan() {
			_, err := fmt.Sscan(said.Text(), &length)
			require.NoError(t, err, said.Text())
		}
		_ = child.Wait() // it was killed
		s := open(t, dir)
		found, err := s.Log(t.Context(), record("a").ARN)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(found), length)
		hasLog(t, s, record("a"), len(found))
		require.NoError(t, s.Close())
	}
}

// TestCrash does random things to a store and to one in memory, and sees at random
// moments that a process that is killed there leaves the same.
func TestCrash(t *testing.T) {
	dir, memory, random := t.TempDir(), new(storetest.Memory), rand.New(rand.NewPCG(1, 2))
	s := open(t, dir, sqlite.NoteAfter(40))
	start := record("").StartDate
	var all []store.Record
	lengths := map[string]int{}
	both := func(f func(s store.Store) error) error {
		err := f(s)
		require.Equal(t, err == nil, f(memory) == nil)
		return err
	}
	for step := range 800 {
		switch n := random.IntN(100); {
		case n < 20 || len(all) == 0:
			r := record(fmt.Sprint(step))
			r.StartDate = start.Add(time.Duration(step))
			r.Due = dueAt(start, random)
			require.NoError(t, both(func(s store.Store) error { return s.Create(t.Context(), r, "{}", lines(r.Name, 0, n%3)) }))
			all, lengths[r.ARN] = append(all, r), n%3
		case n < 85:
			r := all[random.IntN(len(all))]
			length, more, due := lengths[r.ARN], random.IntN(5), dueAt(start, random)
			err := both(func(s store.Store) error {
				return s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+more), Due: due})
			})
			if err == nil {
				lengths[r.ARN] += more
			}
		case n < 95:
			r := all[random.IntN(len(all))]
			length, e := lengths[r.ARN], &store.End{Status: states.StatusFailed, StopDate: start.Add(time.Duration(step) * time.Second)}
			err := both(func(s store.Store) error {
				return s.Append(t.Context(), r.ARN, length, store.Change{Lines: lines(r.Name, length, length+1), End: e})
			})
			if err == nil {
				lengths[r.ARN]++
			}
		case n < 98:
			before := start.Add(time.Duration(step-200) * time.Second)
			removed := []int{}
			require.NoError(t, both(func(s store.Store) error {
				n, err := s.Expire(t.Context(), before, 5)
				removed = append(removed, n)
				return err
			}))
			require.Equal(t, removed[0], removed[1])
		case random.IntN(4) == 0:
			left := crashed(t, dir)
			sameAs(t, memory, open(t, left), all)
			if random.IntN(2) == 0 { // go on there
				require.NoError(t, s.Close())
				dir, s = left, open(t, left, sqlite.NoteAfter(40))
			}
		}
	}
	sameAs(t, memory, open(t, crashed(t, dir)), all)
	sameAs(t, memory, s, all)
}

// dueAt returns one of a few times, and often the zero time.
func dueAt(start time.Time, random *rand.Rand) time.Time {
	if n := random.IntN(20); n < 15 {
		return start.Add(time.Duration(n) * time.Hour)
	}
	return time.Time{}
}

// sameAs checks that a store has what one in memory has, and closes it.
func sameAs(t *testing.T, want, found store.Store, all []store.Record) {
	t.Helper()
	sameReading(t, want, found, all)
	for _, r := range all {
		log, err := found.Log(t.Context(), r.ARN)
		require.NoError(t, err)
		require.ErrorIs(t, add(t, found, r, len(log)+1), store.ErrConflict)
	}
	if s, ok := found.(*sqlite.Store); ok {
		require.NoError(t, s.Close())
	}
}

// running returns what Running yields.
func running(t *testing.T, s store.Store, from time.Time) (all []store.Record) {
	t.Helper()
	for r, err := range s.Running(t.Context(), from) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}

// waitFor returns when n changes wait for the writer.
func waitFor(s *sqlite.Store, n int) {
	for s.Waiting() < n {
		runtime.Gosched()
	}
}
