package engine

import (
	"context"
	"testing"
	"time"
)

// SnapshotEvery has logs get a snapshot after so many lines, until the test ends. No engine of another
// test may be open.
func SnapshotEvery(t testing.TB, lines int64) {
	before := snapshotEvery.Swap(lines)
	t.Cleanup(func() { snapshotEvery.Store(before) })
}

// ReadAhead has the engine read so many sleeping executions at a time, instead of
// thousands, and forget those that are too many then.
func (e *Engine) ReadAhead(n int) {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sleepers.limit = n
	if len(a.sleepers.near) > 4*n {
		a.leaveToStore()
	}
}

// Foreseen returns how many sleeping executions the engine has in mind.
func (e *Engine) Foreseen() int {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sleepers.near)
}

// Look has the engine ask the store who is due next, as it does from time to time.
func (e *Engine) Look() {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	a.sleepers.until = time.Time{}
	a.mu.Unlock()
	a.lookAgain(a.virtual != nil)
}

// Awake returns how many running executions are in memory.
func (e *Engine) Awake() int {
	a := e.archive.(*storeArchive)
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.byARN)
}

// QueueAsleep has executions in a Store leave memory as soon as more than n tasks wait for
// their places.
func (e *Engine) QueueAsleep(n int) { e.throttles.keeps = n }

// RedriveAtOnce is RedriveExecution with a RedriveToken, as it goes on when it has looked for the token
// before another call has given it.
func (e *Engine) RedriveAtOnce(ctx context.Context, arn, token string) (*Execution, error) {
	return e.redriveUnlessDone(ctx, arn, token)
}
