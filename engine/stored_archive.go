package engine

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
	"weak"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A storeArchive keeps Standard executions in a Store. Executions that run and have
// something to do are in memory, those that wait are not.
type storeArchive struct {
	*Engine
	store    guard // of Config.Store
	programs programs
	repairs  repairs
	asides   chan struct{} // holds one for every execution that is being restored

	// byARN has the running executions that are in memory. Of those that sleep, handles
	// has the ones that somebody holds on to: there is never a second Execution of the
	// same ARN. Engine.mu guards these and those that follow.
	byARN    map[string]*Execution
	handles  map[string]weak.Pointer[Execution]
	sleepers sleepers
	looking  sync.Mutex       // held by look; mu may be locked then
	stranded map[string]error // running executions that can't be restored here
	lacking  map[string]lacking
	forsaken []string // keys of tasks whose children an engine before has not stopped
	stop     func()   // that ends the Resolver's calls of supplyHandlers

	heard      map[string]*heard     // sleeping executions whose tasks send heartbeats, by ARN
	heardTasks map[string]*heardTask // these tasks, by their Task Tokens
	opened     time.Time
	tookUp     bool // what the engine before left
	killed     bool // the process of the engine before was killed, as far as the store tells

	queued      map[string]*queuedCalls // of sleeping executions whose tasks wait for their places, by ARN
	housekeeper housekeeper
}

func newStoreArchive(e *Engine) *storeArchive {
	return &storeArchive{
		Engine: e, store: guard{store: e.config.Store}, sleepers: sleepers{limit: atOnce},
		byARN: make(map[string]*Execution), handles: make(map[string]weak.Pointer[Execution]),
		asides: make(chan struct{}, maxAside),
	}
}

func (a *storeArchive) prepare(x *Execution, o states.Options) error {
	p, err := a.programs.of(x, o)
	if err != nil {
		return err
	}
	x.durable = &durable{in: a, program: p, starting: true}
	return nil
}

func (a *storeArchive) options(x *Execution) states.Options { return x.program.options }

func (a *storeArchive) add(x *Execution) (*Execution, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed.Load() {
		return nil, ErrClosed
	}
	if other := a.bringInLocked(x.identity.ARN); other != nil {
		return other, nil
	}
	a.sleepers.noteMoved(x.identity.ARN)
	a.byARN[x.identity.ARN] = x
	a.running.push(x)
	return nil, nil
}

// drop forgets an execution that can't go on here.
func (a *storeArchive) drop(x *Execution) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running.remove(x)
	if a.byARN[x.identity.ARN] == x {
		delete(a.byARN, x.identity.ARN)
	}
}

func (a *storeArchive) adopt(x *Execution, events []states.Event) error {
	x.unsaved = append(x.unsaved, events...)
	return x.flush(nil, time.Time{})
}

func (a *storeArchive) failed(x *Execution, err error) (*Execution, error) {
	if !errors.Is(err, ErrExecutionAlreadyExists) {
		return nil, err
	}
	other, err := a.find(x.identity.ARN)
	if err == nil {
		other, err = other.same(x)
	}
	if err == nil && other == nil || errors.Is(err, ErrExecutionDoesNotExist) {
		err = x.exists() // its time is over, and it goes soon
	}
	return other, err
}

func (a *storeArchive) commit(x *Execution, p *plan, putOff bool) error {
	if err := x.persist(p, putOff); err != nil {
		return err
	}
	x.record(p.effects.Events)
	return nil
}

// send has the changes of the status delivered that were stored with a step.
func (a *storeArchive) send(x *Execution) {
	if len(x.changes) > 0 {
		x.changes = nil
		a.outbox.Wake()
	}
}

func (a *storeArchive) retire(x *Execution) {
	a.housekeeper.expect(a.Engine, x.stopDate, a.clean)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running.remove(x)
	a.sleepers.noteMoved(x.identity.ARN)
	delete(a.byARN, x.identity.ARN) // the store has it
	delete(a.lacking, x.identity.ARN)
}

func (a *storeArchive) restore(x *Execution) error {
	a.bringIn(x.identity.ARN) // it may sleep, if who moves it found it earlier
	err := x.load()
	if _, failed := errors.AsType[*StoreError](err); !failed {
		a.repairs.done(a, x)
	}
	return err
}

func (a *storeArchive) outlives() bool { return true }

func (a *storeArchive) close() error {
	if a.stop != nil {
		a.stop()
	}
	a.mu.Lock()
	clear(a.byARN)
	clear(a.handles)
	clear(a.sleepers.near)
	clear(a.queued)
	a.mu.Unlock()
	a.noteClosed()
	if err := a.store.close(); err != nil {
		return &StoreError{Err: err}
	}
	return nil
}

func (a *storeArchive) findTask(arn string) (x *Execution, err error) {
	for again := true; again; again = errors.Is(err, ErrExecutionAlreadyExists) { // as in find
		x, err = a.runningTask(arn)
	}
	return x, err
}

// runningTask is findTask, unless its error is ErrExecutionAlreadyExists.
func (a *storeArchive) runningTask(arn string) (*Execution, error) {
	x := a.bringIn(arn)
	if x == nil {
		r, err := a.readRecord(arn)
		switch {
		case errors.Is(err, ErrExecutionDoesNotExist) || err == nil && r.Status != states.StatusRunning:
			return nil, nil
		case err != nil:
			return nil, err
		}
		if x, err = a.executionOf(&r); x == nil || err != nil {
			return nil, err
		}
	}
	x.lock()
	if err := x.ready(); err != nil && !errors.Is(err, states.ErrStale) {
		x.unlock()
		return nil, err
	}
	return x, nil
}

func (a *storeArchive) findInMemory(arn string) *Execution {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byARN[arn]
}

func (a *storeArchive) arnsOf(key store.Key) (arns []string, err error) {
	err = a.store.use(func(s store.Store) (err error) {
		arns, err = s.Find(context.Background(), key)
		return err
	})
	if err != nil {
		err = a.storeError("", err)
	}
	return arns, err
}

func (a *storeArchive) tokenKey(arn string) (*states.TokenKey, error) {
	r, err := a.readRecord(arn)
	if err != nil {
		return nil, err
	}
	var key states.TokenKey
	if len(r.TokenKey) != len(key) {
		return nil, nil
	}
	copy(key[:], r.TokenKey)
	return &key, nil
}

func (a *storeArchive) machineOf(arn string) (*asl.StateMachine, string, error) {
	r, err := a.readRecord(arn)
	if err != nil {
		return nil, "", err
	}
	p, err := a.storedProgram(&r)
	if err != nil {
		return nil, "", err
	}
	return p.machine, p.terms, nil
}

func (a *storeArchive) health(h *Health) {
	if !a.closed.Load() {
		a.supplyHandlers()
	}
	a.mu.Lock()
	if n := len(a.stranded) + len(a.lacking); n > 0 {
		h.Stranded = make(map[string]error, n)
	}
	for arn, l := range a.lacking {
		h.Stranded[arn] = l.err
	}
	maps.Copy(h.Stranded, a.stranded)
	a.mu.Unlock()
	a.repairs.mu.Lock()
	defer a.repairs.mu.Unlock()
	h.Since, h.Waiting = a.repairs.since, len(a.repairs.queue)
	if a.repairs.err != nil {
		h.Err = &StoreError{Err: a.repairs.err}
	}
}

func (a *storeArchive) mapRuns() store.MapRunStore { return storedMapRuns{&a.store} }

func (a *storeArchive) notifications() notificationSource { return storedNotifications{&a.store} }
