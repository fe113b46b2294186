package engine_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A way gives a payload to an engine, and returns as what it arrived, or why it was refused.
type way struct {
	name string
	give func(t *testing.T, payload any) (string, error)
}

// echoes is a machine whose output is its input.
const echoes = `{"Type":"Pass","End":true}`

// result waits for an execution.
func result(t *testing.T, x *engine.Execution, err error) (string, error) {
	t.Helper()
	if err != nil {
		return "", err
	}
	r, err := x.Wait(t.Context())
	if err != nil {
		return "", err
	}
	return string(r.Output()), nil
}

// answered runs a task whose handler answers with a payload.
func answered(h func(payload any) engine.Handler) func(t *testing.T, payload any) (string, error) {
	return func(t *testing.T, payload any) (string, error) {
		mux := engine.NewMux()
		mux.Handle("f", h(payload))
		e := start(t, engine.Config{Resolver: mux})
		x, err := e.StartExecution(t.Context(), one(t, `{"Type":"Task","Resource":"f","End":true}`), nil)
		return result(t, x, err)
	}
}

// ways are all by which payloads come into an engine.
var ways = []way{
	{"StartExecution", func(t *testing.T, payload any) (string, error) {
		x, err := start(t, engine.Config{}).StartExecution(t.Context(), one(t, echoes), payload)
		return result(t, x, err)
	}},
	{"StartSyncExecution", func(t *testing.T, payload any) (string, error) {
		r, err := start(t, engine.Config{}).StartSyncExecution(t.Context(), one(t, echoes), payload)
		if err != nil {
			return "", err
		}
		return string(r.Output()), nil
	}},
	{"ForkExecution", func(t *testing.T, payload any) (string, error) {
		e := start(t, engine.Config{})
		x := run(t, e, one(t, echoes), nil)
		output(t, x)
		y, err := e.ForkExecution(t.Context(), x.ARN(), 2, engine.Fork{Payload: payload})
		return result(t, y, err)
	}},
	{"SendTaskSuccess", func(t *testing.T, payload any) (string, error) {
		token := make(chan string, 1)
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
			token <- task.Token
			return nil, nil
		}})})
		x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody.$":"$$.Task.Token"},"End":true}`), nil)
		if err := e.SendTaskSuccess(t.Context(), <-token, payload); err != nil {
			return "", err
		}
		return result(t, x, nil)
	}},
	{"Acknowledge", func(t *testing.T, payload any) (string, error) {
		refused := make(chan error, 1)
		e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"*": func(_ context.Context, task engine.Task) (any, error) {
			refused <- task.Acknowledge(payload)
			return nil, nil
		}})})
		x := run(t, e, one(t, `{"Type":"Task","Resource":"arn:aws:states:::batch:submitJob.sync","Parameters":{},"End":true}`), nil)
		output(t, x)
		if err := <-refused; err != nil {
			return "", err
		}
		for _, event := range events(t, e, x) {
			if text, err := json.Marshal(event); event.Type == "TaskSubmitted" {
				var submitted struct {
					Details struct{ Output string } `json:"taskSubmittedEventDetails"`
				}
				require.NoError(t, err)
				require.NoError(t, json.Unmarshal(text, &submitted))
				return submitted.Details.Output, nil
			}
		}
		return "", assert.AnError
	}},
	{"a handler", answered(func(payload any) engine.Handler {
		return engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return payload, nil })
	})},
	{"Func", answered(func(payload any) engine.Handler {
		return engine.Func(func(context.Context, any) (any, error) { return payload, nil })
	})},
	{"LambdaFunc", answered(func(payload any) engine.Handler {
		return engine.LambdaFunc(func() (any, error) { return payload, nil })
	})},
}

// TestPayloadsByEveryWay: what is refused by one way in is refused by all, and what is taken
// arrives alike.
func TestPayloadsByEveryWay(t *testing.T) {
	t.Parallel()
	bytes := []byte(`{"a":1}`)
	member := func(v any) *value.Object { return value.NewObject(value.Member{Key: "k", Value: v}) }
	for _, c := range []struct {
		name    string
		payload any
		want    string // or
		err     string
	}{
		{"JSON text", json.RawMessage(bytes), `{"a":1}`, ""},
		{"a string", `{"a":1}`, `"{\"a\":1}"`, ""},
		{"a string that is no UTF-8", "a\xff", `"a\ufffd"`, ""},
		{"a key that is no UTF-8", map[string]any{"\xff": "\xfe"}, `{"\ufffd":"\ufffd"}`, ""},
		{"a member that is no UTF-8", member("\xff"), `{"k":"\ufffd"}`, ""},
		{"JSON text that is no UTF-8", json.RawMessage("[\"\xff\"]"), "", "UTF-8"},
		{"bytes within", []any{bytes}, `["eyJhIjoxfQ=="]`, ""},
		{"bytes", bytes, "", "json.RawMessage"},
		{"bytes by a pointer", &bytes, "", "json.RawMessage"},
		{"no JSON text", json.RawMessage(`{`), "", "line"},
		{"JSON text with a key twice", json.RawMessage(`{"a":1,"a":2}`), "", "a"},
		{"a func", func() {}, "", "func()"},
		{"a func in a map", map[string]any{"k": func() {}}, "", "func()"},
		{"a func in an object", member(func() {}), "", "/k"},
		{"a struct in an object", member(struct{}{}), "", "/k"},
		{"a func in an object in a slice", []any{member([]any{func() {}})}, "", "/0/k/0"},
		{"an object that is none in a struct", struct{ A any }{member(1)}, "", "/k"},
		{"NaN", math.NaN(), "", "NaN"},
		{"NaN in an object", member(math.NaN()), "", "NaN"},
		{"too long", strings.Repeat("x", 300_000), "", ""},
	} {
		for _, w := range ways {
			t.Run(c.name+"/"+w.name, func(t *testing.T) {
				t.Parallel()
				got, err := w.give(t, c.payload)
				if c.want == "" {
					require.Error(t, err, "it arrived as %.100s", got)
					require.ErrorContains(t, err, c.err)
					return
				}
				require.NoError(t, err)
				assert.JSONEq(t, c.want, got)
			})
		}
	}
}
