package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/gostates/gostates/engine/registry"
	"github.com/stretchr/testify/require"
)

// orders is a machine with something of everything.
const orders = `{
  "Comment": "Takes an order from the shop to the customer",
  "QueryLanguage": "JSONata",
  "StartAt": "Check",
  "States": {
    "Check": {
      "Type": "Task", "Comment": "Looks the order up",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Arguments": {"FunctionName": "check", "Payload": "{% $states.input %}"},
      "Output": "{% $states.result.Payload %}",
      "Assign": {"order": "{% $states.input.id %}", "tries": 0},
      "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}],
      "Next": "In stock?"
    },
    "In stock?": {
      "Type": "Choice",
      "Choices": [{"Condition": "{% $states.input.stock >= $states.input.quantity %}", "Next": "Prepare"}],
      "Default": "Sold out"
    },
    "Prepare": {
      "Type": "Parallel",
      "Branches": [
        {"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge", "End": true}}},
        {"StartAt": "Items", "States": {"Items": {
          "Type": "Map", "Items": "{% $states.input.items %}", "MaxConcurrency": 2,
          "ItemProcessor": {"StartAt": "Pack", "States": {"Pack": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:pack", "End": true}}},
          "Assign": {"packed": "{% $count($states.result) %}"},
          "End": true}}}
      ],
      "Output": {"id": "{% $order %}", "prepared": "{% $states.result %}"},
      "Catch": [{"ErrorEquals": ["Card.Declined"], "Next": "Tell", "Assign": {"declined": true}}],
      "Next": "Approve"
    },
    "Approve": {
      "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 3600,
      "Arguments": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/approvals", "MessageBody": {"order": "{% $order %}", "token": "{% $states.context.Task.Token %}"}},
      "Next": "Ship"
    },
    "Ship": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ship", "Next": "Done"},
    "Done": {"Type": "Succeed"},
    "Tell": {"Type": "Pass", "Next": "Failed"},
    "Failed": {"Type": "Fail", "Error": "Order.Declined", "Cause": "The card was declined."},
    "Sold out": {"Type": "Fail", "Error": "Order.SoldOut", "Cause": "There is not enough in stock."}
  }
}`

// A world is an engine with executions of all kinds, and an inspector of it.
type world struct {
	t        testing.TB
	engine   *engine.Engine
	machines *registry.Registry
	server   *httptest.Server

	gates map[string]chan struct{} // by order: what its packing waits for; nobody changes the map

	mu    sync.Mutex
	tries map[string]int
}

