package stepfunctions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/stretchr/testify/require"
)

// Requests that no client sends are refused with a name that clients understand.
func TestOddRequests(t *testing.T) {
	e := serve(t, func(_ *engine.Config, c *stepfunctions.Config) { c.MaxBody = 1_000 })
	for name, c := range map[string]struct {
		method, url, target, body string
		status                    int
		code                      string
	}{
		"no target":                {"POST", "/", "", "{}", 400, "UnknownOperationException"},
		"another service":          {"POST", "/", "DynamoDB_20120810.ListTables", "{}", 400, "UnknownOperationException"},
		"an unknown operation":     {"POST", "/", "AWSStepFunctions.Nothing", "{}", 400, "UnknownOperationException"},
		"other letters":            {"POST", "/", "AWSStepFunctions.listActivities", "{}", 400, "UnknownOperationException"},
		"another path":             {"POST", "/2015-03-31/functions", "AWSStepFunctions.ListActivities", "{}", 400, "UnknownOperationException"},
		"another method":           {"DELETE", "/", "AWSStepFunctions.ListActivities", "", 405, ""},
		"no JSON":                  {"POST", "/", "AWSStepFunctions.ListActivities", "{", 400, "SerializationException"},
		"no object":                {"POST", "/", "AWSStepFunctions.ListActivities", "[]", 400, "SerializationException"},
		"two objects":              {"POST", "/", "AWSStepFunctions.ListActivities", "{}{}", 400, "SerializationException"},
		"deep JSON":                {"POST", "/", "AWSStepFunctions.ListActivities", strings.Repeat("[", 999), 400, "SerializationException"},
		"no UTF-8":                 {"POST", "/", "AWSStepFunctions.CreateActivity", "{\"name\":\"\xff\"}", 400, "<any>"},
		"a long body":              {"POST", "/", "AWSStepFunctions.ListActivities", `{"nextToken":"` + strings.Repeat("x", 1_000) + `"}`, 413, "RequestEntityTooLargeException"},
		"no body":                  {"POST", "/", "AWSStepFunctions.ListActivities", "", 200, ""},
		"unknown members":          {"POST", "/", "AWSStepFunctions.ListActivities", `{"x":[{}],"maxresults":"one"}`, 200, ""},
		"an absolute URL":          {"POST", "http://sync-127.0.0.1:8083/", "AWSStepFunctions.ListActivities", "{}", 200, ""},
		"an absolute URL, no path": {"POST", "http://sync-127.0.0.1:8083", "AWSStepFunctions.ListActivities", "{}", 200, ""},
		"the hint":                 {"GET", "/", "", "", 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://host/", strings.NewReader(c.body))
			u, err := r.URL.Parse(c.url)
			require.NoError(t, err)
			r.URL = u
			if c.target != "" {
				r.Header.Set("X-Amz-Target", c.target)
			}
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			require.Equal(t, c.status, w.Code, w.Body)
			require.Len(t, w.Header().Get("x-amzn-RequestId"), 36)
			var answer struct {
				Type string `json:"__type"`
			}
			switch {
			case c.method == "GET":
				require.Contains(t, w.Body.String(), `"sync-"`)
			case c.code == "<any>":
			case c.code != "":
				require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
				require.Equal(t, c.code, answer.Type)
			}
		})
	}
}

