package export_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/export"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// machineThatCompensates has everything that Machine treats by itself.
func machineThatCompensates(language string) string {
	return `{"QueryLanguage":"` + language + `","StartAt":"A","States":{
		"A":{"Type":"Task","Resource":"a","Compensate":"UndoA","Catch":[{"ErrorEquals":["E"],"Next":"A"}],"Next":"C"},
		"C":{"Type":"Map","Compensate":"UndoC","Retry":[{"ErrorEquals":["E"]}],"Next":"D","ItemProcessor":{"StartAt":"P","States":{
			"P":{"Type":"Parallel","End":true,"Branches":[
				{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"i","Compensate":"UndoI","Next":"J"},"J":{"Type":"Succeed"},"UndoI":{"Type":"Task","Resource":"u"}}},
				{"StartAt":"K","States":{"K":{"Type":"Pass","End":true}}}]}}}},
		"D":{"Type":"Wait","Seconds":1,"Next":"F"},
		"F":{"Type":"Fail","Error":"Err"},
		"UndoA":{"Type":"Task","Resource":"u","Retry":[{"ErrorEquals":["States.ALL"]}],"End":true},
		"UndoC":{"Type":"Parallel","Branches":[{"StartAt":"L","States":{"L":{"Type":"Pass","Next":"M"},"M":{"Type":"Task","Resource":"m","End":true}}}]}
	}}`
}

func exported(t *testing.T, definition string) *export.Result {
	t.Helper()
	m, err := extended.Parse([]byte(definition))
	require.NoError(t, err)
	exported, err := export.Machine(m)
	require.NoError(t, err)
	return exported
}

