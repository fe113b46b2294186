package conformance_test

import (
	"fmt"

	"github.com/gostates/gostates/conformance"
)

// A case can be written in Go. Time is virtual: the hour's wait and the retry's
// delay take none.
func ExampleCase() {
	c := conformance.Case{
		Name: "an oven that is busy at first",
		Definition: `{
			"StartAt": "Rise",
			"States": {
				"Rise": {"Type": "Wait", "Seconds": 3600, "Next": "Bake"},
				"Bake": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
				         "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60}], "End": true}
			}
		}`,
		Input: map[string]int{"loaves": 3},
		Tasks: []conformance.Task{
			{State: "Bake", Outcome: conformance.Fails, Error: "Busy", HasError: true, Times: 2},
			{State: "Bake", Outcome: conformance.Succeeds, Result: "bread"},
		},
		Expect: conformance.Expect{Status: "SUCCEEDED", Output: "cake", HasOutput: true},
	}
	fmt.Println(c.Run(conformance.Simulator{}))
	// Output: output: expected "cake", actual "bread"
}

// Cases are usually read from files.
func ExampleLoad() {
	cases, err := conformance.Load("cases/fail")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range cases[:2] {
		fmt.Printf("%s: %v\n", c.Name, c.Run(conformance.Simulator{}))
	}
	// Output:
	// Fail ends the execution with its error and cause: <nil>
	// Fail may have an error alone: <nil>
}
