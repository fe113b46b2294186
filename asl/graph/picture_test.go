package graph_test

import (
	"fmt"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/graph"
	"github.com/stretchr/testify/require"
)

// parcel has an edge of every kind, and each state that has graphs inside.
const parcel = `{
  "Comment": "Sends a parcel",
  "StartAt": "In stock?",
  "States": {
    "In stock?": {"Type": "Choice", "Default": "Later", "Choices": [
      {"Variable": "$.stock", "NumericGreaterThan": 0, "Next": "Pack", "Comment": "the usual case"},
      {"And": [{"Variable": "$.kind", "StringMatches": "vip-*"}, {"Not": {"Variable": "$.late", "IsPresent": true}}], "Next": "Pack"}]},
    "Later": {"Type": "Wait", "Seconds": 7200, "Next": "In stock?"},
    "Pack": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "pack"},
      "Retry": [{"ErrorEquals": ["Busy", "States.Timeout"], "IntervalSeconds": 60, "MaxAttempts": 2, "BackoffRate": 1.5, "MaxDelaySeconds": 90, "JitterStrategy": "FULL"}],
      "Catch": [{"ErrorEquals": ["Broken"], "Next": "Lost"}, {"ErrorEquals": ["States.ALL"], "Next": "Lost"}],
      "Compensate": "Unpack", "Next": "Label"},
    "Unpack": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:unpack"},
    "Label": {"Type": "Map", "MaxConcurrency": 4, "ItemProcessor": {"StartAt": "Print", "States": {
      "Print": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:print", "End": true}}}, "Next": "Send"},
    "Send": {"Type": "Parallel", "End": true, "Branches": [
      {"StartAt": "Mail", "States": {"Mail": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, "End": true}}},
      {"StartAt": "Note", "States": {"Note": {"Type": "Pass", "Next": "Noted"}, "Noted": {"Type": "Succeed"}}}]},
    "Lost": {"Type": "Fail", "Error": "ParcelLost"}
  }
}`

func read(t testing.TB, definition string) *asl.StateMachine {
	m, err := asl.Parser{Extensions: true}.Parse([]byte(definition))
	require.NoError(t, err)
	return m
}

func TestPicture(t *testing.T) {
	p := graph.New(read(t, parcel))
	require.Equal(t, "Sends a parcel", p.Title())

	var nodes []string
	for _, n := range p.Nodes() {
		line := fmt.Sprintf("%s %s in %s: %s", n.ID, n.Type(), n.Group.ID, n.Detail)
		if n.Handler {
			line += " (handler)"
		}
		nodes = append(nodes, line)
		require.Same(t, n, p.Find(n.Name()))
	}
	require.Equal(t, []string{
		"state-In_20stock_3f Choice in machine: ",
		"state-Later Wait in machine: 2 h",
		"state-Pack Task in machine: pack",
		"state-Unpack Task in machine: unpack (handler)",
		"state-Label Map in machine: for each item, at most 4 at a time",
		"state-Print Task in items-Label: activity print",
		"state-Send Parallel in machine: ",
		"state-Mail Task in branch-Send-0: sqs:sendMessage.waitForTaskToken",
		"state-Note Pass in branch-Send-1: ",
		"state-Noted Succeed in branch-Send-1: ",
		"state-Lost Fail in machine: ParcelLost",
	}, nodes)
	require.Equal(t, []string{"Busy, States.Timeout: 2 times, first after 1 min, then ×1.5, at most 90 s, with jitter"}, p.Find("Pack").Retries)
	require.Nil(t, p.Find("Nowhere"))

	var edges []string
	for _, e := range p.Edges() {
		to := "the end"
		if e.To != nil {
			to = e.To.Name()
		}
		edges = append(edges, fmt.Sprintf("%s to %s: %s%s", e.ID, to, e.Label, e.Comment))
	}
	require.Equal(t, []string{
		"edge-machine-start to In stock?: ",
		"edge-In_20stock_3f-rule-0 to Pack: $.stock > 0the usual case",
		`edge-In_20stock_3f-rule-1 to Pack: $.kind matches "vip-*" and not $.late is present`,
		"edge-In_20stock_3f-default to Later: else",
		"edge-Later-next to In stock?: ",
		"edge-Pack-next to Label: ",
		"edge-Pack-catch-0 to Lost: Broken",
		"edge-Pack-catch-1 to Lost: any error",
		"edge-Pack-compensate to Unpack: ",
		"edge-Label-next to Send: ",
		"edge-Send-end to the end: ",
		"edge-items-Label-start to Print: ",
		"edge-Print-end to the end: ",
		"edge-branch-Send-0-start to Mail: ",
		"edge-Mail-end to the end: ",
		"edge-branch-Send-1-start to Note: ",
		"edge-Note-next to Noted: ",
	}, edges)
	require.True(t, p.Root.Ends())
	require.False(t, p.Find("Send").Groups[1].Ends(), "Noted is a Succeed, which is its own end")
}

