//go:build unix

package exectask_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/exectask"
)

func Example() {
	tasks := engine.NewMux()
	tasks.Handle("greet", exectask.Command{Line: `read name; echo "Hello, $name"`})
	eng, err := engine.New(engine.Config{Resolver: tasks})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	machine, err := asl.Parse(`{"StartAt": "Greet", "States": {"Greet": {"Type": "Task", "Resource": "greet", "End": true}}}`)
	if err != nil {
		log.Fatal(err)
	}
	x, err := eng.StartExecution(context.Background(), machine, 7)
	if err != nil {
		log.Fatal(err)
	}
	result, err := x.Wait(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(result.Output()))
	// Output: "Hello, 7"
}
