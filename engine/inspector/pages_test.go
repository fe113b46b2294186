package inspector_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine/inspector"
	"github.com/stretchr/testify/require"
)

// everything is a machine that comes to most of what a page can show.
const everything = `{"Comment": "All of it", "StartAt": "Begin", "States": {
	"Begin": {"Type": "Pass", "Assign": {"color": "blue", "n.$": "$.n"}, "Next": "Again"},
	"Again": {"Type": "Task", "Resource": "busy", "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 7}], "Assign": {"color": "red"}, "Compensate": "Undo", "Next": "Both"},
	"Undo": {"Type": "Task", "Resource": "ok"},
	"Both": {"Type": "Parallel", "ResultPath": null, "Next": "Break", "Branches": [
		{"StartAt": "Left", "States": {"Left": {"Type": "Wait", "Seconds": 3, "End": true}}},
		{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "ok", "End": true}}}}}}]},
	"Break": {"Type": "Task", "Resource": "no", "Parameters": {"Error": "My.Error", "Cause": "this and that"}, "End": true}
}}`

func TestPages(t *testing.T) {
	w := open(t, nil)
	arn := w.run("all", "one", everything, `{"n": 1, "items": [10, 20, 30]}`)
	w.end(arn)
	at := "/executions/" + arn

	has(t, w.get("/"), ">all</bdi>")
	has(t, w.get("/executions"), ">one</bdi>")
	has(t, w.get("/executions?machine=all&status=FAILED"), ">one</bdi>")
	lacks(t, w.get("/executions?machine=all&status=RUNNING"), ">one</bdi>")
	has(t, w.get("/executions?since=2026-03-02T10:00"), "No execution is like that.")
	machine := w.get("/machines/all")
	has(t, machine, `id="L2"`)
	has(t, machine, `href="#L2"`)
	has(t, w.get("/machines/all?text=1"), everything)

	graph := w.get(at)
	has(t, graph, "My.Error")
	has(t, graph, "this and that")
	has(t, graph, `class="state task failed"`)
	matches(t, graph, `It ended in <a href="\?view=graph&amp;step=\d+"><bdi>Break</bdi></a>`)

	again := w.get(at + "?state=Again")
	require.Equal(t, 3, strings.Count(again, "<li><details data-key=\"attempt"))
	has(t, again, ">21.0 s<")
	has(t, again, "Variables at the entry")
	matches(t, section(again, "Variables at the entry"), `color.*blue`)
	matches(t, section(again, "Variables it assigned"), `color.*red`)
	matches(t, section(w.get(at+"?state=One"), "Variables at the entry"), `(?s)color.*red`)
	has(t, w.get(at+"?state=One"), "3 of 3")

	steps := w.get(at + "?view=steps")
	for _, row := range []string{"Begin", "Again", "Left", "iteration 0", "iteration 2", "branch 1", "Undo"} {
		has(t, steps, row)
	}
	events := w.get(at + "?view=events")
	has(t, events, "ExecutionStarted")
	has(t, w.get(at+"?view=events&order=newest"), "ExecutionFailed")
	has(t, w.get(at+"?view=payloads"), `<span class="k">&#34;items&#34;</span>`)
	matches(t, w.get(at+"?view=definition"), `line failed" id="L\d+"><span class="ln">\d+</span>\s*&#34;Break&#34;`)
	has(t, w.get("/definitions/"+arn), everything)
	compensation := w.get(at + "?view=compensation")
	has(t, compensation, ">Undo</bdi>")
	has(t, compensation, "all is undone")
	require.JSONEq(t, `{"n": 1, "items": [10, 20, 30]}`, w.get("/payloads/"+arn+"?part=input"))
}

// has checks that a page has a text.
func has(t *testing.T, page, text string) {
	t.Helper()
	require.True(t, strings.Contains(page, text), "the page lacks %q", text)
}

// lacks checks that a page has no such text.
func lacks(t *testing.T, page, text string) {
	t.Helper()
	require.False(t, strings.Contains(page, text), "the page has %q", text)
}

// matches checks that a page has something of a form.
func matches(t *testing.T, page, form string) {
	t.Helper()
	require.True(t, regexp.MustCompile(form).MatchString(page), "the page has nothing like %s", form)
}

