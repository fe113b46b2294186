package conformance

import (
	"context"
	"time"

	"github.com/gostates/gostates/states"
)

// A work is what goroutines do for the tasks of a run, by Simulator.Perform.
type work struct {
	cancels map[states.EventID]context.CancelFunc // of the tasks under way
	done    chan done
}

// A done is a task that was done.
type done struct {
	attempt *attempt
	outcome Task
}

// perform does a task on a goroutine of its own.
func (r *run) perform(a *attempt, do func(context.Context) Task) {
	w := &r.work
	if w.done == nil {
		w.done = make(chan done)
		w.cancels = make(map[states.EventID]context.CancelFunc)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancels[a.task.ID] = cancel
	go func() {
		outcome := do(ctx)
		select {
		case w.done <- done{a, outcome}:
		case <-ctx.Done(): // nobody waits for it any more
		}
	}()
}

// cancel ends the work for a task, if there is any.
func (w *work) cancel(id states.EventID) {
	if cancel := w.cancels[id]; cancel != nil {
		cancel()
		delete(w.cancels, id)
	}
}

// cancelAll ends all work.
func (r *run) cancelAll() {
	for id := range r.work.cancels {
		r.work.cancel(id)
	}
}

// wait returns when the first appointment is due. In real time that takes as long as it
// takes; a virtual clock waits only for tasks that are being done, during which its time
// stands still. Each that is done becomes an appointment.
func (r *run) wait() {
	for {
		var first time.Time
		if len(r.agenda) > 0 {
			first = r.agenda[0].due
		}
		doing := len(r.work.cancels) > 0
		switch {
		case !r.simulator.RealTime && (!doing || !first.IsZero() && !first.After(r.now)):
			return
		case !doing && first.IsZero():
			return
		}
		var due <-chan time.Time
		stop := func() bool { return false }
		if r.simulator.RealTime && !first.IsZero() {
			left := time.Until(first)
			if left <= 0 {
				return
			}
			timer := time.NewTimer(left)
			due, stop = timer.C, timer.Stop
		}
		select {
		case <-due:
			return
		case d := <-r.work.done:
			stop()
			r.take(d)
		case <-r.simulator.Stop:
			stop()
			r.simulator.Stop = nil
			r.goTo(time.Now())
			r.agenda.add(appointment{due: r.now, input: states.Stopped{At: r.now}})
		}
	}
}

// take arranges the end of a task that was done: it ends now.
func (r *run) take(d done) {
	a := d.attempt
	r.work.cancel(a.task.ID)
	if !r.open[a.task.ID] {
		return // it was over before
	}
	r.goTo(time.Now())
	a.outcome = d.outcome
	a.outcome.After = 0
	a.end()
}

// goTo has the time of the run be the real one, unless its clock is virtual.
func (r *run) goTo(now time.Time) {
	if r.simulator.RealTime {
		r.now = later(r.now, now.UTC().Truncate(time.Millisecond))
	}
}
