package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/inspector"
	"github.com/gostates/gostates/engine/opentelemetry"
	"github.com/gostates/gostates/engine/prometheus"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/engine/store/sqlite"
	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

//go:embed prints.asl.json
var definition string

// A service is an engine with all that is around it.
type service struct {
	engine   *engine.Engine
	machines *registry.Registry
	handler  http.Handler
	traces   *sdktrace.TracerProvider

	stop     context.CancelFunc // of approvals
	approves sync.WaitGroup
}

// newService opens the file, which another process may still have: then it waits for that
// process to end, as long as ctx allows.
func newService(ctx context.Context, path string) (*service, error) {
	// Traces: one execution in ten, as JSON lines on the standard output.
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(os.Stdout))
	if err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithIDGenerator(opentelemetry.IDs{}),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.1))),
	)
	traces, err := opentelemetry.New(opentelemetry.Config{TracerProvider: provider})
	if err != nil {
		return nil, err
	}
	db := sqlite.Open(path, sqlite.WaitForOwner(ctx))
	metrics := prometheus.New(prometheus.Config{Store: db})

	h := &handlers{approvals: make(chan string, 1000)}
	tasks := engine.NewMux()
	tasks.Use(slow)
	tasks.Use(engine.ErrorNames(
		engine.ErrorIs(errCardRefused, "CardRefused"),
		engine.ErrorIs(errCardServiceDown, "CardServiceDown"),
	))
	tasks.Handle("charge", engine.Func(h.charge))
	tasks.Handle("render", engine.Func(h.render))
	tasks.HandleFunc("arn:aws:states:::sqs:sendMessage.waitForTaskToken", h.ask)
	tasks.Handle("send", engine.Func(h.send))

	eng, err := engine.New(engine.Config{
		Resolver:  tasks,
		Store:     db,
		Slog:      slog.Default(),
		Observers: []engine.Observer{traces, metrics},
		Throttles: []engine.Throttle{
			{Concurrency: 50},                                       // of this machine
			{Resource: "charge", Rate: 100, Burst: 20},              // what the card service allows
			{Resource: "render", Key: "$.customer", Concurrency: 4}, // so that one customer leaves room for others
		},
	})
	if err != nil {
		return nil, err
	}
	metrics.Watch(eng)
	s := &service{engine: eng, machines: registry.New(eng), traces: provider}
	machine, err := asl.Parse(definition)
	if err == nil {
		err = s.register(ctx, machine)
	}
	if err == nil {
		s.handler, err = s.routes(metrics)
	}
	if err != nil {
		return nil, errors.Join(err, eng.Close())
	}
	ctx, s.stop = context.WithCancel(context.Background())
	s.approves.Go(func() { approve(ctx, eng, h.approvals) })
	return s, nil
}

// register creates the machine, or brings the one of an earlier release up to date.
func (s *service) register(ctx context.Context, machine *asl.StateMachine) error {
	_, err := s.machines.Create(ctx, "prints", machine)
	if errors.Is(err, registry.ErrStateMachineAlreadyExists) {
		_, err = s.machines.Update(ctx, "prints", machine)
	}
	return err
}

// routes are what can be asked of the service. What its users ask for, which starts executions,
// would stand here, too.
func (s *service) routes(metrics client.Collector) (http.Handler, error) {
	pages, err := inspector.New(inspector.Config{Engine: s.engine, Machines: s.machines})
	if err != nil {
		return nil, err
	}
	all := client.NewRegistry()
	if err := all.Register(metrics); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/inspector/", http.StripPrefix("/inspector", pages))
	mux.Handle("/metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{}))
	mux.HandleFunc("/health", s.health)
	return mux, nil
}

// health answers 503 while the engine makes no progress, because its store fails, and tells who
// waits in which queue.
func (s *service) health(w http.ResponseWriter, _ *http.Request) {
	h := s.engine.Health()
	w.Header().Set("Content-Type", "application/json")
	if h.Err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	answer := map[string]any{"healthy": h.Err == nil, "stranded": len(h.Stranded)}
	if h.Err != nil {
		answer["error"] = h.Err.Error()
	}
	for _, q := range s.engine.Queues() {
		name := q.Throttle.Resource + q.Key
		if name == "" {
			name = "all"
		}
		answer["queue "+name] = fmt.Sprintf("%d at work, %d wait", q.Running, q.Waiting)
	}
	_ = json.NewEncoder(w).Encode(answer) // a client that is gone needs no answer
}

// close lets handlers end, hands the file over, and sends the traces that are left.
func (s *service) close(ctx context.Context) error {
	err := s.engine.Shutdown(ctx)
	s.stop()
	s.approves.Wait()
	return errors.Join(err, s.traces.Shutdown(ctx))
}
