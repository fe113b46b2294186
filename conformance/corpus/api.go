package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/conformance"
	"github.com/gostates/gostates/conformance/internal/casefile"
)

// A Conversation is a recorded sequence of calls of the AWS Step Functions API. Its JSON
// form has name, calls, last_validated (the day of the recording) and of each call
//
//   - call, the name of the operation as boto3 has it, and params, in which
//     {{2.executionArn}} stands for a member of the answer to the call with that index;
//   - response, the answer; {"events_in": FILE/CASE} stands for the history of a case of
//     kind executions, in FILE.jsonl beside the file of the conversation;
//   - or error, which has code and message, exception_typename and exception_value, or a
//     message alone; the values are what boto3 prints;
//   - or neither, when the answer was not recorded. Such a call of get_execution_history
//     lets five minutes go by, as its recorder waited for the execution.
//
// Answers are compared as [conformance.Match] does, and where a member is JSON that is a
// text in the answer, the text is parsed. What the API did not have yet on the day of the
// recording may be in an answer. A call that boto3 refused by itself is not made: see
// [Conversation.Refused].
type Conversation struct {
	Name  string
	Calls []Call
	// Recorded is the time of the recording, at which the endpoint's clock begins; zero when
	// it is not known, and the clock begins today.
	Recorded time.Time

	dir string
}

// A Call is one of a [Conversation].
type Call struct {
	// Operation is the API's name of it.
	Operation string
	Params    *value.Object
	// Response is the answer; nil when it was not recorded, or is an error.
	Response any
	// Error is what boto3 printed of an error, or the name and the message; nil when
	// there was none.
	Error *value.Object
}

// An Endpoint is an API of AWS Step Functions, with a clock that goes by itself for nobody.
type Endpoint interface {
	http.Handler
	// Advance lets time go by.
	Advance(time.Duration)
	// Close ends it.
	Close() error
}

// An APIServer is a [conformance.Driver] that has endpoints for conversations. Each begins at
// a time, or at any for the zero time, and has no
// state machines, the account 111111111111 and the region us-east-1.
type APIServer interface {
	ServeAPI(start time.Time) (Endpoint, error)
}

func decodeConversation(text []byte, dir string) (Test, error) {
	var raw struct {
		Name  string `json:"name"`
		Calls []struct {
			Call     string         `json:"call"`
			Params   casefile.Field `json:"params"`
			Response casefile.Field `json:"response"`
			Error    casefile.Field `json:"error"`
			Key      string         `json:"recorded_key"`
			Joined   bool           `json:"joined_by_order"`
		} `json:"calls"`
		Validated string `json:"last_validated"`
		Doubtful  bool   `json:"doubtful"`
	}
	if err := casefile.Spelt(text, &raw); err != nil {
		return Test{}, err
	}
	c := &Conversation{Name: raw.Name, dir: dir}
	c.Recorded, _ = time.Parse(time.RFC3339, raw.Validated)
	for _, r := range raw.Calls {
		call := Call{Operation: operationOf(r.Call), Response: r.Response.Value}
		call.Params, _ = r.Params.Value.(*value.Object)
		call.Error, _ = r.Error.Value.(*value.Object)
		if r.Key == "end_event" {
			call.Response = nil // a log event that the recorder waited for
		}
		c.Calls = append(c.Calls, call)
	}
	return Test{Name: c.Name, Doubtful: raw.Doubtful, run: c.Run}, nil
}

// operationOf returns the API's name of an operation: StartExecution for start_execution.
func operationOf(call string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(call, "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// Refused returns how many of the calls boto3 refused before it sent them.
func (c *Conversation) Refused() int {
	n := 0
	for i := range c.Calls {
		if c.Calls[i].refused() {
			n++
		}
	}
	return n
}

// refused reports whether boto3 refused the call: one whose parameters are not of the
// model's types, or shorter or smaller than it allows.
func (c *Call) refused() bool {
	kind, text := c.expectedError()
	return kind == "ParamValidationError" || strings.HasPrefix(text, "Parameter validation failed")
}

// printed is how boto3 prints an error of the API.
var printed = regexp.MustCompile(`(?s)^An error occurred \((\w+)\) when calling the \w+ operation: (.*)$`)

// expectedError returns the name and the message of the error that is expected.
func (c *Call) expectedError() (name, message string) {
	member := func(key string) string {
		v, _ := c.Error.Get(key)
		text, _ := v.(string)
		return text
	}
	name, message = member("code"), member("message")
	if name == "" {
		name = member("exception_typename")
	}
	if message == "" {
		message = member("exception_value")
	}
	if m := printed.FindStringSubmatch(message); m != nil {
		return m[1], m[2]
	}
	return name, message
}

// Run has the conversation with an endpoint of a driver that is an [APIServer].
func (c *Conversation) Run(d conformance.Driver) (err error) {
	server, ok := d.(APIServer)
	if !ok {
		return fmt.Errorf("the driver, a %T, serves no API", d)
	}
	start := c.Recorded
	if start.IsZero() {
		start = time.Now() // what was recorded later than today can't be here
	}
	endpoint, err := server.ServeAPI(start)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endpoint.Close()) }()
	answers := make([]*value.Object, len(c.Calls))
	for i := range c.Calls {
		call := &c.Calls[i]
		if call.refused() {
			continue
		}
		params, err := substitute(call.Params, answers[:i])
		if err == nil {
			answers[i], err = c.have(endpoint, call, params.(*value.Object))
		}
		if err != nil {
			return fmt.Errorf("call %d, %s: %w", i, call.Operation, err)
		}
	}
	return nil
}

