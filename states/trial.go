package states

import (
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// A Trial enters one state, by itself: its fields are evaluated, and its Retriers and
// Catchers decide, as in an execution, but the trial ends where the state is left, or would
// be tried again. It is what AWS calls TestState.
//
// Begin it, do the work that [Trial.Begin] returns, answer with one of the other methods,
// and look at the [Outcome]. The branches of a Parallel state and the iterations of a Map
// state are not run: whoever tries the state says what comes of them. A trial serves one
// goroutine, once.
type Trial struct {
	// State is the state to try. What undoes it has no part in the trial.
	State asl.State
	// At is when the state is entered, Input its raw input.
	At    time.Time
	Input any
	// Context is the Context Object that the state sees, whole. An ItemSelector sees it
	// with a Map that is about its item.
	Context *value.Object
	// Variables are those that there are; nil is none.
	Variables *value.Object
	// Retries is how often each Retrier of the state has tried it again before.
	Retries int
	// Failures is how many other iterations of the Map state around the state have failed.
	Failures int
	// ItemsFromInput says that what the ItemReader of a Map state in JSONPath would read is
	// in the input, where ItemsPath finds it, if it is there.
	ItemsFromInput bool
	// Execution is whose state it is, as far as its commands say so; Seed its supply of
	// chance.
	Execution Execution
	Seed      Seed
	// Options bound payloads and variables. The others have no meaning here.
	Options Options

	x       Interpreter
	outcome Outcome
}

// An Outcome is what a [Trial] has come to.
type Outcome struct {
	// Status says how the state was left.
	Status TrialStatus
	// Output is what the state gives the next one: of a Succeeded or Caught trial.
	Output any
	// Failure is what the state failed with, unless it Succeeded.
	Failure Failure
	// Next is the state that follows, nil when none does.
	Next asl.State
	// Retrier is the Retrier that matched the failure, whether it tries the state again
	// or has done so too often, and Catcher the Catcher that took it; -1 is none.
	// Delay is how long the Retrier would wait.
	Retrier, Catcher int
	Delay            time.Duration
	// Handler is the state whose Retriers and Catchers these are: the trial's own, or one
	// around it.
	Handler asl.State
	// Data is what came of the steps that were taken, as far as they were.
	Data map[DataStep]any
}

// A TrialStatus says how a trial ended; it is empty before.
type TrialStatus uint8

// The ends of a trial.
const (
	Succeeded TrialStatus = iota + 1 // the state was left well
	Failed                           // nothing took its failure
	Retriable                        // a Retrier would try it again
	Caught                           // a Catcher took its failure
)

// A DataStep is a step of the data flow through a state.
type DataStep string

// The steps, by the names that TestState gives them. A step is taken whether or not the
// state has the field; what it gives is then what it was given.
const (
	AfterInputPath             DataStep = "afterInputPath"
	AfterArguments             DataStep = "afterArguments" // or Parameters
	AfterItemsPath             DataStep = "afterItemsPath" // or Items
	MaxConcurrency             DataStep = "maxConcurrency" // 0 without one, an int64
	ToleratedFailureCount      DataStep = "toleratedFailureCount"
	ToleratedFailurePercentage DataStep = "toleratedFailurePercentage"
	RawResult                  DataStep = "result"
	AfterResultSelector        DataStep = "afterResultSelector"
	AfterResultPath            DataStep = "afterResultPath"
	Variables                  DataStep = "variables" // an *value.Object
)

// RunBranches is the command of a [Trial] that has come to the branches of a Parallel
// state. No interpreter gives it.
type RunBranches struct {
	// State is the Parallel state, Input what each branch would be given.
	State *asl.Parallel
	Input any
}

func (*RunBranches) command() {}

// Begin enters the state and returns what it waits for, or nil when the trial has ended:
//
//   - *[InvokeTask], to answer with [Trial.Return], [Trial.Fail] or [Trial.Expire];
//   - *[StartTimer], to answer with [Trial.Elapse];
//   - *[RunBranches] or *[StartMapRun], the latter for a Map state in either mode, to
//     answer with [Trial.Return] or [Trial.Fail].
func (tr *Trial) Begin() Command {
	x := &tr.x
	x.trial, x.options = tr, tr.Options.withDefaults()
	x.options.WithoutEvents, x.options.MaxEvents = true, -1
	x.now, x.startedAt = tr.At, tr.At
	x.execution, x.seed, x.input = &tr.Execution, tr.Seed, tr.Input
	x.last, x.credit = 1, stride // what an execution begins with is event 1
	tr.outcome = Outcome{Retrier: -1, Catcher: -1, Handler: tr.State, Data: make(map[DataStep]any)}
	t := &x.main
	t.x, t.graph, t.variables = x, tr.State.Graph(), tr.Variables
	t.enter(tr.State, tr.Input)
	tr.retried(t)
	t.walk()
	if t.phase != waiting || len(x.commands) == 0 {
		return nil
	}
	return x.commands[0]
}

// Return ends the work well.
func (tr *Trial) Return(at time.Time, output any) {
	tr.goOn(at, func(t *thread) {
		if t.task != nil {
			t.taskReturned(output)
			return
		}
		t.value, t.phase = output, returned
	})
}

// Fail ends the work with an error.
func (tr *Trial) Fail(at time.Time, failure Failure) {
	tr.goOn(at, func(t *thread) {
		if t.task != nil {
			t.taskErred(failure, Running, false)
			return
		}
		t.fail(runFault(failure))
	})
}

// Expire ends a task because its time ran out.
func (tr *Trial) Expire(at time.Time) {
	tr.goOn(at, func(t *thread) {
		if t.task != nil {
			t.taskExpired(false)
		}
	})
}

// Elapse ends a Wait state.
func (tr *Trial) Elapse(at time.Time) {
	tr.goOn(at, func(t *thread) { t.timerFired() })
}

// goOn answers the work and goes on to the end. Where there is no work it does nothing.
func (tr *Trial) goOn(at time.Time, answer func(*thread)) {
	t := &tr.x.main
	if t.phase != waiting {
		return
	}
	tr.x.now = at
	answer(t)
	t.walk()
}

// Outcome returns what came of the trial. Its Status is empty while there is work.
func (tr *Trial) Outcome() Outcome {
	o := tr.outcome
	if v := tr.x.main.variables; v.Len() > 0 {
		o.Data[Variables] = v
	}
	return o
}

// saw notes what a step gave. It is so small that the compiler puts it where it is called.
func (t *thread) saw(step DataStep, v any) {
	if tr := t.x.trial; tr != nil {
		tr.note(t, step, v)
	}
}

func (tr *Trial) note(t *thread, step DataStep, v any) {
	if t.fault == nil { // what a Catcher's fields give is no step of the state
		tr.outcome.Data[step] = v
	}
}

// sawTolerance notes the thresholds that a Map state has.
func (tr *Trial) sawTolerance(t *thread, o tolerance) {
	if o.hasCount {
		tr.note(t, ToleratedFailureCount, o.count)
	}
	if o.hasPercent {
		tr.note(t, ToleratedFailurePercentage, o.percentage)
	}
}

// retried tells a thread how often its state was tried before.
func (tr *Trial) retried(t *thread) {
	retriers, _ := handlers(t.state)
	t.retries = make([]int, len(retriers))
	for i := range t.retries {
		t.retries[i] = tr.Retries
	}
}

// tries ends the trial with another try, if the Retrier has one left.
func (tr *Trial) tries(t *thread, retrier int, again bool, delay time.Duration) {
	tr.outcome.Retrier = retrier
	if again {
		tr.outcome.Status, tr.outcome.Failure, tr.outcome.Delay = Retriable, t.fault.Failure, delay
		t.phase = ended
	}
}

// left ends the trial where the state is left.
func (tr *Trial) left(t *thread, output any, next asl.State, caught bool) {
	tr.outcome.Status, tr.outcome.Output, tr.outcome.Next = Succeeded, output, next
	if caught {
		tr.outcome.Status, tr.outcome.Failure = Caught, t.fault.Failure
	}
	t.value, t.phase = output, ended
}

// failed ends the trial with a failure that the state did not handle, or has the state
// around it do so. It is documented that the failure of a state within another goes to the
// Retriers and Catchers of the other; that a Map state is asked only when it tolerates no
// more failures, and that these see the inner state's input, is guessed.
func (tr *Trial) failed(t *thread, f *fault) {
	owner := t.state.Graph().Owner()
	if m, ok := owner.(*asl.Map); ok && !f.final && m.ToleratedFailureCount.IsSet() && m.ToleratedFailureCount.Literal > 0 {
		if int64(tr.Failures) < m.ToleratedFailureCount.Literal {
			owner = nil
		} else {
			f = &fault{Failure: (Tolerance{}).Failure()}
		}
	}
	if owner == nil || f.final {
		tr.outcome.Status, tr.outcome.Failure, tr.outcome.Catcher = Failed, f.Failure, -1
		t.phase = dead
		return
	}
	tr.outcome.Handler = owner
	t.state, t.graph = owner, owner.Graph()
	tr.retried(t)
	f.spent = false
	t.fail(f)
}

// contextOf returns the Context Object.
func (tr *Trial) contextOf(t *thread) *value.Object {
	if t.item == nil {
		return tr.Context
	}
	return tr.Context.With("Map", value.NewObject(value.Member{Key: "Item", Value: t.item}))
}

// mapRun makes a Map state in the inline mode wait for its iterations, as one in the
// distributed mode does.
func (t *thread) mapRun(s *asl.Map, in mapInput) {
	run := &StartMapRun{
		ID: t.x.last + 1, State: s, EnteredID: t.enteredID, owner: t.x.execution, Items: in.items,
		MaxConcurrency: int64(in.concurrency), Tolerance: Tolerance{Count: in.tolerance.count, Percentage: in.tolerance.percentage},
	}
	if s.ItemSelector != nil {
		run.scope = t.newItemScope(in.selected)
	}
	t.x.wait(t, run.ID)
	t.x.commands = append(t.x.commands, run)
}
