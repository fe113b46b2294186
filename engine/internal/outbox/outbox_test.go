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
				require.True(t, closeWithin(o, time.Second))
			})
		})
	}
}

// TestWhatIsGivenUpIsBuried: after so many attempts what follows is delivered, and the delays go on
// to grow until something is taken. What can't be buried is tried no more, and buried later.
func TestWhatIsGivenUpIsBuried(t *testing.T) {
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
				o, memory, did := opened(func(_ context.Context, text string) error {
					if text != "a" && text != "d" {
						return fail.fail()
					}
					return nil
				}, "a", "b", "c", "d", "e")
				unburied := 2
				o.Attempts = 3
				o.Bury = func(n store.Notification, attempts int, err error) error {
					assert.Equal(t, 3, attempts)
					require.EqualError(t, err, fail.says)
					if unburied--; unburied >= 0 {
						return errors.New("disk full")
					}
					*did = append(*did, "buried:"+string(n.Text))
					return nil
				}
				o.Wake()
				synctest.Wait()
				attempts, err := o.State()
				assert.Equal(t, 1, attempts)
				require.ErrorContains(t, err, fail.says)
				<-time.After(time.Hour)
				synctest.Wait()
				want := map[string]string{
					"an error": "a b 100ms b 200ms b 400ms 800ms buried:b c 1.6s c 3.2s c buried:c d e 100ms e 200ms e buried:e",
					"Goexit":   "a b 100ms b 200ms b 400ms 800ms 1.6s buried:b c 3.2s c 6.4s c 12.8s buried:c d e 100ms e 200ms e 400ms buried:e",
				}
				assert.Equal(t, want[fail.name], strings.Join(*did, " "))
				attempts, err = o.State()
				assert.Equal(t, 0, attempts)
				require.Error(t, err, "the latest was not delivered")
				count, err := memory.CountNotifications(t.Context())
				require.NoError(t, err)
				assert.Zero(t, count)
				require.True(t, closeWithin(o, time.Second))
			})
		})
	}
}

// TestCloseBuriesNothing: an attempt that it has cut off does not count as the last one.
func TestCloseBuriesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, memory, _ := opened(func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}, "a")
		o.Attempts = 1
		o.Bury = func(store.Notification, int, error) error {
			assert.Fail(t, "buried")
			return nil
		}
		o.Wake()
		require.True(t, closeWithin(o, time.Second))
		count, err := memory.CountNotifications(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, count)
	})
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
				assert.Equal(t, c.ends, closeWithin(o, 10*time.Second))
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
		require.True(t, closeWithin(o, time.Second))
	})
}

// TestAnUnusedOutboxCloses at once.
func TestAnUnusedOutboxCloses(t *testing.T) {
	o := &Outbox{From: &Memory{}, Busy: func(int) {}}
	require.True(t, closeWithin(o, 0))
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

// closeWithin closes an outbox that has nine tenths of a time for deliveries, and the rest for the
// end of the last one.
func closeWithin(o *Outbox, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d-d/10)
	defer cancel()
	return o.Close(ctx, d/10, errClosing)
}
