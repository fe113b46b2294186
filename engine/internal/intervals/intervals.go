// Package intervals finds out what lies between the events of an execution: a visit of a state,
// from its entry to its exit, and an attempt of a task, from when it was scheduled to its answer.
package intervals

import (
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// A Visit is one entry into a state, until the state is left.
type Visit struct {
	// Name is the state's, and Type its type, such as "Task".
	Name, Type string
	// Entered is the event of the entry. A visit that goes on after a redrive has the same as
	// before, but another Redrive.
	Entered states.EventID
	// Redrive is the last redrive before the visit began, or went on; 0 for none.
	Redrive states.EventID
	// At is when it began, or went on.
	At time.Time
	// In is the visit of the Parallel or Map state that this one lies in; nil for none.
	In *Visit
	// Index is the branch or the iteration in which it lies there; -1 for none. That of a
	// branch is the order in which branches were entered.
	Index int
	// MapRun is the ARN of the state's Map Run; empty for none.
	MapRun string

	scope    *scope
	failure  states.Failure // the last one; what has come after it makes it void
	failed   bool
	attempts int
	open     []*Attempt
	branches int
	over     bool
	cut      bool   // it is over without an exit
	again    *Visit // which goes on after a redrive
}

// An Attempt is one try of a task.
type Attempt struct {
	// Visit is the visit of the task's state; nil when the history does not show it.
	Visit *Visit
	// Scheduled is the event that scheduled the task.
	Scheduled states.EventID
	// At, Started and Submitted are when the task was scheduled, was taken up and was accepted;
	// zero as long as it was not.
	At, Started, Submitted time.Time
	// Kind is what the types of its events begin with.
	Kind Kind
	// ResourceType and Resource are those of its events; a function or an activity has its ARN
	// in Resource and no ResourceType. A resource that is no ARN, of which events say nothing, is
	// as the definition has it.
	ResourceType, Resource string
	// Function is the name or the ARN of the function that the task calls, by its ARN or by
	// lambda:invoke; empty for other tasks.
	Function string
	// Number counts the attempts of a visit, from 0.
	Number int
}

// A Kind says what does a task.
type Kind string

// The kinds of tasks.
const (
	Service  Kind = "Task"
	Function Kind = "LambdaFunction"
	Activity Kind = "Activity"
)

// An Outcome says how an interval ended.
type Outcome string

// The outcomes of intervals.
const (
	Succeeded Outcome = "SUCCEEDED"
	Failed    Outcome = "FAILED"
	TimedOut  Outcome = "TIMED_OUT"
	Aborted   Outcome = "ABORTED"
)

// An End is how an interval ended.
type End struct {
	At      time.Time
	Outcome Outcome
	// Failure is what failed; the zero Failure for no error and for one without a name.
	Failure states.Failure
}

// A Sink is told of intervals that end, the inner ones first.
type Sink interface {
	// Left is told that a visit has ended.
	Left(v *Visit, end End)
	// Answered is told that an attempt has ended.
	Answered(a *Attempt, end End)
}

// A scope is a chain of states: the machine's, a branch's, an iteration's, or that of handlers
// which undo what was done.
type scope struct {
	owner *Visit // nil for the machine's
	index int
	undo  bool
}

// A spot is where an event belongs.
type spot struct {
	visit   *Visit
	attempt *Attempt
	scope   *scope
	forks   bool // it begins the branches of a Parallel
	ends    bool // it ends the branches or iterations of its visit
}

// A Tracker follows the events of one execution. The zero Tracker is ready. It is for one
// goroutine at a time.
type Tracker struct {
	// Definition is the machine that the execution runs; nil when nobody knows it.
	Definition *asl.StateMachine

	root     *scope
	spots    map[states.EventID]spot
	open     []*Visit // in the order in which they were entered
	attempts map[states.EventID]*Attempt
	last     states.EventID
	redrive  states.EventID
	since    time.Time // the redrive, or the start
	left     *Visit    // of the machine's own chain, the last one that nothing before will go on from
}

// Attempt returns the open attempt that an event scheduled; nil for none.
func (t *Tracker) Attempt(scheduled states.EventID) *Attempt { return t.attempts[scheduled] }

// Of returns the attempt that an event belongs to which does not end it; nil for none.
func (t *Tracker) Of(id states.EventID) *Attempt { return t.spots[id].attempt }

// Visit returns the visit that an event belongs to; nil for none.
func (t *Tracker) Visit(id states.EventID) *Visit { return t.live(t.spots[id].visit) }

// Redrive returns the event of the last redrive, 0 for none, and its time, or that of the start.
func (t *Tracker) Redrive() (states.EventID, time.Time) { return t.redrive, t.since }

// Next takes the next event, and tells sink what ends with it. A nil sink is told nothing.
func (t *Tracker) Next(e *states.Event, sink Sink) {
	if t.spots == nil {
		t.root = &scope{index: -1}
		t.spots, t.attempts = make(map[states.EventID]spot), make(map[states.EventID]*Attempt)
	}
	if e.Hidden() || e.ID <= t.last {
		return // what was told twice, as the start of a fork is
	}
	t.last = e.ID
	before, known := t.spots[e.PreviousID]
	if !known {
		before = spot{scope: t.root}
	}
	before.visit = t.live(before.visit)
	if e.PreviousID < t.redrive {
		before.ends = false // what had failed goes on
	}
	at := t.find(e, before, sink)
	t.spots[e.ID] = at
	if _, left := e.Details.(*states.ExitedDetails); left && at.scope == t.root && len(t.open) == 0 {
		clear(t.spots) // nothing will go on from what came before
		t.spots[e.ID] = at
		if at.visit != nil {
			t.left = at.visit
		}
	}
}

// find returns the spot of an event that follows another one.
func (t *Tracker) find(e *states.Event, before spot, sink Sink) spot {
	name := string(e.Type)
	switch d := e.Details.(type) {
	case *states.StartedDetails:
		t.since = e.At
		return spot{scope: t.root}
	case *states.RedriveDetails:
		t.redrive, t.since = e.ID, e.At
		return spot{scope: t.root}
	case *states.EnteredDetails:
		return t.enter(e, d.Name, before)
	case *states.ExitedDetails:
		v := t.around(before, func(v *Visit) bool { return v.Name == d.Name })
		t.close(v, End{At: e.At, Outcome: Succeeded}, sink)
		return of(v, before)
	case *states.ScheduledDetails:
		return t.schedule(e, d, before)
	case *states.EvaluationDetails:
		v := t.around(before, func(v *Visit) bool { return v.Name == d.State })
		v.fails(d.Failure)
		return of(v, before)
	case *states.IterationDetails:
		return t.iterate(e, d, before, sink)
	case *states.CompensationDetails:
		v := t.around(before, func(v *Visit) bool { return v.Name == d.State })
		return spot{visit: v, scope: &scope{owner: v, index: -1, undo: true}}
	case *states.CompensationFailedDetails:
		return t.undone(before)
	case *states.MapRunDetails:
		if before.visit != nil {
			before.visit.MapRun = d.ARN
		}
		return of(before.visit, before)
	}
	switch {
	case e.Type == states.CompensationSucceeded:
		return t.undone(before)
	case e.Finish() != nil:
		t.finish(e, sink)
		return spot{scope: t.root}
	case strings.HasSuffix(name, "StateAborted") && !strings.HasPrefix(name, "Parallel") && !strings.HasPrefix(name, "Map"):
		v := t.aborted(strings.TrimSuffix(name, "StateAborted"), before)
		if v != nil {
			t.close(v, v.cutShort(e.At), sink)
		}
		return of(v, before)
	case strings.HasPrefix(name, "ParallelState"):
		return t.fork(e, "Parallel", states.ParallelStateStarted, before, sink)
	case strings.HasPrefix(name, "MapState"):
		return t.fork(e, "Map", states.MapStateStarted, before, sink)
	case strings.HasPrefix(name, "MapRun"):
		if d, ok := e.Details.(*states.FailureDetails); ok {
			before.visit.fails(d.Failure)
		}
		return of(before.visit, before)
	}
	return t.goOn(e, before, sink)
}

// of returns the spot of an event that belongs to a visit, and that of the event before when
// the visit is not known.
func of(v *Visit, before spot) spot {
	if v == nil {
		return spot{scope: before.scope}
	}
	return spot{visit: v, scope: v.scope}
}

// fails notes what the state failed with. Of a nil Visit nothing is noted.
func (v *Visit) fails(f states.Failure) {
	if v != nil {
		v.failure, v.failed = f, true
	}
}

// enter begins a visit.
func (t *Tracker) enter(e *states.Event, name string, before spot) spot {
	in := before.scope
	if before.forks && before.visit != nil {
		in = &scope{owner: before.visit, index: before.visit.branches}
		before.visit.branches++
	}
	v := &Visit{
		Name: name, Type: strings.TrimSuffix(string(e.Type), "StateEntered"), Entered: e.ID, Redrive: t.redrive, At: e.At,
		In: t.live(in.owner), Index: in.index, scope: in,
	}
	v.failed = v.Type == "Fail"
	t.open = append(t.open, v)
	return spot{visit: v, scope: in}
}

// schedule begins an attempt.
func (t *Tracker) schedule(e *states.Event, d *states.ScheduledDetails, before spot) spot {
	a := &Attempt{Visit: before.visit, Scheduled: e.ID, At: e.At, Kind: kindOf(e.Type), ResourceType: d.ResourceType, Resource: d.Resource}
	if v := a.Visit; v != nil {
		a.Number = v.attempts
		v.attempts++
		v.open = append(v.open, a)
		v.failed = false
	}
	if v := a.Visit; a.Resource == "" && a.ResourceType == "" && v != nil && t.Definition != nil {
		if s, ok := t.Definition.Find(v.Name).(*asl.Task); ok {
			a.Resource = s.Resource.Text
		}
	}
	switch parameters, _ := d.Parameters.(*value.Object); {
	case a.Kind == Function:
		a.Function = a.Resource
	case a.ResourceType == "lambda" && parameters != nil:
		name, _ := parameters.Get("FunctionName")
		a.Function, _ = name.(string)
	}
	t.attempts[e.ID] = a
	at := of(before.visit, before)
	at.attempt = a
	return at
}

// kindOf returns the kind of the task of an event.
func kindOf(e states.EventType) Kind {
	for _, k := range [...]Kind{Function, Activity} {
		if strings.HasPrefix(string(e), string(k)) {
			return k
		}
	}
	return Service
}

// goOn returns the spot of an event of a task, or of another that stays where the one before
// was.
func (t *Tracker) goOn(e *states.Event, before spot, sink Sink) spot {
	at := of(before.visit, before)
	at.attempt = before.attempt
	a, end := before.attempt, End{At: e.At}
	switch what := strings.TrimPrefix(string(e.Type), string(kindOf(e.Type))); what {
	case "Started":
		if a != nil {
			a.Started = e.At
		}
		return at
	case "Submitted":
		if a != nil {
			a.Submitted = e.At
		}
		return at
	case "Succeeded":
		end.Outcome = Succeeded
	case "TimedOut":
		end.Outcome = TimedOut
	case "Failed", "ScheduleFailed", "StartFailed", "SubmitFailed":
		end.Outcome = Failed
	default:
		return at
	}
	if d, ok := e.Details.(*states.FailureDetails); ok {
		end.Failure = d.Failure
		before.visit.fails(d.Failure)
	}
	t.answer(a, end, sink)
	at.attempt = nil
	return at
}

// iterate returns the spot of an event of a Map's iteration.
func (t *Tracker) iterate(e *states.Event, d *states.IterationDetails, before spot, sink Sink) spot {
	v := t.around(before, func(v *Visit) bool { return v.Name == d.Name })
	if e.Type == states.MapIterationStarted {
		return spot{visit: v, scope: &scope{owner: v, index: d.Index}}
	}
	if e.Type != states.MapIterationSucceeded {
		t.closeIn(v, func(s *scope) bool { return s.index == d.Index }, e.At, sink)
	}
	return of(v, before)
}

// fork returns the spot of an event of a Parallel or Map state's branches.
func (t *Tracker) fork(e *states.Event, kind string, started states.EventType, before spot, sink Sink) spot {
	if before.ends && before.visit != nil {
		before.scope, before.visit = before.visit.scope, t.live(before.visit.scope.owner)
	}
	v := t.around(before, func(v *Visit) bool { return v.Type == kind })
	at := of(v, before)
	if at.forks = e.Type == started && kind == "Parallel"; e.Type == started {
		if v != nil {
			v.failed, v.branches = false, 0
		}
		return at
	}
	at.ends = true
	if !strings.HasSuffix(string(e.Type), "Succeeded") {
		t.closeIn(v, func(*scope) bool { return true }, e.At, sink)
	}
	return at
}

// around returns the innermost visit around an event that is wanted, nil for none.
func (t *Tracker) around(at spot, wanted func(*Visit) bool) *Visit {
	v := at.visit
	if v == nil {
		v = t.live(at.scope.owner)
	}
	for v != nil && !wanted(v) {
		v = t.live(v.scope.owner)
	}
	return v
}

// undone returns the spot of the end of a compensation: outside of the innermost one around the
// event before.
func (t *Tracker) undone(before spot) spot {
	for s := before.scope; ; s = s.owner.scope {
		if s.undo {
			return of(t.live(s.owner), spot{scope: t.root})
		}
		if s.owner == nil {
			return of(before.visit, before)
		}
	}
}
