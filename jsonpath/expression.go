package jsonpath

import (
	"iter"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// maxCalls is how deep Intrinsic Functions may be nested, as AWS documents.
const maxCalls = 10

// An Expression is a Path or a call of an Intrinsic Function: what a template's
// field "x.$", ErrorPath and CausePath hold. It is immutable and safe for
// concurrent use.
//
// Intrinsic Functions chapter: https://states-language.net/#intrinsic-functions
type Expression struct {
	text      string
	path      *Path // nil for a call
	call      *invocation
	variables []string
	warnings  []string
}

// CompileExpression compiles a Path, when the text begins with "$", or else an
// Intrinsic Function. The name of the function, the number of its arguments and
// the escapes in its strings are checked here; what the arguments are is checked
// when the function runs. The error is a *[SyntaxError].
func CompileExpression(text string) (*Expression, error) {
	if strings.HasPrefix(text, "$") {
		path, err := Compile(text)
		if err != nil {
			return nil, err
		}
		e := &Expression{text: text, path: path}
		if path.root == Variable {
			e.variables = []string{path.variable}
		}
		return e, nil
	}
	p := parser{text: text, end: len(text)}
	c := compilation{parser: &p}
	call, err := c.call(1)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < p.end {
		return nil, p.unexpected("after the function")
	}
	return &Expression{text: text, call: call, variables: c.variables, warnings: c.warnings}, nil
}

// Path is the expression's path, nil when it is a call.
func (e *Expression) Path() *Path { return e.path }

// Function is the name of the function that the expression calls, "" when it is a
// path.
func (e *Expression) Function() string {
	if e.call == nil {
		return ""
	}
	return e.call.function.name
}

// String is the expression as it was written.
func (e *Expression) String() string { return e.text }

// Variables ranges over the names of the variables that the expression refers
// to, each once, in the order of their first use.
func (e *Expression) Variables() iter.Seq[string] { return each(e.variables) }

// Warnings gives what can be seen in the expression that AWS may not run as it is
// meant, a sentence each: a number that is written out and not in a function's
// documented range.
func (e *Expression) Warnings() []string { return e.warnings }

func each(names []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range names {
			if !yield(name) {
				return
			}
		}
	}
}

// Eval evaluates the expression. A path that leads nowhere, be it the expression
// or an argument, is a *[NotFoundError] or [ErrNullInput]; a function that fails is an
// *[IntrinsicError].
func (e *Expression) Eval(input any, s Scope) (any, error) {
	if e.path != nil {
		return e.path.Eval(input, s)
	}
	return e.call.eval(&environment{input: input, scope: s})
}

// EvalField does what Eval does for the field of a state that holds the expression.
// Its error is a *[FieldError].
func (e *Expression) EvalField(field string, input any, s Scope) (any, error) {
	v, err := e.Eval(input, s)
	if err != nil {
		return nil, e.failed(field, &environment{input: input, scope: s}, err)
	}
	return v, nil
}

func (e *Expression) failed(field string, env *environment, err error) *FieldError {
	searched := env.input
	if e.path != nil && e.path.root == Context && env.scope != nil {
		searched = env.scope.Context()
	}
	return &FieldError{Field: field, Expression: e.text, Input: searched, Err: err}
}

// An environment is what one evaluation sees.
type environment struct {
	input any
	scope Scope
	made  int // bytes of text that functions have made
}

// maxMade is how many bytes of text the functions of one expression, or one template, read or
// make in all. AWS has no documented bound: this one, 32 times a payload, is a guess.
const maxMade = 8 << 20

// make pays for text before a function makes it.
func (env *environment) make(bytes int) (problem string) {
	if env.made += bytes; env.made > maxMade {
		return "the functions of one template would make more than " + strconv.Itoa(maxMade) + " bytes of text"
	}
	return ""
}

func (env *environment) path(p *Path) (any, error) { return p.Eval(env.input, env.scope) }

// An argument is a path, a value or a nested call. The set of kinds is closed.
type argument interface {
	eval(env *environment) (any, error)
}

type pathArgument struct{ path *Path }

func (a pathArgument) eval(env *environment) (any, error) { return env.path(a.path) }

// A constant is a string, number, boolean or null written out in the call.
type constant struct {
	v   any
	raw string // a string with its escapes, for States.Format
}

func (a constant) eval(*environment) (any, error) { return a.v, nil }

// An invocation is a compiled call.
type invocation struct {
	function  *intrinsic
	arguments []argument
	format    *format // the template of States.Format, where it is written out
	warning   string  // see Expression.Warnings
}

