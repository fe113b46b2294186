package asl

import (
	"iter"
	"slices"
)

// A QueryLanguage is the language a state's expressions are written in.
type QueryLanguage string

// The query languages of the specification. JSONPath is the default.
const (
	JSONPath QueryLanguage = "JSONPath"
	JSONata  QueryLanguage = "JSONata"
)

// A StateMachine is a whole definition. It is immutable and safe for use by any
// number of goroutines.
// Implements the chapter "Structure of a State Machine".
type StateMachine struct {
	*Graph

	// Comment is the definition's own description; it has no meaning.
	Comment string
	// Version of the language; "1.0" when the definition names none.
	Version string
	// QueryLanguage is the default of every state.
	QueryLanguage QueryLanguage
	// TimeoutSeconds bounds the whole execution; 0 means no bound of its own.
	TimeoutSeconds int64

	definition  string
	byName      map[string]State
	reads       map[string][]string // the variables that states read, by their names
	express     Diagnostics         // what an Express execution cannot run
	compensates bool
}

// Definition returns the text that was parsed, unchanged.
func (m *StateMachine) Definition() string { return m.definition }

// Find returns the state of that name, at any depth: names are unique in the
// whole machine. It returns nil when there is none.
func (m *StateMachine) Find(name string) State { return m.byName[name] }

// VariableReferences returns the names of the variables that the expressions of each state
// read, in alphabetical order, by the names of the states. States that read none are not in
// it. DescribeStateMachine of AWS shows it.
func (m *StateMachine) VariableReferences() map[string][]string {
	all := make(map[string][]string, len(m.reads))
	for state, names := range m.reads {
		all[state] = slices.Compact(slices.Sorted(slices.Values(names)))
	}
	return all
}

// noteRead notes that a state reads a variable.
func (m *StateMachine) noteRead(state, variable string) {
	if variable == reservedVariable {
		return
	}
	if m.reads == nil {
		m.reads = make(map[string][]string)
	}
	m.reads[state] = append(m.reads[state], variable)
}

// Compensates reports whether any state of the machine, at any depth, names a
// handler that undoes it.
func (m *StateMachine) Compensates() bool { return m.compensates }

// A Graph is one set of states with a start: the machine's own, a Parallel
// state's branch, or a Map state's item processor.
type Graph struct {
	start  State
	states []State
	owner  State
	branch int
}

// Start returns the state that StartAt names.
func (g *Graph) Start() State { return g.start }

// All yields the graph's own states in the order of the text, handlers
// included, without those of nested graphs.
func (g *Graph) All() iter.Seq[State] {
	return func(yield func(State) bool) {
		for _, s := range g.states {
			if !yield(s) {
				return
			}
		}
	}
}

// Len returns the number of the graph's own states.
func (g *Graph) Len() int { return len(g.states) }

// Owner returns the Parallel or Map state that this graph belongs to, nil for
// the machine's own graph.
func (g *Graph) Owner() State { return g.owner }

// Branch returns the position of this graph among its owner's branches; 0 for
// an item processor and for the machine's own graph.
func (g *Graph) Branch() int { return g.branch }
