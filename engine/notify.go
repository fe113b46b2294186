package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/store"
	"go.uber.org/zap"
)

// notifyStep is how many notifications are read, delivered and then removed at a time;
// after a crash as many are delivered again.
const notifyStep = 256

// A notifier delivers notifications to Config.Notify, one after the other, on a goroutine
// that is there as long as there are some. When one is not taken, it and those that
// follow are tried again later.
type notifier struct {
	engine *Engine
	from   outbox
	ctx    context.Context // of the calls of Notify
	cancel context.CancelFunc

	delivered []int64 // and not removed yet; the goroutine's own

	mu      sync.Mutex
	running bool // there is the goroutine
	more    bool // there may be something that it has not seen
	resting bool // until the timer fires
	backoff time.Duration
	err     error         // why it rests
	closing bool          // the goroutine is to be the last
	stopped bool          // it is to end at once
	ended   chan struct{} // closed when it has ended, after closing
}

func (n *notifier) open(e *Engine) {
	n.engine, n.ended = e, make(chan struct{})
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.from = &e.unstored
	if e.config.Store != nil {
		n.from = storedNotifications{&e.store}
	}
}

// wake has the notifications delivered that are there.
func (n *notifier) wake() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.more = true
	n.start()
}

// retry tries again what was not taken.
func (n *notifier) retry() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.resting = false
	n.start()
}

// start starts the goroutine, unless there is one or it is to rest. n.mu is locked.
func (n *notifier) start() {
	if n.running || n.resting || n.closing {
		return
	}
	n.running = true
	n.engine.busy(1)
	go n.run()
}

// run delivers until nothing is left, or something is not taken.
func (n *notifier) run() {
	over := false
	defer func() {
		if !over {
			n.rest(errors.New("the call of Notify ended its goroutine")) // as a failing test does
		}
		n.engine.busy(-1)
	}()
	for n.goesOn() {
		if err := n.deliver(); err != nil {
			n.rest(err)
			break
		}
	}
	over = true
}

// goesOn reports whether there may be something that was not seen yet. If not, the
// goroutine is no more.
func (n *notifier) goesOn() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.more && !n.stopped {
		n.more = false
		return true
	}
	n.end()
	return false
}

// end is for the goroutine when it ends. n.mu is locked.
func (n *notifier) end() {
	n.running = false
	if n.closing {
		close(n.ended)
	}
}

// rest ends the goroutine and has another one try again later.
func (n *notifier) rest(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end()
	n.err, n.more = err, true
	if n.closing {
		return
	}
	e := n.engine
	n.resting = true
	n.backoff = min(max(2*n.backoff, firstBackoff), maxBackoff)
	e.config.Logger.Warn("gostates: a notification was not delivered; trying again later", zap.Error(err), zap.Duration("after", n.backoff))
	e.timers.start(&timer{due: e.config.Clock.Now().Add(n.backoff), kind: undelivered})
}

// deliver delivers all that is there.
func (n *notifier) deliver() error {
	for {
		if err := n.remove(); err != nil {
			return err
		}
		some, err := n.from.Notifications(context.Background(), notifyStep)
		if err != nil || len(some) == 0 {
			return err
		}
		for i := range some {
			if n.halted() {
				return n.remove()
			}
			if err := n.give(&some[i]); err != nil {
				return errors.Join(err, n.remove())
			}
			n.delivered = append(n.delivered, some[i].Number)
		}
	}
}

// remove removes what was delivered. When that fails it is tried again before anything
// else is read: what was delivered is not delivered twice by one engine.
func (n *notifier) remove() error {
	if len(n.delivered) == 0 {
		return nil
	}
	if err := n.from.RemoveNotifications(context.Background(), n.delivered); err != nil {
		return fmt.Errorf("delivered notifications can't be removed: %w", err)
	}
	n.delivered = n.delivered[:0]
	return nil
}

// halted reports whether nothing more is to be delivered.
func (n *notifier) halted() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stopped
}

// give delivers one notification.
func (n *notifier) give(one *store.Notification) (err error) {
	log := n.engine.config.Logger
	var change StatusChange
	if err := json.Unmarshal(one.Text, &change); err != nil {
		log.Error("gostates: a notification can't be read, and is left out", zap.ByteString("text", one.Text), zap.Error(err))
		return nil
	}
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the call of Notify panicked: %v", reason)
			log.Error("gostates: Notify panicked", zap.String("execution_arn", change.Detail.ExecutionARN),
				zap.Error(err), zap.StackSkip("stack", 1))
		}
	}()
	if err := n.engine.config.Notify(n.ctx, change); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err, n.backoff = nil, 0
	return nil
}

// close lets the goroutine deliver what is there, for nine tenths of some time, then
// cancels the context of the call under way. It reports false when that didn't return.
func (n *notifier) close(timeout time.Duration) bool {
	defer n.cancel()
	n.mu.Lock()
	running := n.running
	n.closing = true
	n.mu.Unlock()
	if !running {
		return true
	}
	wait := func(d time.Duration) bool {
		bound := time.NewTimer(d)
		defer bound.Stop()
		select {
		case <-n.ended:
			return true
		case <-bound.C:
			return false
		}
	}
	if wait(timeout - timeout/10) {
		return true
	}
	n.mu.Lock()
	n.stopped = true
	n.mu.Unlock()
	n.cancel()
	return wait(timeout / 10)
}
