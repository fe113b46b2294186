package states

import (
	"cmp"
	"fmt"
	"slices"

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
// with the next Step, which may be one without inputs.
//
// The error is a *[HistoryError].
func Restore(machine *asl.StateMachine, events []Event, options Options) (*Interpreter, error) {
	r := restorer{New(machine, options)}
	r.x.restored = true
	for i := range events {
		if message := r.fold(&events[i]); message != "" {
			return nil, &HistoryError{Event: cmp.Or(events[i].ID, r.x.last), Type: events[i].Type, Message: message}
		}
	}
	r.settle()
	return r.x, nil
}

// A restorer folds events into an interpreter. Which thread an event belongs to
// is told by its previousEventId: every chain has one end, the tip of its thread.
type restorer struct {
	x *Interpreter
}

// fold applies one event. It returns what is wrong with it, "" when nothing is.
func (r restorer) fold(e *Event) string {
	x := r.x
	if !e.Hidden() {
		if e.ID != x.last+1 {
			return fmt.Sprintf("its id is %d", e.ID)
		}
		x.last = e.ID
	}
	x.now = e.At
	if x.result != nil && e.Type != ExecutionRedriven {
		return "the execution has ended"
	}
	if e.Type != ExecutionStarted && x.main.graph == nil {
		return "the execution has not started"
	}
	switch d := e.Details.(type) {
	case *StartedDetails:
		return r.started(e, d)
	case *EnteredDetails:
		return r.entered(e, d)
	case *ExitedDetails:
		return r.exited(e, d)
	case *ScheduledDetails:
		return r.scheduled(e, d)
	case *LengthDetails:
		return r.forked(e, isMap, d.Length)
	case *IterationDetails:
		return r.iteration(e, d)
	case *EvaluationDetails:
		return r.evaluation(e, d)
	case *RedriveDetails:
		if x.result == nil {
			return "the execution has not ended"
		}
		x.goOn(e.At)
		return ""
	case *RetryDetails:
		return r.retry(e, d)
	}
	switch e.Type {
	case ExecutionSucceeded, ExecutionFailed, ExecutionTimedOut, ExecutionAborted:
		return r.finished(e)
	case WaitScheduled:
		return r.waiting(e)
	case ParallelStateStarted:
		return r.forked(e, isParallel, 0)
	case ParallelStateSucceeded:
		return r.joined(e, isParallel)
	case MapStateSucceeded:
		return r.joined(e, isMap)
	case ParallelStateFailed:
		return r.forkFailed(e, isParallel)
	case MapStateFailed:
		return r.forkFailed(e, isMap)
	case TaskStateAborted, WaitStateAborted, ParallelStateAborted, MapStateAborted:
		return "" // what failed says all there is to know
	}
	return r.task(e)
}

func (r restorer) started(e *Event, d *StartedDetails) string {
	x := r.x
	if x.main.graph != nil {
		return "the execution has started already"
	}
	x.startedAt, x.countedFrom, x.input, x.execution, x.seed = e.At, e.At, d.Input, d.Execution, d.Seed
	x.main.graph = x.machine.Graph
	return ""
}

func (r restorer) entered(e *Event, d *EnteredDetails) string {
	s := r.x.machine.Find(d.Name)
	if s == nil {
		return fmt.Sprintf("the machine has no state '%s'", d.Name)
	}
	t := r.find(func(t *thread) bool { return t.graph == s.Graph() && t.tip == e.PreviousID })
	if t == nil {
		return fmt.Sprintf("no branch has come to event %d", e.PreviousID)
	}
	t.state, t.input, t.value, t.fault, t.wreck = s, d.Input, nil, nil, nil
	t.enteredID, t.enteredAt, t.tip, t.from = e.ID, e.At, e.ID, e.PreviousID
	t.retryCount, t.retries, t.retrier = 0, nil, -1
	t.phase = began
	if !e.Due.IsZero() {
		t.due = e.Due
		r.x.wait(t, e.ID)
	}
	return ""
}

// waiting applies that a Wait state waits anew.
func (r restorer) waiting(e *Event) string {
	t := r.find(func(t *thread) bool {
		_, isWait := t.state.(*asl.Wait)
		return isWait && t.tip == e.PreviousID
	})
	if t == nil {
		return fmt.Sprintf("no Wait state has come to event %d", e.PreviousID)
	}
	t.due = e.Due
	r.x.wait(t, t.enteredID)
	return ""
}

func (r restorer) exited(e *Event, d *ExitedDetails) string {
	t := r.find(func(t *thread) bool { return t.state != nil && t.state.Name() == d.Name && t.tip == e.PreviousID })
	if t == nil {
		return fmt.Sprintf("state '%s' has not come to event %d", d.Name, e.PreviousID)
	}
	r.close(t)
	t.tip = e.ID
	if d.Assigned != nil {
		t.assign(d.Assigned)
	}
	// Only what follows tells whether the graph has ended: a caught error leaves
	// through a state that ends it otherwise.
	t.value, t.phase = d.Output, ended
	return ""
}

func (r restorer) scheduled(e *Event, d *ScheduledDetails) string {
	t := r.find(func(t *thread) bool {
		_, isTask := t.state.(*asl.Task)
		return isTask && t.tip == e.PreviousID
	})
	if t == nil {
		return fmt.Sprintf("no task has come to event %d", e.PreviousID)
	}
	r.again(t)
	s := t.state.(*asl.Task)
	task := &InvokeTask{ID: e.ID, State: s, Input: d.Parameters, Attempt: t.retryCount, EnteredID: t.enteredID,
		Credentials: credentials(d.Credentials, "roleArn", "RoleArn"), Heartbeat: seconds(d.HeartbeatSeconds)}
	if s.Resource.Pattern != asl.RequestResponse {
		task.Token = r.x.seed.token(e.ID)
	}
	if d.TimeoutSeconds > 0 {
		task.Deadline = e.At.Add(seconds(d.TimeoutSeconds))
	}
	t.task, t.begun, t.tip = task, false, e.ID
	r.x.wait(t, e.ID)
	return ""
}

// task applies what became of a task.
func (r restorer) task(e *Event) string {
	t := r.find(func(t *thread) bool { return t.task != nil && t.tip == e.PreviousID })
	if t == nil {
		return fmt.Sprintf("no task has come to event %d", e.PreviousID)
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
			return "it has no output"
		}
		r.close(t)
		t.value, t.phase = d.Output, returned
	default:
		d, ok := e.Details.(*FailureDetails)
		if !ok {
			return "it is of no type that can be restored"
		}
		r.close(t)
		t.fail(&fault{Failure: d.Failure})
	}
	return ""
}

