package asl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxVariableName is the longest name of a variable, in characters.
const maxVariableName = 80

// reservedVariable is the one variable that the specification reserves.
const reservedVariable = "states"

// A variableUse is a place that sets or reads a variable.
type variableUse struct {
	name   string
	at     *place
	offset int // where to point at
}

// checkVariableName checks the name of a variable that an Assign sets.
func (r *reader) checkVariableName(name string, at *place) {
	report := func(code Code, format string, args ...any) {
		r.report(Error, code, at, format, args...).offset = at.at
	}
	switch {
	case name == reservedVariable:
		report(ReservedVariableName, "Cannot assign to reserved variable '$states'.")
	case utf8.RuneCountInString(name) > maxVariableName:
		report(InvalidVariableName, "Invalid variable name '%s': the variable name exceeds the %d-character limit.", name, maxVariableName)
	case !isIdentifier(name):
		report(InvalidVariableName, "Invalid variable name '%s': the variable name contains invalid characters.", name)
	}
}

// isIdentifier reports whether name is an identifier of Unicode Standard Annex
// 31: an ID_Start, then any number of ID_Continue.
func isIdentifier(name string) bool {
	for i, c := range name {
		start := unicode.In(c, unicode.L, unicode.Nl, unicode.Other_ID_Start)
		more := i > 0 && unicode.In(c, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
		if !start && !more || unicode.In(c, unicode.Pattern_Syntax, unicode.Pattern_White_Space) {
			return false
		}
	}
	return name != ""
}

// checkVariables checks a scope and all inside it: an inner scope must not assign
// what an outer one does, and what is read ought to be assigned somewhere. Measured
// on AWS: the Catchers of the state around an inner scope may assign what it does.
// Implements the chapter "Variable Scope".
func (r *reader) checkVariables(s *scope) {
	for _, use := range s.assigns {
		for inner := s; inner.outer != nil; inner = inner.outer {
			if inner.outer.assigned[use.name] > inner.around.caught[use.name] {
				r.report(Error, ShadowedVariable, use.at, "Variable '%s' belongs to an outer scope; an inner scope cannot assign it", use.name).offset = use.offset
				break
			}
		}
	}
	for _, use := range s.uses {
		r.checkVariableUse(s, use)
	}
	for _, inner := range s.inner {
		r.checkVariables(inner)
	}
}

func (r *reader) checkVariableUse(s *scope, use variableUse) {
	if use.name == reservedVariable {
		return
	}
	var names []string
	for ; s != nil; s = s.outer {
		if s.assigned[use.name] > 0 {
			return
		}
		if r.spell.spent < spellingBudget {
			for _, a := range s.assigns {
				r.spell.spent++ // gathering counts, too
				names = append(names, a.name)
			}
		}
	}
	d := r.warn(UnknownVariable, use.at, "No state in reach assigns the variable '%s'", use.name)
	d.Suggestion, d.offset = r.spell.nearest(use.name, names), use.offset
}

// noteAssigned notes the variables that an Assign sets; caught says that it is a
// Catcher's.
func (r *stateReader) noteAssigned(assign *place, caught bool) {
	for i := range assign.members {
		at := assign.member(&assign.members[i])
		name := at.key
		if r.language == JSONPath {
			name = strings.TrimSuffix(name, ".$")
		}
		r.checkVariableName(name, at)
		r.scope.assigned[name]++
		if caught {
			if r.vertex.caught == nil {
				r.vertex.caught = make(map[string]int)
			}
			r.vertex.caught[name]++
		}
		r.scope.assigns = append(r.scope.assigns, variableUse{name: name, at: at, offset: at.at})
	}
}

// noteUse notes that an expression reads a variable; "" is none.
func (r *stateReader) noteUse(name string, at *place, offset int) {
	if name != "" {
		r.scope.uses = append(r.scope.uses, variableUse{name: name, at: at, offset: offset})
	}
}
