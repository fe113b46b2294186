package states

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/gostates/gostates/asl/value"
)

// MarshalJSON gives the event as AWS's GetExecutionHistory does: inputs, outputs
// and parameters as JSON text, times in seconds since 1970. What an event has for
// recovery alone is left out.
func (e Event) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 256), `{"timestamp":`...)
	b = appendTimestamp(b, e.At)
	b = append(b, `,"type":`...)
	b = value.Append(b, string(e.Type))
	b = append(b, `,"id":`...)
	b = strconv.AppendInt(b, int64(e.ID), 10)
	b = append(b, `,"previousEventId":`...)
	b = strconv.AppendInt(b, int64(e.PreviousID), 10)
	if field := e.detailsField(); field != "" {
		b = append(b, `,"`...)
		b = append(b, field...)
		b = append(b, `":`...)
		b = e.appendDetails(b, true, nil)
	}
	return append(b, '}'), nil
}

// DetailsJSON gives the event's details alone, as MarshalJSON writes them; {} when
// it has none. Without data it leaves out what belongs to the user: inputs,
// outputs, parameters and variables.
func (e *Event) DetailsJSON(data bool) json.RawMessage { return e.appendDetails(nil, data, nil) }

// detailsField names the field that holds the details; empty when there are none.
func (e *Event) detailsField() string {
	switch e.Details.(type) {
	case nil, *RetryDetails:
		return ""
	case *EnteredDetails:
		return "stateEnteredEventDetails"
	case *ExitedDetails:
		return "stateExitedEventDetails"
	}
	return e.detailsName()
}

// appendTimestamp appends a time as a number of seconds, to the millisecond.
func appendTimestamp(b []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	b = strconv.AppendInt(b, ms/1000, 10)
	if ms %= 1000; ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

// A fieldWriter appends the members of a JSON object.
type fieldWriter struct {
	b     []byte
	first bool
	last  *payload // nil when it is not asked for again
}

// A payload is an object that was written last, with its text as a JSON string.
type payload struct {
	object *value.Object
	text   []byte
}

func (w *fieldWriter) key(name string) {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

// text writes a string that may be absent.
func (w *fieldWriter) text(name, s string, present bool) {
	if present {
		w.key(name)
		w.b = value.Append(w.b, s)
	}
}

func (w *fieldWriter) number(name string, n int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

// payload writes a value as its JSON text.
func (w *fieldWriter) payload(name string, v any) {
	w.key(name)
	object, _ := v.(*value.Object)
	if w.last == nil || object == nil {
		w.b = value.AppendText(w.b, v)
		return
	}
	if w.last.object != object {
		start := len(w.b)
		w.b = value.AppendText(w.b, v)
		*w.last = payload{object, w.b[start:len(w.b):len(w.b)]}
		return
	}
	w.b = append(w.b, w.last.text...)
}

// whole says that a payload was not cut.
func (w *fieldWriter) whole(name string) {
	w.key(name)
	w.b = append(w.b, `{"truncated":false}`...)
}

// appendDetails appends the details as a JSON object.
func (e *Event) appendDetails(b []byte, data bool, last *payload) []byte {
	w := fieldWriter{b: append(b, '{'), first: true, last: last}
	switch d := e.Details.(type) {
	case *StartedDetails:
		if data {
			w.payload("input", d.Input)
			w.whole("inputDetails")
		}
		w.text("roleArn", d.RoleARN, true)
		w.text("stateMachineAliasArn", d.StateMachineAliasARN, d.StateMachineAliasARN != "")
		w.text("stateMachineVersionArn", d.StateMachineVersionARN, d.StateMachineVersionARN != "")
	case *EnteredDetails:
		w.text("name", d.Name, true)
		if data {
			w.payload("input", d.Input)
			w.whole("inputDetails")
		}
	case *ExitedDetails:
		d.append(&w, data)
	case *ScheduledDetails:
		d.append(&w, e.Type, data)
	case *ResourceDetails:
		w.resource(d.ResourceType, d.Resource)
	case *OutputDetails:
		w.resource(d.ResourceType, d.Resource)
		if data {
			w.payload("output", d.Output)
			w.whole("outputDetails")
		}
	case *FailureDetails:
		w.resource(d.ResourceType, d.Resource)
		w.text("error", d.Error, d.HasError)
		w.text("cause", d.Cause, d.HasCause)
	case *EvaluationDetails:
		w.text("error", d.Error, d.HasError)
		w.text("cause", d.Cause, d.HasCause)
		w.text("location", d.Location, d.Location != "")
		w.text("state", d.State, true)
	case *RedriveDetails:
		w.number("redriveCount", int64(d.Count))
	case *CompensationDetails:
		w.text("state", d.State, true)
		w.text("error", d.Error, d.HasError)
		w.text("cause", d.Cause, d.HasCause)
		w.text("extent", string(d.Extent), true)
		w.number("steps", int64(d.Steps))
		w.number("stateEnteredEventId", int64(d.Entered))
		w.text("status", string(d.Status), d.Status != "")
	case *CompensationFailedDetails:
		d.append(&w)
	case *WorkerDetails:
		w.text("workerName", d.Worker, d.Worker != "")
	case *LengthDetails:
		w.number("length", int64(d.Length))
	case *IterationDetails:
		w.text("name", d.Name, true)
		w.number("index", int64(d.Index))
	}
	return append(w.b, '}')
}

// resource writes the resource of a Task event; other events have none.
func (w *fieldWriter) resource(kind, resource string) {
	w.text("resourceType", kind, kind != "")
	w.text("resource", resource, kind != "")
}

func (d *ExitedDetails) append(w *fieldWriter, data bool) {
	w.text("name", d.Name, true)
	if !data {
		return
	}
	w.payload("output", d.Output)
	w.whole("outputDetails")
	if d.Assigned == nil {
		return
	}
	w.key("assignedVariables")
	w.b = append(w.b, '{')
	inner := fieldWriter{b: w.b, first: true}
	for name, v := range d.Assigned.All() {
		if !inner.first {
			inner.b = append(inner.b, ',')
		}
		inner.first = false
		inner.b = value.Append(inner.b, name)
		inner.b = append(inner.b, ':')
		inner.b = value.AppendText(inner.b, v)
	}
	w.b = append(inner.b, '}')
	w.whole("assignedVariablesDetails")
}

func (d *CompensationFailedDetails) append(w *fieldWriter) {
	w.text("state", d.State, true)
	w.text("handler", d.Handler, true)
	w.text("error", d.Error, d.HasError)
	w.text("cause", d.Cause, d.HasCause)
	w.key("remaining")
	w.b = append(w.b, '[')
	for i, name := range d.Remaining {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = value.Append(w.b, name)
	}
	w.b = append(w.b, ']')
}

func (d *ScheduledDetails) append(w *fieldWriter, t EventType, data bool) {
	w.text("resourceType", d.ResourceType, d.ResourceType != "")
	w.text("resource", d.Resource, true)
	if t == TaskScheduled {
		w.text("region", d.Region, true)
		if data {
			w.payload("parameters", d.Parameters)
		}
	} else if data {
		w.payload("input", d.Parameters)
		w.whole("inputDetails")
	}
	if d.TimeoutSeconds > 0 {
		w.number("timeoutInSeconds", d.TimeoutSeconds)
	}
	if d.HeartbeatSeconds > 0 {
		w.number("heartbeatInSeconds", d.HeartbeatSeconds)
	}
	if d.Credentials != nil {
		w.key("taskCredentials")
		w.b = value.Append(w.b, d.Credentials)
	}
}
