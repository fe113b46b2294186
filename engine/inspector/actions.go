package inspector

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/states"
)

// largestForm bounds what a form may send, in bytes. It has room for a payload and a definition,
// in which every character is escaped.
const largestForm = 8 << 20

// A form is the page of something that can be done.
type form struct {
	Kind   string // names what is done: "start", "stop", ...
	Title  string
	About  string // the ARN or the name of what it is done with
	Link   string // the address of that, relative to the root
	Error  string // why it could not be done
	Hidden bool   // payloads are not shown
	// Values are what the fields hold.
	Values map[string]string
	// Places are events at which an execution can be forked instead.
	Places []states.EventID
	Undoes bool // the machine has handlers that undo
}

// action serves a form at a path: GET shows it, and POST does what it says. fill makes the form;
// do does it, and returns the address of what has come of it, relative to the root.
func (i *Inspector) action(path string, fill func(*request) (*form, error), do func(*request, *form) (string, error)) {
	serve := func(q *request) (*view, error) {
		if !q.access.Operate {
			http.Error(q.w, "inspector: you may not change anything", http.StatusForbidden)
			return nil, nil
		}
		q.Body = http.MaxBytesReader(q.w, q.Body, largestForm)
		if err := q.ParseForm(); err != nil {
			return nil, fmt.Errorf("%w: %w", errBadRequest, err)
		}
		f, err := fill(q)
		if err != nil {
			return nil, err
		}
		f.Hidden = !q.access.Payloads
		v := &view{Page: "form", Title: f.Title, Nav: "executions", Data: f}
		if q.Method != http.MethodPost {
			return v, nil
		}
		for name := range q.PostForm {
			f.Values[name] = strings.ReplaceAll(q.PostForm.Get(name), "\r\n", "\n")
		}
		to, err := do(q, f)
		if err != nil {
			f.Error = err.Error()
			if at, ok := errors.AsType[*engine.ForkPointError](err); ok {
				f.places(at)
			}
			if v.status = statusOf(err); v.status == http.StatusInternalServerError {
				v.status = http.StatusBadRequest // the engine says what is wrong with it
			}
			return v, nil
		}
		q.w.Header().Set("Location", q.root+to)
		q.w.WriteHeader(http.StatusSeeOther)
		return nil, nil
	}
	i.page("GET "+path, serve)
	i.page("POST "+path, serve)
}

// places notes the events at which an execution can be forked instead.
func (f *form) places(at *engine.ForkPointError) {
	for _, id := range []states.EventID{at.Before, at.After} {
		if id > 0 {
			f.Places = append(f.Places, id)
		}
	}
}

// actions serves all that can be done.
func (i *Inspector) actions() {
	i.action("/start/machine/{reference...}", i.fillStart, i.start)
	i.action("/start/like/{arn...}", i.fillAgain, i.startAgain)
	i.action("/stop/{arn...}", i.fillStop, i.stop)
	i.action("/redrive/{arn...}", i.fillRedrive, i.redrive)
	i.action("/fork/{arn...}", i.fillFork, i.fork)
	i.action("/answer/{arn...}", i.fillAnswer, i.answer)
}

// of makes a form about an execution.
func (q *request) of(kind, title string) *form {
	arn := q.PathValue("arn")
	return &form{Kind: kind, Title: title, About: arn, Link: placeOf(arn), Values: make(map[string]string)}
}

// fillStart makes the form that starts an execution of a machine that is registered.
func (i *Inspector) fillStart(q *request) (*form, error) {
	reference := q.PathValue("reference")
	if i.config.Machines == nil {
		return nil, errNoPage
	}
	if _, err := i.config.Machines.Describe(q.Context(), reference); err != nil {
		return nil, err
	}
	return &form{Kind: "start", Title: "Start an execution", About: reference, Link: "machines/" + pathOf(reference), Values: map[string]string{"input": "{}"}}, nil
}

func (i *Inspector) start(q *request, f *form) (string, error) {
	input, options, err := started(f)
	if err != nil {
		return "", err
	}
	x, err := i.config.Engine.StartExecutionFrom(q.Context(), i.config.Machines, f.About, input, options...)
	if err != nil {
		return "", err
	}
	return afterStart(x, f), nil
}

