package main

import (
	"context"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
)

func main() {
	machine, err := asl.Parse(`{"StartAt": "Greet", "States": {
		"Greet": {"Type": "Task", "Resource": "greet", "ResultPath": "$.greeting", "End": true}}}`)
	if err != nil {
		log.Fatal(err) // what is wrong with the definition, and where
	}
	tasks := engine.NewMux()
	tasks.Handle("greet", engine.Func(func(ctx context.Context, who struct{ Name string }) (string, error) {
		return "Hello, " + who.Name + "!", nil
	}))
	eng, err := engine.New(engine.Config{Resolver: tasks})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	run, err := eng.StartExecution(context.Background(), machine, map[string]any{"name": "Ada"},
		engine.Machine("greeter"), engine.Named("ada-1")) // a second start by these names is no second execution
	if err != nil {
		log.Fatal(err)
	}
	result, err := run.Wait(context.Background())
	if err != nil {
		log.Fatal(err) // an *engine.ExecutionError: its status, error name and cause
	}
	fmt.Println(string(result.Output())) // {"name":"Ada","greeting":"Hello, Ada!"}
}
