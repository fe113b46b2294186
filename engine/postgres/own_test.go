package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// What a child is told by its environment: the namespace it works in.
const envNamespace = "GOSTATES_POSTGRES_CHILD"

// childLease is how long a child that is frozen keeps its namespace.
const childLease = 500 * time.Millisecond

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
func create(t testing.TB, s store.Store, name string) store.Record {
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

// work is what a child does until it is killed or loses the namespace: it appends to an
// execution, and says after each append how long the log is.
func work(namespace string) {
	s := postgres.Open(os.Getenv(urlEnv), postgres.Namespace(namespace), postgres.Lease(childLease))
	ctx, r := context.Background(), record("a")
	found, err := s.Log(ctx, r.ARN)
	length := len(found)
	if length == 0 && err == nil {
		length, err = 1, s.Create(ctx, r, "{}", lines("a", 0, 1))
	}
	for ; err == nil; length++ {
		fmt.Println(length)
		err = s.Append(ctx, r.ARN, length, store.Change{Lines: lines("a", length, length+1)})
	}
	lost := "not lost"
	if errors.Is(err, postgres.ErrLost) && errors.Is(err, store.ErrConflict) {
		<-s.Lost()
		lost = "lost"
	}
	fmt.Println(lost, err)
}

// A child is a process that works until it is killed.
type child struct {
	*exec.Cmd
	said   *bufio.Scanner
	length int // what it said last
}

func startChild(t *testing.T, namespace string) *child {
	c := &child{Cmd: exec.Command(os.Args[0])}
	c.Env = append(os.Environ(), envNamespace+"="+namespace, urlEnv+"="+database)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	c.said = bufio.NewScanner(out)
	return c
}

// hear waits until the child has said n lengths, or whatever it says until it ends if n is
// negative. It returns the last line that is no length.
func (c *child) hear(n int) (last string) {
	for ; n != 0 && c.said.Scan(); n-- {
		if _, err := fmt.Sscan(c.said.Text(), &c.length); err != nil {
			last = c.said.Text()
		}
	}
	return last
}

// TestKilledOwner: what a process acknowledged that was killed is there, and who stands by
// takes over.
func TestKilledOwner(t *testing.T) {
	needServer(t)
	namespace := namespaceOf(t.TempDir())
	for round := range 5 {
		c := startChild(t, namespace)
		c.hear(5 * (round + 1))
		other := postgres.Open(database, postgres.Namespace(namespace))
		require.ErrorIs(t, other.Err(), store.ErrInUse)
		require.ErrorContains(t, other.Err(), fmt.Sprintf("by the process %d on ", c.Process.Pid))
		require.ErrorIs(t, add(t, other, record("a"), 1), store.ErrInUse)
		require.NoError(t, other.Close())

		standby := make(chan *postgres.Store)
		go func() {
			standby <- postgres.Open(database, postgres.Namespace(namespace), postgres.WaitForOwner(context.Background()))
		}()
		c.hear(5)
		require.NoError(t, c.Process.Kill())
		c.hear(-1)
		_ = c.Wait() // it was killed
		s := <-standby
		require.NoError(t, s.Err())
		found, err := s.Log(t.Context(), record("a").ARN)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(found), c.length)
		hasLog(t, s, record("a"), len(found))
		require.NoError(t, add(t, s, record("a"), len(found)))
		require.NoError(t, s.Close())
	}
}

// TestFrozenOwner: who stands by takes over from a process that is frozen, and whatever that
// process does when it comes to itself has no effect.
func TestFrozenOwner(t *testing.T) {
	needServer(t)
	namespace := namespaceOf(t.TempDir())
	for range 3 {
		c := startChild(t, namespace)
		c.hear(20)
		require.NoError(t, c.Process.Signal(syscall.SIGSTOP))
		s := postgres.Open(database, postgres.Namespace(namespace), postgres.WaitForOwner(context.Background()))
		require.NoError(t, s.Err())
		found, err := s.Log(t.Context(), record("a").ARN)
		require.NoError(t, err)
		n := len(found)
		require.NoError(t, add(t, s, record("a"), n))
		require.NoError(t, c.Process.Signal(syscall.SIGCONT))
		last := c.hear(-1)
		require.True(t, strings.HasPrefix(last, "lost "), last)
		require.Contains(t, last, "another engine has taken over the namespace")
		require.NoError(t, c.Wait())
		require.LessOrEqual(t, c.length, n)
		hasLog(t, s, record("a"), n+1)
		require.NoError(t, s.Close())
	}
}

// TestStandbysTakeTurns: those that wait get the namespace one after another when the one
// before closes its store.
func TestStandbysTakeTurns(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	r := create(t, first, "a")
	const standbys = 5
	var wg sync.WaitGroup
	for range standbys {
		wg.Go(func() {
			s := open(t, dir, postgres.WaitForOwner(t.Context()))
			found, err := s.Log(t.Context(), r.ARN)
			require.NoError(t, err)
			require.NoError(t, add(t, s, r, len(found)))
			require.NoError(t, s.Close())
		})
	}
	require.NoError(t, add(t, first, r, 1))
	require.NoError(t, first.Close())
	wg.Wait()
	last := open(t, dir)
	hasLog(t, last, r, 2+standbys)
	require.NoError(t, last.Close())
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	defer first.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s := postgres.Open(database, postgres.Namespace(namespaceOf(dir)), postgres.WaitForOwner(ctx))
	require.ErrorIs(t, s.Err(), store.ErrInUse)
	require.ErrorIs(t, s.Err(), context.DeadlineExceeded)
	require.Nil(t, s.Lost())
	create(t, first, "a")
}

