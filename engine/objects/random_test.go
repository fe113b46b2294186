package objects_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/objects"
)

// plain hides all methods but those of a Reader.
type plain struct{ objects.Reader }

// archived returns the content of a store's object in a file system without ReadAt.
func archived(t *testing.T, name, content string) objects.Reader {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	f, err := w.Create(name)
	require.NoError(t, err)
	_, err = io.WriteString(f, content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	r, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	require.NoError(t, err)
	return objects.FS(r)
}

// TestOpenFile: any part of an object can be read, whatever the Reader.
func TestOpenFile(t *testing.T) {
	const text = "0123456789"
	all := map[string]objects.Reader{
		"FS":  objects.FS(fstest.MapFS{"b/k": {Data: []byte(text)}, "b/k2": {Data: []byte("x")}}),
		"zip": archived(t, "b/k", text),
	}
	for name, s := range stores(t) {
		for key, content := range map[string]string{"k": text, "k2": "x", "a": ""} {
			_, err := s.Write(t.Context(), "b", key, bytes.NewReader([]byte(content)))
			require.NoError(t, err)
		}
		all[name], all["plain "+name] = s, plain{s}
	}
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			for _, version := range []string{"", "v"} {
				f, err := objects.OpenFile(t.Context(), s, objects.Reference{Bucket: "b", Key: "k", VersionID: version})
				require.NoError(t, err)
				require.EqualValues(t, len(text), f.Size())
				for from := range len(text) + 2 {
					for n := range len(text) + 2 {
						p := make([]byte, n)
						got, err := f.ReadAt(p, int64(from))
						want := text[min(from, len(text)):min(from+n, len(text))]
						require.Equal(t, want, string(p[:got]))
						if got < n {
							require.ErrorIs(t, err, io.EOF)
						}
					}
				}
				_, err = f.ReadAt(make([]byte, 1), -1)
				require.Error(t, err)
				require.NoError(t, f.Close())
			}
			for _, absent := range []objects.Reference{{Bucket: "b", Key: "none"}, {Bucket: "b", Key: "none", VersionID: "v"}, {Bucket: "b", Key: "k0"}} {
				_, err := objects.OpenFile(t.Context(), s, absent)
				require.ErrorIs(t, err, objects.ErrNoSuchKey)
			}
			_, err := objects.OpenFile(t.Context(), s, objects.Reference{Bucket: "none", Key: "k"})
			require.ErrorIs(t, err, objects.ErrNoSuchBucket)
		})
	}
}
