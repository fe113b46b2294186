package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

func TestEventsAreDescribedAsAWSPrintsThem(t *testing.T) {
	in := value.NewObject(value.Member{Key: "a", Value: int64(1)})
	for _, c := range []struct {
		event states.Event
		text  string
	}{
		{states.Event{ID: 3, PreviousID: 2, Type: states.LambdaFunctionStarted},
			`{"id":3,"previousEventId":2,"type":"LambdaFunctionStarted"}`},
		{states.Event{ID: 1, Type: states.ExecutionStarted, Details: &states.StartedDetails{Input: in, RoleARN: "r"}},
			`{"id":1,"previousEventId":0,"type":"ExecutionStarted","executionStartedEventDetails":` +
				`{"input":{"a":1},"inputDetails":{"truncated":false},"roleArn":"r"}}`},
		{states.Event{ID: 2, Type: states.PassStateEntered, Details: &states.EnteredDetails{Name: "A", Input: in}},
			`{"id":2,"previousEventId":0,"type":"PassStateEntered","stateEnteredEventDetails":` +
				`{"name":"A","input":{"a":1},"inputDetails":{"truncated":false}}}`},
		{states.Event{ID: 2, Type: states.WaitStateExited, Details: &states.ExitedDetails{Name: "A", Output: in, Assigned: in}},
			`{"id":2,"previousEventId":0,"type":"WaitStateExited","stateExitedEventDetails":` +
				`{"name":"A","output":{"a":1},"outputDetails":{"truncated":false},` +
				`"assignedVariables":{"a":1},"assignedVariablesDetails":{"truncated":false}}}`},
		{states.Event{ID: 3, PreviousID: 2, Type: states.TaskScheduled, Details: &states.ScheduledDetails{
			ResourceType: "sqs", Resource: "sendMessage", Region: "us-east-1", Parameters: in,
			TimeoutSeconds: 5, HeartbeatSeconds: 2, Credentials: value.NewObject(value.Member{Key: "roleArn", Value: "r"}),
		}},
			`{"id":3,"previousEventId":2,"type":"TaskScheduled","taskScheduledEventDetails":{"resourceType":"sqs",` +
				`"resource":"sendMessage","region":"us-east-1","parameters":{"a":1},"timeoutInSeconds":5,` +
				`"heartbeatInSeconds":2,"taskCredentials":{"roleArn":"r"}}}`},
		{states.Event{ID: 3, PreviousID: 2, Type: states.ActivityScheduled, Details: &states.ScheduledDetails{Resource: "a", Parameters: in}},
			`{"id":3,"previousEventId":2,"type":"ActivityScheduled","activityScheduledEventDetails":` +
				`{"resource":"a","input":{"a":1},"inputDetails":{"truncated":false}}}`},
		{states.Event{ID: 4, PreviousID: 3, Type: states.ActivityStarted, Details: &states.WorkerDetails{}},
			`{"id":4,"previousEventId":3,"type":"ActivityStarted","activityStartedEventDetails":{}}`},
		{states.Event{ID: 5, PreviousID: 4, Type: states.TaskFailed, Details: &states.FailureDetails{
			ResourceType: "sqs", Resource: "sendMessage", Failure: states.Failure{Error: "E", HasError: true},
		}},
			`{"id":5,"previousEventId":4,"type":"TaskFailed","taskFailedEventDetails":` +
				`{"resourceType":"sqs","resource":"sendMessage","error":"E"}}`},
		{states.Event{ID: 4, PreviousID: 3, Type: states.MapStateStarted, Details: &states.LengthDetails{}},
			`{"id":4,"previousEventId":3,"type":"MapStateStarted","mapStateStartedEventDetails":{"length":0}}`},
		{states.Event{ID: 5, PreviousID: 4, Type: states.MapIterationStarted, Details: &states.IterationDetails{Name: "M", Index: 1}},
			`{"id":5,"previousEventId":4,"type":"MapIterationStarted","mapIterationStartedEventDetails":{"name":"M","index":1}}`},
		{states.Event{ID: 6, PreviousID: 5, Type: states.LambdaFunctionSucceeded, Details: &states.OutputDetails{Output: in}},
			`{"id":6,"previousEventId":5,"type":"LambdaFunctionSucceeded","lambdaFunctionSucceededEventDetails":` +
				`{"output":{"a":1},"outputDetails":{"truncated":false}}}`},
	} {
		c.event.At = DefaultStart
		described := Describe(&c.event)
		assert.True(t, value.Equal(parse(t, c.text), described), "expected %s, actual %s", c.text, described)
	}
}
