package enginetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// A recorder keeps what the executions of an environment do.
type recorder struct{ env *Env }

// Recorded implements the engine's observer.
func (o recorder) Recorded(arn string, machine *asl.StateMachine, events []states.Event) {
	e := o.env
	e.moves.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.records[arn]
	if r == nil {
		r = newRecord(machine)
		r.arn = arn
		for _, m := range e.machines {
			if m.machine == machine || r.of == nil && m.machine.Definition() == machine.Definition() {
				r.of = m // a child of a Map Run has the definition of the whole machine
			}
		}
		e.records[arn] = r
		e.order = append(e.order, r)
	}
	for i := range events {
		r.add(&events[i])
	}
}

// Used implements the engine's observer.
func (o recorder) Used(_ string, machine *asl.StateMachine, part states.Part) {
	if profile := covers(); profile != nil {
		profile.Use(machine, part)
	}
}

// Closed implements the engine's observer.
func (recorder) Closed() error { return nil }

// record returns what is recorded of an execution.
func (e *Env) record(arn string) *record {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.records[arn]
}

// A record is what an execution has done so far. Env.mu guards it.
type record struct {
	arn     string
	machine *asl.StateMachine
	of      *Machine
	child   int  // the index of a child of a Map Run; -1 for other executions
	begun   bool // by the test itself
	// execution is set for those that the environment has started.
	execution *engine.Execution
	events    []states.Event
	places    map[states.EventID]place
}

func newRecord(machine *asl.StateMachine) *record {
	return &record{machine: machine, child: -1, places: make(map[states.EventID]place)}
}

// A place is where in its machine an execution was at an event.
type place struct {
	state     asl.State
	entered   states.EventID
	scheduled states.EventID // the task that is under way; 0 for none
	attempt   int            // of the task that was scheduled last
	iteration *iteration
}

// An iteration is one of a Map state, within others.
type iteration struct {
	of    string // the Map state
	index int
	outer *iteration
}

// add adds an event.
func (r *record) add(e *states.Event) {
	r.events = append(r.events, *e)
	if e.Hidden() {
		return
	}
	p := r.places[e.PreviousID]
	switch d := e.Details.(type) {
	case *states.StartedDetails:
		if parent := d.Execution.Parent; strings.Contains(parent.ARN, ":mapRun:") {
			r.child = int(parent.Task)
		}
		r.begun = d.Execution.Parent.ARN == ""
	case *states.EnteredDetails:
		s := r.machine.Find(d.Name)
		p = place{state: s, entered: e.ID, attempt: -1, iteration: p.iteration}
		for p.iteration != nil && !within(s, p.iteration.of) {
			p.iteration = p.iteration.outer
		}
	case *states.IterationDetails:
		if e.Type == states.MapIterationStarted {
			p.iteration = &iteration{of: d.Name, index: d.Index, outer: p.iteration}
		}
	case *states.ScheduledDetails:
		p.scheduled = e.ID
		p.attempt++
	default:
		switch e.Type {
		case states.TaskStarted, states.LambdaFunctionStarted, states.ActivityStarted, states.TaskSubmitted:
		default:
			p.scheduled = 0
		}
	}
	r.places[e.ID] = p
}

// within reports whether a state is inside of a Map state.
func within(s asl.State, mapState string) bool {
	for ; s != nil; s = s.Graph().Owner() {
		if owner := s.Graph().Owner(); owner != nil && owner.Name() == mapState {
			return true
		}
	}
	return false
}

// index returns the index of the innermost Map state's iteration at a place, or of the child of a
// Map Run; -1 outside of Map states.
func (r *record) index(p place) int {
	if p.iteration == nil {
		return r.child
	}
	return p.iteration.index
}

// indexOf returns the index of the iteration that a task is in.
func (r *record) indexOf(idempotencyKey string) int {
	id, err := strconv.ParseInt(idempotencyKey[strings.LastIndexByte(idempotencyKey, '/')+1:], 10, 64)
	if err != nil {
		return -1
	}
	return r.index(r.places[states.EventID(id)])
}

// end returns how the execution ended, nil while it runs.
func (r *record) end() *states.Finish {
	for i := len(r.events) - 1; i >= 0; i-- {
		if e := &r.events[i]; !e.Hidden() {
			return e.Finish()
		}
	}
	return nil
}

// history returns the events that users see.
func (r *record) history() []states.Event {
	return slices.DeleteFunc(slices.Clone(r.events), func(e states.Event) bool { return e.Hidden() })
}

// standing says what the execution waits for.
func (r *record) standing() string {
	followed := make(map[states.EventID]bool)
	for i := range r.events {
		followed[r.events[i].PreviousID] = true
	}
	var all []string
	for _, id := range slices.Sorted(maps.Keys(r.places)) {
		if p := r.places[id]; p.scheduled != 0 && !followed[id] {
			what := "an answer"
			if t, ok := p.state.(*asl.Task); ok && t.Resource.Pattern == asl.WaitForTaskToken {
				what = "its Task Token"
			} else if ok && t.Resource.Kind == asl.Activity {
				what = "a worker"
			}
			all = append(all, fmt.Sprintf("%s waits for %s", p.state.Name(), what))
		}
	}
	if len(all) == 0 {
		return "nothing is due any more"
	}
	return strings.Join(all, ", ")
}
