package main

import (
	"testing"
	"time"

	"github.com/gostates/gostates/engine/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m, enginetest.CoverAtLeast(100)) }

// orders answers the tasks that a test does not care about.
func orders(t *testing.T) *enginetest.Env {
	env := enginetest.New(t, "order-processing.asl.json")
	env.On("ValidateOrder").Return(Order{ID: "1"}).AnyTimes()
	env.On("CheckInventory").Return(Order{ID: "1", Available: true}).AnyTimes()
	env.On("ProcessPayment").Return(Order{ID: "1", Payment: "received"}).AnyTimes()
	env.On("*").Return("done").AnyTimes()
	return env
}

func TestAnOrderGoesThrough(t *testing.T) {
	run := orders(t).Run(Order{ID: "1"}).Output([]string{"done", "done", "done"})
	run.Through("ProcessPayment", "ParallelFulfillment", "OrderCompleted").Entered("WaitForInventory", 0)
}

func TestAnInvalidOrderFails(t *testing.T) {
	env := orders(t)
	env.On("validate-order").Fail("ValidationError")
	env.Run(Order{ID: "1"}).Failed("OrderProcessingFailed").Path("ValidateOrder", "OrderFailed")
}

func TestABusyServiceIsTriedAgain(t *testing.T) {
	env := orders(t)
	env.On("validate-order").Fail("ServiceException").Times(3)
	if took := env.Run(Order{ID: "1"}).Succeeded().Duration(); took != 14*time.Second {
		t.Errorf("three retries took %s", took)
	}
}

func TestAnOrderWaitsForItsGoods(t *testing.T) {
	env := orders(t)
	env.On("check-inventory").Return(Order{ID: "1"}).Times(2)
	env.Run(Order{ID: "1"}).Succeeded().Entered("WaitForInventory", 2).Entered("CheckInventory", 3)
}
