package main

func Example() {
	main()
	// Output:
	// order-1
	//   09:00:00                        ExecutionStarted         {"id":"order-1","item":"lamp","quantity":0,"inventoryAvailable":false}
	//   09:00:00  ValidateOrder         TaskStateEntered
	//   09:00:00  ValidateOrder         LambdaFunctionFailed     ValidationError: {"errorMessage":"the order is for nothing","errorType":"ValidationError"}
	//   09:00:00  OrderFailed           FailStateEntered
	// FAILED: OrderProcessingFailed: Order validation or processing failed
	//
	// order-2
	//   09:00:00                        ExecutionStarted         {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable":false}
	//   09:00:00  ValidateOrder         TaskStateEntered
	//   09:00:00  ValidateOrder         LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable":false}
	//   09:00:00  CheckInventory        TaskStateEntered
	//   09:00:00  CheckInventory        LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable":false}
	//   09:00:00  ProcessPaymentOrWait  ChoiceStateEntered
	//   09:00:00  WaitForInventory      WaitStateEntered
	//   09:05:00  CheckInventory        TaskStateEntered
	//   09:05:00  CheckInventory        LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable":true}
	//   09:05:00  ProcessPaymentOrWait  ChoiceStateEntered
	//   09:05:00  ProcessPayment        TaskStateEntered
	//   09:05:00  ProcessPayment        LambdaFunctionSucceeded  {"id":"order-2","item":"lamp","quantity":2,"inventoryAvailable":true,"payment":"received"}
	//   09:05:00  ParallelFulfillment   ParallelStateEntered
	//   09:05:00  UpdateDatabase        TaskStateEntered
	//   09:05:00  SendNotification      TaskStateEntered
	//   09:05:00  InitiateShipping      TaskStateEntered
	//   09:05:00  UpdateDatabase        LambdaFunctionSucceeded  "order-2 is in the books"
	//   09:05:00  SendNotification      LambdaFunctionSucceeded  "order-2 is confirmed by mail"
	//   09:05:00  InitiateShipping      LambdaFunctionSucceeded  "order-2: 2 lamps leave tonight"
	//   09:05:00  OrderCompleted        SucceedStateEntered
	// SUCCEEDED: ["order-2 is in the books","order-2 is confirmed by mail","order-2: 2 lamps leave tonight"]
}
