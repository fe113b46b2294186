package clients

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"
)

// newClient returns a client of the SDK for Go that puts nothing before the name of the host.
func newClient(t testing.TB, e *endpoint) *sfn.Client {
	withoutPrefix := middleware.InitializeMiddlewareFunc("WithoutHostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		})
	cfg, err := config.LoadDefaultConfig(t.Context(),
		config.WithRegion("us-east-1"),
		config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")),
		config.WithAPIOptions([]func(*middleware.Stack) error{
			func(s *middleware.Stack) error { return s.Initialize.Add(withoutPrefix, middleware.Before) },
		}))
	require.NoError(t, err)
	return sfn.NewFromConfig(cfg, func(o *sfn.Options) {
		o.BaseEndpoint = &e.url
		o.RetryMaxAttempts = 1
	})
}

// must returns the output of an operation that succeeds.
func must[Out any](t testing.TB) func(*Out, error) *Out {
	return func(out *Out, err error) *Out {
		t.Helper()
		require.NoError(t, err)
		return out
	}
}

// driveGo calls every operation by the SDK for Go.
func driveGo(t *testing.T, e *endpoint) {
	c := newClient(t, e)
	t.Run("definitions", func(t *testing.T) { goValidates(t, c) })
	t.Run("versions and aliases", func(t *testing.T) { goVersions(t, c) })
	t.Run("activities", func(t *testing.T) { goActivities(t, c) })
	t.Run("Express", func(t *testing.T) { goExpress(t, c) })
	t.Run("time", func(t *testing.T) { goWaits(t, e, c) })
	t.Run("Map Runs", func(t *testing.T) { goMapRuns(t, c) })
	t.Run("errors", func(t *testing.T) { goErrors(t, c) })
	t.Run("TestState", func(t *testing.T) { goTestState(t, c) })
}

func goValidates(t *testing.T, c *sfn.Client) {
	ctx := t.Context()
	good := must[sfn.ValidateStateMachineDefinitionOutput](t)(c.ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{Definition: aws.String(work)}))
	require.Equal(t, types.ValidateStateMachineDefinitionResultCodeOk, good.Result)
	require.Empty(t, good.Diagnostics)
	bad := must[sfn.ValidateStateMachineDefinitionOutput](t)(c.ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{
		Definition: aws.String(`{"StartAt":"Nowhere","States":{"A":{"Type":"Succeed"}}}`),
	}))
	require.Equal(t, types.ValidateStateMachineDefinitionResultCodeFail, bad.Result)
	require.Equal(t, "/StartAt", *bad.Diagnostics[0].Location)
}

// createMachine registers a machine and returns its ARN.
func createMachine(t *testing.T, c *sfn.Client, name, definition string, adjust ...func(*sfn.CreateStateMachineInput)) string {
	t.Helper()
	in := &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, RoleArn: aws.String(role)}
	for _, f := range adjust {
		f(in)
	}
	return *must[sfn.CreateStateMachineOutput](t)(c.CreateStateMachine(t.Context(), in)).StateMachineArn
}

