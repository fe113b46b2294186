package transcript_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
)

var rewrite = flag.Bool("rewrite", false, "write what is printed into testdata; the diff is the review")

// aTrip fans out, iterates inside of a branch, and begins anew once.
const aTrip = `{"StartAt": "Plan", "States": {
	"Plan": {"Type": "Pass", "Assign": {"who": "Ida"}, "Next": "Trip"},
	"Trip": {"Type": "Parallel", "End": true, "Retry": [{"ErrorEquals": ["Full"], "IntervalSeconds": 90}], "Branches": [
		{"StartAt": "Days", "States": {"Days": {"Type": "Map", "ItemsPath": "$.days", "MaxConcurrency": 1, "End": true, "ItemProcessor": {
			"StartAt": "Hotel", "States": {"Hotel": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:hotel", "End": true}}}}}},
		{"StartAt": "Flight", "States": {"Flight": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"Message.$": "$.to", "TopicArn": "flights"}, "End": true}}}]}}}`

func aHistory(t *testing.T) []states.Event {
	input, err := value.Parse(`{"to": "Rome", "days": ["Monday", "Tuesday"]}`)
	require.NoError(t, err)
	c := conformance.Case{Name: "trip", Definition: aTrip, Input: input, Tasks: []conformance.Task{
		{State: "Hotel", Outcome: conformance.Succeeds, Result: "room 7", Times: 2, After: 1},
		{State: "Flight", Outcome: conformance.Fails, Error: "Full", HasError: true, Cause: `{"errorMessage":"no seat\nis left","errorType":"Full"}`, HasCause: true, After: 1.25},
		{State: "Hotel", Outcome: conformance.Succeeds, Result: "room 8", Times: 2, After: 1},
		{State: "Flight", Outcome: conformance.Succeeds, Result: map[string]any{"seat": "12A", "terms": strings.Repeat("blah ", 50)}},
	}}
	x, err := c.Execute(conformance.Simulator{})
	require.NoError(t, err)
	require.Equal(t, states.StatusSucceeded, x.Status)
	return x.History
}

