package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/internal/timers"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// atOnce is how many sleeping executions the engine reads from the store at a time,
// those that are due first. At most four times as many are in memory.
const atOnce = 4096

// A sleeper is all that is in memory of a sleeping execution that is due before long.
type sleeper struct {
	in      *storeArchive
	arn     string
	program *program
	timer   timers.Timer
}

// sleepers are the sleeping executions that are due before long. Of the others, most
// perhaps, nothing is in memory: the store has them in the order in which they are due.
// Engine.mu guards it.
type sleepers struct {
	// near has every sleeping execution that is due before a time, until.
	near  map[string]*sleeper
	until time.Time
	look  *timers.Timer // when the store is asked for those that follow; nil when it has none
	limit int           // how many are read at a time
	// moved is not nil while the store is asked. It has the ARNs of executions that were in
	// memory at some moment since, so that what the store says of them may be out of date.
	moved map[string]bool
}

// noteMoved notes that an execution does not sleep at this moment.
func (ss *sleepers) noteMoved(arn string) {
	if ss.moved != nil {
		ss.moved[arn] = true
	}
}

// sleep keeps in mind that an execution sleeps and when it is due, unless that is so late
// that it is enough if the store does. a.mu is locked.
func (a *storeArchive) sleep(arn string, p *program, due time.Time) {
	ss := &a.sleepers
	if !due.Before(ss.until) || ss.near[arn] != nil {
		return
	}
	s := &sleeper{in: a, arn: arn, program: p}
	s.timer = timers.Timer{Due: due, Owner: s}
	if ss.near == nil {
		ss.near = make(map[string]*sleeper)
	}
	ss.near[arn] = s
	a.timers.Start(&s.timer)
	if len(ss.near) > 4*ss.limit && ss.moved == nil {
		a.leaveToStore()
	}
}

// forgetSleeper forgets an execution that sleeps no longer, and cancels its timer. a.mu is
// locked.
func (a *storeArchive) forgetSleeper(arn string) {
	if s := a.sleepers.near[arn]; s != nil {
		delete(a.sleepers.near, arn)
		a.timers.Cancel(&s.timer)
	}
}

// leaveToStore forgets the sleepers that are due last. a.mu is locked.
func (a *storeArchive) leaveToStore() {
	ss := &a.sleepers
	all := make([]*sleeper, 0, len(ss.near))
	for _, s := range ss.near {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *sleeper) int { return a.timer.Due.Compare(b.timer.Due) })
	// An execution that fell asleep during a look may be due after others that only the
	// store has.
	if last := all[ss.limit].timer.Due; last.Before(ss.until) {
		ss.until = last
	}
	kept := before(all[:ss.limit], ss.until)
	for _, s := range all[len(kept):] {
		a.forgetSleeper(s.arn)
	}
	a.lookWhenHalf(kept)
}

// before returns the first of some sleepers in the order of their times, up to those that
// are due at a time or later. Of the sleepers that are due at one moment it returns all or
// none.
func before(all []*sleeper, until time.Time) []*sleeper {
	n := len(all)
	for n > 0 && !all[n-1].timer.Due.Before(until) {
		n--
	}
	return all[:n]
}

// lookWhenHalf has the store asked for more sleepers when half of these were woken.
// a.mu is locked.
func (a *storeArchive) lookWhenHalf(all []*sleeper) {
	ss := &a.sleepers
	if ss.look != nil {
		a.timers.Cancel(ss.look)
		ss.look = nil
	}
	if ss.until.Equal(store.Never) {
		return // there are no others
	}
	due := ss.until
	if len(all) > 0 {
		due = all[len(all)/2].timer.Due
	}
	ss.look = &timers.Timer{Due: due, Owner: timers.Do(func(inOrder bool) bool {
		return a.inOrderOrAside(inOrder, func() { a.lookAgain(inOrder) })
	})}
	a.timers.Start(ss.look)
}

