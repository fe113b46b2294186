package enginetest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
)

// t is the test that the examples stand in.
var t *testing.T

func ExampleNew() {
	env := enginetest.New(t, "order-processing.asl.json")
	env.On("ValidateOrder").Fail("ServiceException").Times(2).Return(map[string]any{"id": 42})
	env.On("CheckInventory").Return(enginetest.JSON(`{"inventoryAvailable": true}`))
	env.On("*").Return("done").AnyTimes()

	run := env.Run(map[string]any{"id": 42})

	run.Succeeded().Through("ProcessPayment", "OrderCompleted").Entered("WaitForInventory", 0)
}

// A person decides after three days.
func ExampleEnv_At() {
	env := enginetest.New(t, "approval.asl.json")
	env.At(72*time.Hour, func() { env.Token("Ask").Succeed("approved") })
	env.Run(nil).Output("approved")
}

func ExampleEnv_Token() {
	env := enginetest.New(t, "approval.asl.json")
	run := env.Start(nil)
	env.Token("Ask").Fail("Refused", "not this year")
	run.Failed("Refused")
}

// The payment fails once, and is then made by the program's own function.
func ExampleExpectation_Real() {
	mux := engine.NewMux()
	mux.Handle("process-payment", engine.Func(func(context.Context, struct{ Amount int }) (string, error) { return "paid", nil }))
	env := enginetest.New(t, "order-processing.asl.json", enginetest.WithMux(mux))
	env.On("process-payment").Fail("Busy").Real()
	env.On("*").Return(nil).AnyTimes()
	env.Run(map[string]int{"amount": 5}).Succeeded()
}

func ExampleEnv_Machine() {
	env := enginetest.New(t, "order.asl.json")
	payments := env.Machine("payments", "payments.asl.json")
	payments.On("Charge").With(enginetest.JSON(`{"amount": 5}`)).Return("paid")
	env.Run(map[string]int{"amount": 5}).Succeeded()
}

func ExampleEnv_Calls() {
	env := enginetest.New(t, "order.asl.json")
	env.On("Charge").Fail("Busy").Times(2).Return("paid")
	env.Run(nil).Succeeded()
	for _, call := range env.Calls("Charge") {
		fmt.Println(call.Attempt, call.Elapsed, call.Input)
	}
}

func ExampleRun_Undid() {
	env := enginetest.New(t, "order-saga.asl.json", enginetest.WithExtensions())
	env.On("Ship").Fail("NoTrucks")
	env.On("*").Return(nil).AnyTimes()
	env.Run(nil).Failed("NoTrucks").Undid("ChargeCard", "ReserveStock")
}

// What an execution did in production is held against the definition of today.
func ExampleReplay() {
	enginetest.Replay(t, "order.asl.json", "testdata/order-42.history.json")
}

func ExampleEnv_AnswersFrom() {
	env := enginetest.New(t, "order.asl.json")
	env.AnswersFrom("testdata/order-42.history.json")
	env.Run(map[string]int{"id": 42}).Succeeded()
}

func ExampleMain() {
	_ = func(m *testing.M) { // TestMain
		enginetest.Main(m, enginetest.CoverTo("cover.html"), enginetest.CoverAtLeast(90))
	}
}

// The clock alone serves tests with an engine of their own.
func ExampleClock() {
	machine, err := asl.Parse(`{"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "Seconds": 86400, "End": true}}}`)
	if err != nil {
		panic(err)
	}
	clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	eng, err := engine.New(engine.Config{Resolver: engine.NewMux(), Clock: clock})
	if err != nil {
		panic(err)
	}
	defer eng.Close()
	run, err := eng.StartExecution(context.Background(), machine, nil)
	if err != nil {
		panic(err)
	}
	if _, err := run.Wait(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(clock.Now())
	// Output: 2026-03-03 09:00:00 +0000 UTC
}
