package enginetest

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/coverage"
)

// The environment variables that Main and environments look at.
const (
	coverVariable   = "GOSTATES_COVER"
	coverAtVariable = "GOSTATES_COVER_MIN"
)

// covering counts what of their machines all executions use that run on a [Clock].
var covering struct {
	profile atomic.Pointer[coverage.Profile]
	main    atomic.Bool // Main writes the reports
	asked   sync.Once
	writing sync.Mutex // so that no report is replaced by an earlier one
}

// covers returns the profile of the process, nil when nobody wants one.
func covers() *coverage.Profile {
	covering.asked.Do(func() {
		if os.Getenv(coverVariable) != "" || os.Getenv(coverAtVariable) != "" {
			cover()
		}
	})
	return covering.profile.Load()
}

// cover has executions counted from here on.
func cover() { covering.profile.CompareAndSwap(nil, new(coverage.Profile)) }

// Covered returns what of their machines the executions of this process have used so far that
// ran on a [Clock], and nil unless [Main] or GOSTATES_COVER has them counted.
func Covered() *coverage.Profile { return covers() }

// A coverer counts what executions use that run on a clock without an environment.
type coverer struct{ profile *coverage.Profile }

// Recorded implements the engine's observer.
func (coverer) Recorded(string, *asl.StateMachine, []states.Event) {}

// Used implements the engine's observer.
func (c coverer) Used(arn string, machine *asl.StateMachine, part states.Part) {
	if part.Kind == states.PartState {
		c.profile.Add(machine, machineIn(arn))
	}
	c.profile.Use(machine, part)
}

// Closed implements the engine's observer.
func (coverer) Closed() error { return writeCoverage() }

// machineIn returns the name of the machine in an execution's ARN.
func machineIn(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 {
		return ""
	}
	return parts[6]
}

// A MainOption adjusts [Main].
type MainOption func(*coverOptions)

type coverOptions struct {
	targets []string
	least   float64
}

// CoverTo has reports of the coverage written, as [coverage.Profile.Write] says: to files that end
// with .html, .json or .txt, to the standard output for "-", and the profile of this process to a
// folder whose name ends with "/", where "gostates cover" finds it together with others.
func CoverTo(targets ...string) MainOption {
	return func(o *coverOptions) { o.targets = append(o.targets, targets...) }
}

// CoverAtLeast has the run fail when less than so many percent of all parts of all machines that
// ran are covered. A run of only some tests, by -run or -skip, is not held to it.
func CoverAtLeast(percent float64) MainOption { return func(o *coverOptions) { o.least = percent } }

// Main runs the tests of a package and exits, and measures which parts of their state machines
// the tests use:
//
//	func TestMain(m *testing.M) { enginetest.Main(m, enginetest.CoverTo("-"), enginetest.CoverAtLeast(90)) }
//
// It counts executions on every [Clock], whether an [Env] has it or not. The environment variables
// GOSTATES_COVER, with what CoverTo takes separated by commas, and GOSTATES_COVER_MIN, with a
// number of percent, go before the options. In packages without Main, GOSTATES_COVER has the reports
// written whenever an environment ends or an engine with a Clock is closed, but never to the
// standard output.
func Main(m interface{ Run() int }, options ...MainOption) {
	os.Exit(runMain(m, os.Stdout, options...))
}

// runMain does what Main does, and returns the exit code.
func runMain(m interface{ Run() int }, out io.Writer, options ...MainOption) int {
	var o coverOptions
	for _, option := range options {
		option(&o)
	}
	err := o.fromEnvironment()
	if err != nil {
		fmt.Fprintln(out, "enginetest:", err)
		return 2
	}
	if len(o.targets) > 0 || o.least > 0 {
		cover()
		covering.main.Store(true)
	}
	code := m.Run()
	profile := covers()
	if profile == nil {
		return code
	}
	if err := profile.Write(out, o.targets...); err != nil {
		fmt.Fprintln(out, "enginetest:", err)
		code = max(code, 1)
	}
	if r := profile.Report(); r.Percent() < o.least && !chosen() {
		fmt.Fprintf(out, "enginetest: %.1f%% of the state machines are covered, less than %g%%\n", r.Percent(), o.least)
		code = max(code, 1)
	}
	return code
}

// chosen reports whether only some of the package's tests were to run.
func chosen() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return true
		}
	}
	return false
}

// fromEnvironment takes what the environment variables say.
func (o *coverOptions) fromEnvironment() error {
	if targets := os.Getenv(coverVariable); targets != "" {
		o.targets = strings.FieldsFunc(targets, func(r rune) bool { return r == ',' })
	}
	if text := os.Getenv(coverAtVariable); text != "" {
		least, err := strconv.ParseFloat(text, 64)
		if err != nil || least < 0 || least > 100 {
			return fmt.Errorf("%s is %q, it must be a number of percent", coverAtVariable, text)
		}
		o.least = least
	}
	return nil
}

// writeCoverage writes the reports that the environment variable asks for, in a process without
// Main.
func writeCoverage() error {
	profile := covers()
	if profile == nil || covering.main.Load() {
		return nil
	}
	var o coverOptions
	if err := o.fromEnvironment(); err != nil {
		return err
	}
	covering.writing.Lock()
	defer covering.writing.Unlock()
	return profile.Write(nil, o.targets...)
}