// look asks the store for the executions that are due next: those that are due now
// are taken up, in the order of their times if inOrder says so, and some of the others
// are kept in mind. One look ends before the next begins.
func (a *storeArchive) look(inOrder bool) error {
	a.looking.Lock()
	defer a.looking.Unlock()
	ss := &a.sleepers
	a.mu.Lock()
	from, limit := ss.until, ss.limit
	if ss.look != nil {
		a.timers.Cancel(ss.look)
	}
	// The store may have been read past the place of an execution that falls asleep from
	// here on, so such executions are kept in mind, however late they are due.
	ss.until, ss.look, ss.moved = store.Never, nil, map[string]bool{}
	a.mu.Unlock()
	found, until, err := a.dueNext(from, limit, inOrder)
	if err != nil {
		found, until = nil, from
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range found {
		if !ss.moved[s.arn] && a.byARN[s.arn] == nil {
			a.sleep(s.arn, s.program, s.timer.Due)
		}
	}
	ss.until, ss.moved = until, nil
	if err == nil {
		a.lookWhenHalf(found)
	}
	return err
}

// dueNext takes up what the store says is due, and returns some of the sleepers that are
// due next, and from when on there may be more.
func (a *storeArchive) dueNext(from time.Time, limit int, inOrder bool) (found []*sleeper, until time.Time, err error) {
	for r, err := range a.store.running(from) {
		if errors.Is(err, store.ErrDamaged) {
			if a.whyStranded(r.ARN) == nil {
				a.noteStranded(r.ARN, a.storeError(r.ARN, err))
				a.logStranded(r.ARN, err)
			}
			continue
		}
		if err != nil {
			return nil, from, err
		}
		due := !r.Due.After(a.config.Clock.Now())
		if !due && (len(found) == limit || !r.Due.Before(store.Never)) {
			return before(found, r.Due), r.Due, nil
		}
		switch {
		case a.whyStranded(r.ARN) != nil:
		case due:
			err = a.resumeDue(&r, inOrder)
		default:
			var p *program
			if p, err = a.programOf(&r); p != nil {
				found = append(found, &sleeper{arn: r.ARN, program: p, timer: timers.Timer{Due: r.Due}})
			}
		}
		if err != nil {
			return nil, from, err
		}
	}
	return found, store.Never, nil
}

// resumeDue restores an execution that is due: with inOrder before it returns, else on a
// goroutine of its own.
func (a *storeArchive) resumeDue(r *store.Record, inOrder bool) error {
	if inOrder && !r.Due.IsZero() {
		a.timers.Serve(r.Due.Add(-1), true) // of those that were taken up before
	}
	x, err := a.executionOf(r)
	if x == nil {
		return err
	}
	if inOrder {
		return x.restored()
	}
	a.aside(func() { _ = x.restored() }) // what can't be is seen to
	return nil
}

// strandUnusable notes the executions whose definitions this engine can't use, or has not
// all handlers for, also those that sleep.
func (a *storeArchive) strandUnusable() error {
	var hashes []string
	err := a.store.use(func(s store.Store) (err error) {
		hashes, err = s.RunningDefinitions(context.Background())
		return err
	})
	for i := 0; i < len(hashes) && err == nil; i++ {
		var unusable bool
		err = a.eachRunning(hashes[i], func(r *store.Record) (more bool, err error) {
			p, err := a.programOf(r)
			unusable = unusable || p == nil || a.machines.unresolved(a.config.Resolver, p.machine) != nil
			return unusable, err
		})
	}
	if errors.Is(err, store.ErrDamaged) {
		err = nil // what is damaged is told when it is due, and the rest with it
	}
	return err
}

// eachRunning calls f with the executions that run by a definition, as long as it wants
// more.
func (a *storeArchive) eachRunning(definition string, f func(r *store.Record) (more bool, err error)) error {
	q := store.Query{Definition: definition, Statuses: []states.Status{states.StatusRunning}, Limit: 1}
	for {
		var records []store.Record
		err := a.store.use(func(s store.Store) (err error) {
			records, q.Next, err = s.List(context.Background(), q)
			return err
		})
		for i := range records {
			more, err := f(&records[i])
			if err != nil || !more {
				return err
			}
		}
		if err != nil || q.Next == "" {
			return err
		}
		q.Limit = maxPage
	}
}
