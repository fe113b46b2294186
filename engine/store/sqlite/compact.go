package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gostates/gostates/engine/store"
)

// incremental is the auto_vacuum of a file whose free pages can be given back to the disk a few
// at a time. A file has it from its beginning, or from its first VACUUM on.
const incremental = 2

const (
	// compactPages is how many free pages one transaction gives back, some milliseconds of work.
	compactPages = 128
	// compactPause is how long a Compact of another process's file lets that go on before the
	// next transaction.
	compactPause = 10 * time.Millisecond
)

// A Compaction is what a file's size was, and what it is.
type Compaction struct {
	// Before and After are in bytes. What is written meanwhile counts as well.
	Before, After int64
}

// Compact gives the room of what was removed back to the disk: the file becomes as small as it
// can be without being written anew. Executions go on meanwhile, since it works in many small
// transactions that are shared with other changes. When ctx ends first the rest stays for
// another time.
//
// A file that an earlier release has made is written anew at its first Compact, and changes wait
// for that: about a second for each 100 MB, and as much room on the disk is needed meanwhile.
func (s *Store) Compact(ctx context.Context) (c Compaction, err error) {
	var mode int64
	err = s.do(ctx, "compact", func(w *writer) (refused, failed error) {
		if mode, failed = w.conn.integer("PRAGMA auto_vacuum"); failed == nil {
			c.Before, failed = w.conn.size()
		}
		return nil, failed
	})
	if err == nil && mode != incremental {
		err = s.between(ctx, "compact", func(c *conn) error { return c.script("PRAGMA auto_vacuum = INCREMENTAL; VACUUM") })
	}
	for left := int64(1); left > 0 && err == nil; {
		err = s.do(ctx, "compact", func(w *writer) (refused, failed error) {
			left, failed = w.conn.giveBack()
			return nil, failed
		})
	}
	if err != nil {
		return c, err
	}
	err = s.between(ctx, "compact", func(conn *conn) (err error) {
		if c.After, err = conn.size(); err == nil {
			err = conn.checkpoint()
		}
		return err
	})
	return c, err
}

// Compact is [Store.Compact] of a file, also while another process owns it: with that it takes
// turns. A file that has to be written anew is compacted only when nobody has it; else the error
// is the [store.InUseError].
func Compact(ctx context.Context, path string) (c Compaction, err error) {
	if _, err := os.Stat(path); err != nil {
		return c, err
	}
	s := Open(path)
	if err := s.Err(); err == nil {
		c, err = s.Compact(ctx)
		return c, errors.Join(err, s.Close())
	} else if !errors.Is(err, store.ErrInUse) {
		return c, err
	}
	used := s.Err()
	other := newStore(s.path)
	conn, err := other.dial(append(other.pragmas(), "synchronous = NORMAL", "wal_autocheckpoint = 0")...)
	if err != nil {
		return c, other.wrap("compact", err)
	}
	c, err = conn.compactWithin(ctx, used)
	return c, errors.Join(other.wrap("compact", err), conn.close())
}

// compactWithin compacts a file that another process has.
func (c *conn) compactWithin(ctx context.Context, used error) (sizes Compaction, err error) {
	version, err := c.version()
	if err != nil {
		return sizes, err
	}
	mode, err := c.integer("PRAGMA auto_vacuum")
	switch {
	case err != nil:
		return sizes, err
	case version == 0:
		return sizes, ErrForeign
	case mode != incremental:
		return sizes, fmt.Errorf("%w; an earlier release has made the file, which is written anew when it is compacted first", used)
	}
	if sizes.Before, err = c.size(); err != nil {
		return sizes, err
	}
	for left := int64(1); left > 0; {
		err := c.within(func() (err error) {
			left, err = c.giveBack()
			return err
		})
		if err != nil {
			return sizes, err
		}
		select {
		case <-time.After(compactPause):
		case <-ctx.Done():
			return sizes, ctx.Err()
		}
	}
	if sizes.After, err = c.size(); err != nil {
		return sizes, err
	}
	return sizes, c.checkpoint()
}

// size returns how many bytes the database has, when all of its pages are in it.
func (c *conn) size() (int64, error) {
	pages, err := c.integer("PRAGMA page_count")
	if err != nil {
		return 0, err
	}
	page, err := c.integer("PRAGMA page_size")
	return pages * page, err
}

// giveBack gives some free pages back, and returns how many are left.
func (c *conn) giveBack() (left int64, err error) {
	if err := c.script(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", compactPages)); err != nil {
		return 0, err
	}
	return c.integer("PRAGMA freelist_count")
}

// checkpoint has the pages go to the database, as far as nobody reads older ones.
func (c *conn) checkpoint() error {
	_, err := c.values("PRAGMA wal_checkpoint(PASSIVE)")
	return err
}

// between has the writer call f between two transactions, and returns what f does.
func (s *Store) between(ctx context.Context, op string, f func(c *conn) error) error {
	done := make(chan error, 1)
	err := s.do(ctx, op, func(w *writer) (refused, failed error) {
		w.between = append(w.between, func() { done <- f(w.conn) })
		return nil, nil
	})
	if err != nil {
		return err
	}
	return s.wrap(op, <-done)
}

// workBetween does what is to be done between two transactions.
func (w *writer) workBetween() {
	for _, f := range w.between {
		f()
	}
	w.between = nil
}
