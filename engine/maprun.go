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

	mu      sync.Mutex
	command *states.StartMapRun
	parent  *Execution    // which waits for the run; nil when nobody does
	facts   *machineFacts // of the children
	// What the children have of the execution.
	logging  LogOptions
	role     string
	terms    string
	leaves   bool
	depth    int
	state    mapRunState // the pump changes it, others read it
	running  map[int64]*runningChild
	ended    []*childResult // that the pump has not taken up
	updates  []mapRunChange // likewise
	unsure   []unstarted    // children whose start failed, and the first error of that
	startErr error
	aborted  bool // nobody wants its output any more
	pumping  bool
	again    bool // there is something to do for the pump
	changed  chan struct{}
	ready    chan struct{} // closed when the pump has tried to load the run
	retry    timers.Timer

	// What follows is the pump's.
	loaded   bool
	version  int64
	doubtful bool // nobody knows whether the last write took effect
	rows     []store.MapRunResult
	dirty    bool
	ctx      context.Context
	cancel   context.CancelFunc
	next     func() (children.Input, error, bool)
	stop     func()
	index    int64        // of the next child
	place    items.Place  // of its first item
	given    []givenChild // that have no result yet, and others
	taken    []int64      // children whose results are in rows
	known    int64        // how many items there are, -1 when that is not known
	done     portions     // of results behind the place
	redo     portions     // of children that are to run again
	starting sync.WaitGroup
	starts   chan struct{} // has room for the starts that go on side by side
	failures int           // tries that failed in a row
	soonest  time.Time     // when the next child may start
	winding  *states.Failure
	stopped  bool // the children were, because it is winding up
	exported *states.Failure
	writer   *results.Writer // of results that nothing keeps
}

// A mapRunChange is an update from outside, and where its outcome goes.
type mapRunChange struct {
	update MapRunUpdate
	done   chan error
}

// mapRuns are the open Map Runs of an engine, by their ARNs.
type mapRuns struct {
	mu    sync.Mutex
	byARN map[string]*mapRun
}

// find returns an open run, nil for another.
func (m *mapRuns) find(arn string) *mapRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byARN[arn]
}

// all returns all open runs.
func (m *mapRuns) all() (all []*mapRun) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.byARN {
		all = append(all, r)
	}
	return all
}

// open returns the open run of an ARN, which is a new one if there is none.
func (m *mapRuns) open(e *Engine, arn string) *mapRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.byARN[arn]; r != nil {
		return r
	}
	r := &mapRun{engine: e, keeper: e.archive.mapRuns(), arn: arn, running: make(map[int64]*runningChild), starts: make(chan struct{}, maxStarts), known: -1}
	r.ready = make(chan struct{})
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if m.byARN == nil {
		m.byARN = make(map[string]*mapRun)
	}
	m.byARN[arn] = r
	return r
}

// drop forgets a run that is over.
func (m *mapRuns) drop(r *mapRun) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byARN[r.arn] == r {
		delete(m.byARN, r.arn)
	}
}

// maxStarts bounds the starts of durable children that go on side by side, each of which waits
// for the store.
const maxStarts = 128

// beginRun has the Map Run of a command go on. x.mu is locked.
func (x *Execution) beginRun(command *states.StartMapRun) *mapRun {
	e := x.engine
	r := e.mapRuns.open(e, command.ARN)
	facts := e.machines.childFacts(x.facts, command.State)
	r.mu.Lock()
	r.command, r.parent, r.facts = command, x, facts
	child := command.Child("")
	r.logging, r.role, r.terms, r.leaves, r.depth = x.logging, child.RoleARN, x.terms, child.StopsWithoutCompensation, x.parent.Depth
	r.mu.Unlock()
	r.kick()
	return r
}

// abort ends the run because nobody wants its output any more.
func (r *mapRun) abort() {
	r.mu.Lock()
	r.aborted, r.parent = true, nil
	r.mu.Unlock()
	r.cancel()
	r.kick()
}

// suspend leaves the run as it is, for the next engine.
func (r *mapRun) suspend() {
	r.cancel()
	r.engine.mapRuns.drop(r)
	r.engine.timers.Cancel(&r.retry)
}

// close lets go of the reader of items, if the pump has come to its end.
func (r *mapRun) close() {
	r.mu.Lock()
	pumping := r.pumping
	r.mu.Unlock()
	if !pumping {
		r.stopReading()
	}
}

// kick has the pump look for something to do.
func (r *mapRun) kick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again = true
	if r.pumping || !r.engine.enter() {
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
			r.rest()
			r.suspend()
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
	defer r.mu.Unlock()
	r.pumping, r.again = r.again, false
	return r.pumping
}

// rest ends the pump, whatever there is to do.
func (r *mapRun) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pumping = false
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
	const most = 4 << 20 // bytes in one write
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
	var err error
	if len(r.taken) > 0 || r.dirty {
		err = r.write()
	}
	for _, u := range updates {
		u.done <- err
	}
	return err
}

// putBack leaves results to the next turn.
func (r *mapRun) putBack(ended []*childResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(ended, r.ended...)
	r.again = true
}
