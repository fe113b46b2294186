package inspector_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/stretchr/testify/require"
)

// asks is a machine that waits for an answer.
const asks = `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "ask.waitForTaskToken", "HeartbeatSeconds": 100, "Parameters": {"deep": [{"token.$": "$$.Task.Token"}]}, "Next": "Then"}, "Then": {"Type": "Wait", "Seconds": 60, "End": true}}}`

// send fills in a form, and returns the answer.
func (w *world) send(target string, fields ...string) (status int, location, page string) {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	answer := w.ask(request(http.MethodPost, target, form.Encode()))
	return answer.Code, answer.Header().Get("Location"), answer.Body.String()
}

// done is send for what must succeed, and returns the ARN of the execution that the answer leads to.
func (w *world) done(target string, fields ...string) string {
	w.t.Helper()
	has(w.t.(*testing.T), w.get(target), "<form")
	status, location, page := w.send(target, fields...)
	require.Equal(w.t, http.StatusSeeOther, status, errorOf(page))
	_, arn, ok := strings.Cut(location, "/executions/")
	require.True(w.t, ok, location)
	return arn
}

// errorOf returns what a page says of an error.
func errorOf(page string) string {
	_, rest, _ := strings.Cut(page, `role="alert"`)
	before, _, _ := strings.Cut(rest, "</div>")
	return unescape(before)
}

func (w *world) describe(arn string) *engine.Description {
	w.t.Helper()
	d, err := w.engine.DescribeExecution(w.t.Context(), arn)
	require.NoError(w.t, err)
	return d
}

func TestStart(t *testing.T) {
	w := open(t, nil)
	first := w.run("asks", "first", asks, `{"n": 1}`)
	arn := w.done("/start/machine/asks", "input", `{"b": 1, "a": 2}`, "name", "mine")
	require.JSONEq(t, `{"b": 1, "a": 2}`, string(w.describe(arn).Input))
	require.Equal(t, "mine", w.describe(arn).Name)
	w.done("/start/machine/asks", "input", "")
	has(t, w.get("/start/like/"+first), "&#34;n&#34;: 1")
	require.JSONEq(t, `{"n": 7}`, string(w.describe(w.done("/start/like/"+first, "input", `{"n": 7}`)).Input))

	status, _, page := w.send("/start/machine/asks", "input", `{"a": `, "name", `m"><b>`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, errorOf(page), "the input is no JSON")
	has(t, page, `{&#34;a&#34;: </textarea>`)
	lacks(t, page, `"><b>`)
	status, _, page = w.send("/start/machine/asks", "input", `{}`, "name", "mine")
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, errorOf(page), "Execution Already Exists")
	status, _, _ = w.send("/start/machine/none", "input", `{}`)
	require.Equal(t, http.StatusNotFound, status)
	status, _, page = w.send("/start/machine/asks", "input", strings.Repeat("x", 9<<20))
	require.Equal(t, http.StatusBadRequest, status)
	has(t, page, "too large")
}

// TestStartWithoutRegistry: an execution like another has its definition and its machine's name.
func TestStartWithoutRegistry(t *testing.T) {
	w := open(t, func(c *inspector.Config) { c.Machines = nil })
	arn := w.done("/start/like/"+w.run("asks", "first", asks, `{}`), "input", `{"again": true}`)
	require.Equal(t, "asks", w.describe(arn).Machine)
	require.Equal(t, http.StatusNotFound, w.ask(request(http.MethodGet, "/start/machine/asks", "")).Code)
	has(t, w.get("/"), "not registered")
	has(t, w.get("/machines/asks"), "It is not registered")
}

func TestStopAndRedrive(t *testing.T) {
	w := open(t, nil)
	arn := w.run("asks", "first", asks, `{}`)
	has(t, w.get("/executions/"+arn), ">Stop</a>")
	require.Equal(t, arn, w.done("/stop/"+arn, "error", "Mine", "cause", "not wanted"))
	require.Equal(t, "Mine", w.describe(arn).Failure.Error)
	require.Equal(t, "not wanted", w.describe(arn).Failure.Cause)
	lacks(t, w.get("/executions/"+arn), ">Stop</a>")
	require.Equal(t, arn, w.done("/redrive/"+arn))
	require.EqualValues(t, "RUNNING", w.describe(arn).Status)
	status, _, page := w.send("/redrive/" + arn)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, errorOf(page), "Execution is RUNNING and cannot be redriven")
	status, _, _ = w.send("/stop/"+arn, "error", strings.Repeat("x", 300))
	require.Equal(t, http.StatusBadRequest, status)
}

