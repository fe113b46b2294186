package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.uber.org/zap"
)

// A NotificationStore is a [Store] that keeps notifications until they are delivered.
// It is optional; the engine asks for it by a type assertion when [Config.Notify] is set.
//
// Several goroutines call it at a time. What is said of errors and durability in Store
// holds here as well: a notification is there if and only if the change is that it came
// with. Package storetest has the contract as tests.
type NotificationStore interface {
	// CreateNotifying is Create, and adds notifications in the same change. They are
	// texts without line breaks, and the caller's again when it returns.
	CreateNotifying(ctx context.Context, r Record, definition string, lines, notifications [][]byte) error
	// AppendNotifying is Append, and adds notifications in the same change.
	AppendNotifying(ctx context.Context, arn string, length int, c Change, notifications [][]byte) error
	// Notifications returns up to limit of the notifications that are there, those that
	// were added first in front. When they are long it may return fewer, but not none.
	Notifications(ctx context.Context, limit int) ([]Notification, error)
	// RemoveNotifications removes notifications by their numbers; ones that are not
	// there are left alone.
	RemoveNotifications(ctx context.Context, numbers []int64) error
}

// A Notification is a text that waits to be delivered. Numbers are given in the order in
// which notifications were added, and none is given again.
type Notification struct {
	Number int64
	Text   []byte
}

// An outbox is where notifications wait.
type outbox interface {
	Notifications(ctx context.Context, limit int) ([]Notification, error)
	RemoveNotifications(ctx context.Context, numbers []int64) error
}

// storedNotifications are those in the engine's store.
type storedNotifications struct{ store *guard }

// Notifications implements [outbox].
func (s storedNotifications) Notifications(ctx context.Context, limit int) (found []Notification, err error) {
	err = s.store.use(func(s Store) error {
		found, err = s.(NotificationStore).Notifications(ctx, limit)
		return err
	})
	return found, err
}

// RemoveNotifications implements [outbox].
func (s storedNotifications) RemoveNotifications(ctx context.Context, numbers []int64) error {
	return s.store.use(func(s Store) error { return s.(NotificationStore).RemoveNotifications(ctx, numbers) })
}

// maxNotificationBytes bounds the notifications of an engine without a store. When there
// are more the oldest are dropped.
const maxNotificationBytes = 64 << 20

// memoryNotifications are those of an engine without a store. The zero value has none.
type memoryNotifications struct {
	mu     sync.Mutex
	all    []Notification
	number int64
	size   int // of all texts
}

// add adds notifications, and returns how many others it had to drop.
func (m *memoryNotifications) add(texts [][]byte) (dropped int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range texts {
		m.number++
		m.all = append(m.all, Notification{m.number, text})
		m.size += len(text)
	}
	for m.size > maxNotificationBytes {
		m.size -= len(m.all[dropped].Text)
		m.all[dropped] = Notification{}
		dropped++
	}
	m.all = m.all[dropped:]
	return dropped
}

// Notifications implements [outbox].
func (m *memoryNotifications) Notifications(_ context.Context, limit int) ([]Notification, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Notification(nil), m.all[:min(limit, len(m.all))]...), nil
}

// RemoveNotifications implements [outbox]. The numbers are in order, and those of the
// oldest.
func (m *memoryNotifications) RemoveNotifications(_ context.Context, numbers []int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.all) > 0 && len(numbers) > 0 && m.all[0].Number <= numbers[len(numbers)-1] {
		m.size -= len(m.all[0].Text)
		m.all[0] = Notification{}
		m.all = m.all[1:]
	}
	return nil
}

// told hands the changes of status over that are noted, now that they are recorded. x.mu
// is locked.
func (x *Execution) told() {
	if len(x.changes) == 0 {
		return
	}
	e := x.engine
	if x.durable == nil {
		if n := e.unstored.add(x.changes); n > 0 {
			e.config.Logger.Error("gostates: notifications were dropped, because too many wait to be delivered", zap.Int("dropped", n))
		}
	}
	x.changes = nil
	e.notifier.wake()
}

// notifies reports why a store can't be used with Config.Notify.
func notifies(s Store) error {
	if _, ok := s.(NotificationStore); !ok && s != nil {
		return fmt.Errorf("engine: Config.Notify: a %T keeps no notifications: %w", s, errors.ErrUnsupported)
	}
	return nil
}
