package inspector_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/gostates/gostates/engine/registry"
	"github.com/stretchr/testify/require"
)

// A failure is an error with a name.
type failure struct{ name, cause string }

func (f failure) Error() string     { return f.cause }
func (f failure) ErrorName() string { return f.name }

// A world is an engine on a virtual clock with a registry, and an inspector of it.
type world struct {
	t        testing.TB
	engine   *engine.Engine
	machines *registry.Registry
	clock    *enginetest.Clock
	handler  http.Handler
}

// open makes a world. The resource "ok" returns its input, "no" fails with the Error and the
// Cause of its input, "busy" fails twice, and "ask.waitForTaskToken" waits for its Task Token.
func open(t testing.TB, change func(*inspector.Config)) *world {
	tasks := engine.NewMux()
	tasks.Handle("ok", engine.Func(func(_ context.Context, in any) (any, error) { return in, nil }))
	tasks.Handle("ask.waitForTaskToken", engine.Func(func(_ context.Context, in any) (any, error) { return nil, nil }))
	tasks.Handle("no", engine.Func(func(_ context.Context, in struct{ Error, Cause string }) (any, error) {
		return nil, failure{in.Error, in.Cause}
	}))
	tasks.Handle("busy", engine.Func(func(ctx context.Context, in any) (any, error) {
		if engine.TaskFrom(ctx).Attempt < 2 {
			return nil, failure{"Busy", "not now"}
		}
		return in, nil
	}))
	clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = eng.Close() })
	w := &world{t: t, engine: eng, machines: registry.New(eng), clock: clock}
	config := inspector.Config{Engine: eng, Machines: w.machines}
	if change != nil {
		change(&config)
	}
	w.handler, err = inspector.New(config)
	require.NoError(t, err)
	return w
}

// run starts an execution of a machine that is registered under its name, and waits until it has
// nothing to do.
func (w *world) run(machine, name, definition, input string) string {
	w.t.Helper()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	require.NoError(w.t, err)
	_, err = w.machines.Create(w.t.Context(), machine, m)
	require.NoError(w.t, err)
	x, err := w.machines.StartExecution(w.t.Context(), machine, json.RawMessage(input), engine.Named(name))
	require.NoError(w.t, err)
	return x.ARN()
}

// end waits for the end of an execution.
func (w *world) end(arn string) {
	w.t.Helper()
	x, err := w.engine.Execution(w.t.Context(), arn)
	require.NoError(w.t, err)
	_, err = x.Wait(w.t.Context())
	if failed := (*engine.ExecutionError)(nil); err != nil {
		require.True(w.t, errors.As(err, &failed), "%v", err)
	}
}

// request makes a request of this machine.
func request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:50123"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://127.0.0.1:8080")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

// ask returns the answer to a request.
func (w *world) ask(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer
}

// get returns a page, which there must be.
func (w *world) get(target string) string {
	w.t.Helper()
	answer := w.ask(request(http.MethodGet, target, ""))
	require.Equal(w.t, http.StatusOK, answer.Code, target)
	return answer.Body.String()
}
