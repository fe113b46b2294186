package conformance

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// AWS bounds each payload to 262,144 bytes of UTF-8 JSON. These cases would be
// unreadable as JSON, so they stand here.
func TestATasksResultMayBeAsLargeAsAWSAllows(t *testing.T) {
	const limit = 262_144
	tooLarge := Expect{
		Status: "FAILED", Error: "States.DataLimitExceeded", HasError: true, HasCause: true,
		Cause: "The state/task 'arn:aws:lambda:us-east-1:123456789012:function:do' returned a result with a size exceeding the maximum number of bytes service limit.",
	}
	for name, c := range map[string]struct {
		fields, result string
		expect         Expect
	}{
		"quotes included":         {`,"OutputPath":null`, strings.Repeat("x", limit-2), succeeds(struct{}{})},
		"one byte more":           {`,"OutputPath":null`, strings.Repeat("x", limit-1), tooLarge},
		"bytes and no characters": {`,"OutputPath":null`, strings.Repeat("ü", limit/2), tooLarge},
		"the error can be caught by any name": {`,"OutputPath":null,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]`,
			strings.Repeat("x", limit), tooLarge}, // measured on AWS for a Catcher
	} {
		t.Run(name, func(t *testing.T) {
			task := Task{State: "Do", Outcome: Succeeds, Result: c.result, Times: 1 + strings.Count(c.fields, "MaxAttempts")}
			test := Case{Name: "n", Definition: oneTask(c.fields), Tasks: []Task{task}, Expect: c.expect}
			assert.NoError(t, test.Run(Simulator{}))
		})
	}
}

// Of an integration the cause names the service (measured).
func TestAnIntegrationsResultMayBeAsLargeAsAWSAllows(t *testing.T) {
	test := Case{
		Name:       "n",
		Definition: `{"StartAt":"Do","States":{"Do":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"End":true}}}`,
		Tasks:      []Task{{State: "Do", Outcome: Succeeds, Result: strings.Repeat("x", 262_143), Times: 1}},
		Expect: Expect{
			Status: "FAILED", Error: "States.DataLimitExceeded", HasError: true, HasCause: true,
			Cause: "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
		},
	}
	assert.NoError(t, test.Run(Simulator{}))
}
