package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// aTask is a definition whose one state has a task.
const aTask = `{"StartAt":"Charge","States":{"Charge":{"Type":"Task","Resource":"charge","End":true}}}`

// newcomersMistakes are what people do wrong who meet the language or the command for the
// first time, each with the whole of what the command says.
var newcomersMistakes = []struct {
	mistake string
	file    string // the content of m.json
	args    string
	code    int
	says    string
}{
	// In the definition.
	{"a comma too many", `{"StartAt":"A","States":{"A":{"Type":"Succeed",}}}`, "validate m.json", exitFailed,
		`m.json:1:48: error: Unexpected character ('}' (code 125)): was expecting double-quote to start field name [INVALID_JSON_DESCRIPTION]`},
	{"a comment", "{\n  // first\n  \"StartAt\":\"A\"}", "validate m.json", exitFailed,
		`m.json:2:3: error: Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser) [INVALID_JSON_DESCRIPTION]`},
	{"a file with nothing in it", "", "run m.json", exitFailed,
		`m.json:1:1: error: The definition is empty [MISSING_DESCRIPTION]`},
	{"fields in small letters", `{"startAt":"A","States":{"A":{"Type":"Succeed"}}}`, "validate m.json", exitFailed,
		`m.json:1:2: error: Field 'startAt' is not supported at /startAt; did you mean "StartAt"? [SCHEMA_VALIDATION_FAILED]`},
	{"a misspelt StartAt", `{"StartAt":"Frist","States":{"First":{"Type":"Succeed"}}}`, "validate m.json", exitFailed,
		`m.json:1:12: error: Missing 'Next' target: Frist at /StartAt; did you mean "First"? [MISSING_TRANSITION_TARGET]`},
	{"a misspelt Next", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Shp"},"Ship":{"Type":"Succeed"}}}`, "validate m.json", exitFailed,
		`m.json:1:52: error: Missing 'Next' target: Shp at /States/A/Next; did you mean "Ship"? [MISSING_TRANSITION_TARGET]`},
	{"neither Next nor End", `{"StartAt":"A","States":{"A":{"Type":"Pass"}}}`, "validate m.json", exitFailed,
		`m.json:1:30: error: This object should have only one of the following fields: [Next, End] (it has none of them) at /States/A [SCHEMA_VALIDATION_FAILED]`},
	{"a misspelt Type", `{"StartAt":"A","States":{"A":{"Type":"Taks","Resource":"r","End":true}}}`, "validate m.json", exitFailed,
		`m.json:1:38: error: Value should be one of the following: [Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map] at /States/A/Type; did you mean "Task"? [SCHEMA_VALIDATION_FAILED]`},
	{"a path in a field without .$", `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"id":"$.id"},"End":true}}}`, "validate m.json", exitOK,
		`m.json:1:64: warning: The value looks like a path, but the field's name does not end in ".$" at /States/A/Parameters/id; did you mean "id.$"? [NO_DOLLAR]`},
	{"a text in a field with .$", `{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"id.$":"id"},"End":true}}}`, "validate m.json", exitFailed,
		`m.json:1:67: error: The value for the field 'id.$' must be a valid JSONPath or a valid intrinsic function call (neither a path, which begins with '$', nor a call of an Intrinsic Function) at /States/A/Parameters/id.$ [SCHEMA_VALIDATION_FAILED]`},
	{"a misspelt comparison", `{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThen":1,"Next":"B"}]},"B":{"Type":"Succeed"}}}`, "validate m.json", exitFailed,
		`m.json:1:76: error: Field 'NumericGreaterThen' is not supported at /States/A/Choices/0/NumericGreaterThen; did you mean "NumericGreaterThan"? [SCHEMA_VALIDATION_FAILED]`},
	{"a number in quotes", `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":"10","End":true}}}`, "validate m.json", exitFailed,
		`m.json:1:55: error: Expected value of type Integer at /States/A/Seconds [SCHEMA_VALIDATION_FAILED]`},
	{"a misspelt argument of an integration", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionNam":"f"},"End":true}}}`, "validate m.json", exitFailed,
		`m.json:1:102: error: The field 'FunctionName' is required but was missing (it has "FunctionNam") at /States/A/Parameters [SCHEMA_VALIDATION_FAILED]`},
	{"a way out of a branch", `{"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true,"Next":"C"}],"Default":"D"},"D":{"Type":"Succeed"}}}],"Next":"C"},"C":{"Type":"Succeed"}}}`, "validate m.json", exitFailed,
		`m.json:1:155: error: Missing 'Next' target: C (that state belongs to another graph; transitions stay within their own States) at /States/A/Branches/0/States/B/Choices/0/Next [MISSING_TRANSITION_TARGET]`},
	{"JSONPath's field in JSONata", `{"StartAt":"A","QueryLanguage":"JSONata","States":{"A":{"Type":"Pass","Parameters":{},"End":true}}}`, "validate m.json", exitFailed,
		`m.json:1:71: error: The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' QueryLanguage at /States/A/Parameters [SCHEMA_VALIDATION_FAILED]`},
	{"a function's name where AWS wants its ARN", aTask, "validate --aws m.json", exitFailed,
		`m.json:1:66: error: Value is not a valid resource ARN at /States/Charge/Resource [SCHEMA_VALIDATION_FAILED]`},
	{"a state that nothing leads to", `{"StartAt":"A","States":{"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}}}`, "run m.json", exitFailed,
		`m.json:1:49: error: State "B" is not reachable. at /States/B [MISSING_TRANSITION_TARGET]`},

	// In what the command is given.
	{"a misspelt command", aTask, "rnu m.json", exitUsage,
		`gostates: unknown command "rnu"; did you mean "run"? "gostates help" lists all`},
	{"a misspelt flag", aTask, "run m.json --answer a.json", exitUsage,
		"gostates run: unknown flag: --answer; did you mean --answers?\n" +
			"usage: gostates run FILE [--input JSON|@FILE] [--answers FILE] [--exec NAME=CMD] [FLAGS]"},
	{"one hyphen before a flag", aTask, "run m.json -input 1", exitUsage,
		"gostates run: unknown shorthand flag: 'i' in -input; did you mean --input?\n" +
			"usage: gostates run FILE [--input JSON|@FILE] [--answers FILE] [--exec NAME=CMD] [FLAGS]"},
	{"a file that there is not", aTask, "run order.asl.json", exitFailed,
		`gostates run: there is no file order.asl.json`},
	{"a misspelt file", aTask, "validate answrs.json", exitFailed,
		`gostates validate: there is no file answrs.json; did you mean answers.json?`},
	{"a folder", aTask, "validate .", exitFailed,
		`gostates validate: . is a folder: a file is wanted`},
	{"no answer for a task", aTask, `run m.json --input {"amount":7}`, exitFailed,
		`gostates run: state "Charge" asks for the task charge: give it an answer with --answers, as {"Charge": {"result": ...}}, or a command with --exec "charge=...". It is given` + "\n" + `{"amount":7}`},
	{"an input that is no JSON", aTask, "run m.json --input amount=7", exitFailed,
		`gostates run: the input is no JSON: line 1, column 1: unexpected 'a' where a value should stand`},
	{"an answer for a misspelt state", aTask, "run m.json --answers answers.json", exitFailed,
		`gostates run: answers.json: there is no state, function or resource "Chagre"; did you mean "Charge"?`},
	{"a misspelt field of an answer", aTask, "run m.json --answers field.json", exitFailed,
		`gostates run: field.json: state "Charge": unknown field "resutl"; did you mean "result"?`},
	{"a bare value as an answer", aTask, "run m.json --answers bare.json", exitFailed,
		`gostates run: bare.json: state "Charge": an answer is an object such as {"result": ...} or {"error": ...}, or an array of these, not 7`},
	{"a command that fails", aTask, "run m.json --exec charge=false", exitFailed,
		`FAILED in state "Charge" (event 5): Exit.1: exit status 1`},
	{"a definition as a case", aTask, "test m.json", exitFailed,
		"FAIL m.json, case 1: the case can't be read: it is a definition, and no case: that has a definition, and what is expected of it\n0 passed, 1 failed"},
	{"a misspelt field of a case", `{"name":"c","definition":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},"inptu":7,"expect":{"status":"SUCCEEDED","output":{}}}`, "test m.json", exitFailed,
		"FAIL c: the case can't be read: c: unknown field \"inptu\"; did you mean \"input\"?\n0 passed, 1 failed"},
	{"a store that is not there", aTask, "ls --store orders.db", exitFailed,
		`gostates ls: there is no store orders.db`},
}

func TestMistakesOfANewcomer(t *testing.T) {
	require.GreaterOrEqual(t, len(newcomersMistakes), 25)
	for _, m := range newcomersMistakes {
		t.Run(m.mistake, func(t *testing.T) {
			inFolder(t, map[string]string{
				"m.json": m.file, "answers.json": `{"Chagre":{"result":7}}`, "field.json": `{"Charge":{"resutl":7}}`, "bare.json": `{"Charge":7}`,
			})
			code, out, err := gostates("", strings.Fields(m.args)...)
			assert.Equal(t, m.code, code)
			assert.Equal(t, m.says+"\n", out+err)
		})
	}
}
