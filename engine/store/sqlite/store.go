package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine/store"
)

// A Store keeps executions in an SQLite file. Any number of goroutines may use it
// at a time.
type Store struct {
	path        string
	busyTimeout time.Duration
	wait        context.Context // of WaitForOwner; nil for not to wait
	waits       bool
	noteAfter   int // log rows
	nearest     int // executions
	sync        func(*os.File) error
	openErr     error // why it could not be opened
	owner       *ownership
	readOnly    bool
	follower    follower // of a Store that is read-only

	unsummed  unsummed
	heads     heads
	readers   readers
	machines  cache[machine]
	options   cache[[]byte]
	documents documentCache
	queue     queue
	commits   *store.Commits
	newest    newest
	broken    atomic.Bool   // the connections are no good; what the file has is not known
	stopped   chan struct{} // closed when the writer has ended
	closing   sync.Once
	closeErr  error
}

var (
	_ store.Store   = (*Store)(nil)
	_ store.Tailer  = (*Store)(nil)
	_ store.Remover = (*Store)(nil)
	_ store.Meter   = (*Store)(nil)
	_ store.Counter = (*Store)(nil)
	_ store.Purger  = (*Store)(nil)
)

// An Option changes how a store works.
type Option func(*Store)

// BusyTimeout bounds how long a change waits while another program, such as an
// sqlite3 shell, keeps the file locked for writing; default 5 seconds. Then it gets
// [ErrBusy]. With 0 a change doesn't wait; a negative bound is an error of the Store's.
func BusyTimeout(d time.Duration) Option {
	return func(s *Store) { s.busyTimeout = d }
}

// WaitForOwner has [Open] wait, while another process or Store owns the file, until that closes it or
// its process ends: for a deploy in which a new process takes over from the one before. It takes over
// within some 20 milliseconds. When ctx ends before, [Store.Err] returns its error along with
// store.ErrInUse. Of several that wait any may be next. Without this option Open doesn't wait, and
// [OpenReadOnly] never does.
func WaitForOwner(ctx context.Context) Option {
	return func(s *Store) { s.wait, s.waits = ctx, true }
}

// Open opens a file, which is made if there is none, and keeps it until Close. It
// returns a store even if that fails, so that it fits into an engine.Config: Err
// tells, [engine.New] asks it, and every other method returns the same error. It is
// [store.ErrInUse] for a file that another process or Store owns, [ErrForeign],
// a [*SchemaError], or one of the file's conditions, such as [ErrReadOnly].
//
// A file that Open makes can be read and written by its user alone, since the names of
// Task Tokens can be made of what stands in it; one that is there keeps its mode. Beside
// it stand, while it is open, path-wal and path-shm, with the same mode. Remove or replace
// none of them while a process has the file open: whatever is asked of the store then is
// an [ErrReplaced]. [Store.Backup] copies an open file. A network
// file system without locks or shared memory will not do.
//
// A Store owns the file itself, and not its name: hard links, symbolic links and mounts
// of one file are the same. (On a Unix other than Linux only this process
// knows that; others go by path-lock, which stays beside the file there.) The process
// must not open and close the file by other means meanwhile, since that would drop
// the locks by which other programs, such as an sqlite3 shell, see that it is in use.
func Open(path string, options ...Option) *Store {
	s := newStore(path)
	s.start(options)
	return s
}

func newStore(path string) *Store {
	return &Store{path: path, busyTimeout: 5 * time.Second, noteAfter: noteAfter, nearest: nearest, sync: fdatasync, stopped: make(chan struct{}), commits: store.NewCommits(maxBatch)}
}

// start opens the file.
func (s *Store) start(options []Option) {
	var err error
	for i, o := range options {
		if o == nil {
			err = errors.Join(err, fmt.Errorf("option %d of %d is an Option that is nil", i+1, len(options)))
			continue
		}
		o(s)
	}
	if s.busyTimeout < 0 {
		err = errors.Join(err, fmt.Errorf("the BusyTimeout of %v is negative", s.busyTimeout))
	}
	if s.waits && s.wait == nil {
		err = errors.Join(err, errors.New("the context of WaitForOwner is nil"))
	}
	s.queue.wake = make(chan struct{}, 1)
	if err == nil {
		err = s.open()
	}
	if err != nil {
		s.openErr = s.wrap("open", err)
	}
	if err != nil || s.readOnly {
		close(s.stopped) // there is no writer
	}
}

func (s *Store) open() error {
	if s.path == "" || s.path == ":memory:" {
		return fmt.Errorf("%q is no file: without a file, leave the store away", s.path)
	}
	path, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	// Its WAL has the name of the file itself.
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	} else if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	s.path = path
	if s.readOnly {
		return s.openReadOnly()
	}
	if s.owner, err = own(path, true, s.wait); errors.Is(err, store.ErrInUse) {
		if err = s.inUse(err); s.wait != nil {
			err = fmt.Errorf("%w: %w", err, s.wait.Err())
		}
		return err
	} else if err != nil {
		return err
	}
	w := &writer{store: s, patience: time.NewTimer(0), syncer: syncer{store: s, sync: s.sync, work: make(chan []*request, 1), done: make(chan error, 1)}}
	if err := w.connect(); err != nil {
		return errors.Join(err, s.owner.release())
	}
	go w.run()
	return nil
}

// errUnopened is for a Store that Open did not make.
var errUnopened = errors.New("sqlite: the Store was not made by Open")

// Err says why the file could not be opened, nil if it is open.
func (s *Store) Err() error {
	if s == nil || s.stopped == nil {
		return errUnopened
	}
	return s.openErr
}

// Path returns the file's absolute path, without symbolic links.
func (s *Store) Path() string {
	if s == nil {
		return ""
	}
	return s.path
}

// Close makes what was asked for before, and gives the file up. It may be called
// more than once, and on a store that could not be opened.
func (s *Store) Close() error {
	if s == nil || s.stopped == nil {
		return nil
	}
	s.closing.Do(func() {
		s.queue.close()
		<-s.stopped
		switch {
		case s.openErr != nil:
			return
		case s.readOnly:
			s.readers.close()
			s.readers.drain()
			return
		}
		s.closeErr = errors.Join(s.closeErr, s.owner.release())
	})
	return s.closeErr
}

// pragmas are what every connection needs.
func (s *Store) pragmas() []string {
	return []string{
		fmt.Sprintf("busy_timeout = %d", max(s.busyTimeout.Milliseconds(), 0)),
		// Temporary results are small here, and a full disk must not stop reading.
		"temp_store = MEMORY",
	}
}

// do has the writer apply a change in its next transaction, and returns when that is
// durable or was refused. Once the writer has taken it up the context no longer
// matters: a caller that knows of an error may read the log at once, and nothing is
// on its way that would change it.
func (s *Store) do(ctx context.Context, op string, apply change) error {
	if err := s.Err(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.readOnly {
		return s.wrap(op, errOpenedReadOnly)
	}
	r := requests.Get().(*request)
	r.apply = apply
	if !s.queue.add(r) {
		return ErrClosed
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(queued, given) {
			return ctx.Err()
		}
		<-r.done
	}
	refused, failed := r.release()
	if refused != nil {
		return refused
	}
	return s.wrap(op, failed)
}
