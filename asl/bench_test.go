package asl_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
)

// order is a machine with every kind of state, of a usual size.
const order = `{
  "Comment": "Takes an order from its check to its dispatch",
  "StartAt": "Check",
  "States": {
    "Check": {
      "Type": "Task", "Resource": "check-order", "TimeoutSeconds": 30,
      "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2.0, "JitterStrategy": "FULL"}],
      "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.problem", "Next": "Refuse"}],
      "ResultPath": "$.check", "Next": "In stock?"
    },
    "In stock?": {
      "Type": "Choice",
      "Choices": [
        {"And": [{"Variable": "$.check.stock", "IsPresent": true}, {"Variable": "$.check.stock", "NumericGreaterThanEqualsPath": "$.quantity"}], "Next": "Reserve"},
        {"Variable": "$.customer.kind", "StringMatches": "vip-*", "Next": "Reserve"}
      ],
      "Default": "Restock"
    },
    "Restock": {"Type": "Wait", "Seconds": 3600, "Next": "Check"},
    "Reserve": {
      "Type": "Map", "ItemsPath": "$.lines", "MaxConcurrency": 5, "ResultPath": "$.reserved",
      "ItemSelector": {"order.$": "$.id", "line.$": "$$.Map.Item.Value", "key.$": "States.Format('{}-{}', $.id, $$.Map.Item.Index)"},
      "ItemProcessor": {"StartAt": "Reserve line", "States": {"Reserve line": {"Type": "Task", "Resource": "reserve-line", "End": true}}},
      "Next": "Dispatch"
    },
    "Dispatch": {
      "Type": "Parallel",
      "Branches": [
        {"StartAt": "Ship", "States": {"Ship": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
          "Parameters": {"QueueUrl": "ship", "MessageBody": {"order.$": "$.id", "token.$": "$$.Task.Token"}}, "HeartbeatSeconds": 600, "End": true}}},
        {"StartAt": "Bill", "States": {"Bill": {"Type": "Pass", "Parameters": {"total.$": "$.check.total"}, "Assign": {"billed": true}, "End": true}}}
      ],
      "Next": "Done"
    },
    "Refuse": {"Type": "Fail", "Error": "Refused", "CausePath": "$.problem.Cause"},
    "Done": {"Type": "Succeed", "OutputPath": "$[0]"}
  }
}`

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(order)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := asl.Parse(order); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPatternMatch(b *testing.B) {
	p, err := asl.CompilePattern("orders/*/line-*.json")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !p.Match("orders/2016-03-14/line-0042.json") {
			b.Fatal("no match")
		}
	}
}

// BenchmarkParseExpressions reads a state with many expressions, and one with an
// expression of many references.
func BenchmarkParseExpressions(b *testing.B) {
	for name, definition := range map[string]string{
		"many": jsonataOne(`{"Type":"Succeed","Output":[` + strings.TrimSuffix(strings.Repeat(`{"id":"{% $states.input.lines[id > 3].total %}"},`, 1000), ",") + `]}`),
		"long": output("[" + strings.Repeat("$states.input.a,", 10_000) + "1]"),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(definition)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := asl.Parse(definition); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
