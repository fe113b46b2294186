package states

import (
	"time"

	"github.com/gostates/gostates/asl"
)

// maxThreads is how deep threads may stand inside one another.
const maxThreads = 1_000

func (r *snapshotReader) interpreter(x *Interpreter) {
	var started, over bool
	r.flags(&started, &over, &x.ending, &x.again)
	if !started {
		return
	}
	x.main.graph = x.machine.Graph
	x.execution = new(Execution)
	r.execution(x.execution)
	copy(x.seed[:], r.bytes(len(x.seed)))
	x.input = r.value()
	x.startedAt, x.now, x.countedFrom = r.time(), r.time(), r.time()
	x.last = r.id()
	x.redrives = int32(r.small())
	x.variables = int(r.int())
	if over {
		x.result = &Finish{Status: Status(r.text()), Output: r.value(), Failure: r.failure()}
	} else {
		r.running(x)
	}
	if len(r.rest) > 0 {
		r.fail("more follows its end")
	}
}

// running reads the threads, and which of them can go on.
func (r *snapshotReader) running(x *Interpreter) {
	r.thread(&x.main, x, 0)
	for range r.count() {
		n := r.uint()
		if n >= uint64(len(r.threads)) || !r.threads[n].canGoOn() {
			r.fail("no thread %d can go on", n)
			return
		}
		x.ready = append(x.ready, r.threads[n])
	}
}

func (r *snapshotReader) execution(e *Execution) {
	r.flags(&e.SealedTokens, &e.WithoutRedriveCount, &e.StopsWithoutCompensation, &e.Parent.Waits)
	for _, s := range e.texts() {
		*s = r.text()
	}
	e.Parent.Task, e.Parent.Depth = r.id(), int(r.int())
}

func (r *snapshotReader) failure() (f Failure) {
	r.flags(&f.HasError, &f.HasCause)
	f.Error, f.Cause = r.text(), r.text()
	return f
}

func (r *snapshotReader) fault() *fault {
	f := new(fault)
	r.flags(&f.final, &f.spent, &f.limit, &f.heartbeat)
	f.Failure = r.failure()
	return f
}

// thread reads a thread and all below it. Its parent, graph and step are set; those that stand
// around it are, too.
func (r *snapshotReader) thread(t *thread, x *Interpreter, depth int) {
	if depth > maxThreads {
		r.fail("its threads stand too deep inside one another")
	}
	t.x, t.phase = x, phase(r.byte())
	r.threads = append(r.threads, t)
	var hasState, opened, hasTask, hasFork, hasSaga, hasFault bool
	r.flags(&hasState, &t.begun, &opened, &hasTask, &hasFork, &hasSaga, &hasFault)
	if hasState {
		t.state = r.state()
	}
	t.tip, t.joined = r.id(), r.id()
	if t.phase == ended {
		t.value, t.variables = r.value(), r.variables()
		if hasSaga {
			r.saga(t, depth)
		}
	}
	if t.phase >= ended {
		t.retrier = -1
		r.check(t, opened, hasTask)
		r.checkWhole(t, opened)
		return
	}
	t.input = r.value()
	if t.phase == returned {
		t.value = r.value()
	}
	if hasFault {
		t.fault = r.fault()
	}
	t.enteredID, t.enteredAt, t.before = r.id(), r.time(), r.id()
	t.retryCount = r.small()
	if n := r.count(); n > 0 {
		t.retries = make([]int, n)
	}
	for i := range t.retries {
		t.retries[i] = r.small()
	}
	t.retrier = int(r.int())
	t.command, t.due = r.id(), r.time()
	t.variables, t.assigned = r.variables(), int(r.int())
	if r.check(t, opened, hasTask); r.err != nil {
		return
	}
	if hasTask {
		t.task = r.task(t)
	}
	if opened {
		if x.open.of(t.command) != nil {
			r.fail("two threads wait for the answer %d", t.command)
			return
		}
		x.wait(t, t.command)
	}
	if hasSaga {
		r.saga(t, depth)
	}
	if hasFork {
		r.fork(t, depth)
	}
	r.checkWhole(t, opened)
}

// state reads the name of a state.
func (r *snapshotReader) state() asl.State {
	name := r.text()
	s := r.threads[0].x.machine.Find(name)
	if s == nil {
		r.fail("the machine has no state '%s'", name)
	}
	return s
}

// check checks that a thread can be in its state, and stand in it as it does.
func (r *snapshotReader) check(t *thread, opened, hasTask bool) {
	if r.err != nil {
		return
	}
	retriers, _ := handlers(t.state)
	_, isTask := t.state.(*asl.Task)
	switch {
	case t.phase > dead:
		r.fail("a thread is in no phase that there is")
	case t.state == nil && t.phase != began && t.phase != dead:
		r.fail("a thread that goes on is in no state")
	case t.state != nil && t.state.Graph() != t.graph:
		r.fail("the state '%s' is not where a thread has come to", t.state.Name())
	case len(t.retries) != 0 && len(t.retries) != len(retriers), t.retrier < -1, t.retrier >= len(retriers) && t.state != nil:
		r.fail("a state has no such Retriers")
	case (opened || hasTask) && t.phase != waiting:
		r.fail("a thread waits and does not wait")
	case hasTask && !isTask:
		r.fail("a state that is no Task has one")
	case t.phase == failed && t.fault == nil:
		r.fail("a state has failed without an error")
	case t.undoes != nil && (t.state != asl.Handler(t.undoes.state) || !isObject(t.input)):
		r.fail("'%s' is undone by no handler of its own", t.undoes.state.Name())
	}
}

