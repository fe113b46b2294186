package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states"
)

func Example() {
	machine, err := asl.Parse(`{
		"StartAt": "Greet",
		"States": {"Greet": {"Type": "Task", "Resource": "greet", "End": true}}
	}`)
	if err != nil {
		log.Fatal(err)
	}
	type guest struct{ Name string }
	tasks := engine.NewMux()
	tasks.Handle("greet", engine.Func(func(_ context.Context, g guest) (string, error) {
		return "Good morning, " + g.Name, nil
	}))
	eng, err := engine.New(engine.Config{Resolver: tasks})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()

	ctx := context.Background()
	run, err := eng.StartExecution(ctx, machine, guest{Name: "Ada"}, engine.Machine("greeter"), engine.Named("first"))
	if err != nil {
		log.Fatal(err)
	}
	result, err := run.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	var greeting string
	if err := result.Decode(&greeting); err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting)
	// Output: Good morning, Ada
}

// A failed execution is an *ExecutionError.
func ExampleExecutionError() {
	machine, _ := asl.Parse(`{"StartAt":"Pay","States":{"Pay":{"Type":"Task","Resource":"pay","End":true}}}`)
	tasks := engine.NewMux()
	tasks.Handle("pay", engine.Func(func(context.Context, any) (any, error) {
		return nil, &engine.TaskError{Name: "CardDeclined", Cause: "limit exceeded"}
	}))
	eng, _ := engine.New(engine.Config{Resolver: tasks})
	defer eng.Close()
	_, err := eng.StartSyncExecution(context.Background(), machine, nil)
	if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
		fmt.Println(failed.Status, failed.Name, failed.Cause)
	}
	// Output: FAILED CardDeclined limit exceeded
}

// A task that waits for somebody's answer: the handler sends the Task Token, and
// whoever gets it calls SendTaskSuccess.
func ExampleEngine_SendTaskSuccess() {
	machine, _ := asl.Parse(`{"StartAt":"Approve","States":{"Approve":{
		"Type":"Task","Resource":"arn:aws:states:::sns:publish.waitForTaskToken",
		"Parameters":{"Message":{"Order.$":"$.id","Token.$":"$$.Task.Token"}},"End":true}}}`)
	links := make(chan string, 1)
	tasks := engine.NewMux()
	tasks.HandleFunc("arn:aws:states:::sns:publish.waitForTaskToken", func(_ context.Context, task engine.Task) (any, error) {
		links <- task.Token
		return nil, nil
	})
	eng, _ := engine.New(engine.Config{Resolver: tasks})
	defer eng.Close()

	ctx := context.Background()
	run, _ := eng.StartExecution(ctx, machine, map[string]string{"id": "order-42"})
	// In the HTTP handler behind the link:
	if err := eng.SendTaskSuccess(ctx, <-links, map[string]string{"by": "dana"}); err != nil {
		log.Fatal(err)
	}
	result, _ := run.Wait(ctx)
	fmt.Println(string(result.Output()))
	// Output: {"by":"dana"}
}

// Somebody is told of every execution that starts and ends. The event is that of AWS.
func ExampleStatusChange() {
	machine, _ := asl.Parse(`{"StartAt":"Refuse","States":{"Refuse":{"Type":"Fail","Error":"CardDeclined","Cause":"no cover"}}}`)
	eng, _ := engine.New(engine.Config{
		Resolver: engine.NewMux(),
		Clock:    enginetest.NewClock(time.Unix(1_800_000_000, 0)),
		Notify: func(_ context.Context, change engine.StatusChange) error {
			fmt.Println(change.Detail.Name, change.Detail.Status)
			if change.Detail.Status == states.StatusRunning {
				return nil
			}
			text, err := json.MarshalIndent(change.Detail, "", " ")
			fmt.Println(string(text))
			return err // if there is one, to be told again
		},
	})
	defer eng.Close() // which waits until all is told
	run, _ := eng.StartExecution(context.Background(), machine, nil, engine.Named("42"), engine.Machine("pay"))
	_, _ = run.Wait(context.Background())
	// Output:
	// 42 RUNNING
	// 42 FAILED
	// {
	//  "executionArn": "arn:aws:states:us-east-1:123456789012:execution:pay:42",
	//  "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:pay",
	//  "name": "42",
	//  "status": "FAILED",
	//  "startDate": 1800000000000,
	//  "stopDate": 1800000000000,
	//  "input": "{}",
	//  "output": null,
	//  "stateMachineVersionArn": null,
	//  "stateMachineAliasArn": null,
	//  "redriveCount": 0,
	//  "redriveDate": null,
	//  "redriveStatus": "REDRIVABLE",
	//  "redriveStatusReason": null,
	//  "inputDetails": {
	//   "included": true
	//  },
	//  "outputDetails": null,
	//  "error": "CardDeclined",
	//  "cause": "no cover"
	// }
}

