package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// otherwise are the cases that an exported machine runs otherwise, and why.
var otherwise = map[string]string{}

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
			exported, err := asl.Export(machine)
			require.NoError(t, err)
			plain := *c
			plain.Definition, plain.Extensions = exported.Definition, false
			plain.Tasks = slices.Clone(c.Tasks)
			for state := range allStates(t, exported.Definition) {
				original := originalOf(state)
				for _, task := range c.Tasks {
					if original != state && task.State == original {
						task.State = state
						plain.Tasks = append(plain.Tasks, task)
					}
				}
			}
			want, err := c.Execute(Interpreter{})
			require.NoError(t, err)
			got, err := plain.Execute(Interpreter{})
			if reason, ok := otherwise[c.Name]; ok {
				assert.NotEqual(t, transcript(want, err), transcript(got, err), "it is no longer so that %s", reason)
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
