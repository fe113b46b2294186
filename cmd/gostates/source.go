package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/spf13/cobra"
)

// A source says which definition of a file a command works with, and what its substitutions
// stand for.
type source struct {
	set     []string
	machine string
}

// sourceHelp says what files there are, for the help of commands.
const sourceHelp = `FILE is a definition in JSON or YAML, or a file that has one in it, as "gostates help
validate" says; of several machines --machine names the one that is meant.`

// add adds the flags.
func (s *source) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&s.set, "set", nil, "the value of ${NAME}, as `NAME=VALUE`")
	cmd.Flags().StringVar(&s.machine, "machine", "", "which state machine of the file, by its logical `ID`")
}

// read returns the machine of a file. When it is wrong, its problems are printed where they
// stand in the file, and the error is an exitStatus.
func (s *source) read(cmd *cobra.Command, name string, parser asl.Parser) (*template.Machine, error) {
	reader, err := readerOf(s.set)
	if err != nil {
		return nil, err
	}
	text, err := readFile(name, cmd.InOrStdin())
	if err != nil {
		return nil, err
	}
	name = filepath.ToSlash(name)
	refuse := func(ds ...template.Diagnostic) error {
		for _, d := range ds {
			printDiagnostics(cmd.ErrOrStderr(), d.File, asl.Diagnostics{d.Diagnostic})
		}
		return exitStatus(exitFailed)
	}
	file, err := reader.Read(name, text)
	if err != nil {
		return nil, refuse(unread(name, err))
	}
	machine, err := s.choose(name, file.Machines)
	if err != nil {
		return nil, err
	}
	if ds := machine.Validate(parser); ds.Err() != nil {
		return nil, refuse(gathered(machine, ds)...)
	}
	return machine, nil
}

// parse does what read does, and returns the machine itself.
func (s *source) parse(cmd *cobra.Command, name string, parser asl.Parser) (*asl.StateMachine, error) {
	m, err := s.read(cmd, name, parser)
	if err != nil {
		return nil, err
	}
	return m.Parse(parser)
}

// choose returns the machine that is meant.
func (s *source) choose(name string, machines []*template.Machine) (*template.Machine, error) {
	var ids []string
	for _, m := range machines {
		if s.machine != "" && m.ID == s.machine {
			return m, nil
		}
		ids = append(ids, m.ID)
	}
	switch {
	case len(machines) == 0:
		return nil, fmt.Errorf("%s has no state machine", name)
	case s.machine != "":
		return nil, fmt.Errorf("%s has no state machine %q%s", name, s.machine, didYouMean(s.machine, ids))
	case len(machines) > 1:
		return nil, misused("%s has several state machines: --machine says which one of %s", name, strings.Join(ids, ", "))
	}
	return machines[0], nil
}

// readerOf returns the reader that knows values of substitutions, given as NAME=VALUE.
func readerOf(set []string) (template.Reader, error) {
	reader := template.Reader{Files: template.Disk(), Set: make(map[string]string, len(set))}
	for _, s := range set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return reader, misused("--set takes NAME=VALUE, not %q", s)
		}
		reader.Set[name] = value
	}
	return reader, nil
}

// unread returns the problem of a file that could not be read.
func unread(name string, err error) template.Diagnostic {
	d := template.Diagnostic{File: name, Diagnostic: asl.Diagnostic{
		Severity: asl.Error, Code: asl.InvalidTemplate, Message: err.Error(), Line: 1, Column: 1,
	}}
	if syntax, ok := errors.AsType[*template.SyntaxError](err); ok {
		d.Message, d.Line, d.Column = syntax.Message, syntax.Line, syntax.Column
	}
	return d
}
