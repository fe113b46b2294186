package integration

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
)

// A Func does the calls of a service. It is an [engine.Handler]. Several goroutines may call it
// at a time. Its answer is what the service's API answers: anything that encoding/json makes an
// object of, or nil for {}. Members that the API would leave out must be left out. Where the
// answer has the member SdkHttpMetadata or SdkResponseMetadata already, it stays as it is.
//
// An answer to a call with the pattern .waitForTaskToken says that the call was accepted; the
// task is done when somebody sends its Task Token. The answer to a .sync call is the description
// of the job that has ended, which gets no more members; until then the Func waits, and may say
// by [Call.Acknowledge] that the job was accepted.
//
// How errors are named, see [Error].
type Func func(ctx context.Context, call Call) (any, error)

// A Call is one call of an action of a service.
//
// Some parameters are checked before the Func is called, so it can rely on them: of dynamodb
// TableName, Key and Item, of sqs QueueUrl and MessageBody, of sns the Message and whom it is for, of
// events the Entries.
type Call struct {
	// Service is the service as the resource names it, without aws-sdk: "dynamodb". The two
	// kinds of integration may have different names for one service: "states" and "sfn".
	Service string
	// Action is the action as the resource names it, without the pattern: "putItem".
	Action string
	// SDK says that the resource is one of aws-sdk.
	SDK bool
	// Pattern says when the task is done.
	Pattern asl.IntegrationPattern
	// Parameters are those that the service is given. They differ from Task.Input where Step
	// Functions changes them: a MessageBody of sqs:sendMessage, a Message of sns:publish and the
	// Details of events:putEvents are texts, and the ARNs of the execution and of its machine are
	// among the Resources of every entry of putEvents.
	Parameters *value.Object
	// Task is the task of which this is the call.
	Task engine.Task
}

// Decode stores the parameters in the Go variable that into points to, as json.Unmarshal
// stores their text.
func (c Call) Decode(into any) error { return value.Decode(c.Parameters, into) }

// Acknowledge records that a .sync job was accepted, with the service's answer to the call that
// began it, which gets the members that answers get. Errors are those of
// [engine.Task.Acknowledge].
func (c Call) Acknowledge(ctx context.Context, answer any) error {
	o, err := c.object(answer)
	if err != nil {
		return err
	}
	return c.Task.Acknowledge(c.withMetadata(ctx, o))
}

// Handle calls the function for a task, and makes of its answer or its error what Step
// Functions makes of the service's.
func (f Func) Handle(ctx context.Context, task engine.Task) (any, error) {
	c, err := callOf(task)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, c.failure(err)
	}
	answer, err := f(ctx, c)
	if err != nil {
		return nil, c.failure(err)
	}
	o, err := c.object(answer)
	if err != nil {
		return nil, err
	}
	if c.Pattern == asl.RunJob {
		return o, nil
	}
	if c.is("events", "putEvents") {
		if o, err = putEventsAnswer(o); err != nil {
			return nil, err
		}
	}
	return c.withMetadata(ctx, o), nil
}

// callOf returns the call that a task stands for.
func callOf(task engine.Task) (Call, error) {
	resource := asl.ParseResource(task.Resource)
	if resource.Service == "" {
		return Call{}, runtime("The resource %s is no service integration.", task.Resource)
	}
	parameters, ok := task.Input.(*value.Object)
	if !ok {
		return Call{}, runtime("The parameters of %s must be an object, and are a JSON %s.", task.Resource, value.TypeName(task.Input))
	}
	c := Call{Pattern: resource.Pattern, Task: task}
	c.Service, c.SDK = strings.CutPrefix(resource.Service, "aws-sdk:")
	c.Action, _, _ = strings.Cut(resource.Action, ".")
	c.Parameters = c.given(parameters)
	return c, nil
}

// is reports whether the call is one of an action of an optimised integration.
func (c Call) is(service, action string) bool {
	return !c.SDK && c.Service == service && c.Action == action
}

// object returns an answer as an object. The members of optimised integrations' stand in
// alphabetical order, as recorded; those of aws-sdk in the answer's own, since the Body of an
// object of S3 was recorded behind all others.
func (c Call) object(answer any) (*value.Object, error) {
	v, err := value.Of(answer)
	if err != nil {
		return nil, runtime("The answer to %s can't be JSON: %v", c.Task.Resource, err)
	}
	if v == nil {
		return value.NewObject(), nil
	}
	o, ok := v.(*value.Object)
	if !ok {
		return nil, runtime("The answer to %s must be an object, and is a JSON %s.", c.Task.Resource, value.TypeName(v))
	}
	if c.SDK {
		return o, nil
	}
	return sorted(o), nil
}

// sorted returns an object whose members stand in alphabetical order.
func sorted(o *value.Object) *value.Object {
	members := make([]value.Member, 0, o.Len())
	for key, v := range o.All() {
		members = append(members, value.Member{Key: key, Value: v})
	}
	slices.SortFunc(members, func(a, b value.Member) int { return cmp.Compare(a.Key, b.Key) })
	return value.NewObject(members...)
}

// putEventsAnswer returns the answer to putEvents, or the error that it is when entries were
// refused (measured).
func putEventsAnswer(o *value.Object) (*value.Object, error) {
	count, counted := o.Get("FailedEntryCount")
	if !counted {
		failed := int64(0)
		entries, _ := o.Get("Entries")
		array, _ := entries.([]any)
		for _, e := range array {
			entry, _ := e.(*value.Object)
			if code, _ := entry.Get("ErrorCode"); code != nil {
				failed++
			}
		}
		count = failed
		o = sorted(o.With("FailedEntryCount", count))
	}
	if value.Equal(count, int64(0)) {
		return o, nil
	}
	return nil, &engine.TaskError{Name: "EventBridge.FailedEntry", Cause: value.String(o)}
}

func runtime(format string, args ...any) error {
	return &engine.TaskError{Name: "States.Runtime", Cause: fmt.Sprintf(format, args...)}
}
