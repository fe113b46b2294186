package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// This file has the states that an exported scope consists of, apart from those that
// stay as they are.

// generated returns a state that is written in JSONata.
func (x *exporter) generated(typ, comment string, keysAndValues ...any) *value.Object {
	var language any
	if x.machine.QueryLanguage != asl.JSONata {
		language = string(asl.JSONata)
	}
	return object(append([]any{"Type", typ, "QueryLanguage", language, "Comment", comment}, keysAndValues...)...)
}

// query gives the expression of a text with generated variables in it: §undo stands for
// the variable of that name. Of functions it may use [neededFunctions] only.
func (s *scope) query(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	for _, what := range []string{inputVariable, resultsVariable, failureVariable, stepVariable, handlerVariable, keptVariable, eachVariable, stackVariable} {
		text = strings.ReplaceAll(text, "§undo"+what, "$"+s.variable(what))
	}
	return "{% " + text + " %}"
}

// quoted writes a string as JSONata does.
func quoted(text string) string {
	if strings.ContainsAny(text, `'\§`) || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' }) {
		return strings.ReplaceAll(value.String(text), "§", `\u00a7`)
	}
	return "'" + text + "'"
}

// begin is the first state of a scope.
func (s *scope) begin(next string) *value.Object {
	return object("Type", "Pass", "Comment", "Nothing has been completed yet that could be undone",
		"Assign", object(s.variable(stackVariable), []any{}), "Next", next)
}

// handOn is the last state of a scope inside: it hands on what was completed.
func (s *scope) handOn() *value.Object {
	output := object("Output", "{% $states.input %}")
	comment := "Hands on the output, as the branches beside this one do"
	if s.keeps {
		output = output.With("Undo", s.handedOn())
		comment = "Hands on the output, and what was completed and can be undone"
	}
	return s.generated("Pass", comment, "Output", output, "End", true)
}

// handedOn is the stack that a scope inside hands on, each step with the variables that
// handlers will want and that end here.
func (s *scope) handedOn() string {
	read := make(map[string]bool)
	for _, h := range s.handlers() {
		for name := range s.read(h) {
			read[name] = true
		}
	}
	var kept []string
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if s.assignedBy(s.graph).names[name] {
			kept = append(kept, fmt.Sprintf("$exists($%[1]s) ? {%[2]s: $%[1]s} : {}", name, quoted(name)))
		}
	}
	if kept == nil {
		return s.query("§undo")
	}
	return s.query("[$map(§undo, function(§undoEach) { $merge([§undoEach, {'Variables': $merge([%s, §undoEach.Variables])}]) })]", strings.Join(kept, ", "))
}

// failing is what a Fail state becomes: it notes its error.
func (s *scope) failing(state *asl.Fail) *value.Object {
	raw := s.raw[state.Name()]
	failure := []value.Member{{Key: "Error"}, {Key: "Cause"}}
	for i, m := range failure {
		if v, ok := raw.Get(m.Key); ok {
			failure[i].Value = v
		} else if v, ok := raw.Get(m.Key + "Path"); ok {
			failure[i] = value.Member{Key: m.Key + ".$", Value: v}
		}
		raw = raw.Without(m.Key).Without(m.Key + "Path")
	}
	if failure[0].Value != nil && failure[1].Value == nil {
		failure[1].Value = "" // as in an Error Output
	}
	raw = raw.With("Type", "Pass").With("Assign", object(s.variable(failureVariable), value.NewObject(failure...)))
	return follow(raw, value.Member{Key: "Next", Value: s.loop()})
}

