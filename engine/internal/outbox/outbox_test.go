package outbox

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errClosing = errors.New("closing")

// opened returns an Outbox over a Memory that has some texts, and what is done in it: each
// delivery, and each delay before the next one.
func opened(deliver func(context.Context, string) error, texts ...string) (*Outbox, *Memory, *[]string) {
	memory, did := new(Memory), new([]string)
	for _, text := range texts {
		memory.Add([][]byte{[]byte(text)})
	}
	o := &Outbox{From: memory, Busy: func(int) {}}
	o.Deliver = func(ctx context.Context, text []byte) error {
		*did = append(*did, string(text))
		return deliver(ctx, string(text))
	}
	o.Later = func(after time.Duration, _ error) {
		*did = append(*did, after.String())
		time.AfterFunc(after, o.Retry)
	}
	return o, memory, did
}

// TestFailuresHoldUpWhatFollows: an error, or the end of the goroutine, has a notification
// delivered again, after delays that grow up to 30 seconds and begin anew.
func TestFailuresHoldUpWhatFollows(t *testing.T) {
	for _, fail := range []struct {
		name string
		fail func() error
		says string
	}{
		{"an error", func() error { return errors.New("busy") }, "busy"},
		{"Goexit", func() error { runtime.Goexit(); return nil }, "the call of Notify ended its goroutine"},
	} {
		t.Run(fail.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failures := 0
				o, memory, did := opened(func(_ context.Context, text string) error {
					if failures++; text == "b" && failures <= 11 || text == "c" && failures == 13 {
						return fail.fail()
					}
					return nil
				}, "a", "b", "c")
				o.Wake()
				synctest.Wait()
				require.ErrorContains(t, o.Err(), fail.says)
				<-time.After(time.Hour)
				synctest.Wait()
				want := "a b 100ms b 200ms b 400ms b 800ms b 1.6s b 3.2s b 6.4s b 12.8s b 25.6s b 30s b c 100ms c"
				assert.Equal(t, want, strings.Join(*did, " "))
				require.NoError(t, o.Err())
				left, err := memory.Notifications(t.Context(), 10)
				require.NoError(t, err)
				assert.Empty(t, left, "what was delivered is removed")
				require.True(t, o.Close(time.Second, errClosing))
			})
		})
	}
}

// TestCloseBoundsTheDelivery: Close lets the outbox deliver for nine tenths of its time,
// and leaves the delivery behind that doesn't return in the last tenth.
func TestCloseBoundsTheDelivery(t *testing.T) {
	for _, c := range []struct {
		name           string
		each           time.Duration // how long a delivery takes
		heeds          bool          // the end of its context
		ends           bool
		delivered, end string
	}{
		{"quick", time.Second, true, true, "a b c", "3s"},
		{"slow", 4 * time.Second, true, true, "a b c", "9s"},
		{"deaf, and soon over", 3200 * time.Millisecond, false, true, "a b c", "9.6s"},
		{"deaf", time.Hour, false, false, "a", "10s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, _, did := opened(func(ctx context.Context, _ string) error {
					if !c.heeds {
						ctx = context.Background()
					}
					select {
					case <-time.After(c.each):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}, "a", "b", "c")
				began := time.Now()
				o.Wake()
				assert.Equal(t, c.ends, o.Close(10*time.Second, errClosing))
				took := time.Since(began)
				synctest.Wait()
				assert.Equal(t, c.end, took.String())
				assert.Equal(t, c.delivered, strings.Join(*did, " "))
				o.Wake()
				o.Retry()
				<-time.After(2 * time.Hour)
				synctest.Wait()
				assert.Equal(t, c.delivered, strings.Join(*did, " "), "nothing is delivered after Close")
			})
		})
	}
}

// failing is a Source whose removals fail a few times.
type failing struct {
	Memory
	failures atomic.Int64
}

func (f *failing) RemoveNotifications(ctx context.Context, numbers []int64) error {
	if f.failures.Add(-1) >= 0 {
		return errors.New("disk full")
	}
	return f.Memory.RemoveNotifications(ctx, numbers)
}

// TestNothingIsDeliveredTwiceByOneOutbox, although the source fails to remove what was
// delivered.
func TestNothingIsDeliveredTwiceByOneOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _, did := opened(func(context.Context, string) error { return nil })
		source := &failing{}
		source.failures.Store(2)
		source.Add([][]byte{[]byte("a"), []byte("b")})
		o.From = source
		o.Wake()
		<-time.After(time.Minute)
		synctest.Wait()
		assert.Equal(t, "a b 100ms 200ms", strings.Join(*did, " "))
		require.True(t, o.Close(time.Second, errClosing))
	})
}

// TestAnUnusedOutboxCloses at once.
func TestAnUnusedOutboxCloses(t *testing.T) {
	o := &Outbox{From: &Memory{}, Busy: func(int) {}}
	require.True(t, o.Close(0, errClosing))
	o.Wake()
	require.NoError(t, o.Err())
}

// TestMemoryIsBounded: the oldest are dropped.
func TestMemoryIsBounded(t *testing.T) {
	var m Memory
	numbers := func() (all []int64) {
		left, err := m.Notifications(t.Context(), 1000)
		require.NoError(t, err)
		for _, n := range left {
			all = append(all, n.Number)
		}
		return all
	}
	assert.Zero(t, m.Add([][]byte{make([]byte, 10<<20), make([]byte, 20<<20)}))
	assert.Zero(t, m.Add([][]byte{make([]byte, 34<<20)}))
	assert.Equal(t, []int64{1, 2, 3}, numbers())
	assert.Equal(t, 2, m.Add([][]byte{make([]byte, 11<<20), make([]byte, 2)}))
	assert.Equal(t, []int64{3, 4, 5}, numbers())
	require.NoError(t, m.RemoveNotifications(t.Context(), []int64{1, 2, 3}), "it was dropped while it was delivered")
	assert.Equal(t, []int64{4, 5}, numbers())
}

var _ Source = store.NotificationStore(nil)
