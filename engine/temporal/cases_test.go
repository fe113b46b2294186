package temporal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gostates/gostates/conformance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Why the environment can't meet some cases.
const (
	hasBegun = "a task has begun when it is asked for"
	runsOnce = "the environment runs no workflow twice"
)

// unmet are those cases.
var unmet = map[string]string{
	"an activity that nobody polls for times out":             hasBegun,
	"an activity that cannot be scheduled":                    hasBegun,
	"a function that cannot be scheduled":                     hasBegun,
	"a function that cannot be started":                       hasBegun,
	"an integration that cannot be started":                   hasBegun,
	"a redrive counts in the description of a child":          runsOnce,
	"a redrive keeps the results of children that ended well": runsOnce,
	"a redriven run has an event that says so":                runsOnce,
	"the longest wait":                                        "the environment's time ends after ten years",
}

// simultaneous are the cases in which tasks of several branches end at the same moment, and are
// taken one after the other here.
var simultaneous = []string{
	"a Parallel that is tried again begins clean",
	"a Parallel that was undone begins anew",
	"a branch that is undoing is not cut off",
	"a branch that was undone begins anew, one that has ended does not",
	"a handler can be a Parallel state",
	"a redriven compensation of a branch leaves its siblings to go on",
	"only the last try is left to undo",
	"what a branch has not begun to undo is taken over",
}

// racing are the cases of Map Runs that fail while children begin, side by side here: which of
// them have asked the script by then is a matter of who was first.
var racing = []string{
	"one failure more is too many",
	"either threshold suffices",
	"a failed batch counts with all of its items",
}

// ways are how the cases are run.
var ways = map[string]onEnvironment{
	"in one run": {}, "in as many runs as can be": {renews: true}, "and with the log in these": {renews: true, lean: true},
}

// run runs a case. The environment has the children of a Map Run begin in any order, of which that of
// the script is one: they are also run one by one.
func run(c *conformance.Case, way onEnvironment) error {
	err := c.Run(way)
	if err != nil && strings.Contains(c.Definition, "DISTRIBUTED") {
		way.oneByOne = true
		if c.Run(way) == nil {
			return nil
		}
	}
	return err
}

// TestOwnCases runs the project's own cases.
func TestOwnCases(t *testing.T) {
	all, err := conformance.Load("../../conformance/cases")
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			for _, c := range all {
				if slices.Contains(racing, c.Name) {
					continue
				}
				c.Expect.Unordered = c.Expect.Unordered || slices.Contains(simultaneous, c.Name)
				err := run(c, way)
				if unmet[c.Name] != "" {
					assert.Error(t, err, "%s: it passes all the same", c.Name)
				} else {
					assert.NoError(t, err, c.Name)
				}
			}
		})
	}
}

// TestCases runs the executions in the folder that the variable CASES names, if there is one. It
// passes over those from before AWS had a RedriveCount.
func TestCases(t *testing.T) {
	folder := os.Getenv("CASES")
	if folder == "" {
		t.Skip("the variable CASES names no folder")
	}
	all, err := conformance.Load(filepath.Join(folder, "executions.jsonl"))
	require.NoError(t, err)
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			passed, known := 0, 0
			for _, c := range all {
				err := run(c, way)
				switch {
				case err == nil:
					passed++
				case strings.Contains(err.Error(), "RedriveCount") || strings.Contains(err.Error(), "BatchTimestamp"):
					known++
				default:
					t.Errorf("%s: %v", c.Name, err)
				}
			}
			t.Logf("%d passed, %d are of another time", passed, known)
		})
	}
}
