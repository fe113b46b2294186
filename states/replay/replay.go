package replay

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// Options adjust a replay. The zero value is useful.
type Options struct {
	// Limits are those that the execution ran with.
	Limits states.Options
	// Execution is what the execution knows of itself. It counts for histories that don't say
	// it: those that AWS or GetExecutionHistory give.
	Execution states.Execution
	// Observe is called with every part of the machine that the execution uses, as
	// [states.Interpreter.Observe] says; nil for nobody.
	Observe func(states.Part)
}

// A Difference is the first event of a history that would be another one.
type Difference struct {
	// Event is the event, and State the state that it belongs to; empty for none.
	Event states.Event
	State string
	// Instead is what the machine would record in its place, nil when it would record
	// nothing there.
	Instead *states.Event
	// Field is the place in the event's details at which the two differ, with its values
	// as JSON; all three are empty when the events differ as a whole. A value that is not there
	// is "nothing".
	Field, Recorded, Replayed string
	// Late is how much later the event would come, if that is the difference.
	Late time.Duration
}

// Error names the event, what is recorded and what would be.
func (d *Difference) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "event %d, %s", d.Event.ID, d.Event.Type)
	if d.State != "" {
		fmt.Fprintf(&b, " of %s", d.State)
	}
	switch {
	case d.Late > 0:
		fmt.Fprintf(&b, ", would come %s later", d.Late)
	case d.Field != "":
		fmt.Fprintf(&b, ", would differ: %s is %s, and would be %s", d.Field, d.Recorded, d.Replayed)
	case d.Instead == nil:
		b.WriteString(", would not be recorded")
	default:
		fmt.Fprintf(&b, ", would be %s", d.Instead.Type)
		if entered, ok := d.Instead.Details.(*states.EnteredDetails); ok {
			fmt.Fprintf(&b, " of %s", entered.Name)
		} else if details := string(d.Instead.DetailsJSON(true)); details != "{}" {
			fmt.Fprintf(&b, " %s", shorten(details))
		}
	}
	return b.String()
}

// shorten cuts a long text.
func shorten(text string) string {
	if len(text) <= 200 {
		return text
	}
	return strings.ToValidUTF8(text[:200], "") + "..."
}

// ErrHistory is returned, wrapped, for a history that can't be replayed: it does not begin with
// ExecutionStarted, or its ids have gaps.
var ErrHistory = errors.New("replay: the history can't be replayed")

// Check runs a history again on a machine. It returns nil when the machine records the same
// events, else a *[Difference]; or [ErrHistory]. A history without an end is one of an execution
// that runs, which may record more.
//
// Branches and iterations may have recorded their events in another order than the machine does:
// each is compared by itself. Task Tokens, the names of Map Runs and what stands in causes for the
// ids of events are not compared. In a history that lacks the execution's supply of chance, which
// are all but the logs of package engine, values are not compared when the machine draws some by
// chance (States.UUID, States.MathRandom, $uuid, $random); only the states that it goes through are.
// A Wait state that ends before its time is a difference, one that ends after it is late.
//
// What the children of a Map Run came to is in no history. It is taken from the Map state's output
// when the state has no ResultSelector, ResultPath, Output and Assign; else nothing from the Map
// Run's success on is compared.
func Check(machine *asl.StateMachine, history []states.Event, options Options) error {
	r := &run{
		machine: machine, options: options,
		byID: make(map[states.EventID]*recorded), following: make(map[states.EventID][]*recorded),
		ours: make(map[states.EventID]states.EventID), theirs: make(map[states.EventID]states.EventID),
		timers: make(map[states.EventID]time.Time), tasks: make(map[states.EventID]*states.InvokeTask),
	}
	if err := r.read(history); err != nil {
		return err
	}
	for i, e := range r.events {
		if e.matched {
			continue
		}
		if r.unknown(e) {
			return nil
		}
		if err := r.reach(e, r.events[i+1:]); err != nil {
			return err
		}
	}
	return nil
}

// A recorded is a visible event of the history.
type recorded struct {
	states.Event
	place
	matched bool
}

// A place is where a recorded event stands.
type place struct {
	state     string
	entered   states.EventID // the entry into the state
	scheduled states.EventID // the task that is under way; 0 for none
	at        time.Time      // when that was scheduled
	fork      *place         // of the Parallel or Map state that it is in
}

// A run is an execution that is run again.
type run struct {
	machine *asl.StateMachine
	options Options
	events  []*recorded
	byID    map[states.EventID]*recorded
	// following are the events that have an event as their previous one.
	following map[states.EventID][]*recorded
	chance    bool // values that the machine draws by chance are unknown

	it      *states.Interpreter
	pending []states.Event // that the interpreter has recorded, and the history not yet
	all     []states.Event // that the interpreter has recorded
	// ours are the ids here of the events in the history, and theirs the other way round.
	ours, theirs map[states.EventID]states.EventID
	timers       map[states.EventID]time.Time          // that run, and when they are due
	tasks        map[states.EventID]*states.InvokeTask // by their ids
	more         bool
}

