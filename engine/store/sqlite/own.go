package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gostates/gostates/engine/store"
)

// An ownership is that of a database file, whatever it is called: a hard link, a
// symbolic link and a mount of it are the same file.
type ownership struct {
	file *os.File // holds the lock
	info os.FileInfo
	wal  *os.File   // that its connections had last, once they are closed; nil for none
	late []*os.File // what else is closed with it
}

// owned are the files that this process owns. The process must not close a descriptor of
// such a file, since by POSIX that drops the locks that SQLite has on it. So a file is
// looked for here before it is opened.
var owned struct {
	mu  sync.Mutex
	all []*ownership
}

// own opens a file and takes it, or returns store.ErrInUse when a process has it, this
// one included. The file is made, readable and writable for its user alone, if there is
// none and create says so.
func own(path string, create bool) (*ownership, error) {
	owned.mu.Lock()
	defer owned.mu.Unlock()
	if info, err := os.Stat(path); err == nil && find(info) != nil {
		return nil, &store.InUseError{PID: os.Getpid()}
	}
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file but %v", path, info.Mode().Type())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if other := find(info); other != nil { // it got this name a moment ago
		other.late = append(other.late, f)
		return nil, &store.InUseError{PID: os.Getpid()}
	}
	beside, mine, err := lock(f)
	if err == nil && !mine {
		err = store.ErrInUse
	}
	if err == nil && info.Size() == 0 {
		err = syncFolder(filepath.Dir(path)) // the file's name must last as its changes do
	}
	o := &ownership{file: f, info: info}
	if beside != nil {
		o.late = append(o.late, beside)
	}
	if err != nil {
		return nil, errors.Join(err, o.close())
	}
	owned.all = append(owned.all, o)
	return o, nil
}

// find returns the ownership of a file, nil if this process has none. The registry is
// locked.
func find(info os.FileInfo) *ownership {
	for _, o := range owned.all {
		if os.SameFile(o.info, info) {
			return o
		}
	}
	return nil
}

// keep takes over the WAL of connections that were closed. While it is open no other
// file can be taken for it.
func (o *ownership) keep(wal *os.File) {
	if o.wal != nil {
		_ = o.wal.Close() // nothing is left to be written
	}
	o.wal = wal
}

// hasWAL reports whether a file is that WAL.
func (o *ownership) hasWAL(info os.FileInfo) bool {
	if o.wal == nil {
		return false
	}
	was, err := o.wal.Stat()
	return err == nil && os.SameFile(was, info)
}

// release gives the file up. No connection to it may be open.
func (o *ownership) release() error {
	owned.mu.Lock()
	defer owned.mu.Unlock()
	owned.all = slices.DeleteFunc(owned.all, func(p *ownership) bool { return p == o })
	return o.close()
}

// close closes the files. The lock is given up before: closing alone does not, while a
// process that this one is just starting has the descriptor, too.
func (o *ownership) close() (err error) {
	o.keep(nil)
	for _, f := range append(o.late, o.file) {
		unlock(f)
		err = errors.Join(err, f.Close())
	}
	return err
}