// have makes a call and compares its answer.
func (c *Conversation) have(endpoint Endpoint, call *Call, params *value.Object) (*value.Object, error) {
	expected, history := call.Response, call.Operation == "GetExecutionHistory"
	if call.Response == nil && call.Error == nil && history {
		if err := c.work(endpoint); err != nil {
			return nil, err
		}
		endpoint.Advance(5 * time.Minute)
	}
	status, answer, err := post(endpoint, call.Operation, params)
	if err != nil {
		return nil, err
	}
	if call.Error != nil {
		name, message := call.expectedError()
		var b value.Builder
		b.Set("__type", name)
		b.Set("message", message)
		shown := value.NewObject()
		for _, key := range []string{"__type", "message"} {
			if v, ok := answer.Get(key); ok {
				shown = shown.With(key, v)
			}
		}
		return answer, asError(conformance.Match(b.Object(), shown))
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("it failed: %s", value.String(answer))
	}
	if o, ok := expected.(*value.Object); ok {
		if in, ok := o.Get("events_in"); ok {
			events, err := c.history(in.(string))
			if err != nil {
				return nil, err
			}
			expected = value.NewObject(value.Member{Key: "events", Value: events})
		}
	}
	if list, ok := expected.([]any); ok { // the recorder kept the machines alone
		expected = value.NewObject(value.Member{Key: "stateMachines", Value: list})
	}
	if expected == nil {
		return answer, nil
	}
	return answer, asError(conformance.Match(masked(expected), c.shown(expected, answer)))
}

func asError(d *conformance.Difference) error {
	if d == nil {
		return nil
	}
	return d
}

// masked returns an expectation in which the name of a log group, which recorders replace,
// stands for any.
func masked(expected any) any {
	text, err := value.Parse(strings.ReplaceAll(value.String(expected), "log-group:log_group_name:", "log-group:<any>:"))
	if err != nil {
		return expected
	}
	return text
}

// later has the members of answers that the API got after it was first recorded, and when.
var later = map[string]time.Time{
	"redriveCount":            time.Date(2023, 11, 15, 0, 0, 0, 0, time.UTC),
	"redriveStatus":           time.Date(2023, 11, 15, 0, 0, 0, 0, time.UTC),
	"redriveStatusReason":     time.Date(2023, 11, 15, 0, 0, 0, 0, time.UTC),
	"encryptionConfiguration": time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC),
	"variableReferences":      time.Date(2024, 11, 22, 0, 0, 0, 0, time.UTC),
}

// shown returns an answer as what is expected shows it: with JSON in the place of its text,
// without the times of events where none are expected, and without what the API did not have
// yet.
func (c *Conversation) shown(expected, actual any) any {
	switch a := actual.(type) {
	case string:
		switch expected.(type) {
		case *value.Object, []any:
			if parsed, err := value.Parse(a); err == nil {
				return parsed
			}
		}
	case []any:
		e, _ := expected.([]any)
		items := make([]any, len(a))
		for i := range a {
			var of any
			if i < len(e) {
				of = e[i]
			}
			items[i] = c.shown(of, a[i])
		}
		return items
	case *value.Object:
		e, _ := expected.(*value.Object)
		var b value.Builder
		for key, v := range a.All() {
			of, ok := e.Get(key)
			since, added := later[key]
			if !ok && (key == "timestamp" || added && c.Recorded.Before(since)) {
				continue
			}
			b.Set(key, c.shown(of, v))
		}
		return b.Object()
	}
	return actual
}

