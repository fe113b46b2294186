package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// aTrade calls one function by lambda:invoke, another by its ARN, and a queue.
const aTrade = `{"StartAt":"Price","States":{
	"Price":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"price","Payload":{"item":"lamp"}},"ResultPath":"$.price","Next":"Sides"},
	"Sides":{"Type":"Parallel","ResultPath":"$.sides","Next":"Send","Branches":[
		{"StartAt":"Left","States":{"Left":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:side","End":true}}},
		{"StartAt":"Right","States":{"Right":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:side","End":true}}}]},
	"Send":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"QueueUrl":"q","MessageBody":"m"},"ResultPath":"$.sent","End":true}}}`

func TestAnswersByName(t *testing.T) {
	inFolder(t, map[string]string{
		"trade.json": aTrade,
		"names.json": `{"price":{"result":{"cents":7}},"side":[{"result":"one"},{"result":"two"}],"sqs:sendMessage.waitForTaskToken":{"submitted":{},"result":"sent"}}`,
		"mixed.json": `{"Left":{"result":"left"},"side":{"result":"any"},"price":{"result":7},"Send":{"error":"Full"}}`,
		"wrong.json": `{"prise":{"result":7}}`,
		"field.json": `{"Price":{"resutl":7}}`,
	})
	code, out, err := gostates("", "run", "trade.json", "--answers", "names.json")
	assert.Equal(t, exitOK, code, err)
	assert.JSONEq(t, `{"price":{"ExecutedVersion":"$LATEST","Payload":{"cents":7},"StatusCode":200},"sides":["one","two"],"sent":"sent"}`, out)

	code, out, err = gostates("", "run", "trade.json", "--answers", "mixed.json", "--json", "--fast")
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, err)
	assert.JSONEq(t, `{"status":"FAILED","error":"Full","state":"Send","event":24,"seconds":0}`, out)

	_, _, err = gostates("", "run", "trade.json", "--answers", "wrong.json")
	assert.Equal(t, "gostates run: wrong.json: there is no state, function or resource \"prise\"; did you mean \"Price\"?\n", err)
	_, _, err = gostates("", "run", "trade.json", "--answers", "field.json")
	assert.Contains(t, err, `"resutl"`)
	assert.Contains(t, err, `did you mean "result"?`)
}

// A skeleton, as it is, answers everything.
func TestSkeleton(t *testing.T) {
	inFolder(t, map[string]string{"trade.json": aTrade, "none.json": `{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "bad.json": `{"StartAt":"A"}`})
	code, out, err := gostates("", "run", "trade.json", "--skeleton")
	assert.Equal(t, exitOK, code, err)
	assert.Equal(t, `{
  "Price": {
    "result": {
      "ExecutedVersion": "$LATEST",
      "Payload": {},
      "StatusCode": 200
    }
  },
  "Left": {
    "result": {}
  },
  "Right": {
    "result": {}
  },
  "Send": {
    "submitted": {},
    "result": {}
  }
}
`, out)
	code, _, err = gostates(out, "run", "trade.json", "--answers", "-")
	assert.Equal(t, exitOK, code, err)
	code, out, _ = gostates("", "run", "none.json", "--skeleton")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "{}\n", out)
	code, _, err = gostates("", "run", "bad.json", "--skeleton")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, err, "bad.json:1:")
}

func TestRunWithCommands(t *testing.T) {
	inFolder(t, map[string]string{"trade.json": aTrade, "some.json": `{"Send":{"submitted":{},"result":"sent"},"price":{"result":"not asked"}}`})
	code, out, err := gostates("", "run", "trade.json", "--answers", "some.json",
		"--exec", "price=cat", "--exec", "Left=echo left", "--exec", "side=echo $GOSTATES_STATE")
	assert.Equal(t, exitOK, code, err)
	assert.JSONEq(t, `{"price":{"ExecutedVersion":"$LATEST","Payload":{"item":"lamp"},"StatusCode":200},"sides":["Left","Right"],"sent":"sent"}`, out)

	code, out, err = gostates("", "run", "trade.json", "--fast", "--exec", "*=echo no price >&2; exit 4")
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, out)
	assert.Equal(t, "FAILED in state \"Price\" (event 5): Exit.4: no price\n", err)

	for _, c := range []struct{ exec, message string }{
		{"price", `gostates run: --exec: "price" is not NAME=COMMAND`},
		{"=x", `is not NAME=COMMAND`},
	} {
		code, _, err := gostates("", "run", "trade.json", "--exec", c.exec)
		assert.Equal(t, exitUsage, code)
		assert.Contains(t, err, c.message)
	}
}

func TestRunAsJSON(t *testing.T) {
	inFolder(t, map[string]string{"greet.json": aGreeting, "tasks.json": `{"f": [{"error": "Busy"}, {"result": "hello"}]}`})
	code, out, err := gostates("", "run", "greet.json", "--fast", "--answers", "tasks.json", "--json", "--history=json")
	require.Equal(t, exitOK, code, err)
	var r result
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	assert.Equal(t, 86401.0, r.Seconds)
	assert.JSONEq(t, `{"greeting":{"ExecutedVersion":"$LATEST","Payload":"hello","StatusCode":200}}`, string(r.Output))
	assert.Len(t, r.History, 12)
}

// --progress prints what happens while it does; --history=... must be a form that there is.
func TestProgress(t *testing.T) {
	inFolder(t, map[string]string{"greet.json": aGreeting, "tasks.json": `{"Greet": {"result": "hello"}}`})
	code, out, err := gostates("", "run", "greet.json", "--fast", "--answers", "tasks.json", "--progress")
	assert.Equal(t, exitOK, code)
	assert.Equal(t, "{\"greeting\":\"hello\"}\n", out)
	assert.Regexp(t, `(?m)^  2  0s        Greet                     TaskStateEntered$`, err)
	assert.Regexp(t, `(?m)^  7  0s        Rest                      WaitStateEntered           waits 1d$`, err)
	code, _, err = gostates("", "run", "greet.json", "--history=tabel")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, err, `there is no --history=tabel; did you mean "table"?`)
}
