package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// Backup writes a copy of the whole store to a new file, as it is at one moment, and returns
// when that is on the disk. Executions go on meanwhile: the copy has what was committed
// before. [Open] opens it like a file whose process was killed. Like the store itself it can
// be read and written by its user alone.
//
// The error is fs.ErrExist when there is such a file. After any other error, or when ctx
// ends first, the file is removed. A Store of [OpenReadOnly] can be backed up as well.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.Err(); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return s.wrap("back up", err)
	}
	if err := f.Close(); err != nil { // SQLite has no lock on it yet
		return s.wrap("back up", errors.Join(err, os.Remove(path)))
	}
	err = s.read(ctx, "back up", func(*conn) error { return s.copyTo(ctx, path) })
	if err == nil {
		err = s.wrap("back up", durable(path))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// copyTo copies the file by a connection of its own: one of the readers may write nowhere.
func (s *Store) copyTo(ctx context.Context, path string) error {
	c, err := s.dial(s.pragmas()...)
	if err != nil {
		return err
	}
	err = c.exec("VACUUM INTO ?", path)
	return errors.Join(err, c.close(), ctx.Err())
}

// durable has a new file, and its name, be on the disk.
func durable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), syncFolder(filepath.Dir(path)))
}
