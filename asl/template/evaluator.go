package template

import (
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// maxSteps is how many functions an evaluator calls for one state machine. It is more than any
// template that CloudFormation takes (1 MB) has; aliases in YAML can make more of them.
const maxSteps = 200_000

// An evaluator finds the values of a template's functions for one state machine.
type evaluator struct {
	*document
	set         map[string]string
	assumptions []Assumption
	assumed     map[string]bool // by name
	steps       int
	depth       int
	// variables are what Fn::Sub gives names for the while.
	variables []map[string]*node
}

// An Assumption is a value that stands for one that can't be known.
type Assumption struct {
	// Name is what [Reader.Set] calls the value: "ChargeFunction.Arn", "AWS::Region", the
	// name of a parameter, or what stands in ${...}.
	Name string
	// Value is what stands for it.
	Value string
	// File, Line and Column are the first place that has the value, counted from 1.
	File         string
	Line, Column int

	source *source
	at     int
}

// assume returns a value by its name: what the user has set, else the one given, which is
// then noted.
func (e *evaluator) assume(name, plausible string, at int) text {
	if s, ok := e.set[name]; ok {
		return textAt(s, at)
	}
	if !e.assumed[name] {
		if e.assumed == nil {
			e.assumed = make(map[string]bool)
		}
		e.assumed[name] = true
		p := e.file.position(at)
		e.assumptions = append(e.assumptions, Assumption{
			Name: name, Value: plausible, File: e.file.name, Line: p.Line, Column: p.Column, source: e.file, at: at,
		})
	}
	return textAt(plausible, at)
}

// guess assumes a value of which only the name is known.
func (e *evaluator) guess(name string, at int) text {
	return e.assume(name, asl.Substitution{Name: name, Quoted: true, Whole: true}.Plausible(), at)
}

// enter counts a step, and one more level of nesting, which leave takes back.
func (e *evaluator) enter(n *node) error {
	if e.steps++; e.steps > maxSteps {
		return mistakeAt(n.at, "the template takes too long to evaluate")
	}
	if e.depth++; e.depth > value.MaxDepth {
		return mistakeAt(n.at, "this refers to itself, or is nested more than %d deep", value.MaxDepth)
	}
	return nil
}

func (e *evaluator) leave() { e.depth-- }

// made counts steps for a result of so many bytes.
func (e *evaluator) made(call *node, bytes int) error {
	if e.steps += bytes / 64; e.steps > maxSteps {
		return mistakeAt(call.at, "the template takes too long to evaluate")
	}
	return nil
}

// functions evaluates a function's argument. The node is the call itself.
var functions map[string]func(e *evaluator, call, argument *node) (*node, error)

func init() {
	functions = map[string]func(e *evaluator, call, argument *node) (*node, error){
		"Ref":              (*evaluator).ref,
		"Fn::GetAtt":       (*evaluator).getAtt,
		"Fn::Sub":          (*evaluator).sub,
		"Fn::Join":         (*evaluator).join,
		"Fn::Select":       (*evaluator).selectItem,
		"Fn::Split":        (*evaluator).split,
		"Fn::If":           (*evaluator).ifElse,
		"Fn::FindInMap":    (*evaluator).findInMap,
		"Fn::Base64":       (*evaluator).base64,
		"Fn::GetAZs":       (*evaluator).zones,
		"Fn::Cidr":         (*evaluator).cidr,
		"Fn::ImportValue":  (*evaluator).importValue,
		"Fn::Length":       (*evaluator).length,
		"Fn::ToJsonString": (*evaluator).toJSON,
	}
}

// call returns the name and the argument of a function's call, "" for all else.
func call(n *node) (name string, argument *node) {
	if n == nil || n.kind != mapKind || len(n.members) != 1 {
		return "", nil
	}
	name = n.members[0].key.text.string
	if name == "Ref" || strings.HasPrefix(name, "Fn::") {
		return name, n.members[0].value
	}
	return "", nil
}

// eval returns the value of a node: of a function's call its result, of all else the node
// itself, with the calls in it. It is nil for AWS::NoValue.
func (e *evaluator) eval(n *node) (*node, error) {
	name, argument := call(n)
	if name == "" {
		return n, nil
	}
	if err := e.enter(n); err != nil {
		return nil, err
	}
	defer e.leave()
	if f, ok := functions[name]; ok {
		return f(e, n, argument)
	}
	if name == "Fn::Transform" {
		return result(n, e.guess(transformName(argument), n.at)), nil
	}
	return nil, mistakeAt(n.at, "the function %s is not known", name)
}

// transformName returns the name of what transforms a part of a template: AWS::Include, or a
// macro.
func transformName(argument *node) string {
	if name := argument.get("Name").written(); name != "" {
		return name
	}
	return "Fn::Transform"
}

// str evaluates a node to a text, "" for AWS::NoValue.
func (e *evaluator) str(n *node) (text, error) {
	v, err := e.eval(n)
	switch {
	case err != nil || v == nil:
		return text{}, err
	case !v.scalar():
		return text{}, mistakeAt(v.at, "a text must stand here")
	}
	return v.text, nil
}

// list evaluates a node to a list, of which the elements are not evaluated.
func (e *evaluator) list(n *node) ([]*node, error) {
	v, err := e.eval(n)
	switch {
	case err != nil || v == nil:
		return nil, err
	case v.kind != listKind:
		return nil, mistakeAt(v.at, "a list must stand here")
	}
	return v.items, nil
}

// arguments returns the elements of a function's argument, a list of so many.
func arguments(call, argument *node, least, most int) ([]*node, error) {
	if argument.kind != listKind || len(argument.items) < least || len(argument.items) > most {
		return nil, mistakeAt(call.at, "%s takes a list of %d values", call.members[0].key.text.string, least)
	}
	return argument.items, nil
}

// result makes a node of a text.
func result(call *node, t text) *node { return &node{kind: stringKind, at: call.at, text: t} }

// results makes a list of texts that stand for a call.
func results(call *node, all ...string) *node {
	list := &node{kind: listKind, at: call.at}
	for _, s := range all {
		list.items = append(list.items, result(call, textAt(s, call.at)))
	}
	return list
}