func TestNamespacesHaveNothingInCommon(t *testing.T) {
	a, b := open(t, t.TempDir()), open(t, t.TempDir())
	r := create(t, a, "x")
	_, err := b.Record(t.Context(), r.ARN)
	require.ErrorIs(t, err, store.ErrExecutionDoesNotExist)
	create(t, b, "x")
	require.NoError(t, add(t, a, r, 1))
	hasLog(t, b, r, 1)
	require.NoError(t, a.Close())
	require.NoError(t, add(t, b, r, 1))
	require.NoError(t, b.Close())
}

// admin is a connection of the database's administrator.
func admin(t testing.TB) *pgx.Conn {
	t.Helper()
	needServer(t)
	c, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// terminate ends the connections of a store that are for something.
func terminate(t testing.TB, dir, role string) {
	t.Helper()
	var n int
	err := admin(t).QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name LIKE $1`,
		postgres.Application(namespaceOf(dir), role)+"%").Scan(&n)
	require.NoError(t, err)
	require.NotZero(t, n, role)
}

// TestLostConnections: a store whose connections end connects anew, and stays the owner when
// nobody waits.
func TestLostConnections(t *testing.T) {
	for _, role := range []string{"lock", "writer", "looker", "reader", ""} {
		t.Run(role, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, postgres.Lease(300*time.Millisecond))
			defer s.Close()
			r := create(t, s, "a")
			hasLog(t, s, r, 1)
			for round := range 3 {
				if role == "looker" { // it looks for what is not known yet
					create(t, s, fmt.Sprint(round))
				}
				terminate(t, dir, role)
				// A call or two may notice it.
				eventually(t, func() bool {
					found, err := s.Log(t.Context(), r.ARN)
					if err == nil && len(found) == round+1 {
						err = add(t, s, r, len(found))
					}
					if err != nil {
						require.ErrorIs(t, err, postgres.ErrUnavailable)
					}
					return err == nil
				})
				eventually(t, s.LockedAnew)
				require.ErrorIs(t, postgres.Open(database, postgres.Namespace(namespaceOf(dir))).Err(), store.ErrInUse)
				hasLog(t, s, r, round+2)
			}
		})
	}
}

// eventually waits for something that other goroutines or processes do.
func eventually(t testing.TB, happens func() bool) {
	t.Helper()
	for !happens() {
		if err := t.Context().Err(); err != nil {
			require.NoError(t, err)
		}
		<-time.After(time.Millisecond)
	}
}

// waits returns when a store stands by.
func waits(t testing.TB, dir string) {
	t.Helper()
	c := admin(t)
	eventually(t, func() bool {
		var waiting int
		err := c.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
			WHERE locktype = 'advisory' AND NOT granted AND application_name = $1`, postgres.Application(namespaceOf(dir), "lock")).Scan(&waiting)
		require.NoError(t, err)
		return waiting > 0
	})
}

// unlock ends the connection that has the lock.
func unlock(t testing.TB, dir string) {
	t.Helper()
	var held int
	err := admin(t).QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND granted AND application_name = $1`, postgres.Application(namespaceOf(dir), "lock")).Scan(&held)
	require.NoError(t, err)
	require.Equal(t, 1, held)
}

// TestStandbyTakesOverFromALostConnection: an owner that loses the connection with the lock
// loses the namespace when somebody waits for it, though it can still write.
func TestStandbyTakesOverFromALostConnection(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	r := create(t, first, "a")
	standby := make(chan *postgres.Store)
	go func() { standby <- open(t, dir, postgres.WaitForOwner(t.Context())) }()
	waits(t, dir)
	unlock(t, dir)
	second := <-standby
	require.NoError(t, add(t, second, r, 1))
	err := add(t, first, r, 1)
	require.ErrorIs(t, err, postgres.ErrLost)
	require.ErrorIs(t, err, store.ErrConflict)
	<-first.Lost()
	_, err = first.Log(t.Context(), r.ARN)
	require.ErrorIs(t, err, postgres.ErrLost)
	require.NoError(t, first.Close())
	hasLog(t, second, r, 2)
	require.NoError(t, second.Close())
}

// TestFencedAmidATransaction: an owner that is frozen amid a transaction, whose locks it has
// then, doesn't keep the next from taking over.
func TestFencedAmidATransaction(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	r := create(t, first, "a")
	release := first.Freeze(t.Context())
	terminate(t, dir, "lock")
	second := open(t, dir, postgres.WaitForOwner(t.Context()))
	require.NoError(t, add(t, second, r, 1))
	require.Error(t, release())
	require.NoError(t, add(t, second, r, 2))
	<-first.Lost()
	require.NoError(t, first.Close())
	hasLog(t, second, r, 3)
	require.NoError(t, second.Close())
}
