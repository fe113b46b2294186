package stepfunctions_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/stepfunctions"
	"github.com/stretchr/testify/require"
)

// An endpoint is a handler with what it serves.
type endpoint struct {
	testing.TB
	*stepfunctions.Handler
	engine *engine.Engine
	clock  *enginetest.Clock
}

// serve makes an endpoint on a virtual clock that is closed at the end of the test.
func serve(t testing.TB, adjust ...func(*engine.Config, *stepfunctions.Config)) *endpoint {
	t.Helper()
	clock := enginetest.NewClock(time.Time{})
	config := engine.Config{Resolver: engine.NewMux(), Clock: clock}
	var served stepfunctions.Config
	for _, f := range adjust {
		f(&config, &served)
	}
	e, err := engine.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	served.Engine = e
	h, err := stepfunctions.New(served)
	require.NoError(t, err)
	return &endpoint{t, h, e, clock}
}

// object is a JSON object.
type object = map[string]any

// post sends a request for an operation with a body as it is.
func (e *endpoint) post(operation, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

// call sends a request and returns the status and the answer, which obeys the model when it
// is no error.
func (e *endpoint) call(operation string, input object) (int, object) {
	e.Helper()
	body, err := json.Marshal(input)
	require.NoError(e, err)
	w := e.post(operation, string(body))
	require.Equal(e, "application/x-amz-json-1.0", w.Header().Get("Content-Type"))
	require.Len(e, w.Header().Get("x-amzn-RequestId"), 36)
	var answer object
	require.NoError(e, json.Unmarshal(w.Body.Bytes(), &answer), w.Body)
	if w.Code == http.StatusOK {
		conforms(e, operation, answer)
	} else {
		require.Equal(e, http.StatusBadRequest, w.Code, answer)
	}
	return w.Code, answer
}

// ok calls an operation that succeeds.
func (e *endpoint) ok(operation string, input object) object {
	e.Helper()
	status, answer := e.call(operation, input)
	require.Equal(e, http.StatusOK, status, answer)
	return answer
}

// fails calls an operation that fails, and returns the name of the error and its message.
func (e *endpoint) fails(operation string, input object) (name, message string) {
	e.Helper()
	status, answer := e.call(operation, input)
	require.Equal(e, http.StatusBadRequest, status, answer)
	name, _ = answer["__type"].(string)
	message, _ = answer["message"].(string)
	if !slices.Contains([]string{"ValidationException", "SerializationException", "AccessDeniedException"}, name) { // which any operation may answer with
		require.Contains(e, strings.Fields(failures[operation]), name, "the model has no such error of %s", operation)
	}
	return name, message
}

// pass is a definition.
const pass = `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"x":1},"End":true}}}`

const role = "arn:aws:iam::123456789012:role/r"

// arn returns the ARN of a resource of the endpoint.
func arn(resource string) string { return "arn:aws:states:us-east-1:123456789012:" + resource }

// create registers a machine and returns its ARN.
func (e *endpoint) create(name, definition string, more ...object) string {
	e.Helper()
	input := object{"name": name, "definition": definition, "roleArn": role}
	for _, m := range more {
		for k, v := range m {
			input[k] = v
		}
	}
	return e.ok("CreateStateMachine", input)["stateMachineArn"].(string)
}
