package transcript_test

import (
	"log"
	"os"
	"time"

	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/transcript"
)

// The history of an execution, such as one that Engine.GetExecutionHistory returns.
func ExampleWrite() {
	start := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	history := []states.Event{
		{ID: 1, At: start, Type: states.ExecutionStarted, Details: &states.StartedDetails{Input: "order-7"}},
		{ID: 2, At: start, Type: states.TaskStateEntered, Details: &states.EnteredDetails{Name: "Charge", Input: "order-7"}},
		{ID: 3, PreviousID: 2, At: start, Type: states.TaskScheduled, Details: &states.ScheduledDetails{ResourceType: "sqs", Resource: "sendMessage", Parameters: "order-7"}},
		{ID: 4, PreviousID: 3, At: start.Add(90 * time.Second), Type: states.TaskFailed, Details: &states.FailureDetails{
			Failure: states.Failure{Error: "Busy", HasError: true, Cause: "try again", HasCause: true}}},
		{ID: 5, PreviousID: 4, At: start.Add(90 * time.Second), Type: states.ExecutionFailed, Details: &states.FailureDetails{
			Failure: states.Failure{Error: "Busy", HasError: true}}},
	}
	if err := transcript.Write(os.Stdout, history, transcript.Options{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// #  time   state   event             data
	// 1  0s             ExecutionStarted  "order-7"
	// 2  0s     Charge  TaskStateEntered
	// 3  0s     Charge  TaskScheduled     sqs:sendMessage
	// 4  1m30s  Charge  TaskFailed        Busy: try again
	// 5  1m30s          ExecutionFailed   Busy
}

func ExamplePrinter() {
	p := transcript.NewPrinter(os.Stdout, transcript.Options{Absolute: true})
	for _, e := range []states.Event{ // as they come
		{ID: 1, At: time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC), Type: states.ExecutionStarted, Details: &states.StartedDetails{}},
	} {
		if err := p.Print(&e); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 1  2026-11-23 12:00:00.000                            ExecutionStarted           null
}
