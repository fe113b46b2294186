package registry_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/registry"
	"github.com/gostates/gostates/states"
)

// Machines under names: a version that customers use, and a newer one that a tenth of
// them try.
func ExampleRegistry() {
	greet := func(greeting string) *asl.StateMachine {
		machine, err := asl.Parse(`{"StartAt":"Greet","States":{"Greet":{"Type":"Pass","Result":"` + greeting + `","End":true}}}`)
		if err != nil {
			log.Fatal(err)
		}
		return machine
	}
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux()})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()

	ctx, machines := context.Background(), registry.New(eng)
	if _, err := machines.Create(ctx, "greeter", greet("Good morning")); err != nil {
		log.Fatal(err)
	}
	v1, err := machines.Publish(ctx, "greeter", registry.PublishOptions{Description: "polite"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := machines.Update(ctx, "greeter", greet("Hi")); err != nil {
		log.Fatal(err)
	}
	v2, err := machines.Publish(ctx, "greeter", registry.PublishOptions{Description: "short"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = machines.CreateAlias(ctx, "greeter:PROD", "what customers get",
		registry.Route{Version: v1.Number, Weight: 90}, registry.Route{Version: v2.Number, Weight: 10})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"greeter", "greeter:1", "greeter:PROD"} {
		run, err := machines.StartExecution(ctx, name, nil, engine.Seeded(states.Seed{2}))
		if err != nil {
			log.Fatal(err)
		}
		result, err := run.Wait(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %s, by %q\n", name, result.Output(), run.Identity().VersionARN)
	}
	// Output:
	// greeter: "Hi", by ""
	// greeter:1: "Good morning", by "arn:aws:states:us-east-1:123456789012:stateMachine:greeter:1"
	// greeter:PROD: "Good morning", by "arn:aws:states:us-east-1:123456789012:stateMachine:greeter:1"
}
