package states

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
)

// AppendLog appends the event as a line of a log: its JSON as MarshalJSON gives it,
// with one more member, "gostates", for what recovery needs and AWS does not show.
// [ParseLog] reads it back unchanged.
func (e *Event) AppendLog(b []byte) []byte { return e.appendLog(b, nil) }

// A LogWriter appends events to a log. An object that several events have, one after the
// other, is written as JSON once and then copied: a task's output is that of its state,
// and mostly the next state's input. The zero LogWriter is ready.
type LogWriter struct{ last payload }

// Append appends the event as [Event.AppendLog] does. What was appended before must not
// be changed until the writer is no longer used.
func (w *LogWriter) Append(b []byte, e *Event) []byte { return e.appendLog(b, &w.last) }

func (e *Event) appendLog(b []byte, last *payload) []byte {
	b = append(b, `{"timestamp":`...)
	b = appendTimestamp(b, e.At)
	b = append(b, `,"type":"`...)
	b = append(b, e.Type...)
	b = append(b, `","id":`...)
	b = strconv.AppendInt(b, int64(e.ID), 10)
	b = append(b, `,"previousEventId":`...)
	b = strconv.AppendInt(b, int64(e.PreviousID), 10)
	if e.shown() {
		b = append(b, ',', '"')
		b = append(b, e.Type.detailsField()...)
		b = append(b, '"', ':')
		b = e.appendDetails(b, true, last)
	}
	if own := e.private(); len(own) > 0 {
		b = append(b, `,"gostates":`...)
		b = value.Append(b, value.NewObject(own...))
	}
	return append(b, '}')
}

// private returns what AWS does not show. Most events have nothing of it.
func (e *Event) private() (own []value.Member) {
	set := func(key string, v any) { own = append(own, value.Member{Key: key, Value: v}) }
	if e.At.Nanosecond()%int(time.Millisecond) != 0 {
		set("at", e.At.UnixNano())
	}
	if !e.Due.IsZero() {
		set("due", e.Due.UnixNano())
	}
	if d, ok := e.Details.(privateDetails); ok {
		own = append(own, d.private()...)
	}
	return own
}

func (d *StartedDetails) private() []value.Member {
	return []value.Member{
		{Key: "seed", Value: base64.StdEncoding.EncodeToString(d.Seed[:])},
		{Key: "execution", Value: d.Execution.private(d.RoleARN)},
	}
}

func (d *ExitedDetails) private() []value.Member {
	if !d.Caught {
		return nil
	}
	return []value.Member{{Key: "caught", Value: true}}
}

func (d *CompensationDetails) private() []value.Member {
	return []value.Member{{Key: "final", Value: d.Final}, {Key: "limit", Value: d.Limit}, {Key: "heartbeat", Value: d.Heartbeat}}
}

func (d *IterationDetails) private() []value.Member {
	if d.Failure == (Failure{}) {
		return nil
	}
	return []value.Member{{Key: "failure", Value: d.Failure.private()}}
}

func (d *RedriveDetails) private() []value.Member {
	if d.Token == "" {
		return nil
	}
	return []value.Member{{Key: "token", Value: d.Token}}
}

func (d *RetryDetails) private() []value.Member {
	return []value.Member{{Key: "name", Value: d.Name}, {Key: "retrier", Value: int64(d.Retrier)}}
}

