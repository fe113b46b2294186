package asl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
)

// queryLanguage is the JSONata of the States Language.
var queryLanguage = jsonata.Language{AWS: true}

// IsQuery reports whether a string of a JSONata state is an expression {% ... %}. Measured
// on AWS: white space around the braces makes it an ordinary string.
func IsQuery(text string) bool {
	return len(text) >= len("{%%}") && strings.HasPrefix(text, "{%") && strings.HasSuffix(text, "%}")
}

// CompileQuery compiles an expression, given without its braces, in the JSONata that AWS
// has. The error is a *[jsonata.Error].
func CompileQuery(text string) (*jsonata.Expr, error) { return queryLanguage.Compile(text) }

// A Query is a JSONata expression, which the definition has as a string {% ... %}.
// It is immutable and safe for use by any number of goroutines.
// Implements the chapter "JSONata".
type Query struct {
	expr    *jsonata.Expr
	text    string
	field   *fieldPath
	context bool
	// unusable says why the expression cannot be evaluated; see unsubstituted.
	unusable error
}

// A fieldPath is the way from a state to a value in it. Values that stand together
// share it up to there, which keeps a deep definition from taking much memory.
type fieldPath struct {
	outer *fieldPath
	key   string
	index int // in an array; -1 in an object
}

// String gives the path as AWS does, as in "Choices[1]/Output/names[0]" (measured for
// fields, reported as measured for the indexes).
func (p *fieldPath) String() string {
	var way []*fieldPath
	for ; p != nil; p = p.outer {
		way = append(way, p)
	}
	var b strings.Builder
	for i, step := range slices.Backward(way) {
		switch {
		case step.index >= 0:
			b.WriteString("[" + strconv.Itoa(step.index) + "]")
		case i == len(way)-1:
			b.WriteString(step.key)
		default:
			b.WriteString("/" + step.key)
		}
	}
	return b.String()
}

// newQuery compiles the expression inside a string for which IsQuery holds. The error
// is a *jsonata.Error, whose Position counts from the end of the opening braces.
func newQuery(text string, field *fieldPath) (*Query, error) {
	inside := text[len("{%") : len(text)-len("%}")]
	expr, err := queryLanguage.Compile(inside)
	if err != nil {
		return nil, err
	}
	q := &Query{expr: expr, text: strings.TrimSpace(inside), field: field}
	for r := range expr.References() {
		if r.Variable && r.Name == "states" && (len(r.Fields) == 0 || r.Fields[0] == "context") {
			q.context = true
		}
	}
	return q, nil
}

// String returns the expression, without the braces.
func (q *Query) String() string { return q.text }

// Field returns the place of the expression in its state, such as
// "Arguments/FunctionName".
func (q *Query) Field() string { return q.field.String() }

// UsesContext reports whether the expression may read $states.context.
func (q *Query) UsesContext() bool { return q.context }

// Eval evaluates the expression. The result is JSON. The error is a *[QueryError].
func (q *Query) Eval(env jsonata.Environment) (any, error) {
	if q.unusable != nil {
		return nil, &QueryError{Query: q, Err: q.unusable}
	}
	v, ok, err := q.expr.Eval(jsonata.Undefined{}, env) // there is no context item
	switch {
	case err != nil:
		return nil, &QueryError{Query: q, Err: err}
	case !ok:
		return nil, &QueryError{Query: q, Undefined: true}
	case jsonata.HasFunction(v):
		return nil, &QueryError{Query: q}
	}
	return v, nil
}

// Unexpected returns the error of a value that has another type than the field wants.
func (q *Query) Unexpected(want string, v any) *QueryError {
	return &QueryError{Query: q, Problem: fmt.Sprintf(
		"The JSONata expression '%s' specified for the field '%s' returned an unexpected result type. Expected '%s', but was '%s' for value: %s",
		q, q.Field(), want, value.TypeName(v), value.String(v))}
}

// A QueryError says why an expression, or a field of a JSONata state, has no value that
// can be used.
type QueryError struct {
	// Query is the expression, nil when no single one is to blame.
	Query *Query
	// Problem says in AWS's words what is wrong with the value, "" when there is none.
	Problem string
	// Err is the *jsonata.Error of an expression that failed, another error of one with a
	// substitution in it that was not made, nil otherwise.
	Err error
	// Undefined is set when it yielded nothing. With none of them, it yielded a function.
	Undefined bool
}

// Field returns the place of the expression in its state, "" when no single one is to
// blame.
func (e *QueryError) Field() string {
	if e.Query == nil {
		return ""
	}
	return e.Query.Field()
}

// Error says it in AWS's words.
func (e *QueryError) Error() string {
	if e.Problem != "" {
		return e.Problem
	}
	what := fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' ", e.Query.text, e.Query.Field())
	switch {
	case e.Err != nil:
		j, ok := e.Err.(*jsonata.Error)
		if !ok || j.Code == "" {
			return what + "threw an error during evaluation: " + e.Err.Error()
		}
		if limit := j.Limit(); limit != "" {
			return what + "threw an error during evaluation: " + exceeded(limit)
		}
		return what + "threw an error during evaluation. " + j.Code + ": " + j.Error()
	case e.Undefined:
		return what + "returned nothing (undefined)."
	}
	return what + "returned an unsupported result type."
}

// exceeded says in AWS's words what an expression takes too much of. Memory and stack
// are reported as measured there; of the time it is documented.
func exceeded(limit string) string {
	switch limit {
	case "steps":
		return "Expression evaluation timeout: Check for infinite loop"
	case "elements", "bytes", "result":
		return "Expression evaluation memory limit exceeded: Check for excessive memory usage"
	}
	return "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive. Depth=101 max=100"
}

// Unwrap returns Err.
func (e *QueryError) Unwrap() error { return e.Err }
