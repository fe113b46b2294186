package states_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// TestEmptyAssign: an Assign that sets nothing leaves no trace in the event, of whatever
// state, rule or Catcher it is.
func TestEmptyAssign(t *testing.T) {
	const in = `{"StartAt": "In", "States": {"In": {"Type": "Fail", "Error": "E"}}}`
	const well = `{"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}`
	for _, state := range []string{
		`"Type": "Pass", "Assign": {}, "Next": "T"`,
		`"Type": "Wait", "Seconds": 0, "Assign": {}, "Next": "T"`,
		`"Type": "Parallel", "Branches": [` + well + `], "Assign": {}, "Next": "T"`,
		`"Type": "Map", "ItemProcessor": ` + well + `, "Assign": {}, "Next": "T"`,
		`"Type": "Parallel", "Branches": [` + in + `], "Catch": [{"ErrorEquals": ["E"], "Assign": {}, "Next": "T"}], "Next": "T"`,
		`"Type": "Choice", "Choices": [{"Variable": "$[0]", "IsPresent": true, "Assign": {}, "Next": "T"}], "Default": "T"`,
		`"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "T"}], "Assign": {}, "Default": "T"`,
		`"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": true, "Assign": {}, "Next": "T"}], "Default": "T"`,
		`"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {}, "Next": "T"`,
		`"Type": "Task", "Resource": "work", "QueryLanguage": "JSONata", "Assign": {}, "Next": "T"`,
		`"Type": "Task", "Resource": "work", "Assign": {}, "Next": "T"`,
	} {
		machine, err := asl.Parse(fmt.Appendf(nil, `{"StartAt": "S", "States": {"S": {%s}, "T": {"Type": "Succeed"}}}`, state))
		require.NoError(t, err, state)
		x := states.New(machine, states.Options{})
		fx, err := x.Step(states.Started{At: time.Unix(0, 0), Input: []any{int64(1)}})
		require.NoError(t, err)
		if x.Result() == nil {
			fx, err = x.Step(states.TaskReturned{Task: x.Open()[0].(*states.InvokeTask).ID})
			require.NoError(t, err)
		}
		require.Equal(t, states.StatusSucceeded, x.Status(), state)
		left := 0
		for _, e := range fx.Events {
			if d, ok := e.Details.(*states.ExitedDetails); ok {
				require.Nil(t, d.Assigned, state)
				left++
			}
		}
		require.GreaterOrEqual(t, left, 2, state)
	}
}
