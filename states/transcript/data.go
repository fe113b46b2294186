package transcript

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// data returns what an event says besides its type, in one line. Of what the event before
// has said already, it says nothing: the input of a state is mostly the output of the one
// before.
func (t *tracker) data(e *states.Event) string {
	switch d := e.Details.(type) {
	case *states.StartedDetails:
		return value.String(d.Input)
	case *states.EnteredDetails:
		text := t.news(e, d.Input)
		if e.Type == states.WaitStateEntered && e.Due.After(e.At) {
			text = strings.TrimSpace("waits " + Since(e.Due.Sub(e.At)) + " " + text)
		}
		return text
	case *states.ExitedDetails:
		text := t.news(e, d.Output)
		if d.Assigned != nil {
			text = strings.TrimSpace(text + " assigns " + value.String(d.Assigned))
		}
		return text
	case *states.ScheduledDetails:
		return strings.TrimSpace(resource(d.ResourceType, d.Resource) + " " + t.news(e, d.Parameters))
	case *states.OutputDetails:
		return value.String(d.Output)
	case *states.FailureDetails:
		return Failure(d.Failure)
	case *states.EvaluationDetails:
		text := Failure(d.Failure)
		if d.Location != "" {
			text += " (in " + d.Location + ")"
		}
		return text
	case *states.WorkerDetails:
		return d.Worker
	case *states.LengthDetails:
		if d.Length == 1 {
			return "1 item"
		}
		return fmt.Sprintf("%d items", d.Length)
	case *states.MapRunDetails:
		return d.ARN
	case *states.RedriveDetails:
		return fmt.Sprintf("redrive %d", d.Count)
	case *states.CompensationDetails:
		return fmt.Sprintf("%d to undo: %s", d.Steps, Failure(d.Failure))
	case *states.CompensationFailedDetails:
		return fmt.Sprintf("%s in place of %s: %s; %d not undone", d.Handler, d.State, Failure(d.Failure), len(d.Remaining))
	case *states.RetryDetails:
		return "tried again in " + Since(e.Due.Sub(e.At))
	}
	return ""
}

// news returns the JSON of a payload, "" when the event before had the same.
func (t *tracker) news(e *states.Event, payload any) string {
	if before, ok := t.payloads[e.PreviousID]; ok && value.Equal(before, payload) {
		return ""
	}
	return value.String(payload)
}

// payload returns what an event has of the execution's data, and whether it has any.
func payload(e *states.Event) (any, bool) {
	switch d := e.Details.(type) {
	case *states.StartedDetails:
		return d.Input, true
	case *states.EnteredDetails:
		return d.Input, true
	case *states.ExitedDetails:
		return d.Output, true
	case *states.ScheduledDetails:
		return d.Parameters, true
	case *states.OutputDetails:
		return d.Output, true
	}
	return nil, false
}

// resource returns a task's resource in short: the service and its action, or the name of
// a function or an activity.
func resource(kind, name string) string {
	if kind != "" {
		return kind + ":" + name
	}
	for _, of := range []string{":function:", ":activity:"} {
		if _, short, ok := strings.Cut(name, of); ok {
			return short
		}
	}
	return name
}

// Failure returns an error and its cause as one text, "Busy: try again". Of a cause that
// is JSON as AWS Lambda's are, it has the errorMessage.
func Failure(f states.Failure) string {
	var parts []string
	if f.HasError && f.Error != "" {
		parts = append(parts, f.Error)
	}
	if f.HasCause && f.Cause != "" {
		parts = append(parts, message(f.Cause))
	}
	return strings.Join(parts, ": ")
}

// message returns what a cause says to people.
func message(cause string) string {
	var lambda struct{ ErrorMessage *string }
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.ErrorMessage != nil {
		return *lambda.ErrorMessage
	}
	return cause
}
