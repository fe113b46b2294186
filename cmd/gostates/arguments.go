package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
)

// oneDefinition is the Args of a command that takes one definition.
func oneDefinition(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return misused("expected one definition, found %d", len(args))
	}
	return nil
}

// some returns the Args of a command that takes one argument or more, and the question
// that it answers none with.
func some(question string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return misused("%s", question)
		}
		return nil
	}
}

// files completes arguments and values of flags with files that have one of the extensions.
func files(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// completeFlag has the shell complete the value of a flag.
func completeFlag(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag is not this command's: found by whoever runs any command
	}
}

// readFile reads a file, or standard input for "-".
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}
