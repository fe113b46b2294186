package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

const aSaga = `{
  "StartAt": "Reserve",
  "States": {
    "Reserve": {"Type": "Task", "Resource": "reserve", "Compensate": "Release", "Next": "Charge"},
    "Charge": {"Type": "Task", "Resource": "charge", "End": true},
    "Release": {"Type": "Task", "Resource": "release"}
  }
}`

func TestExport(t *testing.T) {
	inFolder(t, map[string]string{
		"saga.json":  aSaga,
		"greet.json": aGreeting,
		"saga.yaml": `StartAt: Reserve
States:
  Reserve: {Type: Task, Resource: reserve, Compensate: Release, Next: Charge}
  Charge: {Type: Task, Resource: charge, Comment: "a ${Item}", End: true}
  Release: {Type: Task, Resource: release}
`,
		"bad.json": `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"a","Compensate":"B","End":true}}}`,
		"never.json": `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"a","Compensate":"B","End":true},` +
			`"B":{"Type":"Task","Resource":"b","Parameters":{"all.$":"$$"}}}}`,
		"tasks.json": `{"Reserve": {"result": 1}, "Charge": {"error": "Declined", "cause": "no money"}, "Release": {"result": 2}}`,
	})
	code, plain, err := gostates("", "export", "saga.json")
	assert.Equal(t, exitOK, code)
	assert.NotContains(t, plain, "Compensate\"")
	assert.Regexp(t, `(?m)^saga\.json:1:1: warning: Stopping the execution undoes nothing \(.*\) \[EXPORT_DIFFERS\]$`, err)
	code, out, err := gostates(plain, "validate", "-")
	assert.Equal(t, exitOK, code)
	assert.Empty(t, out+err)

	code, out, err = gostates("", "run", "saga.json", "--extensions", "--tasks", "tasks.json")
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, out)
	assert.Equal(t, "FAILED in state \"Charge\" (event 10): Declined: no money\n", err)
	code, _, err = gostates(plain, "run", "-", "--tasks", "tasks.json")
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "FAILED in state \"failed\" (event 27): Declined: no money\n", err)

	code, out, err = gostates("", "export", "greet.json")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, aGreeting, out)
	assert.Empty(t, err)

	code, out, err = gostates("", "export", "saga.yaml", "--set", "Item=lamp")
	assert.Equal(t, exitOK, code, err)
	assert.NotContains(t, out, "Compensate\"")
	assert.Contains(t, out, "lamp")
	assert.Regexp(t, `(?m)^saga\.yaml:\d+:\d+: warning: Stopping the execution undoes nothing \(.*\) \[EXPORT_DIFFERS\]$`, err)

	for _, c := range []struct{ file, message string }{
		{"bad.json", "error: Missing handler: B at /States/A/Compensate [MISSING_HANDLER]"},
		{"never.json", "[CANNOT_EXPORT]"},
		{"missing.json", "missing.json"},
	} {
		code, out, err := gostates("", "export", c.file)
		assert.Equal(t, exitFailed, code, c.file)
		assert.Empty(t, out, c.file)
		assert.Contains(t, err, c.message)
	}
	code, _, err = gostates("", "export")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, err, "expected one definition, found 0")
}

func TestExtensionsMustBeAskedFor(t *testing.T) {
	inFolder(t, map[string]string{"saga.json": aSaga})
	code, out, _ := gostates("", "validate", "saga.json")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, out, "--extensions")
	code, out, _ = gostates("", "validate", "--extensions", "saga.json")
	assert.Equal(t, exitOK, code, out)
	code, _, err := gostates("", "run", "saga.json")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, err, "--extensions")
}
