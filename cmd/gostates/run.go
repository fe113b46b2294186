package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states"
	"github.com/spf13/cobra"
)

// runFlags are the flags of gostates run.
type runFlags struct {
	input, tasks                 string
	express, extensions, history bool
}

func runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run FILE [--input JSON|@FILE] [--tasks FILE] [FLAGS]",
		Short: "run a definition on an input, with canned task results",
		Long: `
run executes the definition in FILE and prints the execution's output as JSON. Time is
virtual: it begins now, and Wait states, retries and timeouts take none. When the
execution fails, run prints its status, where it failed, error and cause to standard
error and exits with 1. The FILE "-" is standard input.

The tasks file is a JSON object that has the answers by the name of the state: an array
of answers to be used in order, or a single answer to be used always.

  {
    "Reserve": [
      {"error": "Busy", "cause": "try again"},
      {"result": {"id": 7}}
    ],
    "Notify": {"result": "sent"}
  }

An answer is one of:
  {"result": JSON}                      the task succeeds
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
  "times": N                use it N times`,
		Args:              oneDefinition,
		ValidArgsFunction: files("json"),
		RunE:              func(cmd *cobra.Command, args []string) error { return flags.execute(cmd, args[0]) },
	}
	set := cmd.Flags()
	set.StringVar(&flags.input, "input", "{}", "the input, `JSON|@FILE`: @FILE reads it from a file, @- from standard input")
	set.StringVar(&flags.tasks, "tasks", "", "the `FILE` that has what the tasks answer, see above")
	set.BoolVar(&flags.express, "express", false, "run it as an Express execution")
	set.BoolVar(&flags.extensions, "extensions", false, "accept Compensate, which AWS does not know")
	set.BoolVar(&flags.history, "history", false, "print the history before the output, a line for each event")
	completeFlag(cmd, "tasks", files("json"))
	return cmd
}

func (f *runFlags) execute(cmd *cobra.Command, file string) error {
	execution, err := newRun(file, f.input, f.tasks, cmd.InOrStdin())
	if err != nil {
		return err
	}
	execution.Express, execution.Extensions = f.express, f.extensions
	x, err := execution.Execute(conformance.Simulator{})
	if refused, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
		printDiagnostics(cmd.ErrOrStderr(), file, refused.Diagnostics)
		return exitStatus(exitFailed)
	}
	if missing, ok := errors.AsType[*conformance.NoOutcomeError](err); ok {
		err = fmt.Errorf("state %q asks for the task %s: give it an answer with --tasks", missing.State, missing.Resource)
	}
	if err != nil {
		return err
	}
	if f.history {
		printHistory(cmd.OutOrStdout(), x)
	}
	switch x.Status {
	case states.StatusSucceeded:
		_, err := fmt.Fprintln(cmd.OutOrStdout(), value.String(x.Output))
		return err
	case states.StatusRunning:
		fmt.Fprintln(cmd.ErrOrStderr(), "RUNNING: it waits for something that never comes")
		return exitStatus(exitFailed)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), x.Explain())
	return exitStatus(exitFailed)
}

// newRun reads what an execution is made of.
func newRun(file, input, tasks string, stdin io.Reader) (*conformance.Case, error) {
	definition, err := readFile(file, stdin)
	if err != nil {
		return nil, err
	}
	c := &conformance.Case{Name: file, Definition: string(definition), Start: time.Now().UTC()}
	text := []byte(input)
	if name, ok := strings.CutPrefix(input, "@"); ok {
		if text, err = readFile(name, stdin); err != nil {
			return nil, err
		}
	}
	if c.Input, err = value.Parse(text); err != nil {
		return nil, fmt.Errorf("the input is no JSON: %w", err)
	}
	if tasks == "" {
		return c, nil
	}
	if text, err = readFile(tasks, stdin); err != nil {
		return nil, err
	}
	if c.Tasks, err = conformance.ReadTasks(text); err != nil {
		return nil, fmt.Errorf("%s: %w", tasks, err)
	}
	if err := c.CheckStates(); err != nil {
		return nil, fmt.Errorf("%s: %w", tasks, err)
	}
	return c, nil
}

func printHistory(w io.Writer, x *conformance.Execution) {
	for i := range x.History {
		if e := &x.History[i]; !e.Hidden() {
			fmt.Fprintf(w, "%s %s\n", e.At.Format("2006-01-02T15:04:05.000Z07:00"), conformance.Describe(e))
		}
	}
}