func TestWrite(t *testing.T) {
	for name, o := range map[string]transcript.Options{
		"usual":    {},
		"narrow":   {Width: 60},
		"absolute": {Absolute: true},
		"brief":    {Brief: true},
		"colours":  {Colour: true, Brief: true},
		"unbound":  {Width: -1},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			require.NoError(t, transcript.Write(&out, aHistory(t), o))
			golden(t, name+".txt", out.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *rewrite {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// A Printer says of each event what the table says.
func TestPrinter(t *testing.T) {
	history := aHistory(t)
	var table, rows strings.Builder
	require.NoError(t, transcript.Write(&table, history, transcript.Options{Width: 200}))
	p := transcript.NewPrinter(&rows, transcript.Options{Width: 200})
	for i := range history {
		require.NoError(t, p.Print(&history[i]))
	}
	_, want, _ := strings.Cut(table.String(), "\n")
	wanted, got := strings.Split(want, "\n"), strings.Split(rows.String(), "\n")
	require.Len(t, got, len(wanted))
	for i := range got[:20] {
		require.Equal(t, strings.Fields(wanted[i]), strings.Fields(got[i]))
	}
}

// The rest of a history says what it can.
func TestPartOfAHistory(t *testing.T) {
	history := aHistory(t)
	for i := range history {
		var out strings.Builder
		require.NoError(t, transcript.Write(&out, history[i:], transcript.Options{}))
		require.Equal(t, len(history)-i+1, strings.Count(out.String(), "\n"))
	}
	var out strings.Builder
	require.NoError(t, transcript.Write(&out, nil, transcript.Options{}))
	require.Equal(t, "#  time  state  event  data\n", out.String())
}

func TestWriteJSON(t *testing.T) {
	var out strings.Builder
	require.NoError(t, transcript.WriteJSON(&out, aHistory(t)[:3]))
	require.JSONEq(t, `{"events": [
		{"timestamp": 1795435200, "type": "ExecutionStarted", "id": 1, "previousEventId": 0, "executionStartedEventDetails":
			{"input": "{\"to\":\"Rome\",\"days\":[\"Monday\",\"Tuesday\"]}", "inputDetails": {"truncated": false}, "roleArn": "arn:aws:iam::111111111111:role/sfn_role"}},
		{"timestamp": 1795435200, "type": "PassStateEntered", "id": 2, "previousEventId": 0, "stateEnteredEventDetails":
			{"name": "Plan", "input": "{\"to\":\"Rome\",\"days\":[\"Monday\",\"Tuesday\"]}", "inputDetails": {"truncated": false}}},
		{"timestamp": 1795435200, "type": "PassStateExited", "id": 3, "previousEventId": 2, "stateExitedEventDetails":
			{"name": "Plan", "output": "{\"to\":\"Rome\",\"days\":[\"Monday\",\"Tuesday\"]}", "outputDetails": {"truncated": false},
			 "assignedVariables": {"who": "\"Ida\""}, "assignedVariablesDetails": {"truncated": false}}}]}`, out.String())

	out.Reset()
	require.NoError(t, transcript.WriteJSON(&out, []states.Event{{Type: states.RetryScheduled}}))
	require.JSONEq(t, `{"events": []}`, out.String())
}

// What a history has of a user's cannot move a terminal's cursor or break a row.
func TestTextIsPlain(t *testing.T) {
	var out strings.Builder
	require.NoError(t, transcript.Write(&out, []states.Event{
		{ID: 1, Type: "Odd\x1b[2JType"},
		{ID: 2, Type: states.TaskStateEntered, Details: &states.EnteredDetails{Name: "a\nb\x07", Input: "\x1b]0;title\x07"}},
		{ID: 3, PreviousID: 2, Type: states.TaskFailed, Details: &states.FailureDetails{
			Failure: states.Failure{Error: "E", HasError: true, Cause: "one\r\ntwo\u2028\u009b31m", HasCause: true}}},
	}, transcript.Options{}))
	require.Equal(t, 4, strings.Count(out.String(), "\n"))
	for _, r := range "\x1b\x07\r\u2028\u009b" {
		require.NotContains(t, out.String(), string(r))
	}
}

// Letters that are two columns wide, and marks that are none, do not shift what follows.
func TestColumnsOfAllLanguages(t *testing.T) {
	var out strings.Builder
	require.NoError(t, transcript.Write(&out, []states.Event{
		{ID: 1, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "予約"}},
		{ID: 2, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "Zu\u0308rich"}},
		{ID: 3, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: strings.Repeat("予", 30), Input: strings.Repeat("約", 30)}},
	}, transcript.Options{Width: 90}))
	golden(t, "languages.txt", out.String())
}

func TestSince(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Millisecond / 3: "0s", 250 * time.Millisecond: "0.25s", 59*time.Second + 999*time.Millisecond: "59.999s",
		5 * time.Minute: "5m", time.Hour + time.Second: "1h1s", 49*time.Hour + 90*time.Second: "2d1h1m30s", 365 * 24 * time.Hour: "365d", -time.Minute: "-1m",
	} {
		require.Equal(t, want, transcript.Since(d))
	}
}

func TestFailure(t *testing.T) {
	for _, c := range []struct {
		failure states.Failure
		want    string
	}{
		{states.Failure{}, ""},
		{states.Failure{Error: "E", HasError: true}, "E"},
		{states.Failure{Cause: "why", HasCause: true}, "why"},
		{states.Failure{Error: "E", HasError: true, Cause: `{"errorMessage":"why","errorType":"E"}`, HasCause: true}, "E: why"},
		{states.Failure{Error: "E", HasError: true, Cause: `{"other":1}`, HasCause: true}, `E: {"other":1}`},
	} {
		require.Equal(t, c.want, transcript.Failure(c.failure))
	}
}

// The writer's error ends the printing.
func TestAWriterThatFails(t *testing.T) {
	for room := range 3 {
		require.ErrorIs(t, transcript.Write(&full{room}, aHistory(t), transcript.Options{}), errFull)
	}
}

var errFull = errors.New("the disk is full")

type full struct{ room int }

func (w *full) Write(p []byte) (int, error) {
	if w.room--; w.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}
