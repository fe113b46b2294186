package postgres_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/postgres"
	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// sql runs statements as the administrator.
func sql(t testing.TB, statements ...string) {
	t.Helper()
	c := admin(t)
	for _, statement := range statements {
		_, err := c.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err, statement)
	}
}

// TestNoPasswordIsTold: whatever is wrong with a connection string or a server, the error says
// what, and has no password.
func TestNoPasswordIsTold(t *testing.T) {
	const secret = "hunter2"
	for _, url := range []string{
		"postgres://u:hunter2@127.0.0.1:1/db",
		"postgres://u:hunter2@127.0.0.1:port/db",
		"postgres://u:hunter2@127.0.0.1:99999999/db",
		"postgres://u:hunter2@[::1/db",
		"postgres://u:hunter2%zz@127.0.0.1/db",
		"postgres://u:hunter2@127.0.0.1:1/db?sslmode=wrong",
		"postgres://u:hunter2@127.0.0.1:1/db?sslmode=verify-full&sslrootcert=/none",
		"postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=soon",
		"postgres://u:hunter2@127.0.0.1:1/db?pool_max_conns=many",
		"postgres://u:hunter2@no.host.invalid/db",
		"postgres://127.0.0.1:1/db?user=u&password=hunter2",
		"host=127.0.0.1 port=1 user=u password=hunter2 dbname=db",
		"host=127.0.0.1 port=1 user=u password='hunter2 dbname=db",
		"host=127.0.0.1 port=1 user=u password=hunter2\\",
		"host=127.0.0.1 port=1 sslmode=wrong password=hunter2",
		"password = hunter2 nonsense",
		"hunter2",
		"u:hunter2@127.0.0.1",
	} {
		t.Run(url, func(t *testing.T) {
			s := postgres.Open(url)
			require.Error(t, s.Err())
			for _, text := range []string{s.Err().Error(), fmt.Sprintf("%+v", s.Err()), fmt.Sprint(add(t, s, record("a"), 1))} {
				require.NotContains(t, text, secret)
			}
			require.NoError(t, s.Close())
		})
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	var none context.Context
	for want, option := range map[string]postgres.Option{
		"option 1 of 1 is an Option that is nil": nil,
		"the Namespace is empty":                 postgres.Namespace(""),
		"is the server's own":                    postgres.Namespace("pg_mine"),
		"is not a name":                          postgres.Namespace(fmt.Sprintf("%064d", 1)),
		"the Lease of 1ms":                       postgres.Lease(time.Millisecond),
		"the context of WaitForOwner is nil":     postgres.WaitForOwner(none),
		"the number of Readers is 0":             postgres.Readers(0),
	} {
		require.ErrorContains(t, postgres.Open("host=/none", option).Err(), want)
	}
	require.Error(t, new(postgres.Store).Err())
	require.Error(t, (*postgres.Store)(nil).Err())
}

// TestNamespacesOfAnyName: a name needs no quoting by the user.
func TestNamespacesOfAnyName(t *testing.T) {
	needServer(t)
	for _, name := range []string{"Orders", `a "b" c`, "select", "été; DROP TABLE x", "$users", "a,b"} {
		s := postgres.Open(database, postgres.Namespace(name))
		require.NoError(t, s.Err(), name)
		hasLog(t, s, create(t, s, "a"), 1)
		require.NoError(t, s.Close())
		sql(t, "DROP SCHEMA "+pgx.Identifier{name}.Sanitize()+" CASCADE")
	}
}

// TestServersThatWillNotDo: what a server can have against a user, or a namespace.
func TestServersThatWillNotDo(t *testing.T) {
	sql(t, "CREATE ROLE nobody LOGIN", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0", "CREATE SCHEMA foreigner", "CREATE TABLE foreigner.owner (x int)",
		"CREATE SCHEMA others", "CREATE TABLE others.x (x int)", "CREATE SCHEMA reserved AUTHORIZATION nobody")
	newer := postgres.Open(database, postgres.Namespace("newer"))
	require.NoError(t, newer.Err())
	require.NoError(t, newer.Close())
	sql(t, "UPDATE newer.owner SET gostates = 1000")
	sql(t, "CREATE SCHEMA older; CREATE TABLE older.owner (gostates integer, fence bigint); INSERT INTO older.owner VALUES (0, 0)")
	for name, c := range map[string]struct {
		store *postgres.Store
		is    error
		says  string
	}{
		"a database that is not there": {postgres.Open(database + " dbname=none"), postgres.ErrRefused, `database "none" does not exist`},
		"a user that is not there":     {postgres.Open(database + " user=noone"), postgres.ErrRefused, `role "noone" does not exist`},
		"no right to make a schema":    {postgres.Open(database+" user=nobody", postgres.Namespace("x")), postgres.ErrRefused, "permission denied"},
		"another encoding":             {postgres.Open(database + " dbname=latin"), nil, "the encoding LATIN1, it must be UTF8"},
		"a schema of somebody's":       {postgres.Open(database, postgres.Namespace("others")), postgres.ErrForeign, "not a gostates store"},
		"a table of that name":         {postgres.Open(database, postgres.Namespace("foreigner")), postgres.ErrForeign, "not a gostates store"},
		"a newer schema":               {postgres.Open(database, postgres.Namespace("newer")), nil, "schema version 1000 and this release knows"},
		"nothing to read":              {postgres.OpenReadOnly(database, postgres.Namespace("none")), postgres.ErrForeign, "there is none"},
		"an older schema to read":      {postgres.OpenReadOnly(database, postgres.Namespace("older")), nil, "an engine of this release that opens it"},
		"no server":                    {postgres.Open("host=/none"), postgres.ErrUnavailable, "no such file"},
	} {
		require.ErrorContains(t, c.store.Err(), c.says, name)
		if c.is != nil {
			require.ErrorIs(t, c.store.Err(), c.is, name)
		}
		require.NoError(t, c.store.Close())
	}
	s := postgres.Open(database+" user=nobody", postgres.Namespace("reserved"))
	require.NoError(t, s.Err(), "the schema is the user's")
	hasLog(t, s, create(t, s, "a"), 1)
	require.NoError(t, s.Close())
	sql(t, "DROP DATABASE latin", "DROP SCHEMA reserved, foreigner, others, newer, older CASCADE", "DROP ROLE nobody")
}

// TestOneChangeThatTheServerRefuses: the others of its transaction are made.
func TestOneChangeThatTheServerRefuses(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	release := s.Hold(t.Context())
	errs := make([]error, 20)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			r := record(fmt.Sprint(i))
			if i%5 == 3 {
				r.Name = "a\x00b" // which no text of the server's can have
			}
			errs[i] = s.Create(t.Context(), r, "{}", lines(fmt.Sprint(i), 0, 1))
		})
	}
	eventually(t, func() bool { return s.Waiting() == len(errs) })
	release()
	wg.Wait()
	for i, err := range errs {
		if i%5 == 3 {
			require.ErrorContains(t, err, "22021", i)
		} else {
			require.NoError(t, err, i)
			hasLog(t, s, record(fmt.Sprint(i)), 1)
		}
	}
}

