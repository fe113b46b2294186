package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
	"go.uber.org/zap"
)

// openOutbox makes the outbox ready for Config.Notify.
func (e *Engine) openOutbox() {
	e.outbox.From = e.archive.notifications()
	e.outbox.Deliver, e.outbox.Busy = e.deliver, e.busy
	e.outbox.Later = func(after time.Duration, err error) {
		e.config.Logger.Warn("gostates: a notification was not delivered; trying again later", zap.Error(err), zap.Duration("after", after))
		e.timers.Start(&timers.Timer{Due: e.config.Clock.Now().Add(after), Owner: timers.Do(func(bool) bool {
			e.outbox.Retry()
			return false
		})})
	}
}

// deliver calls Config.Notify with the StatusChange that a notification's text is. It
// returns nil for a text that can't be read, which would hold up all that follow.
func (e *Engine) deliver(ctx context.Context, text []byte) (err error) {
	log := e.config.Logger
	var change StatusChange
	if err := json.Unmarshal(text, &change); err != nil {
		log.Error("gostates: a notification can't be read, and is left out", zap.ByteString("text", text), zap.Error(err))
		return nil
	}
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the call of Notify panicked: %v", reason)
			log.Error("gostates: Notify panicked", zap.String("execution_arn", change.Detail.ExecutionARN),
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

// keepsNotifications returns an error when a store can't be used with Config.Notify.
func keepsNotifications(s store.Store) error {
	if _, ok := s.(store.NotificationStore); !ok && s != nil {
		return fmt.Errorf("engine: Config.Notify: a %T keeps no notifications: %w", s, errors.ErrUnsupported)
	}
	return nil
}
