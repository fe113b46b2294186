package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
	"github.com/gostates/gostates/asl/template"
	"github.com/spf13/cobra"
)

func exportCommand() *cobra.Command {
	var source source
	cmd := &cobra.Command{
		Use:   "export FILE [--machine ID] [--set NAME=VALUE...]",
		Short: "write a definition with Compensate as plain ASL",
		Long: `
export reads a definition that may have Compensate and prints one without, which AWS
accepts. It does the same, as far as the plain language can say it: what it does not is
printed to standard error, a line for each difference:

  FILE:LINE:COLUMN: SEVERITY: MESSAGE (REASON) [CODE]

When the definition is wrong, or cannot be written so, the reasons are printed there and
export exits with 1. The FILE "-" is standard input. A definition without Compensate is
printed as it is. With --json the output has the definition and the differences.

` + sourceHelp,
		Args:              oneDefinition,
		ValidArgsFunction: files("json", "yaml", "yml"),
		RunE:              func(cmd *cobra.Command, args []string) error { return runExport(cmd, &source, args[0]) },
	}
	source.add(cmd)
	return cmd
}

func runExport(cmd *cobra.Command, source *source, name string) error {
	parser := asl.Parser{Extensions: true}
	read, err := source.read(cmd, name, parser)
	if err != nil {
		return err
	}
	machine, err := read.Parse(parser)
	if err != nil {
		return err
	}
	exported, err := export.Machine(machine)
	if refused, ok := errors.AsType[*export.Error](err); ok {
		tell(cmd, read, refused.Diagnostics)
		return exitStatus(exitFailed)
	}
	if wantsJSON(cmd) {
		differences := []problem{}
		for _, d := range exported.Differences {
			placed := read.Place(d)
			differences = append(differences, problems(placed.File, asl.Diagnostics{placed.Diagnostic})...)
		}
		return printJSON(cmd.OutOrStdout(), map[string]any{"definition": json.RawMessage(exported.Definition), "differences": differences})
	}
	tell(cmd, read, exported.Differences)
	_, err = io.WriteString(cmd.OutOrStdout(), exported.Definition)
	return err
}

// tell prints diagnostics about a definition where they stand in its file.
func tell(cmd *cobra.Command, m *template.Machine, ds asl.Diagnostics) {
	for _, d := range ds {
		placed := m.Place(d)
		printDiagnostics(cmd.ErrOrStderr(), placed.File, asl.Diagnostics{placed.Diagnostic})
	}
}
