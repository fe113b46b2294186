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
	// calls and timers are all that the execution waits for then.
	calls  []*call
	timers []*timers.Timer
	// opened are the calls and timers among them that are new, and ended are those that
	// are no longer waited for.
	opened []waited
	ended  []waited
	// finish is set when the execution has ended.
	finish *states.Finish
}

// plans are ones that nobody uses. A plan lives for one step, but its lists are kept.
var plans = sync.Pool{New: func() any { return new(plan) }}

// release gives the plan back.
func (p *plan) release() {
	clear(p.calls)
	clear(p.timers)
	clear(p.opened)
	clear(p.ended)
	*p = plan{calls: p.calls[:0], timers: p.timers[:0], opened: p.opened[:0], ended: p.ended[:0]}
	plans.Put(p)
}

// A waited is a call or a timer.
type waited struct {
	call  *call
	timer *timers.Timer
	why   error // why the context of the call ends; nil for one that the execution cancels
}

// plan reads a step's inputs and commands. carryOut ends the plan's life, or release
// does. x.mu is locked.
func (x *Execution) plan(happened []happening, commands []states.Command) *plan {
	p := plans.Get().(*plan)
	// When the step can't be kept the execution waits for what it waited for before.
	p.calls, p.timers = append(p.calls, x.calls...), append(p.timers, x.timers...)
	for i := range happened {
		switch h := &happened[i]; h.kind {
		case returned, erred:
			p.end(h.id, ErrTaskAnswered)
		case expired:
			p.end(h.id, ErrTaskExpired)
		case silent:
			p.end(h.id, ErrHeartbeatMissed)
		case acknowledged:
			p.accepted(h.id, h.over)
		case fired:
			p.end(h.id, nil)
		}
	}
	for _, command := range commands {
		switch command := command.(type) {
		case *states.InvokeTask:
			p.open(x.newCall(command))
		case *states.StartTimer:
			p.start(x.newTimer(command))
		case *states.Cancel:
			p.end(command.ID, nil)
		case *states.Finish:
			p.finish = command
		}
	}
	return p
}

func (p *plan) open(c *call) {
	p.calls = append(p.calls, c)
	p.opened = append(p.opened, waited{call: c})
}

func (p *plan) start(t *timers.Timer) {
	p.timers = append(p.timers, t)
	p.opened = append(p.opened, waited{timer: t})
}

// end takes the call or the timer of an event out of the plan. why is why the context of
// the call ends, nil when the execution cancels it.
func (p *plan) end(id states.EventID, why error) {
	w := waited{why: why}
	if i := slices.IndexFunc(p.calls, func(c *call) bool { return c.id == id }); i >= 0 {
		w.call = p.calls[i]
		p.calls = slices.Delete(p.calls, i, i+1)
	} else if i := slices.IndexFunc(p.timers, func(t *timers.Timer) bool { return t.ID == int64(id) }); i >= 0 {
		w.timer = p.timers[i]
		p.timers = slices.Delete(p.timers, i, i+1)
	} else {
		return
	}
	// What began and ended in one step never was.
	i := slices.IndexFunc(p.opened, func(o waited) bool { return o.call == w.call && o.timer == w.timer })
	if i < 0 {
		p.ended = append(p.ended, w)
	} else {
		p.opened = slices.Delete(p.opened, i, i+1)
	}
}

// accepted notes that a task was accepted, and whether its handler has returned: the task
// goes on without it.
func (p *plan) accepted(id states.EventID, returned bool) {
	for _, c := range p.calls {
		if c.id == id {
			c.acknowledged = true
			c.running = c.running && !returned
		}
	}
}

// due returns when an engine that restored the execution would have something to do:
// zero for at once.
func (p *plan) due() time.Time { return dueOf(p.calls, p.timers) }

// dueOf returns when one of these has something to do: zero for at once.
func dueOf(calls []*call, others []*timers.Timer) time.Time {
	due := store.Never
	for _, t := range others {
		if t.Due.Before(due) {
			due = t.Due
		}
	}
	for _, c := range calls {
		if !c.rests() {
			return time.Time{}
		}
		if c.deadline != nil && c.deadline.Due.Before(due) {
			due = c.deadline.Due
		}
		// A heartbeat may move this one at any moment.
		if c.silence != nil {
			if at := c.execution.engine.timers.DueOf(c.silence); at.Before(due) {
				due = at
			}
		}
	}
	return due
}

// carryOut does what the plan says, but for the calls of handlers, which it returns. x.mu
// is locked.
func (x *Execution) carryOut(p *plan) (first *call) {
	defer p.release()
	x.calls, x.timers = append(x.calls[:0], p.calls...), append(x.timers[:0], p.timers...)
	canceled := ErrTaskCanceled
	if p.finish != nil && len(p.ended) > 0 && p.finish.Status != states.StatusSucceeded {
		canceled = x.failure(p.finish)
	}
	for _, w := range p.ended {
		if w.call != nil {
			w.call.over(cmp.Or(w.why, canceled))
		} else {
			x.engine.timers.Cancel(w.timer)
		}
	}
	for _, w := range p.opened {
		if w.call != nil {
			w.call.admit()
		} else {
			x.engine.timers.Start(w.timer)
		}
	}
	for _, w := range slices.Backward(p.opened) {
		if c := w.call; c != nil && c.fresh {
			c.fresh, c.running = false, true
			c.next, first = first, c
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
	t := new(timers.Timer)
	if command.ID == 1 && x.limit.Owner == nil {
		t = &x.limit
	}
	*t = x.timer(command.Due, fired, command.ID)
	return t
}