// private returns what identifies the execution: its ARN, and what that and the role of
// its first event don't say.
func (x *Execution) private(role string) *value.Object {
	implied := impliedBy(x.ARN, role)
	own := append(make([]value.Member, 0, 10), value.Member{Key: "arn", Value: x.ARN})
	text := func(key, s, implied string) {
		if s != implied {
			own = append(own, value.Member{Key: key, Value: s})
		}
	}
	flag := func(key string, v bool) {
		if v {
			own = append(own, value.Member{Key: key, Value: true})
		}
	}
	text("name", x.Name, implied.Name)
	text("roleArn", x.RoleARN, implied.RoleARN)
	text("stateMachineArn", x.StateMachineARN, implied.StateMachineARN)
	text("stateMachineName", x.StateMachineName, implied.StateMachineName)
	text("region", x.Region, implied.Region)
	text("tokenSuffix", x.TokenSuffix, "")
	flag("inputAsGiven", x.InputText != "") // it is the text of the event
	text("traceHeader", x.TraceHeader, "")
	text("traceContext", x.TraceContext, "")
	flag("sealedTokens", x.SealedTokens)
	flag("withoutRedriveCount", x.WithoutRedriveCount)
	flag("stopsWithoutCompensation", x.StopsWithoutCompensation)
	text("testCase", x.TestCase, "")
	if x.Parent != (Parent{}) {
		own = append(own, value.Member{Key: "parent", Value: x.Parent.private()})
	}
	return value.NewObject(own...)
}

func (p *Parent) private() *value.Object {
	own := []value.Member{{Key: "arn", Value: p.ARN}, {Key: "task", Value: int64(p.Task)}, {Key: "depth", Value: int64(p.Depth)}}
	if p.Waits {
		own = append(own, value.Member{Key: "waits", Value: true})
	}
	return value.NewObject(own...)
}

// impliedBy returns what an execution's ARN and role say of it.
func impliedBy(arn, role string) Execution {
	x := Execution{ARN: arn, RoleARN: role}
	if p := strings.SplitN(arn, ":", 8); len(p) == 8 && p[5] == "execution" {
		x.Region, x.StateMachineName, x.Name = p[3], p[6], p[7]
		x.StateMachineARN = strings.Join(p[:5], ":") + ":stateMachine:" + p[6]
	}
	return x
}

// private returns the failure with null for what it does not have.
func (f Failure) private() *value.Object {
	var name, cause any
	if f.HasError {
		name = f.Error
	}
	if f.HasCause {
		cause = f.Cause
	}
	return value.NewObject(value.Member{Key: "Error", Value: name}, value.Member{Key: "Cause", Value: cause})
}

// ParseLog reads an event from JSON: a line of a log, or an event of AWS's
// GetExecutionHistory, whose times may be numbers or ISO 8601 texts. Events whose
// types this package does not know have nil Details; [Restore] refuses them.
func ParseLog(text []byte) (Event, error) {
	v, err := value.Parse(text)
	if err != nil {
		return Event{}, err
	}
	o, ok := v.(*value.Object)
	if !ok {
		return Event{}, fmt.Errorf("states: an event must be a JSON object, not %s", value.TypeName(v))
	}
	r := logReader{object: o}
	own := r.child("gostates")
	e := Event{
		ID:         EventID(r.integer("id")),
		PreviousID: EventID(r.integer("previousEventId")),
		Type:       EventType(r.text("type")),
		At:         r.time("timestamp"),
	}
	if own.has("at") {
		e.At = time.Unix(0, own.integer("at")).UTC()
	}
	if own.has("due") {
		e.Due = time.Unix(0, own.integer("due")).UTC()
	}
	if k := kinds[e.Type]; k != nil && k.read != nil {
		e.Details = k.read(r.child(e.Type.detailsField()), own)
	}
	if r.err == nil {
		r.err = own.err
	}
	if r.err != nil {
		return Event{}, fmt.Errorf("states: event %d: %w", e.ID, r.err)
	}
	return e, nil
}

// UnmarshalJSON reads what [ParseLog] reads.
func (e *Event) UnmarshalJSON(text []byte) (err error) {
	*e, err = ParseLog(text)
	return err
}

// What follows reads the details of events, from what AWS shows of them and from what it
// doesn't. Package variable kinds says which events have which.

func readEntered(in, _ *logReader) Details {
	return &EnteredDetails{Name: in.text("name"), Input: in.payload("input")}
}

func readExited(in, own *logReader) Details {
	return &ExitedDetails{Name: in.text("name"), Output: in.payload("output"), Assigned: in.variables("assignedVariables"), Caught: own.flag("caught")}
}

