package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const aTemplate = `Transform: AWS::Serverless-2016-10-31
Resources:
  Charge:
    Type: AWS::Serverless::Function
    Properties: {Handler: charge.handler, Runtime: nodejs22.x, InlineCode: none}
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      Definition:
        StartAt: Charge
        States:
          Charge:
            Type: Task
            Resource: !GetAtt Charge.Arn
            End: true
  Broken:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Chagre
        States:
          Charge: {Type: Succeed}
`

// A machine runs from wherever it stands, and a mistake is told where it stands.
func TestRunOfATemplate(t *testing.T) {
	inFolder(t, map[string]string{
		"template.yaml": aTemplate,
		"none.yaml":     "Resources: {}\nTransform: AWS::Serverless-2016-10-31\n",
		"order.yaml":    "StartAt: Charge\nStates:\n  Charge:\n    Type: Task\n    Resource: ${Function}\n    End: true\n",
		"bad.yaml":      "StartAt: A\nStates:\n  A: [\n",
	})
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"template.yaml --machine Orders --exec Charge=cat --input 7", exitOK, "7\n"},
		{"order.yaml --exec charge=cat --set Function=charge", exitOK, "{}\n"},
		{"template.yaml --machine Orders --skeleton", exitOK, "{\n  \"Charge\": {\n    \"result\": {}\n  }\n}\n"},
		{"template.yaml", exitUsage, "gostates run: template.yaml has several state machines: --machine says which one of Orders, Broken\n" +
			"usage: gostates run FILE [--input JSON|@FILE] [--answers FILE] [--exec NAME=CMD] [FLAGS]\n"},
		{"template.yaml --machine Order", exitFailed, "gostates run: template.yaml has no state machine \"Order\"; did you mean \"Orders\"?\n"},
		{"template.yaml --machine Broken", exitFailed, "template.yaml:21:18: error: Missing 'Next' target: Chagre at /StartAt; did you mean \"Charge\"? [MISSING_TRANSITION_TARGET]\n"},
		{"none.yaml", exitFailed, "gostates run: none.yaml has no state machine\n"},
		{"order.yaml --set Function", exitUsage, "gostates run: --set takes NAME=VALUE, not \"Function\"\n" +
			"usage: gostates run FILE [--input JSON|@FILE] [--answers FILE] [--exec NAME=CMD] [FLAGS]\n"},
	} {
		code, out, err := gostates("", append([]string{"run"}, strings.Fields(c.args)...)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Equal(t, c.says, out+err, c.args)
	}
	code, _, err := gostates("", "run", "bad.yaml")
	assert.Equal(t, exitFailed, code)
	assert.Regexp(t, `^bad\.yaml:\d+:\d+: error: the YAML can.t be read: `, err)
}