// exportWorker exports a Task, Parallel or Map state: the state itself, and around it
// what notes its input and output.
func (s *scope) exportWorker(state asl.State, raw *value.Object) {
	name := state.Name()
	handler := asl.Handler(state)
	raw = raw.Without(compensateField)
	onward := transition(raw)
	var chain []value.Member // all but the last go on to the next
	add := func(name string, o *value.Object) { chain = append(chain, value.Member{Key: name, Value: o}) }
	if entry := s.entries[name]; entry != name {
		// In JSONata, since no path applies to an input that is null.
		add(entry, s.generated("Pass", "Keeps the input of "+name, "Assign", object(s.variable(inputVariable), "{% $states.input %}")))
	}
	if s.hasKeepers(state) {
		s.split(state, raw, add)
	} else {
		add(name, s.withCatcher(state, raw))
	}
	if handler != nil {
		last := &chain[len(chain)-1]
		o := last.Value.(*value.Object)
		_, shaped := o.Get("Output")
		switch {
		case state.QueryLanguage() == asl.JSONPath:
			add(s.name(name+": done"), s.done(state, "§undoInput"))
		case shaped:
			last.Value = assigning(o, s.variable(inputVariable), "{% $states.input %}")
			add(s.name(name+": done"), s.done(state, "§undoInput"))
		default:
			last.Value = assigning(o, s.variable(stackVariable), s.push(state, "$states.input", "$states.result"))
		}
	}
	for i, m := range chain {
		next := onward
		if i < len(chain)-1 {
			next = value.Member{Key: "Next", Value: chain[i+1].Key}
		}
		s.add(m.Key, follow(m.Value.(*value.Object), next))
	}
}

// exportInside exports the graphs inside a state, wrapped. It returns what finds their
// results in the state's own, and whether the steps are in the order of their completion.
func (s *scope) exportInside(state asl.State, raw *value.Object) (exported *value.Object, inOrder bool) {
	label := func(i int) string { return fmt.Sprintf("%s: branch %d", state.Name(), i+1) }
	switch state := state.(type) {
	case *asl.Parallel:
		if len(state.Branches) > 1 {
			return raw.With("Branches", []any{s.exportBeside(state, raw, label)}), true
		}
		return raw.With("Branches", []any{s.exportGraph(state.Branches[0], rawGraph(raw, 0), s, label(0), true, false)}), false
	case *asl.Map:
		for _, field := range processorFields {
			if _, ok := raw.Get(field); ok {
				raw = raw.With(field, s.exportGraph(state.Processor, rawGraph(raw, 0), s, state.Name()+": iteration", true, false))
			}
		}
	}
	return raw, false
}

// exportBeside exports the branches of a Parallel state that has more than one. A
// failure would abort the others, and what they have completed would be lost. So each
// hands on its failure like an output, and a scope around them undoes what is left to
// undo, and then fails.
func (s *scope) exportBeside(p *asl.Parallel, raw *value.Object, label func(int) string) *value.Object {
	mid := &scope{exporter: s.exporter, graph: s.graph, outer: s, label: p.Name() + ": inside", keeps: true, around: p}
	begin, all, outcome, end := mid.named("begin"), s.name(p.Name()+": branches"), mid.named("outcome"), mid.named("end")
	branches := make([]any, len(p.Branches))
	for i, g := range p.Branches {
		branches[i] = s.exportGraph(g, rawGraph(raw, i), mid, label(i), true, true)
	}
	results := mid.variable(resultsVariable)
	mid.add(begin, mid.begin(all))
	mid.add(all, mid.generated("Parallel", "The branches of "+p.Name()+"; one that fails hands on its failure",
		"Branches", branches,
		"Assign", object(results, "{% $states.result %}", mid.variable(stackVariable), mid.merged("$states.result")),
		"Next", outcome))
	mid.add(outcome, mid.generated("Choice", "Asks whether a branch has failed, and which was the first",
		"Choices", []any{object(
			"Condition", mid.query("$exists(§undoResults.Failure)"),
			"Assign", object(mid.variable(failureVariable),
				mid.query("$sort(§undoResults[$exists(Failure)], function($l, $r) { $l.At > $r.At })[0].Failure")),
			"Next", mid.loop())},
		"Default", end))
	mid.add(end, mid.generated("Pass", "Hands on the outputs, and what was completed and can be undone",
		"Output", object("Results", mid.query("§undoResults"), "Undo", mid.query("§undo")), "End", true))
	mid.addEnds()
	return object("StartAt", begin, "States", value.NewObject(mid.states...))
}

