package states_test

import (
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestObserve: decisions are told in the order in which they are taken, also where the history
// doesn't tell them because all ways lead to the same state.
func TestObserve(t *testing.T) {
	t.Parallel()
	m, err := asl.Parse(`{"StartAt": "C", "States": {
		"C": {"Type": "Choice", "Default": "T", "Choices": [
			{"Variable": "$.n", "NumericEquals": 1, "Next": "T"}, {"Variable": "$.n", "NumericEquals": 2, "Next": "T"}]},
		"T": {"Type": "Task", "Resource": "t", "Next": "C",
			"Retry": [{"ErrorEquals": ["A"]}, {"ErrorEquals": ["B"], "MaxAttempts": 1}],
			"Catch": [{"ErrorEquals": ["A"], "Next": "E"}, {"ErrorEquals": ["B"], "Next": "E"}]},
		"E": {"Type": "Succeed"}}}`)
	require.NoError(t, err)
	it := states.New(m, states.Options{WithoutEvents: true})
	type decision struct {
		kind  states.DecisionKind
		state string
		index int
	}
	var told []decision
	it.Observe(func(d states.Decision) { told = append(told, decision{d.Kind, d.State.Name(), d.Index}) })
	var task states.EventID
	step := func(in states.Input) {
		effects, err := it.Step(in)
		require.NoError(t, err)
		for _, c := range effects.Commands {
			switch c := c.(type) {
			case *states.InvokeTask:
				task = c.ID
			case *states.StartTimer:
				task = c.ID
			}
		}
	}
	n := func(n int64) any { return value.NewObject(value.Member{Key: "n", Value: n}) }
	now := time.Unix(0, 0)
	step(states.Started{At: now, Input: n(2)})
	step(states.TaskReturned{At: now, Task: task, Output: n(3)})
	step(states.TaskErred{At: now, Task: task, Failure: states.Fail("B", "")})
	step(states.TimerFired{At: now, Timer: task})
	step(states.TaskErred{At: now, Task: task, Failure: states.Fail("B", "")})
	assert.Equal(t, states.StatusSucceeded, it.Status())
	assert.Equal(t, []decision{{states.RuleMatched, "C", 1}, {states.DefaultTaken, "C", 0}, {states.Retried, "T", 1}, {states.Caught, "T", 1}}, told)
}