// Machine puts a loop into the machine that calls the handlers.
func ExampleMachine() {
	machine, err := asl.Parser{Extensions: true}.Parse([]byte(`{
		"QueryLanguage": "JSONata",
		"StartAt": "Reserve",
		"States": {
			"Reserve": {"Type": "Task", "Resource": "reserve", "Compensate": "Release", "Next": "Charge"},
			"Charge": {"Type": "Task", "Resource": "charge", "End": true},
			"Release": {"Type": "Task", "Resource": "release"}
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	exported, err := export.Machine(machine)
	if err != nil {
		fmt.Println(err) // why it can't be said in the plain language
		return
	}
	plain, err := asl.Parse(exported.Definition)
	if err != nil {
		fmt.Println(err)
		return
	}
	for state := range plain.All() {
		fmt.Println(strings.TrimSpace(fmt.Sprintf("%-12s%-8s%s", state.Name(), state.Type(), state.Comment())))
	}
	fmt.Println(exported.Differences[0].Message)
	// Output:
	// begin       Pass    Nothing has been completed yet that could be undone
	// Reserve     Task
	// Charge      Task
	// undo        Choice  Undoes what was completed, the newest step first, until nothing is left
	// Release     Task
	// failed      Fail    Everything is undone: fails with the error that began it
	// failed without causeFail    Everything is undone: fails with the error that began it
	// undo failed Fail    A handler has failed for good, so what is left is not undone
	// Failures that nothing can catch undo nothing
}

func TestNothingChangesWithoutCompensation(t *testing.T) {
	definition := " " + one(`{"Type":"Pass", "End" :true}`) + "\n"
	exported := exported(t, definition)
	assert.Equal(t, definition, exported.Definition)
	assert.Empty(t, exported.Differences)
}

func TestTheTextIsRepeatable(t *testing.T) {
	for _, language := range []string{"JSONPath", "JSONata"} {
		first := exported(t, machineThatCompensates(language))
		for range 10 {
			assert.Equal(t, first, exported(t, machineThatCompensates(language)))
		}
		assert.Empty(t, validate(first.Definition), "not even a warning")
	}
}

// TestExportedText has the whole of a small export, as an example of its form.
func TestExportedText(t *testing.T) {
	exported := exported(t, one(undone(`"Comment":"It does.","Assign":{"v":1},"Next":"F"`), `"F":{"Type":"Fail","Error":"E"},`+undo))
	assert.Equal(t, `{
  "StartAt": "begin",
  "States": {
    "begin": {
      "Type": "Pass",
      "Comment": "Nothing has been completed yet that could be undone",
      "Assign": {
        "undo": []
      },
      "Next": "S: input"
    },
    "S: input": {
      "Type": "Pass",
      "QueryLanguage": "JSONata",
      "Comment": "Keeps the input of S",
      "Assign": {
        "undoInput": "{% $states.input %}"
      },
      "Next": "S"
    },
    "S": {
      "Type": "Task",
      "Resource": "do",
      "Comment": "It does.",
      "Assign": {
        "v": 1
      },
      "Catch": [
        {
          "ErrorEquals": [
            "States.ALL"
          ],
          "Assign": {
            "undoFailure.$": "$"
          },
          "Next": "undo"
        }
      ],
      "Next": "S: done"
    },
    "S: done": {
      "Type": "Pass",
      "QueryLanguage": "JSONata",
      "Comment": "Notes that S is completed, and that Undo undoes it",
      "Assign": {
        "undo": "{% [{'State': 'S', 'Handler': 'Undo', 'Undo': {'Input': $undoInput, 'Output': $states.input}}, $undo] %}"
      },
      "Next": "F"
    },
    "F": {
      "Type": "Pass",
      "Assign": {
        "undoFailure": {
          "Error": "E",
          "Cause": ""
        }
      },
      "Next": "undo"
    },
    "undo": {
      "Type": "Choice",
      "QueryLanguage": "JSONata",
      "Comment": "Undoes what was completed, the newest step first, until nothing is left",
      "Choices": [
        {
          "Condition": "{% $undo[0].Handler = 'Undo' %}",
          "Output": "{% $merge([$undo[0].Undo, $undoFailure]) %}",
          "Assign": {
            "undoStep": "{% $merge([{'State': $undo[0].State}, $undo[0].Undo, $undoFailure]) %}",
            "undo": "{% [$undo#$i[$i > 0]] %}"
          },
          "Next": "Undo"
        },
        {
          "Condition": "{% $undoFailure.Cause = null or $undoFailure.Cause = '' %}",
          "Next": "failed without cause"
        }
      ],
      "Default": "failed"
    },
    "Undo": {
      "Type": "Task",
      "Resource": "undo",
      "Catch": [
        {
          "ErrorEquals": [
            "States.ALL"
          ],
          "Assign": {
            "undoHandler": "Undo"
          },
          "Next": "undo failed"
        }
      ],
      "Next": "undo"
    },
    "failed": {
      "Type": "Fail",
      "QueryLanguage": "JSONata",
      "Comment": "Everything is undone: fails with the error that began it",
      "Error": "{% $undoFailure.Error = null ? '' : $undoFailure.Error %}",
      "Cause": "{% $undoFailure.Cause %}"
    },
    "failed without cause": {
      "Type": "Fail",
      "QueryLanguage": "JSONata",
      "Comment": "Everything is undone: fails with the error that began it",
      "Error": "{% $undoFailure.Error = null ? '' : $undoFailure.Error %}"
    },
    "undo failed": {
      "Type": "Fail",
      "QueryLanguage": "JSONata",
      "Comment": "A handler has failed for good, so what is left is not undone",
      "Error": "States.CompensationFailed",
      "Cause": "{% $string({'Error': $undoFailure.Error, 'Cause': $undoFailure.Cause, 'State': $undoStep.State, 'Handler': $undoHandler, 'HandlerFailure': $states.input, 'Remaining': [[$undoStep.State, $undo.State]#$i[$i < 100]]}) %}"
    }
  }
}
`, exported.Definition)
}

// TestGeneratedNames: what is generated is called otherwise than anything that is there.
func TestGeneratedNames(t *testing.T) {
	long := strings.Repeat("ä", 80)
	exported := exported(t, `{"StartAt":"begin","States":{
		"begin":{"Type":"Pass","Assign":{"undo":1,"undo_Input":2},"Next":"undo"},
		"undo":{"Type":"Task","Resource":"r","Compensate":"failed","Next":"undo: done"},
		"undo: done":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% ($undo__x := 1; $undo__x) %}","Next":"`+long+`"},
		"`+long+`":{"Type":"Task","Resource":"r","Compensate":"failed","End":true},
		"failed":{"Type":"Task","Resource":"r"}}}`)
	plain, err := asl.Parse(exported.Definition)
	require.NoError(t, err)
	assert.Equal(t, "begin 2", plain.Start().Name())
	for _, name := range []string{"undo 2", "undo: done 2", "failed 2", strings.Repeat("ä", 78) + " 2", strings.Repeat("ä", 78) + " 3"} {
		assert.NotNil(t, plain.Find(name), name)
	}
	assert.Contains(t, exported.Definition, `"undo___": []`)
}

// differences returns what is said of a machine's own parts.
func differences(ds asl.Diagnostics) []string {
	var own []string
	for _, d := range ds {
		if d.Pointer != "" {
			own = append(own, d.String())
		}
	}
	return own
}

// TestDifferences has a machine for everything that the exported form does
// otherwise because of what the machine is.
func TestDifferences(t *testing.T) {
	task := func(name, fields string) string { return `"` + name + `":` + undone(fields) }
	branch := func(name string, states ...string) string {
		return `{"StartAt":"` + name + `","States":{` + strings.Join(states, ",") + `}}`
	}
	for name, c := range map[string]struct {
		definition  string
		differences []string
	}{
		"nothing": {one(undone(`"End":true`), undo), nil},
		"a timeout of the machine": {
			`{"TimeoutSeconds":5,"StartAt":"S","States":{"S":` + undone(`"End":true`) + `,` + undo + `}}`,
			[]string{
				`1:2: warning: EXPORT_DIFFERS: An execution that runs out of time, or of events, undoes nothing, or nothing more (no state runs after that) at /TimeoutSeconds`,
			},
		},
		"states without Catch": {
			one(undone(`"Next":"P"`), undo, `"P":{"Type":"Pass","Parameters":{"x.$":"States.UUID()"},"Next":"W"},"W":{"Type":"Wait","QueryLanguage":"JSONata","Seconds":"{% 1 %}","Next":"Q"}`,
				`"Q":{"Type":"Pass","ResultPath":"$.q","Next":"R"},"R":{"Type":"Pass","Parameters":{"x.$":"$.x"},"Next":"F"},"F":{"Type":"Fail","QueryLanguage":"JSONata","Error":"{% 'E' %}"}`),
			[]string{
				`1:134: warning: EXPORT_DIFFERS: If state "P" fails, what was completed beside it is not undone (a Pass state has no Catch) at /States/P`,
				`1:202: warning: EXPORT_DIFFERS: If state "W" fails, what was completed beside it is not undone (a Wait state has no Catch) at /States/W`,
				`1:279: warning: EXPORT_DIFFERS: If state "Q" fails, what was completed beside it is not undone (a Pass state has no Catch) at /States/Q`,
				`1:387: warning: EXPORT_DIFFERS: If state "F" fails, what was completed beside it is not undone (a Fail state has no Catch) at /States/F`,
			},
		},
		"a handler without Catch": {
			one(undone(`"End":true`), `"Undo":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% 1 %}"}`),
			[]string{
				`1:93: warning: EXPORT_DIFFERS: If the handler "Undo" fails, its error is not States.CompensationFailed (a Pass state has no Catch) at /States/Undo`,
			},
		},
		"branches": {
			one(`{"Type":"Parallel","End":true,"Branches":[` + branch("A", task("A", `"End":true`), undo) + `,` + branch("B", `"B":`+pass) + `]}`),
			[]string{
				`1:26: warning: EXPORT_DIFFERS: When a branch of "S" fails, the others go on to their end, and then all is undone (a failure would abort them, and what they have completed would be lost) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: When a branch of "S" fails in a way that nothing can catch, what the others have completed is not undone (they are aborted, and hand on nothing) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: What branches of "S" complete in the same millisecond is undone in their order, and of failures the first of them counts (the time is all there is to go by) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: When a compensation inside "S" fails, the cause does not list what others inside have completed (a branch or an iteration does not see what others do) at /States/S`,
			},
		},
		"branches of which two keep": {
			one(`{"Type":"Parallel","End":true,"Branches":[` + branch("A", task("A", `"End":true`), undo) + `,` +
				branch("B", `"B":{"Type":"Task","Resource":"b","Compensate":"UndoB","End":true},"UndoB":{"Type":"Pass"}`) + `]}`),
			[]string{
				`1:26: warning: EXPORT_DIFFERS: When a branch of "S" fails, the others go on to their end, and then all is undone (a failure would abort them, and what they have completed would be lost) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: When a branch of "S" fails in a way that nothing can catch, what the others have completed is not undone (they are aborted, and hand on nothing) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: What branches of "S" complete in the same millisecond is undone in their order, and of failures the first of them counts (the time is all there is to go by) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: When a compensation inside "S" fails, the cause does not list what others inside have completed (a branch or an iteration does not see what others do) at /States/S`,
			},
		},
		"one branch": {
			one(`{"Type":"Parallel","End":true,"Branches":[` + branch("A", task("A", `"End":true`), undo) + `]}`),
			nil,
		},
		"iterations that are tolerated": {
			one(`{"Type":"Map","ToleratedFailureCount":1,"End":true,"ItemProcessor":` + branch("A", task("A", `"End":true`), undo) + `}`),
			[]string{
				`1:26: warning: EXPORT_DIFFERS: When an iteration of "S" fails, what the others have completed is not undone (they are aborted or have ended, and hand on nothing) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: What iterations of "S" complete in the same millisecond is undone in their order (the time is all there is to go by) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: An iteration of "S" whose compensation fails is tolerated like any other that fails (no error is exempt from ToleratedFailureCount and ToleratedFailurePercentage) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: When a compensation inside "S" fails, the cause does not list what others inside have completed (a branch or an iteration does not see what others do) at /States/S`,
			},
		},
		"what reads the name of its state": {
			one(`{"Type":"Parallel","Retry":[{"ErrorEquals":["E"]}],"ResultSelector":{"n.$":"$$.State.Name"},"End":true,"Branches":[` +
				branch("A", task("A", `"End":true`), `"Undo":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.context.State.Name %}"}`) + `]}`),
			[]string{
				`1:26: warning: EXPORT_DIFFERS: What "S" makes of its result sees another state's name and time (the result comes together with what can be undone, so a state of its own takes it out) at /States/S`,
				`1:26: warning: EXPORT_DIFFERS: If what "S" makes of its result fails, it is not tried again (the result comes together with what can be undone, so a state of its own takes it out) at /States/S`,
				`1:237: warning: EXPORT_DIFFERS: If the handler "Undo" fails, its error is not States.CompensationFailed (a Pass state has no Catch) at /States/S/Branches/0/States/Undo`,
				`1:237: warning: EXPORT_DIFFERS: The handler is called by another name after S (what is completed inside that is undone by a copy of it, Undo after S) at /States/S/Branches/0/States/Undo`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			exported := exported(t, c.definition)
			for _, d := range exported.Differences {
				assert.Equal(t, asl.ExportDiffers, d.Code)
				assert.Equal(t, asl.Warning, d.Severity)
				assert.NotEmpty(t, d.Detail)
			}
			assert.Equal(t, c.differences, differences(exported.Differences))
		})
	}
}

