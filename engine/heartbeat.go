package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// heartbeat implements [archive]: it starts the HeartbeatSeconds of a task anew. The first
// heartbeat goes into the log; of the others the store gets to know when the execution
// next leaves memory, or would have timed out without them.
func (a *storeArchive) heartbeat(waiting *call) error {
	x, task := waiting.execution, waiting.id
	x.lock()
	defer x.unlock()
	defer x.afterInput()
	if err := x.ready(); err != nil {
		if errors.Is(err, states.ErrStale) {
			return ErrTaskTimedOut
		}
		return err
	}
	x.tick()
	i := slices.IndexFunc(x.calls, func(c *call) bool { return c.id == task })
	if i < 0 {
		return ErrTaskTimedOut
	}
	c := x.calls[i]
	if c.silence == nil {
		return nil
	}
	if !a.timers.Move(c.silence, x.now.Add(c.period)) {
		return ErrTaskTimedOut
	}
	if c.beats {
		return nil
	}
	var due time.Time
	if !x.more {
		due = x.dueAfter(nil)
	}
	if err := x.flush(nil, due, ownLine(beatType, task, x.now)); err != nil {
		return err
	}
	c.beats = true
	return nil
}

// A heardTask is a task of a sleeping execution that sends heartbeats.
type heardTask struct {
	token  string
	id     states.EventID
	period time.Duration
	due    time.Time // when the task has been silent for too long
}

// A heard is what is in memory of a sleeping execution whose tasks send heartbeats, so
// that a heartbeat need not restore it.
type heard struct {
	tasks  []*heardTask
	others time.Time // when something else is due
	length int       // lines of the log
}

// due returns when the execution has something to do.
func (h *heard) due() time.Time {
	due := h.others
	for _, t := range h.tasks {
		if t.due.Before(due) {
			due = t.due
		}
	}
	return due
}

// heardOf returns what is to be kept in memory of an execution that leaves it; nil for one
// whose tasks send no heartbeats. x.mu is locked.
func heardOf(x *Execution) *heard {
	var h *heard
	for _, c := range x.calls {
		if c.silence != nil && c.beats {
			if h == nil {
				h = &heard{others: store.Never, length: x.length}
			}
			h.tasks = append(h.tasks, &heardTask{token: c.token, id: c.id, period: c.period, due: c.silence.Due})
		}
	}
	if h == nil {
		return nil
	}
	earlier := func(at time.Time) {
		if at.Before(h.others) {
			h.others = at
		}
	}
	for _, t := range x.timers {
		earlier(t.Due)
	}
	for _, c := range x.calls {
		if c.deadline != nil {
			earlier(c.deadline.Due)
		}
		if c.silence != nil && !c.beats {
			earlier(c.silence.Due)
		}
		if c.later != nil {
			earlier(c.later.timer.Due)
		}
	}
	return h
}

// keepHeard keeps what was heard of a sleeping execution. a.mu is locked.
func (a *storeArchive) keepHeard(arn string, h *heard) {
	if h == nil {
		return
	}
	if a.heard == nil {
		a.heard, a.heardTasks = make(map[string]*heard), make(map[string]*heardTask)
	}
	a.heard[arn] = h
	for _, t := range h.tasks {
		a.heardTasks[t.token] = t
	}
}

// takeHeard returns when the tasks of an execution that was restored are silent for too
// long, by what was heard while it slept, and forgets it.
func (a *storeArchive) takeHeard(arn string) map[states.EventID]time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.heard[arn]
	delete(a.heard, arn)
	return h.silent(func(t *heardTask) { delete(a.heardTasks, t.token) })
}

// heardBy is takeHeard, and forgets nothing.
func (a *storeArchive) heardBy(arn string) map[states.EventID]time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heard[arn].silent(func(*heardTask) {})
}

// silent returns when tasks are silent for too long, and calls each with them. What is heard of
// an execution may be nil.
func (h *heard) silent(each func(*heardTask)) map[states.EventID]time.Time {
	if h == nil {
		return nil
	}
	due := make(map[states.EventID]time.Time, len(h.tasks))
	for _, t := range h.tasks {
		due[t.id] = t.due
		each(t)
	}
	return due
}

// hear implements [archive]. It costs the same whatever came before.
func (a *storeArchive) hear(token string) bool {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.heardTasks[token]
	if t == nil || !now.Before(t.due) {
		return false
	}
	t.due = now.Add(t.period)
	return true
}

// sleepsOn reports whether a sleeping execution whose time has come has nothing to do,
// because its tasks were heard of meanwhile. The store and the timers are told.
func (a *storeArchive) sleepsOn(s *sleeper) bool {
	now := a.now()
	a.mu.Lock()
	h := a.heard[s.arn]
	var due time.Time
	if h != nil && a.sleepers.near[s.arn] == s {
		due = h.due()
	}
	a.mu.Unlock()
	if !due.After(now) {
		return false
	}
	err := a.store.use(func(st store.Store) error {
		return st.Append(context.Background(), s.arn, h.length, store.Change{Due: due})
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil || a.sleepers.near[s.arn] != s {
		return false
	}
	delete(a.sleepers.near, s.arn)
	a.sleep(s.arn, s.program, due)
	return true
}
