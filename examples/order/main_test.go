package main

func Example() {
	main()
	// Output:
	// order-1
	// #  time  state          event                 data
	// 1  0s                   ExecutionStarted      {"id":"order-1","item":"lamp","quantity":0,"inventoryAvailable":false}
	// 2  0s    ValidateOrder  TaskStateEntered
	// 5  0s    ValidateOrder  LambdaFunctionFailed  ValidationError: the order is for nothing
	// 6  0s    ValidateOrder  TaskStateExited       {"Error":"ValidationError","Cause":"{\"errorMessage\":\"the order is for …
	// 7  0s    OrderFailed    FailStateEntered
	// 8  0s                   ExecutionFailed       OrderProcessingFailed: Order validation or processing failed
	// FAILED: OrderProcessingFailed: Order validation or processing failed
	//
	// order-2
	//  #  time  state                 event                    data
	//  1  0s                          ExecutionStarted         {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable…
	//  2  0s    ValidateOrder         TaskStateEntered
	//  5  0s    ValidateOrder         LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable…
	//  7  0s    CheckInventory        TaskStateEntered
	// 10  0s    CheckInventory        LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable…
	// 12  0s    ProcessPaymentOrWait  ChoiceStateEntered
	// 14  0s    WaitForInventory      WaitStateEntered         waits 5m
	// 16  5m    CheckInventory        TaskStateEntered
	// 19  5m    CheckInventory        LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable…
	// 21  5m    ProcessPaymentOrWait  ChoiceStateEntered
	// 23  5m    ProcessPayment        TaskStateEntered
	// 26  5m    ProcessPayment        LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable…
	// 28  5m    ParallelFulfillment   ParallelStateEntered
	// 30  5m      UpdateDatabase      TaskStateEntered
	// 32  5m      SendNotification    TaskStateEntered
	// 34  5m      InitiateShipping    TaskStateEntered
	// 39  5m      UpdateDatabase      LambdaFunctionSucceeded  "order-2 is in the books"
	// 41  5m      SendNotification    LambdaFunctionSucceeded  "order-2 is confirmed by mail"
	// 43  5m      InitiateShipping    LambdaFunctionSucceeded  "order-2: 2 lamps leave tonight"
	// 45  5m    ParallelFulfillment   ParallelStateSucceeded
	// 46  5m    ParallelFulfillment   ParallelStateExited      ["order-2 is in the books","order-2 is confirmed by mail","ord…
	// 47  5m    OrderCompleted        SucceedStateEntered
	// 49  5m                          ExecutionSucceeded       ["order-2 is in the books","order-2 is confirmed by mail","ord…
	// SUCCEEDED: ["order-2 is in the books","order-2 is confirmed by mail","order-2: 2 lamps leave tonight"]
}
