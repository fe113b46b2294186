package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// coverCases run one branch each of a machine.
const coverCases = `{"name": "left", "definition": {"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "IsBoolean": true, "Next": "L"}], "Default": "R"}, "L": {"Type": "Pass", "End": true}, "R": {"Type": "Pass", "End": true}}}, "input": true, "expect": {"status": "SUCCEEDED", "output": true}}
{"name": "right", "definition": {"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "IsBoolean": true, "Next": "L"}], "Default": "R"}, "L": {"Type": "Pass", "End": true}, "R": {"Type": "Pass", "End": true}}}, "input": 1, "expect": {"status": "SUCCEEDED", "output": 1}}
`

func TestCover(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("cases.jsonl", []byte(coverCases), 0o600))
	gostatesIs := func(code int, args string, parts ...string) string {
		t.Helper()
		got, out, err := gostates("", strings.Fields(args)...)
		assert.Equal(t, code, got, args+"\n"+out+err)
		for _, part := range parts {
			assert.Contains(t, out+err, part)
		}
		return out
	}
	left := gostatesIs(exitOK, "test cases.jsonl --run left --cover -,left/,left.html",
		"left: 57.1% covered (4 of 7)", "not covered: 1:117 C Default → R", "not covered: 1:170 R State Pass", "1 passed, 0 failed\n")
	assert.True(t, strings.HasSuffix(left, "\n1 passed, 0 failed\n"), "the counts come last")
	gostatesIs(exitOK, "test --engine cases.jsonl --run right --cover right/,right.json,right.txt", "1 passed, 0 failed")
	for _, file := range []string{"left.html", "right.json", "right.txt"} {
		assert.FileExists(t, file)
	}
	gostatesIs(exitOK, "cover left right --cover-min 100 --cover all.html,-", "left: 100.0% covered (7 of 7)")
	assert.FileExists(t, "all.html")
	gostatesIs(exitOK, "cover left right", "left: 100.0% covered (7 of 7)")
	gostatesIs(exitFailed, "cover left --cover-min 60", "gostates cover: 57.1% of the state machines are covered, less than 60%")
	gostatesIs(exitFailed, "test cases.jsonl --run left --cover-min 60", "gostates test: 57.1% of", "1 passed, 0 failed")
	var report struct{ Covered, Parts int }
	require.NoError(t, json.Unmarshal([]byte(gostatesIs(exitOK, "cover left --json")), &report))
	assert.Equal(t, 4, report.Covered)
	for _, line := range strings.Split(strings.TrimSpace(gostatesIs(exitOK, "test cases.jsonl --json --cover -")), "\n") {
		assert.True(t, json.Valid([]byte(line)), line)
	}
	gostatesIs(exitUsage, "cover", "which profiles?")
	gostatesIs(exitFailed, "cover nothing.json", "nothing.json")
	gostatesIs(exitFailed, "cover left.html", "left.html")
	require.NoError(t, os.Mkdir("empty", 0o700))
	gostatesIs(exitFailed, "cover empty", "empty has no profiles")
	gostatesIs(exitFailed, "cover left --cover all.pdf", `no report can be written to "all.pdf"`)
}

// TestCoverOfEveryKind: whatever runs a case, all that it uses is covered, by the iterations of Map
// states and by the children of Map Runs, too.
func TestCoverOfEveryKind(t *testing.T) {
	t.Chdir(t.TempDir())
	inner := `"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericGreaterThan": 1, "Next": "Big"}], "Default": "Small"},
		"Big": {"Type": "Pass", "End": true}, "Small": {"Type": "Pass", "End": true}}`
	cases := map[string]string{
		"inline":              `{"Type": "Map", "End": true, "ItemProcessor": {` + inner + `}}`,
		"distributed":         `{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, ` + inner + `}}`,
		"distributed express": `{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, ` + inner + `}}`,
		"within another": `{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Again", "States": {
			"Again": {"Type": "Map", "ItemsPath": "$.all", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, ` + inner + `}}}}}`,
	}
	for name, state := range cases {
		input, output := "[1, 2]", "[1, 2]"
		if name == "within another" {
			input, output = `[{"all": [1]}, {"all": [2]}]`, `[[1], [2]]`
		}
		text := `{"name": "` + name + `", "definition": {"StartAt": "M", "States": {"M": ` + state + `}}, "input": ` + input + `, "expect": {"status": "SUCCEEDED", "output": ` + output + `}}`
		require.NoError(t, os.WriteFile("case.json", []byte(text), 0o600))
		for _, flags := range []string{"", "--engine", "--crash", "--snapshot", "--store cases.db"} {
			_ = os.Remove("cases.db")
			code, out, err := gostates("", strings.Fields("test case.json --cover-min 100 --cover - "+flags)...)
			assert.Equal(t, exitOK, code, "%s %s\n%s%s", name, flags, out, err)
			assert.Contains(t, out, name+": 100.0% covered", flags)
		}
	}
}
