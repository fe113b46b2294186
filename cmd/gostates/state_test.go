package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// aPrice has a state with every step of the data flow, and others that follow.
const aPrice = `{"StartAt":"Price","States":{
	"Price":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","InputPath":"$.order","Parameters":{"FunctionName":"price","Payload.$":"$"},
		"ResultSelector":{"cents.$":"$.Payload.cents"},"ResultPath":"$.price","Assign":{"paid":true},
		"Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":2}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Sorry"}],"Next":"Big"},
	"Big":{"Type":"Choice","Choices":[{"Variable":"$.price.cents","NumericGreaterThan":5,"Next":"Each"}],"Default":"Sorry"},
	"Sorry":{"Type":"Fail","Error":"TooBad"},
	"Each":{"Type":"Map","MaxConcurrency":3,"ItemsPath":"$.items","ItemProcessor":{"StartAt":"One","States":{"One":{"Type":"Pass","End":true}}},"End":true}}}`

func TestState(t *testing.T) {
	inFolder(t, map[string]string{
		"price.json": aPrice, "input.json": `{"order":{"id":1}}`,
		"alone.json": `{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.input.a + $n %}","Next":"There"}`,
	})
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{`price.json Price --input @input.json --result {"Payload":{"cents":7}}`, exitOK, `input                 {"order":{"id":1}}
after InputPath       {"id":1}
after Parameters      {"FunctionName":"price","Payload":{"id":1}}
result                {"Payload":{"cents":7}}
after ResultSelector  {"cents":7}
after ResultPath      {"order":{"id":1},"price":{"cents":7}}
variables             {"paid":true}
output                {"order":{"id":1},"price":{"cents":7}}
status                SUCCEEDED
next state            Big
`},
		{`price.json Price --input @input.json --error Busy --cause later`, exitFailed, `input                 {"order":{"id":1}}
after InputPath       {"id":1}
after Parameters      {"FunctionName":"price","Payload":{"id":1}}
error                 Busy: later
Retrier               0
tried again after     1s
status                RETRIABLE
`},
		{`price.json Price --input @input.json --error Busy --retries 2`, exitFailed, `input                 {"order":{"id":1}}
after InputPath       {"id":1}
after Parameters      {"FunctionName":"price","Payload":{"id":1}}
output                {"Error":"Busy","Cause":""}
error                 Busy
Retrier               0
Catcher               0
status                CAUGHT_ERROR
next state            Sorry
`},
		{`price.json Big --input {"price":{"cents":7}}`, exitOK, `input                 {"price":{"cents":7}}
after InputPath       {"price":{"cents":7}}
output                {"price":{"cents":7}}
status                SUCCEEDED
next state            Each
`},
		{`price.json Each --input {"items":[1,2]} --result [3,4]`, exitOK, `input                 {"items":[1,2]}
after InputPath       {"items":[1,2]}
after ItemsPath       [1,2]
after ResultSelector  [3,4]
after ResultPath      [3,4]
max concurrency       3
output                [3,4]
status                SUCCEEDED
`},
		{`price.json Sorry`, exitFailed, `input                 {}
after InputPath       {}
error                 TooBad
status                FAILED
`},
		{`price.json Sorry --json`, exitFailed, `{
  "status": "FAILED",
  "error": "TooBad",
  "inspectionData": {
    "input": {},
    "afterInputPath": {}
  }
}
`},
		{`alone.json --input {"a":1} --variables {"n":2}`, exitOK, `input                 {"a":1}
variables             {"n":2}
output                3
status                SUCCEEDED
next state            There
`},
	} {
		code, out, err := gostates("", append([]string{"state"}, strings.Fields(c.args)...)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Equal(t, c.says, out, c.args)
		assert.Empty(t, err, c.args)
	}
	code, out, err := gostates("", "state", "price.json", "Price", "--input", "@input.json", "--exec", `price=echo '{"cents": 8}'`)
	assert.Equal(t, exitOK, code, err)
	assert.Contains(t, out, `after ResultSelector  {"cents":8}`)

	_, out, _ = gostates("", "__complete", "state", "price.json", "")
	assert.Equal(t, "Price\nBig\nSorry\nEach\nOne\n:4\n", out)
}

func TestMistakesWithAState(t *testing.T) {
	inFolder(t, map[string]string{"price.json": aPrice, "bad.json": `{"Type":"Pass"}`})
	for _, c := range []struct {
		args, message string
		code          int
	}{
		{"", "expected a definition and the name of a state, found 0 arguments", exitUsage},
		{"price.json", "which state of the definition?", exitUsage},
		{"price.json Prise", `there is no state "Prise"; did you mean "Price"?`, exitFailed},
		{"price.json Price", `state "Price" has a task: give its end by --result or --error, or a command by --exec`, exitFailed},
		{"price.json Each", `state "Each" is tested without the states in it: give their result by --result, an array, or --error`, exitFailed},
		{"price.json Each --result 1", "ValidationException: Mocked result must be an array.", exitFailed},
		{"price.json Big --result 1", "ValidationException: State type 'Choice' is not supported when a mock is specified", exitFailed},
		{"price.json Big --input {", "the input is no JSON", exitFailed},
		{"price.json Price --result {", "the result is no JSON", exitFailed},
		{"price.json Price --result 1 --error E", "--result goes with neither --error nor --cause", exitUsage},
		{"price.json Price --result 1 --exec price=true", "--exec does the work that --result", exitUsage},
		{"price.json Price --exec price", `--exec: "price" is not NAME=COMMAND`, exitUsage},
		{"price.json Price --result 1 --check strikt", `there is no --check=strikt; did you mean "strict"?`, exitUsage},
		{"bad.json", "bad.json:1:1: error: This object should have only one of the following fields: [Next, End]", exitFailed},
		{"none.json A", "there is no file none.json", exitFailed},
	} {
		code, out, err := gostates("", append([]string{"state"}, strings.Fields(c.args)...)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Empty(t, out, c.args)
		assert.Contains(t, err, c.message, c.args)
	}
}
