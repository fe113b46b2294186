package enginetest

import (
	"slices"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/gostates/gostates/states"
)

// A Call is one call of a task.
type Call struct {
	// State is the name of the Task state, and Resource what was called: of a function its
	// name or ARN.
	State, Resource string
	// Input is what the task was given, of the types of [engine.Task.Input]; of a function it is
	// the Payload.
	Input any
	// Attempt counts the tries of the visit to the state, from 0.
	Attempt int
	// Index is that of the iteration of the innermost Map state, or of the child of its Map Run;
	// -1 outside of Map states.
	Index int
	// At is when the call was made, and Elapsed how long after the environment's start.
	At      time.Time
	Elapsed time.Duration
	// Execution is the ARN of the execution.
	Execution string
}

// Decode stores the input in the Go variable that into points to, as json.Unmarshal stores its
// text.
func (c Call) Decode(into any) error { return convert.Into(c.Input, into) }

// Calls returns the calls of a state or a resource so far, named as for [Env.On], in the
// order in which they were made; those that the engine and real handlers served, too.
func (e *Env) Calls(name string) []Call { return e.calls(nil, name) }

// Calls is [Env.Calls] of this machine's executions alone.
func (m *Machine) Calls(name string) []Call { return m.env.calls(m, name) }

func (e *Env) calls(m *Machine, name string) []Call {
	wanted := &Expectation{env: e, machine: m, name: name, pattern: engine.NewMux()}
	wanted.pattern.Handle(name, player{e})
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []Call
	for _, r := range e.order {
		for i := range r.events {
			event := &r.events[i]
			d, ok := event.Details.(*states.ScheduledDetails)
			if !ok {
				continue
			}
			p := r.places[event.ID]
			state, ok := p.state.(*asl.Task)
			if !ok {
				continue
			}
			c := &call{env: e, machine: r.of, state: state, parameters: d.Parameters, index: r.index(p),
				task: engine.Task{State: state.Name(), Resource: state.Resource.Text, Input: d.Parameters, Attempt: p.attempt}}
			if invokesFunction(state) && !wanted.takesIntegration(state) {
				c.task.Resource, c.task.Input = functionOf(d.Parameters, state)
			}
			if wanted.matches(c) == nil {
				all = append(all, Call{State: c.task.State, Resource: c.task.Resource, Input: c.task.Input, Attempt: c.task.Attempt,
					Index: c.index, At: event.At, Elapsed: event.At.Sub(e.start), Execution: r.arn})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Call) int { return a.At.Compare(b.At) })
	return all
}
