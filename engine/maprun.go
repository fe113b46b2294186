package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/children"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/items"
	"github.com/gostates/gostates/engine/results"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// A mapRun is an open Map Run: what a Map state in the mode DISTRIBUTED waits for. It costs a
// goroutine only while it has something to do: to take up results, to read items, to start
// children. That goroutine is the pump, and there is one at a time. A child that ends kicks it.
//
// What the pump learns is kept in one write: the results of children, the counts, and the
// place up to which all children have results. After a crash the next pump reads on from
// there, and passes over the children behind it that have a result. As many children as
// run at a time may be run once more: Express ones are, Standard ones are found.
type mapRun struct {
	engine *Engine
	keeper store.MapRunStore
	arn    string

	execution string          // the ARN of the one that it belongs to
	over      context.Context // ends when this process does nothing more for the run
	end       context.CancelFunc

	mu        sync.Mutex
	asked     mapRunOrder // by the execution last
	parent    *Execution  // which waits for the run; nil when nobody does
	state     mapRunState // the pump changes it, others read it
	running   map[int64]*runningChild
	ended     []*childResult // that the pump has not taken up
	updates   []mapRunChange // likewise
	unsure    []unstarted    // children whose start failed, and the first error of that
	startErr  error
	aborted   bool // nobody wants its output any more
	noReading context.CancelFunc
	pumping   bool
	left      bool // nothing is done for the run any more, and the pump lets go of the reader
	again     bool // there is something to do for the pump
	changed   chan struct{}
	ready     chan struct{} // closed when the pump has tried to load the run
	retry     timers.Timer
	seen      runWatch

	// What follows is the pump's.
	mapRunOrder // that it carries out
	loaded      bool
	version     int64
	doubtful    bool // nobody knows whether the last write took effect
	rows        []store.MapRunResult
	dirty       bool
	reading     context.Context // of the items
	next        func() (children.Input, error, bool)
	stop        func()
	index       int64        // of the next child
	place       items.Place  // of its first item
	given       []givenChild // that have no result yet, and others
	taken       []int64      // children whose results are in rows
	known       int64        // how many items there are, -1 when that is not known
	done        portions     // of results behind the place
	redo        portions     // of children that are to run again
	starting    sync.WaitGroup
	starts      chan struct{} // has room for the starts that go on side by side
	failures    int           // tries that failed in a row
	soonest     time.Time     // when the next child may start
	winding     *states.Failure
	stopped     bool // the children were, because it is winding up
	exported    *states.Failure
	writer      *results.Writer // of results that nothing keeps
}

// A mapRunOrder is what an execution asks of its Map Run. The pump takes it over when it loads the
// run: an execution may be redriven while the run that it has left winds up.
type mapRunOrder struct {
	command *states.StartMapRun
	facts   *machineFacts // of the children
	// What the children have of the execution.
	logging LogOptions
	role    string
	terms   string
	leaves  bool
	depth   int
}

// A mapRunChange is an update from outside, and where its outcome goes.
type mapRunChange struct {
	update MapRunUpdate
	done   chan error
}

// maxStarts bounds the starts of durable children that go on side by side, each of which waits
// for the store.
const maxStarts = 128

// close lets go of the reader of items, now or when the pump has come to its end. The pump
// does no more then.
func (r *mapRun) close() {
	r.mu.Lock()
	r.left = true
	r.engine.timers.Cancel(&r.retry)
	stop := r.lastReader()
	r.mu.Unlock()
	stop()
}

// lastReader returns what stops the reader of items once the run was left and no pump has it any
// more. Exactly one caller gets it, for others there is nothing to stop. r.mu is locked.
func (r *mapRun) lastReader() (stop func()) {
	if !r.left || r.pumping || r.stop == nil {
		return func() {}
	}
	stop = r.stop
	r.next, r.stop = nil, nil
	return stop
}

// kick has the pump look for something to do.
func (r *mapRun) kick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again = true
	if r.pumping || r.left || !r.engine.enter() {
		return
	}
	r.pumping = true
	r.engine.busy(1)
	go r.pump()
}

// pump does what there is to do.
func (r *mapRun) pump() {
	defer r.engine.leave()
	defer r.engine.busy(-1)
	for r.takesUp() {
		err := r.turn()
		switch {
		case err == nil:
			r.failures = 0
		case errors.Is(err, ErrClosed) || r.engine.closed.Load():
			r.rest()
			return
		case errors.Is(err, store.ErrConflict):
			r.engine.config.Logger.Error("gostates: a Map Run was lost to another owner", zap.String("map_run_arn", r.arn))
			r.suspend()
			r.rest()
			return
		default:
			r.tryLater(err)
			r.rest()
			return
		}
		r.tell()
	}
}

