package engine

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
)

// A task is forsaken that waits for the end of an execution, its child, and ends without an
// answer: it runs out of time, its execution is stopped, or a sibling fails. The engine stops
// the child then. So that a crash doesn't come between the two, the store has a document that
// names the task before it has the end of the task. The document is removed when the child is
// stopped. The next engine looks at the documents that it finds before anything goes on: where
// the task is open still, or was answered, the document says nothing; else the engine stops the
// child. In a Store without documents a child that a crash has left so goes on to its own end.

// forsakenDocuments is the collection of forsaken tasks. The key of a document is the
// task's IdempotencyKey, and its text is forsakenText.
const (
	forsakenDocuments = "forsaken tasks"
	forsakenText      = "stop"
)

// managesChild reports whether the task of a call may wait for a child that the engine has
// started. Whether the Config's Resolver has a handler in the engine's place is asked later,
// without a lock.
func (c *call) managesChild() bool {
	n := nestedOf(c.state().Resource.Text)
	return n != nil && n.waits
}

// noteForsaken has the store know of the tasks that a plan forsakes. x.mu is locked.
func (x *Execution) noteForsaken(p *plan) error {
	var keys []string
	note := func(c *call) {
		if c.managesChild() {
			keys = append(keys, c.idempotencyKey())
		}
	}
	for _, w := range p.ended {
		if w.call != nil && w.why != ErrTaskAnswered {
			note(w.call)
		}
	}
	if p.finish != nil {
		for _, c := range x.calls {
			if !p.ends(c, nil) {
				note(c)
			}
		}
	}
	for _, key := range keys {
		if err := x.in.forsakes(key); err != nil {
			return err
		}
	}
	return nil
}

// forsakes has the store know of a forsaken task, if it can.
func (a *storeArchive) forsakes(key string) error {
	err := a.changeDocument(store.DocumentChange{Collection: forsakenDocuments, Key: key, New: forsakenText})
	if errors.Is(err, store.ErrDocumentChanged) || errors.Is(err, errors.ErrUnsupported) {
		return nil // it was noted before a failure of the store; or it can't be
	}
	return err
}

func (a *storeArchive) changeDocument(change store.DocumentChange) error {
	return a.documents(func(s store.DocumentStore) error {
		return s.ChangeDocuments(context.Background(), []store.DocumentChange{change})
	})
}

// settled removes the document of a forsaken task. One that the store doesn't remove is
// removed by the next engine.
func (e *Engine) settled(key string) {
	if a, ok := e.archive.(*storeArchive); ok {
		_ = a.changeDocument(store.DocumentChange{Collection: forsakenDocuments, Key: key, Old: forsakenText})
	}
}

// forsake sees to it that the child of a call is stopped, since its task has ended without
// an answer. x.mu is locked.
func (x *Execution) forsake(c *call) {
	if !c.managesChild() {
		return
	}
	if c.child == "" {
		c.child = submittedChild(x.past(), c.id)
	}
	x.note(func() { x.engine.stopChildOf(c) })
}

// forsakes reports whether a task that ended for a reason has no use for its child any more.
func forsakes(why error) bool {
	_, failed := errors.AsType[*ExecutionError](why)
	return failed || errors.Is(why, ErrTaskCanceled) || errors.Is(why, ErrTaskExpired) || errors.Is(why, ErrHeartbeatMissed)
}

// begins notes that the task of a call is about to start its child. It reports false when the
// task is over, so that no child may be started.
func (c *call) begins() bool {
	c.execution.lock()
	defer c.execution.unlock()
	c.starts = slices.Contains(c.execution.calls, c)
	return c.starts
}

// waitsFor notes the child of a call, nil for one that could not be started. It reports false
// when the task is over.
func (c *call) waitsFor(child *Execution) bool {
	x := c.execution
	x.lock()
	defer x.unlock()
	c.starts = false
	if child != nil {
		c.child = child.identity.ARN
	}
	return slices.Contains(x.calls, c)
}

