package asl

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadResource(t *testing.T) {
	for text, want := range map[string]Resource{
		"arn:aws:states:::lambda:invoke":                             {Service: "lambda", Action: "invoke"},
		"arn:aws:states:::sqs:sendMessage.waitForTaskToken":          {Service: "sqs", Action: "sendMessage.waitForTaskToken", Pattern: WaitForTaskToken},
		"arn:aws:states:::states:startExecution.sync":                {Service: "states", Action: "startExecution.sync", Pattern: RunJob},
		"arn:aws:states:::states:startExecution.sync:2":              {Service: "states", Action: "startExecution.sync:2", Pattern: RunJob},
		"arn:aws:states:::aws-sdk:s3:getObject":                      {Service: "aws-sdk:s3", Action: "getObject"},
		"arn:aws:states:us-east-1:123456789012:aws-sdk:s3:putObject": {Service: "aws-sdk:s3", Action: "putObject"},
		"arn:aws-cn:states:::sns:publish":                            {Service: "sns", Action: "publish"},
		"arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST":   {Kind: LambdaFunction},
		"arn:aws:states:us-east-1:123456789012:activity:a":           {Kind: Activity},
		"arn:aws:states:::lambda":                                    {},
		"arn:aws:swf:us-east-1:123456789012:task:X":                  {},
		"reserve-inventory":                                          {},
		"approve.waitForTaskToken":                                   {Pattern: WaitForTaskToken},
		"docker://hello-world:latest":                                {},
		"":                                                           {},
	} {
		want.Text = text
		assert.Equal(t, want, ParseResource(text), text)
	}
}

func TestKnownIntegrations(t *testing.T) {
	assert.True(t, ParseResource("arn:aws:states:::dynamodb:getItem").known())
	assert.False(t, ParseResource("arn:aws:states:::dynamodb:query").known())
	assert.False(t, ParseResource("arn:aws:states:::lambda:invoke.sync").known())
	assert.True(t, ParseResource("arn:aws:states:::newservice:doIt").known(), "services that are not listed are left alone")
	assert.True(t, ParseResource("arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken").known())
	assert.False(t, ParseResource("arn:aws:states:::aws-sdk:sfn:StartExecution").known())
	assert.False(t, ParseResource("arn:aws:states:::aws-sdk:sfn:startExecution.sync").known())
	assert.True(t, ParseResource("reserve-inventory").known())
}
