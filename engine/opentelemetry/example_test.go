package opentelemetry_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/opentelemetry"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

func Example() {
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSyncer(exporter), // WithBatcher, and an exporter of OTLP, in a service
		sdktrace.WithIDGenerator(opentelemetry.IDs{}),
	)
	traces, err := opentelemetry.New(opentelemetry.Config{TracerProvider: provider})
	if err != nil {
		log.Fatal(err)
	}
	tasks := engine.NewMux()
	tasks.Handle("greet", engine.Func(func(ctx context.Context, who struct{ Name string }) (string, error) {
		trace.SpanFromContext(ctx).AddEvent("greeting") // the span of the task
		return "Hello, " + who.Name + "!", nil
	}))
	eng, err := engine.New(engine.Config{Resolver: tasks, Observers: []engine.Observer{traces}})
	if err != nil {
		log.Fatal(err)
	}
	machine, err := asl.Parse(`{"StartAt": "Greet", "States": {"Greet": {"Type": "Task", "Resource": "greet", "End": true}}}`)
	if err != nil {
		log.Fatal(err)
	}
	ctx, request := provider.Tracer("service").Start(context.Background(), "GET /greet")
	_, err = eng.StartSyncExecution(ctx, machine, map[string]string{"name": "Ada"}, engine.Machine("greeter"))
	if err != nil {
		log.Fatal(err)
	}
	request.End()
	if err := eng.Close(); err != nil { // what has happened is told by then
		log.Fatal(err)
	}
	names := map[trace.SpanID]string{}
	for _, s := range exporter.GetSpans() {
		names[s.SpanContext.SpanID()] = s.Name
	}
	for _, s := range exporter.GetSpans() {
		if above, ok := names[s.Parent.SpanID()]; ok {
			fmt.Printf("%s < %s\n", s.Name, above)
		}
	}
	// Unordered output:
	// call Greet < state Greet
	// state Greet < execute greeter
	// execute greeter < GET /greet
}
