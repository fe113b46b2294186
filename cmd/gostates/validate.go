package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/template"
	"github.com/spf13/cobra"
)

func validateCommand() *cobra.Command {
	var v validation
	var express bool
	var set []string
	cmd := &cobra.Command{
		Use:   "validate [--aws] [--express] [--extensions] [--set NAME=VALUE]... FILE...",
		Short: "report every problem of a definition",
		Long: `
validate reads definitions and prints each problem on a line of its own:

  FILE:LINE:COLUMN: SEVERITY: MESSAGE [CODE]

A FILE is a definition in JSON or YAML, a template of SAM or CloudFormation, as cdk synth
writes them too, or a configuration of the Serverless Framework: of those all state
machines are read. A problem is where it stands in the file, and in the file that a
DefinitionUri names. It exits with 1 when there is an error; warnings alone are no
failure. The FILE "-" is standard input.

--set gives ${NAME} a value, in quotes or without: a substitution of the definition, a
parameter of the template, or what is known after deployment only, such as
ChargeFunction.Arn or AWS::Region. What is not set stands for a plausible value, which is
noted.

With --json each problem has the range that it is about and the fixes that may mend it,
and a text that is no JSON is read as far as possible, for editors. --format sarif prints
SARIF 2.1.0, which code hosts show beside the code.`,
		Args:              some("which definition?"),
		ValidArgsFunction: files("json", "yaml", "yml", "asl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if express {
				v.parser.Type = asl.Express
			}
			var err error
			if v.reader, err = readerOf(set); err != nil {
				return err
			}
			switch {
			case wantsJSON(cmd) && (v.format == "text" || v.format == "json"):
				v.format = "json"
			case wantsJSON(cmd):
				return misused("--json does not go with --format %s", v.format)
			case v.format != "text" && v.format != "json" && v.format != "sarif":
				return misused("unknown format %q%s; there are text, json and sarif", v.format, didYouMean(v.format, formats))
			}
			return v.run(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&v.parser.AWS, "aws", false, "also refuse what runs here only: a Resource that is no ARN")
	cmd.Flags().BoolVar(&express, "express", false, "also refuse what an Express execution cannot run")
	cmd.Flags().BoolVar(&v.parser.Extensions, "extensions", false, "accept Compensate, which AWS does not know")
	cmd.Flags().StringArrayVar(&set, "set", nil, "the value of ${NAME}, as `NAME=VALUE`")
	cmd.Flags().StringVar(&v.format, "format", "text", "print as text, json or sarif")
	completeFlag(cmd, "format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// formats are what validate can print.
var formats = []string{"text", "json", "sarif"}

// A validation is a call of validate.
type validation struct {
	parser asl.Parser
	reader template.Reader
	format string
}

func (v *validation) run(cmd *cobra.Command, files []string) error {
	var result error
	var all template.Diagnostics
	for _, name := range files {
		text, err := readFile(name, cmd.InOrStdin())
		if err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "gostates validate: %s\n", err)
			result = exitStatus(exitFailed)
			continue
		}
		diagnostics := v.file(cmd.OutOrStdout(), filepath.ToSlash(name), text)
		if diagnostics.Err() != nil {
			result = exitStatus(exitFailed)
		}
		all = append(all, diagnostics...)
	}
	var err error
	switch v.format {
	case "json":
		list := []problem{}
		for _, d := range all {
			list = append(list, problems(d.File, asl.Diagnostics{d.Diagnostic})...)
		}
		err = printJSON(cmd.OutOrStdout(), list)
	case "sarif":
		err = printJSON(cmd.OutOrStdout(), sarifOf(all))
	}
	return errors.Join(err, result)
}

// file returns the problems of a file's machines, and prints them as text if that is wanted.
func (v *validation) file(w io.Writer, name string, text []byte) template.Diagnostics {
	file, err := v.reader.Read(name, text)
	if err != nil {
		d := unread(name, err)
		v.print(w, template.Diagnostics{d})
		return template.Diagnostics{d}
	}
	all := file.Problems
	v.print(w, all)
	for _, m := range file.Machines {
		var ds template.Diagnostics
		if v.format == "json" {
			ds = m.Inspect(v.parser) // an editor wants to know more of a broken text
		} else {
			ds = m.Validate(v.parser)
		}
		all = append(all, ds...)
		v.print(w, gathered(m, ds))
		if v.format == "text" && isTerminal(w) && ds.Err() == nil {
			fmt.Fprintln(w, v.praise(name, m))
		}
	}
	if v.format == "text" && isTerminal(w) && len(file.Machines) == 0 {
		fmt.Fprintf(w, "%s: no state machine\n", name)
	}
	return all
}

// print prints problems, if text is wanted.
func (v *validation) print(w io.Writer, ds template.Diagnostics) {
	if v.format != "text" {
		return
	}
	for _, d := range ds {
		printDiagnostics(w, d.File, asl.Diagnostics{d.Diagnostic})
	}
}

// praise returns what is said of a machine without a mistake: "order.asl.json: ok, 12
// states". The states of branches and of Map states count as well.
func (v *validation) praise(name string, m *template.Machine) string {
	machine, err := m.Parse(v.parser)
	if err != nil {
		return ""
	}
	states := "states"
	n := statesOf(machine.Graph)
	if n == 1 {
		states = "state"
	}
	if m.ID != "" {
		name += ": " + m.ID
	}
	return fmt.Sprintf("%s: ok, %d %s", name, n, states)
}

// statesOf counts the states of a graph and of the graphs in it.
func statesOf(g *asl.Graph) int {
	n := 0
	for s := range g.All() {
		n++
		switch s := s.(type) {
		case *asl.Parallel:
			for _, branch := range s.Branches {
				n += statesOf(branch)
			}
		case *asl.Map:
			n += statesOf(s.Processor)
		}
	}
	return n
}

// gathered returns a machine's diagnostics with one note for all values that are assumed, if
// there are several.
func gathered(m *template.Machine, ds template.Diagnostics) template.Diagnostics {
	if len(m.Assumptions) < 2 {
		return ds
	}
	var rest template.Diagnostics
	var note *template.Diagnostic
	for _, d := range ds {
		if d.Code != asl.AssumedValue {
			rest = append(rest, d)
			continue
		}
		if note == nil {
			note = &d
		}
	}
	var names []string
	for _, a := range m.Assumptions {
		names = append(names, a.Name)
	}
	shown := strings.Join(names[:min(len(names), 3)], ", ")
	if len(names) > 3 {
		shown += fmt.Sprintf(" and %d more", len(names)-3)
	}
	note.Message = fmt.Sprintf("plausible values stand for %s, which are not set; --json lists them, --set sets them", shown)
	return append(template.Diagnostics{*note}, rest...)
}
