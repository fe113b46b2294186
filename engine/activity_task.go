package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A task of an activity waits in a document of its own, and in its execution, which sleeps.
// Whoever asks first gets the task that was scheduled first: the execution records
// ActivityStarted, and only then the document is removed. A document whose task has begun, or
// is over, is removed by who finds it.

// An ActivityTask is a task that a worker was given.
type ActivityTask struct {
	// Token is the Task Token by which the task is answered, with
	// [Engine.SendTaskSuccess] or [Engine.SendTaskFailure], or is kept alive.
	Token string
	// Input is the task's input as JSON text.
	Input json.RawMessage

	task Task
}

// GetActivityTask waits for a task of an activity, and returns the one that was scheduled
// first. The history shows who took it: worker is a name of up to 80 characters, and may be
// empty. When ctx ends first the error is ctx's, and no task is lost. A task whose worker
// doesn't answer ends with its HeartbeatSeconds or TimeoutSeconds, or never: the former count
// from ActivityStarted, and the latter from ActivityScheduled (of AWS it is only reported, and
// not for a task that nobody asks for, that they count from ActivityStarted).
//
// Errors: [ErrActivityDoesNotExist], also when the activity is deleted meanwhile,
// [ErrActivityWorkerLimitExceeded], [ErrInvalidARN], [ErrClosed], and those of
// [Engine.Documents].
func (e *Engine) GetActivityTask(ctx context.Context, arn, worker string) (*ActivityTask, error) {
	if n := utf8.RuneCountInString(worker); n > 80 || !utf8.ValidString(worker) {
		return nil, fmt.Errorf("engine: the worker's name has %d characters, or is no UTF-8: at most 80 are allowed", n)
	}
	name, err := e.activityName(arn)
	if err != nil {
		return nil, err
	}
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	p, err := e.pollers.join(name)
	if err != nil {
		return nil, err
	}
	defer e.pollers.leave(e, name, p)
	for {
		if _, err := e.DescribeActivity(ctx, arn); err != nil {
			return nil, err
		}
		task, err := e.handOut(ctx, name, worker)
		if task != nil || err != nil {
			return task, err
		}
		e.busy(-1) // who wakes it makes it busy again
		select {
		case <-p:
			continue
		case <-ctx.Done():
			err = ctx.Err()
		case <-e.closing:
			err = ErrClosed
		}
		e.busy(1)
		return nil, err
	}
}

// pollers are the workers that wait for tasks, by activity. The zero pollers are none.
type pollers struct {
	mu  sync.Mutex
	all map[string][]chan struct{}
}

// ErrActivityWorkerLimitExceeded is returned when 1,000 workers ask for tasks of an activity
// at a time, which is AWS's bound.
var ErrActivityWorkerLimitExceeded = errors.New("ActivityWorkerLimitExceeded")

const maxPollers = 1_000

// join adds a poller at the end. What it returns is sent to when there is a task for it.
func (ps *pollers) join(activity string) (chan struct{}, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if len(ps.all[activity]) >= maxPollers {
		return nil, fmt.Errorf("%w: %d workers ask for tasks of the activity already", ErrActivityWorkerLimitExceeded, maxPollers)
	}
	if ps.all == nil {
		ps.all = make(map[string][]chan struct{})
	}
	p := make(chan struct{}, 1)
	ps.all[activity] = append(ps.all[activity], p)
	return p, nil
}

// leave takes a poller out. It wakes the next one, because there may be more tasks.
func (ps *pollers) leave(e *Engine, activity string, p chan struct{}) {
	ps.mu.Lock()
	rest := ps.all[activity][:0]
	for _, other := range ps.all[activity] {
		if other != p {
			rest = append(rest, other)
		}
	}
	ps.all[activity] = rest
	if len(rest) == 0 {
		delete(ps.all, activity)
	}
	select {
	case <-p:
		e.busy(-1)
	default:
	}
	ps.mu.Unlock()
	ps.wake(e, activity)
}

// wake wakes the poller of an activity that has waited longest.
func (ps *pollers) wake(e *Engine, activity string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all[activity] {
		select {
		case p <- struct{}{}:
			e.busy(1)
			return
		default: // it has been woken
		}
	}
}

// handOut takes the task that has waited longest, nil when there is none.
func (e *Engine) handOut(ctx context.Context, activity, worker string) (*ActivityTask, error) {
	prefix := activity + "/"
	for {
		found, err := e.Documents().Documents(ctx, waitingDocuments, prefix, 1)
		if err != nil || len(found) == 0 || !strings.HasPrefix(found[0].Key, prefix) {
			return nil, err
		}
		var task *ActivityTask
		at := strings.LastIndexByte(found[0].Text, '/')
		if id, bad := strconv.ParseInt(found[0].Text[at+1:], 10, 64); bad == nil && at > 0 {
			if task, err = e.giveTo(worker, found[0].Text[:at], states.EventID(id)); err != nil {
				return nil, err
			}
		}
		err = e.Documents().ChangeDocuments(context.WithoutCancel(ctx), []store.DocumentChange{{Collection: waitingDocuments, Key: found[0].Key, Old: found[0].Text}})
		if task != nil {
			return task, nil // what is left of it in the documents is found out later
		}
		if err != nil && !errors.Is(err, store.ErrDocumentChanged) {
			return nil, err
		}
	}
}

