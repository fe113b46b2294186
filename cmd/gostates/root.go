package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // what was asked for went wrong
	exitUsage  = 2 // it was not clear what was asked for
)

// commands returns all commands but help and completion, in the order in which help
// lists them. A new command is a file with a function like these and a line here.
func commands() []*cobra.Command {
	return []*cobra.Command{
		validateCommand(),
		runCommand(),
		stateCommand(),
		testCommand(),
		coverCommand(),
		serveCommand(),
		graphCommand(),
		fmtCommand(),
		genCommand(),
		exportCommand(),
		lsCommand(),
		psCommand(),
		showCommand(),
		historyCommand(),
		tailCommand(),
		inspectCommand(),
		stopCommand(),
		redriveCommand(),
		forkCommand(),
		deleteCommand(),
		purgeCommand(),
		compactCommand(),
		deadLettersCommand(),
		backupCommand(),
		versionCommand(),
	}
}

// rootCommand returns the whole program.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "gostates",
		Short:         "gostates checks, runs and tests Amazon States Language definitions, and looks after executions.",
		Version:       versionOf().Version,
		Args:          cobra.ArbitraryArgs, // noCommand says what is wrong with them
		RunE:          noCommand,
		SilenceErrors: true, // fail prints them
		SilenceUsage:  true,
	}
	cobra.EnableCommandSorting = false
	root.PersistentFlags().Bool("json", false, "print the result as JSON")
	root.AddCommand(commands()...)
	root.SetHelpCommand(helpCommand())
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { printHelp(cmd.OutOrStdout(), cmd) })
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("gostates {{.Version}}\n")
	return root
}

// run is the whole program. It returns the exit code.
//
// A RunE returns nil when all is well, exitStatus(exitFailed) when it has printed what
// went wrong, and any other error to have it printed. What fails before a RunE begins,
// arguments and flags, is a mistake in the command line, as is a usageError.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(append([]string{}, args...)) // nil would be the process's own
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	begun := false
	for _, c := range root.Commands() {
		noteBegin(c, &begun)
	}
	cmd, err := root.ExecuteC()
	if err == nil {
		return exitOK
	}
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), strings.TrimPrefix(err.Error(), "gostates: "))
	_, wrong := errors.AsType[*usageError](err)
	if begun && !wrong {
		return exitFailed
	}
	if cmd.HasParent() {
		fmt.Fprintf(stderr, "usage: %s\n", cmd.UseLine())
	}
	return exitUsage
}

// noteBegin has a command, and those below it, note that their work has begun.
func noteBegin(c *cobra.Command, begun *bool) {
	c.DisableFlagsInUseLine = true
	if work := c.RunE; work != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			*begun = true
			return work(cmd, args)
		}
	}
	for _, below := range c.Commands() {
		noteBegin(below, begun)
	}
}

// An exitStatus ends the program with that code when everything has been said.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// A usageError is a mistake in the command line.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// misused returns a usageError.
func misused(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// noCommand is run when the first argument is none of the commands.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		printHelp(cmd.ErrOrStderr(), cmd)
		return exitStatus(exitUsage)
	}
	return unknownCommand(cmd, args[0])
}

func unknownCommand(root *cobra.Command, name string) error {
	if near := didYouMean(name, names(root)); near != "" {
		return misused("unknown command %q%s \"gostates help\" lists all", name, near)
	}
	return misused("unknown command %q; \"gostates help\" lists them", name)
}

// didYouMean returns the question after the name that was probably meant, "" when none of
// the names is near.
func didYouMean(name string, names []string) string {
	if near := asl.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// flagError says what is wrong with a flag, and which one was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	name := unknown.GetSpecifiedName()
	if letters := unknown.GetSpecifiedShortnames(); letters != "" {
		name, _, _ = strings.Cut(letters, "=") // -kind for --kind
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name == name {
			err = fmt.Errorf("%w; did you mean --%s?", err, name)
		}
		names = append(names, f.Name)
	})
	if near := asl.Nearest(name, names); near != "" {
		err = fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return err
}
