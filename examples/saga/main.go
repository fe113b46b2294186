// Command saga undoes what an order has done so far when its last step fails. The
// state machine in order-saga.asl.json says what is undone, and in which order.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/engine"
)

//go:embed order-saga.asl.json
var definition string

func main() {
	machine, err := asl.Parse(definition)
	if err != nil {
		log.Fatal(err)
	}

	shop := &shop{stock: 5, account: 100, orders: make(map[string]Order)}
	tasks := engine.NewMux()
	tasks.Handle("reserve-inventory", engine.Func(shop.reserveInventory))
	tasks.Handle("process-payment", engine.Func(shop.processPayment))
	tasks.Handle("confirm-order", engine.Func(shop.confirmOrder))
	tasks.Handle("rollback-payment", engine.Func(shop.rollbackPayment))
	tasks.Handle("rollback-inventory", engine.Func(shop.rollbackInventory))

	eng, err := engine.New(engine.Config{Resolver: tasks})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()

	shop.print("at first")
	ctx := context.Background()
	run, err := eng.StartExecution(ctx, machine, Order{Quantity: 2, Price: 30},
		engine.Machine("orders"), engine.Named("order-7"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = run.Wait(ctx)
	failed, ok := errors.AsType[*engine.ExecutionError](err)
	if !ok {
		log.Fatalf("the saga should have failed, but: %v", err)
	}
	fmt.Printf("%s: %s: %s\n", failed.Status, failed.Name, failed.Cause)
}

// An Order is what the first tasks hand on to each other.
type Order struct {
	Quantity int `json:"quantity"`
	Price    int `json:"price"`
}

// A shop has lamps in stock, and a customer with an account. One saga runs at a
// time here; otherwise it would need a mutex.
type shop struct {
	stock, account int
	orders         map[string]Order // by the name of their executions
}

func (s *shop) print(when string) {
	fmt.Printf("%-19s stock %d, account %3d\n", when, s.stock, s.account)
}

func (s *shop) reserveInventory(ctx context.Context, o Order) (Order, error) {
	s.orders[engine.TaskFrom(ctx).Execution.Name] = o
	s.stock -= o.Quantity
	s.print("reserve-inventory")
	return o, nil
}

func (s *shop) processPayment(_ context.Context, o Order) (Order, error) {
	s.account -= o.Price
	s.print("process-payment")
	return o, nil
}

func (s *shop) confirmOrder(context.Context, Order) (Order, error) {
	s.print("confirm-order")
	return Order{}, &engine.TaskError{Name: "WarehouseClosed", Cause: "nobody is there to confirm it"}
}

// A Failure is what a Catcher hands to the state after it. The definition's
// Catchers have no ResultPath, so it is all that the rollbacks are given.
type Failure struct{ Error, Cause string }

func (s *shop) rollbackPayment(ctx context.Context, f Failure) (Failure, error) {
	s.account += s.orders[engine.TaskFrom(ctx).Execution.Name].Price
	s.print("rollback-payment")
	return f, nil
}

func (s *shop) rollbackInventory(ctx context.Context, f Failure) (Failure, error) {
	s.stock += s.orders[engine.TaskFrom(ctx).Execution.Name].Quantity
	s.print("rollback-inventory")
	fmt.Printf("because of %s: %s\n", f.Error, f.Cause)
	return f, nil
}
