// Package export writes machines that compensate, an extension of this module's, in plain
// Amazon States Language.
//
//	result, err := export.Machine(machine)
//
// Where things stand:
//
//	export.go        Machine, and what is known of the whole machine
//	scope.go         the stack of a scope, the loop that undoes, and where failures lead
//	states.go        what becomes of each state
//	handler.go       handlers, and copies of those in scopes inside
//	expressions.go   expressions rewritten, in either query language
//	notes.go         what a plain machine does otherwise
package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// A Result is a machine as [Machine] has written it.
type Result struct {
	// Definition is the text: Amazon States Language without extensions.
	Definition string
	// Differences say what the definition does not do as the machine does, each a
	// [asl.Warning] with its place in the machine's own definition and, in Detail, the
	// reason. Those whose Pointer is "" hold for whatever is exported. There are none
	// for a machine that compensates nothing.
	Differences asl.Diagnostics
}

// An Error says why a machine can't be written without extensions.
type Error struct {
	// Diagnostics are the errors, code [asl.CannotExport], and the warnings that
	// [Result.Differences] would have held.
	Diagnostics asl.Diagnostics
}

// Error gives the first reason with its place, and how many more there are.
func (e *Error) Error() string {
	return (&asl.InvalidDefinitionError{Diagnostics: e.Diagnostics}).Error()
}

// Machine writes a machine that compensates as a definition of plain Amazon States
// Language, which AWS and [asl.Parse] accept and which does the same as far as that
// language can say it. A machine that compensates nothing is exported as the text it
// was parsed from.
//
// Each scope, which is the machine, a branch of a Parallel state or an iteration of a
// Map state, gets a variable with what was completed in it, and a loop that calls the
// handlers, the newest step first, and then fails with the error that began it. What
// can fail gets a last Catcher that leads there; Fail states become Pass states that do.
// Branches and iterations that end well hand on what they have completed, together with
// their output. A branch among others hands on its failure in the same way, and the
// Parallel state fails when all have ended and what they have completed is undone.
//
// What is generated is written in JSONata, as single states may be in a machine of
// either language, and says in its Comment what it is for. Names are chosen so that
// none repeats one of the machine's. The text is the same each time; it is indented,
// unless that would make it larger than [asl.MaxDefinitionSize].
//
// The error is an *[Error].
func Machine(m *asl.StateMachine) (*Result, error) {
	if !m.Compensates() {
		return &Result{Definition: m.Definition()}, nil
	}
	x := newExporter(m)
	x.noteDifferences()
	x.checkVariables(m.Graph)
	definition := x.definition()
	if x.size > asl.MaxDefinitionSize {
		x.refuse("", "The exported definition would be too large", "each scope has a copy of the handlers in the scopes inside")
	} else {
		x.checkText(definition)
	}
	m.Locate(x.problems)
	if x.problems.Err() != nil {
		return nil, &Error{Diagnostics: x.problems}
	}
	return &Result{Definition: definition, Differences: x.problems}, nil
}

// maxProblems is how many errors, and how many warnings, are reported.
const maxProblems = 1000

// The names of the language that are needed here.
const (
	catchAll         = "States.ALL"
	reserved         = "States."    // begins the error names of the language
	reservedVariable = "states"     // what JSONata sees of an execution
	compensateField  = "Compensate" // names the handler of a state
)

// An exporter writes one machine.
type exporter struct {
	machine   *asl.StateMachine
	problems  asl.Diagnostics
	reported  map[asl.Severity]int
	raw       map[string]*value.Object   // states as they are written
	texts     []string                   // all strings of the definition, and keys
	names     map[string]bool            // of states, the generated ones included
	numbers   map[string]int             // the last one that made a name different, by what was wanted
	handling  map[*asl.Graph][]asl.State // see handlersOf
	reads     map[asl.State]map[string]bool
	assigned  map[*asl.Graph]*assignment
	size      int                 // bytes of handlers and what calls them, which are there in each scope around
	keeping   map[*asl.Graph]bool // has states that can be undone, or the graphs inside have
	variables string              // begins the names of generated variables
}

func newExporter(m *asl.StateMachine) *exporter {
	x := &exporter{
		machine: m, reported: make(map[asl.Severity]int),
		raw: make(map[string]*value.Object), names: make(map[string]bool), keeping: make(map[*asl.Graph]bool),
		numbers: make(map[string]int), handling: make(map[*asl.Graph][]asl.State), reads: make(map[asl.State]map[string]bool), assigned: make(map[*asl.Graph]*assignment),
	}
	whole, _ := value.ParseDeep(m.Definition()) // it has been read before
	x.gather(m.Graph, whole.(*value.Object))
	x.collectTexts(whole)
	x.variables = "undo"
	for !x.unused(x.variables) {
		x.variables += "_"
	}
	return x
}

