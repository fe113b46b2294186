package main

import (
	"testing"
	"time"

	"github.com/gostates/gostates/engine/enginetest"
)

// order is an environment in which all goes well, but for what a test says.
func order(t *testing.T) *enginetest.Env {
	env := enginetest.New(t, "order-saga.asl.json", enginetest.WithExtensions())
	env.On("*").Return(nil).AnyTimes()
	return env
}

func TestNothingIsUndoneThatGoesWell(t *testing.T) {
	order(t).Run(nil).Succeeded().Undid()
}

func TestWhatWasDoneIsUndone(t *testing.T) {
	for failing, undone := range map[string][]string{
		"ReserveInventory": nil,
		"ProcessPayment":   {"ReserveInventory"},
		"ConfirmOrder":     {"ProcessPayment", "ReserveInventory"},
	} {
		env := order(t)
		env.On(failing).Fail("Refused")
		env.Run(nil).Failed("Refused").Undid(undone...)
	}
}

func TestUndoingIsTriedAgain(t *testing.T) {
	env := order(t)
	env.On("ConfirmOrder").Fail("Refused")
	env.On("RollbackPayment").Fail("Busy").Times(2)
	env.On("RollbackInventory").Fail("Busy")
	run := env.Run(nil).Failed("Refused").Undid("ProcessPayment", "ReserveInventory")
	if run.Duration() != 4*time.Second {
		t.Errorf("undoing took %s", run.Duration())
	}
}

func TestUndoingThatFailsForGood(t *testing.T) {
	env := order(t)
	env.On("ConfirmOrder").Fail("Refused")
	env.On("RollbackPayment").Fail("Bankrupt").Times(6)
	env.Run(nil).Failed("States.CompensationFailed").Undid().Entered("RollbackInventory", 0)
}
