package states

import (
	"fmt"

	"github.com/gostates/gostates/asl/value"
)

// Variable finds a variable in the thread's scope or an outer one.
// Implements the chapter "Variables", together with Context and Random the
// jsonpath.Scope that expressions see.
func (t *thread) Variable(name string) (any, bool) {
	for s := t; s != nil; s = s.parent {
		if v, ok := s.variables.Get(name); ok {
			return v, true
		}
	}
	return nil, false
}

// assign sets variables in the thread's own scope.
func (t *thread) assign(assigned *value.Object) *fault {
	size := 0
	for name, v := range assigned.All() {
		n := t.x.size(v)
		size += n
		if t.x.options.MaxPayload > 0 && n > t.x.options.MaxPayload {
			return t.variableLimit(fmt.Sprintf("the variable '%s' has more than %d bytes", name, t.x.options.MaxPayload))
		}
	}
	if t.x.options.MaxPayload > 0 && size > t.x.options.MaxPayload {
		return t.variableLimit(fmt.Sprintf("one Assign has %d bytes, of at most %d", size, t.x.options.MaxPayload))
	}
	variables, total := t.with(assigned)
	if limit := t.x.options.MaxVariables; limit > 0 && t.x.variables-t.assigned+total > limit {
		return t.variableLimit(fmt.Sprintf("all variables together have %d bytes, of at most %d", t.x.variables-t.assigned+total, limit))
	}
	t.x.variables += total - t.assigned
	t.variables, t.assigned = variables, total
	return nil
}

// with returns the thread's own variables after some were set, and how many bytes they take.
func (t *thread) with(assigned *value.Object) (variables *value.Object, total int) {
	variables = t.variables
	for name, v := range assigned.All() {
		variables = variables.With(name, v)
	}
	for _, v := range variables.All() {
		total += value.Size(v)
	}
	return variables, total
}

// countVariables counts the bytes of all variables anew, and drops those of threads that have ended.
func (x *Interpreter) countVariables() {
	x.variables = 0
	visit(&x.main, func(t *thread) bool {
		if t.phase >= ended {
			t.assigned, t.variables = 0, nil
		}
		x.variables += t.assigned
		return false
	})
}

// variableLimit is the fault of variables that are too large. That there are such
// limits is documented; the error's wording is ours.
func (t *thread) variableLimit(what string) *fault {
	f := t.framed(errDataLimitExceeded, "The size of the variables exceeds the service limit: %s.", what)
	f.limit = true
	return f
}
