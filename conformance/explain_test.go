package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAMismatchSaysWhyTheExecutionFailed: whichever expectation is missed first, the
// message has the state, the event, the attempt, the error name and the decoded cause.
func TestAMismatchSaysWhyTheExecutionFailed(t *testing.T) {
	t.Parallel()
	const task = `{"StartAt":"Reserve","States":{"Reserve":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},` +
		`"Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":1}],"End":true}}}`
	const nested = `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"No","States":{"No":{"Type":"Fail","Error":"Refused","Cause":"no"}}}]}}}`
	const lambda = `"tasks":[{"state":"Reserve","error":"Busy","cause_text":"{\"errorMessage\":\"try again\",\"errorType\":\"Busy\"}","times":2}],`
	for name, c := range map[string]struct{ text, want string }{
		"status":        {`{"name":"n","definition":` + task + `,` + lambda + `"expect":{"status":"SUCCEEDED"}}`, "attempt 1): Busy: try again"},
		"output":        {`{"name":"n","definition":` + task + `,` + lambda + `"expect":{"status":"SUCCEEDED","output":1}}`, `FAILED in state "Reserve" (event`},
		"another error": {`{"name":"n","definition":` + task + `,` + lambda + `"expect":{"status":"FAILED","error":"Full","cause":"<any>"}}`, "attempt 1): Busy: try again"},
		"history":       {`{"name":"n","definition":` + task + `,` + lambda + `"expect":{"status":"SUCCEEDED","output":1,"history":[]}}`, "attempt 1): Busy: try again"},
		"in a branch":   {`{"name":"n","definition":` + nested + `,"expect":{"status":"SUCCEEDED"}}`, ": Refused: no"},
		"timed out": {`{"name":"n","definition":{"StartAt":"W","TimeoutSeconds":1,"States":{"W":{"Type":"Wait","Seconds":9,"End":true}}},` +
			`"expect":{"status":"SUCCEEDED"}}`, `TIMED_OUT in state "W" (event 2)`},
		"stopped": {`{"name":"n","definition":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}},"stop":{"after":1,"error":"E","cause":"c"},` +
			`"expect":{"status":"SUCCEEDED"}}`, `ABORTED in state "W" (event 2): E: c`},
	} {
		t.Run(name, func(t *testing.T) {
			test, err := ReadCase([]byte(c.text), "")
			require.NoError(t, err)
			assert.ErrorContains(t, test.Run(Simulator{}), c.want)
		})
	}
}
