package engine

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A plan is the one reading of a step: what the execution waits for once the step is
// recorded, and what has to change for that. It is made before the events of the step are
// stored, because the store is told when the execution is due next, and carried out
// afterwards.
type plan struct {
	// effects are those of the step. Its slices are the plan's.
	effects states.Effects
	// opened are the calls and timers that are new, and ended are those that are no longer
	// waited for.
	opened []waited
	ended  []waited
	// answered are calls that have got a later answer, and further are lines for the log
	// that say so.
	answered []*call
	further  [][]byte
	// by is what the execution does without tasks by, a sentinel: see why.go.
	by error
	// finish is set when the execution has ended.
	finish *states.Finish

	// The memory of inputs, and of those that come most.
	inputs   []states.Input
	returned []states.TaskReturned
	began    []states.TaskBegan
}

// plans are ones that nobody uses. A plan lives for one step, but its lists are kept.
var plans = sync.Pool{New: func() any { return new(plan) }}

// newPlan returns an empty plan.
func newPlan() *plan { return plans.Get().(*plan) }

// release gives the plan back.
func (p *plan) release() {
	clear(p.opened)
	clear(p.ended)
	clear(p.effects.Events)
	clear(p.effects.Commands)
	clear(p.inputs)
	clear(p.returned)
	*p = plan{
		opened: p.opened[:0], ended: p.ended[:0], inputs: p.inputs[:0], returned: p.returned[:0], began: p.began[:0],
		effects: states.Effects{Events: p.effects.Events[:0], Commands: p.effects.Commands[:0]},
	}
	plans.Put(p)
}

// inputsOf returns the interpreter's inputs for arrivals, which are good until the plan is released.
func (p *plan) inputsOf(arrivals []arrival, now time.Time) []states.Input {
	p.inputs = p.inputs[:0]
	p.returned = slices.Grow(p.returned[:0], len(arrivals)) // it is pointed to, and must not move
	for i := range arrivals {
		h := &arrivals[i]
		if h.kind != returned {
			p.inputs = append(p.inputs, h.input(now))
			continue
		}
		p.returned = append(p.returned, states.TaskReturned{At: now, Task: h.id, Output: h.output})
		p.inputs = append(p.inputs, &p.returned[len(p.returned)-1])
	}
	return p.inputs
}

// inputsToBegin returns inputs which say that tasks begin, as inputsOf does: those of calls that are
// linked by next.
func (p *plan) inputsToBegin(first *call, now time.Time) []states.Input {
	p.inputs, p.began = p.inputs[:0], p.began[:0]
	for c := first; c != nil; c = c.next {
		if !c.isActivity() { // that begins when a worker takes it up
			p.began = append(p.began, states.TaskBegan{At: now, Task: c.id})
		}
	}
	for i := range p.began {
		p.inputs = append(p.inputs, &p.began[i])
	}
	return p.inputs
}

// timeoutTimer is the timer of a whole execution's time: that of its first event.
const timeoutTimer states.EventID = 1

// A waited is a call, a timer or a Map Run.
type waited struct {
	call  *call
	timer *timers.Timer
	run   *openRun
	why   error // why the context of the call ends; nil for one that the execution cancels
}

// is reports whether it is that of an event.
func (w waited) is(id states.EventID) bool {
	switch {
	case w.call != nil:
		return w.call.id == id
	case w.run != nil:
		return w.run.id == id
	}
	return w.timer.ID == int64(id)
}

// An openRun is a Map Run that an execution waits for.
type openRun struct {
	id      states.EventID
	command *states.StartMapRun
	run     *mapRun // nil until the plan is carried out
}

// abort ends the run because nobody wants its output any more.
func (r openRun) abort() { r.run.abort(r.command) }

// step steps the interpreter. carryOut ends the plan's life, or release does. x.mu is
// locked.
func (p *plan) step(x *Execution, inputs []states.Input) (err error) {
	p.effects, err = x.interpreter.StepInto(p.effects, inputs...)
	return err
}

// read plans what follows from a step's inputs and commands. x.mu is locked.
func (p *plan) read(x *Execution, arrivals []arrival) {
	p.by = ErrSiblingFailed
	for i := range arrivals {
		switch h := &arrivals[i]; h.kind {
		case returned, erred, ranWell, ranBadly:
			p.end(x, h.id, ErrTaskAnswered)
		case expired:
			p.end(x, h.id, ErrTaskExpired)
		case silent:
			p.end(x, h.id, ErrHeartbeatMissed)
		case acknowledged:
			x.accepted(h.id, h.over)
		case fired:
			if h.id == timeoutTimer {
				p.by = ErrExecutionTimedOut
			}
			p.end(x, h.id, nil)
		case stopped:
			p.by = ErrExecutionStopped
		}
	}
	for _, command := range p.effects.Commands {
		switch command := command.(type) {
		case *states.InvokeTask:
			p.open(x.newCall(command))
		case *states.StartTimer:
			p.start(x.newTimer(command))
		case *states.StartMapRun:
			p.opened = append(p.opened, waited{run: &openRun{id: command.ID, command: command}})
		case *states.Cancel:
			p.end(x, command.ID, nil)
		case *states.Finish:
			p.finish = command
		}
	}
}

func (p *plan) open(c *call) { p.opened = append(p.opened, waited{call: c}) }

func (p *plan) start(t *timers.Timer) { p.opened = append(p.opened, waited{timer: t}) }