// stopChildOf stops the execution that the task of a call waits for, if there is one.
func (e *Engine) stopChildOf(c *call) {
	key := c.idempotencyKey()
	if e.served.Resolver.Resolve(c.state().Resource.Text) != nil {
		e.settled(key) // the user's handler does what there is to do
		return
	}
	x := c.execution
	x.lock()
	arn, starts := c.child, c.starts
	x.unlock()
	a, stored := e.archive.(*storeArchive)
	switch {
	case starts: // whoever starts it stops it
	case arn != "":
		e.stopChild(arn, key, true)
	case stored && e.served.taskMachines() == nil:
		a.leaveForsaken(key)
		if e.served.taskMachines() != nil { // just now
			a.stopForsakenSoon()
		}
	default:
		e.stopChild(e.childOf(c.input, key), key, false) // nobody knows whether it was started
	}
}

// childOf returns the ARN of the execution that a task starts, "" when it can't be known.
func (e *Engine) childOf(input any, key string) string {
	machines := e.served.taskMachines()
	parameters, _ := input.(*value.Object)
	given, err := texts(parameters, "StateMachineArn", "Name")
	if machines == nil || err != nil {
		return ""
	}
	target, err := machines.Target(context.Background(), given[0], states.Seed{})
	if err != nil {
		return ""
	}
	if given[1] == "" {
		given[1] = childName(key)
	}
	return e.executionARN(target.Name, given[1])
}

// abortCause is the cause of a stop of whatever a task has started that is over.
// [R] Measured by one person, for executions and for the tasks of ECS.
func abortCause(parent string) string {
	return "The Task state in AWS Step Functions execution [" + parent + "] which was managing this resource was aborted"
}

// stopChild stops the child of a forsaken task. A child that the task is not known to manage
// is stopped only if the task has started it: its name may be another's. An ARN of "" stands
// for no child.
func (e *Engine) stopChild(arn, key string, managed bool) {
	parent, task := cutKey(key)
	if arn != "" {
		child, err := e.archive.find(arn)
		if _, failed := errors.AsType[*StoreError](err); failed || errors.Is(err, ErrClosed) {
			return // the document stays for the next engine
		}
		if err == nil && (managed || child.parent.ARN == parent && child.parent.Task == task) {
			calls, err := child.advance(arrival{kind: stopped, kept: true, failure: states.Failure{Cause: abortCause(parent), HasCause: true}})
			if err != nil && !errors.Is(err, states.ErrStale) {
				return
			}
			e.spawn(calls)
		}
	}
	e.settled(key)
}

// cutKey returns the execution and the event of a task's IdempotencyKey.
func cutKey(key string) (arn string, task states.EventID) {
	at := strings.LastIndexByte(key, '/')
	if at < 0 {
		return "", 0
	}
	id, _ := strconv.ParseInt(key[at+1:], 10, 64)
	return key[:at], states.EventID(id)
}

// readForsaken finds the forsaken tasks that an engine before has left. It must be called
// before any execution goes on.
func (a *storeArchive) readForsaken() error {
	for after, more := "", true; more; {
		var found []store.Document
		err := a.documents(func(s store.DocumentStore) (err error) {
			found, err = s.Documents(context.Background(), forsakenDocuments, after, maxPage)
			return err
		})
		if err != nil {
			if errors.Is(err, errors.ErrUnsupported) {
				return nil
			}
			return err
		}
		for _, d := range found {
			after = d.Key
			forsaken, err := a.wasForsaken(d.Key)
			_, failed := errors.AsType[*StoreError](err)
			switch {
			case failed || errors.Is(err, ErrClosed):
				return err
			case err != nil: // the document stays for an engine that can read the log
			case forsaken:
				a.forsaken = append(a.forsaken, d.Key)
			default:
				a.settled(d.Key)
			}
		}
		more = len(found) == maxPage
	}
	return nil
}

// wasForsaken reports whether a task has ended without an answer, according to the history of
// its execution. A *StoreError says that the store failed, any other error that the history
// does not tell.
func (a *storeArchive) wasForsaken(key string) (bool, error) {
	arn, task := cutKey(key)
	r, err := a.readRecord(arn)
	if errors.Is(err, ErrExecutionDoesNotExist) {
		return false, nil
	} else if err != nil {
		return false, notDamaged(err)
	}
	lines, err := a.store.log(arn)
	if err != nil {
		return false, notDamaged(a.storeError(arn, err))
	}
	l, err := readLog(lines, 0)
	if err != nil {
		return false, err
	}
	switch endOfTask(l.events, task) {
	case states.TaskSucceeded, states.TaskFailed:
		return false, nil
	case states.TaskTimedOut:
		return true, nil
	}
	if l.ended() != nil {
		return true, nil
	}
	p, err := a.storedProgram(&r)
	if err != nil {
		return false, notDamaged(err)
	}
	interpreter, err := states.Restore(p.machine, l.events, p.options)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(interpreter.Open(), func(c states.Command) bool {
		invoke, ok := c.(*states.InvokeTask)
		return ok && invoke.ID == task
	}), nil
}

