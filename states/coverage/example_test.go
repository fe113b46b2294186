package coverage_test

import (
	"os"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/states"
	"github.com/gostates/gostates/states/coverage"
)

func Example() {
	machine, err := asl.Parse(`{
  "StartAt": "Large?",
  "States": {
    "Large?": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericGreaterThan": 99, "Next": "Ask"}], "Default": "Done"},
    "Ask": {"Type": "Pass", "Next": "Done"},
    "Done": {"Type": "Succeed"}
  }
}`)
	if err != nil {
		panic(err)
	}
	var profile coverage.Profile
	profile.Add(machine, "order.asl.json")
	execution := states.New(machine, states.Options{})
	execution.Observe(func(p states.Part) { profile.Use(machine, p) })
	if _, err := execution.Step(states.Started{At: time.Unix(0, 0), Input: int64(7)}); err != nil {
		panic(err)
	}
	if err := profile.Report().WriteText(os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// order.asl.json: 50.0% covered (3 of 6)
	//   states 2/3 transitions 0/1 rules 0/1 defaults 1/1
	//   not covered: 4:46 Large? Choices[0] → Ask
	//   not covered: 5:5 Ask State Pass
	//   not covered: 5:29 Ask Next → Done
}
