package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/gen"
	"github.com/spf13/cobra"
)

func genCommand() *cobra.Command {
	var options gen.Options
	var output string
	cmd := &cobra.Command{
		Use:   "gen [--package NAME] [--type NAME] [--output FILE] FILE",
		Short: "write a Go interface for the tasks of a definition",
		Long: `
gen reads a definition and prints a Go file with an interface, a method for each resource
that the tasks call, and with a function that registers what implements it with an
engine.Mux. A program that lacks a handler then does not compile. In a Go file:

  //go:generate gostates gen -o tasks.go order.asl.json

The input of a method is a struct where the definition spells its fields out, else a
json.RawMessage. The definition may have Compensate. The FILE "-" is standard input.`,
		Args:              oneDefinition,
		ValidArgsFunction: files("json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return generate(cmd, args[0], output, options)
		},
	}
	home := os.Getenv("GOPACKAGE") // go generate sets it
	if home == "" {
		home = "tasks"
	}
	cmd.Flags().StringVar(&options.Package, "package", home, "the name of the Go package")
	cmd.Flags().StringVar(&options.Type, "type", "Tasks", "the name of the interface")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write this file instead of printing")
	completeFlag(cmd, "output", files("go"))
	return cmd
}

func generate(cmd *cobra.Command, file, output string, options gen.Options) error {
	text, err := readFile(file, cmd.InOrStdin())
	if err != nil {
		return err
	}
	machine, err := asl.Parser{Extensions: true}.Parse(text)
	if invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
		printDiagnostics(cmd.ErrOrStderr(), file, invalid.Diagnostics)
		return exitStatus(exitFailed)
	}
	if file != "-" {
		options.Source = filepath.Base(file)
	}
	source, err := gen.Tasks(machine, options)
	if err != nil {
		return err
	}
	if output != "" {
		return os.WriteFile(output, source, 0o644)
	}
	if wantsJSON(cmd) {
		return printJSON(cmd.OutOrStdout(), map[string]string{"source": string(source)})
	}
	_, err = cmd.OutOrStdout().Write(source)
	return err
}
