package outbox

import (
	"context"
	"sync"

	"github.com/gostates/gostates/engine/store"
)

// maxBytes bounds the texts in a Memory.
const maxBytes = 64 << 20

// A Memory is a Source in memory that has at most 64 MiB of texts. The zero value is
// empty. It is safe for use by any number of goroutines.
type Memory struct {
	mu     sync.Mutex
	all    []store.Notification
	number int64
	size   int // of all texts
}

// Add adds notifications. When there are too many it drops the oldest, and returns how
// many it dropped.
func (m *Memory) Add(texts [][]byte) (dropped int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range texts {
		m.number++
		m.all = append(m.all, store.Notification{Number: m.number, Text: text})
		m.size += len(text)
	}
	for m.size > maxBytes {
		m.size -= len(m.all[dropped].Text)
		m.all[dropped] = store.Notification{}
		dropped++
	}
	m.all = m.all[dropped:]
	return dropped
}

// Notifications implements [Source].
func (m *Memory) Notifications(_ context.Context, limit int) ([]store.Notification, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]store.Notification(nil), m.all[:min(limit, len(m.all))]...), nil
}

// RemoveNotifications implements [Source]. The numbers must ascend, and be those of the
// oldest notifications; numbers of dropped ones are ignored.
func (m *Memory) RemoveNotifications(_ context.Context, numbers []int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.all) > 0 && len(numbers) > 0 && m.all[0].Number <= numbers[len(numbers)-1] {
		m.size -= len(m.all[0].Text)
		m.all[0] = store.Notification{}
		m.all = m.all[1:]
	}
	return nil
}

// CountNotifications implements [store.NotificationCounter].
func (m *Memory) CountNotifications(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all), nil
}
