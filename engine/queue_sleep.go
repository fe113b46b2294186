package engine

import (
	"slices"
	"time"

	"github.com/gostates/gostates/engine/internal/places"
	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// queuedInMemory is how many tasks may wait for their places before executions in a Store
// that have nothing to do but wait leave memory. What is left of one is some hundred bytes.
const queuedInMemory = 4096

// queuedCalls are the tasks of a sleeping execution that wait for their places.
type queuedCalls struct {
	calls []*queuedCall
	timer timers.Timer // for what else the execution waits for; not started if that is nothing
}

// A queuedCall is one of them, and owns its ticket.
type queuedCall struct {
	in     *storeArchive
	arn    string
	id     states.EventID
	ticket *places.Ticket
}

// restQueued lets an execution leave memory that waits for places, when many do. The store
// has it due at once, so that the next engine takes it up. x.mu is locked.
func (a *storeArchive) restQueued(x *Execution) {
	gate := a.throttles.gate
	due := x.dueBut(nil, true)
	if gate.Waiting() <= a.throttles.keeps || !due.After(a.config.Clock.Now()) || heardOf(x) != nil {
		return
	}
	if !x.due.IsZero() && x.reportDue(time.Time{}) != nil {
		return
	}
	q := &queuedCalls{}
	for _, c := range x.calls {
		if !c.queued {
			continue
		}
		s := &queuedCall{in: a, arn: x.identity.ARN, id: c.id, ticket: c.ticket}
		if gate.Hand(c.ticket, s) != places.Waiting { // it is about to begin
			for _, s := range q.calls {
				i := slices.IndexFunc(x.calls, func(c *call) bool { return c.ticket == s.ticket })
				gate.Hand(s.ticket, x.calls[i]) // or s is told, and finds the call
			}
			return
		}
		q.calls = append(q.calls, s)
	}
	x.leaveMemory()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asleep(x)
	if a.queued == nil {
		a.queued = make(map[string]*queuedCalls)
	}
	arn := x.identity.ARN
	a.queued[arn] = q
	if due.Before(store.Never) {
		q.timer = timers.Timer{Due: due, Owner: timers.Do(func(inOrder bool) bool {
			return a.inOrderOrAside(inOrder, func() { _, _ = a.find(arn) })
		})}
		a.timers.Start(&q.timer)
	}
}

// takeQueued returns what is left of the queued tasks of a sleeping execution, which is about
// to be in memory again; nil for none.
func (x *Execution) takeQueued() *queuedCalls {
	if x.durable == nil {
		return nil
	}
	a := x.in
	a.mu.Lock()
	q := a.queued[x.identity.ARN]
	delete(a.queued, x.identity.ARN)
	a.mu.Unlock()
	if q != nil {
		a.timers.Cancel(&q.timer)
	}
	return q
}

// takeTicket has a call of a restored execution wait where it waited before. x.mu is locked.
func (c *call) takeTicket(q *queuedCalls) {
	if q == nil {
		return
	}
	i := slices.IndexFunc(q.calls, func(s *queuedCall) bool { return s.id == c.id })
	if i < 0 {
		return
	}
	s := q.calls[i]
	if s.in.throttles.gate.Hand(s.ticket, c) != places.Out {
		c.ticket, c.queued = s.ticket, true
		q.calls = slices.Delete(q.calls, i, i+1)
	}
}

// forget has those wait no longer that no call took up.
func (q *queuedCalls) forget() {
	if q == nil {
		return
	}
	for _, s := range q.calls {
		e := s.in.Engine
		e.throttles.begin(e, e.throttles.gate.Leave(s.ticket, e.now()))
	}
}

// wake restores the execution, whose call has its places, and returns the call. If that can't
// be, it returns nil and gives the places back; the call asks again when the execution is
// restored.
func (s *queuedCall) wake() *call {
	if x, err := s.in.find(s.arn); err == nil {
		x.lock()
		i := slices.IndexFunc(x.calls, func(c *call) bool { return c.queued && c.ticket == s.ticket })
		if i >= 0 {
			defer x.unlock()
			return x.calls[i]
		}
		x.unlock()
	}
	e := s.in.Engine
	e.throttles.begin(e, e.throttles.gate.Leave(s.ticket, e.now()))
	return nil
}
