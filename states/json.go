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
	return e.AppendJSON(make([]byte, 0, 256), true), nil
}

// AppendJSON appends the event as MarshalJSON gives it. Without data it leaves out what
// belongs to the user: inputs, outputs, parameters and variables.
func (e *Event) AppendJSON(b []byte, data bool) []byte {
	b = append(b, `{"timestamp":`...)
	b = appendTimestamp(b, e.At)
	b = append(b, `,"type":`...)
	b = value.Append(b, string(e.Type))
	b = append(b, `,"id":`...)
	b = strconv.AppendInt(b, int64(e.ID), 10)
	b = append(b, `,"previousEventId":`...)
	b = strconv.AppendInt(b, int64(e.PreviousID), 10)
	if e.shown() {
		b = append(b, `,"`...)
		b = append(b, e.Type.detailsField()...)
		b = append(b, `":`...)
		b = e.appendDetails(b, data, nil)
	}
	return append(b, '}')
}

// DetailsJSON gives the event's details alone, as MarshalJSON writes them; {} when
// it has none. Without data it leaves out what belongs to the user: inputs,
// outputs, parameters and variables.
func (e *Event) DetailsJSON(data bool) json.RawMessage { return e.appendDetails(nil, data, nil) }

// shown reports whether the event has details that AWS shows.
func (e *Event) shown() bool { return e.Details != nil && !e.Hidden() }

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
	if e.Details != nil {
		w = e.Details.append(w, e.Type, data)
	}
	return append(w.b, '}')
}

// data writes a payload of the user's, and that it was not cut.
func (w *fieldWriter) data(name string, v any) {
	w.payload(name, v)
	w.whole(name + "Details")
}

func (w *fieldWriter) failure(f *Failure) {
	w.text("error", f.Error, f.HasError)
	w.text("cause", f.Cause, f.HasCause)
}

func (d *StartedDetails) append(w fieldWriter, _ EventType, data bool) fieldWriter {
	switch {
	case data && d.Execution.InputText != "":
		w.text("input", d.Execution.InputText, true)
		w.whole("inputDetails")
	case data:
		w.data("input", d.Input)
	}
	w.text("roleArn", d.RoleARN, true)
	w.text("stateMachineAliasArn", d.StateMachineAliasARN, d.StateMachineAliasARN != "")
	w.text("stateMachineVersionArn", d.StateMachineVersionARN, d.StateMachineVersionARN != "")
	return w
}

func (d *EnteredDetails) append(w fieldWriter, _ EventType, data bool) fieldWriter {
	w.text("name", d.Name, true)
	if data {
		w.data("input", d.Input)
	}
	return w
}

func (d *ResourceDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.resource(d.ResourceType, d.Resource)
	return w
}

func (d *OutputDetails) append(w fieldWriter, _ EventType, data bool) fieldWriter {
	w.resource(d.ResourceType, d.Resource)
	if data {
		w.data("output", d.Output)
	}
	return w
}

func (d *FailureDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.resource(d.ResourceType, d.Resource)
	w.failure(&d.Failure)
	return w
}

func (d *EvaluationDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.failure(&d.Failure)
	w.text("location", d.Location, d.Location != "")
	w.text("state", d.State, true)
	return w
}

func (d *RedriveDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.number("redriveCount", int64(d.Count))
	return w
}

func (d *CompensationDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.text("state", d.State, true)
	w.failure(&d.Failure)
	w.text("extent", string(d.Extent), true)
	w.number("steps", int64(d.Steps))
	w.number("stateEnteredEventId", int64(d.Entered))
	w.text("status", string(d.Status), d.Status != "")
	return w
}

func (d *WorkerDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.text("workerName", d.Worker, d.Worker != "")
	return w
}

func (d *LengthDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.number("length", int64(d.Length))
	return w
}

func (d *IterationDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.text("name", d.Name, true)
	w.number("index", int64(d.Index))
	return w
}

func (d *MapRunDetails) append(w fieldWriter, t EventType, _ bool) fieldWriter {
	w.text("mapRunArn", d.ARN, true)
	if t == MapRunRedriven {
		w.number("redriveCount", int64(d.Redrives))
	}
	return w
}

func (d *RetryDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter { return w } // AWS has none like them

// resource writes the resource of a Task event; other events have none.
func (w *fieldWriter) resource(kind, resource string) {
	w.text("resourceType", kind, kind != "")
	w.text("resource", resource, kind != "")
}

func (d *ExitedDetails) append(w fieldWriter, _ EventType, data bool) fieldWriter {
	w.text("name", d.Name, true)
	if !data {
		return w
	}
	w.data("output", d.Output)
	if d.Assigned == nil {
		return w
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
	return w
}

func (d *CompensationFailedDetails) append(w fieldWriter, _ EventType, _ bool) fieldWriter {
	w.text("state", d.State, true)
	w.text("handler", d.Handler, true)
	w.failure(&d.Failure)
	w.key("remaining")
	w.b = append(w.b, '[')
	for i, name := range d.Remaining {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = value.Append(w.b, name)
	}
	w.b = append(w.b, ']')
	return w
}

func (d *ScheduledDetails) append(w fieldWriter, t EventType, data bool) fieldWriter {
	w.text("resourceType", d.ResourceType, d.ResourceType != "")
	w.text("resource", d.Resource, true)
	if t == TaskScheduled {
		w.text("region", d.Region, true)
		if data {
			w.payload("parameters", d.Parameters)
		}
	} else if data {
		w.data("input", d.Parameters)
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
	return w
}
