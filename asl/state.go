package asl

import (
	"time"

	"github.com/gostates/gostates/jsonpath"
)

// A State is one node of the graph: one of *[Pass], *[Task], *[Choice],
// *[Wait], *[Succeed], *[Fail], *[Parallel] and *[Map].
type State interface {
	// Name is the state's key in its States object.
	Name() string
	// Type is the state's Type field: "Pass", "Task", ...
	Type() string
	// Comment is the state's own description; it has no meaning.
	Comment() string
	// QueryLanguage is the language that this state's expressions are in.
	QueryLanguage() QueryLanguage
	// Pointer is the state's place in the definition, an RFC 6901 pointer.
	Pointer() string
	// Graph is the set of states this one belongs to.
	Graph() *Graph

	state() *node // sealed: the set of types is closed
}

// node holds what every state has. It is embedded by the eight types.
type node struct {
	name, comment, pointer string
	language               QueryLanguage
	graph                  *Graph
	handler                bool
}

func (n *node) Name() string                 { return n.name }
func (n *node) Comment() string              { return n.comment }
func (n *node) QueryLanguage() QueryLanguage { return n.language }
func (n *node) Pointer() string              { return n.pointer }
func (n *node) Graph() *Graph                { return n.graph }
func (n *node) state() *node                 { return n }

// A Transition leads out of a state. Implements the chapter "Transitions".
type Transition struct {
	// Next is the state that follows, nil when this state ends its graph, and in
	// a handler.
	Next State
}

// Seconds is a number of seconds, written as a literal or found by a path or an
// expression. The zero value is an absent field.
type Seconds struct {
	Literal int64
	Path    *jsonpath.Path
	Query   *Query
	exact   float64
	set     bool
}

// Exact returns the literal with its fraction, which only a
// ToleratedFailurePercentage may have; Literal is rounded towards zero.
func (s Seconds) Exact() float64 { return s.exact }

// IsSet reports whether the definition has the field in any form.
func (s Seconds) IsSet() bool { return s.set }

// fixed reports whether it is a literal.
func (s Seconds) fixed() bool { return s.set && s.Path == nil && s.Query == nil }

// Count is a whole number, written as a literal or found by a path or an
// expression. The zero value is an absent field.
type Count = Seconds

// Pass hands its input, or a fixed result, to its output.
// Implements the chapter "Pass State".
type Pass struct {
	node
	Transition
	Flow

	// Result replaces the effective input when HasResult is set; it may be null.
	Result    any
	HasResult bool
}

// Type returns "Pass".
func (*Pass) Type() string { return "Pass" }

// Task has work done by the resource it names.
// Implements the chapter "Task State".
type Task struct {
	node
	Transition
	Flow

	// Resource is what does the work.
	Resource Resource
	// Function is the Lambda function that lambda:invoke and its kin call, followed by
	// its Qualifier as in "ship:live", when the definition writes both out. It is empty
	// when the input decides either, and in the Tasks of other resources.
	Function string
	// Credentials evaluates to what the task runs as; nil when absent.
	Credentials Value
	// Timeout bounds the task from its start to its end, Heartbeat the time
	// between two signs of life.
	Timeout, Heartbeat Seconds
	Retry              []Retrier
	Catch              []Catcher
	// Compensate is the handler that undoes this state; nil when it has none.
	Compensate State
}

// Type returns "Task".
func (*Task) Type() string { return "Task" }

// Choice picks the next state by rules.
// Implements the chapter "Choice State".
type Choice struct {
	node
	// Flow applies when no rule matches.
	Flow

	Choices []ChoiceRule
	// Default follows when no rule matches; nil makes that an error.
	Default State
}

// Type returns "Choice".
func (*Choice) Type() string { return "Choice" }

// Wait lets time pass. Exactly one of its four fields is set.
// Implements the chapter "Wait State".
type Wait struct {
	node
	Transition
	Flow

	// Seconds covers the fields Seconds and SecondsPath.
	Seconds Seconds
	// Timestamp is the fixed moment to wait for; zero when absent.
	Timestamp time.Time
	// TimestampPath finds the moment in the input; nil when absent.
	TimestampPath *jsonpath.Path
	// TimestampQuery computes the moment; nil when absent.
	TimestampQuery *Query
}

// Type returns "Wait".
func (*Wait) Type() string { return "Wait" }

// Succeed ends its graph well. Implements the chapter "Succeed State".
type Succeed struct {
	node
	Flow
}

// Type returns "Succeed".
func (*Succeed) Type() string { return "Succeed" }

// Fail ends its graph with an error. Implements the chapter "Fail State".
type Fail struct {
	node
	// Error and Cause are the texts themselves; absent ones stay unset.
	Error, Cause Text
}

// Type returns "Fail".
func (*Fail) Type() string { return "Fail" }

// Text is a string, written as a literal or found by an expression. The zero
// value is an absent field.
type Text struct {
	Literal    string
	Expression *jsonpath.Expression
	Query      *Query
	set        bool
}

// IsSet reports whether the definition has the field in any form.
func (t Text) IsSet() bool { return t.set }

// Parallel runs its branches side by side.
// Implements the chapter "Parallel State".
type Parallel struct {
	node
	Transition
	Flow

	Branches []*Graph
	Retry    []Retrier
	Catch    []Catcher
	// Compensate is the handler that undoes this state; nil when it has none.
	Compensate State
}

// Type returns "Parallel".
func (*Parallel) Type() string { return "Parallel" }

// Map runs its item processor for each element of an array.
// Implements the chapter "Map State".
type Map struct {
	node
	Transition
	Flow

	// Items finds what the iterations are for, by the field of this name or, in JSONPath,
	// ItemsPath, or takes the input. It is never nil, and its value is always a []any; in
	// the distributed mode it may be an object as well.
	Items Value
	// ItemSelector shapes each item, which it sees in the Context Object; nil leaves it
	// as it is. The older Parameters mean the same.
	ItemSelector Value
	// Processor is the graph that each item runs through: the ItemProcessor, or
	// the older Iterator.
	Processor *Graph
	// MaxConcurrency bounds the iterations under way; absent or 0 leaves it to
	// the interpreter.
	MaxConcurrency Count
	// ToleratedFailureCount and ToleratedFailurePercentage say how many
	// iterations may fail before the state does.
	ToleratedFailureCount, ToleratedFailurePercentage Count
	// Label names Map Runs; it has no meaning in the inline mode.
	Label string
	// Distributed is what the distributed mode has; nil is the inline mode.
	Distributed *Distributed
	Retry       []Retrier
	Catch       []Catcher
	// Compensate is the handler that undoes this state; nil when it has none.
	Compensate State
}

// Type returns "Map".
func (*Map) Type() string { return "Map" }

// Handler returns the state that undoes s: what the Compensate of a *[Task],
// *[Parallel] or *[Map] names. It returns nil when s has none.
func Handler(s State) State {
	switch s := s.(type) {
	case *Task:
		return s.Compensate
	case *Parallel:
		return s.Compensate
	case *Map:
		return s.Compensate
	}
	return nil
}

// IsHandler reports whether s undoes other states, which name it in Compensate. No
// transition leads to a handler, and none leads out of it.
func IsHandler(s State) bool { return s.state().handler }
