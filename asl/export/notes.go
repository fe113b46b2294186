package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// noteDifferences notes what no export can express, and what of that concerns this
// machine.
func (x *exporter) noteDifferences() {
	x.differ("", "Failures that nothing can catch undo nothing", "no Catcher is given States.Runtime, nor States.DataLimitExceeded for the input or output of a state")
	x.differ("", "Stopping the execution undoes nothing", "no state runs after that")
	expired := ""
	if x.machine.TimeoutSeconds > 0 {
		expired = "/TimeoutSeconds"
	}
	x.differ(expired, "An execution that runs out of time, or of events, undoes nothing, or nothing more", "no state runs after that")
	x.differ("", "A redrive of a failed execution takes up nothing, neither what was undone nor a compensation that has failed", "it begins with the Fail state that the execution ended in, and fails again")
	x.differ("", "What can be undone must fit into 262,144 bytes, with all inputs and outputs", "it is the value of one variable, and part of the output of branches and iterations")
	x.differ("", "The history has no events of the compensation, but those of more states", "they count towards its limit, and causes that name an event have another number")
	x.differ("", "An error that is absent becomes empty", "tasks nearly always have one; only an absent cause has a Fail state of its own")
	x.noteGraph(x.machine.Graph)
}

func (x *exporter) noteGraph(g *asl.Graph) {
	for s := range g.All() {
		if owner := g.Owner(); x.keeping[g] || owner != nil && x.hasKeepers(owner) {
			x.noteUncaught(s)
		}
		if x.hasKeepers(s) {
			x.noteSiblings(s)
			x.noteResult(s)
			if m, ok := s.(*asl.Map); ok && m.Distributed != nil {
				x.refuse(s.Pointer(), fmt.Sprintf("States inside of %q can be undone, whose children are executions of their own", s.Name()),
					"what a child has completed is undone when the child fails, and else never")
			}
		}
		for _, inner := range innerGraphs(s) {
			x.noteGraph(inner)
		}
	}
}

// noteUncaught notes the failures of states that can have no Catcher.
func (x *exporter) noteUncaught(s asl.State) {
	switch s := s.(type) {
	case *asl.Task, *asl.Parallel, *asl.Map:
		return
	default:
		if p, ok := s.(*asl.Pass); !x.mayFail(s) && (!ok || p.ResultPath == nil) {
			return
		}
	}
	reason := fmt.Sprintf("a %s state has no Catch", s.Type())
	if asl.IsHandler(s) {
		x.differ(s.Pointer(), fmt.Sprintf("If the handler %q fails, its error is not %s", s.Name(), errCompensationFailed), reason)
		return
	}
	x.differ(s.Pointer(), fmt.Sprintf("If state %q fails, what was completed beside it is not undone", s.Name()), reason)
}

// mayFail reports whether a state evaluates what may fail in a way that could be
// caught: a JSONata expression or an intrinsic function. The paths of JSONPath raise
// States.Runtime.
func (x *exporter) mayFail(s asl.State) bool {
	found := false
	x.rewritten(x.raw[s.Name()], func(language asl.QueryLanguage, text string) string {
		found = found || language == asl.JSONata || strings.HasPrefix(text, reserved)
		return text
	})
	return found
}

// noteSiblings notes what a Parallel or Map state does otherwise that has more than one
// scope inside.
func (x *exporter) noteSiblings(s asl.State) {
	switch s := s.(type) {
	case *asl.Parallel:
		if len(s.Branches) == 1 {
			return
		}
		x.differ(s.Pointer(), fmt.Sprintf("When a branch of %q fails, the others go on to their end, and then all is undone", s.Name()),
			"a failure would abort them, and what they have completed would be lost")
		x.differ(s.Pointer(), fmt.Sprintf("When a branch of %q fails in a way that nothing can catch, what the others have completed is not undone", s.Name()),
			"they are aborted, and hand on nothing")
		x.differ(s.Pointer(), fmt.Sprintf("What branches of %q complete in the same millisecond is undone in their order, and of failures the first of them counts", s.Name()),
			"the time is all there is to go by")
	case *asl.Map:
		x.differ(s.Pointer(), fmt.Sprintf("When an iteration of %q fails, what the others have completed is not undone", s.Name()),
			"they are aborted or have ended, and hand on nothing")
		x.differ(s.Pointer(), fmt.Sprintf("What iterations of %q complete in the same millisecond is undone in their order", s.Name()),
			"the time is all there is to go by")
		if x.mayBreakBelow(s) && (s.ToleratedFailureCount.IsSet() || s.ToleratedFailurePercentage.IsSet()) {
			x.differ(s.Pointer(), fmt.Sprintf("An iteration of %q whose compensation fails is tolerated like any other that fails", s.Name()),
				"no error is exempt from ToleratedFailureCount and ToleratedFailurePercentage")
		}
	}
	if x.mayBreakBelow(s) {
		x.differ(s.Pointer(), fmt.Sprintf("When a compensation inside %q fails, the cause does not list what others inside have completed", s.Name()),
			"a branch or an iteration does not see what others do")
	}
}

// noteResult notes what is otherwise because another state makes something of the
// result of a Parallel or Map state.
func (x *exporter) noteResult(s asl.State) {
	raw := x.raw[s.Name()]
	moved := raw
	for key := range raw.All() {
		if !slices.Contains(resultFields, key) && key != "QueryLanguage" {
			moved = moved.Without(key)
		}
	}
	if x.readsState(moved) {
		x.differ(s.Pointer(), fmt.Sprintf("What %q makes of its result sees another state's name and time", s.Name()), "the result comes together with what can be undone, so a state of its own takes it out")
	}
	if _, ok := raw.Get("Retry"); ok && moved.Without("QueryLanguage").Len() > 0 {
		x.differ(s.Pointer(), fmt.Sprintf("If what %q makes of its result fails, it is not tried again", s.Name()), "the result comes together with what can be undone, so a state of its own takes it out")
	}
}

// readsState reports whether a state, or one inside it, reads the part of the Context
// Object that says which state it is.
func (x *exporter) readsState(state *value.Object) bool {
	found := false
	x.rewritten(state, func(language asl.QueryLanguage, text string) string {
		if language == asl.JSONPath {
			for _, root := range pathRoots(text) {
				rest := text[root.end:]
				found = found || root.name == "$" && (strings.HasPrefix(rest, ".State") || strings.HasPrefix(rest, "['State") || strings.HasPrefix(rest, `["State`))
			}
			return text
		}
		if expr, err := asl.CompileQuery(text); err == nil {
			for ref := range expr.References() {
				found = found || ref.Variable && ref.Name == reservedVariable &&
					(len(ref.Fields) == 0 || ref.Fields[0] == "context" && (len(ref.Fields) == 1 || ref.Fields[1] == "State"))
			}
		}
		return text
	})
	return found
}
