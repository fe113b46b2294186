package objects

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// temporary ends the name of a file that is being written.
const temporary = ".gostates-part"

// Dir is a [Store] in a directory: its subdirectories are buckets, and the paths of the
// files in them are keys. Symbolic links that lead out of the directory are not
// followed. It belongs to any number of goroutines.
type Dir struct {
	fileReader
	root *os.Root
}

// OpenDir opens a directory, which must exist. Close it when it is no longer used.
func OpenDir(name string) (*Dir, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	return &Dir{fileReader{root.FS()}, root}, nil
}

// Close gives the directory up.
func (d *Dir) Close() error { return d.root.Close() }

// Write implements [Writer]. It makes the bucket when there is none. The content is
// written beside the object, synced, and takes the object's place in one step.
func (d *Dir) Write(_ context.Context, bucket, key string, content io.Reader) (n int64, err error) {
	name, err := path(bucket, key)
	if err != nil {
		return 0, err
	}
	if strings.HasSuffix(key, temporary) {
		return 0, fmt.Errorf("%w: key %q", ErrInvalidKey, key)
	}
	name = filepath.FromSlash(name)
	if err := d.root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return 0, err
	}
	part := name + "." + rand.Text() + temporary
	file, err := d.root.Create(part)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = d.root.Remove(part) // the first error is the one to tell
		}
	}()
	n, err = io.Copy(file, content)
	if err == nil {
		err = file.Sync()
	}
	if err = cmp.Or(err, file.Close()); err != nil {
		return 0, err
	}
	if err = d.root.Rename(part, name); err != nil {
		return 0, err
	}
	if directory, failed := d.root.Open(filepath.Dir(name)); failed == nil {
		// Where directories can't be synced, the file system keeps their order itself.
		_ = directory.Sync()
		_ = directory.Close()
	}
	return n, nil
}
