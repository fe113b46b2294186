package states_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// runState runs a machine of one state and perhaps T after it to its end. Its tasks
// return null.
func runState(t *testing.T, state string, input any) *states.Finish {
	t.Helper()
	next := ""
	if strings.Contains(state, `"T"`) {
		next = `, "T": {"Type": "Succeed"}`
	}
	machine, err := asl.Parse(fmt.Appendf(nil, `{"StartAt": "S", "States": {"S": {%s}%s}}`, state, next))
	require.NoError(t, err)
	x := states.New(machine, states.Options{})
	at := time.Unix(0, 0)
	_, err = x.Step(states.Started{At: at, Input: input})
	require.NoError(t, err)
	for x.Result() == nil {
		var in states.Input
		switch c := x.Open()[0].(type) {
		case *states.InvokeTask:
			in = states.TaskReturned{At: at, Task: c.ID}
		case *states.StartTimer:
			at = c.Due
			in = states.TimerFired{At: at, Timer: c.ID}
		}
		_, err = x.Step(in)
		require.NoError(t, err)
	}
	return x.Result()
}

// TestPathOnNull: where the input is null, a path fails in whatever field it is written
// out, and in the same words. A field that is absent does not.
func TestPathOnNull(t *testing.T) {
	const in = `{"StartAt": "In", "States": {"In": {"Type": "Succeed"}}}`
	kinds := []struct {
		state  string
		fields []string
	}{
		{`"Type": "Pass", "Next": "T"`, []string{`"InputPath": "$"`, `"InputPath": "$.a"`, `"Parameters": {"a.$": "$"}`,
			`"Parameters": {"a.$": "States.Format('{}', $.a)"}`, `"OutputPath": "$"`, `"Assign": {"v.$": "$.a"}`}},
		{`"Type": "Task", "Resource": "work", "Next": "T"`, []string{`"InputPath": "$"`, `"Parameters": {"a.$": "$.a"}`,
			`"TimeoutSecondsPath": "$.a"`, `"HeartbeatSecondsPath": "$.a"`, `"Credentials": {"RoleArn.$": "$.a"}`,
			`"ResultSelector": {"a.$": "$.a"}`, `"OutputPath": "$.a"`, `"Assign": {"v.$": "$"}`}},
		{`"Type": "Choice", "Default": "T"`, []string{`"InputPath": "$", "Choices": [{"Variable": "$$.State.Name", "IsPresent": true, "Next": "T"}]`,
			`"Choices": [{"Variable": "$", "IsNull": true, "Next": "T"}]`, `"Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "T"}]`,
			`"Choices": [{"Variable": "$$.State.Name", "StringEqualsPath": "$.a", "Next": "T"}]`,
			`"Choices": [{"Variable": "$$.State.Name", "IsPresent": true, "Next": "T"}], "OutputPath": "$"`,
			`"Choices": [{"Variable": "$$.State.Name", "IsPresent": true, "Next": "T", "Assign": {"v.$": "$"}}]`}},
		{`"Type": "Wait", "Next": "T"`, []string{`"SecondsPath": "$.a"`, `"TimestampPath": "$.a"`, `"Seconds": 1, "InputPath": "$"`,
			`"Seconds": 1, "OutputPath": "$"`, `"Seconds": 1, "Assign": {"v.$": "$"}`}},
		{`"Type": "Succeed"`, []string{`"InputPath": "$"`, `"OutputPath": "$.a"`}},
		{`"Type": "Fail"`, []string{`"ErrorPath": "$.a"`, `"CausePath": "$.a"`, `"CausePath": "States.Format('{}', $.a)"`}},
		{`"Type": "Parallel", "Next": "T", "Branches": [` + in + `]`, []string{`"InputPath": "$"`, `"Parameters": {"a.$": "$"}`}},
		{`"Type": "Map", "Next": "T", "ItemProcessor": ` + in, []string{`"InputPath": "$.a"`, `"ItemsPath": "$.a"`}},
	}
	for _, kind := range kinds {
		for _, field := range kind.fields {
			t.Run(kind.state[:len(`"Type": "Pass`)]+" "+field, func(t *testing.T) {
				end := runState(t, kind.state+", "+field, nil)
				require.Equal(t, "States.Runtime", end.Failure.Error)
				require.Equal(t, "An error occurred while executing the state 'S' (entered at the event id #2). Unable to apply Path transformation to null or empty input.", end.Failure.Cause)
			})
		}
	}
	for _, state := range []string{`"Type": "Pass", "End": true`, `"Type": "Task", "Resource": "work", "End": true`, `"Type": "Succeed"`,
		`"Type": "Wait", "Seconds": 1, "End": true`, `"Type": "Parallel", "End": true, "Branches": [` + in + `]`,
		`"Type": "Choice", "Choices": [{"Variable": "$$.State.Name", "IsPresent": true, "Next": "T"}]`} {
		require.Equal(t, states.StatusSucceeded, runState(t, state, nil).Status, state)
	}
}
