package states_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadHistory(t *testing.T) {
	t.Parallel()
	at := time.Unix(100, 0).UTC()
	events := []states.Event{
		{ID: 1, At: at, Type: states.ExecutionStarted, Details: &states.StartedDetails{Input: int64(7), RoleARN: "role"}},
		{ID: 2, At: at, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "P", Input: int64(7)}},
		{ID: 3, PreviousID: 2, At: at, Type: states.PassStateExited, Details: &states.ExitedDetails{Name: "P", Output: int64(8)}},
	}
	hidden := states.Event{PreviousID: 2, At: at, Type: states.RetryScheduled, Due: at, Details: &states.RetryDetails{Name: "P"}}
	list := func(events []states.Event) string {
		text, err := json.Marshal(events)
		require.NoError(t, err)
		return string(text)
	}
	backwards := slices.Clone(events)
	slices.Reverse(backwards)
	var log []byte
	withHidden := append(events[:2:2], hidden, events[2])
	for i := range withHidden {
		log = append(withHidden[i].AppendLog(log), '\n')
	}
	for name, test := range map[string]struct {
		text string
		want []states.Event
	}{
		"AWS's answer":  {`{"events": ` + list(events) + `}`, events},
		"its list":      {list(events), events},
		"in any order":  {"\n" + list(backwards), events},
		"a log":         {string(log), withHidden},
		"a log of one":  {string(events[0].AppendLog(nil)), events[:1]},
		"an empty line": {strings.ReplaceAll(string(log), "\n", "\n\n"), withHidden},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := states.ReadHistory([]byte(test.text))
			require.NoError(t, err)
			require.Len(t, got, len(test.want))
			for i := range got {
				assert.Equal(t, string(test.want[i].AppendLog(nil)), string(got[i].AppendLog(nil)))
			}
		})
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "{", "no events": `{"events": []}`, "an empty list": "[]", "no event": "{}", "a number": "7",
		"a page": `{"events": ` + list(events) + `, "nextToken": "x"}`, "an event that is none": `[{"id": "x"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := states.ReadHistory([]byte(text))
			assert.Error(t, err)
		})
	}
}
