// Package gen writes Go for a state machine: an interface with a method for each resource
// that its tasks call, and a function that registers what implements it with an engine.Mux.
// A program that lacks a handler then does not compile, and a handler that no task calls any
// more is found in the same way.
//
//	source, err := gen.Tasks(machine, gen.Options{Package: "orders"})
//
// Where things stand:
//
//	what is written        gen.go
//	names of methods       name.go
//	types of inputs        input.go
package gen

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// Options say what is written.
type Options struct {
	// Package is the name of the package; "" is "tasks".
	Package string
	// Type is the name of the interface; "" is "Tasks". The function that registers is called
	// Register, followed by any other name: "RegisterOrders".
	Type string
	// Source says in comments where the definition is from, such as "order.asl.json". It may
	// be empty.
	Source string
}

// ErrNoTasks is returned for a machine without a task that needs a handler.
var ErrNoTasks = errors.New("gen: no task of the machine needs a handler")

// A call is a resource with the tasks that call it.
type call struct {
	resource string // as a Mux knows it
	method   string
	states   []string
	texts    []string // the Resource fields, where those say more
	token    bool     // the answer comes by Task Token
	input    string   // a Go type
	typed    string   // its declaration, "" for none
}

// Tasks returns the source of a Go file, in the form that gofmt gives it. The methods are
// in the order in which the definition first names their resources.
//
// The input of a method is a struct when all tasks that call it have Parameters, or Arguments, or
// a Payload of a function, whose fields the definition spells out alike; else it is a
// json.RawMessage. Fields whose values an execution computes are json.RawMessage, unless
// their type is certain. The answer is any Go value that can be written as JSON.
//
// Tasks that the engine does itself, nested executions, and HTTP tasks, for which there is
// package httptask, have no method.
//
// The error is about Options that are no names in Go, or [ErrNoTasks].
func Tasks(m *asl.StateMachine, o Options) ([]byte, error) {
	if o.Package == "" {
		o.Package = "tasks"
	}
	if o.Type == "" {
		o.Type = "Tasks"
	}
	if !token.IsIdentifier(o.Package) || o.Package == "_" {
		return nil, fmt.Errorf("gen: %q is no name of a package", o.Package)
	}
	if !token.IsIdentifier(o.Type) || !token.IsExported(o.Type) {
		return nil, fmt.Errorf("gen: %q is no exported name of a type", o.Type)
	}
	calls := callsOf(m)
	if len(calls) == 0 {
		return nil, ErrNoTasks
	}
	name(calls, o)
	return write(calls, o)
}

// callsOf gathers the resources of a machine.
func callsOf(m *asl.StateMachine) []*call {
	definition, _ := value.Parse(m.Definition()) // it has been read before
	var calls []*call
	known := make(map[string]*call)
	for _, t := range tasks(m.Graph, nil) {
		resource := resourceOf(t)
		if resource == "" {
			continue
		}
		c := known[resource]
		state := at(definition, t.Pointer())
		input := inputOf(t, state)
		if c == nil {
			c = &call{resource: resource, input: input}
			known[resource] = c
			calls = append(calls, c)
		}
		if c.input != input {
			c.input = raw
		}
		c.states = append(c.states, t.Name())
		if text := t.Resource.Text; text != resource && !slices.Contains(c.texts, text) {
			c.texts = append(c.texts, text)
		}
		c.token = c.token || t.Resource.Pattern == asl.WaitForTaskToken
	}
	return calls
}

// at returns the value that a pointer leads to, nil when it leads nowhere.
func at(v any, pointer string) any {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch inside := v.(type) {
		case *value.Object:
			v, _ = inside.Get(value.UnescapePointer(step))
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inside) {
				return nil
			}
			v = inside[i]
		default:
			return nil
		}
	}
	return v
}

// tasks returns the tasks of a graph and of those inside it, in the order of the text.
func tasks(g *asl.Graph, list []*asl.Task) []*asl.Task {
	for s := range g.All() {
		switch s := s.(type) {
		case *asl.Task:
			list = append(list, s)
		case *asl.Parallel:
			for _, b := range s.Branches {
				list = tasks(b, list)
			}
		case *asl.Map:
			list = tasks(s.Processor, list)
		}
	}
	return list
}

// resourceOf returns the name under which a Mux knows a task's handler, "" for a task that
// needs none.
func resourceOf(t *asl.Task) string {
	r := t.Resource
	switch {
	case r.Service == "states" && strings.HasPrefix(r.Action, "startExecution"), r.Service == "http":
		return ""
	case r.Kind == asl.LambdaFunction, r.Kind == asl.Activity:
		return bare(r.Text)
	case t.Function != "":
		return bare(t.Function)
	}
	return r.Text
}

// bare takes the name of a function or an activity out of its ARN, and leaves its qualifier
// out.
func bare(text string) string {
	for _, kind := range []string{":function:", ":activity:"} {
		if _, after, ok := strings.Cut(text, kind); ok {
			text = after
		}
	}
	name, _, _ := strings.Cut(text, ":")
	return name
}

// write writes the file.
func write(calls []*call, o Options) ([]byte, error) {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	from := o.Source
	if from == "" {
		from = "a state machine"
	}
	from = comment(from)
	line("// Code generated by gostates gen from %s; DO NOT EDIT.\n", from)
	line("package %s\n\nimport (\n\"context\"", o.Package)
	if slices.ContainsFunc(calls, func(c *call) bool { return strings.Contains(c.input+c.typed, raw) }) {
		line("\"encoding/json\"")
	}
	line("\n\"github.com/gostates/gostates/engine\"\n)\n")
	line("// %s does the work of the tasks of %s: a method for each resource that they\n// call. Several goroutines may call a method at a time. An answer is any value that\n// encoding/json can marshal; JSON text must be a json.RawMessage.", o.Type, from)
	line("type %s interface {", o.Type)
	for i, c := range calls {
		if i > 0 {
			line("")
		}
		line("// %s does %s.", c.method, c.what())
		for _, text := range c.texts {
			line("// The Resource is %s.", comment(text))
		}
		if c.token {
			line("// Whoever has the Task Token of the input gives the task's result, and not the answer.")
		}
		line("%s(ctx context.Context, input %s) (any, error)", c.method, c.input)
	}
	line("}\n")
	for _, c := range calls {
		if c.typed != "" {
			line("// %s is what %s is given.", c.input, c.method)
			line("type %s %s\n", c.input, c.typed)
		}
	}
	line("// %s has a Mux give the tasks of %s to t.", register(o), from)
	line("func %s(mux *engine.Mux, t %s) {", register(o), o.Type)
	for _, c := range calls {
		line("mux.Handle(%s, engine.Func(t.%s))", strconv.Quote(c.resource), c.method)
	}
	line("}")
	return format.Source(b.Bytes())
}

// register is the name of the function that registers.
func register(o Options) string {
	if o.Type == "Tasks" {
		return "Register"
	}
	return "Register" + o.Type
}

// what says which tasks a method does.
func (c *call) what() string {
	names := make([]string, len(c.states))
	for i, name := range c.states {
		names[i] = strconv.Quote(name)
	}
	switch n := len(names); {
	case n == 1:
		return "the task of the state " + names[0]
	case n > 6:
		return fmt.Sprintf("the tasks of %d states, %s and others", n, strings.Join(names[:3], ", "))
	default:
		return "the tasks of the states " + strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}

// comment puts a text on one line of a comment.
func comment(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
