package engine

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine/internal/virtual"
	"github.com/gostates/gostates/states"
)

// An Engine runs executions. It is safe for use by any number of goroutines.
type Engine struct {
	config    Config
	virtual   virtual.Clock // the config's clock if it is such a one, else nil
	options   states.Options
	arnPrefix string

	timers   timers
	tokens   tokens
	machines machines
	queue    queue

	mu    sync.Mutex // may be locked while an execution is, never the other way round
	byARN map[string]*Execution
	lists [listKinds]list
	kept  int    // executions in the list of ended ones
	count uint64 // Standard executions started so far

	closed  atomic.Bool
	closing chan struct{} // closed by Close
	working atomic.Int64  // goroutines that may be calling handlers
	idle    chan struct{} // is sent to when working becomes 0 after Close

	jobs     chan *call   // to goroutines that have nothing to do
	spare    atomic.Int64 // such goroutines; they count as working, too
	maxSpare int64
}

// New returns an engine, or everything that is wrong with its configuration. Close
// it when it is no longer needed.
func New(config Config) (*Engine, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		config:    config,
		options:   config.Limits.options(),
		arnPrefix: "arn:aws:states:" + config.Region + ":" + config.Account + ":",
		byARN:     make(map[string]*Execution),
		closing:   make(chan struct{}),
		idle:      make(chan struct{}, 1),
		jobs:      make(chan *call),
		maxSpare:  int64(8 * runtime.GOMAXPROCS(0)),
	}
	e.virtual, _ = config.Clock.(virtual.Clock)
	e.timers.clock, e.timers.exact, e.timers.wake = config.Clock, e.virtual != nil, e.wake
	e.tokens.limit = config.Limits.Tokens
	return e, nil
}

// Close ends the engine. It cancels the contexts of all handlers and waits for
// them, for as long as Config.CloseTimeout; an error says how many were left
// behind, whose answers will be dropped. Executions that run are gone; who waits
// for them gets [ErrClosed], and so does every later call. Close may be called
// more than once.
func (e *Engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	close(e.closing)
	e.timers.close()
	e.mu.Lock()
	var running []*Execution
	for x := e.lists[stillRunning].first; x != nil; x = x.links[stillRunning].next {
		running = append(running, x)
	}
	e.mu.Unlock()
	for _, x := range running {
		x.abandon()
	}
	e.mu.Lock()
	clear(e.byARN)
	e.lists = [listKinds]list{}
	e.mu.Unlock()
	bound := time.NewTimer(max(e.config.CloseTimeout, 0))
	defer bound.Stop()
	for e.working.Load() > 0 {
		select {
		case <-e.idle:
		case <-bound.C:
			if n := e.working.Load() - e.spare.Load(); n > 0 {
				return fmt.Errorf("engine: closed with %d handlers still running after %v", n, e.config.CloseTimeout)
			}
		}
	}
	return nil
}

// enter counts a goroutine that is about to call handlers. It reports false when
// the engine is closed, and none may be called.
func (e *Engine) enter() bool {
	e.working.Add(1)
	if e.closed.Load() {
		e.leave()
		return false
	}
	return true
}

func (e *Engine) leave() {
	if e.working.Add(-1) == 0 && e.closed.Load() {
		select {
		case e.idle <- struct{}{}:
		default:
		}
	}
}

// busy tells a virtual clock about work under way.
func (e *Engine) busy(n int) {
	if e.virtual != nil {
		e.virtual.Busy(n)
	}
}

// waiting tells a virtual clock about goroutines that wait for an execution.
func (e *Engine) waiting(n int) {
	if e.virtual != nil {
		e.virtual.Waiting(n)
	}
}

// begin starts a call of the API. The caller ends it with e.busy(-1).
func (e *Engine) begin(ctx context.Context) error {
	if e.closed.Load() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	e.busy(1)
	return nil
}

// now returns the time as histories show it, to the millisecond.
func (e *Engine) now() time.Time { return e.config.Clock.Now().UTC().Truncate(time.Millisecond) }
