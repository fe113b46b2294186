package states_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func partText(p states.Part) string {
	if p.State == nil {
		return p.Kind.String()
	}
	return fmt.Sprintf("%s %s %d", p.State.Name(), p.Kind, p.Index)
}

// allParts has each kind of part, and more than one way to most states.
const allParts = `{"TimeoutSeconds": 1000, "StartAt": "C", "States": {
	"C": {"Type": "Choice", "Default": "T", "Choices": [
		{"Variable": "$.n", "NumericEquals": 1, "Next": "T"}, {"Variable": "$.n", "NumericEquals": 2, "Next": "T"}]},
	"T": {"Type": "Task", "Resource": "t.sync", "Next": "C", "TimeoutSeconds": 100, "HeartbeatSeconds": 10, "Compensate": "U",
		"Retry": [{"ErrorEquals": ["A"]}, {"ErrorEquals": ["B"], "MaxAttempts": 1}],
		"Catch": [{"ErrorEquals": ["A"], "Next": "P"}, {"ErrorEquals": ["B"], "Next": "P"}, {"ErrorEquals": ["C"], "Next": "F"}]},
	"U": {"Type": "Pass"},
	"P": {"Type": "Parallel", "Next": "M", "Branches": [{"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}]},
	"M": {"Type": "Map", "Next": "E", "ItemProcessor": {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "End": true}}}},
	"E": {"Type": "Succeed"},
	"F": {"Type": "Fail"}}}`

func TestParts(t *testing.T) {
	t.Parallel()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(allParts))
	require.NoError(t, err)
	var all []string
	for p := range states.Parts(m) {
		all = append(all, partText(p))
	}
	assert.Equal(t, []string{"MachineTimeoutSeconds", "C State 0", "C Choices 0", "C Choices 1", "C Default 0",
		"T State 0", "T TimeoutSeconds 0", "T HeartbeatSeconds 0", "T Next 0", "T Retry 0", "T Retry 1", "T Catch 0", "T Catch 1", "T Catch 2", "T Compensate 0",
		"U State 0", "P State 0", "P Next 0", "In State 0", "In Next 0", "M State 0", "M Next 0", "Each State 0", "Each Next 0", "E State 0", "F State 0"}, all)
	for n := range len(all) {
		got := 0
		for range states.Parts(m) {
			if got++; got > n {
				break
			}
		}
		assert.Equal(t, n+1, got)
	}
}

// TestObserve: every use is told, also of what the history doesn't tell because all ways lead to
// the same state; together these executions use everything.
func TestObserve(t *testing.T) {
	t.Parallel()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(allParts))
	require.NoError(t, err)
	n := func(n int64) any { return value.NewObject(value.Member{Key: "n", Value: n}) }
	type input = func(now time.Time, id states.EventID) states.Input
	returned := func(v int64) input {
		return func(at time.Time, id states.EventID) states.Input {
			return states.TaskReturned{At: at, Task: id, Output: n(v)}
		}
	}
	failed := func(name string) input {
		return func(at time.Time, id states.EventID) states.Input {
			return states.TaskErred{At: at, Task: id, Failure: states.Fail(name, "")}
		}
	}
	expired := func(heartbeat bool) input {
		return func(at time.Time, id states.EventID) states.Input {
			return states.TaskExpired{At: at, Task: id, Heartbeat: heartbeat}
		}
	}
	fired := func(at time.Time, id states.EventID) states.Input { return states.TimerFired{At: at, Timer: id} }
	over := func(at time.Time, _ states.EventID) states.Input {
		return states.TimerFired{At: at.Add(time.Hour), Timer: 1}
	}
	used := make(map[states.Part]bool)
	for _, test := range []struct {
		inputs []input
		told   []string
	}{
		{[]input{returned(2), failed("B"), fired, failed("B")}, []string{
			"C State 0", "C Choices 0", "T State 0", "T Next 0", "C State 0", "C Choices 1", "T State 0", "T Retry 1", "T Catch 1",
			"P State 0", "In State 0", "In Next 0", "P Next 0", "M State 0", "Each State 0", "Each Next 0", "M Next 0", "E State 0"}},
		{[]input{failed("A"), fired, failed("A"), fired, failed("A"), fired, failed("A")}, []string{
			"C State 0", "C Choices 0", "T State 0", "T Retry 0", "T Retry 0", "T Retry 0", "T Catch 0",
			"P State 0", "In State 0", "In Next 0", "P Next 0", "M State 0", "Each State 0", "Each Next 0", "M Next 0", "E State 0"}},
		{[]input{returned(3), failed("C")}, []string{
			"C State 0", "C Choices 0", "T State 0", "T Next 0", "C State 0", "C Default 0", "T State 0", "T Catch 2", "F State 0", "T Compensate 0", "U State 0"}},
		{[]input{expired(false)}, []string{"C State 0", "C Choices 0", "T State 0", "T TimeoutSeconds 0"}},
		{[]input{expired(true)}, []string{"C State 0", "C Choices 0", "T State 0", "T HeartbeatSeconds 0"}},
		{[]input{over}, []string{"C State 0", "C Choices 0", "T State 0", "MachineTimeoutSeconds"}},
	} {
		it := states.New(m, states.Options{WithoutEvents: true, MaxDuration: 24 * time.Hour})
		var told []string
		it.Observe(func(p states.Part) {
			told = append(told, partText(p))
			used[p] = true
		})
		var id states.EventID
		now := time.Unix(0, 0)
		step := func(in states.Input) {
			effects, err := it.Step(in)
			require.NoError(t, err)
			for _, c := range effects.Commands {
				switch c := c.(type) {
				case *states.InvokeTask:
					id = c.ID
				case *states.StartTimer:
					if c.ID != 1 {
						id = c.ID
					}
				}
			}
		}
		step(states.Started{At: now, Input: n(1)})
		for _, in := range test.inputs {
			step(in(now, id))
		}
		assert.NotEqual(t, states.StatusRunning, it.Status())
		assert.Equal(t, test.told, told)
	}
	all := slices.Collect(states.Parts(m))
	assert.Len(t, used, len(all))
	for _, p := range all {
		assert.True(t, used[p], partText(p))
	}
}