func goVersions(t *testing.T, c *sfn.Client) {
	ctx := t.Context()
	arn := createMachine(t, c, "versions", work, func(in *sfn.CreateStateMachineInput) {
		in.Publish, in.VersionDescription = true, aws.String("the first")
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("orders")}}
	})
	described := must[sfn.DescribeStateMachineOutput](t)(c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn}))
	require.Equal(t, work, *described.Definition)
	require.Equal(t, types.StateMachineStatusActive, described.Status)
	require.Nil(t, described.RevisionId)
	require.Equal(t, time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC), described.CreationDate.UTC())

	updated := must[sfn.UpdateStateMachineOutput](t)(c.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: &arn, Definition: aws.String(renamed(work))}))
	published := must[sfn.PublishStateMachineVersionOutput](t)(c.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{
		StateMachineArn: &arn, RevisionId: updated.RevisionId,
	}))
	require.Equal(t, arn+":2", *published.StateMachineVersionArn)
	versions := must[sfn.ListStateMachineVersionsOutput](t)(c.ListStateMachineVersions(ctx, &sfn.ListStateMachineVersionsInput{StateMachineArn: &arn}))
	require.Equal(t, arn+":2", *versions.StateMachineVersions[0].StateMachineVersionArn)

	route := func(version string, weight int32) types.RoutingConfigurationListItem {
		return types.RoutingConfigurationListItem{StateMachineVersionArn: aws.String(arn + version), Weight: weight}
	}
	alias := must[sfn.CreateStateMachineAliasOutput](t)(c.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{
		Name: aws.String("PROD"), RoutingConfiguration: []types.RoutingConfigurationListItem{route(":1", 100)},
	})).StateMachineAliasArn
	require.Equal(t, arn+":PROD", *alias)
	must[sfn.UpdateStateMachineAliasOutput](t)(c.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{
		StateMachineAliasArn: alias, RoutingConfiguration: []types.RoutingConfigurationListItem{route(":1", 10), route(":2", 90)},
	}))
	shown := must[sfn.DescribeStateMachineAliasOutput](t)(c.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: alias}))
	require.Len(t, shown.RoutingConfiguration, 2)
	require.Len(t, must[sfn.ListStateMachineAliasesOutput](t)(c.ListStateMachineAliases(ctx, &sfn.ListStateMachineAliasesInput{StateMachineArn: &arn})).StateMachineAliases, 1)

	must[sfn.TagResourceOutput](t)(c.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{{Key: aws.String("stage"), Value: aws.String("prod")}}}))
	must[sfn.UntagResourceOutput](t)(c.UntagResource(ctx, &sfn.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"team"}}))
	tags := must[sfn.ListTagsForResourceOutput](t)(c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})).Tags
	require.Len(t, tags, 1)
	require.Equal(t, "stage", *tags[0].Key)

	_, err := c.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: aws.String(arn + ":2")})
	isError[*types.ConflictException](t, err)
	must[sfn.DeleteStateMachineAliasOutput](t)(c.DeleteStateMachineAlias(ctx, &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: alias}))
	must[sfn.DeleteStateMachineVersionOutput](t)(c.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: aws.String(arn + ":2")}))
	must[sfn.DeleteStateMachineOutput](t)(c.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: &arn}))
}

// activity returns the ARN of the activity that machines name.
func activity(t *testing.T, c *sfn.Client) *string {
	t.Helper()
	return must[sfn.CreateActivityOutput](t)(c.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("work")})).ActivityArn
}

// poll returns the token of the next task of an activity.
func poll(t *testing.T, c *sfn.Client, activity *string) *string {
	t.Helper()
	task := must[sfn.GetActivityTaskOutput](t)(c.GetActivityTask(t.Context(), &sfn.GetActivityTaskInput{ActivityArn: activity, WorkerName: aws.String("w")}))
	require.NotNil(t, task.TaskToken)
	return task.TaskToken
}

// ended returns an execution when it has ended.
func ended(t *testing.T, c *sfn.Client, arn *string) *sfn.DescribeExecutionOutput {
	t.Helper()
	for {
		d := must[sfn.DescribeExecutionOutput](t)(c.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: arn}))
		if d.Status != types.ExecutionStatusRunning {
			return d
		}
	}
}

