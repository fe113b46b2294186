package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/gostates/gostates/states"
)

// A watch is an execution while it is in memory, as Config.Observers are told of it. An
// engine without Observers has none.
type watch struct {
	observers []Observer
	observed  Observed
	once      sync.Once
	followers []Follower

	// What follows is guarded by the mu of the execution.
	told   int             // events of the history that need not be told any more
	from   states.EventID  // the second of them, if others stand before it that are not in memory
	untold []states.Event  // of an Express execution, that are still to be told
	by     context.Context // of the call that causes the step under way; nil for none
}

// watching returns the watch of the execution, nil when nobody observes the engine. Events
// that are in the history by now are not told, unless there was a watch before. x.mu is locked,
// or nobody else has x.
func (x *Execution) watching() *watch {
	observers := x.engine.config.Observers
	if x.watch == nil && len(observers) > 0 {
		history := x.past()
		x.watch = &watch{observers: observers, told: len(history), observed: Observed{
			Identity: x.identity, Definition: x.machine, Express: x.express, Parent: x.parent,
			TraceHeader: x.trace, TraceContext: traceContextOf(history), History: slices.Clip(history),
		}}
		if n := len(history); n > 0 && x.durable != nil {
			x.watch.observed.Restored = history[n-1].At.Before(x.in.opened)
			if x.partial {
				x.watch.from = x.needed
			}
		}
	}
	return x.watch
}

// toldOf counts what was told anew, in the whole history, which is in memory from now on.
func (w *watch) toldOf(history []states.Event) {
	if w.from > 0 {
		w.told += slices.IndexFunc(history, func(e states.Event) bool { return e.ID == w.from }) - 1
		w.from = 0
	}
}

// traceContextOf returns what a Tracer has had kept with the start of an execution.
func traceContextOf(history []states.Event) string {
	if len(history) > 0 {
		if d, ok := history[0].Details.(*states.StartedDetails); ok {
			return d.Execution.TraceContext
		}
	}
	return ""
}

// watchStart has a new execution observed, which a call with the context ctx starts. It
// returns what the engine's Tracer has kept with the start. Nobody else has x.
func (x *Execution) watchStart(ctx context.Context) string {
	w := x.watching()
	if w == nil {
		return ""
	}
	if ctx == nil {
		ctx = context.Background()
	}
	w.by = ctx
	for _, o := range w.observers {
		if t, ok := o.(Tracer); ok {
			w.observed.TraceContext = t.Trace(context.WithoutCancel(ctx), w.observed)
		}
	}
	return w.observed.TraceContext
}

// causedBy notes the context of the call that causes the next step. x.mu is locked.
func (x *Execution) causedBy(ctx context.Context) {
	if w := x.watching(); w != nil {
		w.by = ctx
	}
}

// tell tells the Observers of new events, once they are durable and the execution is no longer
// locked. The history has the events already, and w comes from before it had them. x.mu is
// locked.
func (x *Execution) tell(w *watch, events []states.Event) {
	if x.express {
		w.untold = append(w.untold, events...)
	}
	if x.durable != nil && len(x.unsaved) > 0 {
		return // it is told with those that take them to the store
	}
	x.tellNow(w)
}

// tellNow is tell, of all events that were not told. x.mu is locked.
func (x *Execution) tellNow(w *watch) {
	events := w.untold
	if !x.express {
		events = x.history[min(w.told, len(x.history)):len(x.history):len(x.history)]
		w.told = len(x.history)
	}
	by := w.by
	w.untold, w.by = nil, nil
	if len(events) == 0 {
		return
	}
	if by == nil {
		by = context.Background()
	}
	by = context.WithoutCancel(by)
	x.note(func() { w.recorded(by, events) })
}

// recorded tells the followers of events that a call with the context by has caused. No lock is
// held.
func (w *watch) recorded(by context.Context, events []states.Event) {
	for _, f := range w.follow() {
		f.Recorded(by, events)
	}
}

// unlockTold unlocks the execution, and returns when all that was noted has been done, be it by
// another goroutine.
func (x *Execution) unlockTold() {
	var told chan struct{}
	if x.noting {
		told = make(chan struct{})
		x.note(func() { close(told) })
	}
	x.unlock()
	if told != nil {
		<-told
	}
}

