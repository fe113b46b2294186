package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states"
)

var runCommand = command{
	name:    "run",
	usage:   "gostates run FILE [--input JSON|@FILE] [--tasks FILE] [FLAGS]",
	summary: "run a definition on an input, with canned task results",
	help: `
run executes the definition in FILE and prints the execution's output as JSON. Time is
virtual: it begins now, and Wait states, retries and timeouts take none. When the
execution fails, run prints its status, where it failed, error and cause to standard
error and exits with 1. The FILE "-" is standard input.

flags:
  --input JSON    the input; default {}
  --input @FILE   the same from a file, "@-" from standard input
  --tasks FILE    what the tasks answer, see below
  --express       run it as an Express execution
  --extensions    accept Compensate, which AWS does not know
  --history       print the history before the output, a line for each event

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
  "times": N                use it N times
`,
	run: runRun,
}

func runRun(c *command, args []string, s streams) int {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	input := flags.String("input", "{}", "")
	tasks := flags.String("tasks", "", "")
	express := flags.Bool("express", false, "")
	extensions := flags.Bool("extensions", false, "")
	history := flags.Bool("history", false, "")
	files, err := parse(flags, args)
	if err == nil && len(files) != 1 {
		err = &usageError{fmt.Sprintf("expected one definition, found %d", len(files))}
	}
	if err != nil {
		return c.fail(s, err)
	}
	execution, err := newRun(files[0], *input, *tasks, s)
	if err != nil {
		return c.fail(s, err)
	}
	execution.Express, execution.Extensions = *express, *extensions
	x, err := execution.Execute(conformance.Simulator{})
	if refused, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
		printDiagnostics(s.err, files[0], refused.Diagnostics)
		return exitFailed
	}
	if missing, ok := errors.AsType[*conformance.NoOutcomeError](err); ok {
		err = fmt.Errorf("state %q asks for the task %s: give it an answer with --tasks", missing.State, missing.Resource)
	}
	if err != nil {
		return c.fail(s, err)
	}
	if *history {
		printHistory(s.out, x)
	}
	switch x.Status {
	case states.StatusSucceeded:
		fmt.Fprintln(s.out, value.String(x.Output))
		return exitOK
	case states.StatusRunning:
		fmt.Fprintln(s.err, "RUNNING: it waits for something that never comes")
		return exitFailed
	}
	fmt.Fprintln(s.err, x.Explain())
	return exitFailed
}

// newRun reads what an execution is made of.
func newRun(file, input, tasks string, s streams) (*conformance.Case, error) {
	definition, err := readFile(file, s.in)
	if err != nil {
		return nil, err
	}
	c := &conformance.Case{Name: file, Definition: string(definition), Start: time.Now().UTC()}
	text := []byte(input)
	if name, ok := strings.CutPrefix(input, "@"); ok {
		if text, err = readFile(name, s.in); err != nil {
			return nil, err
		}
	}
	if c.Input, err = value.Parse(text); err != nil {
		return nil, fmt.Errorf("the input is no JSON: %w", err)
	}
	if tasks == "" {
		return c, nil
	}
	if text, err = readFile(tasks, s.in); err != nil {
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