// forked applies the start of a Parallel or Map state.
func (r restorer) forked(e *Event, kind func(asl.State) bool, length int) string {
	t := r.find(func(t *thread) bool { return t.fork == nil && kind(t.state) && t.tip == e.PreviousID })
	if t == nil {
		// Without a hidden event to say so, this is a retry if a child had come here.
		t = r.parent(e.PreviousID, kind)
	}
	if t == nil {
		return fmt.Sprintf("no state has come to event %d", e.PreviousID)
	}
	r.again(t)
	r.close(t)
	t.tip, t.phase = e.ID, waiting
	if s, ok := t.state.(*asl.Parallel); ok {
		t.fork = newFork(len(s.Branches), len(s.Branches), e.ID)
		for i, c := range t.fork.children {
			*c = thread{x: r.x, parent: t, graph: s.Branches[i], index: i, tip: e.ID, phase: dead, retrier: -1}
		}
		return ""
	}
	t.fork = newFork(length, 0, e.ID)
	t.fork.recovered, t.fork.latest = true, e.ID
	return ""
}

func (r restorer) iteration(e *Event, d *IterationDetails) string {
	s, ok := r.x.machine.Find(d.Name).(*asl.Map)
	if !ok {
		return fmt.Sprintf("the machine has no Map state '%s'", d.Name)
	}
	if e.Type == MapIterationAborted {
		return "" // what failed says all there is to know
	}
	// here is the child whose chain the event follows, in the fork it belongs to.
	var here *thread
	t := r.find(func(t *thread) bool {
		if t.state != asl.State(s) || t.fork == nil {
			return false
		}
		for _, c := range t.fork.children {
			if c.tip == e.PreviousID && (e.Type == MapIterationStarted || c.index == d.Index) {
				here = c
				return true
			}
		}
		return e.Type == MapIterationStarted && t.fork.started == e.PreviousID
	})
	if t == nil || d.Index < 0 || d.Index >= len(t.fork.results) {
		return fmt.Sprintf("no iteration of '%s' has come to event %d", d.Name, e.PreviousID)
	}
	switch e.Type {
	case MapIterationStarted:
		if here == nil {
			here = new(thread)
			t.fork.children = append(t.fork.children, here)
		}
		*here = thread{x: r.x, parent: t, graph: s.Processor, index: d.Index, tip: e.ID, phase: dead, retrier: -1}
		t.fork.next = max(t.fork.next, d.Index+1)
	case MapIterationSucceeded:
		here.phase = ended
		t.fork.results[d.Index] = here.value
		t.fork.ended++
		t.fork.latest = e.ID
	case MapIterationFailed:
		r.close(here)
		here.phase, here.fault = dead, &fault{Failure: d.Failure}
		t.fork.results[d.Index] = (&fault{Failure: d.Failure}).output()
		t.fork.ended++
		t.fork.failures++
		t.fork.latest = e.PreviousID
	default:
		return "it is of no type that can be restored"
	}
	return ""
}

// joined applies the good end of all branches or iterations.
func (r restorer) joined(e *Event, kind func(asl.State) bool) string {
	t := r.find(func(t *thread) bool {
		return t.fork != nil && kind(t.state) && t.fork.joins(e.PreviousID)
	})
	if t == nil {
		return fmt.Sprintf("no state has come to event %d", e.PreviousID)
	}
	if _, ok := t.state.(*asl.Parallel); ok {
		for i, c := range t.fork.children {
			t.fork.results[i] = c.value
		}
	}
	t.value, t.fork, t.phase, t.tip = t.fork.results, nil, returned, e.PreviousID
	return ""
}

