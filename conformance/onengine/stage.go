package onengine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A loss says when an engine is lost: at which write to the store, counted from 1, and
// whether that takes effect. The zero loss is none.
type loss struct {
	write int
	after bool
	again bool // so is each engine after it
}

func (l loss) String() string {
	switch {
	case l.again:
		return "after every write"
	case l.after:
		return fmt.Sprintf("after write %d", l.write)
	}
	return fmt.Sprintf("before write %d", l.write)
}

var errLost = errors.New("onengine: the engine is lost")

// A stage is the store as one engine sees it, which holds one execution and the children of its
// Map Runs. It outlives
// the engine, and fails from a write on when the engine is to be lost there.
type stage struct {
	store.Store
	loss loss

	mu       sync.Mutex
	writes   int
	lost     bool
	ended    bool // the execution has
	finished bool // the run is over, and what follows does not count
}

func (s *stage) isLost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// finish ends the counting and losing.
func (s *stage) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
}

// isOver reports whether the engine is lost or has nothing left to do.
func (s *stage) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost || s.ended
}

// write makes one write, with how the execution stands then.
func (s *stage) write(status states.Status, do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost {
		return errLost
	}
	if s.finished {
		return do()
	}
	here := s.writes+1 == s.loss.write
	if here && !s.loss.after {
		s.lost = true
		return errLost
	}
	if err := do(); err != nil {
		return err
	}
	s.writes++
	s.ended = status != states.StatusRunning
	if s.lost = here; here {
		return errLost
	}
	return nil
}

// statusOf returns how the case stands when an execution has a status: the children of its Map
// Runs don't end it.
func statusOf(arn string, status states.Status) states.Status {
	if arn != executionARN {
		return states.StatusRunning
	}
	return status
}

// Create implements [store.Store].
func (s *stage) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	return s.write(statusOf(r.ARN, r.Status), func() error { return s.Store.Create(ctx, r, definition, lines) })
}

// Append implements [store.Store].
func (s *stage) Append(ctx context.Context, arn string, length int, c store.Change) error {
	status := states.StatusRunning
	if c.End != nil {
		status = c.End.Status
	}
	if onlyCounts(c.Lines) && !s.isLost() {
		return s.Store.Append(ctx, arn, length, c)
	}
	return s.write(statusOf(arn, status), func() error { return s.Store.Append(ctx, arn, length, c) })
}

// onlyCounts reports whether all that lines do is to count that an engine was lost. An engine that was
// lost at each of these would come no further.
func onlyCounts(lines [][]byte) bool {
	counts := func(line []byte) bool { return bytes.Contains(line, []byte(`"type":"TaskRepeated"`)) }
	return slices.ContainsFunc(lines, counts) && !slices.ContainsFunc(lines, func(line []byte) bool { return !isOwn(line) })
}

// Log implements [store.Store].
func (s *stage) Log(ctx context.Context, arn string) ([][]byte, error) {
	if s.isLost() {
		return nil, errLost
	}
	return s.Store.Log(ctx, arn)
}

// Tail implements [store.Tailer].
func (s *stage) Tail(ctx context.Context, arn string, first func([]byte) bool) ([][]byte, int, error) {
	if t, ok := s.Store.(store.Tailer); ok && !s.isLost() {
		return t.Tail(ctx, arn, first)
	}
	lines, err := s.Log(ctx, arn)
	return lines, 0, err
}

var _ store.MapRunStore = (*stage)(nil)

func (s *stage) mapRuns() store.MapRunStore { return s.Store.(store.MapRunStore) }

// CreateMapRun implements [store.MapRunStore].
func (s *stage) CreateMapRun(ctx context.Context, r store.MapRun) error {
	return s.write(states.StatusRunning, func() error { return s.mapRuns().CreateMapRun(ctx, r) })
}

// ChangeMapRun implements [store.MapRunStore].
func (s *stage) ChangeMapRun(ctx context.Context, arn string, version int64, c store.MapRunChange) error {
	return s.write(states.StatusRunning, func() error { return s.mapRuns().ChangeMapRun(ctx, arn, version, c) })
}

// MapRun implements [store.MapRunStore].
func (s *stage) MapRun(ctx context.Context, arn string) (store.MapRun, error) {
	return s.mapRuns().MapRun(ctx, arn)
}

// MapRuns implements [store.MapRunStore].
func (s *stage) MapRuns(ctx context.Context, execution, after string, limit int) ([]store.MapRun, error) {
	return s.mapRuns().MapRuns(ctx, execution, after, limit)
}

// OpenMapRuns implements [store.MapRunStore].
func (s *stage) OpenMapRuns(ctx context.Context) ([]string, error) {
	return s.mapRuns().OpenMapRuns(ctx)
}

// MapRunResults implements [store.MapRunStore].
func (s *stage) MapRunResults(ctx context.Context, arn string, from int64, bad bool, limit int) ([]store.MapRunResult, error) {
	return s.mapRuns().MapRunResults(ctx, arn, from, bad, limit)
}

// Close leaves the store to the next engine.
func (s *stage) Close() error { return nil }
