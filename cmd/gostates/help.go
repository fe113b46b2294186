package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

func helpCommand() command {
	return command{
		name:    "help",
		usage:   "gostates help [COMMAND]",
		summary: "say what a command does",
		help:    "Without a command it lists the commands.",
		run:     runHelp,
	}
}

func runHelp(c *command, args []string, s streams) int {
	if len(args) == 0 {
		printOverview(s.out)
		return exitOK
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
	if i < 0 {
		return c.fail(s, &usageError{fmt.Sprintf("there is no command %q", args[0])})
	}
	printCommand(s.out, &all[i])
	return exitOK
}

func printOverview(w io.Writer) {
	fmt.Fprint(w, "gostates checks, runs and tests Amazon States Language definitions.\n\ncommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s%s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n\"gostates help COMMAND\" says more. A command exits with 0 when all is well, with 1\n"+
		"when what was asked for went wrong, and with 2 when the command line was not understood.\n")
}

func printCommand(w io.Writer, c *command) {
	fmt.Fprintf(w, "usage: %s\n\n%s\n", c.usage, strings.TrimSpace(c.help))
}