func TestRefusals(t *testing.T) {
	deep := `{"StartAt":"I","States":{"I":` + undone(`"End":true`) + `,"Undo":{"Type":"Task","Resource":"` + strings.Repeat("u", 50_000) + `"}}}`
	for i := range 30 {
		deep = fmt.Sprintf(`{"StartAt":"P%d","States":{"P%d":{"Type":"Parallel","End":true,"Branches":[%s]}}}`, i, i, deep)
	}
	for name, c := range map[string]struct{ definition, problem string }{
		"a handler that reads the whole Context Object": {
			one(undone(`"End":true`), `"Undo":{"Type":"Pass","Parameters":{"all.$":"States.Array($$)"}}`),
			"1:93: CANNOT_EXPORT: The handler reads the whole Context Object (its Compensation exists in this package only) at /States/Undo",
		},
		"a handler that reads all parts of the Context Object": {
			one(undone(`"End":true`), `"Undo":{"Type":"Pass","InputPath":"$$.*"}`),
			"1:93: CANNOT_EXPORT: The handler reads the whole Context Object (its Compensation exists in this package only) at /States/Undo",
		},
		"a handler that reads a variable called like a function, after its end": {
			one(`{"Type":"Parallel","Compensate":"Note","End":true,"Branches":[{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{`+
				`"A":`+undone(`"Assign":{"count":1},"Next":"F"`)+`,"F":{"Type":"Fail"},"Undo":{"Type":"Task","QueryLanguage":"JSONata","Resource":"u","Arguments":"{% $count %}"}}}]}}}]}`, `"Note":{"Type":"Pass"}`),
			"1:296: CANNOT_EXPORT: The handler reads the variable 'count', which ends with its branch or iteration " +
				"(it is called like a function, so what reads it can't be told from a call) at /States/S/Branches/0/States/P/Branches/0/States/Undo",
		},
		"a variable that hides a function": {
			one(`{"Type":"Pass","Assign":{"merge.$":"$"},"Next":"T"}`, `"T":`+undone(`"End":true`), undo),
			"1:26: CANNOT_EXPORT: The variable 'merge' hides the function $merge (what is generated needs that; another name would do) at /States/S",
		},
		"a text that is too large": {
			one(undone(`"Comment":"`+strings.Repeat("x", asl.MaxDefinitionSize-300)+`","End":true`), undo),
			"1:1: CANNOT_EXPORT: What would be exported is no definition: The definition has 10",
		},
		"a distributed Map state with a handler inside": {
			one(`{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":` + undone(`"End":true`) + `,` + undo + `}}}`),
			`CANNOT_EXPORT: States inside of "S" can be undone, whose children are executions of their own ` +
				"(what a child has completed is undone when the child fails, and else never) at /States/S",
		},
		"a handler that many scopes need": {
			deep,
			"1:1: CANNOT_EXPORT: The exported definition would be too large (each scope has a copy of the handlers in the scopes inside)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := extended.Parse([]byte(c.definition))
			require.NoError(t, err)
			_, err = export.Machine(m)
			refused, ok := errors.AsType[*export.Error](err)
			require.True(t, ok)
			assert.ErrorContains(t, err, c.problem)
			assert.Regexp(t, `^asl: \d+:\d+: CANNOT_EXPORT`, err.Error())
			assert.NotContains(t, err.Error(), "more)", "one mistake is one report")
			assert.Greater(t, len(refused.Diagnostics), 1, "the differences are there, too")
		})
	}
}
