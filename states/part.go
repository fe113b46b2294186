package states

import (
	"iter"

	"github.com/gostates/gostates/asl"
)

// A PartKind is a kind of [Part].
type PartKind uint8

// The kinds of parts. An execution uses the part
const (
	PartState          PartKind = iota // when it enters the state
	PartNext                           // when it leaves the state by Next or End
	PartRule                           // when the rule of the Choice state matches
	PartDefault                        // when the Default of the Choice state is taken
	PartRetrier                        // when the Retrier has the state tried again
	PartCatcher                        // when the Catcher takes over
	PartTimeout                        // when the task runs out of its TimeoutSeconds
	PartHeartbeat                      // when the task misses its HeartbeatSeconds
	PartCompensate                     // when the state is to be undone, and its handler is called
	PartMachineTimeout                 // when the execution runs out of the machine's TimeoutSeconds
)

// partKinds are the names of the kinds, as the fields of definitions are called where there are
// such.
var partKinds = [...]string{"State", "Next", "Choices", "Default", "Retry", "Catch", "TimeoutSeconds", "HeartbeatSeconds", "Compensate", "MachineTimeoutSeconds"}

// String returns the name of the field that such parts are in, such as "Retry"; "State" for states
// themselves, and "MachineTimeoutSeconds" for the machine's TimeoutSeconds.
func (k PartKind) String() string {
	if int(k) < len(partKinds) {
		return partKinds[k]
	}
	return "unknown"
}

// A Part is a part of a definition that an execution may use or not. Parts of the same
// machine are equal when they are the same.
type Part struct {
	Kind PartKind
	// State is the state that it belongs to; nil for PartMachineTimeout.
	State asl.State
	// Index is the position of a rule, Retrier or Catcher in its list; else 0.
	Index int
}

// Parts yields all parts of a machine, those of states within others after those of these,
// in the order of the text.
func Parts(m *asl.StateMachine) iter.Seq[Part] {
	return func(yield func(Part) bool) {
		if m.TimeoutSeconds > 0 && !yield(Part{Kind: PartMachineTimeout}) {
			return
		}
		partsOf(m.Graph, yield)
	}
}

// partsOf yields the parts of a graph, and reports whether it may go on.
func partsOf(g *asl.Graph, yield func(Part) bool) bool {
	for s := range g.All() {
		many := func(kind PartKind, n int) bool {
			for i := range n {
				if !yield(Part{kind, s, i}) {
					return false
				}
			}
			return true
		}
		one := func(kind PartKind, there bool) bool { return !there || yield(Part{Kind: kind, State: s}) }
		retriers, catchers := handlers(s)
		ok := one(PartState, true)
		var within []*asl.Graph
		switch s := s.(type) {
		case *asl.Choice:
			ok = ok && many(PartRule, len(s.Choices)) && one(PartDefault, s.Default != nil)
		case *asl.Task:
			ok = ok && one(PartTimeout, s.Timeout.IsSet()) && one(PartHeartbeat, s.Heartbeat.IsSet())
		case *asl.Parallel:
			within = s.Branches
		case *asl.Map:
			within = []*asl.Graph{s.Processor}
		}
		ok = ok && one(PartNext, hasNext(s)) && many(PartRetrier, len(retriers)) && many(PartCatcher, len(catchers)) &&
			one(PartCompensate, asl.Handler(s) != nil)
		for _, g := range within {
			ok = ok && partsOf(g, yield)
		}
		if !ok {
			return false
		}
	}
	return true
}

// hasNext reports whether a state has a Next or an End.
func hasNext(s asl.State) bool {
	switch s.(type) {
	case *asl.Choice, *asl.Succeed, *asl.Fail:
		return false
	}
	return !asl.IsHandler(s)
}

// Observe has a function called with every part of the definition that the steps from here on
// use, while Step runs and on its goroutine. Nil ends that. What a restored execution used
// before it was restored is not told again. It serves who measures what of a definition has been
// tested: a history does not tell all of it, since two rules of a Choice state may lead to the
// same state.
func (x *Interpreter) Observe(used func(Part)) { x.observer = used }

// used tells who observes that a part of the thread's state was used.
func (t *thread) used(kind PartKind, index int) {
	if t.x.observer != nil {
		t.x.observer(Part{kind, t.state, index})
	}
}
