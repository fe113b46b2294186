package states

import (
	"encoding/json"
	"strconv"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// The pipeline of the chapter "Input and Output Processing". What a state has not is
// left out; a state written in JSONata has less than one in JSONPath:
//
//	raw input -> InputPath -> input -> Parameters, Arguments -> effective input
//	result -> ResultSelector -> ResultPath (into the raw input) -> OutputPath, Output -> output
//
// Every field sees the input that InputPath has selected, but for those that see a
// result. Assign sees the same result as ResultPath does. That it also goes for the
// ...Path fields and the Credentials of a Task is the specification's rule; nobody has
// measured those beside an InputPath.

// evaluate evaluates a field; without the field it gives otherwise. It is so small that
// the compiler puts it where it is called.
func (t *thread) evaluate(v asl.Value, input, otherwise any) (any, *fault) {
	if v == nil {
		return otherwise, nil
	}
	return t.evaluated(v, input)
}

func (t *thread) evaluated(v asl.Value, input any) (any, *fault) {
	out, err := v.Eval(input, t)
	if err != nil {
		return nil, t.evaluationFailed(err)
	}
	return out, nil
}

// selected is the state's input as InputPath selects it.
func (t *thread) selected(f *asl.Flow) (any, *fault) {
	selected, failure := t.evaluate(f.InputPath, t.input, t.input)
	if failure == nil {
		t.saw(AfterInputPath, selected)
	}
	return selected, failure
}

// path applies the path of a field that is a number.
func (t *thread) path(p *jsonpath.Path, input any) (any, *fault) {
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

// arguments applies Parameters or Arguments to the input that InputPath has selected.
func (t *thread) arguments(f *asl.Flow, selected any) (any, *fault) {
	effective := selected
	if f.Arguments != nil {
		t.draw(drawInput)
		var failure *fault
		if effective, failure = t.evaluate(f.Arguments, selected, nil); failure != nil {
			return nil, failure
		}
		if t.x.tooLarge(effective) {
			return nil, t.dataLimit()
		}
	}
	t.saw(AfterArguments, effective)
	return effective, nil
}

// effectiveInput applies InputPath, and Parameters or Arguments.
func (t *thread) effectiveInput(f *asl.Flow) (any, *fault) {
	selected, failure := t.selected(f)
	if failure != nil {
		return nil, failure
	}
	return t.arguments(f, selected)
}

// complete applies what follows the result of a task or of children, and leaves the state.
func (t *thread) complete(result any, f *asl.Flow, next asl.State) {
	t.seeing("result", result)
	t.saw(RawResult, result)
	t.conclude(result, f, next)
}

// conclude applies what follows a result that expressions don't see as $states.result, and
// leaves the state.
func (t *thread) conclude(result any, f *asl.Flow, next asl.State) {
	t.draw(drawResult)
	output, assigned, failure := t.outcome(result, f)
	if failure != nil {
		t.fail(failure)
		return
	}
	t.leave(output, assigned, next)
}

// outcome makes the output, and the variables to be set, of a result. All fields see the
// variables as they were before.
func (t *thread) outcome(result any, f *asl.Flow) (output any, assigned *value.Object, failure *fault) {
	if result, failure = t.evaluate(f.ResultSelector, result, result); failure != nil {
		return nil, nil, failure
	}
	t.saw(AfterResultSelector, result)
	output = result
	if f.ResultPath != nil {
		var err error
		if output, err = f.ResultPath.Set(t.input, result); err != nil {
			return nil, nil, t.evaluationFailed(err)
		}
	}
	t.saw(AfterResultPath, output)
	if output, failure = t.evaluate(f.Output, output, output); failure != nil {
		return nil, nil, failure
	}
	v, failure := t.evaluate(f.Assign, result, nil)
	assigned, _ = v.(*value.Object)
	return output, assigned, failure
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