func TestAnswer(t *testing.T) {
	for as, then := range map[string]string{"success": "Wait", "failure": "FAILED", "heartbeat": "RUNNING"} {
		w := open(t, nil)
		arn := w.run("asks", "first", asks, `{}`)
		page := w.get("/executions/" + arn + "?state=Ask")
		has(t, page, "It waits for its Task Token.")
		has(t, page, `href="../answer/`+arn+`?entered=2"`)
		_, rest, _ := strings.Cut(w.get("/answer/"+arn+"?entered=2"), `name="token" class="mono" value="`)
		token, _, _ := strings.Cut(rest, `"`)
		require.Len(t, token, 54)
		w.clock.Advance(90 * time.Second)
		_, now, _ := strings.Cut(w.get("/executions/"+arn), `<ul class="now">`)
		require.Contains(t, now[:300], "waits for its Task Token, needs a heartbeat before 2026-03-02 09:01:40.000")
		w.done("/answer/"+arn, "token", token, "as", as, "output", `{"yes": true}`, "error", "No", "cause", "because")
		d := w.describe(arn)
		switch as {
		case "success":
			lacks(t, w.get("/executions/"+arn+"?state=Ask"), "It waits")
			matches(t, w.get("/executions/"+arn), `class="state wait running"`)
		case "failure":
			require.Equal(t, "No", d.Failure.Error)
		case "heartbeat":
			w.clock.Advance(90 * time.Second)
			require.EqualValues(t, then, w.describe(arn).Status, "its time began anew")
		}
		status, _, page := w.send("/answer/"+arn, "token", "wrong", "as", as)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, errorOf(page), "InvalidToken")
		status, _, _ = w.send("/answer/"+arn, "token", token, "as", "other")
		require.Equal(t, http.StatusBadRequest, status)
	}
}

func TestFork(t *testing.T) {
	w := open(t, nil)
	arn := w.run("fails", "first", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Task", "Resource": "no", "End": true}}}`, `{"Error": "E"}`)
	w.end(arn)
	has(t, w.get("/executions/"+arn+"?state=B"), "/fork/"+arn+"?at=4")
	same := w.done("/fork/"+arn+"?at=4", "at", "4", "name", "same", "payload", "")
	w.end(same)
	require.Equal(t, "E", w.describe(same).Failure.Error)
	other := w.done("/fork/"+arn+"?at=4", "at", "4", "payload", `{"Error": "F"}`)
	w.end(other)
	require.Equal(t, "F", w.describe(other).Failure.Error)
	mended := w.done("/fork/"+arn+"?at=4", "at", "4", "definition", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"},`+"\r\n"+` "B": {"Type": "Task", "Resource": "ok", "End": true}}}`)
	w.end(mended)
	require.EqualValues(t, "SUCCEEDED", w.describe(mended).Status)

	for at, says := range map[string]string{"3": "no state is entered by it", "99": "no such event"} {
		status, _, page := w.send("/fork/"+arn+"?at="+at, "at", at)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, errorOf(page), says)
		matches(t, page, `It can be forked at <a href="\?at=\d+">`)
	}
	status, _, page := w.send("/fork/"+arn+"?at=4", "at", "4", "definition", `{"StartAt": "A"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, errorOf(page), "States")
	require.Equal(t, http.StatusBadRequest, w.ask(request(http.MethodGet, "/fork/"+arn, "")).Code)
}

// TestReadOnly: who may not change anything finds no way to, and gets no answer to a form.
func TestReadOnly(t *testing.T) {
	look := func(*http.Request) inspector.Access { return inspector.Access{View: true, Payloads: true} }
	for name, change := range map[string]func(*inspector.Config){
		"by Config": func(c *inspector.Config) { c.ReadOnly = true }, "by Authorize": func(c *inspector.Config) { c.Authorize = look },
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, change)
			arn := w.run("asks", "first", asks, `{}`)
			for _, page := range []string{w.get("/executions/" + arn + "?state=Ask"), w.get("/executions/" + arn + "?view=events"), w.get("/machines/asks")} {
				require.NotRegexp(t, `href="[^"]*(start|stop|redrive|fork|answer)/`, page)
				has(t, page, ">read-only</span>")
			}
			for _, path := range []string{"/start/machine/asks", "/start/like/" + arn, "/stop/" + arn, "/redrive/" + arn, "/fork/" + arn + "?at=2", "/answer/" + arn} {
				require.Equal(t, http.StatusForbidden, w.ask(request(http.MethodGet, path, "")).Code, path)
				status, _, _ := w.send(path, "at", "2")
				require.Equal(t, http.StatusForbidden, status, path)
			}
			require.EqualValues(t, "RUNNING", w.describe(arn).Status)
		})
	}
}

// TestFormsOfOtherSites are refused, whatever they send.
func TestFormsOfOtherSites(t *testing.T) {
	w := open(t, nil)
	arn := w.run("asks", "first", asks, `{}`)
	for name, change := range map[string]func(http.Header){
		"Sec-Fetch-Site": func(h http.Header) { h.Set("Sec-Fetch-Site", "cross-site"); h.Set("Sec-Fetch-Mode", "navigate") },
		"same site":      func(h http.Header) { h.Set("Sec-Fetch-Site", "same-site"); h.Set("Sec-Fetch-Mode", "navigate") },
		"Origin":         func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "http://evil.example") },
		"no origin":      func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "null") },
		"another port":   func(h http.Header) { h.Del("Sec-Fetch-Site"); h.Set("Origin", "http://127.0.0.1:9999") },
	} {
		r := request(http.MethodPost, "/stop/"+arn, "error=x")
		change(r.Header)
		require.Equal(t, http.StatusForbidden, w.ask(r).Code, name)
	}
	require.EqualValues(t, "RUNNING", w.describe(arn).Status)
}
