package states

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEventJSON: the field names are those of AWS's HistoryEvent; payloads are
// JSON text.
func TestEventJSON(t *testing.T) {
	t.Parallel()
	object := value.NewObject(value.Member{Key: "a", Value: "<1>"})
	const payload = `"{\"a\":\"<1>\"}"`
	const whole = `{"truncated":false}`
	fails := Failure{Error: "E", Cause: "C", HasError: true, HasCause: true}
	for _, c := range []struct {
		kind    EventType
		details Details
		want    string // without the fields that every event has
		bare    string // the details without data; same as in want when empty
	}{
		{ParallelStateStarted, nil, ``, `{}`},
		{ExecutionStarted, &StartedDetails{Input: object, RoleARN: "r", Seed: Seed{1}, Execution: Execution{Name: "n"}},
			`,"executionStartedEventDetails":{"input":` + payload + `,"inputDetails":` + whole + `,"roleArn":"r"}`, `{"roleArn":"r"}`},
		{ExecutionStarted, &StartedDetails{RoleARN: "r", StateMachineVersionARN: "m:2", StateMachineAliasARN: "m:PROD"},
			`,"executionStartedEventDetails":{"input":"null","inputDetails":` + whole + `,"roleArn":"r","stateMachineAliasArn":"m:PROD","stateMachineVersionArn":"m:2"}`,
			`{"roleArn":"r","stateMachineAliasArn":"m:PROD","stateMachineVersionArn":"m:2"}`},
		{ExecutionSucceeded, &OutputDetails{Output: object},
			`,"executionSucceededEventDetails":{"output":` + payload + `,"outputDetails":` + whole + `}`, `{}`},
		{ExecutionFailed, &FailureDetails{Failure: fails}, `,"executionFailedEventDetails":{"error":"E","cause":"C"}`, ``},
		{ExecutionFailed, &FailureDetails{Failure: Failure{HasError: true}}, `,"executionFailedEventDetails":{"error":""}`, ``},
		{ExecutionAborted, &FailureDetails{}, `,"executionAbortedEventDetails":{}`, ``},
		{ExecutionTimedOut, &FailureDetails{}, `,"executionTimedOutEventDetails":{}`, ``},
		{MapStateEntered, &EnteredDetails{Name: "S", Input: nil},
			`,"stateEnteredEventDetails":{"name":"S","input":"null","inputDetails":` + whole + `}`, `{"name":"S"}`},
		{PassStateExited, &ExitedDetails{Name: "S", Output: object},
			`,"stateExitedEventDetails":{"name":"S","output":` + payload + `,"outputDetails":` + whole + `}`, `{"name":"S"}`},
		{TaskStateExited, &ExitedDetails{Name: "S", Output: int64(1), Assigned: value.NewObject(
			value.Member{Key: "x", Value: object}, value.Member{Key: "y", Value: "t"})},
			`,"stateExitedEventDetails":{"name":"S","output":"1","outputDetails":` + whole +
				`,"assignedVariables":{"x":` + payload + `,"y":"\"t\""},"assignedVariablesDetails":` + whole + `}`, `{"name":"S"}`},
		{TaskScheduled, &ScheduledDetails{ResourceType: "sqs", Resource: "sendMessage", Region: "eu-north-1", Parameters: object, TimeoutSeconds: 5, HeartbeatSeconds: 2},
			`,"taskScheduledEventDetails":{"resourceType":"sqs","resource":"sendMessage","region":"eu-north-1","parameters":` + payload +
				`,"timeoutInSeconds":5,"heartbeatInSeconds":2}`,
			`{"resourceType":"sqs","resource":"sendMessage","region":"eu-north-1","timeoutInSeconds":5,"heartbeatInSeconds":2}`},
		{LambdaFunctionScheduled, &ScheduledDetails{Resource: "arn:f", Parameters: object, TimeoutSeconds: 5,
			Credentials: value.NewObject(value.Member{Key: "roleArn", Value: "r"})},
			`,"lambdaFunctionScheduledEventDetails":{"resource":"arn:f","input":` + payload + `,"inputDetails":` + whole +
				`,"timeoutInSeconds":5,"taskCredentials":{"roleArn":"r"}}`,
			`{"resource":"arn:f","timeoutInSeconds":5,"taskCredentials":{"roleArn":"r"}}`},
		{ActivityScheduled, &ScheduledDetails{Resource: "arn:a", Parameters: int64(1), HeartbeatSeconds: 9},
			`,"activityScheduledEventDetails":{"resource":"arn:a","input":"1","inputDetails":` + whole + `,"heartbeatInSeconds":9}`,
			`{"resource":"arn:a","heartbeatInSeconds":9}`},
		{TaskStarted, &ResourceDetails{ResourceType: "sqs", Resource: "sendMessage"},
			`,"taskStartedEventDetails":{"resourceType":"sqs","resource":"sendMessage"}`, ``},
		{TaskSubmitted, &OutputDetails{ResourceType: "sqs", Resource: "sendMessage", Output: object},
			`,"taskSubmittedEventDetails":{"resourceType":"sqs","resource":"sendMessage","output":` + payload + `,"outputDetails":` + whole + `}`,
			`{"resourceType":"sqs","resource":"sendMessage"}`},
		{LambdaFunctionSucceeded, &OutputDetails{Output: object},
			`,"lambdaFunctionSucceededEventDetails":{"output":` + payload + `,"outputDetails":` + whole + `}`, `{}`},
		{TaskFailed, &FailureDetails{ResourceType: "sqs", Resource: "sendMessage", Failure: fails},
			`,"taskFailedEventDetails":{"resourceType":"sqs","resource":"sendMessage","error":"E","cause":"C"}`, ``},
		{ActivityStarted, &WorkerDetails{Worker: "w"}, `,"activityStartedEventDetails":{"workerName":"w"}`, ``},
		{ActivityStarted, &WorkerDetails{}, `,"activityStartedEventDetails":{}`, ``},
		{MapStateStarted, &LengthDetails{Length: 0}, `,"mapStateStartedEventDetails":{"length":0}`, ``},
		{MapIterationFailed, &IterationDetails{Name: "M", Index: 0}, `,"mapIterationFailedEventDetails":{"name":"M","index":0}`, ``},
	} {
		e := Event{ID: 7, PreviousID: 6, At: time.Unix(1_700_000_000, 7_999_999).UTC(), Type: c.kind, Details: c.details, Due: time.Unix(9, 0)}
		got, err := json.Marshal(e)
		require.NoError(t, err)
		want := `{"timestamp":1700000000.007,"type":"` + string(c.kind) + `","id":7,"previousEventId":6` + c.want + `}`
		assert.Equal(t, unescaped(t, want), unescaped(t, string(got)), c.kind)

		if c.bare != "" {
			assert.Equal(t, c.bare, string(e.DetailsJSON(false)), c.kind)
		} else {
			assert.Contains(t, c.want, string(e.DetailsJSON(false)), c.kind)
		}
		assert.Contains(t, c.want+`{}`, string(e.DetailsJSON(true)), c.kind)
	}
}

// unescaped undoes the escapes for HTML that encoding/json adds, and keeps the order.
func unescaped(t *testing.T, text string) string {
	t.Helper()
	v, err := value.Parse(text)
	require.NoError(t, err)
	return value.String(v)
}

func TestEventTimestamps(t *testing.T) {
	t.Parallel()
	for want, at := range map[string]time.Time{
		"0":              time.Unix(0, 0),
		"1700000000":     time.Unix(1_700_000_000, 0),
		"1700000000.500": time.Unix(1_700_000_000, 500_000_000),
		"1700000000.007": time.Unix(1_700_000_000, 7_000_000),
	} {
		assert.Equal(t, want, string(appendTimestamp(nil, at)))
	}
}
