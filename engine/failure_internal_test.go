package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/gostates/gostates/states"
	"github.com/stretchr/testify/assert"
)

type outOfStock struct{ sku string }

func (e outOfStock) Error() string { return "no " + e.sku }

type namedError struct{ name string }

func (e *namedError) Error() string     { return "named " + e.name }
func (e *namedError) ErrorName() string { return e.name }

type generic[T any] struct{ error }

func TestFailureOf(t *testing.T) {
	t.Parallel()
	plain := errors.New("disk full")
	for name, c := range map[string]struct {
		err   error
		want  states.Failure
		stage states.Stage
	}{
		"a TaskError as it is":        {&TaskError{Name: "Late", Cause: "traffic"}, states.Fail("Late", "traffic"), states.Running},
		"a TaskError without cause":   {&TaskError{Name: "Late"}, states.Failure{Error: "Late", HasError: true}, states.Running},
		"a TaskError with neither":    {&TaskError{}, states.Failure{}, states.Running},
		"a TaskError's stage":         {&TaskError{Name: "E", Stage: states.Starting}, states.Failure{Error: "E", HasError: true}, states.Starting},
		"a wrapped TaskError":         {fmt.Errorf("while packing: %w", &TaskError{Name: "Late", Cause: "traffic"}), states.Fail("Late", "traffic"), states.Running},
		"an error that has a name":    {&namedError{"Custom"}, lambdaFailure("Custom", "named Custom"), states.Running},
		"a wrapped one":               {fmt.Errorf("oh: %w", &namedError{"Custom"}), lambdaFailure("Custom", "oh: named Custom"), states.Running},
		"one whose name is empty":     {&namedError{""}, lambdaFailure("namedError", "named "), states.Running},
		"an error by its Go type":     {outOfStock{"X1"}, lambdaFailure("outOfStock", "no X1"), states.Running},
		"a pointer by its Go type":    {&fs.PathError{Op: "open", Path: "f", Err: fs.ErrNotExist}, lambdaFailure("PathError", "open f: file does not exist"), states.Running},
		"a wrapped typed error":       {fmt.Errorf("shelf: %w", outOfStock{"X1"}), lambdaFailure("outOfStock", "shelf: no X1"), states.Running},
		"a plain error":               {plain, lambdaFailure("errorString", "disk full"), states.Running},
		"a wrapped plain error":       {fmt.Errorf("no: %w", plain), lambdaFailure("errorString", "no: disk full"), states.Running},
		"joined errors":               {errors.Join(plain, outOfStock{"X1"}), lambdaFailure("outOfStock", "disk full\nno X1"), states.Running},
		"joined plain errors":         {errors.Join(plain, plain), lambdaFailure("errorString", "disk full\ndisk full"), states.Running},
		"somebody else's deadline":    {context.DeadlineExceeded, lambdaFailure("deadlineExceededError", "context deadline exceeded"), states.Running},
		"a panic":                     {&panicError{"ouch"}, lambdaFailure("Panic", "the handler panicked: ouch"), states.Running},
		"a text that JSON must quote": {errors.New(`a "b" <c>`), lambdaFailure("errorString", `a "b" <c>`), states.Running},
	} {
		failure, stage := failureOf(c.err)
		assert.Equal(t, c.want, failure, name)
		assert.Equal(t, c.stage, stage, name)
	}
	name, _ := failureOf(generic[int]{plain})
	assert.Equal(t, "generic[int]", name.Error)
}

// lambdaFailure is what Lambda answers for an error.
func lambdaFailure(name, message string) states.Failure {
	cause := fmt.Sprintf(`{"errorMessage":%q,"errorType":%q}`, message, name)
	return states.Fail(name, cause)
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, &TaskError{Name: "Late", Cause: "traffic"}, "Late: traffic")
	assert.EqualError(t, &TaskError{Name: "Late"}, "Late")
	assert.EqualError(t, &ExecutionError{ARN: "a", Status: states.StatusFailed, Name: "Late", Cause: "traffic"}, "engine: execution a FAILED: Late: traffic")
	assert.EqualError(t, &ExecutionError{ARN: "a", Status: states.StatusTimedOut}, "engine: execution a TIMED_OUT")
	assert.EqualError(t, &ResourceError{State: "Ship", Resource: "shp"}, `engine: no handler for the resource "shp" of the state "Ship"`)
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"ship-order", "bill-customer", "arn:aws:states:::sqs:sendMessage"}
	for wanted, want := range map[string]string{
		"ship-oder":  "ship-order",
		"Ship-Order": "ship-order",
		"arn:aws:lambda:eu-west-1:1:function:ship-ordr":      "ship-order",
		"arn:aws:lambda:eu-west-1:1:function:ship-ordr:live": "ship-order",
		"arn:aws:states:::sqs:sendMesage":                    "arn:aws:states:::sqs:sendMessage",
		"weigh":                                              "",
		"":                                                   "",
		"bill":                                               "",
	} {
		assert.Equal(t, want, nearest(wanted, names), wanted)
	}
	assert.Empty(t, nearest("x", nil))
}

func TestFunctionName(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]struct {
		name      string
		qualified bool
	}{
		"arn:aws:lambda:us-east-1:123456789012:function:ship":      {"ship", false},
		"arn:aws:lambda:us-east-1:123456789012:function:ship:live": {"ship", true},
		"arn:aws-cn:lambda:cn-north-1:123456789012:function:ship":  {"ship", false},
		"123456789012:function:ship":                               {"ship", false},
		"123456789012:function:ship:7":                             {"ship", true},
		"ship:live":                                                {"ship", true},
		"ship:$LATEST":                                             {"ship", true},
		"ship":                                                     {"", false},
		"arn:aws:states:us-east-1:123456789012:activity:review":    {"review", false},
		"arn:aws:states:::sqs:sendMessage":                         {"", false},
		"arn:aws:other:us-east-1:123456789012:function:ship":       {"", false},
		"":                     {"", false},
		"docker://hello-world": {"", false},
		"ship:":                {"", false},
	} {
		name, qualified := functionName(resource)
		assert.Equal(t, want.name, name, resource)
		assert.Equal(t, want.qualified, qualified, resource)
	}
}