func (c *invocation) eval(env *environment) (any, error) {
	values := make([]any, len(c.arguments))
	for i, a := range c.arguments {
		v, err := a.eval(env)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	v, problem := c.function.apply(env, c, values)
	if problem != "" {
		return nil, &IntrinsicError{Function: c.function.name, Message: problem}
	}
	return v, nil
}

// A compilation reads one call with everything inside it.
type compilation struct {
	*parser
	variables []string
	warnings  []string
}

func (c *compilation) call(depth int) (*invocation, error) {
	start := c.at
	for c.at < c.end && isNameByte(c.text[c.at]) {
		c.at++
	}
	name := c.text[start:c.at]
	if name == "" || c.peek() != '(' {
		return nil, c.failAt(start, "neither a path, which begins with '$', nor a call of an Intrinsic Function")
	}
	function, ok := intrinsics[name]
	if !ok {
		return nil, c.failAt(start, "there is no Intrinsic Function "+name)
	}
	if depth > maxCalls {
		return nil, c.failAt(start, "Intrinsic Functions are nested deeper than "+strconv.Itoa(maxCalls))
	}
	c.at++
	out := &invocation{function: function}
	for c.space(); !c.accept(')'); c.space() {
		if len(out.arguments) > 0 {
			if !c.accept(',') {
				return nil, c.unexpected("where ',' or ')' should follow an argument")
			}
			c.space()
		}
		a, err := c.argument(depth)
		if err != nil {
			return nil, err
		}
		out.arguments = append(out.arguments, a)
	}
	if problem := function.check(out); problem != "" {
		return nil, c.failAt(start, problem)
	}
	if out.warning != "" {
		c.warnings = append(c.warnings, out.warning)
	}
	return out, nil
}

func isNameByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_'
}

func (c *compilation) argument(depth int) (argument, error) {
	switch b := c.peek(); {
	case b == '$':
		path, err := c.path(inCall)
		if err != nil {
			return nil, err
		}
		if path.root == Variable {
			c.mention(path.variable)
		}
		return pathArgument{path}, nil
	case b == '\'':
		return c.str()
	case b == '-' || '0' <= b && b <= '9':
		return c.word()
	case isNameByte(b):
		start := c.at
		for c.at < c.end && isNameByte(c.text[c.at]) {
			c.at++
		}
		called := c.peek() == '('
		c.at = start
		if called {
			return c.call(depth + 1)
		}
		return c.word()
	}
	return nil, c.unexpected("where an argument should stand: a path, a number, null, a 'string' or a function")
}

func (c *compilation) mention(name string) {
	for _, known := range c.variables {
		if known == name {
			return
		}
	}
	c.variables = append(c.variables, name)
}

// word reads a number, null, true or false. The specification's grammar has no
// booleans, but States.JsonMerge takes one.
func (c *compilation) word() (argument, error) {
	start := c.at
	for c.at < c.end && (isNameByte(c.text[c.at]) || c.text[c.at] == '-' || c.text[c.at] == '+') {
		c.at++
	}
	v, ok := wordValue(c.text[start:c.at])
	if !ok {
		return nil, c.failAt(start, strconv.Quote(c.text[start:c.at])+" is no argument")
	}
	return constant{v: v}, nil
}

// wordValue gives the value of true, false, null or a number.
func wordValue(word string) (any, bool) {
	v, err := value.Parse(word)
	if err != nil {
		return nil, false
	}
	switch v.(type) {
	case string, []any, *value.Object:
		return nil, false
	}
	return v, true
}

// str reads a string in apostrophes. A backslash escapes ' { } and \ and nothing
// else (measured: AWS refuses a definition with \").
func (c *compilation) str() (argument, error) {
	start := c.at
	c.at++
	var b strings.Builder
	for c.at < c.end {
		switch ch := c.text[c.at]; ch {
		case '\'':
			raw := c.text[start+1 : c.at]
			c.at++
			return constant{v: b.String(), raw: raw}, nil
		case '\\':
			if c.at+1 >= c.end || strings.IndexByte(`'{}\`, c.text[c.at+1]) < 0 {
				return nil, c.fail(`after '\' in a string stands one of '{}\`)
			}
			b.WriteByte(c.text[c.at+1])
			c.at += 2
		default:
			b.WriteByte(ch)
			c.at++
		}
	}
	return nil, c.failAt(start, "the string that begins here does not end")
}

// typeError is the message of an argument that is of the wrong type.
func typeError(position int, v any, wanted string) string {
	return "argument " + strconv.Itoa(position+1) + " must be " + wanted + ", not " + describe(v)
}

func describe(v any) string {
	text := value.String(v)
	if len(text) > 100 {
		return "a value of type " + value.TypeName(v)
	}
	return text
}
