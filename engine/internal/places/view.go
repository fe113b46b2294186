package places

import (
	"cmp"
	"slices"
	"time"
)

// A Queue is how the places of one rule and value stand.
type Queue struct {
	Need
	// Held is how many pieces of work are being done, and Waiting how many wait. One that
	// needs places of several rules is counted in each.
	Held, Waiting int
	// Since is when the first of those that wait began to wait; zero when none does.
	Since time.Time
}

// Queues returns the queues in which something is done or waits, by their rules and values.
func (g *Gate) Queues() []Queue {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make(map[*bucket]*Queue, len(g.buckets))
	for n, b := range g.buckets {
		if b.held > 0 || b.waiting > 0 {
			all[b] = &Queue{Need: n, Held: b.held, Waiting: b.waiting}
		}
	}
	for _, l := range g.lanes {
		since := l.tickets.Front().Value.(*Ticket).since
		for _, b := range l.buckets {
			if q := all[b]; q.Since.IsZero() || since.Before(q.Since) {
				q.Since = since
			}
		}
	}
	queues := make([]Queue, 0, len(all))
	for _, q := range all {
		queues = append(queues, *q)
	}
	slices.SortFunc(queues, func(a, b Queue) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Value, b.Value))
	})
	return queues
}