// merged is the stack together with what branches or iterations have completed, in the
// order of that.
func (s *scope) merged(results string) string {
	return s.query("[$sort($reverse(%s).Undo, function($l, $r) { $l.At < $r.At }), §undo]", results)
}

// resultFields are what a Parallel or Map state makes of its result. When that comes
// wrapped, another state has them.
var resultFields = []string{"ResultSelector", "ResultPath", "OutputPath", "Output", "Assign"}

// split exports a Parallel or Map state whose result is wrapped. It keeps its name and
// its work, and hands its input on; another Map state unwraps the result, and makes of
// it what the user wants.
func (s *scope) split(state asl.State, raw *value.Object, add func(string, *value.Object)) {
	name := state.Name()
	worker, inOrder := s.exportInside(state, raw)
	language, _ := raw.Get("QueryLanguage")
	result := object("Type", "Map", "QueryLanguage", language, "Comment", "The result of "+name+", without what can be undone of it")
	var moved []value.Member
	for _, key := range resultFields {
		worker = worker.Without(key)
		if v, ok := raw.Get(key); ok {
			moved = append(moved, value.Member{Key: key, Value: v})
		}
	}
	found, results, stack := "{% $states.result %}", "$", s.merged("§undoResults")
	if inOrder {
		found, results, stack = "{% $states.result[0].Results %}", "$[0]", s.query("[§undoResults.Undo, §undo]")
	}
	result = value.NewObject(slices.Concat(members(result), s.unwrapper(state, inOrder), moved)...)
	if len(moved) > 0 {
		if catch, ok := raw.Get("Catch"); ok {
			result = result.With("Catch", catch)
		}
		result = s.withCatcher(state, result)
	}
	worker = s.withGuard(state, s.withCatcher(state, worker))
	resultsName := s.variable(resultsVariable)
	if state.QueryLanguage() == asl.JSONata {
		stack = s.merged("$states.result")
		if inOrder {
			stack = s.query("[$states.result[0].Undo, §undo]")
		}
		worker = worker.With("Output", "{% $states.input %}")
		worker = assigning(worker, resultsName, found)
		add(name, assigning(worker, s.variable(stackVariable), stack))
	} else {
		worker = worker.With("ResultPath", nil)
		add(name, assigning(worker, resultsName+".$", results))
		assigned := object(s.variable(stackVariable), stack)
		if asl.Handler(state) != nil {
			assigned = assigned.With(s.variable(inputVariable), "{% $states.input %}")
		}
		add(s.name(name+": steps"), s.generated("Pass", "Notes what was completed inside "+name+", in the order of its completion", "Assign", assigned))
	}
	add(s.name(name+": result"), result)
}

// unwrapper returns the fields of a Map state that takes the output out of each result.
func (s *scope) unwrapper(state asl.State, inOrder bool) []value.Member {
	items := value.Member{Key: "ItemsPath", Value: "$" + s.variable(resultsVariable)}
	if inOrder {
		items.Value = "$" + s.variable(resultsVariable) + ".Results"
	}
	if state.QueryLanguage() == asl.JSONata {
		items = value.Member{Key: "Items", Value: s.query("§undoResults")}
	}
	one := object("Type", "Pass", "OutputPath", "$.Output", "End", true)
	switch m, _ := state.(*asl.Map); {
	case m != nil && (m.ToleratedFailureCount.IsSet() || m.ToleratedFailurePercentage.IsSet()):
		one = s.generated("Pass", "An iteration that has failed has nothing to unwrap",
			"Output", "{% $exists($states.input.Output) ? $states.input.Output : $states.input %}", "End", true)
	case s.machine.QueryLanguage == asl.JSONata:
		one = object("Type", "Pass", "Output", "{% $states.input.Output %}", "End", true)
	}
	name := s.name(state.Name() + ": output")
	return []value.Member{items, {Key: "ItemProcessor", Value: object("StartAt", name, "States", object(name, one))}}
}

// done is the state after one that can be undone: it notes that.
func (s *scope) done(state asl.State, input string) *value.Object {
	return s.generated("Pass", fmt.Sprintf("Notes that %s is completed, and that %s undoes it", state.Name(), asl.Handler(state).Name()),
		"Assign", object(s.variable(stackVariable), s.push(state, input, "$states.input")))
}

