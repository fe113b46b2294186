package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
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

// plainOrderTasks are typed handlers of the order workflow whose type is map[string]any.
func plainOrderTasks() *engine.Mux {
	mux := engine.NewMux()
	set := func(key string, v any) engine.Handler {
		return engine.Func(func(_ context.Context, o map[string]any) (map[string]any, error) {
			if key != "" {
				o[key] = v
			}
			return o, nil
		})
	}
	mux.Handle("validate-order", set("", nil))
	mux.Handle("check-inventory", set("inventoryAvailable", true))
	mux.Handle("process-payment", set("paid", true))
	for _, name := range []string{"update-db", "send-notification", "initiate-shipping"} {
		mux.Handle(name, engine.Func(func(_ context.Context, o map[string]any) (map[string]any, error) {
			return map[string]any{"order": o["id"], "did": name}, nil
		}))
	}
	return mux
}

// BenchmarkOrder runs the order workflow for one caller, and for as many as there are
// processors.
func BenchmarkOrder(b *testing.B) {
	in := order{ID: "o-1", Quantity: 2}
	for _, handlers := range []struct {
		name string
		mux  *engine.Mux
	}{{"typed", orderTasks()}, {"raw", rawOrderTasks()}, {"plain", plainOrderTasks()}} {
		m := orders(b)
		callers(b, handlers.name+"/express", engine.Config{Resolver: handlers.mux}, func(e *engine.Engine) error {
			_, err := e.StartSyncExecution(context.Background(), m, in)
			return err
		})
		callers(b, handlers.name+"/standard", engine.Config{Resolver: handlers.mux}, func(e *engine.Engine) error {
			return startAndWait(e, m, in)
		})
	}
}

// BenchmarkTenPasses runs a chain of Pass states, which waits for nobody.
func BenchmarkTenPasses(b *testing.B) {
	var chain strings.Builder
	for i := range 9 {
		fmt.Fprintf(&chain, `"P%d":{"Type":"Pass","Next":"P%d"},`, i, i+1)
	}
	m := machine(b, `{"StartAt":"P0","States":{`+chain.String()+`"P9":{"Type":"Pass","End":true}}}`)
	callers(b, "express", engine.Config{}, func(e *engine.Engine) error {
		_, err := e.StartSyncExecution(context.Background(), m, nil)
		return err
	})
	callers(b, "standard", engine.Config{}, func(e *engine.Engine) error { return startAndWait(e, m, nil) })
}

func startAndWait(e *engine.Engine, m *asl.StateMachine, in any) error {
	x, err := e.StartExecution(context.Background(), m, in)
	if err == nil {
		_, err = x.Wait(context.Background())
	}
	return err
}

// callers measures a function that one goroutine calls, and one that many do.
func callers(b *testing.B, name string, config engine.Config, execute func(*engine.Engine) error) {
	b.Run(name+"/one", func(b *testing.B) {
		e := start(b, config)
		b.ReportAllocs()
		for b.Loop() {
			require.NoError(b, execute(e))
		}
		perSecond(b)
	})
	b.Run(name+"/many", func(b *testing.B) {
		e := start(b, config)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := execute(e); err != nil {
					b.Error(err)
				}
			}
		})
		perSecond(b)
	})
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
	assert.Less(t, perTask, 5.5, "objects for each task: 3, and two more with the race detector")
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
