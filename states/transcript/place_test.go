package transcript

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states"
)

// In the histories of all cases of the project, every event of a state is given to a state,
// a state is left where it was entered, and the execution's own events stand outside.
func TestEveryEventHasItsPlace(t *testing.T) {
	cases, err := conformance.Load("../../conformance/cases")
	require.NoError(t, err)
	deepest := 0
	for _, c := range cases {
		x, err := c.Execute(conformance.Simulator{})
		require.NoError(t, err, c.Name)
		places := newTracker()
		stopped := false // in no particular state, and then compensated
		for i := range x.History {
			e := &x.History[i]
			at := places.place(e)
			deepest = max(deepest, at.depth)
			switch d := e.Details.(type) {
			case *states.EnteredDetails:
				require.Equal(t, at.entry.in.depth, at.depth, "%s: event %d", c.Name, e.ID)
				require.Equal(t, d.Name, at.entry.name, "%s: event %d", c.Name, e.ID)
			case *states.CompensationDetails:
				stopped = stopped || d.Status != ""
			case *states.ExitedDetails:
				require.NotNil(t, at.entry, "%s: event %d", c.Name, e.ID)
				require.Equal(t, d.Name, at.entry.name, "%s: event %d", c.Name, e.ID)
				require.True(t, at.entry.over)
			}
			if strings.HasPrefix(string(e.Type), "Execution") {
				require.Empty(t, at.name, "%s: event %d", c.Name, e.ID)
				require.Zero(t, at.depth, "%s: event %d", c.Name, e.ID)
			} else if !stopped {
				require.NotEmpty(t, at.name, "%s: event %d %s", c.Name, e.ID, e.Type)
			}
		}
	}
	require.GreaterOrEqual(t, deepest, 4, "no case nests deep")
}
