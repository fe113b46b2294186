package states

import "github.com/gostates/gostates/asl"

// succeed implements the chapter "Succeed State".
func (t *thread) succeed(s *asl.Succeed) {
	selected, f := t.selected(&s.Flow)
	if f != nil {
		t.fail(f)
		return
	}
	t.conclude(selected, &s.Flow, nil)
}

// failState implements the chapter "Fail State".
func (t *thread) failState(s *asl.Fail) {
	var failure Failure
	var f *fault
	if s.Error.IsSet() {
		failure.HasError = true
		if failure.Error, f = t.text(s.Error, "ErrorPath"); f != nil {
			t.fail(f)
			return
		}
	}
	if s.Cause.IsSet() {
		failure.HasCause = true
		if failure.Cause, f = t.text(s.Cause, "CausePath"); f != nil {
			t.fail(f)
			return
		}
	}
	t.fail(&fault{Failure: failure})
}

// text evaluates a field that is a string or an expression for one.
func (t *thread) text(field asl.Text, name string) (string, *fault) {
	t.draw(drawInput)
	switch {
	case field.Query != nil:
		v, f := t.query(field.Query, "string")
		s, _ := v.(string)
		return s, f
	case field.Expression == nil:
		return field.Literal, nil
	}
	v, err := field.Expression.EvalField(name, t.input, t)
	if err != nil {
		return "", t.evaluationFailed(err)
	}
	s, ok := v.(string)
	if !ok {
		return "", t.runtime("The field '%s' must be a string but was: %s", name, text(v))
	}
	return s, nil
}
