package engine

import (
	"fmt"
	"strings"

	"github.com/gostates/gostates/engine/store"
	"github.com/gostates/gostates/states"
	"go.uber.org/zap"
)

// stopStranded ends an execution that can't go on with this engine, without its interpreter:
// its definition is refused, or its log is one that no machine has made. The end goes to the
// log as any other; whoever waits for the execution is told, and what its tasks have started
// is stopped as far as the events tell that can be read. An execution whose lines can't be read
// at all can't be ended, since nobody knows where its log ends; the error is the store's then.
func (a *storeArchive) stopStranded(arn string, failure states.Failure) error {
	r, err := a.readRecord(arn)
	if err != nil || r.Status != states.StatusRunning {
		return err
	}
	lines, err := a.store.log(arn)
	if err != nil {
		return a.storeError(arn, err)
	}
	var events []states.Event
	last := states.EventID(0)
	for _, line := range lines {
		event, err := states.ParseLog(line)
		switch {
		case err != nil:
			last++ // as far as one knows
		case event.Type == elsewhereType:
			return ErrRunsElsewhere
		case event.Type != beatType:
			events = append(events, event)
			last = max(last, event.ID)
		}
	}
	if len(events) == 0 || events[0].Type != states.ExecutionStarted {
		return a.storeError(arn, fmt.Errorf("%w: the log does not begin with a start", store.ErrDamaged))
	}
	x := &Execution{
		engine: a.Engine, archive: a, identity: identityOfRecord(&r), events: true,
		durable: &durable{in: a, program: &program{options: a.standardOptions()}, length: len(lines)},
	}
	x.lock()
	defer x.unlock()
	x.takeHistory(events)
	x.tick()
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
	x.history = append(x.history, end)
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

// stopIfStranded stops an execution that is stranded. It reports false when the execution is
// not, and does nothing then.
func (e *Engine) stopIfStranded(arn string, failure states.Failure) (bool, error) {
	a, ok := e.archive.(*storeArchive)
	if !ok || a.whyStranded(arn) == nil {
		return false, nil
	}
	return true, a.stopStranded(arn, failure)
}