func goActivities(t *testing.T, c *sfn.Client) {
	ctx := t.Context()
	worker := activity(t, c)
	require.Equal(t, "work", *must[sfn.DescribeActivityOutput](t)(c.DescribeActivity(ctx, &sfn.DescribeActivityInput{ActivityArn: worker})).Name)
	require.Len(t, must[sfn.ListActivitiesOutput](t)(c.ListActivities(ctx, &sfn.ListActivitiesInput{})).Activities, 1)
	arn := createMachine(t, c, "work", work)
	require.Len(t, must[sfn.ListStateMachinesOutput](t)(c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})).StateMachines, 1)

	run := must[sfn.StartExecutionOutput](t)(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &arn, Name: aws.String("first"), Input: aws.String(`{"n": 1}`)})).ExecutionArn
	token := poll(t, c, worker)
	must[sfn.SendTaskHeartbeatOutput](t)(c.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: token}))
	must[sfn.SendTaskFailureOutput](t)(c.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: token, Error: aws.String("Broken"), Cause: aws.String("the machine is")}))
	failed := ended(t, c, run)
	require.Equal(t, "Broken", *failed.Error)
	require.Equal(t, `{"n": 1}`, *failed.Input, "the text as it was sent")
	require.Equal(t, types.ExecutionRedriveStatusRedrivable, failed.RedriveStatus)

	must[sfn.RedriveExecutionOutput](t)(c.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: run}))
	must[sfn.SendTaskSuccessOutput](t)(c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: poll(t, c, worker), Output: aws.String(`{"done": true}`)}))
	done := ended(t, c, run)
	require.Equal(t, types.ExecutionStatusSucceeded, done.Status)
	require.JSONEq(t, `{"done": true}`, *done.Output)

	var events []types.HistoryEventType
	pages := sfn.NewGetExecutionHistoryPaginator(c, &sfn.GetExecutionHistoryInput{ExecutionArn: run, MaxResults: 2})
	for pages.HasMorePages() {
		for _, event := range must[sfn.GetExecutionHistoryOutput](t)(pages.NextPage(ctx)).Events {
			events = append(events, event.Type)
		}
	}
	require.Equal(t, []types.HistoryEventType{
		"ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityFailed", "ExecutionFailed",
		"ExecutionRedriven", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded", "TaskStateExited", "ExecutionSucceeded",
	}, events)
	of := must[sfn.DescribeStateMachineForExecutionOutput](t)(c.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: run}))
	require.Equal(t, work, *of.Definition)

	second := must[sfn.StartExecutionOutput](t)(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &arn})).ExecutionArn
	must[sfn.StopExecutionOutput](t)(c.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: second, Error: aws.String("Enough")}))
	require.Equal(t, types.ExecutionStatusAborted, ended(t, c, second).Status)
	listed := must[sfn.ListExecutionsOutput](t)(c.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &arn, StatusFilter: types.ExecutionStatusAborted})).Executions
	require.Len(t, listed, 1)
	require.Equal(t, *second, *listed[0].ExecutionArn)
	must[sfn.DeleteActivityOutput](t)(c.DeleteActivity(ctx, &sfn.DeleteActivityInput{ActivityArn: worker}))
}

func goExpress(t *testing.T, c *sfn.Client) {
	arn := createMachine(t, c, "express", express, func(in *sfn.CreateStateMachineInput) { in.Type = types.StateMachineTypeExpress })
	out := must[sfn.StartSyncExecutionOutput](t)(c.StartSyncExecution(t.Context(), &sfn.StartSyncExecutionInput{StateMachineArn: &arn}))
	require.Equal(t, types.SyncExecutionStatusSucceeded, out.Status)
	require.Equal(t, `"slept"`, *out.Output)
	require.Equal(t, time.Minute, out.StopDate.Sub(*out.StartDate))
	require.EqualValues(t, 60_000, out.BillingDetails.BilledDurationInMilliseconds)
}

// goWaits lets the time of an execution go by that waits.
func goWaits(t *testing.T, e *endpoint, c *sfn.Client) {
	arn := createMachine(t, c, "waits", express)
	run := must[sfn.StartExecutionOutput](t)(c.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &arn})).ExecutionArn
	e.clock.Advance(time.Minute)
	d := ended(t, c, run)
	require.Equal(t, types.ExecutionStatusSucceeded, d.Status)
	require.Equal(t, time.Minute, d.StopDate.Sub(*d.StartDate))
}

