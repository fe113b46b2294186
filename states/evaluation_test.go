package states_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// TestChecksAfterEvaluation: what an expression may not evaluate to is an evaluation
// error, which a state around the one that failed can catch, whatever field it is.
func TestChecksAfterEvaluation(t *testing.T) {
	const well = `{"StartAt": "W", "States": {"W": {"Type": "Pass", "End": true}}}`
	each := `"Type": "Map", "Items": [1], "End": true, "ItemProcessor": ` + well + `, `
	for _, field := range []struct {
		state, field string
		bad          []string
	}{
		{`"Type": "Wait", "End": true, `, "Seconds", []string{"-1", "1.5", "'x'", "null", "99999999999", "2147483648"}},
		{`"Type": "Wait", "End": true, `, "Timestamp", []string{"5", "'yesterday'", "'2026-02-30T00:00:00Z'", "'2200-01-01T00:00:00Z'"}},
		{`"Type": "Task", "Resource": "work", "End": true, `, "TimeoutSeconds", []string{"0", "-1", "1.5", "'x'"}},
		{`"Type": "Task", "Resource": "work", "End": true, `, "HeartbeatSeconds", []string{"0", "-1", "1.5", "'x'"}},
		{each, "MaxConcurrency", []string{"-1", "1.5", "'x'"}},
		{each, "ToleratedFailureCount", []string{"-1", "1.5", "'x'"}},
		{each, "ToleratedFailurePercentage", []string{"-1", "100.5", "'x'"}},
		{`"Type": "Map", "End": true, "ItemProcessor": ` + well + `, `, "Items", []string{"5", "'x'", "null", "{'a': 1}"}},
		{`"Type": "Fail", `, "Error", []string{"5", "null"}},
		{`"Type": "Fail", `, "Cause", []string{"5", "[]"}},
	} {
		for _, bad := range field.bad {
			in := fmt.Sprintf(`{%s%q: "{%% %s %%}"}`, field.state, field.field, bad)
			t.Run(field.field+" "+bad, func(t *testing.T) {
				end := runState(t, `"Type": "Parallel", "QueryLanguage": "JSONata", "Branches": [{"StartAt": "In", "States": {"In": `+
					`{"QueryLanguage": "JSONata", `+in[1:]+`}}], "Next": "T", "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "T"}]`, value.NewObject())
				require.Equal(t, states.StatusSucceeded, end.Status, "%+v", end.Failure)
				require.Contains(t, value.String(end.Output), `{"Error":"States.QueryEvaluationError","Cause":"An error occurred while executing the state 'In' (entered at the event id #4). `)
			})
		}
	}
}
