package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// otherwise are the cases that an exported machine runs otherwise, and why.
var otherwise = map[string]string{
	"a redrive goes on with the handler that failed":                            redriven,
	"a handler can fail again after a redrive":                                  redriven,
	"after a redriven compensation in a branch the Catcher has its turn":        redriven,
	"a redriven compensation of a branch leaves its siblings to go on":          redriven,
	"what was undone as a whole begins anew":                                    redriven,
	"what was undone because it was stopped begins anew":                        redriven,
	"a branch that was undone begins anew, one that has ended does not":         redriven,
	"a Parallel that was undone begins anew":                                    redriven,
	"a redrive runs only the failed branch of a handler again":                  redriven,
	"a compensation that was stopped goes on when it is redriven":               ended,
	"stopping undoes what was completed":                                        ended,
	"stopping undoes all branches, the newest first":                            ended,
	"stopping an iteration under way and one that has ended":                    ended,
	"running out of time undoes what was completed":                             ended,
	"the machine's time does not bound its compensation":                        ended,
	"the machine's time runs out while a branch is undoing":                     ended,
	"a stop while a branch is undoing waits for its handler":                    ended,
	"a second stop ends the compensation where it is":                           ended,
	"a stop ends a failed machine's compensation where it is":                   ended,
	"what nothing can catch is compensated":                                     uncaught,
	"a Choice without a match is compensated":                                   uncaught,
	"a Map whose items can't be found has nothing to undo but what came before": uncaught,
	"a Parallel that fails after its branches have ended is undone":             uncaught,
	"iterations that have ended are undone, the newest first":                   iterations,
	"too many failures undo the rest":                                           iterations,
	"iterations side by side are aborted and undone":                            iterations,
	"a Map that is tried again begins clean":                                    iterations,
	"a Map is undone before its Catcher":                                        iterations,
	"what an aborted branch has completed is undone":                            branches,
	"a Fail state in a branch":                                                  branches,
	"what a branch has not begun to undo is taken over":                         "of two branches that fail at a time the first reports",
	"nothing catches the failure of a handler in a branch":                      "a branch does not list what others have completed",
}

// The reasons that are more than one case's.
const (
	redriven   = "a redrive takes up nothing"
	ended      = "nothing runs after a stop or when the time is over"
	uncaught   = "nothing catches States.Runtime"
	iterations = "an iteration that fails aborts the others"
	branches   = "a branch that fails leaves the others to end, and these never do"
)

// TestCasesExported runs the cases of compensation with the exported machines. The
// same tasks must be asked for, with the same input, and the end must be the same.
func TestCasesExported(t *testing.T) {
	found := 0
	for _, c := range ownCases(t) {
		if !c.Extensions {
			continue
		}
		found++
		t.Run(c.Name, func(t *testing.T) {
			machine, err := asl.Parser{Extensions: true}.Parse([]byte(c.Definition))
			require.NoError(t, err)
			exported, err := export.Machine(machine)
			require.NoError(t, err)
			plain := *c
			plain.Definition, plain.Extensions = exported.Definition, false
			plain.Tasks = slices.Clone(c.Tasks)
			for state := range allStates(t, exported.Definition) {
				original := originalOf(state)
				for _, task := range c.Tasks {
					if original != state && task.State == original {
						task.State, task.HasParameters = state, false // the inputs are compared below
						plain.Tasks = append(plain.Tasks, task)
					}
				}
			}
			want, err := c.Execute(Simulator{})
			require.NoError(t, err)
			got, err := plain.Execute(Simulator{})
			if reason, ok := otherwise[c.Name]; ok {
				assert.NotEqual(t, transcript(want, nil), transcript(got, err), "it is no longer so that %s", reason)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, transcript(want, nil), transcript(got, nil))
		})
	}
	assert.GreaterOrEqual(t, found, 84)
}

// copied begins what a copied handler's name has more than the original's.
var copied = regexp.MustCompile(` (after|within) .*`)

func originalOf(state string) string { return copied.ReplaceAllString(state, "") }

// allStates returns the names of a definition's states.
func allStates(t *testing.T, definition string) map[string]bool {
	names := map[string]bool{}
	v, err := value.Parse(definition)
	require.NoError(t, err)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case *value.Object:
			for key, member := range v.All() {
				if o, ok := member.(*value.Object); ok && key == "States" {
					for name := range o.All() {
						names[name] = true
					}
				}
				walk(member)
			}
		}
	}
	walk(v)
	return names
}

// token matches a Task Token, which comes from an event's number.
var token = regexp.MustCompile(`[A-Za-z0-9_-]{43}`)

// transcript lists the tasks that were asked for, with their input, and the end.
func transcript(x *Execution, err error) []string {
	if err != nil {
		return []string{err.Error()}
	}
	var lines []string
	var state string
	for _, e := range x.History {
		switch d := e.Details.(type) {
		case *states.EnteredDetails:
			state = originalOf(d.Name)
		case *states.ScheduledDetails:
			lines = append(lines, state+" "+token.ReplaceAllString(value.String(d.Parameters), "token"))
		}
	}
	return append(lines, fmt.Sprintf("%s %s %q %q", x.Status, value.String(x.Output), x.Failure.Error, x.Failure.Cause))
}
