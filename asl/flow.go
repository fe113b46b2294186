package asl

import (
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/gostates/gostates/jsonpath"
)

// A Scope is what the fields of a state see when they are evaluated, in either query
// language.
type Scope interface {
	jsonpath.Scope
	// Queries returns what expressions in JSONata see. context says that they may read
	// $states.context.
	Queries(context bool) jsonata.Environment
}

// A Value is a field that is evaluated: a path or a Payload Template in JSONPath, or JSON
// with expressions of JSONata in it. It is immutable and safe for use by any number of
// goroutines.
type Value interface {
	// Eval evaluates the field. input is what "$" means in JSONPath; expressions in
	// JSONata see $states instead. The error of those is a *[QueryError], that of others
	// is one of package jsonpath.
	Eval(input any, s Scope) (any, error)
}

// A Flow is the fields that move JSON through a state, in the order they apply, whatever
// the state's query language. A nil field is absent and changes nothing.
// Implements the chapter "Input and Output Processing".
type Flow struct {
	// InputPath selects from the raw input what all other fields see as the input, but
	// for ResultPath.
	InputPath Value
	// Arguments are what a task or the branches of a Parallel state are given, or the
	// result of a Pass state: the field of this name or, in JSONPath, Parameters.
	Arguments Value
	// ResultSelector shapes the raw result.
	ResultSelector Value
	// ResultPath puts the result into the raw input; nil replaces the input,
	// jsonpath.Discard drops the result.
	ResultPath *jsonpath.ReferencePath
	// Output makes the state's output: the field of this name or, in JSONPath, OutputPath,
	// which selects from what has come of it so far.
	Output Value
	// Assign sets variables. In JSONPath "$" is the result that ResultSelector has shaped.
	Assign Value
}

// A pathValue is a path as a Value.
type pathValue struct{ path *jsonpath.Path }

func (v pathValue) Eval(input any, s Scope) (any, error) { return v.path.Eval(input, s) }

func (v pathValue) String() string { return v.path.String() }

// A templateValue is a Payload Template as a Value.
type templateValue struct{ template *jsonpath.Template }

func (v templateValue) Eval(input any, s Scope) (any, error) { return v.template.Eval(input, s) }

// A payload is JSON with JSONata expressions for some of its strings: Arguments, Output,
// Assign and the like. One without expressions is returned as it is. What the Budget has
// for a result, all expressions have together.
type payload struct {
	root    value.Template[jsonata.Environment]
	context bool
	queries int // expressions in it
}

func (p *payload) Eval(_ any, s Scope) (any, error) {
	env := s.Queries(p.context)
	if p.queries > 1 && env.Budget.Result > 0 {
		total := env.Budget.Result
		env.Total = &total
	}
	return p.root.Eval(env)
}

// query returns the expression that the whole payload is, nil when it is JSON with or
// without expressions inside, or nil itself.
func (p *payload) query() *Query {
	if p == nil {
		return nil
	}
	q, _ := p.root.(*Query)
	return q
}

// valueOfPath returns a path as a Value, nil for none.
func valueOfPath(p *jsonpath.Path) Value {
	if p == nil {
		return nil
	}
	return pathValue{p}
}

// valueOfTemplate returns a Payload Template as a Value, nil for none.
func valueOfTemplate(t *jsonpath.Template) Value {
	if t == nil {
		return nil
	}
	return templateValue{t}
}
