// Package places gives out the places at which work is done, where there are fewer of them
// than work. Work that finds no place waits, and nobody waits for longer than the turns of
// the others take: places go round the groups, and within a group round its lanes.
//
// It knows neither time nor goroutines. Whoever calls it says what time it is, and does what
// has become possible.
package places

import (
	"container/heap"
	"container/list"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Rule bounds work of one kind. The zero Rule bounds nothing.
type Rule struct {
	// Places is how many pieces of work are done at a time; 0 for any number.
	Places int
	// Every is the time from one beginning to the next, on average; 0 for none.
	Every time.Duration
	// Burst is how many may begin at once after a pause; less than 1 is 1.
	Burst int
}

// A Need says that a piece of work needs a place under a rule, by the rule's index. Pieces
// whose values differ don't share places.
type Need struct {
	Rule  int
	Value string
}

// A Ticket is a piece of work on its way. The zero Ticket may be given to [Gate.Ask].
type Ticket struct {
	// Owner is the caller's own, by which it knows the ticket again. See [Gate.Hand].
	Owner any

	buckets []*bucket
	room    [3]*bucket    // for the first of them
	lane    *lane         // in which it waits; nil when it doesn't
	element *list.Element // of lane.tickets
	since   time.Time     // when it began to wait
	held    bool
}

// A Gate gives out places. It is safe for use by any number of goroutines.
type Gate struct {
	rules []Rule

	mu      sync.Mutex
	buckets map[Need]*bucket
	lanes   map[string]*lane
	due     dueHeap // buckets that others wait for until a time
	swept   int     // buckets that the last sweep left
	waiting int     // tickets
}

// New returns a gate by rules.
func New(rules []Rule) *Gate {
	return &Gate{rules: rules, buckets: make(map[Need]*bucket), lanes: make(map[string]*lane)}
}

// A bucket has the places of one rule and value.
type bucket struct {
	need    Need
	rule    *Rule
	held    int
	waiting int       // tickets that need it
	next    time.Time // when the rate has recovered from all beginnings
	turns   list.List // of *group: whose lanes wait for this bucket
	groups  map[string]*group
	place   int // in Gate.due, from 1
}

// A group has those lanes of one group of work that wait for one bucket.
type group struct {
	name    string
	turns   list.List // of *lane
	element *list.Element
}

// A lane has the waiting tickets of a group that need the same places. It waits for one of
// its buckets that is full, and for another one when that has a place.
type lane struct {
	key, group string
	buckets    []*bucket
	tickets    list.List // of *Ticket
	at         *bucket
	element    *list.Element // of the group's turns
}

// Ask asks for places and reports whether the ticket has them. Else it waits, behind all of
// its group that need the same: a later call of Leave or Wake gives it its places. The needs
// have different rules.
func (g *Gate) Ask(t *Ticket, groupName string, needs []Need, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t.buckets = t.room[:0]
	for _, n := range needs {
		t.buckets = append(t.buckets, g.bucket(n, now))
	}
	full := firstFull(t.buckets, now)
	if i := slices.IndexFunc(t.buckets, (*bucket).awaited); full == nil && i >= 0 {
		full = t.buckets[i] // those before it go first, as soon as Wake is called
	}
	if full == nil {
		g.take(t, now)
		return true
	}
	key := laneKey(groupName, needs)
	l := g.lanes[key]
	if l == nil {
		l = &lane{key: key, group: groupName, buckets: slices.Clone(t.buckets)}
		g.lanes[key] = l
		g.park(l, full)
	}
	t.lane, t.since = l, now
	g.waiting++
	t.element = l.tickets.PushBack(t)
	for _, b := range t.buckets {
		b.waiting++
	}
	return false
}

// laneKey names a lane.
func laneKey(groupName string, needs []Need) string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(len(groupName)))
	b.WriteString(groupName)
	for _, n := range needs {
		b.WriteString("," + strconv.Itoa(n.Rule) + ":" + strconv.Itoa(len(n.Value)))
		b.WriteString(n.Value)
	}
	return b.String()
}

// Leave gives the places of a ticket back, or has it wait no longer. It returns the owners of
// the tickets that got places by that. A ticket that has no places and does not wait is left
// alone.
func (g *Gate) Leave(t *Ticket, now time.Time) (begun []any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case t.held:
		t.held = false
		for _, b := range t.buckets {
			b.held--
		}
		for _, b := range t.buckets {
			begun = g.serve(b, now, begun)
			g.forget(b, now)
		}
	case t.lane != nil:
		l := t.lane
		g.unqueue(t)
		if l.tickets.Len() == 0 {
			g.drop(l)
		}
		for _, b := range t.buckets {
			g.forget(b, now)
		}
	}
	t.buckets, t.room = nil, [len(t.room)]*bucket{}
	return begun
}

// Wake gives places that the time has made free. It returns the owners of the tickets that got
// them. Next says when it is to be called again.
func (g *Gate) Wake(now time.Time) (begun []any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.due) > 0 && !g.due[0].free().After(now) {
		begun = g.serve(heap.Pop(&g.due).(*bucket), now, begun)
	}
	return begun
}

// Next returns when Wake is to be called; the zero time for never.
func (g *Gate) Next() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.due) == 0 {
		return time.Time{}
	}
	return g.due[0].free()
}

// A Stand is how a ticket stands.
type Stand uint8

