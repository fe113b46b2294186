package asl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// An Exported is a machine as [Export] has written it.
type Exported struct {
	// Definition is the text: Amazon States Language without extensions.
	Definition string
	// Differences say what the definition does not do as the machine does, each a
	// [Warning] with its place in the machine's own definition and, in Detail, the
	// reason. Those whose Pointer is "" hold for whatever is exported. There are none
	// for a machine that compensates nothing.
	Differences Diagnostics
}

// An ExportError says why a machine can't be written without extensions.
type ExportError struct {
	// Diagnostics are the errors, code [CannotExport], and the warnings that
	// [Exported.Differences] would have held.
	Diagnostics Diagnostics
}

// Error gives the first reason with its place, and how many more there are.
func (e *ExportError) Error() string { return summary("cannot be exported", e.Diagnostics) }

// Export writes a machine that compensates as a definition of plain Amazon States
// Language, which AWS and [Parse] accept and which does the same as far as that
// language can say it. A machine that compensates nothing is exported as the text it
// was parsed from.
//
// Each scope, which is the machine, a branch of a Parallel state or an iteration of a
// Map state, gets a variable with what was completed in it, and a loop that calls the
// handlers, the newest step first, and then fails with the error that began it. What
// can fail gets a last Catcher that leads there; Fail states become Pass states that do.
// Branches and iterations that end well hand on what they have completed, together with
// their output.
//
// What is generated is written in JSONata, as single states may be in a machine of
// either language, and says in its Comment what it is for. Names are chosen so that
// none repeats one of the machine's. The text is the same each time; it is indented,
// unless that would make it larger than [MaxDefinitionSize].
//
// The error is an *[ExportError].
func Export(m *StateMachine) (*Exported, error) {
	if !m.compensates {
		return &Exported{Definition: m.definition}, nil
	}
	x := newExporter(m)
	x.noteDifferences()
	x.checkVariables(m.Graph)
	definition := x.definition()
	if x.size > MaxDefinitionSize {
		x.refuse("", "The exported definition would be too large", "each scope has a copy of the handlers in the scopes inside")
	} else {
		x.checkText(definition)
	}
	x.reader.locate(x.reader.problems)
	problems := x.reader.problems
	if problems.Err() != nil {
		return nil, &ExportError{Diagnostics: problems}
	}
	return &Exported{Definition: definition, Differences: problems}, nil
}

// An exporter writes one machine.
type exporter struct {
	machine   *StateMachine
	reader    *reader // knows the places, and collects what is to be said
	root      *place
	raw       map[string]*value.Object // states as they are written
	texts     []string                 // all strings of the definition, and keys
	names     map[string]bool          // of states, the generated ones included
	numbers   map[string]int           // the last one that made a name different, by what was wanted
	handling  map[*Graph][]State       // see handlersOf
	reads     map[State]map[string]bool
	assigned  map[*Graph][]string // see assignedBy
	size      int                 // bytes of the handlers, which are copied into each scope around
	keeping   map[*Graph]bool     // has states that can be undone, or the graphs inside have
	variables string              // begins the names of generated variables
}

func newExporter(m *StateMachine) *exporter {
	x := &exporter{
		machine: m, reader: &reader{text: m.definition, reported: make(map[Severity]int)},
		raw: make(map[string]*value.Object), names: make(map[string]bool), keeping: make(map[*Graph]bool),
		numbers: make(map[string]int), handling: make(map[*Graph][]State), reads: make(map[State]map[string]bool), assigned: make(map[*Graph][]string),
	}
	// Both have been read before.
	element, _ := scan(m.definition)
	x.root = root(element)
	whole, _ := value.ParseDeep(m.definition)
	for name := range m.byName {
		x.names[name] = true
	}
	x.gather(m.Graph, whole.(*value.Object))
	x.collectTexts(whole)
	x.variables = "undo"
	for !x.unused(x.variables) {
		x.variables += "_"
	}
	return x
}

// gather finds the states of a graph as they are written, and whether it keeps.
func (x *exporter) gather(g *Graph, raw *value.Object) {
	states, _ := raw.Get("States")
	for s := range g.All() {
		v, _ := states.(*value.Object).Get(s.Name())
		state := v.(*value.Object)
		x.raw[s.Name()] = state
		x.keeping[g] = x.keeping[g] || Handler(s) != nil
		for i, inner := range innerGraphs(s) {
			x.gather(inner, rawGraph(state, i))
			x.keeping[g] = x.keeping[g] || x.keeping[inner]
		}
	}
}

// innerGraphs returns the graphs that a state has inside.
func innerGraphs(s State) []*Graph {
	switch s := s.(type) {
	case *Parallel:
		return s.Branches
	case *Map:
		return []*Graph{s.Processor}
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
	wanted = string(letters[:min(len(letters), maxStateName)])
	for n := x.numbers[wanted] + 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" %d", n)
		}
		name := string(letters[:min(len(letters), maxStateName-len(suffix))]) + suffix
		if !x.names[name] {
			x.names[name], x.numbers[wanted] = true, n
			return name
		}
	}
}

// definition returns the whole text.
func (x *exporter) definition() string {
	whole, _ := value.ParseDeep(x.machine.definition)
	exported := value.Append(nil, x.exportGraph(x.machine.Graph, whole.(*value.Object), nil, "", false, false))
	var b bytes.Buffer
	// What package value writes is JSON.
	_ = json.Indent(&b, exported, "", "  ")
	b.WriteByte('\n')
	if b.Len() > MaxDefinitionSize {
		return string(exported)
	}
	return b.String()
}

// checkText holds what was written against the rules of the plain language.
func (x *exporter) checkText(definition string) {
	if x.reader.problems.Err() != nil {
		return
	}
	for _, d := range (Parser{}).Validate([]byte(definition)) {
		if d.Severity == Error {
			x.refuse("", "What would be exported is no definition: "+d.Message, d.Pointer)
		}
	}
}

// say notes a problem with the place that a pointer names.
func (x *exporter) say(severity Severity, code Code, pointer, message, detail string) {
	at := x.root.follow(pointer)
	d := x.reader.report(severity, code, at, "%s", message)
	d.Detail, d.Location = detail, ""
	if at.parent != nil {
		d.offset = at.at
	}
}

// refuse notes why the machine can't be exported.
func (x *exporter) refuse(pointer, message, reason string) {
	x.say(Error, CannotExport, pointer, message, reason)
}

// differ notes what will not be the same.
func (x *exporter) differ(pointer, message, reason string) {
	x.say(Warning, ExportDiffers, pointer, message, reason)
}
