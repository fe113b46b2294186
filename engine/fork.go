package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// A Fork says what is different in an execution that begins as a copy of another. The
// zero Fork changes nothing.
type Fork struct {
	// Machine is the definition that the fork goes on with; nil for the other's. The
	// copied events must restore under it: the states that they name must be there.
	Machine *asl.StateMachine
	// Payload replaces what the last copied event carries: the input of the state
	// that was entered, or the output of the task that succeeded. It is anything that
	// encoding/json can marshal, or a json.RawMessage; nil changes nothing, while
	// json.RawMessage("null") is null. JSON text must be a json.RawMessage: a Go string is
	// one JSON string, and a []byte is [ErrInvalidExecutionInput].
	Payload any
}

// A ForkPointError says that an execution can't be forked at an event.
type ForkPointError struct {
	ARN string
	At  states.EventID
	// Before and After are the nearest events at which it can be; 0 for none near.
	Before, After states.EventID
	// Reason says why it can't be at this one.
	Reason string
}

func (e *ForkPointError) Error() string {
	text := fmt.Sprintf("engine: %s can't be forked at event %d: %s", e.ARN, e.At, e.Reason)
	switch {
	case e.Before > 0 && e.After > 0:
		text += fmt.Sprintf("; the nearest events where it can be are %d and %d", e.Before, e.After)
	case e.Before+e.After > 0:
		text += fmt.Sprintf("; the nearest event where it can be is %d", e.Before+e.After)
	}
	return text
}

// ForkExecution starts a new Standard execution whose history begins with a copy of
// another's, up to and including an event, and goes on from there by itself. The other
// may be running, ended or imported, and stays as it is.
//
// The event is one at which a state was entered, which the fork then runs, or one with
// which a task succeeded, failed or timed out, and everything else must be at rest
// there: a branch that is on its way from one state to the next, or a task that has
// been submitted and waits for its Task Token or job, can't be copied. A
// [*ForkPointError] names the nearest events that will do. Tasks that were in flight in
// other branches are called anew.
//
// The times of the copied events are moved so that the last one happens now: what
// was left of waits, retry delays and timeouts is left. A Wait state that is forked
// at its entry waits from its beginning.
//
// The fork has a name, an ARN and a supply of chance of its own ([Named], [Seeded]), and
// the other's machine name unless [Machine] gives one. Its name must be unused: else the
// error is [ErrExecutionAlreadyExists]. Other errors: [ErrExecutionDoesNotExist],
// [ErrInvalidARN], [ErrTypeNotSupported], [ErrInvalidExecutionInput] for a bad
// Payload, [*ResourceError], a [*states.HistoryError] when the copied events don't
// restore under Fork.Machine, and a [*StoreError], after which the fork may have
// started all the same.
func (e *Engine) ForkExecution(ctx context.Context, arn string, at states.EventID, fork Fork, options ...StartOption) (*Execution, error) {
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	defer e.busy(-1)
	if err := checkARN(arn); err != nil {
		return nil, err
	}
	s := start{caller: ctx, logging: e.config.Logging, machine: identityOf(arn).Machine}
	s.apply(options)
	switch {
	case s.err != nil:
		return nil, s.err
	case s.express:
		return nil, fmt.Errorf("%w: an Express execution has no history to fork", ErrTypeNotSupported)
	}
	machine, history, err := e.origin(arn, fork.Machine)
	if err != nil {
		return nil, err
	}
	events, err := copyUntil(arn, history, at, func(events []states.Event) states.EventID {
		return submitted(machine, events, e.standardOptions())
	})
	if err != nil {
		return nil, err
	}
	if fork.Payload != nil {
		if err := e.replacePayload(arn, &events[len(events)-1], fork.Payload); err != nil {
			return nil, err
		}
	}
	x, calls, err := e.fork(arn, machine, events, &s)
	if err != nil {
		return nil, err
	}
	e.spawn(calls)
	return x, nil
}

// origin returns the machine, unless there is another, and the history, hidden events
// included, that a fork begins with.
func (e *Engine) origin(arn string, other *asl.StateMachine) (*asl.StateMachine, []states.Event, error) {
	if other != nil && other.Graph == nil {
		return nil, nil, errEmptyMachine
	}
	if err := checkARN(arn); err != nil {
		return nil, nil, err
	}
	history, err := e.archive.events(arn)
	if err != nil || other != nil {
		return other, history, err
	}
	machine, _, err := e.archive.machineOf(arn)
	return machine, history, err
}

