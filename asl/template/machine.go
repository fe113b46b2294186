package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
)

// A Machine is a state machine that a file has.
type Machine struct {
	// ID is what the file calls the machine, a template's logical ID for instance; "" when
	// the file is the definition.
	ID string
	// Name is what AWS would call the machine, "" when the file doesn't say.
	Name string
	// Type is [asl.Standard] unless the file says otherwise.
	Type asl.MachineType
	// Role is the ARN of the machine's role, "" when the file doesn't say. SAM makes a
	// role then.
	Role string
	// Logging says what the machine logs.
	Logging Logging
	// Tracing says whether the machine sends traces to X-Ray.
	Tracing bool
	// Definition is the text of the definition in JSON, with all substitutions made; nil
	// when there is none that can be read, which Validate tells.
	Definition []byte
	// File is the name of the file that holds the definition: the file that was read, or one
	// that it names, as [Reader.Files] has it.
	File string
	// Line and Column are where the machine begins in the file that was read.
	Line, Column int
	// Assumptions are the values that stand for others, in the order in which they were
	// needed.
	Assumptions []Assumption

	source   *source // that of the definition
	text     text
	whole    bool // the text is that of the file, but for substitutions
	problems Diagnostics
}

// Logging is what a machine logs, as AWS's LoggingConfiguration has it.
type Logging struct {
	// Level is "ALL", "ERROR", "FATAL", "OFF", or "" when the file doesn't say.
	Level string
	// IncludeExecutionData says whether inputs and outputs are logged, too.
	IncludeExecutionData bool
	// Groups are the ARNs of the log groups.
	Groups []string
}

// A Diagnostic is a problem of a state machine, or of the file around it. Its Line and
// Column are those of the file; its Pointer is that in the definition.
type Diagnostic struct {
	// File is the name of the file.
	File string
	asl.Diagnostic
}

// String gives the diagnostic on one line, with its file and its place.
func (d Diagnostic) String() string {
	separator := ":"
	if d.Line == 0 {
		separator = ": "
	}
	return d.File + separator + d.Diagnostic.String()
}

// Diagnostics are the problems of one state machine.
type Diagnostics []Diagnostic

// Err returns nil when no diagnostic is an error, else an *[InvalidError] that holds all of
// them.
func (ds Diagnostics) Err() error {
	if !slices.ContainsFunc(ds, Diagnostic.fatal) {
		return nil
	}
	return &InvalidError{Diagnostics: ds}
}

func (d Diagnostic) fatal() bool { return d.Severity == asl.Error }

// An InvalidError says why a state machine can't be used.
type InvalidError struct {
	// Diagnostics are all there are, at least one of them an error.
	Diagnostics Diagnostics
}

// Error gives the first error, and how many more there are.
func (e *InvalidError) Error() string {
	var first *Diagnostic
	more := -1
	for i := range e.Diagnostics {
		if e.Diagnostics[i].fatal() {
			if more++; first == nil {
				first = &e.Diagnostics[i]
			}
		}
	}
	switch {
	case first == nil:
		return "template: invalid state machine"
	case more == 0:
		return "template: " + first.String()
	default:
		return fmt.Sprintf("template: %s (and %d more)", first, more)
	}
}

// Validate returns all problems of the machine and of what the file says about it, warnings
// and notes too, by their files and places. The definition is read as p says, and as one for
// Express executions when the machine's Type is that.
func (m *Machine) Validate(p asl.Parser) Diagnostics {
	return m.examine(m.parser(p).Validate)
}

// examine returns the machine's problems, with those that validate finds in the definition.
func (m *Machine) examine(validate func(definition []byte) asl.Diagnostics) Diagnostics {
	ds := slices.Clone(m.problems)
	for _, a := range m.Assumptions {
		ds = append(ds, a.source.problem(asl.Note, asl.AssumedValue, a.at, "%s stands for ${%s}, which is not set", a.Value, a.Name))
	}
	if m.Definition != nil {
		for _, d := range validate(m.Definition) {
			ds = append(ds, m.Place(d))
		}
	}
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ds
}

// Parse reads the definition, as Validate does. The error is an *[InvalidError].
func (m *Machine) Parse(p asl.Parser) (*asl.StateMachine, error) {
	if m.problems.Err() == nil && m.Definition != nil {
		machine, err := m.parser(p).Parse(m.Definition)
		if err == nil {
			return machine, nil
		}
		if _, ok := errors.AsType[*asl.InvalidDefinitionError](err); !ok {
			return nil, err
		}
	}
	return nil, m.Validate(p).Err()
}

func (m *Machine) parser(p asl.Parser) asl.Parser {
	if m.Type == asl.Express {
		p.Type = asl.Express
	}
	return p
}

// Inspect does what Validate does, and reads a definition that is no JSON as far as possible,
// as [asl.Parser.Outline] does: for editors.
func (m *Machine) Inspect(p asl.Parser) Diagnostics {
	return m.examine(func(definition []byte) asl.Diagnostics {
		return m.parser(p).Outline(definition).Diagnostics
	})
}

// Place returns a diagnostic about the Definition with the places that it has in the file.
func (m *Machine) Place(d asl.Diagnostic) Diagnostic {
	if d.Line > 0 {
		d.Range = m.find(d.Range)
		d.Line, d.Column = d.Range.Start.Line, d.Range.Start.Column
	}
	var fixes []asl.Fix
	for _, f := range d.Fixes {
		if edits, ok := m.edits(f.Edits); ok {
			fixes = append(fixes, asl.Fix{Title: f.Title, Edits: edits})
		}
	}
	d.Fixes = fixes
	return Diagnostic{m.File, d}
}

// find returns where in the file a part of the definition stands.
func (m *Machine) find(r asl.Range) asl.Range {
	start, end := m.text.source(r.Start.Offset), m.text.source(r.Start.Offset)
	if r.End.Offset > r.Start.Offset {
		end = max(start, m.text.end(r.End.Offset))
	}
	return asl.Range{Start: m.source.position(start), End: m.source.position(end)}
}

// edits returns the changes of a fix as changes of the file, and whether they can be made
// there: where the definition is the file, but for its substitutions.
func (m *Machine) edits(all []asl.Edit) ([]asl.Edit, bool) {
	edits := make([]asl.Edit, len(all))
	for i, e := range all {
		start, end := e.Range.Start.Offset, e.Range.End.Offset
		source := m.text.source(start)
		if m.source == nil || !m.whole || source+end-start > len(m.source.text) ||
			m.text.string[start:end] != m.source.text[source:source+end-start] {
			return nil, false
		}
		edits[i] = asl.Edit{Range: asl.Range{Start: m.source.position(source), End: m.source.position(source + end - start)}, Text: e.Text}
	}
	return edits, true
}

// report adds a problem of the file around the definition.
func (m *Machine) report(src *source, severity asl.Severity, code asl.Code, at int, format string, args ...any) *asl.Diagnostic {
	m.problems = append(m.problems, src.problem(severity, code, at, format, args...))
	return &m.problems[len(m.problems)-1].Diagnostic
}

// typed sets the machine's type from a word of the file's.
func (m *Machine) typed(src *source, word text) {
	switch strings.ToUpper(word.string) {
	case "", "STANDARD":
	case "EXPRESS":
		m.Type = asl.Express
	default:
		m.report(src, asl.Error, asl.InvalidTemplate, word.source(0), "the type of a state machine is STANDARD or EXPRESS, not %q", word.string).
			Suggestion = asl.Nearest(word.string, []string{"STANDARD", "EXPRESS"})
	}
}
