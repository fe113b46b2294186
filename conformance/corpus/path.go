package corpus

import (
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
	"github.com/gostates/gostates/jsonpath"
)

// A PathCase is one expression of JSONPath's half of the language. Its JSON form
// has name, kind, expr (absent or {"$undefined": true}: the field is absent),
// input, context, result and expect ({"result"} or {"error"}: failing binds, the
// wording does not). The kinds:
//
//   - intrinsic: a call of an intrinsic function;
//   - path, refpath-get: a Path, a Reference Path;
//   - inputpath, outputpath: that field of a state;
//   - resultpath: that field, for the result of "result";
//   - template: a Payload Template;
//   - choice: one Choice Rule, whose result is true or false;
//   - choice-state: a whole Choice state, whose result is the state that follows.
type PathCase struct {
	Name, Kind     string
	Expr           any
	HasExpr        bool
	Input, Context any
	// TaskResult is what the ResultPath is for.
	TaskResult any
	// Expect is the result, unless Fails is set.
	Expect any
	Fails  bool
}

func decodePathCase(text []byte, _ string) (Test, error) {
	var raw struct {
		Name     string         `json:"name"`
		Kind     string         `json:"kind"`
		Expr     casefile.Field `json:"expr"`
		Input    casefile.Field `json:"input"`
		Context  casefile.Field `json:"context"`
		Result   casefile.Field `json:"result"`
		Doubtful bool           `json:"doubtful"`
		Expect   struct {
			Result casefile.Field `json:"result"`
			Error  casefile.Field `json:"error"`
		} `json:"expect"`
	}
	if err := casefile.Spelt(text, &raw); err != nil {
		return Test{}, err
	}
	p := &PathCase{
		Name: raw.Name, Kind: raw.Kind, Expr: raw.Expr.Value, HasExpr: raw.Expr.Set,
		Input: raw.Input.Value, Context: raw.Context.Value, TaskResult: raw.Result.Value,
		Expect: raw.Expect.Result.Value, Fails: raw.Expect.Error.Set,
	}
	if o, ok := p.Expr.(*value.Object); ok && o.Len() == 1 {
		if undefined, _ := o.Get("$undefined"); undefined == true {
			p.Expr, p.HasExpr = nil, false
		}
	}
	if raw.Expect.Result.Set == raw.Expect.Error.Set {
		return Test{}, fmt.Errorf(`%s: "expect" has not one of result and error`, p.Name)
	}
	return Test{Name: p.Name, Doubtful: raw.Doubtful, run: p.Run}, nil
}

// Run evaluates the expression; choices are run by the driver.
func (p *PathCase) Run(d conformance.Driver) error {
	result, err := p.eval(d)
	switch {
	case p.Fails && err == nil:
		return &conformance.Difference{At: "result", Expected: "an error", Actual: value.String(result)}
	case p.Fails:
		return nil
	case err != nil:
		return fmt.Errorf("expected %s, actual error: %w", value.String(p.Expect), err)
	}
	if d := conformance.Match(p.Expect, result); d != nil {
		return d.Within("result")
	}
	return nil
}

func (p *PathCase) eval(d conformance.Driver) (any, error) {
	s := scope{context: p.Context}
	text, isText := p.Expr.(string)
	switch p.Kind {
	case "choice":
		return p.choose(d, value.NewObject(
			value.Member{Key: "Type", Value: "Choice"},
			value.Member{Key: "Choices", Value: []any{p.Expr}},
			value.Member{Key: "Default", Value: noRule},
		))
	case "choice-state":
		return p.choose(d, p.Expr)
	case "template":
		t, err := jsonpath.CompileTemplate(p.Expr)
		if err != nil {
			return nil, err
		}
		return t.Eval(p.Input, s)
	case "inputpath", "outputpath":
		if !p.HasExpr {
			return p.Input, nil
		}
		if p.Expr == nil {
			return jsonpath.Null.Eval(p.Input, s)
		}
	case "resultpath":
		if !p.HasExpr {
			return p.TaskResult, nil
		}
		if p.Expr == nil {
			return jsonpath.Discard.Set(p.Input, p.TaskResult)
		}
	}
	if !isText {
		return nil, fmt.Errorf("the expression %s is no string", value.String(p.Expr))
	}
	switch p.Kind {
	case "intrinsic":
		e, err := jsonpath.CompileExpression(text)
		if err != nil {
			return nil, err
		}
		return e.Eval(p.Input, s)
	case "path", "inputpath", "outputpath":
		path, err := jsonpath.Compile(text)
		if err != nil {
			return nil, err
		}
		return path.Eval(p.Input, s)
	case "refpath-get", "resultpath":
		path, err := jsonpath.CompileReference(text)
		if err != nil {
			return nil, err
		}
		if p.Kind == "resultpath" {
			return path.Set(p.Input, p.TaskResult)
		}
		return path.Get(p.Input)
	}
	return nil, fmt.Errorf("unknown kind of expression %q", p.Kind)
}

// noRule is the Default of a Choice state made of one rule.
const noRule = "no rule"

// choose runs a Choice state and returns what follows: for a whole state that
// name, for one rule whether it matched.
func (p *PathCase) choose(d conformance.Driver, state any) (any, error) {
	choice, ok := state.(*value.Object)
	if !ok {
		return nil, errors.New("the Choice state is no object")
	}
	c := &conformance.Case{Name: p.Name, Definition: machineOf(choice), Input: p.Input, Start: conformance.DefaultStart}
	next, err := follow(c, d)
	if err != nil || p.Kind == "choice-state" {
		return next, err
	}
	return next != noRule, nil
}

// A scope is what an expression of a PathCase sees besides its input. Its random
// numbers are a plain sequence.
type scope struct{ context any }

func (s scope) Context() any              { return s.context }
func (scope) Variable(string) (any, bool) { return nil, false }
func (scope) Random() uint64              { return 0x9E3779B97F4A7C15 }