// follow returns who follows the execution. No lock is held.
func (w *watch) follow() []Follower {
	w.once.Do(func() {
		for _, o := range w.observers {
			if f := o.Follow(w.observed); f != nil {
				w.followers = append(w.followers, f)
			}
		}
		w.observed.History = nil
	})
	return w.followers
}

// begin tells the followers that some work begins. It returns the context that the work gets,
// and what is to be called when the work is over. No lock is held.
func (w *watch) begin(ctx context.Context, work Work) (context.Context, func(error)) {
	var ends []func(error)
	for _, f := range w.follow() {
		derived, end := f.Begin(ctx, work)
		if derived != nil {
			ctx = derived
		}
		if end != nil {
			ends = append(ends, end)
		}
	}
	return ctx, func(err error) {
		for _, end := range slices.Backward(ends) {
			end(err)
		}
	}
}

// errUnwound is what Observers are told of a handler that has neither returned nor failed.
var errUnwound = errors.New("engine: the handler panicked or ended its goroutine")

// handle calls the handler, and tells the Observers that it is called and has returned.
func (c *call) handle() (output any, err error) {
	x := c.execution
	if len(x.engine.config.Observers) == 0 {
		if h, ok := c.handler.(inputHandler); ok {
			return h.handleInput(c, c.input)
		}
		return c.handler.Handle(c, c.task())
	}
	if _, waits := c.handler.(activityHandler); waits {
		return c.handler.Handle(c, c.task()) // a worker does the work
	}
	return c.watched(c, c.handler, c.task())
}

// watched calls a handler for the task, which has Observers. No lock is held.
func (c *call) watched(ctx context.Context, handler Handler, task Task) (output any, err error) {
	x := c.execution
	x.lock()
	w, at := x.watching(), x.scheduledAt(c.id)
	x.unlockTold()
	ctx, end := w.begin(ctx, Work{Event: c.id, At: at, State: c.state().Name(), Task: task})
	err = errUnwound
	defer func() {
		if err == errRests {
			end(nil)
			return
		}
		end(err)
	}()
	return handler.Handle(ctx, task)
}

// A runWatch is what Observers are told of an open Map Run. The mu of the run guards it.
type runWatch struct {
	watch  *watch // of the execution that waits for the run; nil when nobody observes it
	work   Work
	begun  bool
	over   bool
	values context.Context // in which children start, once it has begun
	end    func(error)
}

// watchRun has the Observers of the execution told of a Map Run that goes on in this process,
// as soon as it does something. x.mu and r.mu are locked.
func (x *Execution) watchRun(r *mapRun, command *states.StartMapRun) {
	if w := x.watching(); w != nil && !r.seen.begun {
		r.seen.watch = w
		r.seen.work = Work{Event: command.ID, At: x.scheduledAt(command.ID), State: command.State.Name(), MapRunARN: command.ARN}
	}
}

// observeBegin tells the Observers that the run does something in this process, if they don't know
// yet. No lock is held.
func (r *mapRun) observeBegin() {
	r.mu.Lock()
	w, work := r.seen.watch, r.seen.work
	begins := w != nil && !r.seen.begun && !r.seen.over
	r.seen.begun = r.seen.begun || begins
	x := r.parent
	r.mu.Unlock()
	if !begins {
		return
	}
	if x != nil {
		x.lock()
		x.unlockTold()
	}
	values, end := w.begin(context.Background(), work)
	r.mu.Lock()
	over := r.seen.over
	r.seen.values, r.seen.end = values, end
	r.mu.Unlock()
	if over {
		r.observeEnd()
	}
}

// observeEnd tells the Observers that the run does nothing more in this process. No lock is held.
func (r *mapRun) observeEnd() {
	r.mu.Lock()
	end := r.seen.end
	r.seen.over, r.seen.end = true, nil
	r.mu.Unlock()
	if end != nil {
		end(nil)
	}
}

// context returns the context in which the run starts children.
func (r *mapRun) context() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen.values == nil {
		return context.Background()
	}
	return r.seen.values
}

// tellFork tells the Observers that a fork has started, whose history has the events that it
// has copied. x.mu is locked.
func (x *Execution) tellFork() {
	w := x.watch
	if w == nil {
		return
	}
	w.observed.History, w.told = slices.Clip(x.history), len(x.history)
	by, started := context.WithoutCancel(w.by), x.history[:1:1]
	w.by = nil
	x.note(func() { w.recorded(by, started) })
}
