package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/gostates/gostates/engine"
)

var _ engine.NotificationStore = (*Store)(nil)

// notificationSchema adds the notifications that are not delivered yet. AUTOINCREMENT
// keeps a number from being given again; the page that it costs is one of those changes
// that have a notification.
const notificationSchema = `
	CREATE TABLE notifications (
		id           INTEGER PRIMARY KEY AUTOINCREMENT,
		notification TEXT NOT NULL
	);
`

// CreateNotifying implements [engine.NotificationStore].
func (s *Store) CreateNotifying(ctx context.Context, r engine.Record, definition string, lines, notifications [][]byte) error {
	create, err := creation(r, definition, lines)
	if err != nil {
		return s.wrap("create", err)
	}
	return s.do(ctx, "create", notifying(create, notifications))
}

// AppendNotifying implements [engine.NotificationStore].
func (s *Store) AppendNotifying(ctx context.Context, arn string, length int, c engine.Change, notifications [][]byte) error {
	add, err := addition(arn, length, c)
	if err != nil {
		return s.wrap("append", err)
	}
	return s.do(ctx, "append", notifying(add, notifications))
}

// notifying adds notifications to a change.
func notifying(main change, notifications [][]byte) change {
	return func(w *writer) (refused, failed error) {
		if refused, failed = main(w); refused != nil || failed != nil {
			return refused, failed
		}
		for _, text := range notifications {
			if err := w.conn.exec("INSERT INTO notifications (notification) VALUES (?)", string(text)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

// Notifications implements [engine.NotificationStore].
func (s *Store) Notifications(ctx context.Context, limit int) (found []engine.Notification, err error) {
	err = s.read(ctx, "read notifications", func(c *conn) error {
		return c.query(func(row []driver.Value) error {
			found = append(found, engine.Notification{Number: row[0].(int64), Text: []byte(row[1].(string))})
			return nil
		}, "SELECT id, notification FROM notifications ORDER BY id LIMIT ?", int64(limit))
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// RemoveNotifications implements [engine.NotificationStore].
func (s *Store) RemoveNotifications(ctx context.Context, numbers []int64) error {
	return s.do(ctx, "remove notifications", func(w *writer) (refused, failed error) {
		for _, number := range numbers {
			if err := w.conn.exec("DELETE FROM notifications WHERE id = ?", number); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}
