package engine

import (
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// invokesFunction reports whether a resource is arn:aws:states:::lambda:invoke or
// one of its kin, whose handler is that of the function in its FunctionName.
func invokesFunction(r *asl.Resource) bool {
	if r.Kind != asl.Integration || r.Service != "lambda" {
		return false
	}
	action, _, _ := strings.Cut(r.Action, ".")
	return action == "invoke"
}

// assign finds the handler of a call, and what it is to be given. Where there is no
// handler, assign returns the answer that the task gets instead. No lock is held, because
// the Resolver is the user's.
func (e *Engine) assign(c *call) (missing *arrival) {
	if c.handler = e.mockOf(c); c.handler != nil {
		return nil
	}
	task := Task{Resource: c.resource, State: c.state().Name(), Input: c.input}
	a, failure := assignmentOf(e.config.Resolver, &c.state().Resource, c.state().Function, &task)
	c.handler, c.wrapped, c.lacks = a.handler, a.wrapped, a.lacks
	if a.wrapped { // workers read what else there is
		c.resource, c.input = task.Resource, task.Input
	}
	if failure != nil {
		return c.unresolved(*failure)
	}
	return nil
}

// An assignment is who does a task.
type assignment struct {
	handler Handler // nil for nobody
	wrapped bool    // the answer is to be wrapped as lambda:invoke does
	lacks   bool    // there is no handler of a resource that the definition names
}

// assignmentOf finds the handler of a task, and changes the task to what that is given. The
// failure is what the task comes to where there is no handler.
func assignmentOf(r Resolver, resource *asl.Resource, function string, task *Task) (a assignment, missing *states.Failure) {
	fail := func(name, cause string) (assignment, *states.Failure) {
		f := states.Fail(name, cause)
		return a, &f
	}
	if !invokesFunction(resource) || takesIntegration(r, resource.Text) {
		if a.handler = r.Resolve(task.Resource); a.handler == nil {
			a.lacks = true
			return fail("States.TaskFailed", resourceError(r, task.State, task.Resource).Error())
		}
		return a, nil
	}
	parameters, _ := task.Input.(*value.Object)
	name := functionIn(parameters)
	if name != "" {
		a.handler = r.Resolve(name)
	}
	if a.handler == nil {
		a.handler = r.Resolve(resource.Text) // it is given the parameters as they are
	} else {
		a.wrapped = true
		task.Resource = name
		// Documented: a function that is invoked without a Payload gets {}.
		task.Input = value.NewObject()
		if payload, ok := parameters.Get("Payload"); ok {
			task.Input = payload
		}
	}
	switch {
	case a.handler != nil:
		return a, nil
	case name == "":
		return fail("States.Runtime", "The parameters of "+resource.Text+" lack the FunctionName.")
	}
	a.lacks = function != "" // else it was the input that named it
	// The error name is AWS's, the text is ours.
	return fail("Lambda.ResourceNotFoundException", resourceError(r, task.State, name).Error())
}

// takesIntegration reports whether a resolver has a handler for lambda:invoke that goes
// before those of functions.
func takesIntegration(r Resolver, resource string) bool {
	i, ok := r.(IntegrationResolver)
	return ok && i.TakesIntegration(resource)
}

// functionIn returns the function that the parameters of lambda:invoke name, with
// its qualifier; empty when they name none.
func functionIn(parameters *value.Object) string {
	function, _ := parameters.Get("FunctionName")
	name, _ := function.(string)
	qualifier, _ := parameters.Get("Qualifier")
	if q, _ := qualifier.(string); q != "" && name != "" {
		name += ":" + q
	}
	return name
}

// unresolved is the answer of a task that has no handler.
func (c *call) unresolved(failure states.Failure) *arrival {
	return &arrival{kind: erred, id: c.id, failure: failure}
}

// invocation wraps a function's answer as lambda:invoke does. What AWS adds about
// the HTTP exchange has no counterpart within a process and is left out, save for
// the status.
func invocation(payload any) any {
	return value.NewObject(
		value.Member{Key: "ExecutedVersion", Value: "$LATEST"},
		value.Member{Key: "Payload", Value: payload},
		value.Member{Key: "StatusCode", Value: int64(200)},
	)
}

// functionName returns the bare name in a Lambda function's ARN, full or partial
// (123456789012:function:ship), or in a name with a qualifier (ship:live), and
// whether there is a qualifier. It is empty for any other text, also a bare name.
func functionName(resource string) (name string, qualified bool) {
	if _, after, ok := strings.Cut(resource, ":function:"); ok {
		if strings.HasPrefix(resource, "arn:") && !strings.Contains(resource, ":lambda:") {
			return "", false
		}
		name, _, qualified = strings.Cut(after, ":")
		return name, qualified
	}
	if _, after, ok := strings.Cut(resource, ":activity:"); ok && strings.HasPrefix(resource, "arn:") {
		return after, false
	}
	name, qualifier, ok := strings.Cut(resource, ":")
	if !ok || !isQualifier(qualifier) {
		return "", false
	}
	return name, true
}

// isQualifier reports whether a text may be the version or alias of a function.
func isQualifier(text string) bool {
	for _, r := range strings.TrimPrefix(text, "$") {
		if r != '-' && r != '_' && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return false
		}
	}
	return text != ""
}
