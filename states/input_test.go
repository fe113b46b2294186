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

// TestInputSeen: every field of every state sees the input that InputPath has selected,
// and where there is none, or none in the language, the raw input.
func TestInputSeen(t *testing.T) {
	const raw = `{"n":2,"a":{"n":1,"s":"one","t":"2001-01-01T00:00:01Z","list":["x"]},"s":"two","t":"2001-01-01T00:00:02Z","list":["y"]}`
	const inner = `{"n":1,"s":"one","t":"2001-01-01T00:00:01Z","list":["x"]}`
	whole := [3]string{raw, inner, "{}"}
	in := func(field string) string {
		return `{"StartAt": "In", "States": {"In": {"Type": "Pass", ` + field + `"End": true}}}`
	}
	const missing = "States.Runtime"
	start := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

	// What an execution that has come to its first rest shows of what a field saw.
	type shown func(x *states.Interpreter, events []states.Event) any
	output := func(x *states.Interpreter, _ []states.Event) any { return x.Result().Output }
	assigned := func(_ *states.Interpreter, events []states.Event) any {
		for _, e := range events {
			if d, ok := e.Details.(*states.ExitedDetails); ok && d.Name == "S" && d.Assigned != nil {
				v, _ := d.Assigned.Get("v")
				return v
			}
		}
		return nil
	}
	task := func(x *states.Interpreter) *states.InvokeTask { return x.Open()[0].(*states.InvokeTask) }
	seconds := func(at time.Time) any { return int64(at.Sub(start) / time.Second) }
	due := func(x *states.Interpreter, _ []states.Event) any {
		return seconds(x.Open()[0].(*states.StartTimer).Due)
	}
	branch := func(_ *states.Interpreter, events []states.Event) any {
		for _, e := range events {
			if d, ok := e.Details.(*states.EnteredDetails); ok && d.Name == "In" {
				return d.Input
			}
		}
		return nil
	}
	iterations := func(_ *states.Interpreter, events []states.Event) any {
		n := int64(0) // that were under way at a time
		for _, e := range events {
			if e.Type == states.MapIterationStarted {
				n++
			}
		}
		return n
	}

	const each = `"Type": "Map", "End": true, `
	waiting := `"ItemProcessor": {"StartAt": "In", "States": {"In": {"Type": "Wait", "Seconds": 9, "End": true}}}, `
	rows := []struct {
		field    string
		jsonpath string
		jsonata  string // "" where the language has no such field
		shown    shown
		want     [3]string // without InputPath, with "$.a", with null
	}{
		{"Pass Parameters", `"Type": "Pass", "End": true, "Parameters": {"v.$": "$"}`, "", output, [3]string{`{"v":` + raw + `}`, `{"v":` + inner + `}`, `{"v":{}}`}},
		{"Pass result", `"Type": "Pass", "End": true`, `"Type": "Pass", "End": true`, output, whole},
		{"Pass Output", "", `"Type": "Pass", "End": true, "Output": "{% $states.input %}"`, output, whole},
		{"Pass Assign", `"Type": "Pass", "End": true, "Assign": {"v.$": "$"}`, `"Type": "Pass", "End": true, "Assign": {"v": "{% $states.input %}"}`, assigned, whole},
		{"Pass ResultPath", `"Type": "Pass", "End": true, "Result": 0, "ResultPath": "$.n"`, "", func(x *states.Interpreter, _ []states.Event) any {
			v, _ := x.Result().Output.(*value.Object).Get("s") // a result goes into the raw input
			return v
		}, [3]string{`"two"`, `"two"`, `"two"`}},
		{"Task Parameters", `"Type": "Task", "Resource": "work", "End": true, "Parameters": {"v.$": "$"}`,
			`"Type": "Task", "Resource": "work", "End": true, "Arguments": {"v": "{% $states.input %}"}`,
			func(x *states.Interpreter, _ []states.Event) any { return task(x).Input },
			[3]string{`{"v":` + raw + `}`, `{"v":` + inner + `}`, `{"v":{}}`}},
		{"Task TimeoutSeconds", `"Type": "Task", "Resource": "work", "End": true, "TimeoutSecondsPath": "$.n"`,
			`"Type": "Task", "Resource": "work", "End": true, "TimeoutSeconds": "{% $states.input.n %}"`,
			func(x *states.Interpreter, _ []states.Event) any { return seconds(task(x).Deadline) }, [3]string{"2", "1", missing}},
		{"Task HeartbeatSeconds", `"Type": "Task", "Resource": "work", "End": true, "HeartbeatSecondsPath": "$.n"`,
			`"Type": "Task", "Resource": "work", "End": true, "HeartbeatSeconds": "{% $states.input.n %}"`,
			func(x *states.Interpreter, _ []states.Event) any { return int64(task(x).Heartbeat / time.Second) }, [3]string{"2", "1", missing}},
		{"Task Credentials", `"Type": "Task", "Resource": "work", "End": true, "Credentials": {"RoleArn.$": "$.s"}`,
			`"Type": "Task", "Resource": "work", "End": true, "Credentials": {"RoleArn": "{% $states.input.s %}"}`,
			func(x *states.Interpreter, _ []states.Event) any { return task(x).Credentials },
			[3]string{`{"RoleArn":"two"}`, `{"RoleArn":"one"}`, missing}},
		{"Choice Condition", `"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 2, "Next": "T", "Assign": {"v": true}}], "Assign": {"v": false}, "Default": "T"`,
			`"Type": "Choice", "Choices": [{"Condition": "{% $states.input.n = 2 %}", "Next": "T", "Assign": {"v": true}}], "Assign": {"v": false}, "Default": "T"`,
			assigned, [3]string{"true", "false", missing}},
		{"Choice rule's Assign", `"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "T", "Assign": {"v.$": "$"}}], "Default": "T"`,
			`"Type": "Choice", "Choices": [{"Condition": true, "Next": "T", "Assign": {"v": "{% $states.input %}"}}], "Default": "T"`, assigned, whole},
		{"Choice Assign", `"Type": "Choice", "Choices": [{"Variable": "$.no", "IsPresent": true, "Next": "T"}], "Default": "T", "Assign": {"v.$": "$"}`,
			`"Type": "Choice", "Choices": [{"Condition": false, "Next": "T"}], "Default": "T", "Assign": {"v": "{% $states.input %}"}`, assigned, whole},
		{"Choice output", `"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "T"}], "Default": "T"`,
			`"Type": "Choice", "Choices": [{"Condition": true, "Next": "T"}], "Default": "T"`, output, whole},
		{"Choice OutputPath", `"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "T"}], "Default": "T", "OutputPath": "$.n"`,
			`"Type": "Choice", "Choices": [{"Condition": true, "Next": "T", "Output": "{% $states.input.n %}"}], "Default": "T"`, output, [3]string{"2", "1", missing}},
		{"Wait Seconds", `"Type": "Wait", "End": true, "SecondsPath": "$.n"`, `"Type": "Wait", "End": true, "Seconds": "{% $states.input.n %}"`, due, [3]string{"2", "1", missing}},
		{"Wait Timestamp", `"Type": "Wait", "End": true, "TimestampPath": "$.t"`, `"Type": "Wait", "End": true, "Timestamp": "{% $states.input.t %}"`, due, [3]string{"2", "1", missing}},
		{"Wait Assign", `"Type": "Wait", "End": true, "Seconds": 0, "Assign": {"v.$": "$"}`, `"Type": "Wait", "End": true, "Seconds": 0, "Assign": {"v": "{% $states.input %}"}`, assigned, whole},
		{"Wait output", `"Type": "Wait", "End": true, "Seconds": 0`, `"Type": "Wait", "End": true, "Seconds": 0`, output, whole},
		{"Wait OutputPath", `"Type": "Wait", "End": true, "Seconds": 0, "OutputPath": "$.n"`, `"Type": "Wait", "End": true, "Seconds": 0, "Output": "{% $states.input.n %}"`, output, [3]string{"2", "1", missing}},
		{"Succeed output", `"Type": "Succeed"`, `"Type": "Succeed"`, output, whole},
		{"Succeed OutputPath", `"Type": "Succeed", "OutputPath": "$.n"`, `"Type": "Succeed", "Output": "{% $states.input.n %}"`, output, [3]string{"2", "1", missing}},
		{"Parallel branches", `"Type": "Parallel", "End": true, "Branches": [` + in("") + `]`, `"Type": "Parallel", "End": true, "Branches": [` + in("") + `]`, branch, whole},
		{"Parallel Parameters", `"Type": "Parallel", "End": true, "Parameters": {"v.$": "$.n"}, "Branches": [` + in("") + `]`,
			`"Type": "Parallel", "End": true, "Arguments": {"v": "{% $states.input.n %}"}, "Branches": [` + in("") + `]`, branch, [3]string{`{"v":2}`, `{"v":1}`, missing}},
		{"Map Items", each + `"ItemProcessor": ` + in("") + `, "ItemsPath": "$.list"`, each + `"ItemProcessor": ` + in("") + `, "Items": "{% $states.input.list %}"`,
			branch, [3]string{`"y"`, `"x"`, "States.ReferencePathConflict"}},
		{"Map ItemSelector", each + `"ItemProcessor": ` + in("") + `, "ItemsPath": "$$.Execution.Input.list", "ItemSelector": {"v.$": "$"}`,
			each + `"ItemProcessor": ` + in("") + `, "Items": [0], "ItemSelector": {"v": "{% $states.input %}"}`,
			branch, [3]string{`{"v":` + raw + `}`, `{"v":` + inner + `}`, `{"v":{}}`}},
		{"Map MaxConcurrency", each + waiting + `"ItemsPath": "$items", "MaxConcurrencyPath": "$.n"`, each + waiting + `"Items": [1, 2, 3], "MaxConcurrency": "{% $states.input.n %}"`,
			iterations, [3]string{"2", "1", missing}},
	}
	forms := [3]string{"", `"InputPath": "$.a", `, `"InputPath": null, `}
	for _, row := range rows {
		for language, state := range map[string]string{"JSONPath": row.jsonpath, "JSONata": row.jsonata} {
			for i, form := range forms {
				if state == "" || language == "JSONata" && i > 0 {
					continue // the language has no such field
				}
				t.Run(fmt.Sprintf("%s %s %s", row.field, language, form), func(t *testing.T) {
					more := ""
					if strings.Contains(state, `"T"`) {
						more = `, "T": {"Type": "Succeed"}`
					}
					machine, err := asl.Parse(fmt.Appendf(nil, `{"StartAt": "First", "States": {
						"First": {"Type": "Pass", "Assign": {"items": [1, 2, 3], "v": 0}, "Next": "S"},
						"S": {"QueryLanguage": %q, %s%s}%s}}`, language, form, state, more))
					require.NoError(t, err)
					input, err := value.Parse(raw)
					require.NoError(t, err)
					x := states.New(machine, states.Options{})
					fx, err := x.Step(states.Started{At: start, Input: input})
					require.NoError(t, err)
					if end := x.Result(); end != nil && end.Status == states.StatusFailed {
						require.Equal(t, row.want[i], end.Failure.Error, end.Failure.Cause)
						return
					}
					require.Equal(t, row.want[i], value.String(row.shown(x, fx.Events)))
				})
			}
		}
	}
}
