package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A Store keeps executions in a schema of a PostgreSQL database. Any number of goroutines
// may use it at a time.
type Store struct {
	namespace string
	lease     time.Duration
	wait      context.Context // of WaitForOwner; nil for not to wait
	waits     bool
	readers   int
	readOnly  bool
	config    *pgx.ConnConfig
	pooled    *pgxpool.Config
	openErr   error // why it could not be opened

	pool    *pgxpool.Pool
	keeper  *keeper
	fence   fence
	queue   queue
	commits *store.Commits
	lost    chan struct{}
	losing  sync.Once
	stopped chan struct{} // closed when the writer has ended
	closed  atomic.Bool
	closing sync.Once
}

var (
	_ store.Store   = (*Store)(nil)
	_ store.Remover = (*Store)(nil)
	_ store.Tailer  = (*Store)(nil)
)

// Open opens a namespace of a database, which is made if there is none, and owns it until
// Close. The URL is a connection string as libpq has it, postgres://user:password@host/database
// or in words; what it leaves out the PG* variables of the environment say. The connection
// must not go through a pooler that gives each transaction another session.
//
// Open returns a store even if that fails, so that it fits into an engine.Config: Err tells,
// [engine.New] asks it, and every other method returns the same error. It is a
// [store.ErrInUse] for a namespace that another store owns, unless [WaitForOwner] has it wait,
// [ErrForeign], a [*SchemaError], or one of the server's conditions, such as
// [ErrUnavailable]. No error has the password in its text.
//
// The user must be allowed to make the schema, or must own it; migrations are made by who
// opens the namespace, in one transaction. The server must be of version 14 or later, and the
// database's encoding UTF8.
func Open(url string, options ...Option) *Store {
	return start(url, options, false)
}

// OpenReadOnly opens a namespace for reading alone, until Close: for tools that look at
// executions, also while an engine owns the namespace. It takes no ownership, stops nobody, and
// sees what was committed before each call; a replica will do. Every change gets
// [ErrReadOnly]; an engine.Engine takes such a store with Config.Standby.
func OpenReadOnly(url string, options ...Option) *Store {
	return start(url, options, true)
}

func start(url string, options []Option, readOnly bool) *Store {
	s := &Store{
		namespace: "gostates", lease: 5 * time.Second, readers: 4, readOnly: readOnly,
		lost: make(chan struct{}), stopped: make(chan struct{}), queue: queue{wake: make(chan struct{}, 1)}, commits: store.NewCommits(maxBatch),
	}
	var err error
	for i, o := range options {
		if o == nil {
			err = errors.Join(err, fmt.Errorf("option %d of %d is an Option that is nil", i+1, len(options)))
			continue
		}
		o(s)
	}
	if err = errors.Join(err, s.check()); err == nil {
		err = s.configure(url)
	}
	if err == nil {
		err = s.open(context.Background())
	}
	if err != nil {
		s.openErr = s.wrap("open", err)
	}
	if err != nil || s.readOnly {
		close(s.stopped) // there is no writer
	}
	return s
}

// open connects, and becomes the owner.
func (s *Store) open(ctx context.Context) (err error) {
	if s.pool, err = pgxpool.NewWithConfig(ctx, s.pooled); err != nil {
		return err
	}
	if s.readOnly {
		err = s.openReadOnly(ctx)
	} else {
		err = s.own(ctx)
	}
	if err != nil {
		s.pool.Close()
	}
	return err
}

// own takes the lock, brings the schema up to date, and starts to write.
func (s *Store) own(ctx context.Context) error {
	s.keeper = &keeper{store: s, stop: make(chan struct{}), done: make(chan struct{})}
	if err := s.keeper.acquire(ctx); err != nil {
		return err
	}
	go s.keeper.run()
	w := &writer{store: s}
	if err := w.connect(ctx); err != nil {
		s.keeper.end()
		return err
	}
	go w.run()
	return nil
}

// openReadOnly sees whether the namespace can be read.
func (s *Store) openReadOnly(ctx context.Context) error {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	if err := s.suits(ctx, c.Conn()); err != nil {
		return err
	}
	version, exists, err := s.version(ctx, c)
	switch {
	case err != nil:
		return err
	case !exists:
		return fmt.Errorf("%w: there is none", ErrForeign)
	case version < len(migrations):
		return &SchemaError{Found: version, Known: len(migrations)}
	}
	return nil
}

// ReadOnly reports whether the store was opened by [OpenReadOnly].
func (s *Store) ReadOnly() bool { return s != nil && s.readOnly }

// errUnopened is for a Store that Open did not make.
var errUnopened = errors.New("postgres: the Store was not made by Open")

// Err says why the namespace could not be opened, nil if it is open.
func (s *Store) Err() error {
	if s == nil || s.stopped == nil {
		return errUnopened
	}
	return s.openErr
}

// Namespace returns the name of the schema.
func (s *Store) Namespace() string {
	if s == nil {
		return ""
	}
	return s.namespace
}

// Close makes what was asked for before, and gives the namespace up: whoever waits for it gets
// it at once. It may be called more than once, and on a store that could not be opened.
func (s *Store) Close() error {
	if s == nil || s.stopped == nil {
		return nil
	}
	s.closing.Do(func() {
		s.closed.Store(true)
		s.queue.close()
		<-s.stopped
		if s.openErr != nil {
			return
		}
		if s.keeper != nil {
			s.keeper.end()
		}
		s.pool.Close()
	})
	return nil
}

// do has the writer make a change in its next transaction, and returns when that is
// durable or was refused. Once the writer has taken it up the context no longer
// matters: a caller that knows of an error may read the log at once, and nothing is
// on its way that would change it.
func (s *Store) do(ctx context.Context, op string, c change) error {
	if err := s.usable(ctx); err != nil {
		return s.wrap(op, err)
	}
	if s.readOnly {
		return s.wrap(op, fmt.Errorf("%w: it was opened by OpenReadOnly", ErrReadOnly))
	}
	r := requests.Get().(*request)
	r.change = c
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
	return s.told(op, r.release())
}

// usable returns an error if the store can't be used.
func (s *Store) usable(ctx context.Context) error {
	if err := s.Err(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return ErrClosed
	}
	if s.isLost() {
		return ErrLost
	}
	return nil
}

// told makes an *Error of what is not an answer of the contract's.
func (s *Store) told(op string, err error) error {
	switch err {
	case nil, store.ErrExecutionAlreadyExists, store.ErrExecutionDoesNotExist, store.ErrExecutionRunning, store.ErrConflict,
		store.ErrDocumentChanged, store.ErrMapRunAlreadyExists, store.ErrMapRunDoesNotExist, ErrClosed, context.Canceled, context.DeadlineExceeded:
		return err
	}
	return s.wrap(op, err)
}

// read calls f with a connection that sees all that was acknowledged.
func (s *Store) read(ctx context.Context, op string, f func(c queryer) error) error {
	if err := s.usable(ctx); err != nil {
		return s.told(op, err)
	}
	c, err := s.pool.Acquire(ctx)
	if err == nil {
		err = f(c)
		c.Release()
	}
	if err != nil {
		if ended := ctx.Err(); ended != nil {
			return ended
		}
		if s.closed.Load() {
			return ErrClosed
		}
	}
	return s.told(op, err)
}