// takesUp reports whether there is something to do.
func (r *mapRun) takesUp() bool {
	r.mu.Lock()
	goesOn := r.again && !r.left
	r.pumping, r.again = goesOn, false
	stop := r.lastReader()
	r.mu.Unlock()
	stop()
	return goesOn
}

// rest ends the pump, whatever there is to do.
func (r *mapRun) rest() {
	r.mu.Lock()
	r.pumping = false
	stop := r.lastReader()
	r.mu.Unlock()
	stop()
}

// readied tells those who wait for it that the run was loaded, as far as it can be.
func (r *mapRun) readied() {
	select {
	case <-r.ready:
	default:
		close(r.ready)
	}
}

// tell wakes those who watch the run.
func (r *mapRun) tell() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// tryLater kicks the pump after a delay that grows with the failures.
func (r *mapRun) tryLater(err error) {
	const first, most = 100 * time.Millisecond, 30 * time.Second
	delay := min(first<<min(r.failures, 20), most)
	r.failures++
	r.engine.config.Logger.Warn("gostates: a Map Run could not go on; trying again later", zap.String("map_run_arn", r.arn), zap.Duration("delay", delay), zap.Error(err))
	r.kickAt(r.engine.config.Clock.Now().Add(delay))
}

// kickAt kicks the pump at a time.
func (r *mapRun) kickAt(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left {
		return
	}
	ts := &r.engine.timers
	ts.Cancel(&r.retry)
	r.retry = timers.Timer{Due: at, Owner: timers.Do(func(bool) bool {
		r.kick()
		return false
	})}
	ts.Start(&r.retry)
}

// turn does what there is to do at this moment.
func (r *mapRun) turn() error {
	r.observeBegin()
	if !r.loaded {
		err := r.load()
		r.readied()
		if err != nil {
			return err
		}
	}
	if r.state.Status != MapRunRunning {
		return r.answer()
	}
	if err := r.takeResults(); err != nil {
		return err
	}
	r.mu.Lock()
	aborted, idle := r.aborted, len(r.running) == 0
	r.mu.Unlock()
	if aborted && r.winding == nil {
		r.winding = &states.Failure{}
	}
	r.judge()
	if r.winding != nil {
		if idle {
			return r.conclude()
		}
		return r.wind()
	}
	if over, err := r.fill(); !over || err != nil {
		return err
	}
	r.judge() // by the number of items, which is known now
	return r.conclude()
}

// judge fails the run when too many items have failed.
func (r *mapRun) judge() {
	if r.winding == nil && r.state.tolerance().Exceeded(r.bad()) {
		f := r.state.tolerance().Failure()
		r.winding = &f
	}
}

// bad returns how many items have failed, and of how many. Until it is known how many there
// are, a share of them can't be too large.
func (r *mapRun) bad() (failed, total int64) {
	failed = r.state.Items.bad()
	switch {
	case r.known >= 0:
		total = r.known
	case r.state.Read:
		total = r.place.Index
	}
	return failed, total
}

// wind stops the children, so that the run ends as soon as all of them have.
func (r *mapRun) wind() error {
	if r.stopped {
		return nil
	}
	r.starting.Wait()
	err := r.stopChildren()
	r.stopped = err == nil
	return err
}

// takeResults takes up the results of children that have ended, and the updates, and keeps them.
func (r *mapRun) takeResults() error {
	r.mu.Lock()
	ended, updates := r.ended, r.updates
	r.ended, r.updates = nil, nil
	r.mu.Unlock()
	for _, u := range updates {
		r.mu.Lock()
		u.update.apply(&r.state)
		r.mu.Unlock()
		r.dirty = true
	}
	err := r.takeEnded(ended)
	for _, u := range updates {
		u.done <- err
	}
	return err
}

// takeEnded takes up the results of children, and keeps them with all else that is to be kept.
func (r *mapRun) takeEnded(ended []*childResult) error {
	const most = 4 << 20 // bytes in one write
	size := 0
	for i, c := range ended {
		c.redrives = r.state.Redrives
		c.hasInput = c.bad() || r.keepsInputs()
		if !c.hasInput {
			c.input = nil
		}
		r.keep(c)
		r.mu.Lock()
		r.state.count(c, 1)
		r.mu.Unlock()
		r.taken = append(r.taken, c.index)
		if n := len(r.rows); n > 0 {
			size += len(r.rows[n-1].Result)
		}
		if size > most {
			if err := r.write(); err != nil {
				r.putBack(ended[i+1:])
				return err
			}
			size = 0
		}
	}
	if len(r.taken) > 0 || r.dirty {
		return r.write()
	}
	return nil
}

// putBack leaves results to the next turn.
func (r *mapRun) putBack(ended []*childResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(ended, r.ended...)
	r.again = true
}
