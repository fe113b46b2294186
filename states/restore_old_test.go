package states_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
)

// TestRestoreOlderHistories restores histories in the forms that AWS has written at
// different times, and that older releases have stored. What happens next shows that
// they were understood.
func TestRestoreOlderHistories(t *testing.T) {
	type event = states.Event
	entered := func(id, previous states.EventID, kind states.EventType, name string) event {
		return event{ID: id, PreviousID: previous, Type: kind, Details: &states.EnteredDetails{Name: name}}
	}
	started := event{ID: 1, Type: states.ExecutionStarted, Details: &states.StartedDetails{}}
	failure := states.Fail("States.QueryEvaluationError", "c")
	evaluation := func(id, previous states.EventID, name string) event {
		return event{ID: id, PreviousID: previous, Type: states.EvaluationFailed, Details: &states.EvaluationDetails{Failure: failure, State: name}}
	}
	failed := func(id, previous states.EventID) event {
		return event{ID: id, PreviousID: previous, Type: states.ExecutionFailed, Details: &states.FailureDetails{Failure: failure}}
	}
	exited := func(id, previous states.EventID, kind states.EventType, name string) event {
		return event{ID: id, PreviousID: previous, Type: kind, Details: &states.ExitedDetails{Name: name}}
	}
	retried := func(previous states.EventID, name string) event {
		return event{PreviousID: previous, Type: states.RetryScheduled, Due: time.Unix(60, 0), Details: &states.RetryDetails{Name: name}}
	}

	const pass = `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {
		"A": {"Type": "Pass", "Next": "B"},
		"B": {"Type": "Pass", "Output": "{% $states.input.nothing %}", "End": true}}}`
	const fan = `{"QueryLanguage": "JSONata", "StartAt": "P", "States": {
		"P": {"Type": "Parallel", "Output": "{% $states.input.nothing %}", "Branches": [
			{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}},
			{"StartAt": "B", "States": {"B": {"Type": "Pass", "Output": "{% $states.input.nothing %}", "End": true}}}],
			"Retry": [{"ErrorEquals": ["States.ALL"]}],
			"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "Next": "C"},
		"C": {"Type": "Wait", "Seconds": 5, "End": true}}}`
	const each = `{"StartAt": "M", "States": {
		"M": {"Type": "Map", "ItemSelector": {"n.$": "$$.Map.Item.Value.n"}, "End": true, "ItemProcessor": {
			"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "Next": "B"}, "B": {"Type": "Pass", "InputPath": "$.nothing", "End": true}}}}}}`

	forked := []event{started, entered(2, 0, states.ParallelStateEntered, "P"), {ID: 3, PreviousID: 2, Type: states.ParallelStateStarted},
		entered(4, 3, states.WaitStateEntered, "W"), entered(5, 3, states.PassStateEntered, "B")}
	joined := append(forked[:4:4],
		entered(5, 3, states.PassStateEntered, "B"), exited(6, 5, states.PassStateExited, "B"), exited(7, 4, states.WaitStateExited, "W"),
		event{ID: 8, PreviousID: 7, Type: states.ParallelStateSucceeded})
	after := func(events []event, more ...event) []event { return append(events[:len(events):len(events)], more...) }

	tests := []struct {
		name    string
		machine string
		events  []event
		status  states.Status
		next    []string // the events after it: of a redrive, or of a Step without inputs
	}{
		{"an EvaluationFailed that follows the entry", pass,
			[]event{started, entered(2, 0, states.PassStateEntered, "A"), exited(3, 2, states.PassStateExited, "A"),
				entered(4, 3, states.PassStateEntered, "B"), evaluation(5, 4, "B"), failed(6, 5)},
			states.StatusFailed, []string{"7<6 ExecutionRedriven", "8<5 EvaluationFailed", "9<8 ExecutionFailed"}},
		{"an EvaluationFailed that follows what was before the entry", pass,
			[]event{started, entered(2, 0, states.PassStateEntered, "A"), exited(3, 2, states.PassStateExited, "A"),
				entered(4, 3, states.PassStateEntered, "B"), evaluation(5, 3, "B"), failed(6, 5)},
			states.StatusFailed, []string{"7<6 ExecutionRedriven", "8<5 EvaluationFailed", "9<8 ExecutionFailed"}},
		{"an EvaluationFailed in a branch that follows the start of all branches", fan,
			after(forked, evaluation(6, 3, "B"), retried(6, "P")),
			states.StatusRunning, nil},
		{"an EvaluationFailed after ParallelStateSucceeded", fan,
			after(joined, evaluation(9, 8, "P"), retried(9, "P")), states.StatusRunning, nil},
		{"an EvaluationFailed that passes ParallelStateSucceeded by", fan,
			after(joined, evaluation(9, 7, "P"), retried(9, "P")), states.StatusRunning, nil},
		{"a retry after ParallelStateSucceeded", fan, after(joined, retried(8, "P")), states.StatusRunning, nil},
		{"a retry that passes ParallelStateSucceeded by", fan, after(joined, retried(7, "P")), states.StatusRunning, nil},
		{"a retry after ParallelStateSucceeded, of which no event tells", fan,
			after(joined, evaluation(9, 8, "P"), event{ID: 10, PreviousID: 9, Type: states.ParallelStateStarted}),
			states.StatusRunning, []string{"11<10 WaitStateEntered", "12<10 PassStateEntered", "13<12 EvaluationFailed", "14<13 WaitStateAborted"}},
		{"a Catcher's exit after ParallelStateSucceeded", fan,
			after(joined, exited(9, 8, states.ParallelStateExited, "P"), entered(10, 9, states.WaitStateEntered, "C")),
			states.StatusRunning, []string{"hidden<10 WaitScheduled"}},
		{"an exit that passes ParallelStateSucceeded by", fan,
			after(joined, exited(9, 7, states.ParallelStateExited, "P"), entered(10, 9, states.WaitStateEntered, "C")),
			states.StatusRunning, []string{"hidden<10 WaitScheduled"}},
		{"States.Runtime that ends the execution at once", each,
			[]event{started, entered(2, 0, states.MapStateEntered, "M"), {ID: 3, PreviousID: 2, Type: states.MapStateStarted, Details: &states.LengthDetails{Length: 2}},
				{ID: 4, PreviousID: 3, Type: states.MapIterationStarted, Details: &states.IterationDetails{Name: "M"}},
				{ID: 5, PreviousID: 3, Type: states.MapIterationStarted, Details: &states.IterationDetails{Name: "M", Index: 1}},
				entered(6, 4, states.WaitStateEntered, "W"), entered(7, 5, states.WaitStateEntered, "W"), exited(8, 6, states.WaitStateExited, "W"),
				entered(9, 8, states.PassStateEntered, "B"), failed(10, 9)},
			states.StatusFailed, []string{"11<10 ExecutionRedriven", "12<9 ExecutionFailed"}},
		{"States.Runtime that unwinds the states around it", each,
			[]event{started, entered(2, 0, states.MapStateEntered, "M"), {ID: 3, PreviousID: 2, Type: states.MapStateStarted, Details: &states.LengthDetails{Length: 2}},
				{ID: 4, PreviousID: 3, Type: states.MapIterationStarted, Details: &states.IterationDetails{Name: "M"}},
				{ID: 5, PreviousID: 3, Type: states.MapIterationStarted, Details: &states.IterationDetails{Name: "M", Index: 1}},
				entered(6, 4, states.WaitStateEntered, "W"), entered(7, 5, states.WaitStateEntered, "W"), exited(8, 6, states.WaitStateExited, "W"),
				entered(9, 8, states.PassStateEntered, "B"),
				{ID: 10, PreviousID: 9, Type: states.MapIterationFailed, Details: &states.IterationDetails{Name: "M"}},
				{ID: 11, PreviousID: 9, Type: states.MapIterationAborted, Details: &states.IterationDetails{Name: "M", Index: 1}},
				{ID: 12, PreviousID: 9, Type: states.WaitStateAborted},
				{ID: 13, PreviousID: 9, Type: states.MapStateFailed}, failed(14, 13)},
			states.StatusFailed, []string{"15<14 ExecutionRedriven", "16<9 ExecutionFailed"}},
		{"an ExecutionTimedOut without an error", pass,
			[]event{started, entered(2, 0, states.PassStateEntered, "A"), {ID: 3, Type: states.ExecutionTimedOut, Details: &states.FailureDetails{}}},
			states.StatusTimedOut, []string{"4<3 ExecutionRedriven", "5<2 PassStateExited", "6<5 PassStateEntered", "7<6 EvaluationFailed", "8<7 ExecutionFailed"}},
		{"an ExecutionTimedOut with its error", pass,
			[]event{started, entered(2, 0, states.PassStateEntered, "A"),
				{ID: 3, Type: states.ExecutionTimedOut, Details: &states.FailureDetails{Failure: states.Failure{Error: "States.Timeout", HasError: true}}}},
			states.StatusTimedOut, []string{"4<3 ExecutionRedriven", "5<2 PassStateExited", "6<5 PassStateEntered", "7<6 EvaluationFailed", "8<7 ExecutionFailed"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			machine, err := asl.Parse([]byte(test.machine))
			require.NoError(t, err)
			x, err := states.Restore(machine, test.events, states.Options{})
			require.NoError(t, err)
			require.Equal(t, test.status, x.Status())
			if test.status == states.StatusTimedOut {
				require.Empty(t, x.Result().Failure)
			}
			var inputs []states.Input
			if test.status != states.StatusRunning {
				inputs = []states.Input{states.Redriven{At: time.Unix(100, 0)}}
			}
			fx, err := x.Step(inputs...)
			if test.next == nil {
				require.ErrorIs(t, err, states.ErrStale, "it waits")
				require.Len(t, x.Open(), 1)
				return
			}
			require.NoError(t, err)
			var next []string
			for i := range fx.Events {
				if e := &fx.Events[i]; !e.Hidden() || e.Type == states.WaitScheduled {
					next = append(next, describe(&states.Event{ID: e.ID, PreviousID: e.PreviousID, Type: e.Type}, time.Time{}))
				}
			}
			require.Equal(t, test.next, next)
		})
	}
}
