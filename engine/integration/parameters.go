package integration

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// given returns the parameters as Step Functions hands them to the service. That messages may be
// JSON is documented and measured; the Resources of events are documented.
func (c Call) given(parameters *value.Object) *value.Object {
	switch {
	case c.is("sqs", "sendMessage"):
		return asText(parameters, "MessageBody")
	case c.is("sns", "publish"):
		return asText(parameters, "Message")
	case c.is("events", "putEvents"):
		v, _ := parameters.Get("Entries")
		entries, ok := v.([]any)
		if !ok {
			return parameters
		}
		given := slices.Clone(entries)
		for i, e := range given {
			if entry, ok := e.(*value.Object); ok {
				given[i] = c.withResources(asText(entry, "Detail"))
			}
		}
		return parameters.With("Entries", given)
	}
	return parameters
}

// asText returns an object of which one member is JSON text, unless it is a string or missing.
func asText(o *value.Object, key string) *value.Object {
	switch v, _ := o.Get(key); v.(type) {
	case nil, string:
		return o
	default:
		return o.With(key, value.String(v))
	}
}

// withResources returns an entry of putEvents with the ARNs of the execution and its machine.
func (c Call) withResources(entry *value.Object) *value.Object {
	v, given := entry.Get("Resources")
	resources, ok := v.([]any)
	if given && v != nil && !ok {
		return entry // the service refuses it
	}
	resources = slices.Clone(resources)
	for _, arn := range []string{c.Task.Execution.ARN, c.Task.Execution.MachineARN} {
		if arn != "" {
			resources = append(resources, arn)
		}
	}
	if len(resources) == 0 {
		return entry
	}
	return entry.With("Resources", resources)
}

// check returns the service's error when the call lacks what the service needs. What
// dynamodb says of items and sqs of messages is measured; the rest is guessed after it.
func (c Call) check() error {
	switch c.Service {
	case "dynamodb":
		switch c.Action {
		case "getItem", "updateItem", "deleteItem":
			return c.notNull("ValidationException", "TableName", "Key")
		case "putItem":
			return c.notNull("ValidationException", "TableName", "Item")
		}
	case "sqs":
		if c.Action == "sendMessage" {
			for _, name := range []string{"QueueUrl", "MessageBody"} {
				if !c.has(name) {
					return &Error{Code: "MissingParameter", Message: "The request must contain the parameter " + name + "."}
				}
			}
		}
	case "sns":
		if c.Action == "publish" {
			if !c.has("TopicArn") && !c.has("TargetArn") && !c.has("PhoneNumber") {
				return &Error{Code: "InvalidParameter", Message: "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"}
			}
			return c.notNull("ValidationError", "Message")
		}
	case "events", "eventbridge":
		if c.Action == "putEvents" {
			return c.notNull("ValidationException", "Entries")
		}
	}
	return nil
}

func (c Call) has(name string) bool {
	v, _ := c.Parameters.Get(name)
	return v != nil
}

// notNull returns the error of parameters that are missing or null.
func (c Call) notNull(code string, names ...string) error {
	var faults []string
	for _, name := range names {
		if !c.has(name) {
			member := strings.ToLower(name[:1]) + name[1:]
			faults = append(faults, fmt.Sprintf("Value null at '%s' failed to satisfy constraint: Member must not be null", member))
		}
	}
	switch len(faults) {
	case 0:
		return nil
	case 1:
		return &Error{Code: code, Message: "1 validation error detected: " + faults[0]}
	}
	return &Error{Code: code, Message: fmt.Sprintf("%d validation errors detected: %s", len(faults), strings.Join(faults, "; "))}
}