func readOutput(in, _ *logReader) Details {
	return &OutputDetails{ResourceType: in.text("resourceType"), Resource: in.text("resource"), Output: in.payload("output")}
}

func readFailure(in, _ *logReader) Details {
	return &FailureDetails{ResourceType: in.text("resourceType"), Resource: in.text("resource"), Failure: in.failure()}
}

func readResource(in, _ *logReader) Details {
	return &ResourceDetails{ResourceType: in.text("resourceType"), Resource: in.text("resource")}
}

func readEvaluation(in, _ *logReader) Details {
	return &EvaluationDetails{Failure: in.failure(), Location: in.text("location"), State: in.text("state")}
}

func readWorker(in, _ *logReader) Details { return &WorkerDetails{Worker: in.text("workerName")} }

func readLength(in, _ *logReader) Details { return &LengthDetails{Length: int(in.integer("length"))} }

func readIteration(in, own *logReader) Details {
	return &IterationDetails{Name: in.text("name"), Index: int(in.integer("index")), Failure: own.child("failure").privateFailure()}
}

func readMapRun(in, _ *logReader) Details {
	return &MapRunDetails{ARN: in.text("mapRunArn"), Redrives: int(in.integer("redriveCount"))}
}

func readRedrive(in, own *logReader) Details {
	return &RedriveDetails{Count: int(in.integer("redriveCount")), Token: own.text("token")}
}

func readRetry(_, own *logReader) Details {
	return &RetryDetails{Name: own.text("name"), Retrier: int(own.integer("retrier"))}
}

func readCompensation(in, own *logReader) Details {
	return &CompensationDetails{State: in.text("state"), Failure: in.failure(), Steps: int(in.integer("steps")),
		Extent: Extent(in.text("extent")), Entered: EventID(in.integer("stateEnteredEventId")), Status: Status(in.text("status")),
		Final: own.flag("final"), Limit: own.flag("limit"), Heartbeat: own.flag("heartbeat")}
}

func readCompensationFailed(in, _ *logReader) Details {
	return &CompensationFailedDetails{State: in.text("state"), Handler: in.text("handler"), Failure: in.failure(), Remaining: in.texts("remaining")}
}

func readStarted(in, own *logReader) Details {
	d := &StartedDetails{Input: in.payload("input"), RoleARN: in.text("roleArn"),
		StateMachineVersionARN: in.text("stateMachineVersionArn"), StateMachineAliasARN: in.text("stateMachineAliasArn")}
	if seed, err := base64.StdEncoding.DecodeString(own.text("seed")); err == nil {
		copy(d.Seed[:], seed)
	} else {
		own.fail("gostates.seed", err)
	}
	x := own.child("execution")
	if own.has("execution") {
		d.Execution = impliedBy(x.text("arn"), d.RoleARN)
	}
	text := func(field *string, key string) {
		if x.has(key) {
			*field = x.text(key)
		}
	}
	text(&d.Execution.Name, "name")
	text(&d.Execution.RoleARN, "roleArn")
	text(&d.Execution.StateMachineARN, "stateMachineArn")
	text(&d.Execution.StateMachineName, "stateMachineName")
	text(&d.Execution.Region, "region")
	text(&d.Execution.TokenSuffix, "tokenSuffix")
	text(&d.Execution.TestCase, "testCase")
	d.Execution.StateMachineVersionARN, d.Execution.StateMachineAliasARN = d.StateMachineVersionARN, d.StateMachineAliasARN
	text(&d.Execution.TraceHeader, "traceHeader")
	text(&d.Execution.TraceContext, "traceContext")
	if x.flag("inputAsGiven") {
		d.Execution.InputText = in.text("input")
	}
	d.Execution.SealedTokens = x.flag("sealedTokens")
	d.Execution.WithoutRedriveCount = x.flag("withoutRedriveCount")
	d.Execution.StopsWithoutCompensation = x.flag("stopsWithoutCompensation")
	if x.has("parent") {
		p := x.child("parent")
		d.Execution.Parent = Parent{ARN: p.text("arn"), Task: EventID(p.integer("task")), Depth: int(p.integer("depth")), Waits: p.flag("waits")}
	}
	return d
}