// giveTo gives a task of an execution to a worker. It returns nil when the task is over or
// somebody has it.
func (e *Engine) giveTo(worker, arn string, id states.EventID) (*ActivityTask, error) {
	x, err := e.archive.find(arn)
	if errors.Is(err, ErrExecutionDoesNotExist) || errors.Is(err, ErrInvalidARN) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	c, err := x.began(id, worker)
	if c == nil || err != nil {
		return nil, err
	}
	return &ActivityTask{Token: c.token, Input: value.Append(nil, c.input), task: c.task()}, nil
}

// began records that a worker has taken up a task of an activity. It returns nil when the
// task is over, or was taken up before.
func (x *Execution) began(id states.EventID, worker string) (*call, error) {
	x.lock()
	defer x.unlock()
	if x.engine.closed.Load() {
		return nil, ErrClosed
	}
	defer x.afterInput()
	if err := x.ready(); err != nil {
		if _, failed := errors.AsType[*StoreError](err); failed || errors.Is(err, ErrClosed) {
			return nil, err
		}
		return nil, nil // it is over, or can't go on here
	}
	for _, c := range x.calls {
		if c.id != id || c.begun {
			continue
		}
		x.tick()
		c.startSilence(x.now)
		if _, err := x.step(nil, false, states.TaskBegan{At: x.now, Task: id, Worker: worker}); err != nil {
			c.silence = nil
			return nil, err
		}
		c.begun, c.worker = true, worker
		if c.silence != nil {
			x.engine.timers.Start(c.silence)
		}
		return c, nil
	}
	return nil, nil
}

// startSilence has the HeartbeatSeconds of an activity's task count from a time.
func (c *call) startSilence(since time.Time) {
	if c.period > 0 {
		c.silence = new(c.execution.timer(since.Add(c.period), silent, c.id))
	}
}

// takeUpActivity has the task of an activity stand as a log says.
func (c *call) takeUpActivity(l *storedLog) {
	c.begun, c.silence = false, nil
	for i := range l.events {
		e := &l.events[i]
		if e.Type != states.ActivityStarted || e.PreviousID != c.id {
			continue
		}
		c.begun = true
		if d, ok := e.Details.(*states.WorkerDetails); ok {
			c.worker = d.Worker
		}
		since := e.At
		if c.execution.facts.handles(c.state().Resource.Text) {
			since = c.execution.now // its handler is called again, and sends heartbeats then
		}
		if beat := l.beats[c.id]; beat.After(since) {
			since = beat
		}
		c.startSilence(since)
		if due := l.due[c.id]; c.silence != nil && due.After(c.silence.Due) {
			c.silence.Due = due
		}
		_, c.beats = l.beats[c.id]
	}
}

// isActivity reports whether it is the task of an activity.
func (c *call) isActivity() bool { return c.state().Resource.Kind == asl.Activity }

// An activityHandler has a task wait for a worker.
type activityHandler struct{}

// Handle implements [Handler].
func (activityHandler) Handle(ctx context.Context, task Task) (any, error) {
	e, c := EngineFrom(ctx), task.call
	x := c.execution
	name, err := e.activityName(task.Resource) // which was there when the task was scheduled
	if err != nil {
		return nil, err
	}
	x.lock()
	begun, scheduled := c.begun, x.scheduledAt(c.id)
	x.unlock()
	if !begun {
		key := fmt.Sprintf("%s/%015d/%s/%09d", name, scheduled.UnixMilli(), x.identity.ARN, c.id)
		err := e.Documents().ChangeDocuments(context.WithoutCancel(ctx), []store.DocumentChange{{Collection: waitingDocuments, Key: key, New: task.IdempotencyKey}})
		if err != nil && !errors.Is(err, store.ErrDocumentChanged) { // which says that it waits already
			return nil, err
		}
	}
	x.lock()
	c.awaits, c.running = true, false
	x.afterInput()
	x.unlock()
	e.pollers.wake(e, name)
	return nil, errRests
}

// scheduledAt returns when a task was scheduled. x.mu is locked.
func (x *Execution) scheduledAt(id states.EventID) time.Time {
	history := x.past()
	for i := range slices.Backward(history) {
		if history[i].ID == id && !history[i].Hidden() {
			return history[i].At
		}
	}
	return x.now
}
