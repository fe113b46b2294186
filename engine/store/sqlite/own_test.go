package sqlite_test

import (
	"context"
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

// aliases gives a database file in a folder other names, which are "orders.db" in other
// folders.
func aliases(t *testing.T, dir string) map[string]string {
	t.Helper()
	file := filepath.Join(dir, "orders.db")
	all := map[string]string{"its own name": file, "its own name, unclean": dir + "/./x/../orders.db"}
	for name, link := range map[string]func(from, to string) error{
		"a hard link":     os.Link,
		"a symbolic link": os.Symlink,
		"a mount": func(from, to string) error {
			if err := os.WriteFile(to, nil, 0o600); err != nil {
				return err
			}
			if err := exec.Command("mount", "--bind", from, to).Run(); err != nil {
				return err
			}
			t.Cleanup(func() { require.NoError(t, exec.Command("umount", to).Run()) })
			return nil
		},
	} {
		to := filepath.Join(t.TempDir(), "orders.db")
		if err := link(file, to); err != nil {
			t.Logf("%s: %v", name, err) // a system or a user that can't
			continue
		}
		all[name] = to
	}
	return all
}

// TestOneOwner: a file is owned, whatever it is called, in this process and in others,
// and is free when its owner closes it.
func TestOneOwner(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	s := open(t, dir)
	names := aliases(t, dir)
	r := create(t, s, "a")
	for name, path := range names {
		t.Run(name, func(t *testing.T) {
			other := sqlite.Open(path)
			require.ErrorIs(t, other.Err(), store.ErrInUse)
			require.ErrorContains(t, other.Err(), "orders.db")
			require.ErrorIs(t, add(t, other, r, 1), store.ErrInUse)
			require.NoError(t, other.Close())

			child := exec.Command(self)
			child.Env = append(os.Environ(), childEnv+"="+filepath.Dir(path))
			out, err := child.Output()
			require.Error(t, err)
			require.Contains(t, string(out), store.ErrInUse.Error())
		})
	}
	require.NoError(t, add(t, s, r, 1))
	require.NoError(t, s.Close())
	for name, path := range names {
		s := sqlite.Open(path)
		require.NoError(t, s.Err(), name)
		hasLog(t, s, r, 2)
		require.NoError(t, s.Close())
	}
}

// TestAFileThatWasNotClosed is opened by the name that has its WAL, and by no other.
func TestAFileThatWasNotClosed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("hard links are not counted here")
	}
	dir := t.TempDir()
	s := open(t, dir)
	r := create(t, s, "a")
	left := crashed(t, dir)
	require.NoError(t, s.Close())
	link := filepath.Join(t.TempDir(), "orders.db")
	require.NoError(t, os.Link(filepath.Join(left, "orders.db"), link))
	for range 2 {
		require.ErrorIs(t, sqlite.Open(link).Err(), sqlite.ErrLinked)
	}
	s = open(t, left)
	hasLog(t, s, r, 1)
	require.NoError(t, s.Close())
	s = sqlite.Open(link)
	require.NoError(t, s.Err())
	hasLog(t, s, r, 1)
	require.NoError(t, s.Close())
}

// TestFilesAreTheirUsersAlone: what Open makes can be read by nobody else, and nothing is
// left beside a file that is closed, or is another program's.
func TestFilesAreTheirUsersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes here")
	}
	dir := t.TempDir()
	s := open(t, dir)
	create(t, s, "a")
	require.Equal(t, map[string]string{"orders.db": "-rw-------", "orders.db-shm": "-rw-------", "orders.db-wal": "-rw-------"}, modes(t, dir))
	require.NoError(t, s.Close())
	require.Equal(t, map[string]string{"orders.db": "-rw-------"}, modes(t, dir))

	require.NoError(t, os.Chmod(filepath.Join(dir, "orders.db"), 0o640))
	require.NoError(t, open(t, dir).Close())
	require.Equal(t, map[string]string{"orders.db": "-rw-r-----"}, modes(t, dir), "one that is there keeps its mode")

	dir = t.TempDir()
	path := filepath.Join(dir, "theirs.db")
	statement("CREATE TABLE theirs (x)")(t, path)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	was := modes(t, dir)
	require.ErrorIs(t, sqlite.Open(path).Err(), sqlite.ErrForeign)
	require.Equal(t, was, modes(t, dir))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after, "nothing was changed in it")
}

func modes(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := map[string]string{}
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		if name := e.Name(); !strings.HasSuffix(name, "-lock") { // which some systems need
			all[name] = info.Mode().String()
		}
	}
	return all
}

// TestStoresThatOpenDidNotMake: each method says so.
func TestStoresThatOpenDidNotMake(t *testing.T) {
	for _, s := range []*sqlite.Store{nil, {}} {
		ctx, r := context.Background(), record("a")
		_, logErr := s.Log(ctx, r.ARN)
		_, recordErr := s.Record(ctx, r.ARN)
		_, findErr := s.Find(ctx, store.KeyOf(r.ARN))
		_, hashesErr := s.RunningDefinitions(ctx)
		_, _, listErr := s.List(ctx, store.Query{Limit: 1})
		_, definitionErr := s.Definition(ctx, "hash")
		_, expireErr := s.Expire(ctx, time.Now(), 1)
		_, documentErr := s.Document(ctx, "c", "k")
		_, documentsErr := s.Documents(ctx, "c", "", 1)
		_, notificationsErr := s.Notifications(ctx, 1)
		errs := []error{
			s.Err(), s.Create(ctx, r, "{}", lines("a", 0, 1)), add(t, s, r, 1), logErr, recordErr, findErr, hashesErr,
			listErr, definitionErr, expireErr, documentErr, documentsErr, notificationsErr,
			s.ChangeDocuments(ctx, nil), s.RemoveNotifications(ctx, nil),
			s.CreateNotifying(ctx, r, "{}", lines("a", 0, 1), nil), s.AppendNotifying(ctx, r.ARN, 1, store.Change{}, nil),
		}
		for _, err := range s.Running(ctx, time.Time{}) {
			errs = append(errs, err)
		}
		for i, err := range errs {
			require.ErrorContains(t, err, "not made by Open", i)
		}
		require.Error(t, s.Create(ctx, r, "{}", [][]byte{nil}), "a line that is empty")
		require.Empty(t, s.Path())
		require.NoError(t, s.Close())
	}
}
