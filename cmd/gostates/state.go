package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/exectask"
	"github.com/gostates/gostates/states/transcript"
	"github.com/spf13/cobra"
)

// stateFlags are the flags of gostates state.
type stateFlags struct {
	input, variables, context string
	result, error, cause      string
	check                     string
	exec                      []string
	retries                   int
	mocked                    bool
	source                    source
}

// checks are the ways to compare a mocked result with what the service answers.
var checks = map[string]engine.FieldValidationMode{
	"strict": engine.ValidateStrict, "present": engine.ValidatePresent, "none": engine.ValidateNone,
}

func stateCommand() *cobra.Command {
	var flags stateFlags
	cmd := &cobra.Command{
		Use:   "state FILE [NAME] [--input JSON|@FILE] [--result JSON|@FILE] [FLAGS]",
		Short: "run one state alone, and show each step of its data flow",
		Long: `
state enters the state NAME of the definition in FILE, by itself, and prints what becomes
of its input step by step, as AWS's TestState does: after InputPath, Parameters, the
result, ResultSelector and ResultPath, the output and the variables, and the state that
follows. A FILE that has a single state needs no NAME. state exits with 1 when the state
fails, also if a Retrier or a Catcher takes that.

The work of a Task is done by a command of --exec, or its result is given: by --result, or
by --error and --cause. Of a Map or Parallel state the result must be given, an array.
With --json the output is that of AWS's API, with JSON in place of texts.

` + sourceHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return misused("expected a definition and the name of a state, found %d arguments", len(args))
			}
			flags.mocked = false
			for _, name := range []string{"result", "error", "cause"} {
				flags.mocked = flags.mocked || cmd.Flags().Changed(name)
			}
			names := []string{"strict", "present", "none"}
			switch {
			case cmd.Flags().Changed("result") && (cmd.Flags().Changed("error") || cmd.Flags().Changed("cause")):
				return misused("--result goes with neither --error nor --cause")
			case flags.mocked && len(flags.exec) > 0:
				return misused("--exec does the work that --result, --error and --cause are the end of")
			case !slices.Contains(names, flags.check):
				return misused("there is no --check=%s%s; there are %s", flags.check, didYouMean(flags.check, names), strings.Join(names, ", "))
			}
			return nil
		},
		ValidArgsFunction: completeState,
		RunE:              func(cmd *cobra.Command, args []string) error { return flags.run(cmd, args) },
	}
	set := cmd.Flags()
	set.StringVar(&flags.input, "input", "{}", "the state's input, `JSON|@FILE`")
	set.StringVar(&flags.variables, "variables", "", "the variables that there are, a JSON object: `JSON|@FILE`")
	set.StringVar(&flags.context, "context", "", "the Context Object, whole: `JSON|@FILE`; goes with a given result")
	set.StringVar(&flags.result, "result", "", "the result of the state's work, `JSON|@FILE`")
	set.StringVar(&flags.error, "error", "", "the `NAME` of the error that the work ends with")
	set.StringVar(&flags.cause, "cause", "", "the cause of that, a `TEXT`")
	set.StringVar(&flags.check, "check", "strict", "compare a given result with what the service answers: `strict`, present or none")
	set.IntVar(&flags.retries, "retries", 0, "how often the Retrier has tried already, `N`")
	set.StringArrayVar(&flags.exec, "exec", nil, "do the work by a command, `NAME=COMMAND`, see \"gostates help run\"")
	flags.source.add(cmd)
	completeFlag(cmd, "check", cobra.FixedCompletions([]string{"strict", "present", "none"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// completeState completes the file, and then the names of its states.
func completeState(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return files("json", "yaml", "yml")(cmd, args, toComplete)
	}
	var names []string
	if text, err := os.ReadFile(args[0]); err == nil && len(args) == 1 {
		if machine, err := (asl.Parser{Extensions: true}).Parse(text); err == nil {
			for s := range conformance.States(machine.Graph) {
				names = append(names, s.Name())
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (f *stateFlags) run(cmd *cobra.Command, args []string) error {
	in := engine.TestStateInput{InspectionLevel: engine.InspectDebug}
	if len(args) > 1 {
		machine, err := f.source.read(cmd, args[0], asl.Parser{Extensions: true})
		if err != nil {
			return err
		}
		in.Definition, in.StateName = string(machine.Definition), args[1]
	} else {
		text, err := readFile(args[0], cmd.InOrStdin())
		if err != nil {
			return err
		}
		in.Definition = string(text)
	}
	if err := f.read(cmd, &in); err != nil {
		return err
	}
	if err := f.checkState(&in); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out, err := engine.TestState(ctx, in)
	if wrong, ok := errors.AsType[*asl.InvalidDefinitionError](err); ok {
		printDiagnostics(cmd.ErrOrStderr(), args[0], wrong.Diagnostics)
		return exitStatus(exitFailed)
	}
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		err = printJSON(cmd.OutOrStdout(), out)
	} else {
		printTested(cmd.OutOrStdout(), out)
	}
	if err == nil && out.Status != engine.TestSucceeded {
		err = exitStatus(exitFailed)
	}
	return err
}

// read takes over what the flags say.
func (f *stateFlags) read(cmd *cobra.Command, in *engine.TestStateInput) error {
	for _, v := range []struct {
		flag, text string
		into       *any
	}{{"input", f.input, &in.Input}, {"variables", f.variables, &in.Variables}, {"context", f.context, &in.Context}} {
		raw, err := readJSON(cmd, v.flag, v.text)
		if err != nil {
			return err
		}
		if raw != nil {
			*v.into = raw
		}
	}
	if f.mocked {
		in.Mock = &engine.Mock{FieldValidationMode: checks[f.check]}
		if cmd.Flags().Changed("result") {
			raw, err := readJSON(cmd, "result", f.result)
			if err != nil {
				return err
			}
			in.Mock.Result = raw
		} else {
			in.Mock.ErrorOutput = &engine.ErrorOutput{Error: f.error, Cause: f.cause}
		}
	} else {
		in.RoleARN = "arn:aws:iam::123456789012:role/gostates"
	}
	in.StateConfiguration.RetrierRetryCount = f.retries
	if len(f.exec) == 0 {
		return nil
	}
	mux, err := exectask.Mux(f.exec...)
	if err != nil {
		return misused("--exec: %s", strings.TrimPrefix(err.Error(), "exectask: "))
	}
	in.Resolver = mux
	return nil
}

// readJSON reads the JSON of a flag, or of the file that it names; nil for an empty text.
func readJSON(cmd *cobra.Command, flag, text string) (json.RawMessage, error) {
	raw := []byte(text)
	if name, ok := strings.CutPrefix(text, "@"); ok {
		var err error
		if raw, err = readFile(name, cmd.InOrStdin()); err != nil {
			return nil, err
		}
	} else if text == "" {
		return nil, nil
	}
	if _, err := value.Parse(raw); err != nil {
		return nil, fmt.Errorf("the %s is no JSON: %w", flag, err)
	}
	return raw, nil
}

// checkState says what is wrong with the name of the state, and what its work lacks. What is
// wrong with the definition TestState says.
func (f *stateFlags) checkState(in *engine.TestStateInput) error {
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(in.Definition))
	if err != nil {
		return nil
	}
	if in.StateName == "" {
		return misused("which state of the definition?")
	}
	var names []string
	for s := range conformance.States(machine.Graph) {
		names = append(names, s.Name())
	}
	switch machine.Find(in.StateName).(type) {
	case nil:
		return fmt.Errorf("there is no state %q%s", in.StateName, didYouMean(in.StateName, names))
	case *asl.Task:
		if !f.mocked && len(f.exec) == 0 {
			return fmt.Errorf("state %q has a task: give its end by --result or --error, or a command by --exec", in.StateName)
		}
	case *asl.Map, *asl.Parallel:
		if !f.mocked {
			return fmt.Errorf("state %q is tested without the states in it: give their result by --result, an array, or --error", in.StateName)
		}
	}
	return nil
}

// printTested prints what became of a state, step by step.
func printTested(w io.Writer, out *engine.TestStateOutput) {
	p := paintFor(w)
	say := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "%s %s\n", p.faint(fmt.Sprintf("%-21s", name)), text)
		}
	}
	number := func(name string, n any) {
		if text, err := json.Marshal(n); err == nil && string(text) != "null" {
			say(name, string(text))
		}
	}
	if d := out.InspectionData; d != nil {
		for _, step := range []struct {
			name string
			data json.RawMessage
		}{
			{"input", d.Input}, {"after InputPath", d.AfterInputPath}, {"after ItemsPath", d.AfterItemsPath},
			{"after ItemsPointer", d.AfterItemsPointer}, {"after ItemSelector", d.AfterItemSelector}, {"after ItemBatcher", d.AfterItemBatcher},
			{"after Parameters", d.AfterParameters}, {"after Arguments", d.AfterArguments}, {"result", d.Result},
			{"after ResultSelector", d.AfterResultSelector}, {"after ResultPath", d.AfterResultPath},
		} {
			say(step.name, string(step.data))
		}
		number("max concurrency", d.MaxConcurrency)
		number("tolerated failures", d.ToleratedFailureCount)
		number("tolerated percentage", d.ToleratedFailurePercentage)
		say("variables", string(d.Variables))
	}
	say("output", string(out.Output))
	if out.Error != "" || out.Cause != "" {
		say("error", strings.TrimSuffix(strings.TrimPrefix(out.Error+": "+out.Cause, ": "), ": "))
	}
	if d := out.InspectionData; d != nil && d.ErrorDetails != nil {
		number("Retrier", d.ErrorDetails.RetryIndex)
		if n := d.ErrorDetails.RetryBackoffIntervalSeconds; n != nil {
			say("tried again after", transcript.Since(time.Duration(*n)*time.Second))
		}
		number("Catcher", d.ErrorDetails.CatchIndex)
	}
	status := string(out.Status)
	switch out.Status {
	case engine.TestSucceeded:
		status = p.green(status)
	case engine.TestFailed:
		status = p.red(status)
	default:
		status = p.yellow(status)
	}
	say("status", status)
	say("next state", out.NextState)
}
