package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gostates/gostates/engine/store"
)

// A memoryPlace is where an execution of a memoryArchive stands in the order of lists.
type memoryPlace struct {
	start  int64 // the StartDate in milliseconds since 1970
	number uint64
}

func (p memoryPlace) compare(q memoryPlace) int {
	return cmp.Or(cmp.Compare(p.start, q.start), cmp.Compare(p.number, q.number))
}

// A memorySummary is an execution on its way to a page.
type memorySummary struct {
	memoryPlace
	x *Execution
	Summary
}

func (a *memoryArchive) list(_ context.Context, o *ListOptions, size int) (*Page, error) {
	machine := a.wantedARN(o.Machine)
	bound, q := o.query(machine), o.selection(machine)
	position, err := bound.position(o.NextToken)
	if err != nil {
		return nil, err
	}
	var after memoryPlace
	var newest uint64
	if position != "" {
		_, err := fmt.Sscanf(position, "%d.%d.%d", &after.start, &after.number, &newest)
		if err != nil || position != memoryPosition(after, newest) {
			return nil, badToken()
		}
	}
	all, newest := a.summaries(&q, newest)
	before := func(p, q memoryPlace) int {
		if o.OldestFirst {
			return p.compare(q)
		}
		return q.compare(p)
	}
	slices.SortFunc(all, func(s, t memorySummary) int { return before(s.memoryPlace, t.memoryPlace) })
	if position != "" {
		from, found := slices.BinarySearchFunc(all, after, func(s memorySummary, p memoryPlace) int { return before(s.memoryPlace, p) })
		if found {
			from++
		}
		all = all[from:]
	}
	page := &Page{Executions: make([]Summary, 0, min(len(all), size))}
	if len(all) > size {
		all = all[:size]
		page.NextToken = bound.token(memoryPosition(all[size-1].memoryPlace, newest))
	}
	for _, s := range all {
		if o.Redrives {
			s.x.lock()
			s.RedriveCount, s.RedriveDate = redrivesOf(s.x.past())
			s.x.unlock()
		}
		page.Executions = append(page.Executions, s.Summary)
	}
	return page, nil
}

// memoryPosition is the position of the page after a place. newest is the number of the
// execution that was started last when the first page was read.
func memoryPosition(after memoryPlace, newest uint64) string {
	return fmt.Sprintf("%d.%d.%d", after.start, after.number, newest)
}

// summaries returns those of the executions that a query selects, up to the one with a
// number, and that number: 0 stands for the number of the newest execution.
func (a *memoryArchive) summaries(q *store.Query, newest uint64) (all []memorySummary, _ uint64) {
	kept := a.keptExecutions()
	if newest == 0 && len(kept) > 0 {
		for _, x := range kept {
			newest = max(newest, x.number)
		}
	}
	for _, x := range kept {
		if x.number > newest {
			continue
		}
		x.lock()
		s := x.summary()
		x.unlock()
		if selects(q, &s) {
			all = append(all, memorySummary{memoryPlace{s.StartDate.UnixMilli(), x.number}, x, s})
		}
	}
	return all, newest
}

// keptExecutions returns all executions that are kept.
func (a *memoryArchive) keptExecutions() []*Execution {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(a.cutoff())
	var all []*Execution
	for x := a.starts.last; x != nil; x = x.links[byStart].prev {
		all = append(all, x)
	}
	return all
}
