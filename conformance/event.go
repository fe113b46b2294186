package conformance

import (
	"strings"
	"unicode"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// Describe gives an event in the form that expectations have: AWS's, with JSON
// texts parsed and without the time.
func Describe(e *states.Event) *value.Object {
	var b value.Builder
	b.Set("id", int64(e.ID))
	b.Set("previousEventId", int64(e.PreviousID))
	b.Set("type", string(e.Type))
	if e.Details != nil {
		b.Set(detailsName(e.Type), describeDetails(e))
	}
	return b.Object()
}

// detailsName is the member that holds the details of such an event.
func detailsName(t states.EventType) string {
	name := string(t)
	switch {
	case strings.HasSuffix(name, "StateEntered"):
		return "stateEnteredEventDetails"
	case strings.HasSuffix(name, "StateExited"):
		return "stateExitedEventDetails"
	}
	return string(unicode.ToLower(rune(name[0]))) + name[1:] + "EventDetails"
}

// whole says, beside each JSON text of an event, that it was not cut short.
var whole = value.NewObject(value.Member{Key: "truncated", Value: false})

func describeDetails(e *states.Event) *value.Object {
	var b value.Builder
	text := func(key string, v any) {
		b.Set(key, v)
		b.Set(key+"Details", whole)
	}
	given := func(key, v string) {
		if v != "" {
			b.Set(key, v)
		}
	}
	seconds := func(key string, n int64) {
		if n != 0 {
			b.Set(key, n)
		}
	}
	switch d := e.Details.(type) {
	case *states.StartedDetails:
		text("input", d.Input)
		b.Set("roleArn", d.RoleARN)
	case *states.EnteredDetails:
		b.Set("name", d.Name)
		text("input", d.Input)
	case *states.ExitedDetails:
		b.Set("name", d.Name)
		text("output", d.Output)
		if d.Assigned.Len() > 0 {
			text("assignedVariables", d.Assigned)
		}
	case *states.ScheduledDetails:
		given("resourceType", d.ResourceType)
		b.Set("resource", d.Resource)
		given("region", d.Region)
		if e.Type == states.TaskScheduled {
			b.Set("parameters", d.Parameters)
		} else {
			text("input", d.Parameters)
		}
		seconds("timeoutInSeconds", d.TimeoutSeconds)
		seconds("heartbeatInSeconds", d.HeartbeatSeconds)
		if d.Credentials != nil {
			b.Set("taskCredentials", describeCredentials(d.Credentials))
		}
	case *states.ResourceDetails:
		given("resourceType", d.ResourceType)
		given("resource", d.Resource)
	case *states.OutputDetails:
		given("resourceType", d.ResourceType)
		given("resource", d.Resource)
		text("output", d.Output)
	case *states.FailureDetails:
		given("resourceType", d.ResourceType)
		given("resource", d.Resource)
		if d.HasError {
			b.Set("error", d.Error)
		}
		if d.HasCause {
			b.Set("cause", d.Cause)
		}
	case *states.WorkerDetails:
		given("workerName", d.Worker)
	case *states.LengthDetails:
		b.Set("length", int64(d.Length))
	case *states.IterationDetails:
		b.Set("name", d.Name)
		b.Set("index", int64(d.Index))
	}
	return b.Object()
}

// describeCredentials gives what a Credentials field evaluated to, as history
// prints it: there RoleArn is roleArn.
func describeCredentials(v any) any {
	object, ok := v.(*value.Object)
	if !ok {
		return v
	}
	var b value.Builder
	for key, member := range object.All() {
		if key != "" {
			key = string(unicode.ToLower(rune(key[0]))) + key[1:]
		}
		b.Set(key, member)
	}
	return b.Object()
}