func goMapRuns(t *testing.T, c *sfn.Client) {
	ctx := t.Context()
	worker := activity(t, c)
	arn := createMachine(t, c, "fan", fan)
	run := must[sfn.StartExecutionOutput](t)(c.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &arn, Input: aws.String(`{"items":[1,2]}`)})).ExecutionArn
	token := poll(t, c, worker)
	runs := must[sfn.ListMapRunsOutput](t)(c.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: run})).MapRuns
	require.Len(t, runs, 1)
	mapRun := runs[0].MapRunArn
	must[sfn.UpdateMapRunOutput](t)(c.UpdateMapRun(ctx, &sfn.UpdateMapRunInput{MapRunArn: mapRun, MaxConcurrency: aws.Int32(2), ToleratedFailureCount: aws.Int64(1)}))
	must[sfn.SendTaskFailureOutput](t)(c.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: token}))
	must[sfn.SendTaskSuccessOutput](t)(c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: poll(t, c, worker), Output: aws.String(`1`)}))
	require.Equal(t, types.ExecutionStatusSucceeded, ended(t, c, run).Status)
	d := must[sfn.DescribeMapRunOutput](t)(c.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: mapRun}))
	require.Equal(t, types.MapRunStatusSucceeded, d.Status)
	require.EqualValues(t, 1, d.ItemCounts.Failed)
	require.EqualValues(t, 2, d.MaxConcurrency)
	children := must[sfn.ListExecutionsOutput](t)(c.ListExecutions(ctx, &sfn.ListExecutionsInput{MapRunArn: mapRun})).Executions
	require.Len(t, children, 2)
	must[sfn.DeleteActivityOutput](t)(c.DeleteActivity(ctx, &sfn.DeleteActivityInput{ActivityArn: worker}))
}

// isError fails the test when an error is not of a type.
func isError[E error](t testing.TB, err error) {
	t.Helper()
	_, ok := errors.AsType[E](err)
	require.True(t, ok, "%v", err)
}

// goErrors wants errors of the SDK's types.
func goErrors(t *testing.T, c *sfn.Client) {
	ctx := t.Context()
	const nobody = "arn:aws:states:us-east-1:123456789012:"
	_, err := c.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(nobody + "stateMachine:nobody")})
	isError[*types.StateMachineDoesNotExist](t, err)
	require.ErrorContains(t, err, "State Machine Does Not Exist: '"+nobody+"stateMachine:nobody'")
	_, err = c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(nobody + "execution:nobody:e")})
	isError[*types.ExecutionDoesNotExist](t, err)
	_, err = c.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String("xyz")})
	isError[*types.InvalidArn](t, err)
	_, err = c.DescribeActivity(ctx, &sfn.DescribeActivityInput{ActivityArn: aws.String(nobody + "activity:nobody")})
	isError[*types.ActivityDoesNotExist](t, err)
	_, err = c.ListStateMachines(ctx, &sfn.ListStateMachinesInput{NextToken: aws.String("wrong")})
	isError[*types.InvalidToken](t, err)
	_, err = c.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String("guessed"), Output: aws.String("{}")})
	isError[*types.InvalidToken](t, err)
	_, err = c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("bad"), RoleArn: aws.String(role), Definition: aws.String(`{"StartAt":"A"}`)})
	isError[*types.InvalidDefinition](t, err)
	createMachine(t, c, "taken", work)
	_, err = c.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String("taken"), RoleArn: aws.String(role), Definition: aws.String(express)})
	isError[*types.StateMachineAlreadyExists](t, err)
	_, err = c.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: aws.String(nobody + "stateMachine:nobody")})
	isError[*types.ResourceNotFound](t, err)
	_, err = c.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: aws.String(nobody + "mapRun:nobody/M:e")})
	isError[*types.ResourceNotFound](t, err)
}

func goTestState(t *testing.T, c *sfn.Client) {
	out := must[sfn.TestStateOutput](t)(c.TestState(t.Context(), &sfn.TestStateInput{
		Definition: aws.String(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"mail"},"OutputPath":"$.Payload","Next":"B"}`),
		Mock:       &types.MockInput{Result: aws.String(`{"StatusCode":200,"Payload":{"n":1}}`)},
	}))
	require.Equal(t, types.TestExecutionStatusSucceeded, out.Status)
	require.Equal(t, "B", *out.NextState)
	require.JSONEq(t, `{"n":1}`, *out.Output)
}
