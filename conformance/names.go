package conformance

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// Names returns what else a task can be called by, besides the name of its state: its
// resource; of an integration "service:action" as histories have it; and the name of the
// function or activity behind it, with the version or alias that it is called by, and without.
func (r Request) Names() []string {
	return namesOf(asl.ParseResource(r.Resource), functionIn(r.Input))
}

// Invokes reports whether the request is one of lambda:invoke for the function of a name,
// and not called by the name of the integration.
func (r Request) Invokes(name string) bool {
	resource := asl.ParseResource(r.Resource)
	return invokes(resource) && name != r.Resource && name != resource.Service+":"+resource.Action
}

// Payload returns what the function gets that the request invokes, and its name; false for a
// request that is no lambda:invoke of a function.
func (r Request) Payload() (function string, payload any, ok bool) {
	if function = functionIn(r.Input); function == "" || !invokes(asl.ParseResource(r.Resource)) {
		return "", nil, false
	}
	o, _ := r.Input.(*value.Object)
	if payload, ok = o.Get("Payload"); !ok {
		payload = value.NewObject() // documented
	}
	return function, payload, true
}

// Invocation returns the result of lambda:invoke for what a function returns.
func Invocation(result any) any {
	return value.NewObject(
		value.Member{Key: "ExecutedVersion", Value: "$LATEST"},
		value.Member{Key: "Payload", Value: result},
		value.Member{Key: "StatusCode", Value: int64(200)},
	)
}

func invokes(r asl.Resource) bool {
	action, _, _ := strings.Cut(r.Action, ".")
	return r.Service == "lambda" && action == "invoke"
}

// functionIn returns the FunctionName of the input of lambda:invoke, with its Qualifier, ""
// if it has none.
func functionIn(input any) string {
	o, _ := input.(*value.Object)
	v, _ := o.Get("FunctionName")
	name, _ := v.(string)
	v, _ = o.Get("Qualifier")
	if qualifier, _ := v.(string); qualifier != "" && name != "" {
		name += ":" + qualifier
	}
	return name
}

func namesOf(r asl.Resource, function string) []string {
	names := []string{r.Text}
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if r.Service != "" {
		add(r.Service + ":" + r.Action)
	}
	// The function of an ARN, or of lambda:invoke.
	named := invokes(r)
	if named {
		add(function)
	} else {
		function = r.Text
	}
	for _, of := range []string{":function:", ":activity:"} {
		if _, short, ok := strings.Cut(function, of); ok {
			function, named = short, true
		}
	}
	if named {
		add(function)
		unqualified, _, _ := strings.Cut(function, ":")
		add(unqualified)
	}
	return names
}

// NameTasks has the tasks of a case that name no state of its machine, but a resource or a
// function that states call, answer all of these states: their State becomes their Function. The error names
// a task of none of these, and what was probably meant.
func (c *Case) NameTasks() error {
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(c.Definition))
	if err != nil {
		return nil // the run says why it is refused
	}
	var states []string
	for s := range States(machine.Graph) {
		states = append(states, s.Name())
	}
	functions := functionsIn(machine.Graph)
	for i := range c.Tasks {
		switch t := &c.Tasks[i]; {
		case t.State == "" || slices.Contains(states, t.State):
		case slices.Contains(functions, t.State):
			t.State, t.Function = "", t.State
		default:
			return unknown("state, function or resource", t.State, append(states, functions...))
		}
	}
	return c.CheckStates()
}

// CheckStates returns an error for a task of a state, or of a function, that the machine does
// not have, with the name that was probably meant. A definition that is refused has no states
// to check; the run says why it is refused.
func (c *Case) CheckStates() error {
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(c.Definition))
	if err != nil {
		return nil
	}
	var names, functions []string
	for s := range States(machine.Graph) {
		names = append(names, s.Name())
	}
	for _, t := range c.Tasks {
		switch {
		case t.Function == "" && slices.Contains(names, t.State):
		case t.Function == "":
			return unknown("state", t.State, names)
		case functions == nil:
			functions = functionsIn(machine.Graph)
			fallthrough
		default:
			// A function may be named by the input alone.
			if !slices.Contains(functions, t.Function) && !strings.Contains(c.Definition, "FunctionName.$") {
				return unknown("resource or function", t.Function, functions)
			}
		}
	}
	return nil
}

func unknown(what, name string, names []string) error {
	if nearest := asl.Nearest(name, names); nearest != "" {
		return fmt.Errorf("there is no %s %q; did you mean %q?", what, name, nearest)
	}
	return fmt.Errorf("there is no %s %q", what, name)
}

// functionsIn returns what the tasks of a graph can be called by, besides their states.
func functionsIn(g *asl.Graph) (names []string) {
	for s := range States(g) {
		if task, ok := s.(*asl.Task); ok {
			names = append(names, namesOf(task.Resource, task.Function)...)
		}
	}
	return names
}

// States yields all states of a graph, at any depth, each before those within it.
func States(g *asl.Graph) iter.Seq[asl.State] {
	return func(yield func(asl.State) bool) { statesIn(g, yield) }
}

func statesIn(g *asl.Graph, yield func(asl.State) bool) bool {
	for s := range g.All() {
		if !yield(s) {
			return false
		}
		switch s := s.(type) {
		case *asl.Parallel:
			for _, branch := range s.Branches {
				if !statesIn(branch, yield) {
					return false
				}
			}
		case *asl.Map:
			if !statesIn(s.Processor, yield) {
				return false
			}
		}
	}
	return true
}
