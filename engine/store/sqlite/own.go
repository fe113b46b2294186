package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

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
// none and create says so. With a context own waits for the owner, until the context ends.
func own(path string, create bool, wait context.Context) (o *ownership, err error) {
	c := candidate{path: path, create: create, waits: wait != nil}
	defer func() { err = errors.Join(err, c.drop()) }()
	for {
		if o, err = c.try(); wait == nil || !errors.Is(err, store.ErrInUse) {
			return o, err
		}
		again := time.NewTimer(askAgain)
		select {
		case <-again.C:
		case <-wait.Done():
			again.Stop()
			return nil, err
		}
	}
}

// askAgain is how often who waits for a file asks for it. The operating system could tell, but not
// give up telling, and a question costs some microseconds.
const askAgain = 20 * time.Millisecond

// A candidate is about to own a file.
type candidate struct {
	path   string
	create bool
	waits  bool        // for the owner
	file   *os.File    // while it waits, so that a file is not opened and closed all the time
	info   os.FileInfo // of it
}

// try takes the file, or returns store.ErrInUse.
func (c *candidate) try() (*ownership, error) {
	owned.mu.Lock()
	defer owned.mu.Unlock()
	info, err := os.Stat(c.path)
	if err == nil && find(info) != nil {
		return nil, &store.InUseError{PID: os.Getpid()}
	}
	if c.file != nil && (err != nil || !os.SameFile(info, c.info)) { // another one has the name now
		if err := c.close(); err != nil {
			return nil, err
		}
	}
	if c.file == nil {
		if err := c.open(); err != nil {
			return nil, err
		}
	}
	f := c.file
	beside, mine, err := lock(f)
	if err == nil && !mine {
		err = store.ErrInUse
		if c.waits {
			return nil, err
		}
	}
	c.file = nil
	if err == nil && c.info.Size() == 0 {
		err = syncFolder(filepath.Dir(c.path)) // the file's name must last as its changes do
	}
	o := &ownership{file: f, info: c.info}
	if beside != nil {
		o.late = append(o.late, beside)
	}
	if err != nil {
		return nil, errors.Join(err, o.close())
	}
	owned.all = append(owned.all, o)
	return o, nil
}

// open opens the file. The registry is locked.
func (c *candidate) open() error {
	flags := os.O_RDWR
	if c.create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(c.path, flags, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file but %v", c.path, info.Mode().Type())
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	c.file, c.info = f, info
	if find(info) != nil { // it got this name a moment ago
		return errors.Join(&store.InUseError{PID: os.Getpid()}, c.close())
	}
	return nil
}

// drop closes what a candidate has that does not wait any more.
func (c *candidate) drop() error {
	owned.mu.Lock()
	defer owned.mu.Unlock()
	return c.close()
}

// close closes the file, or leaves that to the owner if it is one of this process. The registry is
// locked.
func (c *candidate) close() error {
	f := c.file
	if f == nil {
		return nil
	}
	c.file = nil
	if other := find(c.info); other != nil {
		other.late = append(other.late, f)
		return nil
	}
	return f.Close()
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
