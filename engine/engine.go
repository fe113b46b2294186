package engine

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/gostates/gostates/engine/internal/outbox"
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
	store    guard // of Config.Store
	programs programs
	repairs  repairs
	outbox   outbox.Outbox   // of Config.Notify
	unstored outbox.Memory   // without a store
	memory   memoryDocuments // without a store
	woken    chan struct{}   // holds one for every durable execution being woken

	mu    sync.Mutex // may be locked while an execution is, never the other way round
	byARN map[string]*Execution
	lists [listKinds]list
	kept  int    // executions in the list of ended ones
	count uint64 // Standard executions started so far
	// With a store, byARN has the running executions that are in memory. Of those that
	// sleep, handles has the ones that somebody holds on to: there is never a second
	// Execution of the same ARN.
	handles  map[string]weak.Pointer[Execution]
	sleepers sleepers
	looking  sync.Mutex       // held by look; mu may be locked then
	stranded map[string]error // running executions that can't go on here
	expired  time.Time        // when the store was last rid of old executions
	expiring bool             // it is under way

	// While New takes up what the store has, calls wait for its end.
	resuming bool
	held     []*call

	closed  atomic.Bool
	closing chan struct{} // closed by Close
	working atomic.Int64  // goroutines that may be calling handlers
	idle    chan struct{} // is sent to when working becomes 0 after Close

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
		byARN:     make(map[string]*Execution),
		handles:   make(map[string]weak.Pointer[Execution]),
		closing:   make(chan struct{}),
		idle:      make(chan struct{}, 1),
		jobs:      make(chan *call),
		maxSpare:  int64(8 * runtime.GOMAXPROCS(0)),
	}
	e.virtual, _ = config.Clock.(virtual.Clock)
	e.timers.clock, e.timers.exact, e.timers.wake = config.Clock, e.virtual != nil, e.wake
	if config.Notify != nil {
		e.openOutbox()
	}
	if config.Store != nil {
		e.store.store = config.Store
		e.sleepers.limit = atOnce
		e.woken = make(chan struct{}, maxWoken)
		if err := e.resume(); err != nil {
			return nil, errors.Join(err, e.Close())
		}
		if config.Notify != nil {
			e.outbox.Wake()
		}
	}
	return e, nil
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
