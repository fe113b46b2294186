package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A workload is a state machine and an input, on which contenders run it again and again. Every
// task of it returns what it was given.
type workload struct {
	Name string `json:"name"`
	// Unit is what Units counts: what one execution does.
	Unit  string `json:"unit"`
	Units int    `json:"units"`
	// Express has gostates run Express executions.
	Express    bool            `json:"-"`
	Definition json.RawMessage `json:"definition"`
	Input      json.RawMessage `json:"input"`
	// Output is what every execution must come to.
	Output json.RawMessage `json:"output"`
	// Refused is a definition that is wrong, for a workload that parses and validates Definition
	// and runs nothing.
	Refused json.RawMessage `json:"refused,omitempty"`
	// Callers is how many goroutines call a server.
	Callers int `json:"-"`
}

const benchResource = "arn:aws:lambda:us-east-1:123456789012:function:echo"

// workloads are those that interpreters run.
func workloads() []workload {
	order := `{"id":7,"item":"lamp","quantity":2,"address":{"street":"Long Street","number":12,"city":"Riga"}}`
	numbers, doubled := make([]string, 1000), make([]string, 1000)
	for i := range numbers {
		numbers[i], doubled[i] = fmt.Sprintf(`{"n":%d}`, i), fmt.Sprintf(`{"n":%d}`, i)
	}
	items := "[" + strings.Join(numbers, ",") + "]"
	return []workload{
		{Name: "ten Pass states", Unit: "states", Units: 10, Definition: chain(10, false), Input: text(order), Output: text(order)},
		{Name: "a loop of Pass and Choice", Unit: "states", Units: 1001, Input: text(`{"n":0}`), Output: text(`{"n":500}`), Definition: text(`{"StartAt":"Add","States":{
			"Add":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)"},"Next":"More"},
			"More":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":500,"Next":"Add"}],"Default":"Done"},
			"Done":{"Type":"Succeed"}}}`)},
		{Name: "an order of five tasks", Unit: "executions", Units: 1, Definition: chain(5, true), Input: text(order), Output: text(order)},
		{Name: "an order of five tasks, Express", Unit: "executions", Units: 1, Express: true, Definition: chain(5, true), Input: text(order), Output: text(order)},
		{Name: "Parallel of ten tasks", Unit: "branches", Units: 10, Definition: parallel(10), Input: text(order),
			Output: text("[" + strings.TrimSuffix(strings.Repeat(order+",", 10), ",") + "]")},
		{Name: "Map of 1,000 tasks", Unit: "items", Units: 1000, Input: text(items), Output: text("[" + strings.Join(doubled, ",") + "]"),
			Definition: text(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T","States":{
				"T":{"Type":"Task","Resource":"` + benchResource + `","End":true}}}}}}`)},
		{Name: "Distributed Map of 1,000 tasks", Unit: "items", Units: 1000, Input: text(items), Output: text("[" + strings.Join(doubled, ",") + "]"),
			Definition: text(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
				"StartAt":"T","States":{"T":{"Type":"Task","Resource":"` + benchResource + `","End":true}}}}}}`)},
		{Name: "JSONata over 20 KB", Unit: "executions", Units: 1, Input: text(`{"items":` + longItems + `}`), Output: text(`{"sum":19900,"names":["item 199","item 198","item 197"]}`),
			Definition: text(`{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","End":true,"Output":
				"{% {'sum': $sum($states.input.items.n), 'names': $states.input.items^(>n)[[0..2]].name} %}"}}}`)},
	}
}

// parsing are the workloads of parsers.
func parsing() []workload {
	return []workload{{Name: "a definition of 500 states", Unit: "states", Units: 500, Definition: mixed(500, "S0"), Refused: mixed(500, "nowhere")}}
}

// starting are the workloads of servers.
func starting() []workload {
	input := text(`{"id":7,"item":"lamp"}`)
	one := workload{Name: "StartExecution, one caller", Unit: "executions", Units: 1, Callers: 1, Definition: chain(10, false), Input: input, Output: input}
	many := one
	many.Name, many.Callers = "StartExecution, 16 callers", 16
	return []workload{one, many}
}

// mixed is a machine of n states of many types, the last of which has a choice that goes on with
// the state that is named.
func mixed(n int, last string) json.RawMessage {
	var b strings.Builder
	b.WriteString(`{"StartAt":"S0","States":{`)
	for i := range n - 1 {
		kind := [...]string{
			`"Type":"Pass","Parameters":{"id.$":"$.id","fixed":[1,2,3]},"ResultPath":"$.made"`,
			`"Type":"Task","Resource":"` + benchResource + `","TimeoutSeconds":60,"Retry":[{"ErrorEquals":["States.Timeout"],"IntervalSeconds":2,"MaxAttempts":3,"BackoffRate":2}],"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"Last"}]`,
			`"Type":"Wait","SecondsPath":"$.delay"`,
			`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"` + benchResource + `","Payload.$":"$"},"ResultSelector":{"answer.$":"$.Payload"},"OutputPath":"$.answer"`,
		}[i%4]
		if i%5 == 4 {
			fmt.Fprintf(&b, `"S%d":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":%d,"Next":"Last"}],"Default":"%s"},`, i, i, stateOf(i+1, n))
			continue
		}
		fmt.Fprintf(&b, `"S%d":{%s,"Next":"%s"},`, i, kind, stateOf(i+1, n))
	}
	fmt.Fprintf(&b, `"Last":{"Type":"Choice","Choices":[{"Variable":"$.again","BooleanEquals":true,"Next":"%s"}],"Default":"End"},"End":{"Type":"Succeed"}}}`, last)
	return text(b.String())
}

// stateOf is the name of the i-th state of a mixed machine of n.
func stateOf(i, n int) string {
	if i == n-1 {
		return "Last"
	}
	return fmt.Sprintf("S%d", i)
}

// longItems are 200 objects of 100 bytes.
var longItems = func() string {
	all := make([]string, 200)
	for i := range all {
		all[i] = fmt.Sprintf(`{"n":%d,"name":"item %d","text":"%s"}`, i, i, strings.Repeat("x", 60))
	}
	return "[" + strings.Join(all, ",") + "]"
}()

func text(s string) json.RawMessage { return json.RawMessage(s) }

// chain is a machine of Pass or Task states one after the other.
func chain(n int, tasks bool) json.RawMessage {
	kind := `"Type":"Pass"`
	if tasks {
		kind = `"Type":"Task","Resource":"` + benchResource + `"`
	}
	var b strings.Builder
	b.WriteString(`{"StartAt":"S0","States":{`)
	for i := range n - 1 {
		fmt.Fprintf(&b, `"S%d":{%s,"Next":"S%d"},`, i, kind, i+1)
	}
	fmt.Fprintf(&b, `"S%d":{%s,"End":true}}}`, n-1, kind)
	return text(b.String())
}

// parallel is a machine of one Parallel state, each branch of which is a task.
func parallel(n int) json.RawMessage {
	branches := make([]string, n)
	for i := range branches {
		branches[i] = fmt.Sprintf(`{"StartAt":"T%d","States":{"T%d":{"Type":"Task","Resource":"%s","End":true}}}`, i, i, benchResource)
	}
	return text(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[` + strings.Join(branches, ",") + `]}}}`)
}
