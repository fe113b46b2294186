package postgres

import (
	"context"

	"github.com/gostates/gostates/engine/store"
	"github.com/jackc/pgx/v5"
)

var (
	_ store.NotificationStore   = (*Store)(nil)
	_ store.NotificationCounter = (*Store)(nil)
)

// CreateNotifying implements [store.NotificationStore].
func (s *Store) CreateNotifying(ctx context.Context, r store.Record, definition string, lines, notifications [][]byte) error {
	create, err := creation(r, definition, lines, notifications)
	if err != nil {
		return s.wrap("create", err)
	}
	return s.do(ctx, "create", create)
}

// AppendNotifying implements [store.NotificationStore].
func (s *Store) AppendNotifying(ctx context.Context, arn string, length int, c store.Change, notifications [][]byte) error {
	add, err := addition(arn, length, c, notifications)
	if err != nil {
		return s.wrap("append", err)
	}
	return s.do(ctx, "append", add)
}

func notificationSum(id int64, text []byte) sum { return sum(0).number(id).bytes(text) }

// notify adds notifications.
func (w *writer) notify(texts [][]byte) {
	for _, text := range texts {
		n, id := &w.next.notes, w.id()
		n.ids, n.texts = append(n.ids, id), append(n.texts, notNull(text))
		n.sums = append(n.sums, int64(notificationSum(id, text)))
	}
}

// portionBytes is how much text one call reads, by which it may be less than it could.
const portionBytes = 4 << 20

// Notifications implements [store.NotificationStore].
func (s *Store) Notifications(ctx context.Context, limit int) (found []store.Notification, err error) {
	err = s.read(ctx, "read notifications", func(c queryer) error {
		found = nil
		// What is beyond the portion stays at the server.
		rows, err := c.Query(ctx, `SELECT id, notification, sum FROM (
				SELECT id, notification, sum, sum(length(notification)) OVER (ORDER BY id) - length(notification) AS before
				FROM (SELECT id, notification, sum FROM notifications ORDER BY id LIMIT $1) n
			) n WHERE before < $2 ORDER BY id`, limit, portionBytes)
		if err != nil {
			return err
		}
		var id, sum int64
		var text []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &text, &sum}, func() error {
			found = append(found, store.Notification{Number: id, Text: text})
			return check("the notification", id, sum, notificationSum(id, text))
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// RemoveNotifications implements [store.NotificationStore].
func (s *Store) RemoveNotifications(ctx context.Context, numbers []int64) error {
	return s.do(ctx, "remove notifications", change{apply: func(w *writer) error {
		w.next.notes.gone = append(w.next.notes.gone, numbers...)
		return nil
	}})
}

// CountNotifications implements [store.NotificationCounter].
func (s *Store) CountNotifications(ctx context.Context) (count int, err error) {
	err = s.read(ctx, "count notifications", func(c queryer) error {
		return c.QueryRow(ctx, "SELECT count(*) FROM notifications").Scan(&count)
	})
	return count, err
}
