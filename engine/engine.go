package engine

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gostates/gostates/engine/internal/outbox"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/internal/virtual"
	"github.com/gostates/gostates/states"
)

// An Engine runs executions. It is safe for use by any number of goroutines.
type Engine struct {
	config    Config
	served    *served          // Config.Resolver and what the engine serves itself
	virtual   virtual.Clock    // the config's clock if it is such a one, else nil
	observer  virtual.Observer // of the config's clock; nil for none
	options   states.Options
	arnPrefix string

	timers    timers.Timers
	tokens    tokens
	pollers   pollers
	throttles *throttles // nil for none
	mapRuns   mapRuns
	machines  machines
	queue     queue
	outbox    outbox.Outbox // of Config.Notify

	archive   archive // of Standard executions
	expresses archive

	mu      sync.Mutex // may be locked while an execution is, never the other way round
	running list       // of the executions that run and are in memory

	// While the archive takes up what it has, calls wait for the end of that.
	opening bool
	held    []*call

	left     atomic.Bool   // Close or Shutdown was called
	leaving  chan struct{} // closed then
	hurry    chan struct{} // closed when a Shutdown is to end soon
	hurried  sync.Once     // of closing it
	draining atomic.Bool   // no further handler is called
	drain    chan struct{} // closed then
	closed   atomic.Bool   // nothing is served any more
	closing  chan struct{} // closed then
	ended    chan struct{} // closed when Close is done
	working  atomic.Int64  // goroutines that may be calling handlers, or tell Observers and loggers
	idle     chan struct{} // is sent to when working becomes 0 after Close

	jobs     chan *call   // to goroutines that have nothing to do
	spare    atomic.Int64 // such goroutines; they count as working, too
	maxSpare int64
}

// New returns an engine, or everything that is wrong with its configuration. Close
// it when it is no longer needed. With a Store it takes up the executions that run
// according to it, as far as it can ([Engine.Health] tells which it can't); when it
// fails it has closed the Store.
func New(config Config) (*Engine, error) {
	config, err := config.withDefaults()
	if err != nil {
		if config.Store != nil {
			err = errors.Join(err, config.Store.Close())
		}
		return nil, err
	}
	e := &Engine{
		config:    config,
		options:   config.Limits.options(),
		arnPrefix: "arn:aws:states:" + config.Region + ":" + config.Account + ":",
		leaving:   make(chan struct{}),
		hurry:     make(chan struct{}),
		drain:     make(chan struct{}),
		closing:   make(chan struct{}),
		ended:     make(chan struct{}),
		idle:      make(chan struct{}, 1),
		jobs:      make(chan *call),
		maxSpare:  int64(8 * runtime.GOMAXPROCS(0)),
	}
	if !config.Standby {
		e.throttles, _ = newThrottles(config.Throttles) // withDefaults has told the error
	}
	e.machines.lacks = e.lacksForMapRuns
	e.served = &served{Resolver: config.Resolver}
	e.config.Resolver = e.served
	e.virtual, _ = config.Clock.(virtual.Clock)
	e.observer = observerOf(config.Clock)
	e.timers.WakeAt, e.timers.Exact, e.timers.Wake = config.Clock.WakeAt, e.virtual != nil, e.wake
	memory := newMemoryArchive(e)
	e.archive, e.expresses = memory, expressArchive{memory}
	if config.Store != nil {
		e.archive = newStoreArchive(e)
	}
	if config.Notify != nil {
		e.openOutbox()
	}
	if config.Standby {
		e.timers.Hold()
	}
	if err := e.archive.open(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if config.Notify != nil {
		e.outbox.Wake()
	}
	return e, nil
}

// neverCalled stands for all handlers of an engine on standby.
func neverCalled(context.Context, Task) (any, error) { return nil, ErrClosed }

// enter counts a goroutine that is about to call handlers. It reports false when
// the engine drains, is closed or on standby, and none may be called.
func (e *Engine) enter() bool {
	if e.config.Standby {
		return false
	}
	e.working.Add(1)
	if e.draining.Load() {
		e.leave()
		return false
	}
	return true
}

func (e *Engine) leave() {
	if e.working.Add(-1) == 0 && e.draining.Load() {
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

var errNotMade = errors.New("engine: the Engine is nil or zero: it must come from engine.New")

// begin starts a call of the API. The caller ends it with e.busy(-1).
func (e *Engine) begin(ctx context.Context) error {
	if e == nil || e.archive == nil {
		return errNotMade
	}
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
