package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
	ds := slices.Clone(m.problems)
	for _, a := range m.Assumptions {
		ds = append(ds, Diagnostic{a.File, asl.Diagnostic{
			Severity: asl.Note, Code: asl.AssumedValue, Line: a.Line, Column: a.Column,
			Message: fmt.Sprintf("%q stands for %s, which can be set", a.Value, a.Name),
		}})
	}
	if m.Definition != nil {
		for _, d := range m.parser(p).Validate(m.Definition) {
			ds = append(ds, m.place(d))
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

// place gives a diagnostic about the definition its place in the file.
func (m *Machine) place(d asl.Diagnostic) Diagnostic {
	if d.Line > 0 {
		at := newSource("", m.text.string).offset(d.Line, d.Column)
		d.Line, d.Column = m.source.place(m.text.source(at))
	}
	return Diagnostic{m.File, d}
}

// offset returns where a line and a column, in characters, are.
func (s *source) offset(line, column int) int {
	at := s.lines[min(line, len(s.lines))-1]
	for range column - 1 {
		if at >= len(s.text) {
			break
		}
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return at
}

// report adds a problem of the file around the definition.
func (m *Machine) report(src *source, severity asl.Severity, code asl.Code, at int, format string, args ...any) *asl.Diagnostic {
	line, column := src.place(at)
	m.problems = append(m.problems, Diagnostic{src.name, asl.Diagnostic{
		Severity: severity, Code: code, Message: fmt.Sprintf(format, args...), Line: line, Column: column,
	}})
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
