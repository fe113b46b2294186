package states

import (
	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// This file writes where an interpreter stands; snapshot_read.go reads it in the same order. What is
// not written follows from what is: graphs and Retriers from the machine, Task Tokens from the Seed,
// and what a Map Run is given from its state's input, as after a Restore. Where a thread has
// ended nothing is left but its place and its result.

func (w *snapshotWriter) interpreter(x *Interpreter) {
	w.flags(x.main.graph != nil, x.result != nil, x.ending, x.again)
	if x.main.graph == nil {
		return
	}
	w.execution(x.execution)
	w.b = append(w.b, x.seed[:]...)
	w.value(x.input)
	w.time(x.startedAt)
	w.time(x.now)
	w.time(x.countedFrom)
	w.id(x.last)
	w.uint(uint64(x.redrives))
	w.int(int64(x.variables))
	if end := x.result; end != nil {
		w.text(string(end.Status))
		w.value(end.Output)
		w.failure(end.Failure)
		return
	}
	w.thread(&x.main)
	var ready []uint64
	for _, t := range x.ready {
		if n, ok := w.threads[t]; ok && t.canGoOn() && !t.opensRun() {
			ready = append(ready, n)
		}
	}
	w.uint(uint64(len(ready)))
	for _, n := range ready {
		w.uint(n)
	}
}

// canGoOn reports whether the thread has something to do that needs no answer.
func (t *thread) canGoOn() bool { return t.phase < waiting || t.canUndo() }

// opensRun reports whether the thread has a Map Run to open again after a restart.
func (t *thread) opensRun() bool {
	return t.phase == began && t.fork != nil && t.fork.run != nil && !t.fork.run.redriving
}

func (w *snapshotWriter) execution(e *Execution) {
	w.flags(e.SealedTokens, e.WithoutRedriveCount, e.StopsWithoutCompensation, e.Parent.Waits)
	for _, s := range e.texts() {
		w.text(*s)
	}
	w.id(e.Parent.Task)
	w.int(int64(e.Parent.Depth))
}

// texts returns the texts in an Execution, in the order that snapshots have them in.
func (e *Execution) texts() []*string {
	return []*string{
		&e.ARN, &e.Name, &e.RoleARN, &e.StateMachineARN, &e.StateMachineName, &e.StateMachineVersionARN, &e.StateMachineAliasARN,
		&e.InputText, &e.TraceHeader, &e.TraceContext, &e.Region, &e.TokenSuffix, &e.Parent.ARN, &e.TestCase,
	}
}

func (w *snapshotWriter) failure(f Failure) {
	w.flags(f.HasError, f.HasCause)
	w.text(f.Error)
	w.text(f.Cause)
}

func (w *snapshotWriter) fault(f *fault) {
	w.flags(f.final, f.spent, f.limit, f.heartbeat)
	w.failure(f.Failure)
}

// thread writes a thread and all below it.
func (w *snapshotWriter) thread(t *thread) {
	w.threads[t] = uint64(len(w.threads))
	phase, opened := t.phase, t.x != nil && t.x.open.of(t.command) == t
	if t.fork != nil && t.fork.run != nil && phase == waiting {
		phase, opened = began, false // Resume opens the Map Run
	}
	alive, hasSaga := phase < ended, t.saga != nil && phase != dead
	hasFault := t.fault != nil && (phase == failed || phase == undoing)
	w.b = append(w.b, byte(phase))
	w.flags(t.state != nil, alive && t.begun, opened, alive && t.task != nil, alive && t.fork != nil, hasSaga, hasFault)
	if t.state != nil {
		w.text(t.state.Name())
	}
	w.id(t.tip)
	w.id(t.joined)
	if phase == ended {
		w.value(t.value)
		w.value(t.variables)
		if hasSaga {
			w.saga(t.saga) // a history was cut off before its parent took over
		}
	}
	if !alive {
		return
	}
	w.value(t.input)
	if phase == returned {
		w.value(t.value)
	}
	if hasFault {
		w.fault(t.fault)
	}
	w.id(t.enteredID)
	w.time(t.enteredAt)
	w.id(t.before)
	w.uint(uint64(t.retryCount))
	w.uint(uint64(len(t.retries)))
	for _, n := range t.retries {
		w.uint(uint64(n))
	}
	w.int(int64(t.retrier))
	w.id(t.command)
	w.time(t.due)
	w.value(t.variables)
	w.int(int64(t.assigned))
	if t.task != nil {
		w.task(t.task)
	}
	if t.saga != nil {
		w.saga(t.saga)
	}
	if t.fork != nil {
		w.fork(t.fork, t.distributed())
	}
}

func (w *snapshotWriter) task(k *InvokeTask) {
	w.flags(k.Acknowledged)
	w.id(k.ID)
	w.uint(uint64(k.Attempt))
	w.value(k.Input)
	w.value(k.Credentials)
	w.time(k.Deadline)
	w.int(int64(k.Heartbeat))
}

func (w *snapshotWriter) fork(f *fork, distributed bool) {
	w.flags(f.run != nil, f.recovered)
	w.id(f.started)
	if f.run != nil {
		w.run(f.run)
	}
	if distributed {
		return
	}
	w.uint(uint64(len(f.results)))
	for _, v := range f.results {
		w.value(v)
	}
	w.uint(uint64(f.ended))
	w.uint(uint64(f.next))
	w.uint(uint64(f.failures))
	w.id(f.latest)
	w.mapInput(&f.mapInput, f.next)
	w.uint(uint64(len(f.children)))
	for _, c := range f.children {
		w.uint(uint64(c.index))
		w.thread(c)
	}
}

// mapInput writes what the iterations from next on are made of.
func (w *snapshotWriter) mapInput(in *mapInput, next int) {
	o := in.tolerance
	whole := w.has(in.items)
	w.flags(whole, o.set, o.hasCount, o.hasPercent)
	w.int(o.count)
	w.value(o.percentage)
	w.uint(uint64(in.concurrency))
	w.value(in.selected)
	if whole {
		w.value(in.items)
		return
	}
	rest := in.items[min(next, len(in.items)):]
	w.uint(uint64(len(in.items) - len(rest)))
	w.uint(uint64(len(rest)))
	for _, item := range rest {
		w.value(item)
	}
}

// has reports whether an array was written already.
func (w *snapshotWriter) has(a []any) bool {
	if len(a) == 0 {
		return false
	}
	_, ok := w.arrays[arrayIdentity{&a[0], len(a)}]
	return ok
}

func (w *snapshotWriter) run(r *mapRun) {
	w.flags(r.redriving, r.ended, r.over)
	w.id(r.ID)
	w.text(r.ARN)
	w.text(r.Label)
	w.uint(uint64(r.Redrives))
	w.time(r.at)
	w.id(r.succeeded)
}

func (w *snapshotWriter) saga(s *saga) {
	w.flags(s.forked, s.undone)
	w.text(string(s.extent))
	w.text(string(s.status))
	for _, steps := range [][]step{s.steps, s.inner} {
		w.uint(uint64(len(steps)))
		for i := range steps {
			w.step(&steps[i])
		}
	}
	w.uint(uint64(len(s.handlers)))
	for _, h := range s.handlers {
		w.step(h.undoes)
		w.thread(h)
	}
}

func (w *snapshotWriter) step(s *step) {
	w.flags(s.adopted)
	w.text(s.state.Name())
	w.value(s.input)
	w.value(s.output)
	w.id(s.exited)
	w.value(s.variables)
}

// undoable reports whether a handler undoes the state.
func undoable(s asl.State) bool { return s != nil && asl.Handler(s) != nil }

// isObject reports whether v is an object, as the input of a handler is.
func isObject(v any) bool { o, ok := v.(*value.Object); return ok && o != nil }
