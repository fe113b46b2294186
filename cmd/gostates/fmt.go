package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/format"
	"github.com/spf13/cobra"
)

func fmtCommand() *cobra.Command {
	var write, list bool
	cmd := &cobra.Command{
		Use:   "fmt [-w] [-l] FILE...",
		Short: "give definitions their canonical layout",
		Long: `
fmt reads definitions and prints them in the canonical layout: two spaces for each level,
and the fields of a state in the order Type, Comment, what it does, where it leads. States
keep their order; no text, no number and no field is changed or lost.

With -w it writes the files instead, those that change. With -l it prints the names of
the files that change, and exits with 1 when there are any, unless it writes them. A file
that is no JSON, or no state machine, is left alone, and fmt exits with 1. The FILE "-" is
standard input. With --json the output is a list of the files, and whether each changes.`,
		Args:              some("which definition?"),
		ValidArgsFunction: files("json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return formatFiles(cmd, args, write, list)
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write the files instead of printing them")
	cmd.Flags().BoolVarP(&list, "list", "l", false, "print the names of the files that change")
	return cmd
}

// A formatted is what became of a file, as JSON.
type formatted struct {
	File    string `json:"file"`
	Changes bool   `json:"changes"`
	Error   string `json:"error,omitempty"`
}

func formatFiles(cmd *cobra.Command, files []string, write, list bool) error {
	var result error
	all := []formatted{}
	for _, file := range files {
		changes, err := formatFile(cmd, file, write, list || wantsJSON(cmd))
		f := formatted{File: file, Changes: changes}
		switch invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err); {
		case err == nil:
			if changes && list && !wantsJSON(cmd) {
				fmt.Fprintln(cmd.OutOrStdout(), file)
			}
			if changes && list && !write {
				result = exitStatus(exitFailed)
			}
		case ok:
			printDiagnostics(cmd.ErrOrStderr(), file, invalid.Diagnostics)
		default:
			fmt.Fprintf(cmd.ErrOrStderr(), "gostates fmt: %s: %s\n", file, err)
		}
		if err != nil {
			f.Error = err.Error()
			result = exitStatus(exitFailed)
		}
		all = append(all, f)
	}
	if wantsJSON(cmd) {
		if err := printJSON(cmd.OutOrStdout(), all); err != nil {
			return err
		}
	}
	return result
}

// formatFile formats one file, and reports whether that changes it. It prints the
// definition, unless it writes it or is to be quiet.
func formatFile(cmd *cobra.Command, file string, write, quiet bool) (changes bool, err error) {
	before, err := readFile(file, cmd.InOrStdin())
	if err != nil {
		return false, err
	}
	after, err := format.Definition(before)
	if err != nil {
		return false, err
	}
	changes = !bytes.Equal(before, after)
	switch {
	case write && file != "-":
		if !changes {
			return false, nil
		}
		info, err := os.Stat(file)
		if err != nil {
			return false, err
		}
		return true, os.WriteFile(file, after, info.Mode().Perm())
	case !quiet:
		_, err = cmd.OutOrStdout().Write(after)
	}
	return changes, err
}
