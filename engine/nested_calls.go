package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
)

// Executions are what tasks describe, stop and answer executions by: an [Engine], or what stands
// in its place. Its methods are those of the Engine, and have their errors.
type Executions interface {
	DescribeExecution(ctx context.Context, arn string) (*Description, error)
	StopExecution(ctx context.Context, arn, name, cause string) error
	SendTaskSuccess(ctx context.Context, token string, output any) error
	SendTaskFailure(ctx context.Context, token, name, cause string) error
	SendTaskHeartbeat(ctx context.Context, token string) error
	// Now returns the present time, in UTC and to the millisecond.
	Now() time.Time
}

var _ Executions = (*Engine)(nil)

// describeNested answers aws-sdk:sfn:describeExecution.
func describeNested(ctx context.Context, e Executions, parameters *value.Object) (any, error) {
	given, err := texts(parameters, "ExecutionArn")
	if err != nil {
		return nil, err
	}
	d, err := e.DescribeExecution(ctx, given[0])
	if err != nil {
		return nil, err
	}
	return described(d, false, iso, true), nil
}

// stopNested answers aws-sdk:sfn:stopExecution.
func stopNested(ctx context.Context, e Executions, parameters *value.Object) (any, error) {
	given, err := texts(parameters, "ExecutionArn", "Error", "Cause")
	if err != nil {
		return nil, err
	}
	if err := e.StopExecution(ctx, given[0], given[1], given[2]); err != nil {
		return nil, err
	}
	d, err := e.DescribeExecution(ctx, given[0])
	if err != nil {
		return nil, err
	}
	stopped := d.StopDate
	if stopped.IsZero() { // it undoes what it has completed
		stopped = e.Now()
	}
	return value.NewObject(value.Member{Key: "StopDate", Value: isoDate(stopped)}), nil
}

// sendSuccess answers aws-sdk:sfn:sendTaskSuccess. What follows {} as the answer is reported
// without a measurement.
func sendSuccess(ctx context.Context, e Executions, parameters *value.Object) (any, error) {
	given, err := texts(parameters, "TaskToken")
	if err != nil {
		return nil, err
	}
	output, _ := parameters.Get("Output")
	if text, ok := output.(string); ok {
		output = json.RawMessage(text)
	}
	if err := e.SendTaskSuccess(ctx, given[0], output); err != nil {
		return nil, err
	}
	return value.NewObject(), nil
}

// sendFailure answers aws-sdk:sfn:sendTaskFailure.
func sendFailure(ctx context.Context, e Executions, parameters *value.Object) (any, error) {
	given, err := texts(parameters, "TaskToken", "Error", "Cause")
	if err != nil {
		return nil, err
	}
	if err := e.SendTaskFailure(ctx, given[0], given[1], given[2]); err != nil {
		return nil, err
	}
	return value.NewObject(), nil
}

// sendHeartbeat answers aws-sdk:sfn:sendTaskHeartbeat.
func sendHeartbeat(ctx context.Context, e Executions, parameters *value.Object) (any, error) {
	given, err := texts(parameters, "TaskToken")
	if err != nil {
		return nil, err
	}
	if err := e.SendTaskHeartbeat(ctx, given[0]); err != nil {
		return nil, err
	}
	return value.NewObject(), nil
}

// A nestedError is one that AWS's API has a name for.
type nestedError struct {
	Kind string // the API's name of the error, without "Exception"
	Err  error  // what it says
}

func (e *nestedError) Error() string { return e.Err.Error() }

func (e *nestedError) Unwrap() error { return e.Err }

// apiErrors are the API's names of the engine's errors.
var apiErrors = []struct {
	err  error
	kind string
	text string // of the error, where the engine has another one
}{
	{ErrActivityDoesNotExist, "ActivityDoesNotExist", ""},
	{ErrActivityAlreadyExists, "ActivityAlreadyExists", ""},
	{ErrActivityWorkerLimitExceeded, "ActivityWorkerLimitExceeded", ""},
	{ErrTooManyTags, "TooManyTags", ""},
	{ErrNotRedrivable, "ExecutionNotRedrivable", ""},
	{ErrStateMachineDoesNotExist, "StateMachineDoesNotExist", ""},
	{ErrExecutionAlreadyExists, "ExecutionAlreadyExists", ""},
	{ErrExecutionDoesNotExist, "ExecutionDoesNotExist", ""},
	{ErrInvalidName, "InvalidName", ""},
	{ErrInvalidARN, "InvalidArn", ""},
	{ErrInvalidExecutionInput, "InvalidExecutionInput", ""},
	{ErrTypeNotSupported, "StateMachineTypeNotSupported", ""},
	{ErrInvalidOutput, "InvalidOutput", ""},
	{ErrInvalidToken, "InvalidToken", "Invalid Token: 'Invalid token'"}, // recorded
	// The names are the API's, and so are when each is given; the two texts are guesses: no
	// recording has either. Another emulator answers an ended task's token with InvalidToken.
	{ErrTaskDoesNotExist, "TaskDoesNotExist", "Task does not exist or has already been completed"},
	{ErrTaskTimedOut, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"},
}

// APIError returns the name and the text by which AWS's API reports an error of this
// package; ok is false for an error that the API doesn't have.
func APIError(err error) (name, text string, ok bool) {
	for _, api := range apiErrors {
		if !errors.Is(err, api.err) {
			continue
		}
		if api.text != "" {
			return api.kind, api.text, true
		}
		return api.kind, strings.TrimPrefix(err.Error(), api.kind+": "), true
	}
	return "", "", false
}

// named gives an error the name and the cause by which tasks see it. Those that the API
// doesn't have stay as they are.
func (n *nested) named(err error) error {
	if _, failed := errors.AsType[*StoreError](err); failed || errors.Is(err, errRests) || errors.Is(err, ErrClosed) {
		return err
	}
	var kind, what string
	if own, ok := errors.AsType[*nestedError](err); ok {
		kind, what = own.Kind, own.Error()
	}
	if kind == "" {
		kind, what, _ = APIError(err)
	}
	switch {
	case kind == "":
		return err
	case n.sdk:
		return &TaskError{Name: "Sfn." + kind + "Exception", Cause: fmt.Sprintf("%s (Service: Sfn, Status Code: 400, Request ID: %s) (SDK Attempt Count: 1)", what, noRequest)}
	}
	return &TaskError{Name: "StepFunctions." + kind + "Exception", Cause: fmt.Sprintf("%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)", what, kind, noRequest)}
}

// noRequest stands for the id of a request in the causes of errors: there was none.
const noRequest = "00000000-0000-0000-0000-000000000000"
