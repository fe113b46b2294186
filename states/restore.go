package states

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl"
)

// A HistoryError says which event of a history could not be restored, and why.
type HistoryError struct {
	// Event is the id of the event, or of the last one before a hidden event.
	Event   EventID
	Type    EventType
	Message string
}

// Error names the event and the reason.
func (e *HistoryError) Error() string {
	return fmt.Sprintf("states: event %d, %s: %s", e.Event, e.Type, e.Message)
}

// Restore returns the execution that recorded these events, as it was after the
// last of them: every event it has returned so far, hidden ones included. It
// evaluates no expression of a state that has ended, so it restores histories of
// older releases, and of AWS itself, which have no hidden events. Follow it with
// [Interpreter.Open]; a history that was cut off in the middle of a step goes on
// with the next Step, which may be one without inputs. But the events of one Step belong
// together: behind an event that leaves a state, or that starts a Map state, a history which
// ends there doesn't say what follows, and the execution waits for nothing.
//
// The error is a *[HistoryError].
func Restore(machine *asl.StateMachine, events []Event, options Options) (*Interpreter, error) {
	r := restorer{New(machine, options)}
	r.x.restored = true
	for i := range events {
		if err := r.fold(&events[i]); err != nil {
			return nil, historyError(r.x, &events[i], err)
		}
	}
	r.settle()
	return r.x, nil
}

func historyError(x *Interpreter, e *Event, err error) error {
	return &HistoryError{Event: cmp.Or(e.ID, x.last), Type: e.Type, Message: err.Error()}
}

// A restorer folds events into an interpreter. Which thread an event belongs to
// is told by its previousEventId: every chain has one end, the tip of its thread.
type restorer struct {
	x *Interpreter
}

// fold applies one event, and returns why it does not fit those before it.
func (r restorer) fold(e *Event) error {
	x := r.x
	if !e.Hidden() {
		if e.ID != x.last+1 {
			return fmt.Errorf("its id is %d", e.ID)
		}
		x.last = e.ID
	}
	x.now = e.At
	if x.result != nil && e.Type != ExecutionRedriven {
		return errors.New("the execution has ended")
	}
	if e.Type != ExecutionStarted && x.main.graph == nil {
		return errors.New("the execution has not started")
	}
	k := kinds[e.Type]
	if k == nil {
		return errors.New("it is of no type that can be restored")
	}
	return k.fold(r, e)
}

func (r restorer) finished(e *Event) error {
	r.x.result = e.Finish()
	r.x.open = openThreads{}
	return nil
}

func (r restorer) redriven(e *Event) error {
	if r.x.result == nil {
		return errors.New("the execution has not ended")
	}
	r.x.goOn(e.At)
	return nil
}

func (r restorer) started(e *Event, d *StartedDetails) error {
	x := r.x
	if x.main.graph != nil {
		return errors.New("the execution has started already")
	}
	x.startedAt, x.countedFrom, x.input, x.execution, x.seed = e.At, e.At, d.Input, &d.Execution, d.Seed
	x.main.graph = x.machine.Graph
	return nil
}

func (r restorer) entered(e *Event, d *EnteredDetails) error {
	s := r.x.machine.Find(d.Name)
	if s == nil {
		return fmt.Errorf("the machine has no state '%s'", d.Name)
	}
	t := r.find(func(t *thread) bool { return t.graph == s.Graph() && t.tip == e.PreviousID && t.phase != undoing })
	if asl.IsHandler(s) {
		t = r.handler(e, s)
	}
	if t == nil {
		return fmt.Errorf("no branch has come to event %d", e.PreviousID)
	}
	t.arrive(s, d.Input, e)
	if !e.Due.IsZero() {
		t.due = e.Due
		r.x.wait(t, e.ID)
	}
	return nil
}

// arrive moves a thread into a state, at the event that says so.
func (t *thread) arrive(s asl.State, input any, e *Event) {
	t.state, t.input, t.value, t.fault, t.wreck = s, input, nil, nil, nil
	t.enteredID, t.enteredAt, t.tip, t.before, t.joined = e.ID, e.At, e.ID, e.PreviousID, 0
	t.retryCount, t.retries, t.retrier = 0, nil, -1
	t.phase = began
}

