package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// stopStranded ends an execution that can't go on with this engine, without its interpreter:
// its definition is refused, or its log is one that no machine has made. The end goes to the
// log as any other; whoever waits for the execution is told, and what its tasks have started
// is stopped as far as the events tell that can be read.
func (a *storeArchive) stopStranded(arn string, failure states.Failure) error {
	r, err := a.readRecord(arn)
	if err != nil || r.Status != states.StatusRunning {
		return err
	}
	lines, err := a.store.log(arn)
	if err != nil {
		err = a.storeError(arn, err)
	}
	var x *Execution
	if err == nil {
		x, err = a.readable(&r, lines)
	}
	switch {
	case errors.Is(err, store.ErrDamaged):
		return a.stopUnreadable(&r)
	case err != nil:
		return err
	}
	x.lock()
	defer x.unlock()
	x.tick()
	last := states.EventID(0)
	for i := range x.history {
		last = max(last, x.history[i].ID)
	}
	// Reported from AWS: the event of a stop has 0 as its previous one.
	end := states.Event{ID: last + 1, At: x.now, Type: states.ExecutionAborted, Details: &states.FailureDetails{Failure: failure}}
	x.unsaved = []states.Event{end}
	x.announce(x.unsaved)
	keys, err := x.noteOpenChildren()
	if err == nil {
		err = x.alertParent()
	}
	if err == nil {
		err = x.write(new(logText).of(x.unsaved, nil), &store.End{Status: states.StatusAborted, StopDate: x.now}, x.due)
	}
	if err != nil {
		return a.storeError(arn, err)
	}
	a.mu.Lock()
	delete(a.stranded, arn)
	a.forsaken = append(a.forsaken, keys...)
	a.mu.Unlock()
	w := x.watching()
	x.history = append(x.history, end)
	if w != nil {
		x.unsaved = nil
		x.tell(w, nil)
	}
	x.end, x.stopDate = end.Finish(), x.now
	a.send(x)
	switch {
	case x.parent.Waits:
		x.note(x.tellParent)
	case x.ofMapRun():
		x.note(x.tellRun)
	}
	x.note(a.stopForsakenSoon)
	x.note(func() {
		a.config.Logger.Warn("gostates: an execution that could not go on was stopped", zap.String("execution_arn", arn))
	})
	return nil
}

// stopUnreadable ends an execution of whose log nothing can be read. The log stays as it is, so
// that only the record says how the execution ended.
func (a *storeArchive) stopUnreadable(r *store.Record) error {
	x := &Execution{
		engine: a.Engine, archive: a, identity: identityOfRecord(r), startDate: r.StartDate, events: true,
		durable: &durable{in: a, program: &program{options: a.standardOptions()}, length: store.AnyLength},
	}
	x.lock()
	defer x.unlock()
	x.tick()
	x.announce([]states.Event{{At: x.now, Type: states.ExecutionAborted, Details: &states.FailureDetails{}}})
	if err := x.write(nil, &store.End{Status: states.StatusAborted, StopDate: x.now}, x.due); err != nil {
		return a.storeError(r.ARN, err)
	}
	a.mu.Lock()
	delete(a.stranded, r.ARN)
	a.mu.Unlock()
	a.send(x)
	x.note(func() {
		a.config.Logger.Warn("gostates: an execution whose log can't be read was stopped", zap.String("execution_arn", r.ARN))
	})
	return nil
}

// readable returns an execution with those events of its log that can be read.
func (a *storeArchive) readable(r *store.Record, lines [][]byte) (*Execution, error) {
	var events []states.Event
	for _, line := range lines {
		event, err := states.ParseLog(line)
		switch {
		case err != nil:
		case event.Type == elsewhereType:
			return nil, ErrRunsElsewhere
		case !isOwn(event.Type):
			events = append(events, event)
		}
	}
	if len(events) == 0 || events[0].Type != states.ExecutionStarted {
		return nil, a.storeError(r.ARN, fmt.Errorf("%w: the log does not begin with a start", store.ErrDamaged))
	}
	x := &Execution{
		engine: a.Engine, archive: a, identity: identityOfRecord(r), events: true,
		durable: &durable{in: a, program: &program{options: a.standardOptions()}, length: len(lines)},
	}
	x.takeHistory(events)
	return x, nil
}

// isStranded reports whether an error says of an execution that it can't go on with this
// engine, though it may have been stopped meanwhile.
func isStranded(err error) bool {
	if failed, ok := errors.AsType[*StoreError](err); ok {
		_, history := errors.AsType[*states.HistoryError](failed.Err)
		return history
	}
	return !errors.Is(err, ErrClosed) && !errors.Is(err, ErrExecutionDoesNotExist)
}

// strandedChild returns the ARN of the child that a call waits for, if the child is known and
// an error says that it is stranded; else "".
func (c *call) strandedChild(err error) string {
	x := c.execution
	if !c.goesOn || !isStranded(err) {
		return ""
	}
	x.lock()
	defer x.unlock()
	return submittedChild(x.history, c.id)
}

// endOfStranded answers for a child that can't go on with this engine: when it has been
// stopped, with what it came to. Else it leaves the answer to tellParent, and returns errRests:
// the child may be stopped later, or another engine may run it.
func (n *nested) endOfStranded(c *call, arn string) (any, error) {
	x := c.execution
	x.lock()
	c.child, c.awaits = arn, true // before the look, so that tellParent comes after it or is not needed
	x.unlock()
	a, ok := x.archive.(*storeArchive)
	if !ok {
		return nil, errRests
	}
	r, err := a.readRecord(arn)
	if err != nil || r.Status == states.StatusRunning {
		return nil, errRests
	}
	lines, err := a.store.log(arn)
	if err != nil {
		return nil, errRests
	}
	child, err := a.readable(&r, lines)
	if err != nil {
		return nil, errRests
	}
	child.stopDate = r.StopDate
	if child.end = child.history[len(child.history)-1].Finish(); child.end == nil {
		child.end = &states.Finish{Status: r.Status}
	}
	return outcome(a.described(child), n.asJSON)
}

// noteOpenChildren notes the tasks that wait for an execution according to the history, as
// forsaken. It returns their keys. x.mu is locked.
func (x *Execution) noteOpenChildren() (keys []string, err error) {
	for i := range x.history {
		event := &x.history[i]
		d, ok := event.Details.(*states.ScheduledDetails)
		if !ok || event.Hidden() || d.ResourceType == "" || strings.HasSuffix(d.Resource, ".waitForTaskToken") {
			continue
		}
		n := nestedOf("arn:aws:states:::" + d.ResourceType + ":" + d.Resource)
		if n == nil || !n.waits || endOfTask(x.history, event.ID) != "" {
			continue
		}
		key := idempotencyKey(x.identity.ARN, event.ID)
		if err := x.in.forsakes(key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// stopIfStranded stops an execution that is stranded, or whose log can't be read according to
// an error. It reports false when the execution is neither, and does nothing then.
func (e *Engine) stopIfStranded(arn string, failure states.Failure, err error) (bool, error) {
	a, ok := e.archive.(*storeArchive)
	if !ok || a.whyStranded(arn) == nil && !errors.Is(err, store.ErrDamaged) {
		return false, nil
	}
	return true, a.stopStranded(arn, failure)
}