// section returns what follows a heading, up to the next one.
func section(page, heading string) string {
	_, rest, _ := strings.Cut(page, "<h3>"+heading+"</h3>")
	before, _, _ := strings.Cut(rest, "<h3>")
	return before
}

// TestEveryLinkLeadsSomewhere follows every link of every page, below a prefix.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	w := open(t, nil)
	arn := w.run("all", "one", everything, `{"n": 1, "items": [10, 20, 30]}`)
	w.end(arn)
	w.run("many", "maps", `{"StartAt": "Run", "States": {"Run": {"Type": "Map", "Label": "Mine", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "ok", "End": true}}}, "End": true}}}`, `[1, 2]`)
	w.end("arn:aws:states:us-east-1:123456789012:execution:many:maps")
	waits := w.run("asks", "waits", `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "ask.waitForTaskToken", "Parameters": {"token.$": "$$.Task.Token"}, "End": true}}}`, `{}`)
	mux := http.NewServeMux()
	mux.Handle("/some/where/", http.StripPrefix("/some/where", w.handler))
	links := regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)
	seen := map[string]bool{}
	left := []string{"/some/where/", "/some/where/executions/" + waits}
	for len(left) > 0 {
		address := left[0]
		left = left[1:]
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request(http.MethodGet, address, ""))
		require.Equal(t, http.StatusOK, answer.Code, "%s: %s", address, answer.Body)
		require.Less(t, len(seen), 3000)
		if !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
			continue
		}
		base, err := url.Parse(address)
		require.NoError(t, err)
		for _, m := range links.FindAllStringSubmatch(answer.Body.String(), -1) {
			next, err := base.Parse(unescape(m[1]))
			require.NoError(t, err, m[1])
			require.Empty(t, next.Host, "%s leads elsewhere: %s", address, m[1])
			require.True(t, strings.HasPrefix(next.Path, "/some/where/"), "%s leads out: %s", address, m[1])
			next.Fragment = ""
			if !seen[next.String()] {
				seen[next.String()] = true
				left = append(left, next.String())
			}
		}
	}
	pages := map[string]bool{}
	for address := range seen {
		pages[strings.Split(strings.TrimPrefix(address, "/some/where/"), "/")[0]] = true
	}
	for _, page := range []string{"executions", "machines", "mapruns", "definitions", "assets"} {
		require.True(t, pages[page], page)
	}
	bare := httptest.NewRecorder()
	http.StripPrefix("/some/where", w.handler).ServeHTTP(bare, request(http.MethodGet, "/some/where", ""))
	require.Equal(t, "where/", bare.Header().Get("Location"))
}

func unescape(text string) string {
	return strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#39;", "'", "&#34;", `"`).Replace(text)
}

// TestLongHistoriesHavePages: no page grows with the history.
func TestLongHistoriesHavePages(t *testing.T) {
	w := open(t, nil)
	arn := w.run("ring", "long", `{"StartAt": "Count", "States": {
		"Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More?"},
		"More?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 400, "Next": "Count"}], "Default": "Done"}, "Done": {"Type": "Succeed"}}}`, `{"n": 0}`)
	w.end(arn)
	at := "/executions/" + arn
	for _, view := range []string{"graph", "steps", "events", "definition", "payloads"} {
		require.Less(t, len(w.get(at+"?view="+view)), 200_000, view)
	}
	rows := regexp.MustCompile(`id="e(\d+)"`)
	seen := 0
	for next := "?view=events"; next != ""; {
		page := w.get(at + next)
		for _, m := range rows.FindAllStringSubmatch(page, -1) {
			seen++
			require.Equal(t, strconv.Itoa(seen), m[1])
		}
		next = ""
		if m := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(page); m != nil {
			next = unescape(m[1])
		}
	}
	require.Equal(t, 1604, seen)
	has(t, w.get(at+"?view=events&event=777"), `id="e777"`)
	has(t, w.get(at+"?view=events&event=777&order=newest"), `id="e777"`)
	has(t, w.get(at+"?view=graph&state=Count"), "400 of 400")
	for _, wrong := range []string{"from=x", "from=0", "event=-1", "step=99x"} {
		require.Equal(t, http.StatusBadRequest, w.ask(request(http.MethodGet, at+"?view=events&"+wrong, "")).Code, wrong)
	}
}

