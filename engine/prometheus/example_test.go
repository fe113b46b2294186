package prometheus_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/prometheus"
	client "github.com/prometheus/client_golang/prometheus"
)

func Example() {
	metrics := prometheus.New(prometheus.Config{})
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux(), Observers: []engine.Observer{metrics}})
	if err != nil {
		log.Fatal(err)
	}
	metrics.Watch(eng)
	registry := client.NewRegistry() // or the default one
	registry.MustRegister(metrics)

	machine, err := asl.Parse(`{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}`)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if _, err := eng.StartSyncExecution(context.Background(), machine, nil, engine.Machine("orders")); err != nil {
			log.Fatal(err)
		}
	}
	if err := eng.Close(); err != nil { // what has happened is told by then
		log.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "gostates_executions_succeeded_total" {
			fmt.Println(f.GetName(), f.Metric[0].Counter.GetValue())
		}
	}
	// Output: gostates_executions_succeeded_total 3
}
