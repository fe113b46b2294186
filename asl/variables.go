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
	case !IsIdentifier(name):
		report(InvalidVariableName, "Invalid variable name '%s': the variable name contains invalid characters.", name)
	case isFunction(name):
		r.warn(DoubtfulField, at, "The variable '%s' hides the function of that name in JSONata", name).offset = at.at
	}
}

// isFunction reports whether the query language has a function of that name.
func isFunction(name string) bool {
	e, err := queryLanguage.Compile("$" + name)
	if err != nil {
		return false
	}
	for range e.References() {
		return false // it is for a variable
	}
	return true
}

// IsIdentifier reports whether name can be that of a variable, which it may be as an
// identifier of Unicode Standard Annex 31: an ID_Start, then any number of ID_Continue. How
// long it is does not matter here.
func IsIdentifier(name string) bool {
	for i, c := range name {
		start := unicode.In(c, unicode.L, unicode.Nl, unicode.Other_ID_Start)
		more := i > 0 && unicode.In(c, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
		if !start && !more || unicode.In(c, unicode.Pattern_Syntax, unicode.Pattern_White_Space) {
			return false
		}
	}
	return name != ""
}

// checkVariables checks a scope and all inside it: an inner scope must not assign what
// may be assigned around it, and what is read ought to be assigned somewhere.
// Implements the chapter "Variable Scope".
func (r *reader) checkVariables(s *scope) {
	r.checkOuterNames(s)
	for _, use := range s.uses {
		r.checkVariableUse(s, use)
	}
	for _, inner := range s.inner {
		r.checkVariables(inner)
	}
}

// checkOuterNames reports what the scopes inside a scope assign although it may be assigned
// in this one on a way into the state around them. A way is made of transitions: a state's
// Assign belongs to its Next, a rule's to the rule's Next, a Choice state's own to its
// Default and a Catcher's to the Catcher's Next. This is reported as measured on AWS, with
// 20 definitions; the text is ours.
func (r *reader) checkOuterNames(s *scope) {
	type use struct {
		variableUse
		around *vertex // the state of s that it is inside of
	}
	inside := make(map[string][]use)
	var names []string // of variables that s assigns, and a scope inside it
	var gather func(inner *scope, around *vertex)
	gather = func(inner *scope, around *vertex) {
		if inner.apart {
			return // it has no outer scope
		}
		for _, u := range inner.assigns {
			if !s.assigned[u.name] {
				continue
			}
			if inside[u.name] == nil {
				names = append(names, u.name)
			}
			inside[u.name] = append(inside[u.name], use{u, around})
		}
		for _, i := range inner.inner {
			gather(i, around)
		}
	}
	for _, inner := range s.inner {
		gather(inner, inner.around)
	}
	if len(names) == 0 {
		return
	}
	w := s.ways(names)
	for first := 0; first < len(names) && !r.full(Error); first += 64 {
		before := w.assignedBefore(first)
		for i, name := range names[first:min(first+64, len(names))] {
			for _, u := range inside[name] {
				at, known := w.index[u.around] // a second state of one name is none
				if !known || before[at]&(1<<i) == 0 {
					continue
				}
				d := r.report(Error, DuplicateVariableName, u.at, "Variable '%s' may already be assigned in an outer scope; an inner scope cannot assign it", name)
				d.offset, d.stage = u.offset, reachabilityStage
			}
		}
	}
}

// ways are the transitions of a scope with what is assigned on them.
type ways struct {
	index map[*vertex]int
	out   [][]way
}

// A way is a transition to a state, by its index.
type way struct {
	to   int
	sets []int // which of the names in question are assigned on it
}

// ways returns the transitions of the scope, as far as they assign some variables.
func (s *scope) ways(names []string) *ways {
	numbers := make(map[string]int, len(names))
	for i, name := range names {
		numbers[name] = i
	}
	w := &ways{index: make(map[*vertex]int, len(s.states)), out: make([][]way, len(s.states))}
	for i, v := range s.states {
		w.index[v] = i
	}
	for _, l := range s.links {
		from, known := w.index[l.from]
		to := s.byName[l.at.text]
		if !known || to == nil {
			continue
		}
		one := way{to: w.index[to]}
		for _, name := range l.assigns {
			if n, ok := numbers[name]; ok {
				one.sets = append(one.sets, n)
			}
		}
		w.out[from] = append(w.out[from], one)
	}
	return w
}

// assignedBefore returns, for each state, which of 64 variables may be assigned when it is
// entered: bit i stands for the name with the number first+i.
func (w *ways) assignedBefore(first int) []uint64 {
	before := make([]uint64, len(w.out))
	again := make([]int, len(w.out))
	for i := range again {
		again[i] = i
	}
	for len(again) > 0 {
		v := again[len(again)-1]
		again = again[:len(again)-1]
		for _, one := range w.out[v] {
			set := before[v]
			for _, n := range one.sets {
				if n >= first && n < first+64 {
					set |= 1 << (n - first)
				}
			}
			if before[one.to]|set != before[one.to] {
				before[one.to] |= set
				again = append(again, one.to)
			}
		}
	}
	return before
}

func (r *reader) checkVariableUse(s *scope, use variableUse) {
	if use.name == reservedVariable {
		return
	}
	var names []string
	beyond := false // it is assigned outside of the execution
	for apart := false; s != nil; s = s.outer {
		switch {
		case apart:
			beyond = beyond || s.assigned[use.name]
			continue
		case s.assigned[use.name]:
			return
		}
		apart = s.apart // what is outside belongs to another execution (documented)
		if r.spell.spent < spellingBudget {
			for _, a := range s.assigns {
				r.spell.spent++ // gathering counts, too
				names = append(names, a.name)
			}
		}
	}
	d := r.warn(UnknownVariable, use.at, "No state in reach assigns the variable '%s'", use.name)
	d.Suggestion, d.offset = r.spell.nearest(use.name, names), use.offset
	if d.Suggestion != "" {
		d.written, d.instead = "$"+use.name, "$"+d.Suggestion
	}
	if beyond {
		d.Suggestion, d.Detail = "", "the children of a distributed Map state see no variables from outside"
	}
}

// noteAssigned notes the variables that an Assign sets.
func (r *stateReader) noteAssigned(assign *place) {
	for i := range assign.members {
		at := assign.member(&assign.members[i])
		name := r.variableOf(at.key)
		r.checkVariableName(name, at)
		r.scope.assigned[name] = true
		r.scope.assigns = append(r.scope.assigns, variableUse{name: name, at: at, offset: at.at})
	}
}

// variableOf returns the variable that a field of an Assign sets.
func (r *stateReader) variableOf(field string) string {
	if r.language == JSONPath {
		return strings.TrimSuffix(field, ".$")
	}
	return field
}

// assignedBy returns the variables that the Assign of a state, rule or Catcher sets.
func (r *stateReader) assignedBy(f *fields) []string {
	assign := f.get("Assign")
	if assign == nil {
		return nil
	}
	names := make([]string, len(assign.members))
	for i := range assign.members {
		names[i] = r.variableOf(assign.members[i].key)
	}
	return names
}

// noteUse notes that an expression reads a variable; "" is none.
func (r *stateReader) noteUse(name string, at *place, offset int) {
	if name != "" {
		r.machine.noteRead(r.node.name, name)
		r.scope.uses = append(r.scope.uses, variableUse{name: name, at: at, offset: offset})
	}
}