// afterStart returns the address of an execution that was started, or of its machine when it is
// an Express one, of which nothing is kept.
func afterStart(x *engine.Execution, f *form) string {
	if strings.Contains(x.ARN(), ":express:") {
		return f.Link
	}
	return placeOf(x.ARN())
}

// started reads what an execution is started with.
func started(f *form) (json.RawMessage, []engine.StartOption, error) {
	input, err := readJSON("input", f.Values["input"])
	if err != nil {
		return nil, nil, err
	}
	var options []engine.StartOption
	if name := strings.TrimSpace(f.Values["name"]); name != "" {
		options = append(options, engine.Named(name))
	}
	return input, options, nil
}

// readJSON checks that a field holds JSON. One that is empty holds {}.
func readJSON(field, text string) (json.RawMessage, error) {
	text = cmp.Or(strings.TrimSpace(text), "{}")
	if _, err := value.Parse(text); err != nil {
		return nil, fmt.Errorf("the %s is no JSON: %w", field, err)
	}
	return json.RawMessage(text), nil
}

// fillAgain makes the form that starts an execution like another.
func (i *Inspector) fillAgain(q *request) (*form, error) {
	f := q.of("start", "Start an execution like this one")
	d, err := i.config.Engine.DescribeExecution(q.Context(), f.About)
	if err != nil {
		return nil, err
	}
	if q.access.Payloads {
		f.Values["input"] = pretty(d.Input)
	}
	return f, nil
}

// startAgain starts an execution of the machine of another: as it is registered now, or with the
// definition of the other when it is not.
func (i *Inspector) startAgain(q *request, f *form) (string, error) {
	input, options, err := started(f)
	if err != nil {
		return "", err
	}
	m, err := i.config.Engine.DescribeStateMachineForExecution(q.Context(), f.About)
	if err != nil {
		return "", err
	}
	var x *engine.Execution
	if i.registered(q, m.Machine) {
		x, err = i.config.Engine.StartExecutionFrom(q.Context(), i.config.Machines, m.Machine, input, options...)
	} else {
		x, err = i.config.Engine.StartExecution(q.Context(), m.Definition, input, append(options, engine.Machine(m.Machine))...)
	}
	if err != nil {
		return "", err
	}
	return afterStart(x, f), nil
}

func (i *Inspector) registered(q *request, name string) bool {
	if i.config.Machines == nil {
		return false
	}
	_, err := i.config.Machines.Describe(q.Context(), name)
	return err == nil
}

// pretty returns JSON in lines, for a field.
func pretty(text []byte) string {
	raw := json.RawMessage(text)
	b, err := json.MarshalIndent(raw, "", "  ")
	if err != nil {
		return string(text)
	}
	return string(b)
}

// fillStop makes the form that stops an execution.
func (i *Inspector) fillStop(q *request) (*form, error) {
	f := q.of("stop", "Stop the execution")
	if _, err := i.config.Engine.DescribeExecution(q.Context(), f.About); err != nil {
		return nil, err
	}
	if m, err := i.config.Engine.DescribeStateMachineForExecution(q.Context(), f.About); err == nil {
		f.Undoes = m.Definition.Compensates()
	}
	return f, nil
}

func (i *Inspector) stop(q *request, f *form) (string, error) {
	return f.Link, i.config.Engine.StopExecution(q.Context(), f.About, f.Values["error"], f.Values["cause"])
}

// fillRedrive makes the form that redrives an execution.
func (i *Inspector) fillRedrive(q *request) (*form, error) {
	f := q.of("redrive", "Redrive the execution")
	d, err := i.config.Engine.DescribeExecution(q.Context(), f.About)
	if err != nil {
		return nil, err
	}
	if d.RedriveStatus != engine.Redrivable {
		f.Error = d.RedriveStatusReason
	}
	return f, nil
}

func (i *Inspector) redrive(q *request, f *form) (string, error) {
	_, err := i.config.Engine.RedriveExecution(q.Context(), f.About)
	return f.Link, err
}

