package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outlined is a case of which only an outline of the history is known.
const outlined = `{"name": "c",
	"definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Fail", "Error": "E"}}},
	"expect": {"status": "FAILED", "error": "E", "cause": null,
		"event_types": ["ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed"],
		"previous_event_ids": [0, 0, 2, 3, 4],
		"event_details": {"2": {"name": "A"}, "5": {"error": "<any>"}},
		"event_details_absent": {"5": ["cause"]},
		"event_types_absent": ["TaskStateEntered"]}}`

func TestOutline(t *testing.T) {
	run := func(text string) error {
		c, err := ReadOutlined([]byte(text), "")
		require.NoError(t, err)
		return c.Run(Simulator{})
	}
	require.NoError(t, run(outlined))
	for _, change := range []struct{ old, new, difference string }{
		{`"PassStateExited"`, `"PassStateEntered"`, `history event 3: type: expected "PassStateEntered", actual "PassStateExited"`},
		{`2, 3, 4]`, `2, 2, 4]`, `history event 4 (FailStateEntered): previousEventId: expected 2, actual 3`},
		{`"PassStateEntered", `, ``, `5 event_types`},
		{`"event_types": ["ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed"],`, ``, ``},
		{`"previous_event_ids": [0, 0, 2, 3, 4],`, `"previous_event_ids": [],`, ``},
		{`"name": "A"}`, `"name": "B"}`, `details of history event 2: name: expected "B", actual "A"`},
		{`"name": "A"}`, `"nome": "A"}`, `details of history event 2: nome: expected "A", actual nothing`},
		{`"2": {`, `"9": {`, `details of history event 9: name: expected "A", actual nothing`},
		{`["cause"]`, `["cause", "error"]`, `details of history event 5: error: expected nothing, actual "E"`},
		{`["TaskStateEntered"]`, `["FailStateEntered"]`, `history event 4 (FailStateEntered): expected nothing`},
		{`"cause": null`, `"cause": "c"`, `cause: expected "c", actual nothing`},
		{`"error": "E", "cause": null,`, ``, ``},
		{`"error": "E"`, `"error": null`, `error: expected nothing, actual "E"`},
	} {
		changed := strings.Replace(outlined, change.old, change.new, 1)
		require.NotEqual(t, outlined, changed)
		if _, err := ReadOutlined([]byte(changed), ""); err != nil {
			assert.ErrorContains(t, err, "4 event_types and 5 previous_event_ids")
			continue
		}
		if change.difference == "" {
			assert.NoError(t, run(changed))
			continue
		}
		assert.ErrorContains(t, run(changed), change.difference)
	}
	short := strings.Replace(outlined, `"FailStateEntered", "ExecutionFailed"],
		"previous_event_ids": [0, 0, 2, 3, 4],`, `"FailStateEntered"],`, 1)
	assert.ErrorContains(t, run(short), `number of history events: expected 4, actual 5`)
}

// An event's details that are no object can't be compared with.
func TestOutlineOfNoObject(t *testing.T) {
	_, err := ReadOutlined([]byte(strings.Replace(outlined, `{"name": "A"}`, `"A"`, 1)), "")
	assert.ErrorContains(t, err, "the details of an event are no object")
}
