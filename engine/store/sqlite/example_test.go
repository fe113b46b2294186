package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/store/sqlite"
)

// An execution waits for an approval, its engine is closed, and another engine on the
// same file takes it up.
func Example() {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	machine, err := asl.Parse([]byte(`{
		"StartAt": "Approve",
		"States": {
			"Approve": {"Type": "Task", "Resource": "arn:aws:states:::approval.waitForTaskToken", "Parameters": {}, "End": true}
		}
	}`))
	if err != nil {
		panic(err)
	}
	tokens := make(chan string, 1)
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::approval.waitForTaskToken", engine.Func(func(ctx context.Context, _ any) (any, error) {
		tokens <- engine.TaskFrom(ctx).Token
		return nil, nil
	}))
	config := func() engine.Config {
		return engine.Config{Resolver: tasks, Store: sqlite.Open(filepath.Join(dir, "orders.db"))}
	}

	first, err := engine.New(config())
	if err != nil {
		panic(err)
	}
	run, err := first.StartExecution(context.Background(), machine, nil, engine.Machine("orders"), engine.Named("order-42"))
	if err != nil {
		panic(err)
	}
	token := <-tokens
	if err := first.Close(); err != nil {
		panic(err)
	}

	second, err := engine.New(config())
	if err != nil {
		panic(err)
	}
	defer second.Close()
	if err := second.SendTaskSuccess(context.Background(), token, "yes"); err != nil {
		panic(err)
	}
	again, err := second.Execution(context.Background(), run.ARN())
	if err != nil {
		panic(err)
	}
	result, err := again.Wait(context.Background())
	if err != nil {
		panic(err)
	}
	var answer string
	if err := result.Decode(&answer); err != nil {
		panic(err)
	}
	fmt.Println(again.Name(), "was answered:", answer)
	// Output: order-42 was answered: yes
}

// A tool looks at the executions of an engine that is at work, in this process or in another,
// and makes a copy of the file.
func ExampleOpenReadOnly() {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "orders.db")
	machine, err := asl.Parse(`{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 86400, "End": true}}}`)
	if err != nil {
		panic(err)
	}
	working, err := engine.New(engine.Config{Resolver: engine.NewMux(), Store: sqlite.Open(path)})
	if err != nil {
		panic(err)
	}
	defer working.Close()
	run, err := working.StartExecution(context.Background(), machine, nil, engine.Machine("orders"), engine.Named("order-42"))
	if err != nil {
		panic(err)
	}

	db := sqlite.OpenReadOnly(path)
	tool, err := engine.New(engine.Config{Store: db, Standby: true})
	if err != nil {
		panic(err)
	}
	defer tool.Close()
	d, err := tool.DescribeExecution(context.Background(), run.ARN())
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Name, d.Status)
	if err := db.Backup(context.Background(), filepath.Join(dir, "copy.db")); err != nil {
		panic(err)
	}
	// Output: order-42 RUNNING
}
