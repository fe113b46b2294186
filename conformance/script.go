package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance/internal/python"
)

// A Script hands a case's task outcomes to a driver: to each state its own, in
// order. It may be used by several goroutines.
//
// Where a case says that outcomes are missing and brings the sources of its
// functions, a function that only returns its input, or only raises an error,
// is answered as if it had run.
type Script struct {
	mu        sync.Mutex
	tasks     []Task
	used      []int // how often each task was handed out
	functions map[string]string
	err       error // the first that Next returned
}

// Script returns the case's outcomes of tasks, of which none was asked for.
func (c *Case) Script() *Script { return newScript(c) }

func newScript(c *Case) *Script {
	s := &Script{tasks: c.Tasks, used: make([]int, len(c.Tasks))}
	if c.TasksMissing {
		s.functions = c.Functions
	}
	return s
}

// Again returns the script as it was before anybody asked for an outcome.
func (s *Script) Again() *Script {
	return &Script{tasks: s.tasks, used: make([]int, len(s.tasks)), functions: s.functions}
}

// A Request is what a state asks of its task.
type Request struct {
	// State is the state's name, Resource its Resource field.
	State, Resource string
	// Input is the task's input, after Parameters; Credentials is what the
	// Credentials field evaluated to, nil without one.
	Input, Credentials any
	// Attempt counts the tries of this visit to the state, from 0, and Token is the Task
	// Token of a task that has one. Only what a [Simulator] asks its Perform has them.
	Attempt int
	Token   string
}

// HasActivity reports whether the case has the activity of an ARN: whether it has an outcome,
// used or not, for a state of the machine that asks for the activity. Where a case says that
// outcomes are missing, it has every activity.
func (s *Script) HasActivity(machine *asl.StateMachine, arn string) bool {
	return s.functions != nil || slices.ContainsFunc(s.tasks, func(t Task) bool {
		state, ok := machine.Find(t.State).(*asl.Task)
		return t.Approximate || ok && state.Resource.Text == arn || t.Function != "" && slices.Contains(namesOf(asl.ParseResource(arn), ""), t.Function)
	})
}

// A NoOutcomeError says that a state asked for a task for which a case has no
// outcome, or none left.
type NoOutcomeError struct {
	State, Resource string
	// Input is what the task is given.
	Input any
}

// Error names the state and its resource.
func (e *NoOutcomeError) Error() string {
	return fmt.Sprintf("state %q asks for the task %s, and the case has no outcome left for it", e.State, e.Resource)
}

// Next returns the outcome of a task. It is a [*NoOutcomeError] when there is none
// left, and a [*Difference] when the task was given something other than the case
// says. The case then fails with that error, whatever the driver makes of it.
func (s *Script) Next(r Request) (Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.next(r)
	if s.err == nil {
		s.err = err
	}
	return t, err
}

func (s *Script) next(r Request) (Task, error) {
	at := s.find(func(t *Task) bool { return !t.Approximate && t.State == r.State })
	if at < 0 {
		names := r.Names()
		at = s.find(func(t *Task) bool { return t.Function != "" && slices.Contains(names, t.Function) })
	}
	if at < 0 {
		at = s.find(func(t *Task) bool { return t.Approximate && t.check(r) == nil })
	}
	if at < 0 {
		if o, ok := python.Call(s.functions, r.Resource, r.Input); ok && o.Class != "" {
			return Task{State: r.State, Outcome: Fails, Error: o.Class, HasError: true, Cause: o.Cause, HasCause: true}, nil
		} else if ok {
			return Task{State: r.State, Outcome: Succeeds, Result: o.Result}, nil
		}
		return Task{}, &NoOutcomeError{State: r.State, Resource: r.Resource, Input: r.Input}
	}
	s.used[at]++
	t := s.tasks[at]
	if t.Function != "" && t.Outcome == Succeeds && r.Invokes(t.Function) {
		t.Result = Invocation(t.Result)
	}
	if d := t.check(r); d != nil {
		return t, d.of(fmt.Sprintf("tasks[%d] (%s)", at, r.State))
	}
	return t, nil
}

// failed returns the first error that Next returned.
func (s *Script) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// find gives the place of the first outcome that is left and fits, or -1.
func (s *Script) find(fits func(*Task) bool) int {
	for i := range s.tasks {
		t := &s.tasks[i]
		if (t.Always || s.used[i] < t.Times) && fits(t) {
			return i
		}
	}
	return -1
}

// unused returns an error that names the outcomes nobody asked for, or nil. When the
// execution failed, as it was expected to, a state may have failed before its task
// began: then the outcomes of a state that asked for none do not count.
func (s *Script) unused(failed bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := map[[2]string]bool{}
	for i, t := range s.tasks {
		of := [2]string{t.State, t.Function}
		asked[of] = asked[of] || s.used[i] > 0
	}
	var unused []string
	for i, t := range s.tasks {
		if !t.Always && s.used[i] < t.Times && (asked[[2]string{t.State, t.Function}] || !failed) {
			of := fmt.Sprintf("of state %q", t.State)
			if t.Function != "" {
				of = fmt.Sprintf("of function %q", t.Function)
			}
			unused = append(unused, fmt.Sprintf("tasks[%d] %s", i, of))
		}
	}
	if unused == nil {
		return nil
	}
	return errors.New("no state asked for " + strings.Join(unused, ", "))
}

// check compares what a task is given with what the case says.
func (t *Task) check(r Request) *Difference {
	if t.Resource != "" {
		if d := match(t.Resource, r.Resource); d != nil {
			return d.Within("resource")
		}
	}
	if t.HasParameters {
		if d := match(t.Parameters, r.Input); d != nil {
			return d.Within("parameters")
		}
	}
	if t.HasCredentials {
		if d := match(t.Credentials, rolesOf(r.Credentials)); d != nil {
			return d.Within("taskCredentials")
		}
	}
	return nil
}
