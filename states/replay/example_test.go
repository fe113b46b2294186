package replay_test

import (
	"fmt"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/replay"
)

func Example() {
	history, err := states.ReadHistory([]byte(`{"events": [
		{"id": 1, "previousEventId": 0, "timestamp": 1, "type": "ExecutionStarted", "executionStartedEventDetails": {"input": "7"}},
		{"id": 2, "previousEventId": 0, "timestamp": 1, "type": "PassStateEntered", "stateEnteredEventDetails": {"name": "Double", "input": "7"}},
		{"id": 3, "previousEventId": 2, "timestamp": 1, "type": "PassStateExited", "stateExitedEventDetails": {"name": "Double", "output": "14"}}]}`))
	if err != nil {
		panic(err)
	}
	for _, by := range []string{"2", "3"} {
		machine, err := asl.Parse(`{"QueryLanguage": "JSONata", "StartAt": "Double", "States": {
			"Double": {"Type": "Pass", "Output": "{% $states.input * ` + by + ` %}", "End": true}}}`)
		if err != nil {
			panic(err)
		}
		fmt.Println(replay.Check(machine, history, replay.Options{}))
	}
	// Output:
	// <nil>
	// event 3, PassStateExited of Double, would differ: output is 14, and would be 21
}
