package store

import "context"

// A NotificationStore is what a [Store] can do besides: it keeps notifications until they are
// delivered. It is optional; an engine that has somebody to notify asks a Store for it by
// a type assertion.
//
// Several goroutines call it at a time. What Store promises of errors and durability
// holds here as well: a notification is there if and only if the change that it came
// with is there. Package storetest has the contract as tests.
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

// A NotificationCounter is what a [NotificationStore] can do besides: it counts the notifications that
// wait. It is optional.
type NotificationCounter interface {
	// CountNotifications returns how many notifications there are. It may be asked often, by
	// what collects metrics, and so may return more than there are beyond 100,000.
	CountNotifications(ctx context.Context) (int, error)
}

// A Notification is a text that waits to be delivered. Numbers are given in the order in
// which notifications were added, and none is given again.
type Notification struct {
	Number int64
	Text   []byte
}
