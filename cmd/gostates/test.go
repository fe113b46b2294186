package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/conformance/onengine"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/coverage"
	"github.com/gostates/gostates/states/transcript"
	"github.com/spf13/cobra"
)

// testFlags are the flags of gostates test.
type testFlags struct {
	kind, run, known, store  string
	engine, crash, everyCase bool
	snapshot                 bool
	history                  bool
	cover                    coverFlags
}

func testCommand() *cobra.Command {
	var flags testFlags
	cmd := &cobra.Command{
		Use:   "test [--kind KIND] [--run REGEXP] [--engine|--crash] [FLAGS] FILE...",
		Short: "run cases: machines, inputs, and what must come of them",
		Long: `
test runs cases from files and folders. A .jsonl file has one case in each line, a .json
file one case or an array of them; a folder stands for all such files in it. It prints
a line for each case that fails, with what differed, what was expected and what came,
and last, alone on a line:

  N passed, N failed

to which ", N skipped" is added when there are doubtful cases, which count apart. It
exits with 1 when a case failed or none was run. With --json it prints a JSON object for
each such case, and last one with the counts, each on a line.

kinds of case:
  executions    an execution: its definition, input, task outcomes, and the status,
                output, error, cause and history that must come of it
  histories     an execution of whose history some types, details and previous events
                are known
  rejections    a definition, and what AWS says of it
  validity      a definition that is valid or is not
  definitions   a definition that must parse
  jsonpath      a path, template, intrinsic function or choice rule, and its result
  jsonata       a JSONata expression, and its value or the code of its error
  api           calls of the AWS Step Functions API and its answers, over HTTP; calls that
                a client refuses by itself are not made
  templates     a template or a definition in YAML, of which the state machines must parse
  teststate     a single state, tested by the engine as AWS's TestState tests it

The documentation of the Go package conformance lists the fields of each. Without --kind
each case is of the kind that its fields tell: "calls", "valid", "operation", "template",
"kind" with "expr", "expr", "event_types" and the like in "expect", "inspectionLevel",
"mock" or "stateName", "status" in "expect", or a definition alone. A field that is
misspelt makes its case fail.`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return misused("which files?")
			case flags.store != "" && (flags.engine || flags.crash):
				return misused("--store goes with neither --engine nor --crash")
			case flags.snapshot && (flags.engine || flags.crash || flags.store != ""):
				return misused("--snapshot goes with none of --engine, --crash and --store")
			}
			return nil
		},
		ValidArgsFunction: files("json", "jsonl"),
		RunE:              func(cmd *cobra.Command, args []string) error { return flags.test(cmd, args) },
	}
	set := cmd.Flags()
	set.StringVar(&flags.kind, "kind", "", "what the files hold, a `KIND`; default: what the fields of each case tell")
	set.StringVar(&flags.run, "run", "", "run only the cases whose name matches the `REGEXP`")
	set.StringVar(&flags.known, "known", "", "a `FILE` with a JSON object of cases that are expected to fail, each with "+
		"the reason: they count apart, and fail the run when they pass")
	set.StringVar(&flags.store, "store", "", "keep executions in this SQLite database, a `FILE` which must be new, and "+
		"restart from it after every step")
	set.BoolVar(&flags.engine, "engine", false, "run executions on the engine that programs use, not on the interpreter alone")
	set.BoolVar(&flags.crash, "crash", false, "on the engine and a database of its own, and again for each write to that: "+
		"there the engine is lost, before the write takes effect or after, and the next one must come to the same history")
	set.BoolVar(&flags.snapshot, "snapshot", false, "on the interpreter, which is lost after each step: one that is made of a "+
		"snapshot must come to the same history")
	set.BoolVar(&flags.history, "history", false, "print the history of each execution that is not as expected")
	flags.cover.add(set, "report which parts of their machines the executions use")
	set.BoolVarP(&flags.everyCase, "verbose", "v", false, "print a line for each case")
	completeFlag(cmd, "kind", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var kinds []string
		for _, kind := range corpus.Kinds() {
			kinds = append(kinds, string(kind))
		}
		return kinds, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func (f *testFlags) test(cmd *cobra.Command, args []string) error {
	name, err := regexp.Compile(f.run)
	if err != nil {
		return misused("%s", err)
	}
	tests, err := corpus.LoadKind(corpus.Kind(f.kind), args...)
	if err != nil {
		return err
	}
	profile := new(coverage.Profile)
	driver, done, err := f.driver(profile)
	if err != nil {
		return err
	}
	defer done()
	if f.cover.wanted() {
		driver = coveringDriver{driver, profile}
	}
	recorder := &recorder{Driver: driver}
	suite := corpus.Suite{Driver: withAPI{recorder}}
	if f.known != "" {
		if suite.Known, err = corpus.LoadKnown(f.known); err != nil {
			return err
		}
		if gone := suite.Unused(tests); len(gone) > 0 {
			return fmt.Errorf("%s lists cases that do not exist: %s", f.known, strings.Join(gone, ", "))
		}
	}
	tests = slices.DeleteFunc(tests, func(t corpus.Test) bool { return !name.MatchString(t.Name) })
	out := cmd.OutOrStdout()
	if wantsJSON(cmd) {
		suite.Report = func(t *corpus.Test, r corpus.Result) {
			if f.everyCase || r.Verdict == corpus.Failed {
				_ = printJSONLine(out, verdictOf(t, r)) // the summary's error is told
			}
		}
	} else {
		suite.Report = func(t *corpus.Test, r corpus.Result) {
			printVerdict(out, t, r, f.everyCase)
			if x := recorder.take(); f.history && x != nil && r.Verdict == corpus.Failed {
				_ = transcript.Write(out, x.History, tableOptions(out)) // the summary's error is told
			}
		}
	}
	sum := suite.Run(tests)
	covered, err := f.cover.report(cmd, profile)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		err = printJSONLine(out, map[string]int{"passed": sum.Passed, "failed": sum.Failed, "skipped": sum.Skipped, "known": sum.Known})
	} else {
		_, err = fmt.Fprintln(out, sum)
	}
	if err == nil && (!sum.OK() || !covered) {
		err = exitStatus(exitFailed)
	}
	return err
}