// notDamaged returns an error, without the *StoreError around it when only data are damaged.
func notDamaged(err error) error {
	if failed, ok := errors.AsType[*StoreError](err); ok && errors.Is(err, store.ErrDamaged) {
		return failed.Err
	}
	return err
}

// stopForsaken stops the children of the tasks that readForsaken found, as far as the engine
// has machines to know them by.
func (a *storeArchive) stopForsaken() {
	a.mu.Lock()
	keys := a.forsaken
	a.forsaken = nil
	a.mu.Unlock()
	for _, key := range keys {
		if !a.stopForsakenTask(key) {
			a.leaveForsaken(key)
		}
	}
}

// leaveForsaken leaves the child of a forsaken task until the engine has machines to know the
// child by.
func (a *storeArchive) leaveForsaken(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forsaken = append(a.forsaken, key)
}

// stopForsakenTask stops the child of a forsaken task. It reports false when the child is not
// known yet.
func (a *storeArchive) stopForsakenTask(key string) bool {
	arn, task := cutKey(key)
	l, err := a.readStored(arn)
	if err != nil {
		return true // the document stays for the next engine
	}
	i := slices.IndexFunc(l.events, func(e states.Event) bool { return e.ID == task && !e.Hidden() })
	d, ok := (*states.ScheduledDetails)(nil), false
	if i >= 0 {
		d, ok = l.events[i].Details.(*states.ScheduledDetails)
	}
	if !ok || a.served.Resolver.Resolve("arn:aws:states:::"+d.ResourceType+":"+d.Resource) != nil {
		a.settled(key) // the user's handler did what there was to do
		return true
	}
	if child := submittedChild(l.events, task); child != "" {
		a.stopChild(child, key, true)
		return true
	}
	if a.served.taskMachines() == nil {
		return false
	}
	a.stopChild(a.childOf(d.Parameters, key), key, false)
	return true
}

// stopForsakenSoon calls stopForsaken on a goroutine of its own, if there is something to stop.
func (a *storeArchive) stopForsakenSoon() {
	a.mu.Lock()
	idle := len(a.forsaken) == 0
	a.mu.Unlock()
	if idle {
		return
	}
	a.busy(1)
	go func() {
		defer a.busy(-1)
		a.stopForsaken()
	}()
}

// afterTask returns the event that follows another one of a task's, nil when there is none.
func afterTask(history []states.Event, tip states.EventID) *states.Event {
	for i := range history {
		if e := &history[i]; e.PreviousID == tip && !e.Hidden() {
			return e
		}
	}
	return nil
}

// endOfTask returns the type of the event with which a task that started an execution has
// ended, "" for a task that has no such event.
func endOfTask(history []states.Event, task states.EventID) states.EventType {
	for e := afterTask(history, task); e != nil; e = afterTask(history, e.ID) {
		switch e.Type {
		case states.TaskStarted, states.TaskSubmitted:
		case states.TaskSucceeded, states.TaskFailed, states.TaskTimedOut:
			return e.Type
		default:
			return ""
		}
	}
	return ""
}

// submittedChild returns the ARN of the execution that a task has started according to its
// TaskSubmitted event, "" when there is none.
func submittedChild(history []states.Event, task states.EventID) string {
	for e := afterTask(history, task); e != nil; e = afterTask(history, e.ID) {
		switch e.Type {
		case states.TaskStarted:
		case states.TaskSubmitted:
			if d, ok := e.Details.(*states.OutputDetails); ok {
				o, _ := d.Output.(*value.Object)
				arn, _ := o.Get("ExecutionArn")
				s, _ := arn.(string)
				return s
			}
			return ""
		default:
			return ""
		}
	}
	return ""
}
