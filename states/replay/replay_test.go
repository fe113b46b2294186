package replay_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/replay"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func machine(t *testing.T, definition string) *asl.StateMachine {
	t.Helper()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	require.NoError(t, err)
	return m
}

// TestOwnHistories: whatever the interpreter has recorded it records again, and uses the same
// parts of the machine.
func TestOwnHistories(t *testing.T) {
	t.Parallel()
	cases, err := conformance.Load("../../conformance/cases")
	require.NoError(t, err)
	require.Greater(t, len(cases), 400)
	for _, c := range cases {
		x, err := c.Execute(conformance.Simulator{})
		require.NoError(t, err, c.Name)
		var limits states.Options
		if c.Express {
			limits = states.Options{MaxEvents: -1, MaxDuration: 5 * time.Minute}
		}
		assert.NoError(t, replay.Check(machine(t, c.Definition), x.History, replay.Options{Limits: limits}), c.Name)
	}
}

// record runs an execution whose tasks return their inputs, but for those that script has
// answers for, by state, and returns its history. A nil answer is a timeout.
func record(t *testing.T, m *asl.StateMachine, input string, script map[string][]any) []states.Event {
	t.Helper()
	c := conformance.Case{Name: t.Name(), Definition: m.Definition(), Input: json.RawMessage(input), Extensions: true}
	for state, answers := range script {
		for _, a := range answers {
			task := conformance.Task{State: state, Outcome: conformance.Succeeds, Result: a}
			switch a := a.(type) {
			case nil:
				task.Outcome = conformance.TimesOut
			case error:
				task.Outcome, task.Error, task.HasError, task.Result = conformance.Fails, a.Error(), true, nil
			}
			if strings.Contains(m.Definition(), ".waitForTaskToken") {
				task.Submitted, task.HasSubmitted = "submitted", true
			}
			c.Tasks = append(c.Tasks, task)
		}
	}
	x, err := c.Execute(conformance.Simulator{})
	require.NoError(t, err)
	return x.History
}

const before = `{"StartAt": "Check", "States": {
	"Check": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Both"}], "Default": "Pause"},
	"Pause": {"Type": "Wait", "Seconds": 60, "Next": "Charge"},
	"Charge": {"Type": "Task", "Resource": "charge", "Parameters": {"amount.$": "$.n"}, "ResultPath": "$.receipt", "Next": "Done", "TimeoutSeconds": 10,
		"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]},
	"Both": {"Type": "Parallel", "Next": "Done", "Branches": [
		{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "a", "End": true}}},
		{"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "b", "End": true}}}]},
	"Done": {"Type": "Succeed"},
	"Sorry": {"Type": "Fail", "Error": "Sorry"}}}`

func TestChangedMachines(t *testing.T) {
	t.Parallel()
	paid := map[string][]any{"Charge": {errors.New("Busy"), "paid"}}
	both := map[string][]any{"A": {1}, "B": {2}}
	for name, test := range map[string]struct {
		input    string
		script   map[string][]any
		old, new string // what is replaced in the definition
		want     string // "" for no difference
	}{
		"nothing":          {`{"n": 1}`, paid, "", "", ""},
		"both branches":    {`{"n": 9}`, both, "", "", ""},
		"what is not used": {`{"n": 1}`, paid, `"Both": {"Type": "Parallel"`, `"Both": {"Type": "Parallel", "Comment": "never"`, ""},
		"a comment":        {`{"n": 1}`, paid, `"StartAt": "Check"`, `"Comment": "new", "StartAt": "Check"`, ""},
		"a condition": {`{"n": 1}`, paid, `"NumericGreaterThan": 5`, `"NumericGreaterThan": 0`,
			"event 4, WaitStateEntered of Pause, would be ParallelStateEntered of Both"},
		"a name":        {`{"n": 1}`, paid, `Pause`, `Rest`, "event 4, WaitStateEntered of Pause, would be WaitStateEntered of Rest"},
		"a type":        {`{"n": 1}`, paid, `"Wait", "Seconds": 60`, `"Pass"`, "event 4, WaitStateEntered of Pause, would be PassStateEntered of Pause"},
		"a longer wait": {`{"n": 1}`, paid, `"Seconds": 60`, `"Seconds": 90`, "event 5, WaitStateExited of Pause, would come 30s later"},
		"parameters": {`{"n": 1}`, paid, `"amount.$": "$.n"`, `"amount.$": "$.n", "unit": "EUR"`,
			`event 7, TaskScheduled of Charge, would differ: parameters.unit is nothing, and would be "EUR"`},
		"fewer parameters": {`{"n": 1}`, paid, `"amount.$": "$.n"`, `"amount": 2`,
			`event 7, TaskScheduled of Charge, would differ: parameters.amount is 1, and would be 2`},
		"a timeout": {`{"n": 1}`, paid, `"TimeoutSeconds": 10`, `"TimeoutSeconds": 11`,
			`event 7, TaskScheduled of Charge, would differ: timeoutInSeconds is 10, and would be 11`},
		"no retrier": {`{"n": 1}`, paid, `"ErrorEquals": ["Busy"]`, `"ErrorEquals": ["Idle"]`,
			"event 10, TaskScheduled of Charge, would be TaskStateExited"},
		"no catcher": {`{"n": 1}`, map[string][]any{"Charge": {nil}}, `"ErrorEquals": ["States.ALL"]`, `"ErrorEquals": ["Never"]`,
			"event 10, TaskStateExited of Charge, would be ExecutionFailed"},
		"a result path": {`{"n": 1}`, paid, `"$.receipt"`, `"$.paper"`, `event 13, TaskStateExited of Charge, would differ: output.receipt is "paid", and would be nothing`},
		"another branch": {`{"n": 9}`, both, `{"StartAt": "B"`, `{"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}, {"StartAt": "B"`,
			`event 17, ParallelStateExited of Both, would differ: output is [1,2], and would be [1,{"n":9},2]`},
		"a branch that waits": {`{"n": 9}`, both, `{"StartAt": "B"`, `{"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 9, "End": true}}}, {"StartAt": "B"`,
			"event 16, ParallelStateSucceeded of Both, would be WaitStateEntered of C"},
		"a branch less": {`{"n": 9}`, both, `,
		{"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "b", "End": true}}}`, ``, "event 8, TaskStateEntered of B, would not be recorded"},
		"the end":         {`{"n": 1}`, paid, `"Done": {"Type": "Succeed"}`, `"Done": {"Type": "Pass", "End": true}`, "event 14, SucceedStateEntered of Done, would be PassStateEntered of Done"},
		"no state at all": {`{"n": 9}`, both, `"Next": "Done", "Branches"`, `"End": true, "Branches"`, "event 18, SucceedStateEntered of Done, would be ExecutionSucceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			history := record(t, machine(t, before), test.input, test.script)
			require.Contains(t, before, test.old)
			err := replay.Check(machine(t, strings.ReplaceAll(before, test.old, test.new)), history, replay.Options{})
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			var d *replay.Difference
			require.ErrorAs(t, err, &d)
			assert.True(t, strings.HasPrefix(d.Error(), test.want), d.Error())
			assert.NotZero(t, d.Event.ID)
		})
	}
}