// joins reports whether the fork has come to an event with all of its children.
func (f *fork) joins(tip EventID) bool {
	if f.latest > 0 {
		return f.latest == tip && f.ended == len(f.results)
	}
	return slices.ContainsFunc(f.children, func(c *thread) bool { return c.tip == tip })
}

func (r restorer) forkFailed(e *Event, kind func(asl.State) bool) string {
	// A state fails by an expression, or by a child of its own. The innermost that has
	// no such event yet is meant: the state around it has come here by its child.
	t := r.find(func(t *thread) bool {
		byExpression := t.phase == failed && t.tip == e.PreviousID && t.before == t.tip
		return kind(t.state) && (byExpression || t.fork.began(e.PreviousID))
	})
	if t == nil {
		return fmt.Sprintf("no state has come to event %d", e.PreviousID)
	}
	wreck := t.fork
	r.close(t)
	t.before, t.tip, t.wreck = e.PreviousID, e.ID, wreck
	// What failed it is not in this event; what follows says what became of it.
	t.fail(&fault{final: true})
	return ""
}

func (r restorer) retry(e *Event, d *RetryDetails) string {
	named := func(s asl.State) bool { return s != nil && s.Name() == d.Name }
	t := r.find(func(t *thread) bool { return t.fork == nil && named(t.state) && t.tip == e.PreviousID })
	if t == nil {
		t = r.parent(e.PreviousID, named)
	}
	if t == nil {
		return fmt.Sprintf("state '%s' has not come to event %d", d.Name, e.PreviousID)
	}
	retriers, _ := handlers(t.state)
	if d.Retrier < 0 || d.Retrier >= len(retriers) {
		return fmt.Sprintf("state '%s' has no Retrier %d", d.Name, d.Retrier)
	}
	if t.retrier >= 0 {
		// The last try failed without leaving an event.
		t.tryAgain()
	}
	r.close(t)
	t.tip, t.fault = e.PreviousID, nil
	t.pause(d.Retrier, e.Due)
	return ""
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
func (r restorer) evaluation(e *Event, d *EvaluationDetails) string {
	t := r.find(func(t *thread) bool {
		return t.state != nil && t.state.Name() == d.State &&
			(t.tip == e.PreviousID || t.tip == t.enteredID && t.from == e.PreviousID || t.phase == failed && t.before == e.PreviousID)
	})
	if t == nil {
		return fmt.Sprintf("state '%s' has not come to event %d", d.State, e.PreviousID)
	}
	r.again(t)
	r.close(t)
	t.before, t.tip = e.ID, e.ID
	t.fail(&fault{Failure: d.Failure})
	return ""
}

func (r restorer) finished(e *Event) string {
	end := &Finish{}
	switch d := e.Details.(type) {
	case *OutputDetails:
		end.Output = d.Output
	case *FailureDetails:
		end.Failure = d.Failure
	}
	end.Status = map[EventType]Status{ExecutionSucceeded: StatusSucceeded, ExecutionFailed: StatusFailed,
		ExecutionTimedOut: StatusTimedOut, ExecutionAborted: StatusAborted}[e.Type]
	r.x.result = end
	clear(r.x.open)
	return ""
}

// settle derives what no single event says.
func (r restorer) settle() {
	x := r.x
	x.variables = 0
	if x.result != nil || x.main.graph == nil {
		return
	}
	r.find(func(t *thread) bool {
		if t.fork != nil && isParallel(t.state) {
			t.fork.ended = 0
			for i, c := range t.fork.children {
				if c.phase == ended {
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
		if t.phase < ended {
			x.variables += t.assigned
		}
		if t.phase < waiting {
			x.ready = append(x.ready, t)
		}
		return false
	})
}

// close withdraws what a thread and all below it wait for.
func (r restorer) close(t *thread) {
	visit(t, func(t *thread) bool {
		if r.x.open[t.command] == t {
			delete(r.x.open, t.command)
		}
		t.task = nil
		return false
	})
	t.fork = nil
}

// parent finds the state whose child had come to an event, or would have begun after
// it.
func (r restorer) parent(tip EventID, kind func(asl.State) bool) *thread {
	return r.find(func(t *thread) bool { return kind(t.state) && t.fork.began(tip) })
}

// began reports whether a child of the fork, if there is one, had come to an event or
// would have begun after it.
func (f *fork) began(tip EventID) bool {
	return f != nil && (f.started == tip || slices.ContainsFunc(f.children, func(c *thread) bool { return c.tip == tip }))
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
	if wanted(t) {
		return t
	}
	return nil
}

func isParallel(s asl.State) bool { _, ok := s.(*asl.Parallel); return ok }

func isMap(s asl.State) bool { _, ok := s.(*asl.Map); return ok }
