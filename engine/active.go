package engine

import (
	"slices"
	"time"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A WaitsFor is what a state waits for.
type WaitsFor string

// What states wait for. It is empty for a state that has something to do.
const (
	// WaitsForTime is a Wait state, or a Retrier's delay.
	WaitsForTime WaitsFor = "TIME"
	// WaitsForPlace is a task that stands in the queue of a [Throttle].
	WaitsForPlace WaitsFor = "PLACE"
	// WaitsForHandler is a task whose handler has been called, in this process or in the one
	// that has the Store.
	WaitsForHandler WaitsFor = "HANDLER"
	// WaitsForResolver is a task for which there is no handler. It goes on when the Resolver
	// has one.
	WaitsForResolver WaitsFor = "RESOLVER"
	// WaitsForToken is a task whose Task Token ends it.
	WaitsForToken WaitsFor = "TASK_TOKEN"
	// WaitsForWorker is the task of an activity that no worker has taken.
	WaitsForWorker WaitsFor = "WORKER"
	// WaitsForActivity is the task of an activity that the [ActiveState.Worker] works on.
	WaitsForActivity WaitsFor = "ACTIVITY"
	// WaitsForExecution is a task that ends with the [ActiveState.ExecutionARN].
	WaitsForExecution WaitsFor = "EXECUTION"
	// WaitsForMapRun is a Map state that ends with the [ActiveState.MapRunARN].
	WaitsForMapRun WaitsFor = "MAP_RUN"
	// WaitsForStates is a state that ends with those in [ActiveState.Within].
	WaitsForStates WaitsFor = "STATES"
)

// A DueTo is what happens to a state when it is due.
type DueTo string

// What happens to a state that is due.
const (
	DueToEnd       DueTo = "END"       // of a Wait state
	DueToRetry     DueTo = "RETRY"     // by a Retrier
	DueToTimeout   DueTo = "TIMEOUT"   // by TimeoutSeconds
	DueToHeartbeat DueTo = "HEARTBEAT" // by HeartbeatSeconds
)

// An ActiveState is a state that an execution is in.
type ActiveState struct {
	// State is the state's name, and Type its type, such as "Task".
	State, Type string
	// Event is the id of the event that entered it, and Since when that was.
	Event states.EventID
	Since time.Time
	// Attempt counts the tries of this visit to the state before, from 0. Restarts counts how
	// often the task's handler was called again because its process was killed.
	Attempt, Restarts int
	// Due is when its next timer fires, and DueTo what happens then; zero and empty without a
	// timer. TimeoutSeconds of the machine are not counted.
	Due   time.Time
	DueTo DueTo
	// WaitsFor is what it waits for.
	WaitsFor WaitsFor
	// Resource is that of a task.
	Resource string
	// TaskToken is that of a task which has one. Whoever knows it can end the task.
	TaskToken string
	// Worker is the name that the worker gave who has taken the task of an activity.
	Worker string
	// ExecutionARN is the execution that the task has started and waits for, as far as it has
	// been started.
	ExecutionARN string
	// MapRunARN is the Map Run of a Map state in the mode DISTRIBUTED.
	MapRunARN string
	// Undoes is the name of the completed state that a handler of a compensation undoes; empty
	// for other states.
	Undoes string
	// Index is that of the branch or the iteration that the state is in, among those of the
	// state around it. It is -1 for a state of the machine itself, and for a handler of a
	// compensation.
	Index int
	// Total is how many branches or iterations a Parallel or Map state has, and Ended how many
	// of them have ended. Both are 0 for other states, and for a Map state in the mode
	// DISTRIBUTED, whose Map Run has counts.
	Total, Ended int
	// Within are the states that its branches or iterations are in, in the order of their
	// indexes, up to 100, and the handlers of its compensation. Left is how many more there
	// are: of a whole Description up to 1,000 states are shown.
	Within []ActiveState
	Left   int
}

// How many active states are shown below one, and in all.
const (
	maxWithin = 100
	maxActive = 1_000
)

// active returns the states that an execution is in. x.mu is locked.
func (x *Execution) active() []ActiveState {
	if x.interpreter == nil {
		return nil
	}
	positions := x.interpreter.Positions(maxWithin, maxActive)
	if len(positions) == 0 {
		return nil
	}
	o := overlook{Execution: x}
	if len(x.calls) > 0 {
		o.open = make(map[states.EventID]*call, len(x.calls))
		for _, c := range x.calls {
			o.open[c.id] = c
		}
	}
	return o.all(positions)
}

// An overlook is what an execution's active states are told from.
type overlook struct {
	*Execution
	open map[states.EventID]*call
}

func (o *overlook) all(positions []states.Position) []ActiveState {
	all := make([]ActiveState, len(positions))
	for i := range positions {
		all[i] = o.one(&positions[i])
	}
	return all
}

func (o *overlook) one(p *states.Position) ActiveState {
	a := ActiveState{
		State: p.State.Name(), Type: p.State.Type(), Event: p.Entered, Since: p.Since, Attempt: p.Attempt,
		Index: p.Index, Total: p.Total, Ended: p.Ended, Left: p.Left,
	}
	if p.Undoes != nil {
		a.Undoes = p.Undoes.Name()
	}
	if len(p.Below) > 0 {
		a.Within = o.all(p.Below)
	}
	switch {
	case p.Task != nil:
		a.Resource, a.TaskToken, a.WaitsFor = p.Task.State.Resource.Text, p.Task.Token, WaitsForHandler
		if c := o.open[p.Task.ID]; c != nil {
			o.task(&a, c)
		}
	case p.Run != nil:
		a.MapRunARN, a.WaitsFor = p.Run.ARN, WaitsForMapRun
	case p.Timer != 0:
		a.WaitsFor, a.DueTo, a.Due = WaitsForTime, DueToEnd, p.Due
		if p.Retries {
			a.DueTo = DueToRetry
		}
		for _, t := range o.timers { // which WaitScale may have moved
			if t.ID == int64(p.Timer) {
				a.Due = t.Due
			}
		}
	case p.Total > 0 || len(p.Below) > 0:
		a.WaitsFor = WaitsForStates
	}
	return a
}

// task says what an open task waits for.
func (o *overlook) task(a *ActiveState, c *call) {
	a.TaskToken, a.Restarts = c.token, int(c.restarts)
	switch {
	case c.queued:
		a.WaitsFor = WaitsForPlace
	case c.waits:
		a.WaitsFor = WaitsForResolver
	case c.isActivity() && c.begun:
		a.WaitsFor, a.Worker = WaitsForActivity, c.worker
	case c.isActivity():
		a.WaitsFor = WaitsForWorker
	case c.managesChild():
		a.WaitsFor, a.ExecutionARN = WaitsForExecution, c.child
		if a.ExecutionARN == "" && c.acknowledged {
			a.ExecutionARN = submittedChild(o.past(), c.id)
		}
	case c.waitsForToken() && c.acknowledged:
		a.WaitsFor = WaitsForToken
	}
	if c.queued {
		return // its times begin with its place
	}
	if c.deadline != nil {
		a.Due, a.DueTo = c.deadline.Due, DueToTimeout
	}
	if c.silence != nil {
		silent := o.engine.timers.DueOf(c.silence) // a heartbeat may move it
		if a.Due.IsZero() || silent.Before(a.Due) {
			a.Due, a.DueTo = silent, DueToHeartbeat
		}
	}
}

// activeAsleep returns the states that a running execution of the store is in which is not in
// memory, by its log; none when this release can't tell.
func (a *storeArchive) activeAsleep(r *store.Record, l *storedLog) []ActiveState {
	if l.elsewhere {
		return nil
	}
	p, err := a.storedProgram(r)
	if err != nil {
		return nil
	}
	x := a.unrestored(r.ARN, p, r.Due)
	if x.interpreter, err = states.Restore(x.machine, l.events, p.options); err != nil {
		return nil
	}
	x.history, x.now = l.events, l.events[len(l.events)-1].At
	l.due = a.heardBy(r.ARN)
	queued := a.queuedTasks(r.ARN)
	for _, command := range x.interpreter.Open() {
		switch command := command.(type) {
		case *states.StartTimer:
			x.timers = append(x.timers, x.newTimer(command))
		case *states.InvokeTask:
			c := x.newCall(command)
			if c.isActivity() {
				c.takeUpActivity(l)
			}
			c.takeUp(l)
			c.queued = slices.Contains(queued, c.id)
			if c.silence != nil && !c.isActivity() {
				c.silence.Due = l.silentSince(c.id).Add(c.period)
				if due := l.due[c.id]; due.After(c.silence.Due) {
					c.silence.Due = due
				}
			}
			x.calls = append(x.calls, c)
		}
	}
	return x.active()
}

// queuedTasks returns the tasks of a sleeping execution that wait for their places.
func (a *storeArchive) queuedTasks(arn string) (ids []states.EventID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if q := a.queued[arn]; q != nil {
		for _, c := range q.calls {
			ids = append(ids, c.id)
		}
	}
	return ids
}
