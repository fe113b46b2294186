package main

import (
	"testing"
	"time"

	"github.com/gostates/gostates/engine/enginetest"
)

func TestOrder(t *testing.T) {
	env := enginetest.New(t, `{"StartAt": "Charge", "States": {
		"Charge": {"Type": "Task", "Resource": "charge", "Next": "Ship", "ResultPath": "$.receipt",
			"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60, "MaxAttempts": 2}]},
		"Ship": {"Type": "Task", "Resource": "ship", "End": true}}}`)
	env.On("Charge").Fail("Busy").Times(2).Return(map[string]int{"number": 7})
	env.On("Ship").With(enginetest.JSON(`{"receipt": {"number": 7}}`)).Return("sent").After(72 * time.Hour)

	run := env.Run(map[string]string{"item": "lamp"}) // three days and three minutes, in no time

	run.Output("sent").Path("Charge", "Ship").Entered("Ship", 1, enginetest.JSON(`{"item": "lamp"}`))
}
