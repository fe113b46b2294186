package states_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// TestAHistoryOfAWSRestores reads a history as the AWS command line prints it, with
// no hidden events, and goes on where it stands: in a retry that only the error
// tells of.
func TestAHistoryOfAWSRestores(t *testing.T) {
	machine, err := asl.Parse(`{"StartAt": "Work", "States": {"Work": {"Type": "Task",
		"Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
		"Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Busy"], "IntervalSeconds": 1}], "End": true}}}`)
	require.NoError(t, err)
	var history []states.Event
	for _, line := range []string{
		`{"timestamp": "2026-03-01T10:00:00.120000+00:00", "type": "ExecutionStarted", "id": 1, "previousEventId": 0,
		  "executionStartedEventDetails": {"input": "{\"n\": 1}", "inputDetails": {"truncated": false}, "roleArn": "arn:aws:iam::123456789012:role/r"}}`,
		`{"timestamp": "2026-03-01T11:00:00.120000+01:00", "type": "TaskStateEntered", "id": 2, "previousEventId": 0,
		  "stateEnteredEventDetails": {"name": "Work", "input": "{\"n\": 1}"}}`,
		`{"timestamp": 1772359200.5, "type": "LambdaFunctionScheduled", "id": 3, "previousEventId": 2,
		  "lambdaFunctionScheduledEventDetails": {"resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "input": "{\"n\": 1}"}}`,
		`{"timestamp": 1772359201, "type": "LambdaFunctionStarted", "id": 4, "previousEventId": 3}`,
		`{"timestamp": 1772359202, "type": "LambdaFunctionFailed", "id": 5, "previousEventId": 4, "lambdaFunctionFailedEventDetails": {"error": "Busy", "cause": "later"}}`,
		`{"timestamp": 1772359203, "type": "LambdaFunctionScheduled", "id": 6, "previousEventId": 5,
		  "lambdaFunctionScheduledEventDetails": {"resource": "arn:aws:lambda:us-east-1:123456789012:function:work", "input": "{\"n\": 1}"}}`,
	} {
		e, err := states.ParseLog([]byte(line))
		require.NoError(t, err)
		history = append(history, e)
	}
	require.Equal(t, time.Date(2026, 3, 1, 10, 0, 0, 120e6, time.UTC), history[1].At)
	it, err := states.Restore(machine, history, states.Options{})
	require.NoError(t, err)
	open := it.Open()
	require.Len(t, open, 1)
	task := open[0].(*states.InvokeTask)
	require.Equal(t, 1, task.Attempt)
	require.Equal(t, `{"n":1}`, value.String(task.Input))
	fx, err := it.Step(states.TaskReturned{At: history[5].At, Task: 6, Output: "done"})
	require.NoError(t, err)
	require.Equal(t, &states.Finish{Status: states.StatusSucceeded, Output: "done"}, fx.Commands[0])
}

// TestALogHoldsWhatNestsDeeply: states can build values that nest deeper than what
// anybody may hand in, and their history must restore all the same.
func TestALogHoldsWhatNestsDeeply(t *testing.T) {
	var v any = "core"
	for range 5 * value.MaxDepth {
		v = []any{v}
	}
	e := states.Event{ID: 2, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "A", Input: v}}
	read, err := states.ParseLog(e.AppendLog(nil))
	require.NoError(t, err)
	require.Equal(t, string(e.AppendLog(nil)), string(read.AppendLog(nil)))
}

// TestALogHoldsWhatIsOnlyKept: what this package keeps with a start for others is read back.
func TestALogHoldsWhatIsOnlyKept(t *testing.T) {
	kept := states.Execution{ARN: "arn:aws:states:us-east-1:123456789012:execution:m:x", TraceHeader: "Root=1-2-3", TraceContext: "00-1-2-01", TestCase: "Happy",
		Parent: states.Parent{ARN: "a", Task: 3, Waits: true, Depth: 2}}
	e := states.Event{ID: 1, Type: states.ExecutionStarted, Details: &states.StartedDetails{Execution: kept}}
	read, err := states.ParseLog(e.AppendLog(nil))
	require.NoError(t, err)
	require.Equal(t, kept, read.Details.(*states.StartedDetails).Execution)
	require.NotContains(t, value.String(read.DetailsJSON(true)), "00-1-2-01", "AWS does not show it")
}

// TestParseLogRefuses tells what is wrong with a line, and where.
func TestParseLogRefuses(t *testing.T) {
	for line, want := range map[string]string{
		`[]`: "an event must be a JSON object, not array",
		`{`:  "line 1, column 2",
		`{"id": 1.5, "type": "PassStateEntered", "timestamp": 1}`:                                                        "id: a whole number is wanted, not 1.5",
		`{"id": 1, "type": "PassStateEntered", "timestamp": "noon"}`:                                                     `timestamp: "noon" is no time`,
		`{"id": 1, "type": "PassStateEntered", "timestamp": 1, "stateEnteredEventDetails": {"name": 5}}`:                 "name: a string is wanted, not number",
		`{"id": 1, "type": "PassStateEntered", "timestamp": 1, "stateEnteredEventDetails": {"name": "A", "input": "{"}}`: "input: ",
	} {
		_, err := states.ParseLog([]byte(line))
		require.ErrorContains(t, err, want, line)
	}
}

