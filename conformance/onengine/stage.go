package onengine

import (
	"context"
	"errors"
	"fmt"
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

// A stage is the store as one engine sees it, which holds one execution. It outlives
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

// Create implements [store.Store].
func (s *stage) Create(ctx context.Context, r store.Record, definition string, lines [][]byte) error {
	return s.write(r.Status, func() error { return s.Store.Create(ctx, r, definition, lines) })
}

// Append implements [store.Store].
func (s *stage) Append(ctx context.Context, arn string, length int, c store.Change) error {
	status := states.StatusRunning
	if c.End != nil {
		status = c.End.Status
	}
	return s.write(status, func() error { return s.Store.Append(ctx, arn, length, c) })
}

// Log implements [store.Store].
func (s *stage) Log(ctx context.Context, arn string) ([][]byte, error) {
	if s.isLost() {
		return nil, errLost
	}
	return s.Store.Log(ctx, arn)
}

// Close leaves the store to the next engine.
func (s *stage) Close() error { return nil }
