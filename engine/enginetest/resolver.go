package enginetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/internal/convert"
)

// A resolver has the environment's handler for everything but what the engine serves itself.
type resolver struct{ env *Env }

// Resolve implements [engine.Resolver].
func (r resolver) Resolve(resource string) engine.Handler {
	e := r.env
	invoke, isResource := e.usesOf(resource)
	switch {
	case e.expected(resource) || e.hasReal(resource):
		return player{e}
	case !isResource && invoke != "" && e.hasReal(invoke):
		return nil // a function that the Mux has only the integration for
	case isResource && e.engine != nil && e.engine.Serves(resource):
		return nil
	}
	return player{e} // which says that nobody expected the call
}

// TakesIntegration implements [engine.IntegrationResolver].
func (r resolver) TakesIntegration(resource string) bool {
	e := r.env
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.expectations {
		for _, s := range e.tasks(x.machine) {
			if s.Resource.Text == resource && x.takesIntegration(s) {
				return true
			}
		}
	}
	return false
}

// usesOf returns whether a text is the Resource of some Task, and the Resource of some Task that
// invokes functions by their names; "" when there is none.
func (e *Env) usesOf(text string) (invoke string, isResource bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.tasks(nil) {
		isResource = isResource || s.Resource.Text == text
		if invokesFunction(s) {
			invoke = s.Resource.Text
		}
	}
	return invoke, isResource
}

// expected reports whether an expectation is for calls of a resource or a function.
func (e *Env) expected(resource string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.expectations {
		if x.namesResource(resource) {
			return true
		}
		for _, m := range e.machines {
			for s := range allTasks(m.machine.Graph) {
				if (s.Resource.Text == resource || invokesFunction(s) && (s.Function == "" || s.Function == resource)) && x.names(m, s) {
					return true
				}
			}
		}
	}
	return false
}

// hasReal reports whether the Mux has a handler of a resource or a function.
func (e *Env) hasReal(resource string) bool {
	return e.options.mux != nil && e.options.mux.Resolve(resource) != nil
}

// tasks returns the Task states of a machine, or of all machines for nil. e.mu is locked.
func (e *Env) tasks(only *Machine) (tasks []*asl.Task) {
	for _, m := range e.machines {
		if only == nil || only == m {
			for s := range allTasks(m.machine.Graph) {
				tasks = append(tasks, s)
			}
		}
	}
	return tasks
}

// allStates yields the states of a graph and of all graphs within.
func allStates(g *asl.Graph) iter.Seq[asl.State] {
	return func(yield func(asl.State) bool) { eachState(g, yield) }
}

func eachState(g *asl.Graph, yield func(asl.State) bool) bool {
	for s := range g.All() {
		if !yield(s) {
			return false
		}
		var within []*asl.Graph
		switch s := s.(type) {
		case *asl.Parallel:
			within = s.Branches
		case *asl.Map:
			within = []*asl.Graph{s.Processor}
		}
		for _, g := range within {
			if !eachState(g, yield) {
				return false
			}
		}
	}
	return true
}

// allTasks yields the Task states of a graph and of all graphs within.
func allTasks(g *asl.Graph) iter.Seq[*asl.Task] {
	return func(yield func(*asl.Task) bool) {
		for s := range allStates(g) {
			if t, ok := s.(*asl.Task); ok && !yield(t) {
				return
			}
		}
	}
}

// invokesFunction reports whether a Task is one of arn:aws:states:::lambda:invoke or its kin.
func invokesFunction(s *asl.Task) bool {
	action, _, _ := strings.Cut(s.Resource.Action, ".")
	return s.Resource.Service == "lambda" && action == "invoke"
}

// A call is a call of a task, as expectations see it.
type call struct {
	env     *Env
	machine *Machine
	state   *asl.Task
	task    engine.Task // of a function, whatever the engine gave
	index   int         // of the innermost Map state's iteration; -1 outside of Map states
	whole   bool        // the engine has left it to the environment to play lambda:invoke

	parameters any // all that lambda:invoke was given, when whole is set
}

// String tells the call.
func (c *call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", c.task.State)
	if c.machine != nil && c.machine != c.env.main {
		fmt.Fprintf(&b, " of %s", c.machine.name)
	}
	fmt.Fprintf(&b, " (attempt %d", c.task.Attempt)
	if c.index >= 0 {
		fmt.Fprintf(&b, ", index %d", c.index)
	}
	fmt.Fprintf(&b, ", resource %s) with %s", c.task.Resource, short(c.task.Input))
	return b.String()
}

// callOf returns the call that a task is.
func (e *Env) callOf(task engine.Task) (*call, error) {
	r := e.record(task.Execution.ARN)
	state, ok := r.machine.Find(task.State).(*asl.Task)
	if !ok {
		return nil, fmt.Errorf("enginetest: the task %s is of no state that is known", task.IdempotencyKey)
	}
	c := &call{env: e, machine: r.of, state: state, task: task, index: r.indexOf(task.IdempotencyKey)}
	if invokesFunction(state) && task.Resource == state.Resource.Text {
		c.whole, c.parameters = true, task.Input
		c.task.Resource, c.task.Input = functionOf(task.Input, state)
	}
	return c, nil
}

