package states

import (
	"fmt"

	"github.com/gostates/gostates/asl"
)

// compensating applies the start of a compensation.
func (r restorer) compensating(e *Event, d *CompensationDetails) error {
	x := r.x
	t := &x.main
	if d.Extent != UndoExecution {
		t = r.find(func(t *thread) bool { return t.state != nil && t.enteredID == d.Entered })
	}
	if t == nil || t.state == nil {
		return fmt.Errorf("no state was entered at event %d", d.Entered)
	}
	f := &fault{Failure: d.Failure, final: d.Final, limit: d.Limit, heartbeat: d.Heartbeat}
	s := t.ownSaga()
	switch d.Extent {
	case UndoChildren:
		s.forked = s.forked || t.fork != nil
		r.inherit(t)
		sorted(s.inner)
	case UndoScope:
		x.ending = x.ending || t.parent == nil
	case UndoExecution:
		x.ending, x.again = true, d.Status == StatusFailed
		if d.Entered > t.enteredID { // the history was full, and has no event of the entry
			entered := x.machine.Find(d.State)
			if entered == nil || entered.Graph() != t.graph {
				return fmt.Errorf("the machine has no state '%s'", d.State)
			}
			t.arrive(entered, nil, e)
			t.enteredID = d.Entered
		}
		if x.again {
			r.closeHandlers(t)
		}
		r.inherit(t)
		t.gather(d.Status, f)
	default:
		return fmt.Errorf("its extent is '%s'", d.Extent)
	}
	x.open.remove(t)
	t.task, t.fork = nil, nil
	t.fault, t.phase, t.tip, s.extent = f, undoing, e.ID, d.Extent
	return nil
}

// inherit makes a thread the heir of all below it, which ends.
func (r restorer) inherit(t *thread) {
	if t.fork == nil {
		return
	}
	for _, c := range t.fork.children {
		r.bequeath(c, t)
	}
}

func (r restorer) bequeath(t, heir *thread) {
	if t.fork != nil {
		for _, c := range t.fork.children {
			r.bequeath(c, heir)
		}
	}
	if r.x.again {
		r.closeHandlers(t)
	}
	heir.takeOver(t)
	r.close(t)
	t.phase = dead
}

func (r restorer) closeHandlers(t *thread) {
	if t.saga == nil {
		return
	}
	for _, h := range t.saga.handlers {
		r.close(h)
	}
}

// handler returns the thread of a handler that was entered, nil when it was not the
// turn of that handler.
func (r restorer) handler(e *Event, s asl.State) *thread {
	t := r.find(func(t *thread) bool { return t.canUndo() && t.tip == e.PreviousID })
	if t == nil {
		return nil
	}
	st, ok := t.nextStep()
	if !ok || asl.Handler(st.state) != s {
		return nil
	}
	return t.handler(st)
}

// compensated applies the good end of a compensation.
func (r restorer) compensated(e *Event) error {
	t := r.find(func(t *thread) bool { return t.canUndo() && t.tip == e.PreviousID })
	if t == nil {
		return fmt.Errorf("no compensation has come to event %d", e.PreviousID)
	}
	t.tip = e.ID
	t.afterUndo()
	return nil
}