// gather finds the states of a graph as they are written, and whether it keeps.
func (x *exporter) gather(g *asl.Graph, raw *value.Object) {
	states, _ := raw.Get("States")
	for s := range g.All() {
		v, _ := states.(*value.Object).Get(s.Name())
		state := v.(*value.Object)
		x.raw[s.Name()], x.names[s.Name()] = state, true
		x.keeping[g] = x.keeping[g] || asl.Handler(s) != nil
		for i, inner := range innerGraphs(s) {
			x.gather(inner, rawGraph(state, i))
			x.keeping[g] = x.keeping[g] || x.keeping[inner]
		}
	}
}

// innerGraphs returns the graphs that a state has inside.
func innerGraphs(s asl.State) []*asl.Graph {
	switch s := s.(type) {
	case *asl.Parallel:
		return s.Branches
	case *asl.Map:
		return []*asl.Graph{s.Processor}
	}
	return nil
}

// processorFields name a Map state's processor.
var processorFields = []string{"ItemProcessor", "Iterator"}

// rawGraph returns one of a state's graphs as it is written.
func rawGraph(state *value.Object, i int) *value.Object {
	if branches, ok := state.Get("Branches"); ok {
		return branches.([]any)[i].(*value.Object)
	}
	for _, field := range processorFields {
		if processor, ok := state.Get(field); ok {
			return processor.(*value.Object)
		}
	}
	return nil
}

// collectTexts collects the strings and keys of a value.
func (x *exporter) collectTexts(v any) {
	switch v := v.(type) {
	case string:
		x.texts = append(x.texts, v)
	case []any:
		for _, item := range v {
			x.collectTexts(item)
		}
	case *value.Object:
		for key, item := range v.All() {
			x.texts = append(x.texts, "$"+key)
			x.collectTexts(item)
		}
	}
}

// unused reports whether the definition has no variable whose name begins so.
func (x *exporter) unused(name string) bool {
	return !slices.ContainsFunc(x.texts, func(text string) bool { return strings.Contains(text, "$"+name) })
}

// name returns a state's name that nothing else has, made of the wanted one.
func (x *exporter) name(wanted string) string {
	letters := []rune(wanted)
	wanted = string(letters[:min(len(letters), asl.MaxStateName)])
	for n := x.numbers[wanted] + 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" %d", n)
		}
		name := string(letters[:min(len(letters), asl.MaxStateName-len(suffix))]) + suffix
		if !x.names[name] {
			x.names[name], x.numbers[wanted] = true, n
			return name
		}
	}
}

// definition returns the whole text.
func (x *exporter) definition() string {
	whole, _ := value.ParseDeep(x.machine.Definition())
	exported := value.Append(nil, x.exportGraph(x.machine.Graph, whole.(*value.Object), nil, "", false, false))
	if len(exported) > asl.MaxDefinitionSize {
		return string(exported)
	}
	var b bytes.Buffer
	// What package value writes is JSON.
	_ = json.Indent(&b, exported, "", "  ")
	b.WriteByte('\n')
	if b.Len() > asl.MaxDefinitionSize {
		return string(exported)
	}
	return b.String()
}

// checkText holds what was written against the rules of the plain language.
func (x *exporter) checkText(definition string) {
	if x.problems.Err() != nil {
		return
	}
	for _, d := range (asl.Parser{}).Validate([]byte(definition)) {
		if d.Severity == asl.Error {
			x.refuse("", "What would be exported is no definition: "+d.Message, d.Pointer)
		}
	}
}

// say notes a problem with the place that a pointer names.
func (x *exporter) say(severity asl.Severity, code asl.Code, pointer, message, detail string) {
	if x.reported[severity]++; x.reported[severity] > maxProblems {
		return
	}
	x.problems = append(x.problems, asl.Diagnostic{Severity: severity, Code: code, Message: message, Detail: detail, Pointer: pointer})
}

// refuse notes why the machine can't be exported.
func (x *exporter) refuse(pointer, message, reason string) {
	x.say(asl.Error, asl.CannotExport, pointer, message, reason)
}

// differ notes what will not be the same.
func (x *exporter) differ(pointer, message, reason string) {
	x.say(asl.Warning, asl.ExportDiffers, pointer, message, reason)
}
