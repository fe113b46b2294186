package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/internal/outbox"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
	"go.uber.org/zap"
)

// openOutbox makes the outbox ready for Config.Notify.
func (e *Engine) openOutbox() {
	e.outbox.From = e.archive.notifications()
	e.outbox.Deliver, e.outbox.Busy = e.deliver, e.busy
	e.outbox.Attempts, e.outbox.Bury = e.config.NotifyAttempts, e.bury
	e.outbox.Later = func(after time.Duration, err error) {
		e.config.Logger.Warn("gostates: a notification was not delivered; trying again later", zap.Error(err), zap.Duration("after", after))
		e.timers.Start(&timers.Timer{Due: e.config.Clock.Now().Add(after), Owner: timers.Do(func(bool) bool {
			e.outbox.Retry()
			return false
		})})
	}
}

// A notificationSource is where notifications wait.
type notificationSource interface {
	outbox.Source
	// CountNotifications returns how many notifications there are, -1 when that is not known.
	CountNotifications(ctx context.Context) (int, error)
}

// deliver calls Config.Notify with the StatusChange that a notification's text is. It
// returns nil for a text that can't be read, which would hold up all that follow.
func (e *Engine) deliver(ctx context.Context, text []byte) error {
	var change StatusChange
	if err := json.Unmarshal(text, &change); err != nil {
		e.config.Logger.Error("gostates: a notification can't be read, and is left out", zap.ByteString("text", text), zap.Error(err))
		return nil
	}
	return e.notify(ctx, change)
}

// notify calls Config.Notify. A panic is its error.
func (e *Engine) notify(ctx context.Context, change StatusChange) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the call of Notify panicked: %v", reason)
			e.config.Logger.Error("gostates: Notify panicked", zap.String("execution_arn", change.Detail.ExecutionARN),
				zap.Error(err), zap.StackSkip("stack", 1))
		}
	}()
	return e.config.Notify(ctx, change)
}

// storedNotifications is the outbox's source of an engine with a store.
type storedNotifications struct{ store *guard }

// Notifications implements [outbox.Source].
func (s storedNotifications) Notifications(ctx context.Context, limit int) (found []store.Notification, err error) {
	err = s.store.use(func(s store.Store) error {
		found, err = s.(store.NotificationStore).Notifications(ctx, limit)
		return err
	})
	return found, err
}

// RemoveNotifications implements [outbox.Source].
func (s storedNotifications) RemoveNotifications(ctx context.Context, numbers []int64) error {
	return s.store.use(func(s store.Store) error { return s.(store.NotificationStore).RemoveNotifications(ctx, numbers) })
}

// CountNotifications implements [store.NotificationCounter].
func (s storedNotifications) CountNotifications(ctx context.Context) (count int, err error) {
	err = s.store.use(func(s store.Store) error {
		if counter, ok := s.(store.NotificationCounter); ok {
			count, err = counter.CountNotifications(ctx)
		} else if count = -1; keepsNotifications(s, false) != nil {
			count = 0
		}
		return err
	})
	return count, err
}

// keepsNotifications returns an error when a store can't be used with Config.Notify; buries says
// that it is to keep dead letters, too.
func keepsNotifications(s store.Store, buries bool) error {
	if s == nil {
		return nil
	}
	if _, ok := s.(store.NotificationStore); !ok {
		return fmt.Errorf("engine: Config.Notify: a %T keeps no notifications: %w", s, errors.ErrUnsupported)
	}
	if _, ok := s.(store.DocumentStore); !ok && buries {
		return fmt.Errorf("engine: Config.NotifyAttempts: a %T keeps no documents, so no dead letters: %w", s, errors.ErrUnsupported)
	}
	return nil
}