// open makes a world without executions.
func open(t testing.TB, change func(*inspector.Config)) *world {
	w := &world{t: t, gates: map[string]chan struct{}{"1003": make(chan struct{})}, tries: make(map[string]int)}
	tasks := engine.NewMux()
	type order struct {
		ID       string `json:"id"`
		Quantity int    `json:"quantity"`
		Stock    int    `json:"stock"`
		Busy     int    `json:"busy"`
		Card     string `json:"card"`
		Items    []item `json:"items"`
	}
	tasks.Handle("check", engine.Func(func(ctx context.Context, o order) (order, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.tries[o.ID]++; w.tries[o.ID] <= o.Busy {
			return o, &engine.TaskError{Name: "Busy", Cause: "the warehouse is counting"}
		}
		return o, nil
	}))
	tasks.Handle("charge", engine.Func(func(ctx context.Context, o order) (map[string]any, error) {
		if o.Card == "declined" {
			return nil, &engine.TaskError{Name: "Card.Declined", Cause: `{"errorMessage":"insufficient funds","errorType":"Card.Declined"}`}
		}
		return map[string]any{"charged": o.ID, "amount": 42.5}, nil
	}))
	tasks.Handle("pack", engine.Func(func(ctx context.Context, it item) (map[string]any, error) {
		if gate := w.gates[it.Gate]; gate != nil {
			select {
			case <-gate:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return map[string]any{"packed": it.SKU}, nil
	}))
	tasks.Handle("arn:aws:states:::sqs:sendMessage.waitForTaskToken", engine.Func(func(ctx context.Context, in any) (any, error) { return map[string]string{"MessageId": "m-1"}, nil }))
	tasks.Handle("ship", engine.Func(func(ctx context.Context, in any) (any, error) { return map[string]string{"parcel": "p-77"}, nil }))
	tasks.Handle("ok", engine.Func(func(ctx context.Context, in any) (any, error) { return in, nil }))
	tasks.Handle("no", engine.Func(func(ctx context.Context, in struct {
		Error, Cause string
	}) (any, error) {
		return nil, &engine.TaskError{Name: in.Error, Cause: in.Cause}
	}))
	eng, err := engine.New(engine.Config{Resolver: tasks, Limits: engine.Limits{Retained: -1}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = eng.Close() })
	w.engine, w.machines = eng, registry.New(eng)
	config := inspector.Config{Engine: eng, Machines: w.machines}
	if change != nil {
		change(&config)
	}
	handler, err := inspector.New(config)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/inspector/", http.StripPrefix("/inspector", handler))
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	return w
}

type item struct {
	SKU  string `json:"sku"`
	Gate string `json:"gate,omitempty"`
}

// url returns the address of a page.
func (w *world) url(path string) string { return w.server.URL + "/inspector/" + path }

// register registers a machine.
func (w *world) register(name, definition string, options ...registry.Option) {
	w.t.Helper()
	m, err := asl.Parser{Extensions: true}.Parse([]byte(definition)) // with Compensate
	require.NoError(w.t, err)
	_, err = w.machines.Create(w.t.Context(), name, m, options...)
	require.NoError(w.t, err)
}

// start starts an execution.
func (w *world) start(machine, name string, input any) *engine.Execution {
	w.t.Helper()
	text, err := json.Marshal(input)
	require.NoError(w.t, err)
	x, err := w.machines.StartExecution(w.t.Context(), machine, json.RawMessage(text), engine.Named(name))
	require.NoError(w.t, err)
	return x
}

// wait waits for the end of an execution.
func (w *world) wait(x *engine.Execution) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	_, err := x.Wait(ctx)
	if _, failed := errors.AsType[*engine.ExecutionError](err); err != nil && !failed {
		require.NoError(w.t, err)
	}
}

// order is the input of an order.
func order(id string, more map[string]any) map[string]any {
	input := map[string]any{"id": id, "quantity": 2, "stock": 10, "busy": 0, "card": "valid", "items": []item{{SKU: "mug-blue"}, {SKU: "mug-red"}, {SKU: "tea-green"}}}
	for k, v := range more {
		input[k] = v
	}
	return input
}

// fill starts executions of all kinds.
func (w *world) fill() (waiting, failed, packing *engine.Execution) {
	w.register("orders", orders, registry.Type(engine.TypeStandard), registry.Published("first"))
	w.register("nightly-report", `{"Comment": "Every night", "StartAt": "Report", "States": {"Report": {"Type": "Task", "Resource": "ok", "End": true}}}`)
	_, err := w.machines.CreateAlias(w.t.Context(), "orders:PROD", "what customers use", registry.Route{Version: 1, Weight: 100})
	require.NoError(w.t, err)
	for n := range 14 {
		w.wait(w.start("nightly-report", fmt.Sprintf("report-2026-11-%02d", n+1), map[string]any{"day": n + 1}))
	}
	waiting = w.start("orders:PROD", "order-1001", order("1001", map[string]any{"busy": 1}))
	failed = w.start("orders", "order-1002", order("1002", map[string]any{"card": "declined"}))
	packing = w.start("orders", "order-1003", order("1003", map[string]any{"items": []item{{SKU: "mug-blue"}, {SKU: "mug-red", Gate: "1003"}, {SKU: "tea-green"}}}))
	w.wait(w.start("orders", "order-1004", order("1004", map[string]any{"stock": 1})))
	w.wait(failed)
	require.NoError(w.t, w.engine.StopExecution(w.t.Context(), w.start("orders", "order-1005", order("1005", nil)).ARN(), "Operator", "not wanted any more"))
	return waiting, failed, packing
}

// A run is a Map Run.
type run struct{ execution, arn string }

// mapRun starts an execution with a Map Run, of whose children some fail.
func (w *world) mapRun() run {
	w.register("imports", `{"StartAt": "Rows", "States": {"Rows": {"Type": "Map", "Label": "Rows", "ToleratedFailurePercentage": 50, "MaxConcurrency": 10,
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Kind", "States": {
			"Kind": {"Type": "Choice", "Choices": [{"Variable": "$.Error", "IsPresent": true, "Next": "Bad"}], "Default": "Good"},
			"Good": {"Type": "Task", "Resource": "ok", "End": true}, "Bad": {"Type": "Task", "Resource": "no", "End": true}}}, "End": true}}}`)
	var items []map[string]any
	for n := range 80 {
		item := map[string]any{"row": n}
		if n%9 == 4 {
			item["Error"], item["Cause"] = "Row.Invalid", "no price"
		}
		items = append(items, item)
	}
	x := w.start("imports", "import-7", items)
	w.wait(x)
	runs, err := w.engine.ListMapRuns(w.t.Context(), x.ARN(), 0, "")
	require.NoError(w.t, err)
	require.Len(w.t, runs.MapRuns, 1)
	return run{x.ARN(), runs.MapRuns[0].ARN}
}

// undone runs an execution that fails and undoes what it has done.
func (w *world) undone() string {
	w.register("trips", `{"StartAt": "Flight", "States": {
		"Flight": {"Type": "Task", "Resource": "ok", "Compensate": "Cancel flight", "Next": "Hotel"}, "Cancel flight": {"Type": "Task", "Resource": "ok"},
		"Hotel": {"Type": "Task", "Resource": "ok", "Compensate": "Cancel hotel", "Next": "Car"}, "Cancel hotel": {"Type": "Task", "Resource": "ok"},
		"Car": {"Type": "Task", "Resource": "no", "End": true}}}`)
	x := w.start("trips", "trip-9", map[string]any{"Error": "Car.None", "Cause": "none left in Lisbon"})
	w.wait(x)
	return x.ARN()
}

// hostile runs an execution whose names and payloads want to do harm.
func (w *world) hostile() string {
	name := "</title><script>window.harmed=1</script><img onerror=x> \u202egnp.exe"
	text, err := json.Marshal(name)
	require.NoError(w.t, err)
	w.register("hostile", fmt.Sprintf(`{"Comment": %s, "StartAt": %s, "States": {%s: {"Type": "Task", "Comment": %s, "Resource": "no", "End": true}}}`, text, text, text, text))
	x := w.start("hostile", "مرحبا-שלום-x", map[string]any{
		name: name, "Error": name, "Cause": name, "binary": string([]byte{0, 1, 2, 27, 127}), "rtl": "שלום עולם مرحبا", "huge": strings.Repeat("W", 200_000), "link": "javascript:window.harmed=3",
	})
	w.wait(x)
	return x.ARN()
}
