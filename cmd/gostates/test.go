package main

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/corpus"
	"github.com/gostates/gostates/conformance/onengine"
)

var testCommand = command{
	name:    "test",
	usage:   "gostates test --kind KIND [--run REGEXP] [--known FILE] [--engine|--crash] FILE...",
	summary: "run cases: machines, inputs, and what must come of them",
	help: `
test runs cases from files and folders. A .jsonl file has one case in each line, a .json
file one case or an array of them; a folder stands for all such files in it. It prints
a line for each case that fails, with what differed, what was expected and what came,
and last, alone on a line:

  N passed, N failed

to which ", N skipped" is added when there are doubtful cases, which count apart. It
exits with 1 when a case failed or none was run.

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

The documentation of the Go package conformance lists the fields of each.

flags:
  --kind KIND     what the files hold; required
  --run REGEXP    run only the cases whose name matches
  --known FILE    a JSON object of cases that are expected to fail, each with the
                  reason: they count apart, and fail the run when they pass
  --store FILE    keep executions in this SQLite database, which must be new, and
                  restart from it after every step
  --engine        run executions on the engine that programs use, not on the
                  interpreter alone
  --crash         on the engine and a database of its own, and again for each write
                  to that: there the engine is lost, before the write takes effect
                  or after, and the next one must come to the same history
  -v              print a line for each case`,
	run: runTest,
}

func runTest(c *command, args []string, s streams) int {
	flags := flag.NewFlagSet("test", flag.ContinueOnError)
	kind := flags.String("kind", "", "")
	pattern := flags.String("run", "", "")
	known := flags.String("known", "", "")
	store := flags.String("store", "", "")
	onEngine := flags.Bool("engine", false, "")
	crash := flags.Bool("crash", false, "")
	verbose := flags.Bool("v", false, "")
	files, err := parse(flags, args)
	switch {
	case err != nil:
	case *kind == "":
		err = &usageError{"which --kind of case?"}
	case len(files) == 0:
		err = &usageError{"which files?"}
	case *store != "" && (*onEngine || *crash):
		err = &usageError{"--store goes with neither --engine nor --crash"}
	}
	if err != nil {
		return c.fail(s, err)
	}
	name, err := regexp.Compile(*pattern)
	if err != nil {
		return c.fail(s, &usageError{err.Error()})
	}
	tests, err := corpus.LoadKind(corpus.Kind(*kind), files...)
	if err != nil {
		return c.fail(s, err)
	}
	suite := corpus.Suite{Driver: conformance.Simulator{}}
	switch {
	case *crash:
		driver, err := newCrashDriver()
		if err != nil {
			return c.fail(s, err)
		}
		defer driver.Close()
		suite.Driver = driver
	case *onEngine:
		suite.Driver = onengine.Driver{}
	case *store != "":
		log, err := openLog(*store)
		if err != nil {
			return c.fail(s, err)
		}
		defer log.Close()
		suite.Driver = conformance.Simulator{Log: log}
	}
	if *known != "" {
		if suite.Known, err = corpus.LoadKnown(*known); err != nil {
			return c.fail(s, err)
		}
		if gone := suite.Unused(tests); len(gone) > 0 {
			return c.fail(s, fmt.Errorf("%s lists cases that do not exist: %s", *known, strings.Join(gone, ", ")))
		}
	}
	tests = slices.DeleteFunc(tests, func(t corpus.Test) bool { return !name.MatchString(t.Name) })
	suite.Report = func(t *corpus.Test, r corpus.Result) {
		switch {
		case r.Verdict == corpus.Failed:
			fmt.Fprintf(s.out, "FAIL %s: %s\n", t.Name, indent(r.Err))
		case !*verbose:
		case r.Verdict == corpus.Passed:
			fmt.Fprintf(s.out, "ok   %s\n", t.Name)
		case r.Verdict == corpus.KnownFailure:
			fmt.Fprintf(s.out, "fail %s: known: %s\n", t.Name, r.Reason)
		case r.Err != nil:
			fmt.Fprintf(s.out, "skip %s: doubtful: %s\n", t.Name, indent(r.Err))
		default:
			fmt.Fprintf(s.out, "skip %s: doubtful, passes\n", t.Name)
		}
	}
	sum := suite.Run(tests)
	fmt.Fprintln(s.out, sum)
	if !sum.OK() {
		return exitFailed
	}
	return exitOK
}

// indent keeps the further lines of a message apart from those of other cases.
func indent(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "\n    ")
}
