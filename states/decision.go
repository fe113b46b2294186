package states

import "github.com/gostates/gostates/asl"

// A DecisionKind says what was decided.
type DecisionKind uint8

const (
	// RuleMatched says that a rule of a Choice state matched.
	RuleMatched DecisionKind = iota
	// DefaultTaken says that no rule of a Choice state matched, and its Default was taken.
	DefaultTaken
	// Retried says that a Retrier has a state tried again.
	Retried
	// Caught says that a Catcher took over from a state.
	Caught
)

// A Decision is a turn that an execution took and that its events don't tell for sure: two
// rules of a Choice state may lead to the same state. It serves who measures what of a
// definition has been used.
type Decision struct {
	Kind DecisionKind
	// State is the state that the decision was about.
	State asl.State
	// Index is the position of the rule, Retrier or Catcher in its list; 0 for DefaultTaken.
	Index int
}

// Observe has a function called with every decision of the steps from here on, while Step
// runs and on its goroutine. Nil ends that. What a restored execution decided before it was
// restored is not told again.
func (x *Interpreter) Observe(decided func(Decision)) { x.decided = decided }

// decide tells who observes of a decision about the thread's state.
func (t *thread) decide(kind DecisionKind, index int) {
	if t.x.decided != nil {
		t.x.decided(Decision{Kind: kind, State: t.state, Index: index})
	}
}
