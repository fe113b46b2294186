package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]",

		DisableFlagsInUseLine: true,

		Short: "say what a command does",
		Long:  "Without a command help lists the commands.",
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			found, rest, err := root.Find(args)
			if err != nil || found == root && len(rest) > 0 {
				return misused("there is no command %q%s", args[0], didYouMean(args[0], names(root)))
			}
			printHelp(cmd.OutOrStdout(), found)
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names(cmd.Root()), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// names returns the names of the commands below one.
func names(cmd *cobra.Command) []string {
	var all []string
	for _, c := range cmd.Commands() {
		all = append(all, c.Name())
	}
	return all
}

// helpWidth is how wide the help of a command is at most.
const helpWidth = 90

// printHelp prints what there is to know of a command; of the program as a whole, the
// list of its commands.
func printHelp(w io.Writer, cmd *cobra.Command) {
	if !cmd.HasParent() {
		printOverview(w, cmd)
		return
	}
	cmd.DisableFlagsInUseLine = true
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Hidden = true // whoever reads this has found it
	fmt.Fprintf(w, "usage: %s\n\n", cmd.UseLine())
	if text := strings.TrimSpace(cmd.Long); text != "" {
		fmt.Fprintf(w, "%s\n", text)
	} else {
		fmt.Fprintf(w, "%s\n", cmd.Short)
	}
	if below := cmd.Commands(); len(below) > 0 {
		fmt.Fprint(w, "\ncommands:\n")
		printCommands(w, below)
	}
	if flags := cmd.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(w, "\nflags:\n%s", flags.FlagUsagesWrapped(helpWidth))
	}
	if flags := cmd.InheritedFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(w, "\nflags of every command:\n%s", flags.FlagUsagesWrapped(helpWidth))
	}
}

func printOverview(w io.Writer, root *cobra.Command) {
	fmt.Fprintf(w, "%s\n\ncommands:\n", root.Short)
	printCommands(w, root.Commands())
	fmt.Fprint(w, "\n\"gostates help COMMAND\" says more. A command exits with 0 when all is well, with 1\n"+
		"when what was asked for went wrong, and with 2 when the command line was not understood.\n")
}

func printCommands(w io.Writer, list []*cobra.Command) {
	for _, c := range list {
		if c.IsAvailableCommand() || c.Name() == "help" {
			fmt.Fprintf(w, "  %-11s %s\n", c.Name(), c.Short)
		}
	}
}
