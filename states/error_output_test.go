package states_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// TestBranchFailed: the documented name for the failure of a branch is one that no
// failure has, and so nothing is caught or retried by it.
func TestBranchFailed(t *testing.T) {
	for _, handler := range []string{`"Catch": [{"ErrorEquals": ["States.BranchFailed"], "Next": "T"}]`,
		`"Retry": [{"ErrorEquals": ["States.BranchFailed"]}]`} {
		end := runState(t, `"Type": "Parallel", "Next": "T", `+handler+`,
			"Branches": [{"StartAt": "In", "States": {"In": {"Type": "Fail", "Error": "E", "Cause": "c"}}}]`, nil)
		require.Equal(t, states.StatusFailed, end.Status)
		require.Equal(t, states.Fail("E", "c"), end.Failure)
	}
}

// TestCatcherThatFails: the state whose Catcher fails has no other to turn to, but one
// around it has, unless nothing can catch what failed.
func TestCatcherThatFails(t *testing.T) {
	for _, test := range []struct{ catcher, want string }{
		{`"QueryLanguage": "JSONata", "Catch": [{"ErrorEquals": ["E"], "Output": "{% $no %}", "Next": "N"}, {"ErrorEquals": ["States.ALL"], "Next": "N"}]`, "States.QueryEvaluationError"},
		{`"QueryLanguage": "JSONata", "Catch": [{"ErrorEquals": ["E"], "Assign": {"v": "{% $no %}"}, "Next": "N"}, {"ErrorEquals": ["States.ALL"], "Next": "N"}]`, "States.QueryEvaluationError"},
		{`"Catch": [{"ErrorEquals": ["E"], "Assign": {"v.$": "States.StringToJson('{')"}, "Next": "N"}, {"ErrorEquals": ["States.ALL"], "Next": "N"}]`, "States.IntrinsicFailure"},
		{`"Catch": [{"ErrorEquals": ["E"], "ResultPath": "$.e", "Next": "N"}, {"ErrorEquals": ["States.ALL"], "Next": "N"}]`, "States.ReferencePathConflict"},
		{`"Catch": [{"ErrorEquals": ["E"], "Assign": {"v.$": "$.no"}, "Next": "N"}, {"ErrorEquals": ["States.ALL"], "Next": "N"}]`, "States.Runtime"},
	} {
		for _, around := range []string{`"Type": "Parallel", "Branches": [%s]`, `"Type": "Map", "ItemProcessor": %s`} {
			in := `{"StartAt": "In", "States": {"N": {"Type": "Succeed"}, "In": {"Type": "Parallel", "Next": "N", ` + test.catcher + `,
				"Branches": [{"StartAt": "B", "States": {"B": {"Type": "Fail", "Error": "E"}}}]}}}`
			end := runState(t, fmt.Sprintf(around, in)+`, "Next": "T", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "T"}]`, []any{int64(1)})
			if test.want == "States.Runtime" {
				require.Equal(t, test.want, end.Failure.Error)
				continue
			}
			require.Equal(t, states.StatusSucceeded, end.Status, test.catcher)
			name, _ := end.Output.(*value.Object).Get("Error")
			require.Equal(t, test.want, name)
		}
	}
}

// TestErrorOutput looks at what Catchers are given, whatever failed and in either
// language: a failure with an error but no cause has an empty one.
func TestErrorOutput(t *testing.T) {
	task := func(resource string) string {
		return fmt.Sprintf(`"Type": "Task", "Resource": %q, "TimeoutSeconds": 5`, resource)
	}
	children := func(more string) string {
		return `{"StartAt": "In", "States": {"In": {"Type": "Fail"` + more + `}}}`
	}
	erred := func(f states.Failure) func(states.EventID) states.Input {
		return func(id states.EventID) states.Input { return states.TaskErred{Task: id, Failure: f} }
	}
	expired := func(heartbeat bool) func(states.EventID) states.Input {
		return func(id states.EventID) states.Input { return states.TaskExpired{Task: id, Heartbeat: heartbeat} }
	}
	tests := []struct {
		name   string
		state  string
		answer func(task states.EventID) states.Input // nil for a state that fails by itself
		want   string
	}{
		{"a timeout of lambda:invoke", task("arn:aws:states:::lambda:invoke"), expired(false), `{"Error":"States.Timeout","Cause":""}`},
		{"a timeout of a function", task("arn:aws:lambda:us-east-1:123456789012:function:f"), expired(false), `{"Error":"States.Timeout","Cause":""}`},
		{"a timeout of an activity", task("arn:aws:states:us-east-1:123456789012:activity:a"), expired(false), `{"Error":"States.Timeout","Cause":""}`},
		{"a missed heartbeat", task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"), expired(true), `{"Error":"States.Timeout","Cause":""}`},
		{"an error without a cause", task("work"), erred(states.Failure{Error: "E", HasError: true}), `{"Error":"E","Cause":""}`},
		{"an error with an empty cause", task("work"), erred(states.Fail("E", "")), `{"Error":"E","Cause":""}`},
		{"an error with a cause", task("work"), erred(states.Fail("E", "c")), `{"Error":"E","Cause":"c"}`},
		{"a cause alone", task("work"), erred(states.Failure{Cause: "c", HasCause: true}), `{"Error":null,"Cause":"c"}`},
		{"neither", task("work"), erred(states.Failure{}), `{"Error":null,"Cause":null}`},
		{"a branch", `"Type": "Parallel", "Branches": [` + children(`, "Error": "E"`) + `]`, nil, `{"Error":"E","Cause":""}`},
		{"a branch with neither", `"Type": "Parallel", "Branches": [` + children("") + `]`, nil, `{"Error":null,"Cause":null}`},
		{"an iteration", `"Type": "Map", "ItemProcessor": ` + children(`, "Error": "E"`), nil, `{"Error":"E","Cause":""}`},
	}
	catchers := []struct{ name, state, rule string }{
		{"JSONPath", "", ""},
		{"JSONata", `, "QueryLanguage": "JSONata"`, ""},
		{"an expression", `, "QueryLanguage": "JSONata"`, `"Output": "{% $states.errorOutput %}", `},
	}
	for _, test := range tests {
		for _, catcher := range catchers {
			t.Run(test.name+" caught in "+catcher.name, func(t *testing.T) {
				arguments := `, "Parameters": `
				if strings.Contains(catcher.state, "JSONata") {
					arguments = `, "Arguments": `
				}
				arguments += `{"FunctionName": "f", "QueueUrl": "q", "MessageBody": "m"}`
				if !strings.Contains(test.state, `"Task"`) {
					arguments = ""
				}
				machine, err := asl.Parse(fmt.Appendf(nil, `{"StartAt": "S", "States": {
					"S": {%s, "Catch": [{"ErrorEquals": ["States.ALL"], %s"Next": "C"}], "End": true},
					"C": {"Type": "Pass", "End": true}}}`, test.state+catcher.state+arguments, catcher.rule))
				require.NoError(t, err)
				x := states.New(machine, states.Options{})
				_, err = x.Step(states.Started{At: time.Unix(0, 0), Input: []any{int64(1)}})
				require.NoError(t, err)
				if test.answer != nil {
					open := x.Open()
					require.Len(t, open, 1)
					_, err = x.Step(test.answer(open[0].(*states.InvokeTask).ID))
					require.NoError(t, err)
				}
				require.NotNil(t, x.Result())
				require.Equal(t, test.want, value.String(x.Result().Output))
			})
		}
	}
}
