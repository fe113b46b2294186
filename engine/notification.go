package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gostates/gostates/engine/store"
	"go.uber.org/zap"
)

// An outbox is where notifications wait.
type outbox interface {
	Notifications(ctx context.Context, limit int) ([]store.Notification, error)
	RemoveNotifications(ctx context.Context, numbers []int64) error
}

// storedNotifications are those in the engine's store.
type storedNotifications struct{ store *guard }

// Notifications implements [outbox].
func (s storedNotifications) Notifications(ctx context.Context, limit int) (found []store.Notification, err error) {
	err = s.store.use(func(s store.Store) error {
		found, err = s.(store.NotificationStore).Notifications(ctx, limit)
		return err
	})
	return found, err
}

// RemoveNotifications implements [outbox].
func (s storedNotifications) RemoveNotifications(ctx context.Context, numbers []int64) error {
	return s.store.use(func(s store.Store) error { return s.(store.NotificationStore).RemoveNotifications(ctx, numbers) })
}

// maxNotificationBytes bounds the notifications of an engine without a store. When there
// are more the oldest are dropped.
const maxNotificationBytes = 64 << 20

// memoryNotifications are those of an engine without a store. The zero value has none.
type memoryNotifications struct {
	mu     sync.Mutex
	all    []store.Notification
	number int64
	size   int // of all texts
}

// add adds notifications, and returns how many others it had to drop.
func (m *memoryNotifications) add(texts [][]byte) (dropped int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range texts {
		m.number++
		m.all = append(m.all, store.Notification{Number: m.number, Text: text})
		m.size += len(text)
	}
	for m.size > maxNotificationBytes {
		m.size -= len(m.all[dropped].Text)
		m.all[dropped] = store.Notification{}
		dropped++
	}
	m.all = m.all[dropped:]
	return dropped
}

// Notifications implements [outbox].
func (m *memoryNotifications) Notifications(_ context.Context, limit int) ([]store.Notification, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]store.Notification(nil), m.all[:min(limit, len(m.all))]...), nil
}

// RemoveNotifications implements [outbox]. The numbers are in order, and those of the
// oldest.
func (m *memoryNotifications) RemoveNotifications(_ context.Context, numbers []int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.all) > 0 && len(numbers) > 0 && m.all[0].Number <= numbers[len(numbers)-1] {
		m.size -= len(m.all[0].Text)
		m.all[0] = store.Notification{}
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
func notifies(s store.Store) error {
	if _, ok := s.(store.NotificationStore); !ok && s != nil {
		return fmt.Errorf("engine: Config.Notify: a %T keeps no notifications: %w", s, errors.ErrUnsupported)
	}
	return nil
}