// reference is one to an earlier answer.
var reference = regexp.MustCompile(`\{\{(\d+)\.(\w+)\}\}`)

// substitute returns a value in which references stand for members of earlier answers.
func substitute(v any, answers []*value.Object) (any, error) {
	switch v := v.(type) {
	case string:
		var missing error
		text := reference.ReplaceAllStringFunc(v, func(text string) string {
			parts := reference.FindStringSubmatch(text)
			i, _ := strconv.Atoi(parts[1])
			if i < len(answers) {
				if found, ok := answers[i].Get(parts[2]); ok {
					if s, ok := found.(string); ok {
						return s
					}
				}
			}
			missing = fmt.Errorf("there is no answer for %s", text)
			return text
		})
		return text, missing
	case []any:
		items := make([]any, len(v))
		for i := range v {
			item, err := substitute(v[i], answers)
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return items, nil
	case *value.Object:
		var b value.Builder
		for key, part := range v.All() {
			part, err := substitute(part, answers)
			if err != nil {
				return nil, err
			}
			b.Set(key, part)
		}
		return b.Object(), nil
	}
	return v, nil
}

// post sends a request.
func post(endpoint Endpoint, operation string, params *value.Object) (int, *value.Object, error) {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(value.Append(nil, params)))
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	w := httptest.NewRecorder()
	endpoint.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		return 0, nil, err
	}
	v, err := value.Parse(text)
	answer, ok := v.(*value.Object)
	if err != nil || !ok {
		return 0, nil, fmt.Errorf("the answer is no JSON object: %q", text)
	}
	return w.Code, answer, nil
}

// history returns the history of a case of kind executions that a conversation names.
func (c *Conversation) history(named string) ([]any, error) {
	file, name, _ := strings.Cut(named, "/")
	var events []any
	err := casefile.Read([]string{filepath.Join(c.dir, file+".jsonl")}, func(text []byte, _ string) error {
		var found struct {
			Name   string `json:"name"`
			Expect struct {
				History casefile.Field `json:"history"`
			} `json:"expect"`
		}
		if err := json.Unmarshal(text, &found); err != nil || found.Name != name {
			return err
		}
		events, _ = found.Expect.History.Value.([]any)
		return nil
	})
	if err == nil && events == nil {
		err = fmt.Errorf("there is no case %s in %s.jsonl", name, file)
	}
	return events, err
}

// work plays the worker of the activities whose tasks the histories of a conversation have
// begin: it asks for each task, and answers as the history goes on.
func (c *Conversation) work(endpoint Endpoint) error {
	for i := range c.Calls {
		o, _ := c.Calls[i].Response.(*value.Object)
		in, ok := o.Get("events_in")
		if !ok {
			continue
		}
		events, err := c.history(in.(string))
		if err != nil {
			return err
		}
		var activity, token any
		for _, event := range events {
			e, _ := event.(*value.Object)
			if err := answerTask(endpoint, e, &activity, &token); err != nil {
				return err
			}
		}
	}
	return nil
}

// answerTask does what a worker did for an event of an activity's task to come about.
func answerTask(endpoint Endpoint, event *value.Object, activity, token *any) error {
	kind, _ := event.Get("type")
	operation, params := "", value.NewObject()
	detail := func(field, key string) any {
		v, _ := event.Get(field)
		o, _ := v.(*value.Object)
		v, _ = o.Get(key)
		return v
	}
	jsonText := func(v any) any {
		if _, text := v.(string); text || v == nil {
			return v
		}
		return value.String(v)
	}
	switch kind {
	case "ActivityScheduled":
		*activity = detail("activityScheduledEventDetails", "resource")
		return nil
	case "ActivityStarted":
		operation, params = "GetActivityTask", params.With("activityArn", *activity)
		if worker := detail("activityStartedEventDetails", "workerName"); worker != nil {
			params = params.With("workerName", worker)
		}
	case "ActivitySucceeded":
		operation = "SendTaskSuccess"
		params = params.With("taskToken", *token).With("output", value.String(detail("activitySucceededEventDetails", "output")))
	case "ActivityFailed":
		operation, params = "SendTaskFailure", params.With("taskToken", *token)
		for _, key := range []string{"error", "cause"} {
			if v := jsonText(detail("activityFailedEventDetails", key)); v != nil {
				params = params.With(key, v)
			}
		}
	default:
		return nil
	}
	status, answer, err := post(endpoint, operation, params)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("%s for the %v of the history: %s: %w", operation, kind, value.String(answer), err)
	}
	if operation == "GetActivityTask" {
		*token, _ = answer.Get("taskToken")
	}
	return nil
}
