package opentelemetry

import (
	"strings"

	"github.com/gostates/gostates/engine/internal/intervals"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// about returns the attributes of the span of an execution. Those of the semantic conventions
// are there as far as there are some; they have none for workflows.
func (f *follower) about() []attribute.KeyValue {
	x, kind := f.observed, "STANDARD"
	if x.Express {
		kind = "EXPRESS"
	}
	all := []attribute.KeyValue{
		semconv.AWSStepFunctionsStateMachineARN(x.MachineARN),
		attribute.String("gostates.execution.arn", x.ARN),
		attribute.String("gostates.execution.name", x.Name),
		attribute.String("gostates.execution.type", kind),
	}
	for _, one := range []struct{ key, value string }{
		{"gostates.execution.parent.arn", x.Parent.ARN},
		{"gostates.state_machine.version.arn", x.VersionARN},
		{"gostates.state_machine.alias.arn", x.AliasARN},
	} {
		if one.value != "" {
			all = append(all, attribute.String(one.key, one.value))
		}
	}
	return all
}

// aboutAttempt returns the attributes of the span of an attempt.
func aboutAttempt(a *intervals.Attempt, state string) []attribute.KeyValue {
	resource := a.Resource
	if a.ResourceType != "" {
		resource = a.ResourceType + ":" + a.Resource
	}
	all := []attribute.KeyValue{
		attribute.String("gostates.state.name", state),
		attribute.String("gostates.task.resource", resource),
		attribute.Int("gostates.task.attempt", a.Number),
		attribute.Int64("gostates.task.event_id", int64(a.Scheduled)),
	}
	if a.Kind == intervals.Activity {
		all = append(all, semconv.AWSStepFunctionsActivityARN(a.Resource))
	}
	if a.Function != "" {
		all = append(all, semconv.FaaSInvokedName(functionName(a.Function)), semconv.FaaSInvokedProviderAWS)
		if p := strings.Split(a.Function, ":"); len(p) >= 7 {
			all = append(all, semconv.FaaSInvokedRegion(p[3]))
		}
	}
	return all
}

// functionName returns the name of the function of an ARN, and another text as it is.
func functionName(arn string) string {
	if p := strings.Split(arn, ":"); len(p) >= 7 {
		return p[6]
	}
	return arn
}
