package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
	"github.com/spf13/cobra"
)

func exportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export FILE",
		Short: "write a definition with Compensate as plain ASL",
		Long: `
export reads a definition that may have Compensate and prints one without, which AWS
accepts. It does the same, as far as the plain language can say it: what it does not is
printed to standard error, a line for each difference:

  FILE:LINE:COLUMN: SEVERITY: MESSAGE (REASON) [CODE]

When the definition is wrong, or cannot be written so, the reasons are printed there and
export exits with 1. The FILE "-" is standard input. A definition without Compensate is
printed as it is. With --json the output has the definition and the differences.`,
		Args:              oneDefinition,
		ValidArgsFunction: files("json"),
		RunE:              runExport,
	}
}

func runExport(cmd *cobra.Command, args []string) error {
	text, err := readFile(args[0], cmd.InOrStdin())
	if err != nil {
		return err
	}
	machine, err := asl.Parser{Extensions: true}.Parse(text)
	if wrong, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
		printDiagnostics(cmd.ErrOrStderr(), args[0], wrong.Diagnostics)
		return exitStatus(exitFailed)
	}
	exported, err := export.Machine(machine)
	if refused, ok := errors.AsType[*export.Error](err); ok {
		printDiagnostics(cmd.ErrOrStderr(), args[0], refused.Diagnostics)
		return exitStatus(exitFailed)
	}
	if wantsJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), map[string]any{
			"definition": json.RawMessage(exported.Definition), "differences": problems(args[0], exported.Differences),
		})
	}
	printDiagnostics(cmd.ErrOrStderr(), args[0], exported.Differences)
	_, err = io.WriteString(cmd.OutOrStdout(), exported.Definition)
	return err
}
