package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // what was asked for went wrong
	exitUsage  = 2 // it was not clear what was asked for
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// A command is one word after gostates.
type command struct {
	name string
	// usage is the command line, summary one line, help the rest.
	usage, summary, help string
	run                  func(c *command, args []string, s streams) int
}

// commands returns all commands, in the order in which help lists them.
func commands() []command {
	return []command{validateCommand, runCommand, testCommand, exportCommand, helpCommand()}
}

// run is the whole program. It returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := streams{in: stdin, out: stdout, err: stderr}
	if len(args) == 0 {
		printOverview(stderr)
		return exitUsage
	}
	name := args[0]
	if name == "-h" || name == "-help" || name == "--help" {
		name = "help"
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		fmt.Fprintf(stderr, "gostates: unknown command %q; \"gostates help\" lists them\n", name)
		return exitUsage
	}
	return all[i].run(&all[i], args[1:], s)
}

// A usageError is a mistake in the command line.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// parse reads flags that may stand before, between and after the arguments, and
// returns the arguments. After "--" everything is an argument.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	flags.SetOutput(io.Discard) // errors are printed by fail
	flags.Usage = func() {}
	var rest []string
	for {
		if err := flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, &usageError{err.Error()}
		}
		left := flags.Args()
		ended := len(args) > len(left) && args[len(args)-len(left)-1] == "--"
		if ended || len(left) == 0 {
			return append(rest, left...), nil
		}
		rest = append(rest, left[0])
		args = left[1:]
	}
}

// fail prints an error of a command and returns the exit code for it.
func (c *command) fail(s streams, err error) int {
	if errors.Is(err, flag.ErrHelp) {
		printCommand(s.out, c)
		return exitOK
	}
	fmt.Fprintf(s.err, "gostates %s: %s\n", c.name, strings.TrimPrefix(err.Error(), "gostates: "))
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(s.err, "usage: %s\n", c.usage)
		return exitUsage
	}
	return exitFailed
}
