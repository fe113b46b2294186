package objects_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gostates/gostates/engine/objects"
	"github.com/stretchr/testify/require"
)

// stores are the stores that must agree.
func stores(t *testing.T) map[string]objects.Store {
	dir, err := objects.OpenDir(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dir.Close()) })
	return map[string]objects.Store{"Memory": new(objects.Memory), "Dir": dir}
}

func content(t *testing.T, s objects.Reader, key string, from int64) string {
	t.Helper()
	r, err := s.Open(t.Context(), objects.Reference{Bucket: "b", Key: key}, from)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	return string(text)
}

func keys(t *testing.T, s objects.Reader, prefix, after string) []string {
	t.Helper()
	var found []string
	for o, err := range s.List(t.Context(), objects.Reference{Bucket: "b", Key: prefix}, after) {
		require.NoError(t, err)
		found = append(found, o.Key)
	}
	return found
}

func TestStores(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			all := []string{"a-b", "a/c", "a/d/e", "a/d/f", "a0", "z"}
			for _, key := range all {
				n, err := s.Write(t.Context(), "b", key, strings.NewReader("0123"+key))
				require.NoError(t, err)
				require.EqualValues(t, 4+len(key), n)
			}
			require.Equal(t, "0123z", content(t, s, "z", 0))
			require.Equal(t, "23z", content(t, s, "z", 2))
			require.Empty(t, content(t, s, "z", 100))
			_, err := s.Write(t.Context(), "b", "z", strings.NewReader("again"))
			require.NoError(t, err)
			require.Equal(t, "again", content(t, s, "z", 0))

			require.Equal(t, all, keys(t, s, "", ""), "in the order of the keys' bytes")
			require.Equal(t, []string{"a/c", "a/d/e", "a/d/f"}, keys(t, s, "a/", ""))
			require.Equal(t, []string{"a/d/e", "a/d/f"}, keys(t, s, "a/d", ""))
			for i, key := range all {
				require.Equal(t, all[i+1:], append([]string{}, keys(t, s, "", key)...), "after %s", key)
			}
			for range s.List(t.Context(), objects.Reference{Bucket: "b"}, "") {
				break
			}
		})
	}
}

func TestAbsent(t *testing.T) {
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			_, err := s.Open(t.Context(), objects.Reference{Bucket: "b", Key: "k"}, 0)
			require.ErrorIs(t, err, objects.ErrNoSuchBucket)
			_, err = s.Write(t.Context(), "b", "k", strings.NewReader("x"))
			require.NoError(t, err)
			_, err = s.Open(t.Context(), objects.Reference{Bucket: "b", Key: "other"}, 0)
			require.ErrorIs(t, err, objects.ErrNoSuchKey)
			for _, err := range s.List(t.Context(), objects.Reference{Bucket: "other"}, "") {
				require.Error(t, err)
			}
			broken := errors.New("broken")
			_, err = s.Write(t.Context(), "b", "half", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
			require.ErrorIs(t, err, broken)
			require.Equal(t, []string{"k"}, keys(t, s, "", ""), "an object is there as a whole or not at all")
		})
	}
}

// Nothing leads out of a directory.
func TestDirConfines(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "secret"), []byte("s"), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "d", "b"), 0o755))
	require.NoError(t, os.Symlink(filepath.Join(root, "secret"), filepath.Join(root, "d", "b", "link")))
	s, err := objects.OpenDir(filepath.Join(root, "d"))
	require.NoError(t, err)
	defer s.Close()
	for _, r := range []objects.Reference{
		{Bucket: "..", Key: "secret"}, {Bucket: "b", Key: "../../secret"}, {Bucket: "b", Key: "link"},
		{Bucket: ".", Key: "b"}, {Bucket: "", Key: "b"}, {Bucket: "b/..", Key: "x"}, {Bucket: "b", Key: ""}, {Bucket: "b", Key: "/etc/passwd"},
	} {
		_, err := s.Open(t.Context(), r, 0)
		require.Error(t, err, r)
		if r.Key != "link" {
			require.ErrorIs(t, err, objects.ErrInvalidKey, r)
			_, err = s.Write(t.Context(), r.Bucket, r.Key, strings.NewReader("x"))
			require.ErrorIs(t, err, objects.ErrInvalidKey, r)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "secret"))
	require.NoError(t, err)
	require.Equal(t, "s", string(text))
}