// end plans the end of the call or the timer of an event. why is why the context of the call
// ends, nil when the execution cancels it. What began and ended in one step never was.
func (p *plan) end(x *Execution, id states.EventID, why error) {
	is := func(w waited) bool { return w.is(id) }
	if i := slices.IndexFunc(p.opened, is); i >= 0 {
		p.opened = slices.Delete(p.opened, i, i+1)
		return
	}
	if slices.ContainsFunc(p.ended, is) {
		return
	}
	if i := slices.IndexFunc(x.calls, func(c *call) bool { return c.id == id }); i >= 0 {
		p.ended = append(p.ended, waited{call: x.calls[i], why: why})
	} else if i := slices.IndexFunc(x.timers, func(t *timers.Timer) bool { return t.ID == int64(id) }); i >= 0 {
		p.ended = append(p.ended, waited{timer: x.timers[i]})
	} else if i := slices.IndexFunc(x.runs, func(r openRun) bool { return r.id == id }); i >= 0 {
		run := x.runs[i]
		p.ended = append(p.ended, waited{run: &run, why: why})
	}
}

// ends reports whether a call or a timer is no longer waited for. A nil plan ends nothing.
func (p *plan) ends(c *call, t *timers.Timer) bool {
	return p != nil && slices.ContainsFunc(p.ended, func(w waited) bool { return w.run == nil && w.call == c && w.timer == t })
}

// endsRun reports whether a Map Run is no longer waited for.
func (p *plan) endsRun(id states.EventID) bool {
	return p != nil && slices.ContainsFunc(p.ended, func(w waited) bool { return w.run != nil && w.run.id == id })
}

// accepted notes that a task was accepted, and whether its handler has returned: the task
// goes on without it. x.mu is locked.
func (x *Execution) accepted(id states.EventID, returned bool) {
	for _, c := range x.calls {
		if c.id == id {
			c.acknowledged = true
			c.running = c.running && !returned
		}
	}
}

// dueAfter returns when an engine that restored the execution would have something to do,
// once a plan is carried out: zero for at once. Without a plan it is about the execution as
// it stands. x.mu is locked.
func (x *Execution) dueAfter(p *plan) time.Time { return x.dueBut(p, false) }

// dueBut is dueAfter, with queued but for the tasks that wait for their places.
func (x *Execution) dueBut(p *plan, queued bool) time.Time {
	due := store.Never
	sooner := func(t *timers.Timer) {
		// A heartbeat may move a timer at any moment.
		if at := x.engine.timers.DueOf(t); at.Before(due) {
			due = at
		}
	}
	rests := func(c *call) bool {
		if queued && c.queued {
			return true
		}
		if !c.rests() {
			return false
		}
		for _, t := range c.timers() {
			if t != nil {
				sooner(t)
			}
		}
		return true
	}
	for _, c := range x.calls {
		if !p.ends(c, nil) && !rests(c) {
			return time.Time{}
		}
	}
	for _, t := range x.timers {
		if !p.ends(nil, t) {
			sooner(t)
		}
	}
	for _, r := range x.runs {
		if !p.endsRun(r.id) {
			return time.Time{}
		}
	}
	if p == nil {
		return due
	}
	for _, w := range p.opened {
		switch {
		case w.timer != nil:
			sooner(w.timer)
		case w.run != nil || !rests(w.call):
			return time.Time{}
		}
	}
	return due
}

// carryOut does what the plan says, but for the calls of handlers, which it returns. x.mu
// is locked.
func (x *Execution) carryOut(p *plan) (first *call) {
	defer p.release()
	var canceled error // once it is asked for
	for _, w := range p.ended {
		switch {
		case w.run != nil:
			i := slices.IndexFunc(x.runs, func(r openRun) bool { return r.id == w.run.id })
			open := x.runs[i]
			x.runs = slices.Delete(x.runs, i, i+1)
			if w.why != ErrTaskAnswered {
				x.note(open.abort)
			}
		case w.call != nil:
			if i := slices.Index(x.calls, w.call); i >= 0 {
				x.calls = slices.Delete(x.calls, i, i+1)
			}
			if w.why == nil && canceled == nil {
				canceled = x.canceledBy(p.by, p.finish)
			}
			w.call.over(cmp.Or(w.why, canceled))
			if w.why != ErrTaskAnswered {
				x.forsake(w.call)
			}
		default:
			if i := slices.Index(x.timers, w.timer); i >= 0 {
				x.timers = slices.Delete(x.timers, i, i+1)
			}
			x.engine.timers.Cancel(w.timer)
		}
	}
	for _, w := range p.opened {
		switch {
		case w.call != nil:
			x.calls = append(x.calls, w.call)
			w.call.admit()
		case w.run != nil:
			w.run.run = x.beginRun(w.run.command)
			x.runs = append(x.runs, *w.run)
		default:
			x.timers = append(x.timers, w.timer)
			x.engine.timers.Start(w.timer)
		}
	}
	for _, c := range p.answered {
		x.engine.timers.Start(&c.later.timer)
	}
	for _, w := range slices.Backward(p.opened) {
		if c := w.call; c != nil && c.fresh {
			c.fresh = false
			if !c.queued {
				c.running = true
				c.next, first = first, c
			}
		}
	}
	if p.finish != nil {
		x.finish(p.finish)
		return nil
	}
	return first
}

// newTimer makes the timer of a command. The one that bounds the whole execution needs no
// memory of its own.
func (x *Execution) newTimer(command *states.StartTimer) *timers.Timer {
	t := &x.limit
	if command.ID != 1 || t.Owner != nil {
		t = new(timers.Timer)
	}
	due := command.Due
	if scale := x.engine.config.WaitScale; scale > 0 && command.ID != 1 {
		// From when the wait began: a restored execution has waited for a part of it.
		if began := x.scheduledAt(command.ID); due.After(began) {
			due = began.Add(time.Duration(float64(due.Sub(began)) * scale))
		}
	}
	*t = x.timer(due, fired, command.ID)
	return t
}
