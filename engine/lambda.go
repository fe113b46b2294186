package engine

import (
	"strconv"
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

// assign finds the handler of a call, and what it is to be given.
func (e *Engine) assign(c *call, task *asl.Task) {
	r := e.config.Resolver
	if !invokesFunction(&task.Resource) {
		if c.handler = resolve(r, c.task.Resource); c.handler == nil {
			c.missing = c.unresolved(states.Fail("States.TaskFailed", resourceError(r, c.task.State, c.task.Resource).Error()))
		}
		return
	}
	if c.handler = r.Resolve(task.Resource.Text); c.handler != nil {
		return // one for the integration itself, which is given all of its parameters
	}
	parameters, _ := c.task.Input.(*value.Object)
	function, _ := parameters.Get("FunctionName")
	name, ok := function.(string)
	if !ok {
		c.missing = c.unresolved(states.Fail("States.Runtime", "The parameters of "+task.Resource.Text+" lack the FunctionName."))
		return
	}
	if qualifier, ok := parameters.Get("Qualifier"); ok {
		if q, ok := qualifier.(string); ok && q != "" {
			name += ":" + q
		}
	}
	if c.handler = resolve(r, name); c.handler == nil {
		// Measured on AWS for a function that doesn't exist: the error name. The
		// text is ours.
		c.missing = c.unresolved(states.Fail("Lambda.ResourceNotFoundException", resourceError(r, c.task.State, name).Error()))
		return
	}
	c.wrapped = true
	c.task.Resource = name
	payload, ok := parameters.Get("Payload")
	if !ok {
		payload = value.NewObject() // documented: a function invoked without one gets {}
	}
	c.task.Input = payload
}

// unresolved is the answer of a task that has no handler.
func (c *call) unresolved(failure states.Failure) *happening {
	return &happening{kind: erred, id: c.id, failure: failure}
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

// resolve finds the handler of a resource. A name of a Lambda function is tried as
// written, then without its qualifier, then without the ARN around it.
func resolve(r Resolver, resource string) Handler {
	if h := r.Resolve(resource); h != nil {
		return h
	}
	name, qualified := functionName(resource)
	if name == "" {
		return nil
	}
	if qualified {
		if h := r.Resolve(resource[:strings.LastIndexByte(resource, ':')]); h != nil {
			return h
		}
	}
	return r.Resolve(name)
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
	if !ok || strings.Contains(qualifier, ":") {
		return "", false
	}
	return name, true
}

// at returns what an RFC 6901 pointer leads to, nil when it leads nowhere.
func at(v any, pointer string) any {
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch holder := v.(type) {
		case *value.Object:
			v, _ = holder.Get(step)
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(holder) {
				return nil
			}
			v = holder[i]
		default:
			return nil
		}
	}
	return v
}