// TestListsHavePages: a list is read page by page, and what is chosen stays chosen.
func TestListsHavePages(t *testing.T) {
	w := open(t, nil)
	for n := range 120 {
		w.end(w.run("m", fmt.Sprintf("x%03d", n), `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`, `{}`))
		w.clock.Advance(time.Second)
	}
	names := regexp.MustCompile(`<bdi>(x\d+)</bdi>`)
	seen := 120
	for next := "/executions?machine=m&status=SUCCEEDED"; next != ""; {
		page := w.get(next)
		for _, m := range names.FindAllStringSubmatch(page, -1) {
			seen--
			require.Equal(t, fmt.Sprintf("x%03d", seen), m[1])
		}
		next = ""
		if m := regexp.MustCompile(`href="\./([^"]*)" rel="next"`).FindStringSubmatch(page); m != nil {
			next = "/" + unescape(m[1])
			require.Contains(t, next, "machine=m")
		}
	}
	require.Zero(t, seen)
}

// TestHostileTexts: whatever is in names and payloads, it is shown and does nothing.
func TestHostileTexts(t *testing.T) {
	w := open(t, nil)
	hostile := "<script>alert(1)</script><img src=x onerror=alert(2)> \u202egnp.exe \u200b \x00 \x1b[31m 'x' \"y\" {{.}} javascript:alert(3) ${4} &lt; \u2028"
	text, err := json.Marshal(map[string]any{hostile: hostile, "Error": hostile, "Cause": hostile, "deep": strings.Repeat("x", 300_000)[:200_000]})
	require.NoError(t, err)
	name, err := json.Marshal("<b>x</b>\u202e & \"q\" </title>")
	require.NoError(t, err)
	definition := fmt.Sprintf(`{"Comment": %s, "StartAt": %s, "States": {%s: {"Type": "Task", "Comment": %s, "Resource": "no", "End": true}}}`, name, name, name, name)
	arn := w.run("m", "x", definition, string(text))
	w.end(arn)
	at := "/executions/" + arn
	var state string
	require.NoError(t, json.Unmarshal(name, &state))
	for _, target := range []string{
		"/", "/executions", "/machines/m", at, at + "?state=" + url.QueryEscape(state), at + "?view=steps", at + "?view=events", at + "?view=payloads", at + "?view=definition",
		"/executions?name=" + url.QueryEscape(hostile) + "&machine=" + url.QueryEscape(`"><script>alert(1)</script>`),
	} {
		answer := w.ask(request(http.MethodGet, target, ""))
		page := answer.Body.String()
		page = regexp.MustCompile(`<input type="search" [^>]*>`).ReplaceAllString(page, "") // what the reader has asked for
		for _, bad := range []string{`<script>|<img|<b>`, `</title>.*</title>`, `\x00|\x1b|\x{202e}|\x{200b}|\x{2028}`, `(href|src|action)="javascript:`, `<[^>]*\s(on\w+|style)=`} {
			require.Empty(t, regexp.MustCompile(bad).FindString(page), target)
		}
		require.Less(t, len(page), 120_000, "%s: payloads are cut", target)
	}
	has(t, w.get(at+"?view=payloads"), `\u202egnp.exe`)
	has(t, w.get(at+"?view=payloads"), "The whole text, ")
	whole := w.ask(request(http.MethodGet, "/payloads/"+arn+"?part=input", ""))
	require.Equal(t, "text/plain; charset=utf-8", whole.Header().Get("Content-Type"))
	require.Contains(t, whole.Header().Get("Content-Security-Policy"), "sandbox")
	require.JSONEq(t, string(text), whole.Body.String())
	require.Equal(t, http.StatusNotFound, w.ask(request(http.MethodGet, "/payloads/"+arn+"?part=nothing", "")).Code)
}

