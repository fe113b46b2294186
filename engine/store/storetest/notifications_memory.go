package storetest

import (
	"context"
	"slices"

	"github.com/gostates/gostates/engine/store"
)

var _ store.NotificationStore = (*Memory)(nil)

// CreateNotifying implements [store.NotificationStore].
func (m *Memory) CreateNotifying(ctx context.Context, r store.Record, definition string, lines, notifications [][]byte) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	err := m.create(r, definition, lines)
	if err == nil {
		m.notify(notifications)
	}
	return err
}

// AppendNotifying implements [store.NotificationStore].
func (m *Memory) AppendNotifying(ctx context.Context, arn string, length int, c store.Change, notifications [][]byte) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	err := m.append(arn, length, c)
	if err == nil {
		m.notify(notifications)
	}
	return err
}

// notify adds notifications. m.mu is locked.
func (m *Memory) notify(texts [][]byte) {
	for _, text := range texts {
		m.notified++
		m.notifications = append(m.notifications, store.Notification{Number: m.notified, Text: slices.Clone(text)})
	}
}

// Notifications implements [store.NotificationStore].
func (m *Memory) Notifications(ctx context.Context, limit int) ([]store.Notification, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	found := slices.Clone(m.notifications[:min(limit, len(m.notifications))])
	for i := range found {
		found[i].Text = slices.Clone(found[i].Text)
	}
	return found, nil
}

// RemoveNotifications implements [store.NotificationStore].
func (m *Memory) RemoveNotifications(ctx context.Context, numbers []int64) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	m.notifications = slices.DeleteFunc(m.notifications, func(n store.Notification) bool { return slices.Contains(numbers, n.Number) })
	return nil
}

// CountNotifications implements [store.NotificationCounter].
func (m *Memory) CountNotifications(ctx context.Context) (int, error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	return len(m.notifications), nil
}