func readScheduled(in, _ *logReader) Details {
	d := &ScheduledDetails{ResourceType: in.text("resourceType"), Resource: in.text("resource"), Region: in.text("region"),
		TimeoutSeconds: in.integer("timeoutInSeconds"), HeartbeatSeconds: in.integer("heartbeatInSeconds")}
	if d.Parameters = in.payload("parameters"); !in.has("parameters") {
		d.Parameters = in.payload("input")
	}
	d.Credentials, _ = in.object.Get("taskCredentials")
	return d
}

// A logReader reads the members of an object and keeps the first error.
type logReader struct {
	object *value.Object
	err    error
	root   *logReader
}

func (r *logReader) fail(name string, err error) {
	if r.root != nil {
		r = r.root
	}
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
}

func (r *logReader) has(name string) bool { _, ok := r.object.Get(name); return ok }

// child returns the reader of an object inside, an empty one where there is none.
func (r *logReader) child(name string) *logReader {
	v, _ := r.object.Get(name)
	o, _ := v.(*value.Object)
	root := r.root
	if root == nil {
		root = r
	}
	return &logReader{object: o, root: root}
}

func (r *logReader) text(name string) string {
	v, ok := r.object.Get(name)
	s, isText := v.(string)
	if ok && !isText {
		r.fail(name, fmt.Errorf("a string is wanted, not %s", value.TypeName(v)))
	}
	return s
}

// texts returns the strings of an array. It leaves out the elements of other types, and
// returns nil when the member is absent or no array.
func (r *logReader) texts(name string) (texts []string) {
	v, _ := r.object.Get(name)
	list, _ := v.([]any)
	for _, v := range list {
		if s, ok := v.(string); ok {
			texts = append(texts, s)
		}
	}
	return texts
}

// flag reads a boolean; without one it is false.
func (r *logReader) flag(name string) bool {
	v, _ := r.object.Get(name)
	b, _ := v.(bool)
	return b
}

func (r *logReader) integer(name string) int64 {
	v, ok := r.object.Get(name)
	n, isInteger := v.(int64)
	if ok && !isInteger {
		r.fail(name, fmt.Errorf("a whole number is wanted, not %s", value.String(v)))
	}
	return n
}

// time reads a time in seconds since 1970, or as ISO 8601 text.
func (r *logReader) time(name string) time.Time {
	v, _ := r.object.Get(name)
	switch v := v.(type) {
	case int64:
		return time.Unix(v, 0).UTC()
	case float64:
		return time.UnixMilli(int64(v*1000 + 0.5)).UTC()
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"} {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC()
			}
		}
	}
	r.fail(name, fmt.Errorf("%s is no time", value.String(v)))
	return time.Time{}
}

// payload reads JSON that an event has as text.
func (r *logReader) payload(name string) any {
	s := r.text(name)
	if s == "" {
		return nil
	}
	v, err := value.ParseDeep(s)
	r.fail(name, err)
	return v
}

func (r *logReader) variables(name string) *value.Object {
	if !r.has(name) {
		return nil
	}
	inner := r.child(name)
	var b value.Builder
	for key := range inner.object.All() {
		b.Set(key, inner.payload(key))
	}
	return b.Object()
}

func (r *logReader) failure() Failure {
	return Failure{Error: r.text("error"), Cause: r.text("cause"), HasError: r.has("error"), HasCause: r.has("cause")}
}

// privateFailure reads what Failure.private writes.
func (r *logReader) privateFailure() Failure {
	name, _ := r.object.Get("Error")
	cause, _ := r.object.Get("Cause")
	var f Failure
	f.Error, f.HasError = name.(string)
	f.Cause, f.HasCause = cause.(string)
	return f
}
