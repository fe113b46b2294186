package postgres

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"
)

// An Option changes how a store works.
type Option func(*Store)

// Namespace names the schema of the database in which the store keeps everything; default
// "gostates". The schema is made if there is none. Stores of different namespaces share a
// database and nothing else, and each namespace has an owner of its own.
func Namespace(name string) Option {
	return func(s *Store) { s.namespace = name }
}

// Lease bounds how long an owner that does not answer keeps the namespace from others:
// one that is frozen, or whose network is gone, without its connections having ended; default
// 5 seconds. An owner asks the server a trifle five times as often, and the server ends its
// connection when it hears nothing for that long. The connections of a process that ends are
// gone at once. It is at least 100 milliseconds.
func Lease(d time.Duration) Option {
	return func(s *Store) { s.lease = d }
}

// WaitForOwner has Open wait, as long as another store owns the namespace, until that is
// closed, its process ends, or it doesn't answer for longer than its [Lease]: a process that
// stands by. Those that wait get the namespace in the order in which they came, without
// asking again and again. When the context ends before, Err returns its error along with
// store.ErrInUse. Without this option Open doesn't wait.
func WaitForOwner(ctx context.Context) Option {
	return func(s *Store) { s.wait, s.waits = ctx, true }
}

// Readers bounds the connections that read, which are opened as they are needed; default 4.
// A store has three besides: one that holds the lock, one that writes, and one that looks up
// what a change needs.
func Readers(n int) Option {
	return func(s *Store) { s.readers = n }
}

// check says what is wrong with the options.
func (s *Store) check() error {
	switch {
	case s.namespace == "":
		return fmt.Errorf("the Namespace is empty")
	case len(s.namespace) > 63 || !utf8.ValidString(s.namespace):
		return fmt.Errorf("the Namespace %q is not a name of at most 63 bytes", s.namespace)
	case len(s.namespace) >= 3 && s.namespace[:3] == "pg_", s.namespace == "information_schema", s.namespace == "$user":
		return fmt.Errorf("the Namespace %q is the server's own", s.namespace)
	case s.lease < 100*time.Millisecond || s.lease > time.Hour:
		return fmt.Errorf("the Lease of %v is not between 100ms and 1h", s.lease)
	case s.waits && s.wait == nil:
		return fmt.Errorf("the context of WaitForOwner is nil")
	case s.readers < 1:
		return fmt.Errorf("the number of Readers is %d, it must be at least 1", s.readers)
	}
	return nil
}