// functionOf returns the function that parameters of lambda:invoke name, and its Payload.
func functionOf(parameters any, s *asl.Task) (string, any) {
	o, _ := parameters.(*value.Object)
	var payload any = value.NewObject()
	if p, ok := o.Get("Payload"); ok {
		payload = p
	}
	name := s.Function
	if name == "" {
		f, _ := o.Get("FunctionName")
		name, _ = f.(string)
	}
	return name, payload
}

// A claim is a call, and the answer that it gets; nil for the real handler.
type claim struct {
	*call
	expectation *Expectation
	answer      *answer
	why         []string // the answers that would have been for it, and why they are not
}

var errOtherName = errors.New("another name")

// claim finds the answer of a call, once. Conditions of the test's are asked without a lock.
func (e *Env) claim(task engine.Task) (*claim, error) {
	e.mu.Lock()
	k, all := e.claims[task.IdempotencyKey], slices.Clone(e.expectations)
	e.mu.Unlock()
	if k != nil {
		return k, nil
	}
	c, err := e.callOf(task)
	if err != nil {
		return nil, err
	}
	why := make([]error, len(all))
	for i, x := range all {
		why[i] = x.matches(c)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	k = &claim{call: c}
	e.claims[task.IdempotencyKey] = k
	for i, x := range all {
		if why[i] == errOtherName {
			continue
		}
		if why[i] == nil {
			a := x.next()
			if a != nil && (k.answer == nil || a.times > 0) {
				k.expectation, k.answer = x, a
			}
			if a != nil && a.times > 0 {
				break // what must be called goes before what may be
			}
			why[i] = errors.New("all its answers are used up")
		}
		k.why = append(k.why, fmt.Sprintf("%s: %v", x, why[i]))
	}
	if k.answer != nil {
		k.answer.used++
	}
	return k, nil
}

// A player is the handler of every task.
type player struct{ env *Env }

// Worker names the worker that takes up the task of an activity.
func (p player) Worker(task engine.Task) string {
	k, err := p.env.claim(task)
	switch {
	case err != nil:
		return ""
	case k.answer != nil && !k.answer.real:
		return k.answer.worker
	}
	if h, ok := k.realHandler().(interface{ Worker(engine.Task) string }); ok {
		return h.Worker(k.task)
	}
	return ""
}

// Handle implements [engine.Handler].
func (p player) Handle(ctx context.Context, task engine.Task) (any, error) {
	e := p.env
	k, err := e.claim(task)
	if err != nil {
		e.t.Errorf("%v", err)
		return nil, err
	}
	defer e.runs(k)()
	var output any
	switch {
	case k.answer != nil:
		output, err = k.answer.give(ctx, k.call)
	case len(k.why) == 0 && k.realHandler() != nil:
		if k.state.Resource.Pattern == asl.WaitForTaskToken {
			e.keepToken(k.call, true)
		}
		output, err = k.real(ctx)
	case len(k.why) == 0 && k.state.Resource.Pattern == asl.WaitForTaskToken:
		e.keepToken(k.call, false) // Env.Token may ask for it
		output = value.NewObject()
	default:
		return nil, k.unexpected()
	}
	if err != nil || !k.whole || k.expectation != nil && k.expectation.takesIntegration(k.state) {
		return output, err
	}
	if output, err = convert.Of(output); err != nil {
		return nil, err
	}
	return value.NewObject(
		value.Member{Key: "ExecutedVersion", Value: "$LATEST"},
		value.Member{Key: "Payload", Value: output},
		value.Member{Key: "StatusCode", Value: int64(200)},
	), nil
}

// unexpected fails the test because of a call for which there is no answer. The error that
// it returns can't be caught by the machine.
func (k *claim) unexpected() error {
	e := k.env
	var b strings.Builder
	fmt.Fprintf(&b, "enginetest: unexpected call %s after the start: %s", e.clock.Now().Sub(e.start), k.call)
	for _, why := range k.why {
		fmt.Fprintf(&b, "\n\t%s", why)
	}
	if len(k.why) == 0 {
		fmt.Fprintf(&b, "\n\tno expectation is for it")
	}
	e.t.Errorf("%s", b.String())
	return &engine.TaskError{Name: "States.Runtime", Cause: "The test did not expect this call of " + k.task.State + "."}
}

// realHandler returns the handler that the Mux has for the call, nil when it has none.
func (c *call) realHandler() engine.Handler {
	mux := c.env.options.mux
	if mux == nil {
		return nil
	}
	if h := mux.Resolve(c.task.Resource); h != nil {
		return h
	}
	return mux.Resolve(c.state.Resource.Text)
}

// real has the call done by the Mux's handler.
func (c *call) real(ctx context.Context) (any, error) {
	mux := c.env.options.mux
	h := mux.Resolve(c.task.Resource)
	task := c.task
	if h == nil {
		if h = mux.Resolve(c.state.Resource.Text); h == nil {
			c.env.t.Errorf("enginetest: the Mux has no handler for the call of %s", c)
			return nil, &engine.TaskError{Name: "States.Runtime", Cause: "The Mux has no handler for " + c.task.Resource + "."}
		}
		if c.whole {
			c.whole = false // what the integration's handler returns is the whole result
			task.Resource, task.Input = c.state.Resource.Text, c.parameters
		}
	}
	return h.Handle(ctx, task)
}

// nameOf returns what a handler is called, for people.
func nameOf(h any) string {
	if f := reflect.ValueOf(h); f.Kind() == reflect.Func {
		return runtime.FuncForPC(f.Pointer()).Name()
	}
	return fmt.Sprintf("%T", h)
}