// The stands of a ticket.
const (
	Out     Stand = iota // it neither waits nor has places
	Waiting              // it waits
	Held                 // it has its places, and its owner was told or is about to be
)

// Hand makes somebody else the owner of a ticket while it waits, and returns how the ticket
// stands. Whoever owned it when it got its places is told so, and nobody after that.
func (g *Gate) Hand(t *Ticket, owner any) Stand {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case t.held:
		return Held
	case t.lane == nil:
		return Out
	}
	t.Owner = owner
	return Waiting
}

// Waiting returns how many tickets wait.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting
}

// take has a ticket hold places that are free.
func (g *Gate) take(t *Ticket, now time.Time) {
	t.held = true
	for _, b := range t.buckets {
		b.held++
		if b.rule.Every > 0 {
			if b.next.Before(now) {
				b.next = now
			}
			b.next = b.next.Add(b.rule.Every)
			if b.place > 0 {
				heap.Fix(&g.due, b.place-1)
			}
		}
	}
}

// unqueue takes a ticket out of its lane.
func (g *Gate) unqueue(t *Ticket) {
	t.lane.tickets.Remove(t.element)
	for _, b := range t.buckets {
		b.waiting--
	}
	t.lane, t.element = nil, nil
	g.waiting--
}

// awaited reports whether lanes wait for the bucket.
func (b *bucket) awaited() bool { return b.turns.Len() > 0 }

// crowded reports whether all places are taken.
func (b *bucket) crowded() bool { return b.rule.Places > 0 && b.held >= b.rule.Places }

// free returns when the rate allows another beginning.
func (b *bucket) free() time.Time {
	return b.next.Add(-time.Duration(max(b.rule.Burst, 1)-1) * b.rule.Every)
}

// full reports whether nothing may begin at a time.
func (b *bucket) full(now time.Time) bool {
	return b.crowded() || b.rule.Every > 0 && b.free().After(now)
}

// firstFull returns the first bucket that is full, nil for none.
func firstFull(buckets []*bucket, now time.Time) *bucket {
	for _, b := range buckets {
		if b.full(now) {
			return b
		}
	}
	return nil
}

// bucket returns the bucket of a need.
func (g *Gate) bucket(n Need, now time.Time) *bucket {
	b := g.buckets[n]
	if b == nil {
		g.sweep(now)
		b = &bucket{need: n, rule: &g.rules[n.Rule]}
		g.buckets[n] = b
	}
	return b
}

// forget removes a bucket that nobody uses and whose rate has recovered: a new one would be
// the same.
func (g *Gate) forget(b *bucket, now time.Time) {
	if b.held == 0 && b.waiting == 0 && !b.next.After(now) {
		delete(g.buckets, b.need)
	}
}

// sweep forgets buckets when there are twice as many as the last time.
func (g *Gate) sweep(now time.Time) {
	if len(g.buckets) < 2*g.swept+1_000 {
		return
	}
	for _, b := range g.buckets {
		g.forget(b, now)
	}
	g.swept = len(g.buckets)
}

// park has a lane wait for a bucket.
func (g *Gate) park(l *lane, b *bucket) {
	in := b.groups[l.group]
	if in == nil {
		if b.groups == nil {
			b.groups = make(map[string]*group)
		}
		in = &group{name: l.group}
		in.element = b.turns.PushBack(in)
		b.groups[l.group] = in
	}
	l.at, l.element = b, in.turns.PushBack(l)
	g.expect(b)
}

// unpark has a lane wait for nothing.
func (g *Gate) unpark(l *lane) {
	in := l.at.groups[l.group]
	in.turns.Remove(l.element)
	if in.turns.Len() == 0 {
		l.at.turns.Remove(in.element)
		delete(l.at.groups, l.group)
	}
	l.at, l.element = nil, nil
}

// drop removes a lane that nobody waits in.
func (g *Gate) drop(l *lane) {
	g.unpark(l)
	delete(g.lanes, l.key)
}

// expect has Wake look at a bucket when its rate allows another beginning, if lanes wait for
// that.
func (g *Gate) expect(b *bucket) {
	if b.place == 0 && b.awaited() && !b.crowded() && b.rule.Every > 0 {
		heap.Push(&g.due, b)
	}
}

// serve gives the free places of a bucket to those that wait for it, group by group.
func (g *Gate) serve(b *bucket, now time.Time, begun []any) []any {
	for b.awaited() && !b.full(now) {
		in := b.turns.Front().Value.(*group)
		l := in.turns.Front().Value.(*lane)
		if other := firstFull(l.buckets, now); other != nil {
			g.unpark(l)
			g.park(l, other)
			continue
		}
		t := l.tickets.Front().Value.(*Ticket)
		g.unqueue(t)
		g.take(t, now)
		begun = append(begun, t.Owner)
		b.turns.MoveToBack(in.element)
		in.turns.MoveToBack(l.element)
		if l.tickets.Len() == 0 {
			g.drop(l)
		}
	}
	g.expect(b)
	return begun
}

// A dueHeap has the buckets with rates that others wait for; the first is free first.
type dueHeap []*bucket

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].free().Before(h[j].free()) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

// Push adds a bucket.
func (h *dueHeap) Push(v any) {
	b := v.(*bucket)
	*h = append(*h, b)
	b.place = len(*h)
}

// Pop removes the last bucket.
func (h *dueHeap) Pop() any {
	old := *h
	b := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	b.place = 0
	return b
}