// push is the stack with one more step. Only scopes inside another need to say when it
// was completed.
func (s *scope) push(state asl.State, input, output string) string {
	at := ""
	if s.outer != nil {
		at = ", 'At': $millis()"
	}
	return s.query("[{'State': %s, 'Handler': %s%s, 'Undo': {'Input': %s, 'Output': %s}}, §undo]",
		quoted(state.Name()), quoted(asl.Handler(state).Name()), at, input, output)
}

// addEnds adds where failures lead.
func (s *scope) addEnds() {
	switch {
	case s.undo == "":
	case s.keeps:
		s.addLoop()
	default:
		s.add(s.undo, s.survivor("Hands on the failure"))
	}
	if s.below != "" {
		s.add(s.below, s.generated("Fail", "A compensation inside has failed, and nothing may catch that",
			"Error", errCompensationFailed, "Cause", "{% $states.input.Cause %}"))
	}
}

// survivor is the end of a scope that hands on its failure.
func (s *scope) survivor(comment string) *value.Object {
	return s.generated("Pass", comment, "Output", object("Failure", s.query("§undoFailure"), "At", "{% $millis() %}"), "End", true)
}

// addLoop adds the loop that undoes, with its handlers and ends.
func (s *scope) addLoop() {
	failed := s.named("failed")
	var rules []any
	var handlers []value.Member
	for _, h := range s.handlers() {
		if s.size > asl.MaxDefinitionSize {
			break
		}
		name, state, ended := s.handler(h)
		handlers = append(handlers, value.Member{Key: name, Value: state})
		var kept any
		if ended != nil {
			kept = s.query("§undo[0].Variables")
		}
		rule := object(
			"Condition", s.query("§undo[0].Handler = %s", quoted(h.Name())),
			"Output", s.query("$merge([§undo[0].Undo, §undoFailure])"),
			"Assign", object(
				s.variable(stepVariable), s.query("$merge([{'State': §undo[0].State}, §undo[0].Undo, §undoFailure])"),
				s.variable(keptVariable), kept,
				s.variable(stackVariable), s.query("[§undo#$i[$i > 0]]")),
			"Next", name)
		s.size += value.Size(rule)
		rules = append(rules, rule)
	}
	const comment = "Everything is undone: fails with the error that began it"
	var ends []value.Member
	if s.survives {
		ends = append(ends, value.Member{Key: failed, Value: s.survivor("Everything is undone: hands on the failure that began it")})
	} else {
		name := s.query("§undoFailure.Error = null ? '' : §undoFailure.Error")
		short := s.named("failed without cause")
		rules = append(rules, object("Condition", s.query("§undoFailure.Cause = null or §undoFailure.Cause = ''"), "Next", short))
		ends = append(ends,
			value.Member{Key: failed, Value: s.generated("Fail", comment, "Error", name, "Cause", s.query("§undoFailure.Cause"))},
			value.Member{Key: short, Value: s.generated("Fail", comment, "Error", name)})
	}
	s.add(s.undo, s.generated("Choice", "Undoes what was completed, the newest step first, until nothing is left", "Choices", rules, "Default", failed))
	s.states = append(append(s.states, handlers...), ends...)
	if s.broken != "" {
		s.add(s.broken, s.generated("Fail", "A handler has failed for good, so what is left is not undone",
			"Error", errCompensationFailed, "Cause", s.brokenCause()))
	}
}

// brokenCause is the cause of a compensation that has failed, as JSON. The input is the
// handler's failure.
func (s *scope) brokenCause() string {
	const most = 100
	remaining := "§undoStep.State, §undo.State"
	for o := s.outer; o != nil; o = o.outer {
		remaining += ", $" + o.variable(stackVariable) + ".State"
	}
	return s.query("$string({'Error': §undoFailure.Error, 'Cause': §undoFailure.Cause, 'State': §undoStep.State, 'Handler': §undoHandler, "+
		"'HandlerFailure': $states.input, 'Remaining': [[%s]#$i[$i < %d]]})", remaining, most)
}
