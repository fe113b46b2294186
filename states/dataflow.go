package states

import (
	"encoding/json"
	"strconv"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// The pipeline of the chapter "Input and Output Processing", for states written
// in JSONPath:
//
//	raw input -> InputPath -> Parameters -> effective input
//	result -> ResultSelector -> ResultPath (into the raw input) -> OutputPath -> output
//
// Assign sees the same result as ResultPath does. A state written in JSONata has less:
//
//	raw input -> Arguments -> effective input
//	result -> Output -> output

// path applies InputPath or OutputPath.
func (t *thread) path(p *jsonpath.Path, input any) (any, *fault) {
	if p == nil {
		return input, nil
	}
	v, err := p.Eval(input, t)
	if err != nil {
		return nil, t.runtime("%s", err)
	}
	return v, nil
}

// missing is the fault of a path that leads nowhere, for a field that has words of its
// own for that. On an input that is null all fields say the same.
func (t *thread) missing(err error, format string, args ...any) *fault {
	if err == jsonpath.ErrNullInput {
		return t.runtime("%s", err)
	}
	return t.runtime(format, args...)
}

// template applies a Payload Template.
func (t *thread) template(p *jsonpath.Template, input any) (any, *fault) {
	if p == nil {
		return input, nil
	}
	v, err := p.Eval(input, t)
	if err != nil {
		return nil, t.expressionFault(err)
	}
	return v, nil
}

// effectiveInput applies InputPath and Parameters, or Arguments.
func (t *thread) effectiveInput(d *asl.DataFlow, e *asl.Expressions) (any, *fault) {
	if e != nil {
		t.draw(drawInput)
		effective, f := t.payload(e.Arguments, t.input)
		if f == nil && e.Arguments != nil && t.x.tooLarge(effective) {
			f = t.dataLimit()
		}
		return effective, f
	}
	if d.InputPath == nil && d.Parameters == nil {
		return t.input, nil
	}
	effective, f := t.path(d.InputPath, t.input)
	if f != nil || d.Parameters == nil {
		return effective, f
	}
	t.draw(drawInput)
	effective, f = t.template(d.Parameters, effective)
	if f == nil && t.x.tooLarge(effective) {
		f = t.dataLimit()
	}
	return effective, f
}

// complete applies what follows a result, and leaves the state.
func (t *thread) complete(result any, d *asl.DataFlow, e *asl.Expressions, assign *jsonpath.Template, next asl.State) {
	t.draw(drawResult)
	if e != nil {
		t.seeing("result", result)
		t.completeQueries(e, result, next)
		return
	}
	result, f := t.template(d.ResultSelector, result)
	if f != nil {
		t.fail(f)
		return
	}
	assigned, f := t.evaluateAssign(assign, result)
	if f != nil {
		t.fail(f)
		return
	}
	output := result
	if d.ResultPath != nil {
		var err error
		if output, err = d.ResultPath.Set(t.input, result); err != nil {
			t.fail(conflict(err))
			return
		}
	}
	if output, f = t.path(d.OutputPath, output); f != nil {
		t.fail(f)
		return
	}
	t.leave(output, assigned, next)
}

// through applies the InputPath and OutputPath of states that have only those.
func (t *thread) through(in, out *jsonpath.Path) (any, *fault) {
	effective, f := t.path(in, t.input)
	if f != nil {
		return nil, f
	}
	return t.path(out, effective)
}

// whole returns a number that has no fraction as an integer.
func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		if n := int64(v); float64(n) == v {
			return n, true
		}
	}
	return 0, false
}

// number returns a number as a float64.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		f, err := strconv.ParseFloat(string(v), 64)
		return f, err == nil
	}
	return 0, false
}

// text returns a value as JSON text.
func text(v any) string { return value.String(v) }

// plain returns a string as it is, and any other value as JSON text.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return value.String(v)
}
