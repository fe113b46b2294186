package states

import (
	"math"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// A phase is what a thread does next.
type phase uint8

const (
	began    phase = iota // its state was entered, or is tried again
	returned              // its task, timer or children ended well, with value
	failed                // its state failed, with fault
	waiting               // it waits for an answer, or for its children
	undoing               // it compensates what was completed, because of fault
	ended                 // its graph ended, with value
	dead                  // it was aborted, or its failure was handed on
)

// A thread is one cursor through one graph: the execution's own, or that of a
// branch or an iteration. These hold between steps:
//  1. it waits, has ended or is dead;
//  2. while it waits it has an open command or a fork, and both only for a Map Run;
//  3. a fork's live children are exactly those that have neither ended nor died.
type thread struct {
	x      *Interpreter
	parent *thread
	graph  *asl.Graph
	index  int           // among the parent's children
	item   *value.Object // what the iteration is for

	phase phase
	begun bool // the open task's Started event is recorded
	state asl.State
	input any // the state's raw input
	value any // the result, then the output
	fault *fault

	enteredID  EventID
	enteredAt  time.Time
	tip        EventID // the event that the next one follows
	joined     EventID // the state's Succeeded event, which only its failure follows
	before     EventID // the tip before the state's Failed event; while restoring also before its entry
	retryCount int
	retries    []int // per Retrier of the state

	command EventID     // the open command
	task    *InvokeTask // the open task
	due     time.Time   // of the open timer
	retrier int         // the Retrier being waited for, -1 for none

	fork  *fork
	wreck *fork // the fork that failed, in a restored execution

	saga   *saga // what it can undo, nil for nothing
	undoes *step // what the thread of a handler undoes, nil for others

	// variables are the thread's own; outer ones are found through parent.
	variables *value.Object
	assigned  int // bytes they take

	stream  stream     // of numbers for the evaluation under way
	queries queryScope // what its expressions see
}

// enter moves the thread into a state.
func (t *thread) enter(s asl.State, input any) {
	t.state, t.input, t.value, t.fault = s, input, nil, nil
	t.phase = began
	t.retryCount, t.retries, t.retrier = 0, nil, -1
	t.enteredAt = t.x.now
	t.queries = queryScope{}
	var details Details
	if !t.x.options.WithoutEvents {
		details = &EnteredDetails{Name: s.Name(), Input: input}
	}
	// The id counts even when the history is full: causes name it.
	t.enteredID, t.joined = t.x.last+1, 0
	t.tip = t.x.record(t.tip, enteredType(s), details)
	t.used(PartState, 0)
}

// run goes on from state to state until the thread waits or is done.
func (t *thread) run() {
	t.walk()
	for t.canUndo() && !t.x.full {
		t.undoNext()
		t.walk()
	}
	if t.phase == ended && !t.x.full {
		t.x.threadEnded(t)
	}
}

// walk goes on as far as the states lead.
func (t *thread) walk() {
	for t.phase < waiting && !t.x.full {
		if t.phase == began {
			if t.x.credit == 0 {
				return
			}
			t.x.credit--
		}
		if t.phase == failed {
			t.handle()
			continue
		}
		switch s := t.state.(type) {
		case *asl.Pass:
			t.pass(s)
		case *asl.Task:
			t.taskState(s)
		case *asl.Choice:
			t.choice(s)
		case *asl.Wait:
			t.waitState(s)
		case *asl.Succeed:
			t.succeed(s)
		case *asl.Fail:
			t.failState(s)
		case *asl.Parallel:
			t.parallel(s)
		case *asl.Map:
			t.mapState(s)
		}
	}
}

// threadEnded reports the end of a graph to whoever waits for it.
func (x *Interpreter) threadEnded(t *thread) {
	switch {
	case t.parent == nil:
		x.finish(t.tip, Finish{Status: StatusSucceeded, Output: t.value}, ExecutionSucceeded)
	case t.undoes != nil:
		t.parent.handlerEnded(t)
	default:
		t.parent.takeOver(t)
		t.forget()
		t.parent.childEnded(t)
	}
}

// threadFailed reports a failure that the thread could not handle, after undoing what
// it has completed.
func (x *Interpreter) threadFailed(t *thread, f *fault) {
	if x.trial != nil {
		x.trial.failed(t, f)
		return
	}
	if t.saga != nil && len(t.saga.steps) > 0 {
		f.spent = false // whichever it is, no Catcher of the scope is asked any more
		t.undo(UndoScope)
		return
	}
	t.phase = dead
	switch {
	case t.parent == nil:
		x.finish(t.tip, Finish{Status: StatusFailed, Failure: f.Failure}, ExecutionFailed)
	case t.undoes != nil:
		x.compensationFailed(t, f.Failure)
	default:
		t.parent.childFailed(t, f)
	}
}

// leave ends the state well and moves on: to next, or to the end of the graph
// when next is nil.
func (t *thread) leave(output any, assign *value.Object, next asl.State) {
	if !same(output, t.input) && t.x.tooLarge(output) {
		t.fail(t.dataLimit())
		return
	}
	if assign != nil {
		if t.x.compensates && t.x.noRoom(t.tip) {
			return // handlers see what was recorded
		}
		if f := t.assign(assign); f != nil {
			t.fail(f)
			return
		}
	}
	t.exit(output, assign, next, false)
}

// exit records that the state was left and moves on. A state that failed and was
// caught has nothing that can be undone.
func (t *thread) exit(output any, assigned *value.Object, next asl.State, caught bool) {
	if tr := t.x.trial; tr != nil {
		tr.left(t, output, next, caught)
		return
	}
	undoable := t.x.compensates && asl.Handler(t.state) != nil
	if assigned.Len() == 0 {
		assigned = nil // measured on AWS: an empty Assign leaves no trace
	}
	var details Details
	if !t.x.options.WithoutEvents {
		details = &ExitedDetails{Name: t.state.Name(), Output: output, Assigned: assigned, Caught: caught && undoable}
	}
	t.tip = t.x.record(t.tip, exitedType(t.state), details)
	if !caught && hasNext(t.state) {
		t.used(PartNext, 0)
	}
	if t.x.compensates {
		t.completed(output, undoable && !caught)
	}
	if next == nil {
		t.value, t.phase = output, ended
		return
	}
	t.enter(next, output)
}

// fail makes the state fail; handle decides what comes of it.
func (t *thread) fail(f *fault) {
	t.afterJoin()
	t.fault, t.phase = f, failed
}

// afterJoin has the events of a failure follow the Succeeded event of a Parallel or Map
// state whose children have ended. Read off one history of AWS, of a ResultSelector; for
// Map states and expressions in JSONata it is taken to be the same.
func (t *thread) afterJoin() {
	if t.joined > 0 {
		t.tip, t.joined = t.joined, 0
	}
}

func (x *Interpreter) tooLarge(v any) bool {
	return x.options.MaxPayload > 0 && x.size(v) > x.options.MaxPayload
}

// size is a value's size in bytes, or one that exceeds MaxPayload: a value that is small
// in memory may be a text without end.
func (x *Interpreter) size(v any) int {
	limit := x.options.MaxPayload
	if limit <= 0 {
		limit = math.MaxInt
	}
	size, _ := value.Measure(v, limit)
	return size
}

// same reports whether two values are one and the same, so that what held for
// the one need not be found out again for the other.
func same(a, b any) bool {
	switch a := a.(type) {
	case *value.Object:
		b, ok := b.(*value.Object)
		return ok && a == b
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	}
	return false
}

func enteredType(s asl.State) EventType {
	switch s.(type) {
	case *asl.Pass:
		return PassStateEntered
	case *asl.Task:
		return TaskStateEntered
	case *asl.Choice:
		return ChoiceStateEntered
	case *asl.Wait:
		return WaitStateEntered
	case *asl.Succeed:
		return SucceedStateEntered
	case *asl.Fail:
		return FailStateEntered
	case *asl.Parallel:
		return ParallelStateEntered
	}
	return MapStateEntered
}

func exitedType(s asl.State) EventType {
	switch s.(type) {
	case *asl.Pass:
		return PassStateExited
	case *asl.Task:
		return TaskStateExited
	case *asl.Choice:
		return ChoiceStateExited
	case *asl.Wait:
		return WaitStateExited
	case *asl.Succeed:
		return SucceedStateExited
	case *asl.Parallel:
		return ParallelStateExited
	}
	return MapStateExited
}