// A body without a length ends at the bound, and one that breaks off or never ends is refused.
func TestBodies(t *testing.T) {
	e := serve(t, func(_ *engine.Config, c *stepfunctions.Config) { c.MaxBody, c.BodyTimeout = 1_000, time.Millisecond })
	send := func(body io.Reader) (int, string) {
		r := httptest.NewRequest(http.MethodPost, "/", body)
		r.ContentLength = -1
		r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListActivities")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	status, answer := send(endless{})
	require.Equal(t, http.StatusRequestEntityTooLarge, status, answer)
	status, answer = send(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("{}   "))))
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer, "RequestTimeoutException")

	// Over a connection the body has its time, and no more.
	server := httptest.NewServer(e)
	defer server.Close()
	slow, more := io.Pipe()
	defer more.Close()
	r, err := http.NewRequest(http.MethodPost, server.URL, slow)
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListActivities")
	go func() { _, _ = more.Write([]byte("{")) }()
	response, err := http.DefaultClient.Do(r)
	if err == nil { // else the server closed the connection
		defer response.Body.Close()
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// Guessed tokens are all invalid, whatever they look like, and cost no memory.
func TestGuessedTokens(t *testing.T) {
	e := serve(t)
	e.ok("CreateActivity", object{"name": "a"})
	e.ok("StartExecution", object{"stateMachineArn": e.create("t", activity)})
	token := e.ok("GetActivityTask", object{"activityArn": arn("activity:a")})["taskToken"].(string)
	guess := func(i int) {
		body := fmt.Sprintf(`{"taskToken":"%08d%s","output":"{}"}`, i, token[8:])
		w := e.post("SendTaskSuccess", body)
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Contains(t, w.Body.String(), "InvalidToken")
	}
	for i := range 1_000 {
		guess(i)
	}
	before := heap()
	for i := range 20_000 {
		guess(i)
	}
	require.Less(t, heap(), before+2<<20)
	e.ok("SendTaskSuccess", object{"taskToken": token, "output": "{}"})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A thousand workers may ask for tasks of one activity, and no more. Those that go away take
// no task with them.
func TestPollers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := engine.New(engine.Config{Resolver: engine.NewMux()})
		require.NoError(t, err)
		defer e.Close()
		h, err := stepfunctions.New(stepfunctions.Config{Engine: e})
		require.NoError(t, err)
		endpoint := &endpoint{TB: t, Handler: h, engine: e}
		a := endpoint.ok("CreateActivity", object{"name": "a"})["activityArn"].(string)
		poll := func(ctx context.Context) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(`{"activityArn":"`+a+`"}`))
			r.Header.Set("X-Amz-Target", "AWSStepFunctions.GetActivityTask")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		gone, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 1_000 {
			all.Go(func() { poll(gone) })
		}
		synctest.Wait()
		name, _ := endpoint.fails("GetActivityTask", object{"activityArn": a})
		require.Equal(t, "ActivityWorkerLimitExceeded", name)
		leave()
		all.Wait()
		endpoint.ok("StartExecution", object{"stateMachineArn": endpoint.create("t", activity)})
		require.Contains(t, poll(t.Context()).Body.String(), "taskToken", "no task went with those who left")

		// Without a task the answer is empty, before clients give up.
		began := time.Now()
		require.JSONEq(t, `{}`, poll(t.Context()).Body.String())
		require.Less(t, time.Since(began), 60*time.Second)
		require.Greater(t, time.Since(began), 50*time.Second)
	})
}

// A client of a closed engine, or of one whose store fails, may try again.
func TestUnavailable(t *testing.T) {
	e := serve(t)
	require.NoError(t, e.engine.Close())
	w := e.post("ListActivities", "{}")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "ServiceUnavailableException")
}

// FuzzRequest holds that no body ends as a failure of the server.
func FuzzRequest(f *testing.F) {
	operations := make([]string, 0, len(outputs))
	for name := range outputs {
		if name != "GetActivityTask" { // which waits
			operations = append(operations, name)
		}
	}
	slices.Sort(operations)
	for _, body := range []string{
		`{}`, `{"name":"a","tags":[{"key":"k","value":"v"}],"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}`,
		`{"name":"n","definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}","roleArn":"arn:aws:iam::123456789012:role/r","publish":true}`,
		`{"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m","input":"{}","maxResults":1,"nextToken":"x"}`,
		`{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:m:done","maxResults":1.5,"reverseOrder":true}`,
		`{"name":"x","routingConfiguration":[{"stateMachineVersionArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m:1","weight":100}]}`,
		`{"taskToken":"t","output":"1","error":"E","cause":"c"}`, `{"resourceArn":"arn:aws:states:us-east-1:123456789012:activity:a","tags":[null],"tagKeys":[""]}`,
		`{"mapRunArn":"arn:aws:states:us-east-1:123456789012:mapRun:m/l:u","toleratedFailurePercentage":1e400,"maxConcurrency":-0}`,
	} {
		for n := range operations {
			f.Add(n, []byte(body))
		}
	}
	e := serve(f)
	e.create("m", pass, object{"publish": true})
	e.ok("StartExecution", object{"stateMachineArn": arn("stateMachine:m"), "name": "done"})
	f.Fuzz(func(t *testing.T, n int, body []byte) {
		operation := operations[uint(n)%uint(len(operations))]
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r.WithContext(ctx))
		require.Contains(t, []int{200, 400}, w.Code, "%s %q: %s", operation, body, w.Body)
		require.True(t, json.Valid(w.Body.Bytes()))
	})
}
