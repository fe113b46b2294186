package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/stepfunctions"
)

// An endpoint is a server with a handler of its own, on a virtual clock.
type endpoint struct {
	url      string
	clock    *enginetest.Clock
	recorder *recorder
}

// serve starts an endpoint that is closed at the end of the test.
func serve(t testing.TB) *endpoint {
	t.Helper()
	clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	eng, err := engine.New(engine.Config{Resolver: functions(), Clock: clock})
	require.NoError(t, err)
	handler, err := stepfunctions.New(stepfunctions.Config{Engine: eng})
	require.NoError(t, err)
	recorder := &recorder{handler: handler}
	server := httptest.NewServer(recorder)
	t.Cleanup(func() {
		server.CloseClientConnections() // ends polls for tasks
		server.Close()
		_ = eng.Close()
	})
	return &endpoint{server.URL, clock, recorder}
}

// environment returns the environment of a client's process: that of this one, but for the
// endpoint, the credentials, and what scripts need.
func (e *endpoint) environment(more map[string]string) []string {
	set := map[string]string{
		"AWS_ENDPOINT_URL_SFN":                  e.url,
		"AWS_ACCESS_KEY_ID":                     "test",
		"AWS_SECRET_ACCESS_KEY":                 "test",
		"AWS_SESSION_TOKEN":                     "",
		"AWS_REGION":                            "us-east-1",
		"AWS_DEFAULT_REGION":                    "us-east-1",
		"AWS_CONFIG_FILE":                       os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE":           os.DevNull,
		"AWS_EC2_METADATA_DISABLED":             "true",
		"AWS_MAX_ATTEMPTS":                      "1",
		"AWS_PAGER":                             "",
		"AWS_DISABLE_HOST_PREFIX_INJECTION":     "true",
		"NO_PROXY":                              "127.0.0.1",
		"ENDPOINT":                              e.url,
		"ROLE":                                  role,
		"WORK":                                  work,
		"WORK_RENAMED":                          renamed(work),
		"EXPRESS":                               express,
		"FAN":                                   fan,
		"APPROVAL":                              approval,
		"AWS_SUPPRESS_PYTHON_DEPRECATION":       "1",
		"NODE_NO_WARNINGS":                      "1",
		"AWS_SDK_JS_NODE_VERSION_SUPPORT_ERROR": "1",
	}
	maps.Copy(set, more)
	env := os.Environ()
	for _, name := range slices.Sorted(maps.Keys(set)) {
		env = append(env, name+"="+set[name])
	}
	return env
}

// A recorder counts the operations that a client calls, and lists what a client must never
// see.
type recorder struct {
	handler http.Handler
	mu      sync.Mutex
	calls   map[string]int
	faults  []string
}

// ServeHTTP has the handler answer.
func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	operation := strings.TrimPrefix(request.Header.Get("X-Amz-Target"), "AWSStepFunctions.")
	answer := &statusWriter{ResponseWriter: w}
	r.handler.ServeHTTP(answer, request)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		r.calls = make(map[string]int)
	}
	r.calls[operation]++
	if answer.status >= 500 {
		r.faults = append(r.faults, fmt.Sprintf("%s: status %d", operation, answer.status))
	}
}

// called returns how often each operation was called.
func (r *recorder) called() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.calls)
}

// A statusWriter keeps the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the handler bound the time of a request.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

const role = "arn:aws:iam::123456789012:role/r"

// What clients register.
const (
	// work is a machine whose one task is an activity's.
	work = `{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:work","HeartbeatSeconds":600,"End":true}}}`
	// express waits for a minute of the virtual clock.
	express = `{"StartAt":"Sleep","States":{"Sleep":{"Type":"Wait","Seconds":60,"Next":"Done"},"Done":{"Type":"Pass","Result":"slept","End":true}}}`
	// fan has a Map Run whose children wait for a worker.
	fan = `{"StartAt":"Fan","States":{"Fan":{"Type":"Map","Label":"Fan","ItemsPath":"$.items","MaxConcurrency":1,"End":true,"ItemProcessor":{` +
		`"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"Work","States":{` +
		`"Work":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:work","End":true}}}}}}`
	// approval sends a link with a Task Token to somebody who is to approve.
	approval = `{"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{` +
		`"FunctionName":"mail","Payload":{"link.$":"States.Format('https://example.com/approve?taskToken={}', $$.Task.Token)"}},` +
		`"Catch":[{"ErrorEquals":["Rejected"],"ResultPath":"$.rejected","Next":"Apologise"}],"Next":"Ship"},` +
		`"Ship":{"Type":"Succeed"},"Apologise":{"Type":"Pass","End":true}}}`
)

// renamed returns the definition work with another name of its state.
func renamed(definition string) string {
	return strings.NewReplacer(`"StartAt":"Work"`, `"StartAt":"Do"`, `"Work":{`, `"Do":{`).Replace(definition)
}

// functions returns the functions that machines call.
func functions() *engine.Mux {
	tasks := engine.NewMux()
	tasks.Handle("mail", engine.Func(func(context.Context, json.RawMessage) (any, error) { return nil, nil }))
	powerTuning(tasks)
	return tasks
}