// waiting applies that a Wait state waits anew.
func (r restorer) waiting(e *Event) error {
	t := r.find(func(t *thread) bool {
		_, isWait := t.state.(*asl.Wait)
		return isWait && t.tip == e.PreviousID
	})
	if t == nil {
		return fmt.Errorf("no Wait state has come to event %d", e.PreviousID)
	}
	t.due = e.Due
	r.x.wait(t, t.enteredID)
	return nil
}

func (r restorer) exited(e *Event, d *ExitedDetails) error {
	t := r.find(func(t *thread) bool { return t.state != nil && t.state.Name() == d.Name && t.isAt(e.PreviousID) })
	if t == nil {
		return fmt.Errorf("state '%s' has not come to event %d", d.Name, e.PreviousID)
	}
	r.close(t)
	t.tip, t.joined = e.ID, 0
	if d.Assigned != nil {
		t.variables, t.assigned = t.with(d.Assigned) // what was recorded was within the limits
	}
	// Only what follows tells whether the graph has ended: a caught error leaves
	// through a state that ends it otherwise.
	t.value, t.phase = d.Output, ended
	if r.x.compensates {
		t.completed(d.Output, asl.Handler(t.state) != nil && !d.Caught && t.fault == nil)
	}
	if t.undoes != nil {
		t.parent.dismiss(t)
	}
	return nil
}

func (r restorer) scheduled(e *Event, d *ScheduledDetails) error {
	t := r.find(func(t *thread) bool {
		_, isTask := t.state.(*asl.Task)
		return isTask && t.tip == e.PreviousID
	})
	if t == nil {
		return fmt.Errorf("no task has come to event %d", e.PreviousID)
	}
	r.again(t)
	s := t.state.(*asl.Task)
	task := &InvokeTask{ID: e.ID, State: s, Input: d.Parameters, Attempt: t.retryCount, EnteredID: t.enteredID,
		Credentials: credentials(d.Credentials, "roleArn", "RoleArn"), Heartbeat: seconds(d.HeartbeatSeconds)}
	if s.Resource.Pattern != asl.RequestResponse {
		task.Token = r.x.token(e.ID)
	}
	if d.TimeoutSeconds > 0 {
		task.Deadline = e.At.Add(seconds(d.TimeoutSeconds))
	}
	t.task, t.begun, t.tip = task, false, e.ID
	r.x.wait(t, e.ID)
	return nil
}

// task applies what became of a task.
func (r restorer) task(e *Event) error {
	t := r.find(func(t *thread) bool { return t.task != nil && t.tip == e.PreviousID })
	if t == nil {
		return fmt.Errorf("no task has come to event %d", e.PreviousID)
	}
	t.tip = e.ID
	switch e.Type {
	case TaskStarted, LambdaFunctionStarted, ActivityStarted:
		t.begun = true
	case TaskSubmitted:
		t.task.Acknowledged = true
	case TaskSucceeded, LambdaFunctionSucceeded, ActivitySucceeded:
		d, ok := e.Details.(*OutputDetails)
		if !ok {
			return errors.New("it has no output")
		}
		r.close(t)
		t.value, t.phase = d.Output, returned
	default:
		d, ok := e.Details.(*FailureDetails)
		if !ok {
			return errors.New("it has no failure")
		}
		r.close(t)
		t.fail(&fault{Failure: d.Failure})
	}
	return nil
}

