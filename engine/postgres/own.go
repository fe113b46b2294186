package postgres

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
)

// A keeper keeps the namespace's advisory lock, on a connection of its own. The lock tells
// others to wait; what keeps them from writing, and an owner that lost the lock without
// noticing, is the fencing number. Each connection that writes has its own, and the newest
// alone may write.
type keeper struct {
	store *Store
	conn  *pgx.Conn // nil while it is lost
	stop  chan struct{}
	done  chan struct{}
}

// acquire opens the keeper's connection and takes the lock. It waits for the lock when
// the store is to.
func (k *keeper) acquire(ctx context.Context) error {
	s := k.store
	if s.wait == nil {
		return k.try(ctx, true)
	}
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := k.await(s.wait)
		if err == nil {
			return nil
		}
		if ended := s.wait.Err(); ended != nil {
			return errors.Join(store.ErrInUse, ended)
		}
		if kindOf(err) != ErrUnavailable {
			return err
		}
		// The server restarts, or another takes its place.
		select {
		case <-time.After(pause):
		case <-s.wait.Done():
			return errors.Join(err, s.wait.Err())
		}
	}
}

// dial opens the connection. The server ends it when it hears nothing for longer than the
// lease, but not while it waits for the lock.
func (k *keeper) dial(ctx context.Context) error {
	c, err := k.store.dial(ctx, "lock", map[string]string{"idle_session_timeout": milliseconds(k.store.lease)})
	if err != nil {
		return err
	}
	k.conn = c
	if err := k.store.suits(ctx, c); err != nil {
		k.drop()
		return err
	}
	return nil
}

// try takes the lock if nobody has it.
func (k *keeper) try(ctx context.Context, tell bool) error {
	if k.conn == nil {
		if err := k.dial(ctx); err != nil {
			return err
		}
	}
	var mine bool
	err := k.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", k.store.lockKey()).Scan(&mine)
	if err == nil && !mine {
		err = store.ErrInUse
		if tell {
			err = k.inUse(ctx)
		}
	}
	if err != nil {
		k.drop()
	}
	return err
}

// await takes the lock as soon as nobody has it any more. The server wakes those that wait,
// in their order.
func (k *keeper) await(ctx context.Context) error {
	if k.conn == nil {
		if err := k.dial(ctx); err != nil {
			return err
		}
	}
	// The server would not notice otherwise that the one who waits is gone. It can't look
	// on every operating system.
	_, _ = k.conn.Exec(ctx, "SET client_connection_check_interval = '1s'")
	_, err := k.conn.Exec(ctx, "SELECT pg_advisory_lock($1)", k.store.lockKey())
	if err != nil {
		k.drop()
	}
	return err
}

// inUse returns the error of an Open of a namespace that is in use, with its owner as far as
// that is known.
func (k *keeper) inUse(ctx context.Context) error {
	e := &InUseError{}
	err := k.conn.QueryRow(ctx, "SELECT host, pid, since FROM "+k.store.owner()).Scan(&e.Host, &e.PID, &e.Since)
	if err != nil {
		return &InUseError{} // it is being made
	}
	return e
}

func (k *keeper) drop() {
	if k.conn != nil {
		_ = closeConn(k.conn) // it is given up because it is no good
		k.conn = nil
	}
}

// release gives the lock up. The server notices only after a while that a connection was
// closed.
func (k *keeper) release() {
	if k.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, _ = k.conn.Exec(ctx, "SELECT pg_advisory_unlock_all()") // else it ends with the connection
	}
	k.drop()
}

// closeConn closes a connection, for which it doesn't wait long.
func closeConn(c *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.Close(ctx)
}

// run is the keeper's goroutine. It tells the server that the owner lives, sees who owns the
// namespace, and takes the lock anew after the connection was lost.
func (k *keeper) run() {
	defer close(k.done)
	s := k.store
	beat := time.NewTicker(s.lease / 5)
	defer beat.Stop()
	for {
		select {
		case <-k.stop:
			k.release()
			return
		case <-beat.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.lease)
		err := k.beat(ctx)
		cancel()
		if errors.Is(err, ErrLost) {
			s.lose()
		}
	}
}

// end gives the lock up.
func (k *keeper) end() {
	close(k.stop)
	<-k.done
}

// beat is one look at who owns the namespace.
func (k *keeper) beat(ctx context.Context) error {
	if k.conn == nil {
		if err := k.try(ctx, false); err != nil && !errors.Is(err, store.ErrInUse) {
			return err
		}
		if k.conn == nil { // perhaps this store's own lost connection has the lock
			if err := k.dial(ctx); err != nil {
				return err
			}
			defer k.drop()
		}
	}
	if !k.store.fence.begun() { // the schema is being made
		return k.conn.Ping(ctx)
	}
	fence, err := k.store.newestFence(ctx, k.conn)
	if err != nil {
		k.drop()
		return err
	}
	return k.store.fence.is(fence)
}

// A fence is the fencing number of the connection that writes.
type fence struct {
	mu     sync.Mutex
	number int64
	moving bool // a newer number may be this store's own
}

// is returns ErrLost if the newest number is another store's.
func (f *fence) is(newest int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if newest > f.number && !f.moving {
		return ErrLost
	}
	return nil
}

// begun reports whether the store has had a number.
func (f *fence) begun() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.number != 0
}

// move begins to get a newer number, or ends it; 0 leaves the one that there is.
func (f *fence) move(begin bool, number int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.moving = begin; number != 0 {
		f.number = number
	}
}

func (s *Store) newestFence(ctx context.Context, c queryer) (newest int64, err error) {
	err = c.QueryRow(ctx, "SELECT fence FROM "+s.owner()).Scan(&newest)
	return newest, err
}

// seize gives a connection that is to write the next fencing number, after which no
// transaction of an earlier one can commit. It ends the connection that has the number
// before, so as not to wait for one that is frozen amid a transaction. The store must have
// that number, unless it is 0: then the store has just got the lock.
func (s *Store) seize(ctx context.Context, c *pgx.Conn, before int64) (int64, error) {
	for {
		newest, err := s.newestFence(ctx, c)
		if err != nil {
			return 0, err
		}
		if before != 0 && newest != before {
			return 0, ErrLost
		}
		if newest >= maxFence {
			return 0, errors.New("the namespace was opened too often")
		}
		_, err = c.Exec(ctx, `SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()`, s.application(writerRole(newest)))
		if err != nil && kindOf(err) != ErrRefused { // the connection of another user is left to its end
			return 0, err
		}
		if err := s.name(ctx, c, writerRole(newest+1)); err != nil {
			return 0, err
		}
		host, _ := os.Hostname()
		done, err := c.Exec(ctx, "UPDATE owner SET fence = fence + 1, host = $2, pid = $3, since = now() WHERE fence = $1", newest, host, os.Getpid())
		if err != nil {
			return 0, err
		}
		if done.RowsAffected() == 1 {
			return newest + 1, nil
		}
	}
}

// lose notes that the namespace has another owner.
func (s *Store) lose() {
	s.losing.Do(func() { close(s.lost) })
}

// Lost returns a channel that is closed when another engine has taken over the namespace.
// From then on every method returns [ErrLost]: the process should end, or close its engine
// and open another store that stands by. It is nil for a store that could not be opened.
func (s *Store) Lost() <-chan struct{} {
	if s.Err() != nil {
		return nil
	}
	return s.lost
}

// isLost reports whether the namespace has another owner.
func (s *Store) isLost() bool {
	select {
	case <-s.lost:
		return true
	default:
		return false
	}
}
