package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/gostates/gostates/engine/store"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// What can be wrong with the file. Each of these is found with errors.Is in the
// [*Error] that a method returns. None of them undoes anything that was acknowledged,
// and the store works again as soon as the cause is gone.
var (
	// ErrFull is for a disk that has no room left. Reading still works.
	ErrFull = errors.New("sqlite: the disk is full")
	// ErrReadOnly is for a file, folder or file system that must not be written.
	ErrReadOnly = errors.New("sqlite: the file is read-only")
	// ErrCorrupt is for a file that is damaged, or that is no database. Each row has a
	// checksum, so that a damaged one is noticed when it is read, and executions whose
	// rows are not damaged go on. Open returns it for a WAL that was damaged while no
	// process had it open. What an index leads to no more may look as if it were not
	// there; PRAGMA integrity_check in the sqlite3 shell finds that out.
	// It is a store.ErrDamaged.
	ErrCorrupt error = &condition{"sqlite: the file is damaged, or is no database", store.ErrDamaged}
	// ErrBusy is for another program, such as an sqlite3 shell with a transaction
	// open, that kept the file from being written for longer than [BusyTimeout].
	// Nothing was changed.
	ErrBusy = errors.New("sqlite: another program keeps the file locked")
	// ErrIO is for a disk that does not read or write. Of a change that gets it
	// nothing is known until the store works again.
	ErrIO = errors.New("sqlite: the disk does not work")
	// ErrReplaced is for a file that vanished, was truncated, or has another in its
	// place, and for one of those beside it. It is an ErrIO as well, and no change was
	// acknowledged since. The store works again when the file is back, or a copy of it
	// that has all that was acknowledged.
	ErrReplaced error = &condition{"sqlite: the file vanished or was replaced while it was open", ErrIO}
	// ErrLinked is for a file with several hard links that a process had open by another
	// name when it ended. What is missing in the file stands in the WAL of that name, and
	// opening it by that name brings it into the file.
	ErrLinked = errors.New("sqlite: the file was not closed, and its WAL has another name")
	// ErrForeign is for a database that some other program made.
	ErrForeign = errors.New("sqlite: the database is not a gostates store")
	// ErrClosed is for every call after Close.
	ErrClosed = errors.New("sqlite: the store is closed")
)

// A condition is a case of another.
type condition struct {
	text string
	of   error
}

func (c *condition) Error() string { return c.text }

// Is reports whether the condition is a case of target.
func (c *condition) Is(target error) bool { return target == c.of }

// An Error says what the store was doing with which file when something went wrong.
type Error struct {
	// Op is what was being done, such as "open" or "write".
	Op string
	// Path is the file's.
	Path string
	// Code is SQLite's extended result code, 0 when the error is not SQLite's.
	Code int
	// Err is the error itself.
	Err error

	kind error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("sqlite: %s %s: %v", e.Op, e.Path, e.Err)
	if e.kind != nil && !strings.Contains(text, e.kind.Error()) {
		text = fmt.Sprintf("%v: %s %s: %v", e.kind, e.Op, e.Path, e.Err)
	}
	return text
}

// Unwrap returns the condition, if it is one of this package's, and the error.
func (e *Error) Unwrap() []error {
	if e.kind == nil {
		return []error{e.Err}
	}
	return []error{e.kind, e.Err}
}

// A SchemaError is for a file that a newer release of this package has written, or that
// [OpenReadOnly] can't read because an older one has.
type SchemaError struct {
	// Found is the version of the file's schema, Known the newest that this
	// release can read.
	Found, Known int
}

func (e *SchemaError) Error() string {
	if e.Found < e.Known {
		return fmt.Sprintf("the file has schema version %d and this release reads version %d: an engine of this release that opens it brings it up to date", e.Found, e.Known)
	}
	return fmt.Sprintf("the file has schema version %d and this release knows versions up to %d: use the release that wrote it, or a later one", e.Found, e.Known)
}

// wrap makes an *Error of an error that SQLite or the operating system gave.
func (s *Store) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*Error](err); done {
		return err
	}
	e := &Error{Op: op, Path: s.Path(), Err: err, kind: kindOf(err)}
	if own, ok := errors.AsType[*driver.Error](err); ok {
		e.Code = own.Code()
	}
	return e
}

// isNull reports whether an error says that a column must not be NULL.
func isNull(err error) bool {
	own, ok := errors.AsType[*driver.Error](err)
	return ok && own.Code() == codes.SQLITE_CONSTRAINT_NOTNULL
}

// kindOf returns the condition that an error is a case of, nil for none.
func kindOf(err error) error {
	own, ok := errors.AsType[*driver.Error](err)
	if !ok {
		switch {
		case errors.Is(err, ErrReplaced):
			return ErrReplaced
		case errors.Is(err, syscall.ENOSPC):
			return ErrFull
		case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
			return ErrReadOnly
		case errors.Is(err, syscall.EIO):
			return ErrIO
		}
		return nil
	}
	switch own.Code() & 0xff {
	case codes.SQLITE_ERROR:
		if strings.Contains(own.Error(), "no such") { // the schema is another
			return ErrCorrupt
		}
	case codes.SQLITE_FULL:
		return ErrFull
	case codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return ErrReadOnly
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return ErrCorrupt
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return ErrBusy
	case codes.SQLITE_IOERR, codes.SQLITE_PROTOCOL:
		return ErrIO
	}
	return nil
}