// fillFork makes the form that forks an execution at an event.
func (i *Inspector) fillFork(q *request) (*form, error) {
	f := q.of("fork", "Fork the execution")
	at, err := strconv.ParseInt(q.FormValue("at"), 10, 64)
	if err != nil || at < 1 {
		return nil, fmt.Errorf("%w: at=%s", errBadRequest, q.FormValue("at"))
	}
	f.Values["at"] = strconv.FormatInt(at, 10)
	for e, err := range i.config.Engine.Events(q.Context(), f.About, states.EventID(at-1)) {
		if err != nil {
			return nil, err
		}
		f.Values["type"] = string(e.Type)
		if payload := payloadAt(&e); payload != nil {
			f.Values["carries"] = "payload"
			if q.access.Payloads {
				f.Values["payload"] = pretty(payload)
			}
		}
		break
	}
	m, err := i.config.Engine.DescribeStateMachineForExecution(q.Context(), f.About)
	if err != nil {
		return nil, err
	}
	f.Values["definition"] = strings.ReplaceAll(m.Definition.Definition(), "\r\n", "\n")
	return f, nil
}

// payloadAt returns what an event carries that a fork can replace, nil for nothing.
func payloadAt(e *states.Event) []byte {
	switch d := e.Details.(type) {
	case *states.EnteredDetails:
		return value.Append(nil, d.Input)
	case *states.OutputDetails:
		return value.Append(nil, d.Output)
	}
	return nil
}

func (i *Inspector) fork(q *request, f *form) (string, error) {
	before, err := i.fillFork(q)
	if err != nil {
		return "", err
	}
	at, err := strconv.ParseInt(f.Values["at"], 10, 64)
	if err != nil {
		return "", fmt.Errorf("%w: at=%s", errBadRequest, f.Values["at"])
	}
	var fork engine.Fork
	if text := strings.TrimSpace(f.Values["payload"]); text != "" && text != before.Values["payload"] {
		if fork.Payload, err = readJSON("payload", text); err != nil {
			return "", err
		}
	}
	if text := f.Values["definition"]; strings.TrimSpace(text) != "" && text != before.Values["definition"] {
		m, err := i.config.Engine.DescribeStateMachineForExecution(q.Context(), f.About)
		if err != nil {
			return "", err
		}
		if fork.Machine, err = (asl.Parser{Extensions: m.Definition.Compensates()}).Parse([]byte(text)); err != nil {
			return "", err
		}
	}
	var options []engine.StartOption
	if name := strings.TrimSpace(f.Values["name"]); name != "" {
		options = append(options, engine.Named(name))
	}
	x, err := i.config.Engine.ForkExecution(q.Context(), f.About, states.EventID(at), fork, options...)
	if err != nil {
		return "", err
	}
	return placeOf(x.ARN()), nil
}

// fillAnswer makes the form that answers a Task Token. The token is found by the event that
// entered its state, so that it stands in no address.
func (i *Inspector) fillAnswer(q *request) (*form, error) {
	f := q.of("answer", "Answer a Task Token")
	f.Values["output"] = "{}"
	d, err := i.config.Engine.DescribeExecution(q.Context(), f.About)
	if err != nil {
		return nil, err
	}
	if entered, err := strconv.ParseInt(q.FormValue("entered"), 10, 64); err == nil && q.access.Payloads {
		f.Values["token"] = tokenAt(d.Active, states.EventID(entered))
	}
	return f, nil
}

func (i *Inspector) answer(q *request, f *form) (string, error) {
	token := strings.TrimSpace(f.Values["token"])
	switch f.Values["as"] {
	case "success":
		output, err := readJSON("output", f.Values["output"])
		if err != nil {
			return "", err
		}
		return f.Link, i.config.Engine.SendTaskSuccess(q.Context(), token, output)
	case "failure":
		return f.Link, i.config.Engine.SendTaskFailure(q.Context(), token, f.Values["error"], f.Values["cause"])
	case "heartbeat":
		return f.Link, i.config.Engine.SendTaskHeartbeat(q.Context(), token)
	}
	return "", fmt.Errorf("%w: as=%s", errBadRequest, f.Values["as"])
}
