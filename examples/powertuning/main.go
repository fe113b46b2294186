// Command powertuning finds how much memory serves a function best, as the Lambda Power Tuning
// that people publish for AWS does: it publishes a version of the function for every amount,
// runs them side by side by a Map, analyses what they took and cost, sets the best, and cleans
// up, also when something fails on the way.
//
// TestPublished runs the published machine itself, where its file is at hand.
//
// The functions are Go functions of different speed: one that computes, one that waits for
// others, one that needs much memory, and one that is broken. They take their time on a virtual
// clock, so minutes of measurements are over at once and are exact.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
)

//go:embed power-tuning.asl.json
var definition string

// An Order says what is to be tuned.
type Order struct {
	Function string `json:"function"`
	Powers   []int  `json:"powers"` // in MB
	Runs     int    `json:"runs"`
	Strategy string `json:"strategy"` // cost, speed or balanced
}

// An Outcome is the part of the execution's output that is shown.
type Outcome struct {
	Measurements []Measurement `json:"measurements"`
	Best         Measurement   `json:"best"`
}

func main() {
	machine, err := asl.Parse(definition)
	if err != nil {
		log.Fatal(err)
	}
	clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	cloud := newCloud(clock)

	tasks := engine.NewMux()
	tasks.Handle("initialise", engine.Func(initialise))
	tasks.Handle("publish", engine.Func(cloud.publish))
	tasks.Handle("run", engine.Func(cloud.run))
	tasks.Handle("analyse", engine.Func(analyse))
	tasks.Handle("optimise", engine.Func(cloud.optimise))
	tasks.Handle("clean-up", engine.Func(cloud.cleanUp))
	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()

	for _, order := range []Order{
		{Function: "resize-image", Powers: []int{128, 512, 1024, 1792, 3008}, Runs: 10, Strategy: "speed"},
		{Function: "resize-image", Powers: []int{128, 512, 1024, 1792, 3008}, Runs: 10, Strategy: "balanced"},
		{Function: "fetch-prices", Powers: []int{1024, 128, 512}, Runs: 10, Strategy: "cost"},
		{Function: "load-model", Powers: []int{256, 1024, 2048}, Runs: 3, Strategy: "cost"},
		{Function: "broken", Powers: []int{128, 256}, Runs: 1, Strategy: "cost"},
		{Function: "resize-image", Strategy: "cost"},
	} {
		began := clock.Now()
		run, err := eng.StartExecution(context.Background(), machine, order, engine.Machine("power-tuning"))
		if err != nil {
			log.Fatal(err)
		}
		result, err := run.Wait(context.Background())
		fmt.Printf("%s, by %s\n", order.Function, order.Strategy)
		if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
			fmt.Printf("  %s: %s: %s\n", failed.Status, failed.Name, failed.Cause)
		} else if err != nil {
			log.Fatal(err)
		} else {
			var o Outcome
			if err := result.Decode(&o); err != nil {
				log.Fatal(err)
			}
			for _, m := range o.Measurements {
				fmt.Println(" ", m)
			}
			fmt.Printf("  best: %d MB, and %s has %d MB now\n", o.Best.Power, order.Function, cloud.powerOf(order.Function))
		}
		fmt.Printf("  took %v, and left %d versions behind\n\n", clock.Now().Sub(began), cloud.versionsLeft())
	}
}