// A recorder keeps the execution that its driver ran last.
type recorder struct {
	conformance.Driver
	last *conformance.Execution
}

// Execute implements [conformance.Driver].
func (r *recorder) Execute(machine *asl.StateMachine, c *conformance.Case, script *conformance.Script) (x *conformance.Execution, err error) {
	r.last, err = r.Driver.Execute(machine, c, script)
	return r.last, err
}

// take returns the execution, once; nil for a case without one.
func (r *recorder) take() *conformance.Execution {
	x := r.last
	r.last = nil
	return x
}

// driver returns what runs executions and tells a profile what they use, and what to call when they
// have been run.
func (f *testFlags) driver(profile *coverage.Profile) (conformance.Driver, func(), error) {
	var used func(*asl.StateMachine, states.Part)
	if f.cover.wanted() {
		used = profile.Use
	}
	switch {
	case f.crash:
		driver, err := newCrashDriver(used)
		return driver, func() { driver.Close() }, err
	case f.engine:
		return onengine.Driver{Used: used}, func() {}, nil
	case f.snapshot:
		return conformance.Simulator{Snapshots: true, Used: used}, func() {}, nil
	case f.store != "":
		log, err := openLog(f.store)
		if err != nil {
			return nil, nil, err
		}
		return conformance.Simulator{Log: log, Used: used}, func() { log.Close() }, nil
	}
	return conformance.Simulator{Used: used}, func() {}, nil
}

// withAPI is a driver with the endpoint of an engine, by which conversations are had, and with
// an engine that tests single states, whatever runs executions.
type withAPI struct{ conformance.Driver }

// ServeAPI implements [corpus.APIServer].
func (withAPI) ServeAPI(start time.Time) (corpus.Endpoint, error) { return onengine.ServeAPI(start) }

// TestState implements [corpus.StateTester].
func (withAPI) TestState(request *value.Object, work any) ([]*value.Object, error) {
	return onengine.Driver{}.TestState(request, work)
}

// printVerdict prints a line for a test that failed, and with all for any other one.
func printVerdict(w io.Writer, t *corpus.Test, r corpus.Result, all bool) {
	p := paintFor(w)
	switch {
	case r.Verdict == corpus.Failed:
		fmt.Fprintf(w, "%s %s: %s\n", p.red("FAIL"), t.Name, indent(r.Err))
	case !all:
	case r.Verdict == corpus.Passed:
		fmt.Fprintf(w, "%s   %s\n", p.green("ok"), t.Name)
	case r.Verdict == corpus.KnownFailure:
		fmt.Fprintf(w, "%s %s: known: %s\n", p.yellow("fail"), t.Name, r.Reason)
	case r.Err != nil:
		fmt.Fprintf(w, "%s %s: doubtful: %s\n", p.yellow("skip"), t.Name, indent(r.Err))
	default:
		fmt.Fprintf(w, "%s %s: doubtful, passes\n", p.yellow("skip"), t.Name)
	}
}

// A verdict is how a test came out, as JSON.
type verdict struct {
	Case    string `json:"case"`
	Verdict string `json:"verdict"` // passed, failed, known or skipped
	Error   string `json:"error,omitempty"`
	Reason  string `json:"reason,omitempty"` // that a failure is known for
}

func verdictOf(t *corpus.Test, r corpus.Result) verdict {
	v := verdict{Case: t.Name, Reason: r.Reason, Verdict: map[corpus.Verdict]string{
		corpus.Passed: "passed", corpus.Failed: "failed", corpus.Skipped: "skipped", corpus.KnownFailure: "known",
	}[r.Verdict]}
	if r.Err != nil {
		v.Error = r.Err.Error()
	}
	return v
}

// indent keeps the further lines of a message apart from those of other cases.
func indent(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "\n    ")
}
