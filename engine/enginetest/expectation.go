package enginetest

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
)

// An Expectation is what a test expects of the calls of a state or a resource, and what it
// answers them. Its methods return it, so that they can be chained.
type Expectation struct {
	env     *Env
	machine *Machine // nil for any
	name    string
	caller  string
	pattern *engine.Mux // that knows the name, as that of a resource

	input          *matcher
	attempt, index *int
	answers        []*answer
	raw            bool // of the integration lambda:invoke, and not of the function
}

// On expects calls of a state, by its name, or of a resource, by a name as [engine.Mux.Handle]
// takes it: a function's name, an ARN, or a pattern with stars. The calls of a state whose
// resource is arn:aws:states:::lambda:invoke are those of its function: their input is the
// Payload, and what is answered comes wrapped as AWS wraps it. By the name of that resource
// itself their input is all parameters, and the answer is the whole result.
//
// A name that is neither a Task state's nor a resource's of the environment's machines ends the
// test as soon as an execution starts.
func (e *Env) On(name string) *Expectation { return e.on(nil, name) }

// On is [Env.On] for the calls of this machine's executions alone.
func (m *Machine) On(name string) *Expectation { return m.env.on(m, name) }

func (e *Env) on(m *Machine, name string) *Expectation {
	x := &Expectation{env: e, machine: m, name: name, caller: caller(), pattern: engine.NewMux()}
	x.pattern.HandleFunc(name, func(context.Context, engine.Task) (any, error) { return nil, nil })
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expectations = append(e.expectations, x)
	return x
}

// caller returns the place in the test that calls this package.
func caller() string {
	var at [16]uintptr
	frames := runtime.CallersFrames(at[:runtime.Callers(2, at[:])])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "github.com/gostates/gostates/engine/enginetest.") || !more {
			return filepath.Base(frame.File) + ":" + strconv.Itoa(frame.Line)
		}
	}
}

// String names the expectation as the test wrote it, such as `On("Charge") at order_test.go:12`.
func (x *Expectation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "On(%q)", x.name)
	if x.input != nil {
		fmt.Fprintf(&b, ".With(%s)", x.input.text)
	}
	if x.attempt != nil {
		fmt.Fprintf(&b, ".Attempt(%d)", *x.attempt)
	}
	if x.index != nil {
		fmt.Fprintf(&b, ".Index(%d)", *x.index)
	}
	return b.String() + " at " + x.caller
}

// With means calls with an input that is as expected: see the package comment.
func (x *Expectation) With(input any) *Expectation {
	x.env.t.Helper()
	m, err := newMatcher(input)
	if err != nil {
		x.fatal("With: %v", err)
	}
	x.input = m
	return x
}

// Attempt means one try of each visit to the state, counted from 0.
func (x *Expectation) Attempt(n int) *Expectation {
	x.attempt = &n
	return x
}

// Index means calls in one iteration of a Map state, or in one child of its Map Run, counted from
// 0. Of Map states within each other it is the iteration of the innermost; of children that are
// given several items at once it is that of the child.
func (x *Expectation) Index(i int) *Expectation {
	x.index = &i
	return x
}

func (x *Expectation) fatal(format string, args ...any) {
	x.env.t.Helper()
	x.env.t.Fatalf("enginetest: %s: %s", x, fmt.Sprintf(format, args...))
}

// names reports whether the expectation is for the calls of a Task state.
func (x *Expectation) names(m *Machine, s *asl.Task) bool {
	if x.machine != nil && x.machine != m {
		return false
	}
	return x.name == s.Name() || x.namesResource(s.Resource.Text) || s.Function != "" && x.namesResource(s.Function)
}

// namesResource reports whether the expectation is by the name of a resource.
func (x *Expectation) namesResource(resource string) bool { return x.pattern.Resolve(resource) != nil }

// takesIntegration reports whether the expectation is for all that lambda:invoke is given.
func (x *Expectation) takesIntegration(s *asl.Task) bool {
	return invokesFunction(s) && (x.raw || x.name != s.Name() && x.namesResource(s.Resource.Text))
}

// matches returns nil when the expectation is for a call, else why it is not.
func (x *Expectation) matches(c *call) error {
	resource, input := c.task.Resource, c.task.Input
	if x.takesIntegration(c.state) {
		resource, input = c.state.Resource.Text, c.parameters
	}
	switch {
	case x.machine != nil && x.machine != c.machine || x.name != c.task.State && !x.namesResource(resource):
		return errOtherName
	case x.attempt != nil && *x.attempt != c.task.Attempt:
		return fmt.Errorf("it is for attempt %d", *x.attempt)
	case x.index != nil && *x.index != c.index:
		return fmt.Errorf("it is for index %d", *x.index)
	case x.input == nil:
		return nil
	}
	if err := x.input.match(input); err != nil {
		return fmt.Errorf("its input does not fit: %w", err)
	}
	return nil
}

// next returns the answer for the next call, nil when all are used up. env.mu is locked.
func (x *Expectation) next() *answer {
	for _, a := range x.answers {
		if a.times < 0 || a.used < a.times {
			return a
		}
	}
	return nil
}

// checkNames ends the test when an expectation names nothing that the machines have.
func (e *Env) checkNames() {
	e.t.Helper()
	e.mu.Lock()
	unchecked := e.expectations[e.checked:]
	e.checked = len(e.expectations)
	machines := slices.Clone(e.machines)
	e.mu.Unlock()
	for _, x := range unchecked {
		if why := x.misnamed(machines); why != "" {
			x.fatal("%s", why)
		}
		if len(x.answers) == 0 {
			x.fatal("it has no answer: add one, such as Return")
		}
	}
}

// misnamed returns what is wrong with the expectation's name, "" when some Task has it.
func (x *Expectation) misnamed(machines []*Machine) string {
	var known []string
	other := "" // what is called so, and is no Task
	dynamic := false
	for _, m := range machines {
		if x.machine != nil && x.machine != m {
			continue
		}
		for s := range allStates(m.machine.Graph) {
			task, ok := s.(*asl.Task)
			if !ok {
				if s.Name() == x.name {
					other = s.Type()
				}
				continue
			}
			if x.names(m, task) {
				return ""
			}
			dynamic = dynamic || invokesFunction(task) && task.Function == ""
			known = append(known, task.Name(), task.Resource.Text)
			if task.Function != "" {
				known = append(known, task.Function)
			}
		}
	}
	switch near := asl.Nearest(x.name, known); {
	case other != "":
		return fmt.Sprintf("the state %s is a %s state, and only Tasks are called", x.name, other)
	case dynamic:
		return "" // the name may be that of a function which the input decides
	case near != "":
		return fmt.Sprintf("no Task state or resource has that name; did you mean %q?", near)
	}
	return "no Task state or resource has that name"
}

// unmet reports the answers that nobody called for.
func (e *Env) unmet() {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.expectations {
		for _, a := range x.answers {
			if a.times >= 0 && a.used < a.times {
				e.t.Errorf("enginetest: %s: %s was to answer %s, and did %s", x, a, count(a.times), count(a.used))
				break
			}
		}
	}
	for _, event := range e.events {
		if !event.done {
			e.t.Errorf("enginetest: At(%s) at %s was not called: the test ended %s after its start", event.at.Sub(e.start), event.caller, e.clock.Now().Sub(e.start))
		}
	}
	for _, token := range e.tokens {
		if !token.given && !token.expected {
			e.t.Errorf("enginetest: unexpected call: %s; it waited for its Task Token: expect it by On, or take the token by Token", token.call)
		}
	}
}

func count(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}
