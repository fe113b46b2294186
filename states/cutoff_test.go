package states_test

import (
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRestoreOfAForkThatWasCutOff: branches that had not entered their first states
// when the history was cut off do so with the next Step.
func TestRestoreOfAForkThatWasCutOff(t *testing.T) {
	machine, err := asl.Parse(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"a"},"End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"q","MessageBody":"b"},"End":true}}}]}}}`)
	require.NoError(t, err)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	effects, err := states.New(machine, states.Options{}).Step(states.Started{At: at, Input: "in"})
	require.NoError(t, err)
	all := effects.Events
	require.Len(t, all, 7)
	for n := 3; n <= len(all); n++ {
		it, err := states.Restore(machine, all[:n], states.Options{})
		require.NoError(t, err)
		effects, err := it.Step()
		if n == len(all) {
			require.ErrorIs(t, err, states.ErrStale, "all is waited for")
		} else {
			require.NoError(t, err)
		}
		assert.Len(t, it.Open(), 2, "both tasks, after %d events", n)
		for _, event := range effects.Events {
			if d, ok := event.Details.(*states.EnteredDetails); ok {
				assert.Equal(t, "in", d.Input)
				assert.EqualValues(t, 3, event.PreviousID, "the start of the Parallel state")
			}
		}
	}
}