// maxTried bounds how many events are tried on either side, to name the nearest.
const maxTried = 50

// copyUntil copies a history up to an event at which it can be forked. open returns the
// task that stands in the way of a copy, if one does.
func copyUntil(arn string, history []states.Event, at states.EventID, open func([]states.Event) states.EventID) ([]states.Event, error) {
	var events []*states.Event // by id, from 1
	for i := range history {
		e := &history[i]
		if e.Hidden() {
			continue
		}
		events = append(events, e)
		if e.ID != states.EventID(len(events)) {
			return nil, &states.HistoryError{Event: e.ID, Type: e.Type, Message: fmt.Sprintf("its id should be %d", len(events))}
		}
	}
	last := states.EventID(len(events))
	fits := forkPoints(events)
	until := func(id states.EventID) []states.Event {
		i := slices.IndexFunc(history, func(e states.Event) bool { return e.ID == id })
		return slices.Clone(history[:i+1])
	}
	refused := &ForkPointError{ARN: arn, At: at, Reason: "its history has no such event"}
	if at > 0 && at <= last {
		why := fits[at-1]
		if why == "" {
			begin := until(at)
			task := open(begin)
			if task == 0 {
				return begin, nil
			}
			why = fmt.Sprintf("the task of event %d was submitted, and what it waits for is not the fork's", task)
		}
		refused.Reason = fmt.Sprintf("%s: %s", events[at-1].Type, why)
	}
	at = max(min(at, last+1), 0) // the nearest id to it that there is, or next to one
	tried := 0
	for id := min(at-1, last); id > 0 && refused.Before == 0 && tried < maxTried; id-- {
		if fits[id-1] == "" {
			tried++
			if open(until(id)) == 0 {
				refused.Before = id
			}
		}
	}
	tried = 0
	for id := at + 1; id <= last && refused.After == 0 && tried < maxTried; id++ {
		if fits[id-1] == "" {
			tried++
			if open(until(id)) == 0 {
				refused.After = id
			}
		}
	}
	return nil, refused
}

// forkPoints says of every event of a history why it can't be forked there, "" where it
// can.
func forkPoints(events []*states.Event) []string {
	// An event that something must follow at once is not to be parted from it. Such
	// pairs cover ranges of events: +1 where one begins, -1 where it ends.
	cover := make([]int, len(events)+1)
	until := make([]int, len(events)+1) // by id: the last event that follows it
	for i, e := range events {
		if e.PreviousID > 0 && int(e.PreviousID) < len(until) {
			until[e.PreviousID] = i
		}
	}
	for i, e := range events {
		if end := until[e.ID]; end > i && (!rests(e) || mayBeSilence(events, e)) {
			cover[i]++
			cover[end]--
		}
	}
	why := make([]string, len(events))
	covered := 0
	for i, e := range events {
		covered += cover[i]
		switch {
		case !forkable(e):
			why[i] = "no state is entered by it, and no task ends"
		case mayBeSilence(events, e):
			why[i] = "a history doesn't say whether it was the heartbeat that the task missed"
		case covered > 0:
			why[i] = "another branch is on its way there, or waits for a task that was submitted"
		}
	}
	return why
}

// forkable reports whether a fork may begin at an event of this kind.
func forkable(e *states.Event) bool {
	switch e.Details.(type) {
	case *states.EnteredDetails:
		return true
	case *states.OutputDetails, *states.FailureDetails:
		switch e.Type {
		case states.TaskSubmitted, states.ExecutionSucceeded, states.ExecutionFailed, states.ExecutionTimedOut, states.ExecutionAborted:
			return false
		}
		return true
	}
	return false
}

// mayBeSilence reports whether a task may have timed out because it missed its
// heartbeat, which Retry and Catch can tell from its TimeoutSeconds.
func mayBeSilence(events []*states.Event, e *states.Event) bool {
	switch e.Type {
	case states.TaskTimedOut, states.LambdaFunctionTimedOut, states.ActivityTimedOut:
	default:
		return false
	}
	for e.PreviousID > 0 && e.PreviousID < e.ID {
		e = events[e.PreviousID-1]
		if d, ok := e.Details.(*states.ScheduledDetails); ok {
			return d.HeartbeatSeconds > 0
		}
	}
	return false
}

