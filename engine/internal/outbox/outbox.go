// Package outbox delivers notifications that wait in a source, one after the other and in
// their order, each at least once. An [Outbox] owns the goroutine that delivers; [Memory]
// is the source of an engine that has no store.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine/store"
)

// step is how many notifications are read, delivered and then removed at a time; after a
// crash as many are delivered again.
const step = 256

// How long an Outbox waits before it delivers a notification again that was not taken: at
// first, and at most; each wait is twice the one before.
const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// A Source is where notifications wait until they are delivered. [Memory] and a
// [store.NotificationStore] are sources.
type Source interface {
	// Notifications returns up to limit notifications, the oldest first.
	Notifications(ctx context.Context, limit int) ([]store.Notification, error)
	// RemoveNotifications removes the notifications that have these numbers.
	RemoveNotifications(ctx context.Context, numbers []int64) error
}

// An Outbox delivers the notifications of a source, on a goroutine that exists as long as
// there are some. When a delivery fails, the Outbox repeats it later, and whatever follows
// waits for it. The exported fields are set before the first call of a method. The
// Outbox holds no lock while it calls one of them.
type Outbox struct {
	// From is where the notifications wait.
	From Source
	// Deliver delivers one notification. An error has it delivered again.
	Deliver func(ctx context.Context, text []byte) error
	// Attempts bounds how often that is tried for one notification; 0 for no bound. One that
	// is given up is buried by Bury, and then removed from the source as if it were delivered;
	// an error of Bury has it tried again later.
	Attempts int
	Bury     func(n store.Notification, attempts int, err error) error
	// Later sees to it that Retry is called after a time, because of an error.
	Later func(after time.Duration, err error)
	// Busy is told by 1 that a goroutine begins, and by -1 that it has ended.
	Busy func(n int)

	delivered []int64      // numbers to remove still; only the goroutine uses it
	unremoved atomic.Int64 // how many those are

	mu      sync.Mutex
	ctx     context.Context // of the calls of Deliver
	cancel  context.CancelCauseFunc
	running bool // the goroutine exists
	more    bool // the source may have a notification that the goroutine has not seen
	resting bool // nothing is delivered until Retry is called
	backoff time.Duration
	err     error         // of the latest delivery
	head    int64         // the notification that was tried last
	tries   int           // how often
	missed  error         // why it was not taken
	closing bool          // no further goroutine begins
	stopped bool          // the goroutine delivers nothing more
	ended   chan struct{} // closed when the goroutine ends after closing
}

// Wake says that the source may have new notifications. It returns before they are
// delivered.
func (o *Outbox) Wake() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.more = true
	o.start()
}

// Retry repeats the delivery that failed. It returns before that.
func (o *Outbox) Retry() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.resting = false
	o.start()
}

// Err returns why the latest delivery failed; nil when it did not.
func (o *Outbox) Err() error {
	_, err := o.State()
	return err
}

// State returns how often the delivery of the oldest notification has failed, and why the last
// time.
func (o *Outbox) State() (attempts int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		return 0, nil
	}
	return o.tries, o.err
}

// Delivered returns how many of the oldest notifications of the source are delivered already.
func (o *Outbox) Delivered() int { return int(o.unremoved.Load()) }

// start starts the goroutine, unless it exists or has to rest. o.mu is locked.
func (o *Outbox) start() {
	if o.running || o.resting || o.closing {
		return
	}
	if o.ctx == nil {
		o.ctx, o.cancel = context.WithCancelCause(context.Background())
		o.ended = make(chan struct{})
	}
	o.running = true
	o.Busy(1)
	go o.run(o.ctx)
}

// run delivers until the source is empty, or a delivery fails.
func (o *Outbox) run(ctx context.Context) {
	returned := false
	defer func() {
		if !returned { // runtime.Goexit, which a failing test calls
			err := errors.New("the call of Notify ended its goroutine")
			o.misses(err)
			o.rest(err)
		}
		o.Busy(-1)
	}()
	for o.goesOn() {
		if err := o.deliver(ctx); err != nil {
			o.rest(err)
			break
		}
	}
	returned = true
}

// goesOn reports whether the source may have a notification that the goroutine has not
// seen. If it has none, the goroutine counts as ended.
func (o *Outbox) goesOn() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.more && !o.stopped {
		o.more = false
		return true
	}
	o.end()
	return false
}

