package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine/exectask"
	"github.com/gostates/gostates/states"
	"github.com/spf13/cobra"
)

// runFlags are the flags of gostates run.
type runFlags struct {
	input, answers, history  string
	exec                     []string
	express, extensions      bool
	fast, skeleton, progress bool
	table                    tableFlags
	source                   source
}

func runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run FILE [--input JSON|@FILE] [--answers FILE] [--exec NAME=CMD] [FLAGS]",
		Short: "run a definition on an input, with canned answers or shell commands as tasks",
		Long: `
run executes the definition in FILE and prints the execution's output as JSON. When the
execution fails, run prints its status, where it failed, error and cause to standard
error and exits with 1. The FILE "-" is standard input.

` + sourceHelp + `

Time passes as it does, and what happens is printed to standard error if that is a
terminal. With --fast the clock is a virtual one: it begins now, Wait states, retries and
timeouts take no time, and run says what it skipped. An interrupt (Ctrl-C) stops the
execution.

A task is done by a command of --exec, or has its answer from the file of --answers. The
latter is a JSON object that has the answers by the name of the state, of the function or
of the resource ("sqs:sendMessage" for short): an array of answers to be used in order,
or a single answer to be used always. A state's own answers come first, then those of a
function. "run FILE --skeleton" prints such a file, to be filled in.

  {
    "Reserve": [
      {"error": "Busy", "cause": "try again"},
      {"result": {"id": 7}}
    ],
    "Notify": {"result": "sent"}
  }

An answer is one of:
  {"result": JSON}                      the task succeeds; for the name of a function that
                                        lambda:invoke calls, what the function returns
  {"error": "NAME", "cause": "TEXT"}    it fails; either may be left out if "outcome"
                                        is "fail"
  {"outcome": "timeout"}                it runs out of its TimeoutSeconds or
                                        HeartbeatSeconds
  {"outcome": "start_failed"}, {"outcome": "submit_failed"},
  {"outcome": "schedule_failed"}        it fails that early, with error and cause
  {"unfinished": true}                  it never ends

and may have besides:
  "after": SECONDS          how long it takes
  "heartbeats": [SECONDS]   when it shows a sign of life
  "submitted": JSON         what the first call of a .sync or .waitForTaskToken task
                            returns
  "worker": "NAME"          who polls for an activity
  "idle": true              nobody takes it up; only with "timeout" or "unfinished"
  "parameters": JSON        what it must be given, else the run stops; the text "<any>"
                            stands for anything
  "times": N                use it N times

--exec has the tasks of a function, resource or state done by a command of the shell;
stars in NAME stand for any characters. A command goes before an answer. It gets the
task's input on standard input, and its output is the task's: JSON, or else a text. When
it exits with another code than 0 the task fails with the error "Exit.CODE", and with
what it wrote to standard error as the cause.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if forms := []string{"", "table", "json"}; !slices.Contains(forms, flags.history) {
				return misused("there is no --history=%s%s; there are table and json", flags.history, didYouMean(flags.history, forms[1:]))
			}
			return oneDefinition(cmd, args)
		},
		ValidArgsFunction: files("json", "yaml", "yml"),
		RunE:              func(cmd *cobra.Command, args []string) error { return flags.run(cmd, args[0]) },
	}
	set := cmd.Flags()
	set.StringVar(&flags.input, "input", "{}", "the input, `JSON|@FILE`: @FILE reads it from a file, @- from standard input")
	set.StringVar(&flags.answers, "answers", "", "the `FILE` that has what the tasks answer, see above")
	set.StringVar(&flags.answers, "tasks", "", "the same as --answers")
	_ = set.MarkHidden("tasks") // it is there
	set.StringArrayVar(&flags.exec, "exec", nil, "do tasks by a command, `NAME=COMMAND`; may be given several times")
	set.BoolVar(&flags.skeleton, "skeleton", false, "print a file for --answers that has all states with a task, and run nothing")
	set.BoolVar(&flags.fast, "fast", false, "let no time pass, and say what was skipped")
	set.BoolVar(&flags.express, "express", false, "run it as an Express execution")
	set.BoolVar(&flags.extensions, "extensions", false, "accept Compensate, which AWS does not know")
	set.StringVar(&flags.history, "history", "", "print the history before the output: as a `table`, or with --history=json as AWS does")
	set.Lookup("history").NoOptDefVal = "table"
	set.BoolVar(&flags.progress, "progress", false, "print what happens to standard error, also where that is no terminal; --progress=false not even there")
	flags.table.add(cmd)
	flags.source.add(cmd)
	completeFlag(cmd, "answers", files("json"))
	completeFlag(cmd, "history", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (f *runFlags) run(cmd *cobra.Command, file string) error {
	parser := asl.Parser{Extensions: f.extensions}
	if f.express {
		parser.Type = asl.Express
	}
	found, err := f.source.read(cmd, file, parser)
	if err != nil {
		return err
	}
	f.express = f.express || found.Type == asl.Express
	if f.skeleton {
		machine, err := found.Parse(parser)
		if err != nil {
			return err
		}
		return printSkeleton(cmd.OutOrStdout(), machine)
	}
	c, err := f.newCase(cmd, file, found.Definition)
	if err != nil {
		return err
	}
	commands, err := exectask.Mux(f.exec...)
	if err != nil {
		return misused("--exec: %s", strings.TrimPrefix(err.Error(), "exectask: "))
	}
	simulator := conformance.Simulator{RealTime: !f.fast, Perform: performer(commands)}
	simulator.Observe = f.observer(cmd)
	// An interrupt stops the execution, and with it the commands that do its tasks. A second
	// one ends the program.
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	simulator.Stop = ctx.Done()
	x, err := c.Execute(simulator)
	if missing, ok := errors.AsType[*conformance.NoOutcomeError](err); ok {
		return lacking(missing)
	}
	if err != nil {
		return err
	}
	if f.fast {
		f.saySkipped(cmd, x.History)
	}
	return f.report(cmd, x)
}

// newCase reads what an execution is made of.
func (f *runFlags) newCase(cmd *cobra.Command, file string, definition []byte) (*conformance.Case, error) {
	c := &conformance.Case{
		Name: file, Definition: string(definition), Start: time.Now().UTC().Truncate(time.Millisecond),
		Express: f.express, Extensions: f.extensions,
	}
	text := []byte(f.input)
	if name, ok := strings.CutPrefix(f.input, "@"); ok {
		var err error
		if text, err = readFile(name, cmd.InOrStdin()); err != nil {
			return nil, err
		}
	}
	var err error
	if c.Input, err = value.Parse(text); err != nil {
		return nil, fmt.Errorf("the input is no JSON: %w", err)
	}
	if f.answers == "" {
		return c, nil
	}
	if text, err = readFile(f.answers, cmd.InOrStdin()); err != nil {
		return nil, err
	}
	if c.Tasks, err = conformance.ReadTasks(text); err != nil {
		return nil, fmt.Errorf("%s: %w", f.answers, err)
	}
	if err := c.NameTasks(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.answers, err)
	}
	return c, nil
}

// lacking says which answer is missing, and what it is an answer to.
func lacking(missing *conformance.NoOutcomeError) error {
	const most = 2000
	input := value.String(missing.Input)
	if len(input) > most {
		input = strings.ToValidUTF8(input[:most], "") + "…"
	}
	names := conformance.Request{State: missing.State, Resource: missing.Resource, Input: missing.Input}.Names()
	name := names[len(names)-1] // the shortest
	return fmt.Errorf("state %q asks for the task %s: give it an answer with --answers, as {%q: {\"result\": ...}}, or a command with --exec %q. It is given\n%s",
		missing.State, missing.Resource, missing.State, name+"=...", input)
}

// report prints what became of an execution.
func (f *runFlags) report(cmd *cobra.Command, x *conformance.Execution) error {
	out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
	if wantsJSON(cmd) {
		if err := printJSON(out, f.resultOf(x)); err != nil {
			return err
		}
	} else if err := f.printHistory(out, x.History); err != nil {
		return err
	}
	switch {
	case x.Status == states.StatusSucceeded && wantsJSON(cmd):
		return nil
	case x.Status == states.StatusSucceeded:
		_, err := fmt.Fprintln(out, value.String(x.Output))
		return err
	case wantsJSON(cmd):
	case x.Status == states.StatusRunning:
		fmt.Fprintln(errs, "RUNNING: it waits for something that never comes")
	default:
		fmt.Fprintln(errs, paintFor(errs).red(x.Explain()))
	}
	return exitStatus(exitFailed)
}