// rests reports whether a branch may stand at an event while others go on: restored
// there, it does what it did.
func rests(e *states.Event) bool {
	switch e.Type {
	case states.ExecutionStarted, states.TaskStarted, states.LambdaFunctionStarted, states.ActivityStarted, states.EvaluationFailed:
		return true
	case states.TaskSubmitted:
		return false
	}
	_, scheduled := e.Details.(*states.ScheduledDetails)
	return scheduled || forkable(e)
}

// submitted returns a task that was submitted and is still waited for after some
// events, 0 for none. Events that don't restore are seen to later.
func submitted(machine *asl.StateMachine, events []states.Event, o states.Options) states.EventID {
	interpreter, err := states.Restore(machine, events, o)
	if err != nil {
		return 0
	}
	for _, command := range interpreter.Open() {
		if task, ok := command.(*states.InvokeTask); ok && task.Acknowledged {
			return task.ID
		}
	}
	return 0
}

// replacePayload changes what an event carries.
func (e *Engine) replacePayload(arn string, event *states.Event, payload any) error {
	v, err := e.input(payload)
	if err != nil {
		return err
	}
	switch d := event.Details.(type) {
	case *states.EnteredDetails:
		changed := *d
		changed.Input = v
		event.Details = &changed
	case *states.OutputDetails:
		changed := *d
		changed.Output = v
		event.Details = &changed
	default:
		return fmt.Errorf("%w: event %d of %s, %s, carries no payload that could be replaced", ErrInvalidExecutionInput, event.ID, arn, event.Type)
	}
	return nil
}

// fork starts an execution that has come through these events.
func (e *Engine) fork(arn string, machine *asl.StateMachine, events []states.Event, s *start) (*Execution, *call, error) {
	facts, err := e.machines.check(e.config.Resolver, machine)
	if err != nil {
		return nil, nil, err
	}
	x, err := e.newExecution(context.Background(), machine, facts, nil, s)
	if err != nil {
		return nil, nil, err
	}
	if err := x.own(events, s.seed, s.leaves); err != nil {
		return nil, nil, err
	}
	events[0].Details.(*states.StartedDetails).Execution.TraceContext = s.kept
	renameRuns(events, x.identity.ARN)
	last := &events[len(events)-1]
	last.Due = time.Time{} // a Wait state begins anew
	later := e.now().Sub(last.At)
	for i := range events {
		events[i].At = events[i].At.Add(later)
		if !events[i].Due.IsZero() {
			events[i].Due = events[i].Due.Add(later)
		}
	}
	if x.interpreter, err = states.Restore(machine, events, x.asking(x.archive.options(x))); err != nil {
		return nil, nil, fmt.Errorf("engine: the copied events don't fit the machine: %w", err)
	}
	x.lock()
	defer x.unlock()
	x.takeHistory(events)
	other, err := x.archive.add(x)
	if err != nil {
		return nil, nil, err
	}
	if other != nil {
		_, err = other.same(x) // which lets a sleeping execution leave memory again that add brought in
		if _, failed := errors.AsType[*StoreError](err); !failed {
			err = x.exists()
		}
		return nil, nil, err
	}
	defer x.afterInput()
	x.announce([]states.Event{{ID: 1, At: x.now, Type: states.ExecutionStarted}})
	if err := x.archive.adopt(x, events); errors.Is(err, ErrExecutionAlreadyExists) {
		return nil, nil, x.exists()
	} else if err != nil {
		return nil, nil, err
	}
	x.observed(events)
	x.tellFork()
	calls, err := x.resume(&storedLog{events: events})
	if err != nil {
		// It is durable, and goes on by itself when the store works again.
		e.spawn(calls)
		return nil, nil, err
	}
	return x, calls, nil
}

// renameRuns gives the Map Runs that are open at the end of a copied history ARNs of their own:
// those of the other execution go on by themselves. Runs that have ended keep their ARNs.
func renameRuns(events []states.Event, arn string) {
	over := make(map[states.EventID]bool)
	for i := range events {
		if e := &events[i]; e.Type == states.MapRunSucceeded || e.Type == states.MapRunFailed || e.Type == states.MapRunAborted {
			over[e.PreviousID] = true
		}
	}
	for i := range events {
		d, ok := events[i].Details.(*states.MapRunDetails)
		if !ok || over[events[i].ID] {
			continue
		}
		sum := sha256.Sum256([]byte(arn + " " + d.ARN))
		run := *d
		run.ARN = d.ARN[:strings.LastIndexByte(d.ARN, ':')+1] + randomUUID(sum[:])
		events[i].Details = &run
	}
}
