package main

import (
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/spf13/cobra"
)

func validateCommand() *cobra.Command {
	var aws, express, extensions bool
	cmd := &cobra.Command{
		Use:   "validate [--aws] [--express] [--extensions] FILE...",
		Short: "report every problem of a definition",
		Long: `
validate reads definitions and prints each problem on a line of its own:

  FILE:LINE:COLUMN: SEVERITY: MESSAGE [CODE]

It exits with 1 when there is an error; warnings alone are no failure. The FILE "-"
is standard input.

With --json each problem has the range that it is about and the fixes that may mend it,
and a text that is no JSON is read as far as possible, for editors.`,
		Args:              some("which definition?"),
		ValidArgsFunction: files("json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			parser := asl.Parser{Extensions: extensions, AWS: aws}
			if express {
				parser.Type = asl.Express
			}
			return validate(cmd, parser, args)
		},
	}
	cmd.Flags().BoolVar(&aws, "aws", false, "also refuse what runs here only: a Resource that is no ARN")
	cmd.Flags().BoolVar(&express, "express", false, "also refuse what an Express execution cannot run")
	cmd.Flags().BoolVar(&extensions, "extensions", false, "accept Compensate, which AWS does not know")
	return cmd
}

func validate(cmd *cobra.Command, parser asl.Parser, files []string) error {
	var result error
	all := []problem{}
	for _, file := range files {
		text, err := readFile(file, cmd.InOrStdin())
		if err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "gostates validate: %s\n", err)
			result = exitStatus(exitFailed)
			continue
		}
		diagnostics := parser.Validate(text)
		if wantsJSON(cmd) {
			diagnostics = parser.Outline(text).Diagnostics // an editor wants to know more of a broken text
		}
		if diagnostics.Err() != nil {
			result = exitStatus(exitFailed)
		}
		if wantsJSON(cmd) {
			all = append(all, problems(file, diagnostics)...)
			continue
		}
		printDiagnostics(cmd.OutOrStdout(), file, diagnostics)
	}
	if wantsJSON(cmd) {
		if err := printJSON(cmd.OutOrStdout(), all); err != nil {
			return err
		}
	}
	return result
}
