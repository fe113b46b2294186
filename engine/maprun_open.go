package engine

import (
	"context"
	"sync"

	"github.com/gostates/gostates/states"
)

// mapRuns are the open Map Runs of an engine, by their ARNs.
type mapRuns struct {
	mu    sync.Mutex
	byARN map[string]*mapRun
	// ending has what is closed when an orphan is ended, by the ARNs of those that are under way.
	ending map[string]chan struct{}
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

// open returns the open run of an ARN, which is a new one with an order if there is none.
func (m *mapRuns) open(e *Engine, arn string, order mapRunOrder, parent *Execution) *mapRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.byARN[arn]; r != nil {
		return r
	}
	r := &mapRun{engine: e, keeper: e.archive.mapRuns(), arn: arn, running: make(map[int64]*runningChild), starts: make(chan struct{}, maxStarts), known: -1}
	r.asked, r.parent, r.execution = order, parent, parent.identity.ARN
	r.ready = make(chan struct{})
	r.over, r.end = context.WithCancel(context.Background())
	r.reading, r.noReading = context.WithCancel(r.over)
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

// reserve keeps a run that is not open from being loaded until done is called. It reports false
// for one that is open.
func (m *mapRuns) reserve(arn string) (done func(), ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byARN[arn] != nil {
		return nil, false
	}
	if m.ending == nil {
		m.ending = make(map[string]chan struct{})
	}
	ended := make(chan struct{})
	m.ending[arn] = ended
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.ending, arn)
		close(ended)
	}, true
}

// awaitReserved waits until nobody has a run reserved.
func (m *mapRuns) awaitReserved(arn string) {
	m.mu.Lock()
	ended := m.ending[arn]
	m.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// beginRun has the Map Run of a command go on. x.mu is locked.
func (x *Execution) beginRun(command *states.StartMapRun) *mapRun {
	e := x.engine
	child := command.Child("")
	order := mapRunOrder{
		command: command, facts: e.machines.childFacts(x.facts, command.State),
		logging: x.logging, role: child.RoleARN, terms: x.terms, leaves: child.StopsWithoutCompensation, depth: x.parent.Depth,
	}
	for {
		r := e.mapRuns.open(e, command.ARN, order, x)
		if r.take(order, x) {
			r.kick()
			return r
		}
		e.mapRuns.drop(r)
	}
}

// take has the run do what an execution asks. It reports false when nothing is done for the run any
// more. x.mu is locked.
func (r *mapRun) take(order mapRunOrder, x *Execution) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left {
		return false
	}
	if order.command.Redrives > r.asked.command.Redrives {
		r.aborted = true // if it was not told so yet; then it begins again
		r.noReading()
	}
	r.asked, r.parent = order, x
	x.watchRun(r, order.command)
	return true
}

// abort ends the run because nobody wants the output of a command any more. One of a redrive may have
// taken its place meanwhile.
func (r *mapRun) abort(command *states.StartMapRun) {
	r.mu.Lock()
	wanted := r.asked.command.Redrives > command.Redrives
	if !wanted {
		r.aborted, r.parent = true, nil
		r.noReading()
	}
	r.mu.Unlock()
	if !wanted {
		r.kick()
	}
}

// suspend leaves the run as it is, for the next engine.
func (r *mapRun) suspend() {
	r.end()
	r.engine.mapRuns.drop(r)
	r.close()
	r.observeEnd()
}

// leave has nothing done for the run any more, if what the execution asks is still what was carried
// out.
func (r *mapRun) leave(parent *Execution) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.parent != parent || r.asked.command.Redrives > r.state.Redrives {
		r.again = true
		return false
	}
	r.left = true
	return true
}
