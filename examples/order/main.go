// Command order processes two orders with the state machine in
// order-processing.asl.json. Its tasks are the Go functions in this file.
//
// The first order is refused. The second has to wait for its goods: the machine
// asks for them again after five minutes, which pass at once because the clock is
// a virtual one. Leave out the clock, and it is five minutes by the clock on the
// wall.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/enginetest"
	"github.com/gostates/gostates/states/transcript"
)

//go:embed order-processing.asl.json
var definition string

func main() {
	machine, err := asl.Parse(definition)
	check(err)

	clock := enginetest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	stock := warehouse{clock: clock, delivery: clock.Now().Add(3 * time.Minute)}

	tasks := engine.NewMux()
	tasks.Handle("validate-order", engine.Func(validate))
	tasks.Handle("check-inventory", engine.Func(stock.check))
	tasks.Handle("process-payment", engine.Func(processPayment))
	tasks.Handle("update-db", engine.Func(updateDatabase))
	tasks.Handle("send-notification", engine.Func(sendNotification))
	tasks.Handle("initiate-shipping", engine.Func(initiateShipping))

	eng, err := engine.New(engine.Config{Resolver: tasks, Clock: clock})
	check(err)
	defer eng.Close()

	process(eng, machine, Order{ID: "order-1", Item: "lamp", Quantity: 0})
	process(eng, machine, Order{ID: "order-2", Item: "lamp", Quantity: 2})
}

// process runs one order to its end and prints what happened.
func process(eng *engine.Engine, machine *asl.StateMachine, order Order) {
	ctx := context.Background()
	run, err := eng.StartExecution(ctx, machine, order, engine.Machine("orders"), engine.Named(order.ID))
	check(err)
	result, err := run.Wait(ctx)

	fmt.Println(run.Name())
	// A longer history comes in more pages, by NextToken.
	page, historyErr := eng.GetExecutionHistory(ctx, run.ARN(), engine.HistoryOptions{MaxResults: 1000})
	check(historyErr)
	check(transcript.Write(os.Stdout, page.Events, transcript.Options{Brief: true}))
	if failed, ok := errors.AsType[*engine.ExecutionError](err); ok {
		fmt.Printf("%s: %s: %s\n\n", failed.Status, failed.Name, failed.Cause)
		return
	}
	check(err)
	fmt.Printf("SUCCEEDED: %s\n\n", result.Output())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// An Order is what the tasks hand on to each other.
type Order struct {
	ID        string `json:"id"`
	Item      string `json:"item"`
	Quantity  int    `json:"quantity"`
	Available bool   `json:"inventoryAvailable"`
	Payment   string `json:"payment,omitempty"`
}

// A ValidationError is what the definition's Catcher matches, by this name.
type ValidationError string

func (e ValidationError) Error() string { return string(e) }

func validate(_ context.Context, o Order) (Order, error) {
	if o.Quantity < 1 {
		return o, ValidationError("the order is for nothing")
	}
	return o, nil
}

// A warehouse is empty until its delivery comes.
type warehouse struct {
	clock    engine.Clock
	delivery time.Time
}

func (w warehouse) check(_ context.Context, o Order) (Order, error) {
	o.Available = w.clock.Now().After(w.delivery)
	return o, nil
}

func processPayment(_ context.Context, o Order) (Order, error) {
	o.Payment = "received"
	return o, nil
}

func updateDatabase(_ context.Context, o Order) (string, error) {
	return o.ID + " is in the books", nil
}

func sendNotification(_ context.Context, o Order) (string, error) {
	return o.ID + " is confirmed by mail", nil
}

func initiateShipping(_ context.Context, o Order) (string, error) {
	return fmt.Sprintf("%s: %d %ss leave tonight", o.ID, o.Quantity, o.Item), nil
}
