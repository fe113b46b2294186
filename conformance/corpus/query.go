package corpus

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
	"github.com/gostates/gostates/jsonata"
)

// A QueryCase is a JSONata expression and what it yields. Its JSON form has name,
// expr, data (the input; {"dataset": NAME} stands for the file datasets/NAME.json
// beside the case's own, and without it the input is undefined), bindings (the
// variables) and expect: {"result": JSON}, {"undefined": true} or {"error": CODE}.
//
// "unordered" compares arrays as sets, "depth" bounds the nesting, "aws" means the
// language of AWS Step Functions, and "lone_surrogate" says that each U+FFFD in expr stands
// for half of a surrogate pair, which JSON texts can't carry.
type QueryCase struct {
	Name, Expression string
	Input            any
	Bindings         jsonata.Bindings
	Depth            int
	AWS              bool
	Unordered        bool
	// Code is the error that is expected; empty when there is none. Result is the
	// value otherwise, and Undefined says that there is none either.
	Code      string
	Result    any
	Undefined bool
}

func decodeQuery(text []byte, dir string) (Test, error) {
	var raw struct {
		Name      string                    `json:"name"`
		Expr      string                    `json:"expr"`
		Data      casefile.Field            `json:"data"`
		Bindings  map[string]casefile.Field `json:"bindings"`
		Depth     int                       `json:"depth"`
		AWS       bool                      `json:"aws"`
		Unordered bool                      `json:"unordered"`
		Lone      bool                      `json:"lone_surrogate"`
		Doubtful  bool                      `json:"doubtful"`
		Expect    casefile.Field            `json:"expect"`
	}
	if err := casefile.Spelt(text, &raw); err != nil {
		return Test{}, err
	}
	q := &QueryCase{Name: raw.Name, Expression: raw.Expr, Depth: raw.Depth, AWS: raw.AWS, Unordered: raw.Unordered, Input: jsonata.Undefined{}}
	if raw.Lone {
		q.Expression = strings.ReplaceAll(q.Expression, "\uFFFD", "\xED\xA0\x80")
	}
	for name, v := range raw.Bindings {
		if q.Bindings == nil {
			q.Bindings = make(jsonata.Bindings)
		}
		q.Bindings[name] = v.Value
	}
	err := q.expect(raw.Expect.Value)
	if err == nil && raw.Data.Set {
		q.Input, err = dataset(raw.Data.Value, dir)
	}
	if err != nil {
		return Test{}, fmt.Errorf("%s: %w", q.Name, err)
	}
	return Test{Name: q.Name, Doubtful: raw.Doubtful, run: func(conformance.Driver) error { return q.Run() }}, nil
}

// expect reads what is expected.
func (q *QueryCase) expect(v any) error {
	o, _ := v.(*value.Object)
	code, fails := o.Get("error")
	result, yields := o.Get("result")
	_, q.Undefined = o.Get("undefined")
	q.Code, _ = code.(string)
	q.Result = result
	if fails && q.Code == "" || !fails && !yields && !q.Undefined {
		return errors.New(`"expect" has neither result, undefined nor the code of an error`)
	}
	return nil
}

// dataset returns the input, from a file of its own if it names one.
func dataset(v any, dir string) (any, error) {
	o, _ := v.(*value.Object)
	name, ok := o.Get("dataset")
	if !ok || o.Len() != 1 {
		return v, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, "datasets", fmt.Sprint(name)+".json"))
	if err != nil {
		return nil, err
	}
	return value.Parse(text)
}

// Run compiles and evaluates the expression. The error is nil or a [*conformance.Difference].
func (q *QueryCase) Run() error {
	language := jsonata.Language{AWS: q.AWS}
	var v any
	ok := false
	expr, err := language.Compile(q.Expression)
	if err == nil {
		environment := jsonata.Environment{Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Budget: jsonata.Budget{Depth: q.Depth}}
		if q.Bindings != nil {
			environment.Variables = q.Bindings
		}
		v, ok, err = expr.Eval(q.Input, environment)
	}
	expected, actual := q.outcome(), nothing
	switch fault, isFault := errors.AsType[*jsonata.Error](err); {
	case isFault && fault.Code == q.Code:
		return nil
	case isFault:
		actual = fault.Code + ": " + fault.Error()
	case err != nil:
		return err
	case !ok && q.Undefined:
		return nil
	case ok:
		if q.Code == "" && !q.Undefined && q.equals(v) {
			return nil
		}
		actual = value.String(v)
	}
	return &conformance.Difference{At: "value", Expected: expected, Actual: actual}
}

// nothing is how a message names a value that is not there.
const nothing = "nothing"

// outcome describes what is expected.
func (q *QueryCase) outcome() string {
	switch {
	case q.Code != "":
		return "the error " + q.Code
	case q.Undefined:
		return nothing
	}
	return value.String(q.Result)
}

func (q *QueryCase) equals(v any) bool {
	expected, actual := q.Result, v
	if q.Unordered {
		expected, actual = sorted(expected), sorted(actual)
	}
	return value.Equal(expected, actual)
}

// sorted returns an array in an order that depends on its items alone.
func sorted(v any) any {
	items, ok := v.([]any)
	if !ok {
		return v
	}
	return slices.SortedFunc(slices.Values(items), func(a, b any) int {
		return strings.Compare(value.String(a), value.String(b))
	})
}
