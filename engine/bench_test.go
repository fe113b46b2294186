package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rawOrderTasks are the handlers of the order workflow that take the value as it
// is.
func rawOrderTasks() *engine.Mux {
	mux := engine.NewMux()
	set := func(key string, v any) engine.HandlerFunc {
		return func(_ context.Context, task engine.Task) (any, error) {
			o, _ := task.Input.(*value.Object)
			return o.With(key, v), nil
		}
	}
	mux.Handle("validate-order", engine.HandlerFunc(echo))
	mux.Handle("check-inventory", set("inventoryAvailable", true))
	mux.Handle("process-payment", set("paid", true))
	for _, name := range []string{"update-db", "send-notification", "initiate-shipping"} {
		did := value.NewObject(value.Member{Key: "did", Value: name})
		mux.Handle(name, engine.HandlerFunc(func(context.Context, engine.Task) (any, error) { return did, nil }))
	}
	return mux
}

func BenchmarkOrder(b *testing.B) {
	for _, handlers := range []struct {
		name string
		mux  *engine.Mux
	}{{"typed", orderTasks()}, {"raw", rawOrderTasks()}} {
		b.Run(handlers.name+"/express", func(b *testing.B) {
			e, m := start(b, engine.Config{Resolver: handlers.mux}), orders(b)
			b.ReportAllocs()
			for b.Loop() {
				_, err := e.StartSyncExecution(b.Context(), m, order{ID: "o-1", Quantity: 2})
				require.NoError(b, err)
			}
			perSecond(b)
		})
		b.Run(handlers.name+"/standard", func(b *testing.B) {
			e, m := start(b, engine.Config{Resolver: handlers.mux}), orders(b)
			b.ReportAllocs()
			for b.Loop() {
				x, err := e.StartExecution(b.Context(), m, order{ID: "o-1", Quantity: 2})
				require.NoError(b, err)
				_, err = x.Wait(b.Context())
				require.NoError(b, err)
			}
			perSecond(b)
		})
	}
}

func perSecond(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
}

func BenchmarkExpressStart(b *testing.B) {
	e, m := start(b, engine.Config{}), one(b, `{"Type":"Succeed"}`)
	b.ReportAllocs()
	for b.Loop() {
		_, err := e.StartSyncExecution(b.Context(), m, nil)
		require.NoError(b, err)
	}
	perSecond(b)
}

func BenchmarkChoiceTaskLoop(b *testing.B) {
	mux := tasks(map[string]engine.HandlerFunc{"count": func(_ context.Context, task engine.Task) (any, error) {
		o, _ := task.Input.(*value.Object)
		n, _ := o.Get("n")
		return o.With("n", n.(int64)+1), nil
	}})
	m := machine(b, `{"StartAt":"More","States":{
		"More":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":1000,"Next":"Count"}],"Default":"Done"},
		"Count":{"Type":"Task","Resource":"count","Next":"More"},
		"Done":{"Type":"Succeed"}}}`)
	e := start(b, engine.Config{Resolver: mux})
	b.ReportAllocs()
	for b.Loop() {
		result, err := e.StartSyncExecution(b.Context(), m, map[string]int{"n": 0})
		require.NoError(b, err)
		require.Equal(b, `{"n":1000}`, string(result.Output()))
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "tasks/s")
}

// TestStepsAllocateLittle bounds what a task costs beside its handler: more than a few
// objects each, and something leaves the stack that need not.
func TestStepsAllocateLittle(t *testing.T) { // not parallel: it counts
	const tasksEach = 500
	m := machine(t, `{"StartAt":"More","States":{
		"More":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":500,"Next":"Count"}],"Default":"Done"},
		"Count":{"Type":"Task","Resource":"count","Next":"More"},
		"Done":{"Type":"Succeed"}}}`)
	var inputs []*value.Object // made before, so that the handler makes nothing
	for n := range tasksEach + 1 {
		inputs = append(inputs, value.NewObject().With("n", int64(n)))
	}
	e := start(t, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"count": func(_ context.Context, task engine.Task) (any, error) {
		o, _ := task.Input.(*value.Object)
		n, _ := o.Get("n")
		return inputs[n.(int64)+1], nil
	}})})
	perTask := testing.AllocsPerRun(10, func() {
		_, err := e.StartSyncExecution(t.Context(), m, inputs[0])
		require.NoError(t, err)
	}) / tasksEach
	assert.Less(t, perTask, 6.5, "objects for each task: 5, and one more with the race detector")
}

func BenchmarkMapOfTasks(b *testing.B) {
	m := one(b, `{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"echo","End":true}}}}`)
	e := start(b, engine.Config{Resolver: tasks(map[string]engine.HandlerFunc{"echo": echo})})
	items := make([]int, 1000)
	b.ReportAllocs()
	for b.Loop() {
		result, err := e.StartSyncExecution(b.Context(), m, items)
		require.NoError(b, err)
		require.Equal(b, 999, strings.Count(string(result.Output()), ","))
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "tasks/s")
}
