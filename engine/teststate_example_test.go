package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/gostates/gostates/engine"
)

// A state is tested alone: its task answers with what a mock says, here an error at the second
// try, and the output says what the state's Retriers and Catchers make of it.
func ExampleTestState() {
	out, err := engine.TestState(context.Background(), engine.TestStateInput{
		Definition: `{
			"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
			"Parameters": {"FunctionName": "charge", "Payload.$": "$"},
			"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3}],
			"Next": "Ship"
		}`,
		Input:              json.RawMessage(`{"order": 7}`),
		InspectionLevel:    engine.InspectDebug,
		Mock:               &engine.Mock{ErrorOutput: &engine.ErrorOutput{Error: "Busy", Cause: "try again"}},
		StateConfiguration: engine.StateConfiguration{RetrierRetryCount: 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Status, out.Error)
	fmt.Println(string(out.InspectionData.AfterParameters))
	fmt.Println(*out.InspectionData.ErrorDetails.RetryBackoffIntervalSeconds, "seconds")
	// Output:
	// RETRIABLE Busy
	// {"FunctionName":"charge","Payload":{"order":7}}
	// 4 seconds
}
