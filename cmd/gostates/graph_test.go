package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const aHistory = `{"events": [
  {"timestamp": 1767225602, "type": "FailStateEntered", "id": 4, "previousEventId": 3, "stateEnteredEventDetails": {"name": "No", "input": "{}"}},
  {"timestamp": 1767225600, "type": "ExecutionStarted", "id": 1, "previousEventId": 0, "executionStartedEventDetails": {"input": "{}", "roleArn": ""}},
  {"timestamp": "2026-01-01T00:00:01Z", "type": "ChoiceStateEntered", "id": 2, "previousEventId": 0, "stateEnteredEventDetails": {"name": "Go?", "input": "{}"}},
  {"timestamp": 1767225602, "type": "ChoiceStateExited", "id": 3, "previousEventId": 2, "stateExitedEventDetails": {"name": "Go?", "output": "{}"}},
  {"timestamp": 1767225603, "type": "ExecutionFailed", "id": 5, "previousEventId": 4, "executionFailedEventDetails": {}}
]}`

const aChoice = `{"StartAt": "Go?", "States": {
  "Go?": {"Type": "Choice", "Choices": [{"Variable": "$.go", "IsPresent": true, "Next": "Yes"}], "Default": "No"},
  "Yes": {"Type": "Succeed"}, "No": {"Type": "Fail"}}}`

func TestGraph(t *testing.T) {
	inFolder(t, map[string]string{"saga.json": aSaga, "choice.json": aChoice, "history.json": aHistory, "list.json": aHistory[len(`{"events": `) : len(aHistory)-1],
		"bad.json": `{"StartAt": "A", "States": {}}`, "page.json": `{"events": [], "nextToken": "x"}`, "text.json": `[{"type": 7}]`})
	for _, c := range []struct {
		args, part string
	}{
		{"graph saga.json", `state-Reserve -.->|"undone by"| state-Release`},
		{"graph --format dot saga.json", `"state-Reserve" -> "state-Release" [`},
		{"graph --format svg saga.json", `<g id="state-Release" class="state task handler"`},
		{"graph --format svg --theme dark saga.json", `class="gostates-graph dark"`},
		{"graph choice.json --history history.json", "class state-No failed"},
		{"graph choice.json --history list.json --format svg", `class="state succeed unreached"`},
	} {
		code, out, err := gostates("", strings.Fields(c.args)...)
		assert.Equal(t, exitOK, code, c.args)
		assert.Empty(t, err)
		assert.Contains(t, out, c.part)
	}
	code, out, _ := gostates(aChoice, "graph", "-", "--json", "--history", "history.json")
	assert.Equal(t, exitOK, code)
	var drawn struct {
		Nodes []drawnNode
		Edges []drawnEdge
	}
	require.NoError(t, json.Unmarshal([]byte(out), &drawn))
	assert.Equal(t, drawnNode{ID: "state-No", Name: "No", Type: "Fail", Group: "machine", Status: "failed", Visits: 1}, drawn.Nodes[2])
	assert.Equal(t, drawnEdge{ID: "edge-Go_3f-default", Kind: "default", From: "Go?", To: "No", Label: "else", Taken: 1}, drawn.Edges[2])

	for _, c := range []struct {
		args    string
		code    int
		message string
	}{
		{"graph", exitUsage, "expected one definition"},
		{"graph --format png choice.json", exitUsage, `unknown format "png"; there are mermaid, dot, svg`},
		{"graph --format sgv choice.json", exitUsage, `did you mean "svg"?`},
		{"graph --theme drak choice.json", exitUsage, `did you mean "dark"?`},
		{"graph bad.json", exitFailed, "bad.json:1:13: error: "},
		{"graph none.json", exitFailed, "none.json"},
		{"graph choice.json --history page.json", exitFailed, "goes on at a next token"},
		{"graph choice.json --history text.json", exitFailed, "text.json is no history: "},
		{"graph choice.json --history bad.json", exitFailed, "bad.json is no history: it has no events"},
	} {
		code, out, err := gostates("", strings.Fields(c.args)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Empty(t, out)
		assert.Contains(t, err, c.message)
	}
}
