package postgres

import (
	"context"
	"time"
)

// Application is the application_name of a store's connections.
func Application(namespace, role string) string {
	return (&Store{namespace: namespace}).application(role)
}

// LockedAnew reports whether the store has the lock, after a beat that found it so.
func (s *Store) LockedAnew() bool {
	held := false
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND granted AND application_name = $1)`, s.application("lock")).Scan(&held)
	return err == nil && held
}

// Freeze has a change stop amid its transaction, until the function that it returns is called,
// which returns what came of it.
func (s *Store) Freeze(ctx context.Context) (release func() error) {
	begun, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.do(ctx, "freeze", change{alone: func(w *writer) error {
			close(begun)
			<-goOn
			_, err := w.conn.Exec(ctx, "DELETE FROM log")
			return err
		}})
	}()
	<-begun
	return func() error {
		close(goOn)
		return <-done
	}
}

// Waiting returns how many changes wait for the writer.
func (s *Store) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.all)
}

// Hold has the writer wait until the function that it returns is called.
func (s *Store) Hold(ctx context.Context) (release func()) {
	begun, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.do(ctx, "hold", change{alone: func(*writer) error {
			close(begun)
			<-goOn
			return nil
		}})
	}()
	<-begun
	return func() {
		close(goOn)
		<-done
	}
}
