package asl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxDefinitionSize is the largest definition that is read, in bytes (AWS's
// quota).
const MaxDefinitionSize = 1 << 20

// A MachineType is the kind of execution a definition is meant for.
type MachineType uint8

// The machine types. A definition does not say its own.
const (
	// Standard executions may run anything.
	Standard MachineType = iota
	// Express executions cannot wait for jobs, Task Tokens and activities.
	Express
)

// A Parser reads definitions. The zero value reads what a Standard execution can
// run; a Parser may be used by any number of goroutines.
type Parser struct {
	// Type is the kind of execution to read for. [Express] also refuses what an
	// Express execution cannot run.
	Type MachineType
	// Extensions also reads what this package adds to the language: the field
	// Compensate, with which states name what undoes them. AWS knows none of it,
	// so [Diagnostics.AWS] is then what AWS would report apart from it.
	Extensions bool
	// AWS also refuses what runs here and does not on AWS: a Task whose Resource is no
	// ARN, such as "reserve-inventory", and fields that such Tasks bring along.
	AWS bool
}

// Parse reads a definition with the zero [Parser].
func Parse[Text ~string | ~[]byte](definition Text) (*StateMachine, error) {
	return Parser{}.parse(string(definition))
}

// Parse reads a definition. The error is an *[InvalidDefinitionError] that holds
// every problem there is; warnings alone are no error.
func (p Parser) Parse(definition []byte) (*StateMachine, error) {
	return p.parse(string(definition))
}

func (p Parser) parse(definition string) (*StateMachine, error) {
	r := p.read(definition)
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return r.machine, nil
}

// Validate returns every problem of a definition, warnings too, in the order of
// the text; of a thousand errors and a thousand warnings there are no more. A
// definition without an [Error] among them can be parsed.
func (p Parser) Validate(definition []byte) Diagnostics {
	return p.read(string(definition)).problems
}

// ExpressProblems returns what in the machine an Express execution cannot run:
// nothing, or errors that refuse to start one.
func (m *StateMachine) ExpressProblems() Diagnostics { return slices.Clone(m.express) }

// read reads a definition into a reader that holds the machine and its problems.
func (p Parser) read(definition string) *reader {
	r := &reader{text: definition, extensions: p.Extensions, aws: p.AWS, reported: make(map[Severity]int)}
	switch {
	case definition == "":
		r.problems = Diagnostics{{Severity: Error, Code: MissingDescription, Message: "The definition is empty"}}
	case len(definition) > MaxDefinitionSize:
		r.problems = Diagnostics{{Severity: Error, Code: DefinitionTooLarge,
			Message: fmt.Sprintf("The definition has %d bytes, more than the %d allowed", len(definition), MaxDefinitionSize)}}
	case strings.TrimSpace(definition) == "":
		r.problems = Diagnostics{notAnObject()}
	default:
		r.scan()
	}
	if p.Type == Express {
		r.problems = append(r.problems, r.express...)
	}
	r.locate(r.problems)
	r.foldConsequences()
	r.locate(r.express)
	if r.machine != nil {
		r.machine.express = r.express
	}
	return r
}

// notAnObject is AWS's answer to a definition that is JSON, but no object, or
// blank. It has no place.
func notAnObject() Diagnostic {
	return Diagnostic{Severity: Error, Code: SchemaValidationFailed, Message: "Definition must be a valid JSON object"}
}

// A reader turns one definition into a machine and collects its problems.
type reader struct {
	text       string
	extensions bool
	aws        bool
	problems   Diagnostics
	express    Diagnostics
	machine    *StateMachine
	tree       *element        // the definition, when it is an object
	labels     map[string]bool // of Map states
	names      map[string]bool // of states
	spell      speller
	reported   map[Severity]int
	surplus    Diagnostic // takes what is reported beyond maxProblems
}

func (r *reader) scan() {
	e, err := scan(r.text)
	if syntax, ok := errors.AsType[*scanError](err); ok {
		r.problems = append(r.problems, Diagnostic{
			Severity: Error, Code: InvalidJSON, Message: syntax.message, aws: syntax.Error(), Detail: explainSyntax(r.text, syntax.offset),
			Location: syntax.location, offset: syntax.offset,
		})
		return
	}
	if e.kind != objectKind {
		r.problems = append(r.problems, notAnObject())
		return
	}
	r.tree = e
	r.readMachine(root(e))
}

// locate puts diagnostics in the order of the text and gives them their lines and columns,
// their ranges and fixes.
func (r *reader) locate(ds Diagnostics) {
	ds.sort()
	places := make([]*Position, 0, 2*len(ds))
	for i := range ds {
		d := &ds[i]
		d.Range = r.rangeOf(d)
		places = append(places, &d.Range.Start, &d.Range.End)
		if i >= maxFixes {
			continue
		}
		d.Fixes = r.fixesFor(d)
		for f := range d.Fixes {
			for e := range d.Fixes[f].Edits {
				edit := &d.Fixes[f].Edits[e]
				places = append(places, &edit.Range.Start, &edit.Range.End)
			}
		}
	}
	settle(r.text, places)
	for i := range ds {
		ds[i].Line, ds[i].Column = ds[i].Range.Start.Line, ds[i].Range.Start.Column
	}
}

// Locate gives diagnostics about the machine their lines, columns and ranges, by their Pointers,
// and puts them into the order of the text. A Pointer that leads nowhere is cut to where it does.
func (m *StateMachine) Locate(ds Diagnostics) {
	whole, _ := scan(m.definition) // it has been read before
	for i := range ds {
		at := root(whole).follow(ds[i].Pointer)
		ds[i].Pointer, ds[i].offset = at.pointer(), at.at
	}
	(&reader{text: m.definition}).locate(ds)
}

// fail reports an error at a place. The result may be refined until the next
// report.
func (r *reader) fail(at *place, format string, args ...any) *Diagnostic {
	return r.report(Error, SchemaValidationFailed, at, format, args...)
}

// warn reports a warning.
func (r *reader) warn(code Code, at *place, format string, args ...any) *Diagnostic {
	return r.report(Warning, code, at, format, args...)
}

// maxProblems is how many errors, and how many warnings, are reported.
const maxProblems = 1000

func (r *reader) report(severity Severity, code Code, at *place, format string, args ...any) *Diagnostic {
	if r.full(severity) {
		return &r.surplus
	}
	r.reported[severity]++
	r.problems = append(r.problems, Diagnostic{
		Severity: severity, Code: code, Message: fmt.Sprintf(format, args...),
		Pointer: at.pointer(), Location: at.location(), offset: at.start, at: at,
	})
	return &r.problems[len(r.problems)-1]
}

// full reports whether enough problems of a severity have been reported.
func (r *reader) full(severity Severity) bool { return r.reported[severity] >= maxProblems }
