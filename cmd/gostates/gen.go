package main

import (
	"os"
	"path/filepath"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/gen"
	"github.com/spf13/cobra"
)

func genCommand() *cobra.Command {
	var options gen.Options
	var output string
	var which source
	cmd := &cobra.Command{
		Use:   "gen [--package NAME] [--type NAME] [--output FILE] FILE",
		Short: "write a Go interface for the tasks of a definition",
		Long: `
gen reads a definition and prints a Go file with an interface, a method for each resource
that the tasks call, and with a function that registers what implements it with an
engine.Mux. A program that lacks a handler then does not compile. In a Go file:

  //go:generate gostates gen -o tasks.go order.asl.json

The input of a method is a struct where the definition spells its fields out, else a
json.RawMessage. The definition may have Compensate. The FILE "-" is standard input.

` + sourceHelp,
		Args:              oneDefinition,
		ValidArgsFunction: files("json", "yaml", "yml", "asl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return generate(cmd, &which, args[0], output, options)
		},
	}
	home := os.Getenv("GOPACKAGE") // go generate sets it
	if home == "" {
		home = "tasks"
	}
	cmd.Flags().StringVar(&options.Package, "package", home, "the name of the Go package")
	cmd.Flags().StringVar(&options.Type, "type", "Tasks", "the name of the interface")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write this file instead of printing")
	which.add(cmd)
	completeFlag(cmd, "output", files("go"))
	return cmd
}

func generate(cmd *cobra.Command, which *source, file, output string, options gen.Options) error {
	machine, err := which.parse(cmd, file, asl.Parser{Extensions: true})
	if err != nil {
		return err
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
