package integration_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/gostates/gostates/engine/integration"
)

// A table is a DynamoDB table of items with one key, named id.
type table struct{ items sync.Map }

func (t *table) do(_ context.Context, call integration.Call) (any, error) {
	var in struct {
		TableName string
		Key, Item map[string]map[string]any
	}
	if err := call.Decode(&in); err != nil {
		return nil, &integration.Error{Code: "SerializationException", Message: err.Error()}
	}
	if in.TableName != "orders" {
		return nil, &integration.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
	}
	switch call.Action {
	case "putItem":
		item, _ := call.Parameters.Get("Item")
		t.items.Store(in.Item["id"]["S"], item)
		return nil, nil
	case "getItem":
		item, ok := t.items.Load(in.Key["id"]["S"])
		if !ok {
			return nil, nil
		}
		return value.NewObject(value.Member{Key: "Item", Value: item}), nil
	}
	return nil, &integration.Error{Code: "UnknownOperationException", Message: call.Action}
}

// One handler for every action of DynamoDB, by both kinds of integration.
func Example() {
	machine, err := asl.Parse(`{"StartAt": "Put", "States": {
		"Put": {
			"Type": "Task",
			"Resource": "arn:aws:states:::dynamodb:putItem",
			"Parameters": {"TableName": "orders", "Item": {"id": {"S.$": "$.id"}, "state": {"S": "paid"}}},
			"ResultSelector": {"status.$": "$.SdkHttpMetadata.HttpStatusCode"},
			"ResultPath": "$.put",
			"Next": "Get"
		},
		"Get": {
			"Type": "Task",
			"Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
			"Parameters": {"TableName": "orders", "Key": {"id": {"S.$": "$.id"}}},
			"ResultPath": "$.got",
			"Next": "Get from nowhere"
		},
		"Get from nowhere": {
			"Type": "Task",
			"Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
			"Parameters": {"TableName": "none", "Key": {"id": {"S.$": "$.id"}}},
			"Catch": [{"ErrorEquals": ["DynamoDb.ResourceNotFoundException"], "ResultPath": null, "Next": "Done"}],
			"Next": "Done"
		},
		"Done": {"Type": "Succeed"}
	}}`)
	if err != nil {
		log.Fatal(err)
	}
	dynamodb := integration.Func(new(table).do)
	tasks := engine.NewMux()
	tasks.Handle("arn:aws:states:::dynamodb:*", dynamodb)
	tasks.Handle("arn:aws:states:::aws-sdk:dynamodb:*", dynamodb)
	eng, err := engine.New(engine.Config{Resolver: tasks})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	ctx := context.Background()
	run, err := eng.StartExecution(ctx, machine, map[string]string{"id": "7"})
	if err != nil {
		log.Fatal(err)
	}
	result, err := run.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(result.Output()))
	// Output: {"id":"7","put":{"status":200},"got":{"Item":{"id":{"S":"7"},"state":{"S":"paid"}}}}
}