// TestGroupCommit: changes that wait at the same time are one transaction.
func TestGroupCommit(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	const n = 200
	var all []store.Record
	for i := range n {
		all = append(all, create(t, s, fmt.Sprint(i)))
	}
	release := s.Hold(t.Context())
	var wg sync.WaitGroup
	for _, r := range all {
		wg.Go(func() { require.NoError(t, add(t, s, r, 1)) })
	}
	eventually(t, func() bool { return s.Waiting() == n })
	release()
	wg.Wait()
	var transactions int
	err := admin(t).QueryRow(t.Context(), fmt.Sprintf("SELECT count(DISTINCT xmin::text) FROM %s.log WHERE position = 1", namespaceOf(dir))).Scan(&transactions)
	require.NoError(t, err)
	require.Equal(t, 1, transactions)
}

// TestChangesBehindOneThatIsAlone: what waits behind a change with a transaction of its own is
// made without anybody asking again.
func TestChangesBehindOneThatIsAlone(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	r := create(t, s, "a")
	release := s.Hold(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := s.Expire(t.Context(), time.Time{}, 1)
		require.NoError(t, err)
	})
	eventually(t, func() bool { return s.Waiting() == 1 })
	wg.Go(func() { require.ErrorIs(t, add(t, s, r, 5), store.ErrConflict) })
	eventually(t, func() bool { return s.Waiting() == 2 })
	wg.Go(func() { require.ErrorIs(t, s.Remove(t.Context(), r.ARN), store.ErrExecutionRunning) })
	eventually(t, func() bool { return s.Waiting() == 3 })
	wg.Go(func() { require.NoError(t, add(t, s, r, 1)) })
	eventually(t, func() bool { return s.Waiting() == 4 })
	release()
	wg.Wait()
	hasLog(t, s, r, 2)
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
	require.ErrorIs(t, add(t, s, r, 1), postgres.ErrClosed)
	_, err := s.Log(t.Context(), r.ARN)
	require.ErrorIs(t, err, postgres.ErrClosed)
	for _, err := range s.Running(t.Context(), time.Time{}) {
		require.ErrorIs(t, err, postgres.ErrClosed)
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	r := create(t, s, "a")
	reader := postgres.OpenReadOnly(database, postgres.Namespace(namespaceOf(dir)))
	require.NoError(t, reader.Err())
	require.True(t, reader.ReadOnly())
	hasLog(t, reader, r, 1)
	require.ErrorIs(t, add(t, reader, r, 1), postgres.ErrReadOnly)
	require.NoError(t, add(t, s, r, 1))
	hasLog(t, reader, r, 2)
	require.NoError(t, s.Close())
	require.NoError(t, reader.Close())
	require.ErrorIs(t, add(t, reader, r, 1), postgres.ErrClosed)
}

