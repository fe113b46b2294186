package export

import (
	"fmt"
	"slices"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// errCompensationFailed is the error of a compensation that could not be completed.
const errCompensationFailed = reserved + "CompensationFailed"

// A scope is a scope while it is exported.
type scope struct {
	*exporter
	graph *asl.Graph
	outer *scope
	label string // begins the names of what belongs to the scope as a whole
	// keeps says that it has a stack of what can be undone, and undoes those steps when
	// it fails.
	keeps bool
	// survives says that it doesn't fail, but hands its failure on like an output: a
	// branch among others, which a failure would abort.
	survives bool
	// around is set in the scope between a Parallel state and its branches.
	around asl.State
	// entries say where a transition to a state leads: to the first of the states that
	// it became.
	entries map[string]string
	states  []value.Member
	end     string // what hands on the output of a scope inside; "" for the machine's
	ends    bool   // something leads to that
	undo    string // where a failure leads: to the loop, if there is one; "" until something does
	broken  string // the end when a handler has failed, "" until something leads there
	below   string // the same for one in a scope inside
}

// exportGraph exports a graph. wrapped says that its output must go with what it has
// completed, and survives that its failure must be handed on like an output.
func (x *exporter) exportGraph(g *asl.Graph, raw *value.Object, outer *scope, label string, wrapped, survives bool) *value.Object {
	s := &scope{exporter: x, graph: g, outer: outer, label: label, keeps: x.keeping[g], survives: survives, entries: make(map[string]string)}
	if !s.keeps && !wrapped || x.size > asl.MaxDefinitionSize {
		return raw
	}
	start := g.Start().Name()
	if s.keeps {
		start = s.named("begin")
	}
	if wrapped {
		s.end = s.named("end")
	}
	for state := range g.All() {
		s.entries[state.Name()] = s.entry(state)
	}
	if s.keeps {
		s.add(start, s.begin(s.entries[g.Start().Name()]))
	} else {
		start = s.entries[start]
	}
	for state := range g.All() {
		if !asl.IsHandler(state) {
			s.export(state)
		}
	}
	if s.ends {
		s.add(s.end, s.handOn())
	}
	s.addEnds()
	return raw.With("StartAt", start).With("States", value.NewObject(s.states...))
}

// named returns a name for a state that belongs to the scope as a whole.
func (s *scope) named(what string) string {
	if s.label != "" {
		what = s.label + ": " + what
	}
	return s.name(what)
}

func (s *scope) add(name string, state *value.Object) {
	s.states = append(s.states, value.Member{Key: name, Value: state})
}

// variable returns the name of a generated variable. A scope must not assign what one
// around it does, so the depth is part of the name.
func (s *scope) variable(what string) string {
	depth := 1
	for o := s.outer; o != nil; o = o.outer {
		depth++
	}
	if depth == 1 {
		return s.variables + what
	}
	return fmt.Sprintf("%s%s%d", s.variables, what, depth)
}

// The generated variables.
const (
	stackVariable   = ""        // what was completed and can be undone, the newest first
	inputVariable   = "Input"   // the raw input of the state under way
	resultsVariable = "Results" // what the branches or iterations have handed on
	failureVariable = "Failure" // the error and its cause
	stepVariable    = "Step"    // what is being undone, as Compensation is in the Context Object
	handlerVariable = "Handler" // the name of a handler that has failed
	keptVariable    = "Kept"    // the variables of scopes that have ended, for a handler
	eachVariable    = "Each"    // inside an expression
)

// neededFunctions are those of JSONata that generated expressions call. A variable of the
// same name would hide them.
var neededFunctions = []string{"exists", "lookup", "map", "merge", "millis", "reverse", "sort", "string"}

// checkVariables refuses variables that hide functions.
func (x *exporter) checkVariables(g *asl.Graph) {
	for s := range g.All() {
		for _, name := range assignedIn(x.raw[s.Name()], s.QueryLanguage()) {
			if slices.Contains(neededFunctions, name) {
				x.refuse(s.Pointer(), "The variable '"+name+"' hides the function $"+name, "what is generated needs that; another name would do")
			}
		}
		for _, inner := range innerGraphs(s) {
			x.checkVariables(inner)
		}
	}
}

// entry returns the first of the states that a state becomes.
func (s *scope) entry(state asl.State) string {
	if asl.Handler(state) != nil && state.QueryLanguage() == asl.JSONPath && !s.hasKeepers(state) {
		return s.name(state.Name() + ": input")
	}
	return state.Name()
}

// hasKeepers reports whether the graphs inside a state keep what they complete.
func (x *exporter) hasKeepers(state asl.State) bool {
	return slices.ContainsFunc(innerGraphs(state), func(g *asl.Graph) bool { return x.keeping[g] })
}

// export exports one state that is no handler.
func (s *scope) export(state asl.State) {
	raw := s.retarget(s.raw[state.Name()])
	switch state := state.(type) {
	case *asl.Fail:
		if s.notesFailures() {
			raw = s.failing(state)
		}
		s.add(state.Name(), raw)
	case *asl.Succeed:
		if s.end != "" {
			raw = follow(raw.With("Type", "Pass"), s.toEnd())
		}
		s.add(state.Name(), raw)
	case *asl.Task, *asl.Parallel, *asl.Map:
		s.exportWorker(state, raw)
	default:
		s.add(state.Name(), raw)
	}
}

// retarget leads the transitions of a state to what their targets became, and ends to
// what hands on the output.
func (s *scope) retarget(state *value.Object) *value.Object {
	for _, field := range []string{"Next", "Default"} {
		if name, ok := state.Get(field); ok {
			state = state.With(field, s.entries[name.(string)])
		}
	}
	for _, field := range []string{"Choices", "Catch"} {
		items := listOf(state, field)
		if items == nil {
			continue
		}
		for i, item := range items {
			items[i] = s.retarget(item.(*value.Object))
		}
		state = state.With(field, items)
	}
	if end, ok := state.Get("End"); ok && end == true && s.end != "" {
		state = follow(state, s.toEnd())
	}
	return state
}

// toEnd is the transition to what hands on the output.
func (s *scope) toEnd() value.Member {
	s.ends = true
	return value.Member{Key: "Next", Value: s.end}
}

// transition returns how a state goes on: its Next, or its End.
func transition(state *value.Object) value.Member {
	if next, ok := state.Get("Next"); ok {
		return value.Member{Key: "Next", Value: next}
	}
	return value.Member{Key: "End", Value: true}
}

// follow gives a state another transition.
func follow(state *value.Object, to value.Member) *value.Object {
	return value.NewObject(append(slices.Clone(members(state.Without("Next").Without("End"))), to)...)
}

func members(o *value.Object) []value.Member {
	all := make([]value.Member, 0, o.Len()+1)
	for key, v := range o.All() {
		all = append(all, value.Member{Key: key, Value: v})
	}
	return all
}

// object builds an object of keys and values in turn; nil values are left out.
func object(keysAndValues ...any) *value.Object {
	var all []value.Member
	for i := 0; i < len(keysAndValues); i += 2 {
		if v := keysAndValues[i+1]; v != nil {
			all = append(all, value.Member{Key: keysAndValues[i].(string), Value: v})
		}
	}
	return value.NewObject(all...)
}

// assigning adds a variable to what a state, rule or Catcher assigns.
func assigning(o *value.Object, name string, v any) *value.Object {
	assigned, _ := o.Get("Assign")
	all, _ := assigned.(*value.Object)
	return o.With("Assign", all.With(name, v))
}

// withCatcher gives a state that does work a last Catcher, for whatever the user's
// leave. It leads to the loop.
func (s *scope) withCatcher(state asl.State, raw *value.Object) *value.Object {
	if !s.notesFailures() || catchesAll(state) {
		return raw
	}
	failure := value.Member{Key: s.variable(failureVariable), Value: "{% $states.errorOutput %}"}
	if state.QueryLanguage() == asl.JSONPath {
		failure = value.Member{Key: failure.Key + ".$", Value: "$"}
	}
	catcher := object("ErrorEquals", []any{catchAll}, "Assign", value.NewObject(failure), "Next", s.loop())
	return raw.With("Catch", append(listOf(raw, "Catch"), catcher))
}

// withGuard keeps the Retriers and Catchers of a state from a compensation that has
// failed in a scope inside.
func (s *scope) withGuard(state asl.State, raw *value.Object) *value.Object {
	if !s.mayBreakBelow(state) {
		return raw
	}
	if s.below == "" {
		s.below = s.named("undo failed inside")
	}
	broken := []any{errCompensationFailed}
	if retriers := listOf(raw, "Retry"); len(retriers) > 0 {
		raw = raw.With("Retry", slices.Insert(retriers, 0, any(object("ErrorEquals", broken, "MaxAttempts", int64(0)))))
	}
	return raw.With("Catch", slices.Insert(listOf(raw, "Catch"), 0, any(object("ErrorEquals", broken, "Next", s.below))))
}

// listOf returns a copy of a field that is a list, nil when there is none.
func listOf(o *value.Object, field string) []any {
	list, _ := o.Get(field)
	items, _ := list.([]any)
	return slices.Clone(items)
}

// catchesAll reports whether a state's own Catchers take all that can be caught.
func catchesAll(state asl.State) bool {
	var catchers []asl.Catcher
	switch s := state.(type) {
	case *asl.Task:
		catchers = s.Catch
	case *asl.Parallel:
		catchers = s.Catch
	case *asl.Map:
		catchers = s.Catch
	}
	return len(catchers) > 0 && slices.Contains(catchers[len(catchers)-1].ErrorEquals, catchAll)
}

// loop returns the name of the scope's loop, which something leads to from here on.
func (s *scope) loop() string {
	if s.undo == "" && s.keeps {
		s.undo = s.named("undo")
	} else if s.undo == "" {
		s.undo = s.named("failed")
	}
	return s.undo
}

// notesFailures reports whether the scope goes on when something has failed.
func (s *scope) notesFailures() bool { return s.keeps || s.survives }

// handlers returns those of what the scope may have to undo.
func (s *scope) handlers() []asl.State {
	if s.around == nil {
		return s.handlersOf(s.graph)
	}
	var handlers []asl.State
	for _, g := range innerGraphs(s.around) {
		handlers = append(handlers, s.handlersOf(g)...)
	}
	return handlers
}

// mayBreakBelow reports whether a compensation may fail in the graphs inside a state.
func (x *exporter) mayBreakBelow(state asl.State) bool {
	for _, g := range innerGraphs(state) {
		if x.keeping[g] && slices.ContainsFunc(x.handlersOf(g), func(h asl.State) bool { return h.Type() != "Pass" }) {
			return true
		}
	}
	return false
}

// handlersOf returns the handlers of what a graph and those inside it can complete,
// each once, in the order of the text.
func (x *exporter) handlersOf(g *asl.Graph) []asl.State {
	if known, ok := x.handling[g]; ok {
		return known
	}
	var handlers []asl.State
	seen := make(map[asl.State]bool)
	add := func(h asl.State) {
		if h != nil && !seen[h] {
			seen[h] = true
			handlers = append(handlers, h)
		}
	}
	for s := range g.All() {
		for _, inner := range innerGraphs(s) {
			for _, h := range x.handlersOf(inner) {
				add(h)
			}
		}
		add(asl.Handler(s))
	}
	x.handling[g] = handlers
	return handlers
}
