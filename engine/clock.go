package engine

import "time"

// A Clock tells an engine the time and wakes it. Every time that an execution
// sees, its waits, retries and timeouts and the times in its history, comes from
// the engine's clock. Package enginetest has one that jumps.
//
// Implementations must be safe for use by several goroutines. The engine holds locks while
// it calls a Clock, so that none of these methods may call the engine or wait for a wake
// that is under way.
type Clock interface {
	// Now returns the time. It must not go backwards far: an execution never
	// sees an earlier time than it has seen, and would stand still meanwhile.
	Now() time.Time
	// WakeAt calls wake once, at the given time or later, on a goroutine of the
	// clock's; at once when the time has passed. stop withdraws it, as far as it
	// has not begun. WakeAt itself must not call wake.
	WakeAt(at time.Time, wake func()) (stop func())
}