// TestIDs finds names that would share an ID, or break one.
func TestIDs(t *testing.T) {
	names := []string{"a b", "a-b", "a_b", "a_20b", "ab", "Größe", `"<&>'`, "結果", "end", "\u00a0"}
	definition := `{"StartAt": "first", "States": {"first": {"Type": "Pass", "Next": "s0"}`
	for i, name := range names {
		definition += fmt.Sprintf(`, "s%d": {"Type": "Pass", "Next": %q}, %q: {"Type": "Pass", "Next": "s%d"}`, i, name, name, i+1)
	}
	definition += fmt.Sprintf(`, "s%d": {"Type": "Succeed"}}}`, len(names))
	seen := make(map[string]bool)
	p := graph.New(read(t, definition))
	for _, n := range p.Nodes() {
		require.Regexp(t, `^state-[A-Za-z0-9_]+$`, n.ID)
		require.False(t, seen[n.ID], n.ID)
		seen[n.ID] = true
	}
	for _, e := range p.Edges() {
		require.Regexp(t, `^edge-[A-Za-z0-9_-]+$`, e.ID)
		require.False(t, seen[e.ID], e.ID)
		seen[e.ID] = true
	}
}

func TestCondition(t *testing.T) {
	for rule, want := range map[string]string{
		`"Variable": "$.a", "StringEquals": "x"`:                                                        `$.a = "x"`,
		`"Variable": "$.a", "StringLessThanEqualsPath": "$.b"`:                                          `$.a ≤ $.b`,
		`"Variable": "$.a", "NumericGreaterThanEquals": 1.5`:                                            `$.a ≥ 1.5`,
		`"Variable": "$.a", "NumericLessThan": 3`:                                                       `$.a < 3`,
		`"Variable": "$.a", "TimestampGreaterThan": "2026-01-02T03:04:05Z"`:                             `$.a > "2026-01-02T03:04:05Z"`,
		`"Variable": "$.a", "BooleanEquals": false`:                                                     `$.a = false`,
		`"Variable": "$.a", "IsPresent": false`:                                                         `$.a is not present`,
		`"Variable": "$.a", "IsNumeric": true`:                                                          `$.a is a number`,
		`"Not": {"Variable": "$.a", "IsNull": true}`:                                                    `not $.a is null`,
		`"Not": {"Or": [{"Variable": "$.a", "IsString": true}, {"Variable": "$.b", "IsString": true}]}`: `not ($.a is a text or $.b is a text)`,
		`"Or": [{"And": [{"Variable": "$.a", "IsBoolean": true}, {"Variable": "$.b", "IsTimestamp": true}]}, {"And": [{"Variable": "$.c", "IsPresent": true}]}]`: `($.a is a boolean and $.b is a timestamp) or $.c is present`,
	} {
		m := read(t, `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{`+rule+`, "Next": "D"}]}, "D": {"Type": "Succeed"}}}`)
		require.Equal(t, want, graph.New(m).Root.Edges[1].Label)
	}
	m := read(t, `{"QueryLanguage": "JSONata", "StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.a >\n  3 %}", "Next": "D"}]}, "D": {"Type": "Succeed"}}}`)
	require.Equal(t, "$states.input.a > 3", graph.New(m).Root.Edges[1].Label)
}

// TestDetail covers what a state does, type by type.
func TestDetail(t *testing.T) {
	for state, want := range map[string]string{
		`"Type": "Wait", "SecondsPath": "$.n", "End": true`:                                                  "$.n s",
		`"Type": "Wait", "TimestampPath": "$.at", "End": true`:                                               "until $.at",
		`"Type": "Wait", "Timestamp": "2026-01-02T03:04:05Z", "End": true`:                                   "until 2026-01-02T03:04:05Z",
		`"Type": "Wait", "Seconds": 90, "End": true`:                                                         "90 s",
		`"Type": "Wait", "Seconds": 172800, "End": true`:                                                     "2 d",
		`"QueryLanguage": "JSONata", "Type": "Wait", "Seconds": "{% $states.input.n %}", "End": true`:        "$states.input.n s",
		`"QueryLanguage": "JSONata", "Type": "Wait", "Timestamp": "{% $states.input.at %}", "End": true`:     "until $states.input.at",
		`"Type": "Fail", "ErrorPath": "$.error"`:                                                             "$.error",
		`"Type": "Fail"`:                                                                                     "",
		`"Type": "Task", "Resource": "reserve-inventory", "End": true`:                                       "reserve-inventory",
		`"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {}, "End": true`: "aws-sdk:s3:getObject",
		`"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:ask:live", "Payload": {"token.$": "$$.Task.Token"}}, "End": true`: "ask:live.waitForTaskToken",
		`"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true`:                                         "distributed, for each item",
		`"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 5}, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true`: "distributed, for each batch",
	} {
		p := graph.New(read(t, `{"StartAt": "S", "States": {"S": {`+state+`}}}`))
		require.Equal(t, want, p.Find("S").Detail, state)
	}
}