// read takes in the history.
func (r *run) read(history []states.Event) error {
	for i := range history {
		e := &recorded{Event: history[i]}
		if e.Hidden() {
			continue
		}
		if n := len(r.events); n == 0 && e.Type != states.ExecutionStarted || n > 0 && e.ID != r.events[n-1].ID+1 {
			return fmt.Errorf("%w: event %d, %s, is not in its place", ErrHistory, e.ID, e.Type)
		}
		r.place(e)
		r.events = append(r.events, e)
		r.byID[e.ID] = e
		r.following[e.PreviousID] = append(r.following[e.PreviousID], e)
	}
	if len(r.events) == 0 {
		return fmt.Errorf("%w: it is empty", ErrHistory)
	}
	return nil
}

// place finds where an event stands, by its previous one.
func (r *run) place(e *recorded) {
	if before := r.byID[e.PreviousID]; before != nil {
		e.place = before.place
		if before.endsTask() {
			e.scheduled = 0
		}
	}
	leave := func() {
		if e.fork != nil {
			e.place = *e.fork
		}
	}
	switch d := e.Details.(type) {
	case *states.EnteredDetails:
		e.place = place{state: d.Name, entered: e.ID, fork: e.fork}
		return
	case *states.ExitedDetails:
		if e.state != d.Name {
			leave()
		}
		return
	case *states.ScheduledDetails:
		e.scheduled, e.at = e.ID, e.At
		return
	}
	switch e.Type {
	case states.ParallelStateStarted, states.MapStateStarted:
		switch r.machine.Find(e.state).(type) {
		case *asl.Parallel, *asl.Map:
		default:
			leave() // it is tried again, because of what is within
		}
		fork := e.place
		e.fork = &fork
	case states.ParallelStateSucceeded, states.ParallelStateFailed, states.MapStateSucceeded, states.MapStateFailed:
		leave()
	case states.ExecutionSucceeded, states.ExecutionFailed, states.ExecutionAborted, states.ExecutionTimedOut:
		e.place = place{}
	}
}

// endsTask reports whether the event says what a task came to.
func (e *recorded) endsTask() bool {
	switch e.Details.(type) {
	case *states.OutputDetails:
		return e.Type != states.TaskSubmitted
	case *states.FailureDetails:
		return true
	}
	return false
}

// reach has the interpreter record an event of the history, to which others follow. The error is a
// *Difference when it doesn't.
func (r *run) reach(e *recorded, others []*recorded) error {
	for range 1000 { // tries that fail without an event come before one with events
		in, err := r.inputFor(e, others)
		if err != nil {
			return err
		}
		if in == nil && !r.more {
			return r.differs(e)
		}
		switch err := r.step(r.together(in, e, others)...); {
		case errors.Is(err, states.ErrStale):
			return r.differs(e)
		case err != nil:
			return err
		case e.matched:
			return nil
		}
	}
	return r.differs(e)
}

// together returns an input with those that came in the same step: the answers of other tasks
// that the history has before anything that followed from the first.
func (r *run) together(in states.Input, e *recorded, others []*recorded) []states.Input {
	if in == nil {
		return nil
	}
	inputs := []states.Input{in}
	if r.answer(e) == nil {
		return inputs
	}
	for _, other := range others {
		also := r.answer(other)
		if also == nil || !other.At.Equal(e.At) {
			break
		}
		inputs = append(inputs, also)
	}
	return inputs
}

// step gives the interpreter inputs, if there are any, and takes what it records.
func (r *run) step(inputs ...states.Input) error {
	r.it.Observe(r.options.Observe)
	effects, err := r.it.Step(inputs...)
	if errors.Is(err, states.ErrStale) {
		return err
	} else if err != nil {
		return fmt.Errorf("%w: %w", ErrHistory, err)
	}
	r.more = effects.More
	r.all = append(r.all, effects.Events...)
	for _, c := range effects.Commands {
		switch c := c.(type) {
		case *states.StartTimer:
			r.timers[c.ID] = c.Due
		case *states.InvokeTask:
			r.tasks[c.ID] = c
		case *states.Cancel:
			delete(r.timers, c.ID)
		}
	}
	for _, ours := range effects.Events {
		if !ours.Hidden() {
			r.pending = append(r.pending, ours)
		}
	}
	return r.match()
}

// differs returns the difference of an event that the interpreter does not record.
func (r *run) differs(e *recorded) error {
	d := &Difference{Event: e.Event, State: e.state}
	for i := range r.pending {
		if id, ok := r.ours[e.PreviousID]; ok && r.pending[i].PreviousID == id {
			d.Instead = &r.pending[i]
			return d
		}
	}
	if len(r.pending) > 0 {
		d.Instead = &r.pending[0]
	}
	return d
}

// draws reports whether a machine draws values by chance.
func draws(m *asl.StateMachine) bool {
	for _, name := range []string{"States.UUID", "States.MathRandom", "$uuid", "$random", "$shuffle"} {
		if strings.Contains(m.Definition(), name) {
			return true
		}
	}
	return false
}

// text returns a value's JSON text, for people.
func text(v any) string { return shorten(value.String(v)) }
