package engine_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/engine/store/storetest"
)

// A lastingStore is a store in memory that outlives the engines that close it, as a
// file would. It counts what it is asked for.
type lastingStore struct {
	storetest.Memory
	writes, reads  atomic.Int64 // calls of Create and Append; of Log
	notes, forward atomic.Int64 // of the writes, those that say no more than Due; and one earlier than before
}

func (s *lastingStore) Close() error { return nil }

func (s *lastingStore) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	s.writes.Add(1)
	return s.Memory.Create(ctx, r, definition, lines)
}

func (s *lastingStore) Append(ctx context.Context, arn string, length int, c store.Change) error {
	s.writes.Add(1)
	if len(c.Lines) == 0 && c.End == nil {
		s.notes.Add(1)
		if r, err := s.Record(ctx, arn); err == nil && c.Due.Before(r.Due) {
			s.forward.Add(1)
		}
	}
	return s.Memory.Append(ctx, arn, length, c)
}

func (s *lastingStore) CreateNotifying(ctx context.Context, r store.Record, definition string, lines, notifications [][]byte) error {
	s.writes.Add(1)
	return s.Memory.CreateNotifying(ctx, r, definition, lines, notifications)
}

func (s *lastingStore) AppendNotifying(ctx context.Context, arn string, length int, c store.Change, notifications [][]byte) error {
	s.writes.Add(1)
	return s.Memory.AppendNotifying(ctx, arn, length, c, notifications)
}

func (s *lastingStore) Log(ctx context.Context, arn string) ([][]byte, error) {
	s.reads.Add(1)
	return s.Memory.Log(ctx, arn)
}

// Tail is Log: this store knows the ends of logs no better.
func (s *lastingStore) Tail(ctx context.Context, arn string, _ func([]byte) bool) ([][]byte, int, error) {
	lines, err := s.Log(ctx, arn)
	return lines, 0, err
}

var errStore = errors.New("the disk is on fire")

// A faulty store fails from its k-th write on, for a number of calls.
type faulty struct {
	store.Store
	mu     sync.Mutex
	left   int    // writes that go well
	calls  int    // calls that fail then; negative for all
	after  bool   // the first one that fails takes effect
	broken func() // is called when the first fails; may be nil
}

// fail has so many calls fail, from a write on before which so many others go well.
func (f *faulty) fail(writes, calls int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.calls = writes, calls
}

// fails reports whether a call is to fail, and whether it takes effect.
func (f *faulty) fails(write bool) (fails, takesEffect bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left > 0 {
		if write {
			f.left--
		}
		return false, true
	}
	if !write && f.left == 0 || f.calls == 0 {
		return false, true // it begins with a write
	}
	first := f.left == 0
	f.left = -1
	f.calls--
	if first && f.broken != nil {
		f.broken()
	}
	return true, first && f.after
}

func (f *faulty) write(do func() error) error {
	fails, takesEffect := f.fails(true)
	if takesEffect {
		if err := do(); err != nil || !fails {
			return err
		}
	}
	return errStore
}

func (f *faulty) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	return f.write(func() error { return f.Store.Create(ctx, r, definition, lines) })
}

func (f *faulty) Append(ctx context.Context, arn string, length int, c store.Change) error {
	return f.write(func() error { return f.Store.Append(ctx, arn, length, c) })
}

func (f *faulty) CreateNotifying(ctx context.Context, r store.Record, definition string, lines, notifications [][]byte) error {
	return f.write(func() error {
		return f.Store.(store.NotificationStore).CreateNotifying(ctx, r, definition, lines, notifications)
	})
}

func (f *faulty) AppendNotifying(ctx context.Context, arn string, length int, c store.Change, notifications [][]byte) error {
	return f.write(func() error {
		return f.Store.(store.NotificationStore).AppendNotifying(ctx, arn, length, c, notifications)
	})
}

func (f *faulty) Notifications(ctx context.Context, limit int) ([]store.Notification, error) {
	if fails, _ := f.fails(false); fails {
		return nil, errStore
	}
	return f.Store.(store.NotificationStore).Notifications(ctx, limit)
}

func (f *faulty) RemoveNotifications(ctx context.Context, numbers []int64) error {
	return f.write(func() error { return f.Store.(store.NotificationStore).RemoveNotifications(ctx, numbers) })
}

func (f *faulty) Log(ctx context.Context, arn string) ([][]byte, error) {
	if fails, _ := f.fails(false); fails {
		return nil, errStore
	}
	return f.Store.Log(ctx, arn)
}

func (f *faulty) Record(ctx context.Context, arn string) (store.Record, error) {
	if fails, _ := f.fails(false); fails {
		return store.Record{}, errStore
	}
	return f.Store.Record(ctx, arn)
}

// plainStore is a store and nothing besides: it keeps no documents and no notifications.
type plainStore struct{ store.Store }
