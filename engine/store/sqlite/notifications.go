package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/gostates/gostates/engine/store"
)

var (
	_ store.NotificationStore   = (*Store)(nil)
	_ store.NotificationCounter = (*Store)(nil)
)

// notificationSchema adds the notifications that are not delivered yet. AUTOINCREMENT
// keeps a number from being given again; the page that it costs is one of those changes
// that have a notification.
const notificationSchema = `
	CREATE TABLE notifications (
		id           INTEGER PRIMARY KEY AUTOINCREMENT,
		notification TEXT NOT NULL
	);
`

// CreateNotifying implements [store.NotificationStore].
func (s *Store) CreateNotifying(ctx context.Context, r store.Record, definition string, lines, notifications [][]byte) error {
	create, err := creation(r, definition, lines)
	if err != nil {
		return s.wrap("create", err)
	}
	return s.do(ctx, "create", notifying(create, notifications))
}

// AppendNotifying implements [store.NotificationStore].
func (s *Store) AppendNotifying(ctx context.Context, arn string, length int, c store.Change, notifications [][]byte) error {
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
			id, err := w.conn.integer("SELECT ifnull(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'notifications'")
			if err != nil {
				return nil, err
			}
			if err := w.conn.exec("INSERT INTO notifications (id, notification, sum) VALUES (?, ?, ?)", id, string(text), sumOf(id, text)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
}

// notificationBytes is how much text Notifications reads at a time, by which it may be
// less than it could.
const notificationBytes = 4 << 20

var errEnough = errors.New("enough was read")

// Notifications implements [store.NotificationStore].
func (s *Store) Notifications(ctx context.Context, limit int) (found []store.Notification, err error) {
	err = s.read(ctx, "read notifications", func(c *conn) error {
		size := 0
		err := c.query(func(row []driver.Value) error {
			if size >= notificationBytes {
				return errEnough
			}
			text := []byte(row[1].(string))
			size += len(text)
			found = append(found, store.Notification{Number: row[0].(int64), Text: text})
			if row[2] == sumOf(text) {
				return nil // an earlier release left the number out
			}
			return check("the notification", row[0], row[2], sumOf(row[0], text), false)
		}, "SELECT id, notification, sum FROM notifications ORDER BY id LIMIT ?", int64(limit))
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// RemoveNotifications implements [store.NotificationStore]. Most follow one another, and
// statements cost more than rows.
func (s *Store) RemoveNotifications(ctx context.Context, numbers []int64) error {
	return s.do(ctx, "remove notifications", func(w *writer) (refused, failed error) {
		for begin := 0; begin < len(numbers); {
			end := begin + 1
			for end < len(numbers) && numbers[end] == numbers[end-1]+1 {
				end++
			}
			err := w.conn.exec("DELETE FROM notifications WHERE id BETWEEN ? AND ?", numbers[begin], numbers[end-1])
			if err != nil {
				return nil, err
			}
			begin = end
		}
		return nil, nil
	})
}

// countedUpTo is how many notifications are counted one by one. SQLite reads all of their texts for
// it.
const countedUpTo = 100_000

// CountNotifications implements [store.NotificationCounter]. Beyond 100,000 it returns how many
// numbers there are from the oldest to the newest.
func (s *Store) CountNotifications(ctx context.Context) (count int, err error) {
	err = s.read(ctx, "count notifications", func(c *conn) error {
		n, err := c.integer("SELECT ifnull((SELECT max(id) FROM notifications) - (SELECT min(id) FROM notifications) + 1, 0)")
		if err == nil && n <= countedUpTo {
			n, err = c.integer("SELECT count(*) FROM notifications")
		}
		count = int(n)
		return err
	})
	return count, err
}