// TestRestoreRefuses tells which event of a history can't be.
func TestRestoreRefuses(t *testing.T) {
	machine, err := asl.Parse(`{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}`)
	require.NoError(t, err)
	started := states.Event{ID: 1, Type: states.ExecutionStarted, Details: &states.StartedDetails{}}
	for _, c := range []struct {
		want   string
		events []states.Event
	}{
		{"event 3, PassStateEntered: its id is 3", []states.Event{started, {ID: 3, Type: states.PassStateEntered}}},
		{"event 1, PassStateEntered: the execution has not started", []states.Event{{ID: 1, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "A"}}}},
		{"the machine has no state 'B'", []states.Event{started, {ID: 2, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "B"}}}},
		{"no branch has come to event 7", []states.Event{started, {ID: 2, PreviousID: 7, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "A"}}}},
		{"event 2, Nonsense: it is of no type that can be restored", []states.Event{started, {ID: 2, Type: "Nonsense"}}},
	} {
		_, err := states.Restore(machine, c.events, states.Options{})
		require.ErrorContains(t, err, c.want)
	}
}

// TestTaskTokensEndAsTheExecutionSays, also when it is restored from its log.
func TestTaskTokensEndAsTheExecutionSays(t *testing.T) {
	machine, err := asl.Parse(`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"End":true}}}`)
	require.NoError(t, err)
	token := func(suffix string) string {
		it := states.New(machine, states.Options{})
		fx, err := it.Step(states.Started{At: time.Unix(0, 0).UTC(), Execution: states.Execution{TokenSuffix: suffix}})
		require.NoError(t, err)
		var events []states.Event
		for i := range fx.Events {
			read, err := states.ParseLog(fx.Events[i].AppendLog(nil))
			require.NoError(t, err)
			events = append(events, read)
		}
		restored, err := states.Restore(machine, events, states.Options{})
		require.NoError(t, err)
		task := fx.Commands[len(fx.Commands)-1].(*states.InvokeTask)
		require.Equal(t, task.Token, restored.Open()[0].(*states.InvokeTask).Token)
		return task.Token
	}
	require.Equal(t, token("")+"-whose", token("-whose"))
}

// TestWhatAnARNSaysIsNotWrittenAgain: the first event has the names of an execution that
// its ARN doesn't imply, and a line that has them all reads the same.
func TestWhatAnARNSaysIsNotWrittenAgain(t *testing.T) {
	x := states.Execution{ARN: "arn:aws:states:eu-west-1:1:execution:orders:a:b", Name: "a:b", RoleARN: "arn:aws:iam::1:role/r",
		StateMachineARN: "arn:aws:states:eu-west-1:1:stateMachine:orders", StateMachineName: "orders", Region: "eu-west-1"}
	other := x
	other.Name, other.RoleARN, other.WithoutRedriveCount = "", "", true
	odd := x
	odd.ARN = "an ARN of another form"
	for text, x := range map[string]states.Execution{
		`"execution":{"arn":"arn:aws:states:eu-west-1:1:execution:orders:a:b"}`:                                                                                    x,
		`"execution":{"arn":"arn:aws:states:eu-west-1:1:execution:orders:a:b","name":"","roleArn":"","withoutRedriveCount":true}`:                                  other,
		`"execution":{"arn":"an ARN of another form","name":"a:b","stateMachineArn":"` + x.StateMachineARN + `","stateMachineName":"orders","region":"eu-west-1"}`: odd,
	} {
		e := states.Event{ID: 1, Type: states.ExecutionStarted, Details: &states.StartedDetails{Execution: x, RoleARN: "arn:aws:iam::1:role/r"}}
		line := string(e.AppendLog(nil))
		require.Contains(t, line, text)
		read, err := states.ParseLog([]byte(line))
		require.NoError(t, err)
		require.Equal(t, x, read.Details.(*states.StartedDetails).Execution)
	}
	whole := `{"timestamp":1,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":{"input":"{}","roleArn":"arn:aws:iam::1:role/r"},` +
		`"gostates":{"seed":"","execution":{"arn":"` + x.ARN + `","name":"a:b","roleArn":"arn:aws:iam::1:role/r","stateMachineArn":"` + x.StateMachineARN +
		`","stateMachineName":"orders","region":"eu-west-1","withoutRedriveCount":false}}}`
	read, err := states.ParseLog([]byte(whole))
	require.NoError(t, err)
	require.Equal(t, x, read.Details.(*states.StartedDetails).Execution)
}
