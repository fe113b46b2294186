package sqlite

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/gostates/gostates/engine/store"
)

// OpenReadOnly opens a file for reading alone, until Close: for tools that look at
// executions, also while an engine is at work on the file, in this process or in another.
// It takes no ownership, stops nobody, and sees what was committed before each call. Every
// change gets [ErrReadOnly]; an engine.Engine takes such a store with Config.Standby.
//
// Like [Open] it returns a Store even if that fails; Err tells. The file must be there and
// have the schema of this release, else the error is a [*SchemaError]: an engine that opens
// it brings an older one up to date. Of a file with several hard links the name must be the
// one by which its process has it open. A process that may write into the folder can leave
// an empty path-wal, and a path-shm, beside a file that nobody has open; they do no harm.
func OpenReadOnly(path string, options ...Option) *Store {
	s := newStore(path)
	s.readOnly = true
	s.start(options)
	return s
}

// ReadOnly reports whether the store was opened by [OpenReadOnly].
func (s *Store) ReadOnly() bool { return s != nil && s.readOnly }

var errOpenedReadOnly = fmt.Errorf("%w: it was opened by OpenReadOnly", ErrReadOnly)

// openReadOnly sees whether the file can be read.
func (s *Store) openReadOnly() error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(s.path + "-wal"); err != nil && links(info) > 1 {
		return errors.New("the file has several hard links: the name to read it by is the one by which its process has it open")
	}
	s.readers.renew()
	c, err := s.dial(s.pragmas()...)
	if err != nil {
		return err
	}
	version, err := c.version()
	switch {
	case err != nil:
	case version == 0:
		err = ErrForeign
	case version < int64(len(migrations)):
		err = &SchemaError{Found: int(version), Known: len(migrations)}
	default:
		err = s.follow(c)
	}
	return errors.Join(err, c.close())
}

// A follower knows how far a Store that is read-only has looked at the log, which another
// process goes on with.
type follower struct {
	mu    sync.Mutex
	begun bool
	noted int64 // the executions table knows of all rows up to this
	last  int64 // the last row that was looked at
}

// follow finds out, in a Store that is read-only, where logs end by now.
func (s *Store) follow(c *conn) error {
	if !s.readOnly {
		return nil
	}
	f := &s.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	return c.snapshot(func() error {
		if !f.begun {
			if err := s.loadUnsummed(c); err != nil {
				return err
			}
		}
		noted, err := c.meta("noted")
		if err != nil {
			return err
		}
		fresh, last, err := c.headsAfter(max(f.last, noted))
		if err != nil {
			return err
		}
		s.heads.follow(fresh, noted, noted > f.noted)
		f.begun, f.noted, f.last = true, noted, last
		return nil
	})
}

// follow takes over heads that are new. All rows up to noted the executions table knows of;
// more says that it knows of more than before.
func (h *heads) follow(fresh map[string]head, noted int64, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = make(map[string]head)
	}
	for arn, now := range fresh {
		if now.noted < now.row {
			h.all[arn] = now
		} else {
			delete(h.all, arn)
		}
	}
	if !more {
		return
	}
	for arn, old := range h.all {
		if old.row <= noted {
			delete(h.all, arn)
		}
	}
	h.forgot++
}

// drop forgets a head, of an execution that is not there any more.
func (h *heads) drop(arn string, was head) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all[arn] == was {
		delete(h.all, arn)
	}
}

// openedBy is what a process adds to its id for the note that it has the file open. 1 stands
// for a process of an earlier release, whose id is not known.
const openedBy = 1

// inUse returns the error of an Open of a file that is in use, with the process that has it
// as far as the file can be asked for that.
func (s *Store) inUse(err error) error {
	if _, told := errors.AsType[*store.InUseError](err); told {
		return err
	}
	if info, err := os.Stat(s.path); err != nil || links(info) > 1 {
		return &store.InUseError{}
	}
	reader := &Store{path: s.path, readOnly: true, busyTimeout: s.busyTimeout, commits: store.NewCommits(maxBatch)}
	c, err := reader.dial(reader.pragmas()...)
	if err != nil {
		return &store.InUseError{}
	}
	open, err := c.meta("open")
	if err = errors.Join(err, c.close()); err != nil || open <= openedBy {
		return &store.InUseError{}
	}
	return &store.InUseError{PID: int(open - openedBy)}
}