// TestOtherProgramsReadAlong: the view history has an event a row.
func TestOtherProgramsReadAlong(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	defer s.Close()
	r := create(t, s, "order-42")
	require.NoError(t, s.Append(t.Context(), r.ARN, 1, store.Change{Lines: lines("order-42", 1, 3)}))
	var execution, kind, event string
	var id int
	err := admin(t).QueryRow(t.Context(), "SELECT execution, id, type, event FROM "+namespaceOf(dir)+".history ORDER BY id DESC LIMIT 1").Scan(&execution, &id, &kind, &event)
	require.NoError(t, err)
	require.Equal(t, "order-42", execution)
	require.Equal(t, 2, id)
	require.Equal(t, "PassStateEntered", kind)
	require.Equal(t, string(lines("order-42", 2, 3)[0]), event)
}

// TestServerThatRestarts: while the server is away calls fail, and afterwards the store goes
// on; what it acknowledged is there, whether the server was stopped or crashed.
func TestServerThatRestarts(t *testing.T) {
	if needServer(t); own == nil {
		t.Skip("the server is not the tests' own: " + os.Getenv(urlEnv))
	}
	dir := t.TempDir()
	s := open(t, dir, postgres.Lease(300*time.Millisecond))
	r := create(t, s, "a")
	for round, end := range []func() error{own.Down, own.Kill, own.Down} {
		require.NoError(t, add(t, s, r, 2*round+1))
		require.NoError(t, end())
		require.ErrorIs(t, add(t, s, r, 2*round+2), postgres.ErrUnavailable)
		_, err := s.Record(t.Context(), r.ARN)
		require.ErrorIs(t, err, postgres.ErrUnavailable)
		require.NoError(t, own.Up())
		eventually(t, func() bool { return add(t, s, r, 2*round+2) == nil })
		eventually(t, func() bool {
			found, err := s.Log(t.Context(), r.ARN)
			return err == nil && len(found) == 2*round+3
		})
	}
	require.NoError(t, s.Close())
	standby := postgres.Open(database, postgres.Namespace(namespaceOf(dir)), postgres.WaitForOwner(context.Background()))
	hasLog(t, standby, r, 7)
	require.NoError(t, standby.Close())
}

// TestStandbyOfAServerThatRestarts: who waits goes on waiting when the server is back.
func TestStandbyOfAServerThatRestarts(t *testing.T) {
	if needServer(t); own == nil {
		t.Skip("the server is not the tests' own: " + os.Getenv(urlEnv))
	}
	dir := t.TempDir()
	first := open(t, dir)
	r := create(t, first, "a")
	standby := make(chan *postgres.Store)
	go func() {
		standby <- postgres.Open(database, postgres.Namespace(namespaceOf(dir)), postgres.WaitForOwner(context.Background()))
	}()
	require.NoError(t, own.Down())
	require.NoError(t, first.Close())
	require.NoError(t, own.Up())
	second := <-standby
	require.NoError(t, second.Err())
	hasLog(t, second, r, 1)
	require.NoError(t, second.Close())
}