// TestHiddenPayloads: who may not see payloads sees none, wherever they stand.
func TestHiddenPayloads(t *testing.T) {
	w := open(t, func(c *inspector.Config) { c.HidePayloads = true })
	arn := w.run("m", "x", `{"StartAt": "A", "States": {
		"A": {"Type": "Task", "Resource": "ok", "Assign": {"v.$": "$.secret"}, "Next": "B"}, "B": {"Type": "Task", "Resource": "no", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "Next": "C"},
		"C": {"Type": "Fail", "Error": "E", "CausePath": "$.Cause"}}}`, `{"secret": "TOPSECRET", "Error": "Named", "Cause": "TOPSECRET"}`)
	w.end(arn)
	at := "/executions/" + arn
	for _, target := range []string{at, at + "?state=A", at + "?state=B", at + "?state=C", at + "?view=steps", at + "?view=events", at + "?view=payloads", at + "?view=definition", "/executions"} {
		lacks(t, w.get(target), "TOPSECRET")
	}
	has(t, w.get(at+"?state=B"), "Named")
	for _, part := range []string{"part=input", "part=cause", "event=2&part=details", "event=2&part=input"} {
		require.Equal(t, http.StatusForbidden, w.ask(request(http.MethodGet, "/payloads/"+arn+"?"+part, "")).Code, part)
	}
}

// TestLivePages: a page that goes on asks for itself again, and gets what is new alone.
func TestLivePages(t *testing.T) {
	w := open(t, nil)
	arn := w.run("m", "x", `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "Next": "B"}, "B": {"Type": "Succeed"}}}`, `{}`)
	at := "/executions/" + arn
	again := request(http.MethodGet, at, "")
	for _, c := range []struct {
		takes        time.Duration
		every, other int // milliseconds, and seconds without scripts
	}{{0, 1000, 2}, {51 * time.Millisecond, 2000, 2}, {250 * time.Millisecond, 5000, 5}, {time.Second / 2, 10_000, 10}, {time.Minute, 30_000, 30}} {
		w.handler.(*inspector.Inspector).Takes(c.takes)
		page := w.ask(again)
		require.Equal(t, http.StatusOK, page.Code)
		has(t, page.Body.String(), fmt.Sprintf(`data-every="%d"`, c.every))
		has(t, page.Body.String(), fmt.Sprintf(`<noscript><meta http-equiv="refresh" content="%d"></noscript>`, c.other))
		has(t, page.Body.String(), `class="state wait running"`)
		again.Header.Set("If-None-Match", page.Header().Get("ETag"))
		require.Equal(t, http.StatusNotModified, w.ask(again).Code)
	}
	w.clock.Advance(time.Minute)
	w.end(arn)
	answer := w.ask(again)
	require.Equal(t, http.StatusOK, answer.Code)
	lacks(t, answer.Body.String(), "data-every")
	has(t, answer.Body.String(), `class="state wait succeeded"`)
	has(t, answer.Body.String(), "1 min 0 s")
}

// TestWhatThereIsNot: an address that names nothing says so.
func TestWhatThereIsNot(t *testing.T) {
	w := open(t, nil)
	for target, status := range map[string]int{
		"/nothing": 404, "/executions/arn:aws:states:us-east-1:123456789012:execution:m:x": 404, "/executions/x": 400, "/assets/x.css": 404, "/assets/": 404,
		"/mapruns/arn:aws:states:us-east-1:123456789012:mapRun:m/x:8b7a2e50-0000-4000-8000-000000000000": 404, "/executions?next=x": 400, "/executions?since=x": 400,
		"/payloads/arn:aws:states:us-east-1:123456789012:execution:m:x?part=input": 404,
	} {
		answer := w.ask(request(http.MethodGet, target, ""))
		require.Equal(t, status, answer.Code, target)
	}
	answer := w.ask(request(http.MethodGet, "/executions?name=arn:aws:states:us-east-1:123456789012:execution:m:x", ""))
	require.Equal(t, http.StatusSeeOther, answer.Code)
	require.Equal(t, "./executions/arn:aws:states:us-east-1:123456789012:execution:m:x", answer.Header().Get("Location"))
	require.NoError(t, w.engine.Close())
	require.Equal(t, http.StatusServiceUnavailable, w.ask(request(http.MethodGet, "/executions", "")).Code)
	_, err := inspector.New(inspector.Config{})
	require.Error(t, err)
}
