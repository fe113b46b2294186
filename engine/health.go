package engine

import "time"

// Health says how an engine is.
type Health struct {
	// Err is nil while the engine can make progress. Else it is [ErrClosed], or a
	// *StoreError: the store failed, and the engine tries it again from time to
	// time.
	Err error
	// Since is when the store began to fail, in the time of the engine's clock;
	// zero while it doesn't.
	Since time.Time
	// Waiting is how many executions stand still until the store works again.
	Waiting int
	// Stranded are the running executions in the store that this engine can't run to
	// their end, by their ARNs, and why. When their definition is refused, or their log
	// can't be read, which is found out when an execution has something to do, they stay
	// as they are, and can be stopped. When the Resolver has no handler for a resource that their machine
	// names, they go on up to a task of this resource, which waits for a handler; meanwhile
	// they can be stopped, time out, and take answers by Task Token as others do. A damaged
	// record whose ARN can't be read is under the empty text.
	Stranded map[string]error
	// Notify is why the latest notification could not be delivered, nil when it was.
	Notify error
}

// Health says whether the engine can make progress. It asks the Resolver for the handlers
// that stranded executions lack, and they go on when it has them by now. An engine
// without a store always can until it is closed.
func (e *Engine) Health() Health {
	if e == nil || e.archive == nil {
		return Health{Err: errNotMade}
	}
	var h Health
	e.archive.health(&h)
	h.Notify = e.outbox.Err()
	if e.closed.Load() {
		h.Err = ErrClosed
	}
	return h
}