// public returns what AWS shows of a history.
func public(t *testing.T, history []states.Event) (shown []states.Event) {
	t.Helper()
	for i := range history {
		if history[i].Hidden() {
			continue
		}
		text, err := json.Marshal(history[i])
		require.NoError(t, err)
		var e states.Event
		require.NoError(t, json.Unmarshal(text, &e))
		shown = append(shown, e)
	}
	return shown
}

// TestPublicHistories lack the seed, the Task Tokens' key and the identity.
func TestPublicHistories(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		definition, changed string
		script              map[string][]any
		want                string
	}{
		"a Task Token": {definition: `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
			"Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "States.Format('it is {}.', $$.Task.Token)"}}, "End": true}}}`, script: map[string][]any{"Ask": {"yes"}}},
		"chance": {definition: `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "Q"}, "Q": {"Type": "Succeed"}}}`},
		"chance on another way": {
			definition: `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "Q"}, "Q": {"Type": "Succeed"}}}`,
			changed:    `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "R"}, "R": {"Type": "Succeed"}}}`,
			want:       "event 4, SucceedStateEntered of Q, would be SucceedStateEntered of R"},
		"a retry of several attempts": {definition: `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "t", "End": true, "Retry": [{"ErrorEquals": ["A"], "JitterStrategy": "FULL"}]}}}`,
			script: map[string][]any{"T": {errors.New("A"), errors.New("A"), 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := machine(t, test.definition)
			history := public(t, record(t, m, `{}`, test.script))
			if test.changed != "" {
				m = machine(t, test.changed)
			}
			execution := states.Execution{}
			err := replay.Check(m, history, replay.Options{Execution: execution})
			if test.want == "" {
				assert.NoError(t, err)
			} else {
				assert.EqualError(t, err, test.want)
			}
		})
	}
	m := machine(t, before)
	history := public(t, record(t, m, `{"n": 1}`, map[string][]any{"Charge": {"paid"}}))
	for n := 1; n < len(history); n++ {
		assert.NoError(t, replay.Check(m, history[:n], replay.Options{}), "an execution that runs")
	}
}

// TestOtherOrders: branches are compared by themselves, whatever their order in the history.
func TestOtherOrders(t *testing.T) {
	t.Parallel()
	m := machine(t, before)
	history := public(t, record(t, m, `{"n": 9}`, map[string][]any{"A": {1}, "B": {2}}))
	// A is entered by event 6 and scheduled by event 7, and B by the next two.
	require.Equal(t, states.TaskStateEntered, history[5].Type)
	require.Equal(t, states.TaskStateEntered, history[7].Type)
	swap := map[states.EventID]states.EventID{6: 8, 7: 9, 8: 6, 9: 7}
	other := make([]states.Event, len(history))
	for _, e := range history {
		if id, ok := swap[e.ID]; ok {
			e.ID = id
		}
		if id, ok := swap[e.PreviousID]; ok {
			e.PreviousID = id
		}
		other[e.ID-1] = e
	}
	assert.NoError(t, replay.Check(m, other, replay.Options{}))
}

func TestHistoriesThatAreNone(t *testing.T) {
	t.Parallel()
	m := machine(t, before)
	history := record(t, m, `{"n": 1}`, map[string][]any{"Charge": {"paid"}})
	assert.ErrorIs(t, replay.Check(m, nil, replay.Options{}), replay.ErrHistory)
	assert.ErrorIs(t, replay.Check(m, history[1:], replay.Options{}), replay.ErrHistory)
	gap := append(append([]states.Event{}, history[:2]...), history[3:]...)
	assert.ErrorIs(t, replay.Check(m, gap, replay.Options{}), replay.ErrHistory)
}

// TestObserve: a replay tells what the execution used.
func TestObserve(t *testing.T) {
	t.Parallel()
	m := machine(t, before)
	history := record(t, m, `{"n": 1}`, map[string][]any{"Charge": {errors.New("Busy"), nil}})
	var used []string
	require.NoError(t, replay.Check(m, history, replay.Options{Observe: func(p states.Part) { used = append(used, p.State.Name()+" "+p.Kind.String()) }}))
	assert.Equal(t, []string{"Check State", "Check Default", "Pause State", "Pause Next", "Charge State", "Charge Retry", "Charge TimeoutSeconds", "Charge Catch", "Sorry State"}, used)
}
