package main

func Example() {
	main()
	// Output:
	// at first            stock 5, account 100
	// reserve-inventory   stock 3, account 100
	// process-payment     stock 3, account  70
	// confirm-order       stock 3, account  70
	// rollback-payment    stock 3, account 100
	// rollback-inventory  stock 5, account 100
	// because of WarehouseClosed: nobody is there to confirm it
	// FAILED: SagaFailed: Order saga failed, all compensations executed
}