func (r restorer) retry(e *Event, d *RetryDetails) error {
	named := func(s asl.State) bool { return s != nil && s.Name() == d.Name }
	t := r.find(func(t *thread) bool { return t.fork == nil && named(t.state) && t.isAt(e.PreviousID) })
	if t == nil {
		t = r.parent(e.PreviousID, named)
	}
	if t == nil {
		return fmt.Errorf("state '%s' has not come to event %d", d.Name, e.PreviousID)
	}
	retriers, _ := handlers(t.state)
	if d.Retrier < 0 || d.Retrier >= len(retriers) {
		return fmt.Errorf("state '%s' has no Retrier %d", d.Name, d.Retrier)
	}
	if t.retrier >= 0 {
		// The last try failed without leaving an event.
		t.tryAgain()
	}
	r.close(t)
	t.forgetChildren()
	t.tip, t.joined, t.fault = e.PreviousID, 0, nil
	t.pause(d.Retrier, e.Due)
	return nil
}

// again counts a retry that what follows shows to have begun.
func (r restorer) again(t *thread) {
	if t.retrier < 0 && t.fault != nil {
		// AWS's own histories don't say which Retrier it was, but it can be told.
		retriers, _ := handlers(t.state)
		for i := range retriers {
			if t.fault.matches(retriers[i].ErrorEquals) {
				t.retrier = i
				break
			}
		}
	}
	if t.retrier >= 0 {
		r.close(t)
		t.tryAgain()
	}
}

// evaluation applies that an expression failed.
func (r restorer) evaluation(e *Event, d *EvaluationDetails) error {
	t := r.find(func(t *thread) bool {
		return t.state != nil && t.state.Name() == d.State &&
			(t.isAt(e.PreviousID) || t.before == e.PreviousID && (t.tip == t.enteredID || t.phase == failed))
	})
	if t == nil {
		return fmt.Errorf("state '%s' has not come to event %d", d.State, e.PreviousID)
	}
	r.again(t)
	run := t.fork
	inherits := r.x.compensates && run != nil && run.run == nil
	if inherits { // an item could not be made, so its siblings were aborted
		r.inherit(t)
		t.ownSaga().forked, t.fork = true, nil
	} else {
		r.close(t)
	}
	if run != nil && run.run != nil && t.joined == 0 {
		t.fork = run // its MapRunFailed follows
	}
	t.before, t.tip, t.joined = e.ID, e.ID, 0
	t.fail(&fault{Failure: d.Failure})
	return nil
}

// settle derives what no single event says.
func (r restorer) settle() {
	x := r.x
	if x.result != nil || x.main.graph == nil {
		return
	}
	if x.main.state == nil {
		x.main.input = x.input // it begins, or begins anew
	}
	r.find(func(t *thread) bool {
		if t.fork != nil && isParallel(t.state) {
			t.fork.ended = 0
			for i, c := range t.fork.children {
				if c.phase == ended {
					t.takeOver(c)
					t.fork.results[i] = c.value
					t.fork.ended++
				}
			}
		}
		if t.fork != nil && t.phase == waiting {
			// Cut off before their turn came, or there in this machine only.
			for _, c := range t.fork.children {
				if c.state == nil {
					t.reviveUnentered(c)
					x.ready = append(x.ready, c)
				}
			}
		}
		if t.opensRun() {
			r.resume(t)
		}
		if t.canGoOn() {
			x.ready = append(x.ready, t)
		}
		return false
	})
	x.countVariables()
}

// close withdraws what a thread and all below it wait for.
func (r restorer) close(t *thread) {
	visit(t, func(t *thread) bool {
		r.x.open.remove(t)
		t.task = nil
		return false
	})
	t.fork = nil
}

// find returns the innermost thread that is wanted.
func (r restorer) find(wanted func(*thread) bool) *thread { return visit(&r.x.main, wanted) }

// visit looks at a thread and all below it, the lower ones first.
func visit(t *thread, wanted func(*thread) bool) *thread {
	if t.fork != nil {
		for _, c := range t.fork.children {
			if found := visit(c, wanted); found != nil {
				return found
			}
		}
	}
	if t.saga != nil {
		for _, h := range t.saga.handlers {
			if found := visit(h, wanted); found != nil {
				return found
			}
		}
	}
	if wanted(t) {
		return t
	}
	return nil
}

func isParallel(s asl.State) bool { _, ok := s.(*asl.Parallel); return ok }

func isMap(s asl.State) bool { _, ok := s.(*asl.Map); return ok }
