package engine

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// TestNotificationsInMemoryAreBounded: the oldest are dropped, which is logged.
func TestNotificationsInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	logger, logs := observer.New(zap.ErrorLevel)
	hang := make(chan struct{})
	e, err := New(Config{Resolver: NewMux(), Logger: zap.New(logger), CloseTimeout: time.Millisecond, Notify: func(context.Context, StatusChange) error {
		<-hang
		return nil
	}})
	require.NoError(t, err)
	x, memory := &Execution{engine: e}, e.archive.(*memoryArchive)
	add := func(sizes ...int) {
		for _, size := range sizes {
			x.changes = append(x.changes, append([]byte(`{}`), bytes.Repeat([]byte{' '}, size-2)...))
		}
		x.lock()
		memory.send(x)
		x.unlock()
	}
	numbers := func() (all []int64) {
		left, err := memory.unsent.Notifications(t.Context(), 1000)
		require.NoError(t, err)
		for _, n := range left {
			all = append(all, n.Number)
		}
		return all
	}
	add(10<<20, 20<<20)
	add(34 << 20)
	assert.Equal(t, []int64{1, 2, 3}, numbers())
	assert.Zero(t, logs.Len())
	add(11<<20, 2)
	assert.Equal(t, []int64{3, 4, 5}, numbers())
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, map[string]any{"dropped": int64(2)}, logs.All()[0].ContextMap())
	require.NoError(t, memory.unsent.RemoveNotifications(t.Context(), []int64{1, 2, 3}), "it was dropped while it was delivered")
	add(50 << 20)
	assert.Equal(t, []int64{4, 5, 6}, numbers())
	assert.Equal(t, 1, logs.Len())
	require.ErrorContains(t, e.Close(), "a call of Notify still running", "nobody waits for what is so large")
	close(hang)
}
