package states_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// The benchmarks run whole executions, tasks answered at once, and report the
// transitions (states entered) or items they come to in a second.

const tenPasses = 10

func passChain() string {
	var b strings.Builder
	b.WriteString(`{"StartAt": "P0", "States": {`)
	for i := range tenPasses {
		next := fmt.Sprintf(`"Next": "P%d"`, i+1)
		if i == tenPasses-1 {
			next = `"End": true`
		}
		fmt.Fprintf(&b, `"P%d": {"Type": "Pass", %s},`, i, next)
	}
	return strings.TrimSuffix(b.String(), ",") + "}}"
}

// loop counts to a thousand, by a Pass state or a Task.
const passLoop = `{"StartAt": "More", "States": {
  "More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 1000, "Next": "Count"}], "Default": "Done"},
  "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More"},
  "Done": {"Type": "Succeed"}}}`

const queryLoop = `{"QueryLanguage": "JSONata", "StartAt": "More", "States": {
  "More": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.n < 1000 %}", "Next": "Count"}], "Default": "Done"},
  "Count": {"Type": "Pass", "Output": {"n": "{% $states.input.n + 1 %}"}, "Next": "More"},
  "Done": {"Type": "Succeed"}}}`

const taskLoop = `{"StartAt": "More", "States": {
  "More": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 1000, "Next": "Count"}], "Default": "Done"},
  "Count": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:count", "Next": "More"},
  "Done": {"Type": "Succeed"}}}`

const mapPass = `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": true}}}, "End": true}}}`

// orderFlow has the shape of an order's way through a shop: tasks one after
// another, a choice, and three tasks side by side.
const orderFlow = `{"StartAt": "Validate", "States": {
  "Validate": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:validate", "Next": "Stock",
    "Retry": [{"ErrorEquals": ["Busy"]}], "Catch": [{"ErrorEquals": ["Invalid"], "Next": "Refused"}]},
  "Stock": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:stock", "Next": "InStock"},
  "InStock": {"Type": "Choice", "Choices": [{"Variable": "$.inStock", "BooleanEquals": true, "Next": "Pay"}], "Default": "Later"},
  "Later": {"Type": "Wait", "Seconds": 300, "Next": "Stock"},
  "Pay": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:pay", "Next": "Fulfil"},
  "Fulfil": {"Type": "Parallel", "Branches": [
    {"StartAt": "Book", "States": {"Book": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:book", "End": true}}},
    {"StartAt": "Tell", "States": {"Tell": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:tell", "End": true}}},
    {"StartAt": "Ship", "States": {"Ship": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ship", "End": true}}}], "Next": "Done"},
  "Done": {"Type": "Succeed"},
  "Refused": {"Type": "Fail", "Error": "Refused"}}}`

func BenchmarkInterpreter(b *testing.B) {
	thousand := make([]any, 1000)
	for i := range thousand {
		thousand[i] = int64(i)
	}
	order, err := value.Parse(`{"orderId": "o-1", "customer": {"id": "c-9", "email": "dana@example.com"}, "inStock": true,
		"items": [{"sku": "apple", "quantity": 3, "price": 1.25}, {"sku": "pear", "quantity": 1, "price": 2.5}]}`)
	if err != nil {
		b.Fatal(err)
	}
	count := func(in any) any {
		n, _ := in.(*value.Object).Get("n")
		return value.NewObject(value.Member{Key: "n", Value: n.(int64) + 1})
	}
	for _, c := range []struct {
		name, definition string
		input            any
		task             func(any) any
		unit             string
		per              int
	}{
		{"TenPasses", passChain(), order, nil, "transitions/s", tenPasses},
		{"PassLoop", passLoop, value.NewObject(value.Member{Key: "n", Value: int64(0)}), nil, "transitions/s", 2002},
		{"QueryLoop", queryLoop, value.NewObject(value.Member{Key: "n", Value: int64(0)}), nil, "transitions/s", 2002},
		{"TaskLoop", taskLoop, value.NewObject(value.Member{Key: "n", Value: int64(0)}), count, "transitions/s", 2002},
		{"Order", orderFlow, order, func(in any) any { return in }, "workflows/s", 1},
		{"Map", mapPass, thousand, nil, "items/s", 1000},
	} {
		for _, history := range []bool{false, true} {
			name := c.name + "/WithoutHistory"
			if history {
				name = c.name + "/WithHistory"
			}
			b.Run(name, func(b *testing.B) {
				machine, err := asl.Parse(c.definition)
				if err != nil {
					b.Fatal(err)
				}
				options := states.Options{WithoutEvents: !history}
				b.ReportAllocs()
				for b.Loop() {
					if err := drive(machine, options, c.input, c.task); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(c.per)*float64(b.N)/b.Elapsed().Seconds(), c.unit)
			})
		}
	}
}

// drive runs an execution, doing its tasks one after another.
func drive(machine *asl.StateMachine, options states.Options, input any, task func(any) any) error {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	it := states.New(machine, options)
	fx, err := it.Step(states.Started{At: at, Input: input})
	var waiting []*states.InvokeTask
	for {
		if err != nil {
			return err
		}
		for _, c := range fx.Commands {
			switch c := c.(type) {
			case *states.InvokeTask:
				waiting = append(waiting, c)
			case *states.Finish:
				if c.Status != states.StatusSucceeded {
					return fmt.Errorf("%s: %+v", c.Status, c.Failure)
				}
				return nil
			}
		}
		if len(waiting) == 0 {
			return fmt.Errorf("nothing to do:\n%s", it)
		}
		k := waiting[0]
		waiting = waiting[1:]
		fx, err = it.Step(states.TaskReturned{At: at, Task: k.ID, Output: task(k.Input)})
	}
}
