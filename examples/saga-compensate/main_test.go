package main

import (
	"log"
	"os"
	"testing"
)

// TestMain lets the test's own program be the process that the example starts.
func TestMain(m *testing.M) {
	if os.Getenv(pathVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func Example() {
	if err := show(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// what fails        | what ran                                           | what was undone                     | stock | account
	// nothing           | reserve-inventory process-payment confirm-order    |                                     |     3 |      70
	// reserve-inventory | reserve-inventory!                                 |                                     |     5 |     100
	// process-payment   | reserve-inventory process-payment!                 | rollback-inventory                  |     5 |     100
	// confirm-order     | reserve-inventory process-payment confirm-order!   | rollback-payment rollback-inventory |     5 |     100
	//
	// one process
	//   reserve-inventory
	//   process-payment
	//   rollback-payment, because of OutOfOrder, key order-7/18
	//   (signal: killed)
	// another process
	//   rollback-payment, because of OutOfOrder, key order-7/18
	//   rollback-inventory, because of OutOfOrder, key order-7/23
	//   FAILED: OutOfOrder: confirm-order does not work today
}