// With a virtual clock a test sits through no Wait and no retry delay.
func ExampleClock() {
	machine, _ := asl.Parse(`{"StartAt":"Cool","States":{
		"Cool":{"Type":"Wait","Seconds":3600,"Next":"Ship"},
		"Ship":{"Type":"Task","Resource":"ship","Retry":[{"ErrorEquals":["TruckFull"],"IntervalSeconds":600}],"End":true}}}`)
	clock := enginetest.NewClock(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	tasks := engine.NewMux()
	tasks.HandleFunc("ship", func(_ context.Context, task engine.Task) (any, error) {
		fmt.Println(clock.Now().Format(time.TimeOnly), "attempt", task.Attempt)
		if task.Attempt == 0 {
			return nil, &engine.TaskError{Name: "TruckFull"}
		}
		return "shipped", nil
	})
	eng, _ := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	defer eng.Close()
	run, _ := eng.StartExecution(context.Background(), machine, nil)
	result, _ := run.Wait(context.Background())
	fmt.Println(string(result.Output()))
	// Output:
	// 09:00:00 attempt 0
	// 09:10:00 attempt 1
	// "shipped"
}

// A history is written the way AWS writes it.
func ExampleEngine_GetExecutionHistory() {
	machine, _ := asl.Parse(`{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}`)
	eng, _ := engine.New(engine.Config{Resolver: engine.NewMux(), Clock: enginetest.NewClock(time.Unix(1_800_000_000, 0))})
	defer eng.Close()
	run, _ := eng.StartExecution(context.Background(), machine, nil)
	page, _ := eng.GetExecutionHistory(context.Background(), run.ARN(), engine.HistoryOptions{ReverseOrder: true, MaxResults: 2})
	for _, event := range page.Events {
		text, _ := json.Marshal(event)
		fmt.Println(string(text))
	}
	// Output:
	// {"timestamp":1800000000,"type":"ExecutionSucceeded","id":4,"previousEventId":3,"executionSucceededEventDetails":{"output":"{}","outputDetails":{"truncated":false}}}
	// {"timestamp":1800000000,"type":"SucceedStateExited","id":3,"previousEventId":2,"stateExitedEventDetails":{"name":"Done","output":"{}","outputDetails":{"truncated":false}}}
}

// A Mux finds handlers by whole resources, by the names of functions, and by
// patterns.
func ExampleMux() {
	say := func(what string) engine.HandlerFunc {
		return func(context.Context, engine.Task) (any, error) { return what, nil }
	}
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::dynamodb:getItem", say("one integration"))
	tasks.Handle("arn:aws:states:::dynamodb:*", say("all of a service"))
	tasks.Handle("ship", say("a function"))
	for _, resource := range []string{"arn:aws:states:::dynamodb:getItem", "arn:aws:states:::dynamodb:putItem", "ship"} {
		answer, _ := tasks.Resolve(resource).Handle(context.Background(), engine.Task{})
		fmt.Println(answer)
	}
	// Output:
	// one integration
	// all of a service
	// a function
}

// Middleware is around all handlers, and gives their errors the names that the machine retries.
func ExampleMux_Use() {
	errBusy := errors.New("the warehouse is busy")
	tries := 0
	tasks := engine.NewMux()
	tasks.HandleFunc("reserve", func(context.Context, engine.Task) (any, error) {
		if tries++; tries < 3 {
			return nil, fmt.Errorf("shelf 7: %w", errBusy)
		}
		return "reserved", nil
	})
	tasks.Use(func(next engine.Handler) engine.Handler {
		return engine.HandlerFunc(func(ctx context.Context, task engine.Task) (any, error) {
			output, err := next.Handle(ctx, task)
			fmt.Println(task.State, task.Attempt, output, err)
			return output, err
		})
	}, engine.ErrorNames(engine.ErrorIs(errBusy, "Warehouse.Busy")))

	clock := enginetest.NewClock(time.Now())
	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	machine, err := asl.Parse(`{"StartAt": "Reserve", "States": {"Reserve": {"Type": "Task", "Resource": "reserve",
		"Retry": [{"ErrorEquals": ["Warehouse.Busy"], "MaxAttempts": 5}], "End": true}}}`)
	if err != nil {
		log.Fatal(err)
	}
	run, err := eng.StartExecution(context.Background(), machine, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := run.Wait(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// Reserve 0 <nil> shelf 7: the warehouse is busy
	// Reserve 1 <nil> shelf 7: the warehouse is busy
	// Reserve 2 reserved <nil>
}