// checkWhole checks what a thread has come to, when all of it is read.
func (r *snapshotReader) checkWhole(t *thread, opened bool) {
	isUndoing := t.phase == undoing
	s := t.saga
	switch {
	case r.err != nil:
	case isUndoing && (s == nil || t.fault == nil || t.fork != nil):
		r.fail("a thread undoes nothing")
	case s != nil && len(s.handlers) > 0 && !isUndoing:
		r.fail("handlers are at work for nobody")
	case isUndoing && s.extent == UndoExecution && (t.parent != nil || endEvents[s.status] == ""):
		r.fail("an execution that ends is to have the status '%s'", s.status)
	case isUndoing && s.extent != UndoChildren && s.extent != UndoScope && s.extent != UndoExecution:
		r.fail("the extent of what is undone is '%s'", s.extent)
	case t.fork == nil:
	case opened:
		r.fail("a thread waits for children and a timer")
	case t.fork.run == nil && t.phase != waiting && !t.distributed():
		r.fail("a thread has children and does not wait for them")
	case t.distributed() && t.phase == waiting:
		r.fail("a thread waits for a Map Run that is not there")
	}
}

// distributed reports whether the thread is in a distributed Map state.
func (t *thread) distributed() bool {
	m, ok := t.state.(*asl.Map)
	return ok && m.Distributed != nil
}

func (r *snapshotReader) task(t *thread) *InvokeTask {
	k := &InvokeTask{State: t.state.(*asl.Task), EnteredID: t.enteredID}
	r.flags(&k.Acknowledged)
	k.ID, k.Attempt = r.id(), r.small()
	k.Input, k.Credentials = r.value(), r.value()
	k.Deadline, k.Heartbeat = r.time(), time.Duration(r.int())
	if k.ID != t.command {
		r.fail("a thread waits for another task than its own")
	}
	if k.State.Resource.Pattern != asl.RequestResponse {
		k.Token = t.x.token(k.ID)
	}
	return k
}

func (r *snapshotReader) fork(t *thread, depth int) {
	f := new(fork)
	t.fork = f
	var hasRun bool
	r.flags(&hasRun, &f.recovered)
	f.started = r.id()
	m, _ := t.state.(*asl.Map)
	if distributed := t.distributed(); hasRun || distributed {
		switch {
		case hasRun && !distributed:
			r.fail("a Map Run is of no Map state that has one")
		case hasRun:
			f.run = r.run()
		}
		return
	}
	f.results = make([]any, r.count())
	for i := range f.results {
		f.results[i] = r.value()
	}
	f.ended, f.next, f.failures, f.latest = r.small(), r.small(), r.small(), r.id()
	if f.next > len(f.results) {
		r.fail("a Map state begins with an item that it has not")
	}
	r.mapInput(&f.mapInput, f.next)
	parallel, _ := t.state.(*asl.Parallel)
	f.children = make([]*thread, r.count())
	if m == nil && (parallel == nil || len(f.children) != len(parallel.Branches) || len(f.results) != len(f.children)) {
		r.fail("a state has other branches than it has")
		return
	}
	for i := range f.children {
		c := &thread{parent: t, index: r.small()}
		switch {
		case r.err != nil:
			return
		case c.index >= len(f.results), parallel != nil && c.index != i:
			r.fail("a state has no child %d", c.index)
			return
		case parallel != nil:
			c.graph = parallel.Branches[i]
		default:
			c.graph = m.Processor
		}
		f.children[i] = c
		r.thread(c, t.x, depth+1)
	}
	begun := f.next
	if parallel != nil {
		begun = len(f.children)
	}
	if f.ended > begun-f.live() {
		r.fail("a state has children whose end nobody waits for")
	}
}

// live counts the children that have neither ended nor died.
func (f *fork) live() (n int) {
	for _, c := range f.children {
		if c.phase < ended {
			n++
		}
	}
	return n
}

func (r *snapshotReader) mapInput(in *mapInput, next int) {
	var whole bool
	o := &in.tolerance
	r.flags(&whole, &o.set, &o.hasCount, &o.hasPercent)
	o.count = r.int()
	o.percentage, _ = r.value().(float64)
	in.concurrency = r.small()
	in.selected = r.value()
	if whole {
		in.items, _ = r.value().([]any)
		return
	}
	gone, rest := r.small(), r.count()
	if gone > next {
		r.fail("a Map state lacks items that it needs")
		return
	}
	if gone > 0 || rest > 0 {
		in.items = make([]any, gone+rest)
	}
	for i := range rest {
		in.items[gone+i] = r.value()
	}
}

func (r *snapshotReader) run() *mapRun {
	run := &mapRun{StartMapRun: new(StartMapRun)}
	r.flags(&run.redriving, &run.ended, &run.over)
	run.ID, run.ARN, run.Label, run.Redrives = r.id(), r.text(), r.text(), r.small()
	run.at, run.succeeded = r.time(), r.id()
	return run
}

func (r *snapshotReader) saga(t *thread, depth int) {
	s := new(saga)
	t.saga = s
	r.flags(&s.forked, &s.undone)
	s.extent, s.status = Extent(r.text()), Status(r.text())
	for _, steps := range []*[]step{&s.steps, &s.inner} {
		for range r.count() {
			*steps = append(*steps, r.step())
			if r.err != nil {
				return
			}
		}
	}
	for range r.count() {
		st := r.step()
		if r.err != nil {
			return
		}
		h := &thread{parent: t, graph: st.state.Graph(), undoes: &st}
		s.handlers = append(s.handlers, h)
		r.thread(h, t.x, depth+1)
	}
}

func (r *snapshotReader) step() (s step) {
	r.flags(&s.adopted)
	s.state = r.state()
	s.input, s.output, s.exited, s.variables = r.value(), r.value(), r.id(), r.variables()
	if !undoable(s.state) {
		r.fail("a state is to be undone that can't be")
	}
	return s
}