// end notes that the goroutine ends. o.mu is locked.
func (o *Outbox) end() {
	o.running = false
	if o.closing {
		close(o.ended)
	}
}

// rest notes that the goroutine ends because of an error, and has Retry called later.
func (o *Outbox) rest(err error) {
	o.mu.Lock()
	o.end()
	o.err, o.more = err, true
	later := !o.closing
	if later {
		o.resting = true
		o.backoff = min(max(2*o.backoff, firstBackoff), maxBackoff)
	}
	after := o.backoff
	o.mu.Unlock()
	if later {
		o.Later(after, err)
	}
}

// deliver delivers all notifications of the source.
func (o *Outbox) deliver(ctx context.Context) error {
	for {
		if err := o.remove(); err != nil {
			return err
		}
		some, err := o.From.Notifications(context.Background(), step)
		if err != nil || len(some) == 0 {
			return err
		}
		for i := range some {
			if o.halted() {
				return o.remove()
			}
			buried, err := o.try(ctx, some[i])
			if err != nil {
				if failed := o.remove(); failed != nil {
					err = errors.Join(err, failed)
				}
				return err
			}
			o.delivered = append(o.delivered, some[i].Number)
			o.unremoved.Store(int64(len(o.delivered)))
			if buried { // and not to be found in two places
				if err := o.remove(); err != nil {
					return err
				}
			}
		}
	}
}

// try delivers a notification, or buries it when it was tried often enough, and says which.
func (o *Outbox) try(ctx context.Context, n store.Notification) (buried bool, err error) {
	if o.triesOnce(n.Number) {
		err := o.Deliver(ctx, n.Text)
		if err == nil {
			o.taken()
			return false, nil
		}
		o.misses(err)
		if !o.givesUp() || o.halted() {
			return false, err
		}
	}
	// The next delay is no shorter for it: whoever takes nothing at all is not to be asked more
	// often, and what waits is better off than what is buried.
	o.mu.Lock()
	missed := o.missed
	o.mu.Unlock()
	if err := o.Bury(n, o.Attempts, missed); err != nil {
		return false, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tries = 0
	return true, nil
}

// triesOnce counts a try of a notification. It reports false when that is one too many: the last one
// ended its goroutine, or the notification could not be buried.
func (o *Outbox) triesOnce(number int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.head != number {
		o.head, o.tries, o.missed = number, 0, nil
	}
	if o.Attempts > 0 && o.tries >= o.Attempts {
		return false
	}
	o.tries++
	return true
}

// givesUp reports whether the notification that was tried last is not to be tried again.
func (o *Outbox) givesUp() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Attempts > 0 && o.tries >= o.Attempts
}

// misses notes why a try has failed.
func (o *Outbox) misses(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.missed = err
}

// taken notes that a delivery succeeded.
func (o *Outbox) taken() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err, o.backoff, o.tries = nil, 0, 0
}

// remove removes the delivered notifications from the source. When that fails it is
// repeated before anything else is read, so that one Outbox delivers none of them twice.
func (o *Outbox) remove() error {
	if len(o.delivered) == 0 {
		return nil
	}
	if err := o.From.RemoveNotifications(context.Background(), o.delivered); err != nil {
		return fmt.Errorf("delivered notifications can't be removed: %w", err)
	}
	o.delivered = o.delivered[:0]
	o.unremoved.Store(0)
	return nil
}

// halted reports whether Close wants nothing more to be delivered.
func (o *Outbox) halted() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stopped
}

// Close lets the goroutine deliver what the source has, until ctx ends, and then cancels the
// context of the delivery under way, with why as its cause. It reports false when that delivery
// does not return within a time then. Nothing is delivered after Close.
func (o *Outbox) Close(ctx context.Context, grace time.Duration, why error) bool {
	o.mu.Lock()
	running := o.running
	o.closing = true
	cancel, ended := o.cancel, o.ended
	o.mu.Unlock()
	if cancel == nil {
		return true
	}
	defer cancel(why)
	if !running {
		return true
	}
	select {
	case <-ended:
		return true
	case <-ctx.Done():
	}
	o.mu.Lock()
	o.stopped = true
	o.mu.Unlock()
	cancel(why)
	bound := time.NewTimer(grace)
	defer bound.Stop()
	select {
	case <-ended:
		return true
	case <-bound.C:
		return false
	}
}
