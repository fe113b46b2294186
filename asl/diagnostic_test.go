package asl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func validate(definition string) asl.Diagnostics {
	return asl.Parser{}.Validate([]byte(definition))
}

// messages returns the messages of the errors.
func messages(ds asl.Diagnostics) []string {
	var texts []string
	for _, d := range ds {
		if d.Severity == asl.Error {
			texts = append(texts, d.Message)
		}
	}
	return texts
}

// find returns the first diagnostic of a code.
func find(t *testing.T, ds asl.Diagnostics, code asl.Code) asl.Diagnostic {
	t.Helper()
	for _, d := range ds {
		if d.Code == code {
			return d
		}
	}
	require.Failf(t, "code not reported", "%s is not among %v", code, ds)
	return asl.Diagnostic{}
}

// pass is a state that is valid wherever it stands.
const pass = `{"Type":"Pass","End":true}`

// TestCodes has a definition for every code, and what is said about it.
func TestCodes(t *testing.T) {
	long := strings.Repeat("n", 81)
	inner := func(state string) string {
		return `{"Type":"Map","Catch":[{"ErrorEquals":["E"],"Assign":{"outer":1},"Next":"S"}],"End":true,"ItemProcessor":{"StartAt":"I","States":{"I":` + state + `}}}`
	}
	for _, c := range []struct {
		code       asl.Code
		severity   asl.Severity
		definition string
		message    string
		pointer    string
		location   string
	}{
		{asl.InvalidJSON, asl.Error, `{"StartAt":}`, "Unexpected character ('}' (code 125)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
			"", `[Source: (String)"{"StartAt":}"; line: 1, column: 13]`},
		{asl.MissingDescription, asl.Error, ``, "The definition is empty", "", ""},
		{asl.DefinitionTooLarge, asl.Error, strings.Repeat(" ", asl.MaxDefinitionSize+1), "The definition has 1048577 bytes, more than the 1048576 allowed", "", ""},
		{asl.SchemaValidationFailed, asl.Error, `[]`, "Definition must be a valid JSON object", "", ""},
		{asl.SchemaValidationFailed, asl.Error, `{}`, "These fields are required: [States, StartAt]", "", "/"},
		{asl.MissingTransitionTarget, asl.Error, one(`{"Type":"Pass","Next":"Gone"}`), "Missing 'Next' target: Gone", "/States/S/Next", "/States/S/Next"},
		{asl.MissingTransitionTarget, asl.Error, one(pass, `"T":`+pass), `State "T" is not reachable.`, "/States/T", "/States/T"},
		{asl.MissingTransitionTarget, asl.Warning, one(pass, `"T":{"Type":"Pass","Next":"U"},"U":{"Type":"Choice","Default":"T","Choices":[{"Variable":"$.x","IsNull":true,"Next":"S"}]}`),
			`State "T" is not reachable from StartAt`, "/States/T", "/States/T"},
		{asl.MissingEndState, asl.Error, one(`{"Type":"Pass","Next":"S"}`), "Workflow has no terminal state", "", ""},
		{asl.DuplicateStateName, asl.Error, one(pass, `"S":`+pass), "Duplicate State name: S", "/States/S", "/States/S"},
		{asl.InvalidStateName, asl.Error, `{"StartAt":"` + long + `","States":{"` + long + `":` + pass + `}}`,
			"Invalid State name: State '" + long + "' exceeds the 80-character limit allowed by the service", "/States/" + long, "/States/" + long},
		{asl.InvalidStateName, asl.Error, `{"StartAt":"","States":{"":` + pass + `}}`, "Invalid State name: it is empty", "/States/", "/States/"},
		{asl.DuplicateLabelName, asl.Error, one(labelled("I", `"l"`, `"Next":"T"`), `"T":`+labelled("J", `"l"`, `"End":true`)), "Duplicate Label name: l", "/States/T/Label", "/States/T/Label"},
		{asl.InvalidLabelName, asl.Error, one(labelled("I", `"a b"`, `"End":true`)), "Invalid Label name: Label 'a b' contains invalid characters", "/States/S/Label", "/States/S/Label"},
		{asl.ReservedVariableName, asl.Error, one(`{"Type":"Pass","Assign":{"states":1},"End":true}`), "Cannot assign to reserved variable '$states'.", "/States/S/Assign/states", "/States/S/Assign/states"},
		{asl.InvalidVariableName, asl.Error, one(`{"Type":"Pass","Assign":{"a-b.$":"$.x"},"End":true}`), "Invalid variable name 'a-b': the variable name contains invalid characters.", "/States/S/Assign/a-b.$", "/States/S/Assign/a-b.$"},
		{asl.NoDollar, asl.Warning, one(`{"Type":"Pass","Parameters":{"a":{"b":"$.x"}},"End":true}`), `The value looks like a path, but the field's name does not end in ".$"`, "/States/S/Parameters/a/b", "/States/S/Parameters/a/b"},
		{asl.NoPath, asl.Warning, one(`{"Type":"Choice","Choices":[{"Variable":"$.a","StringEquals":"$.b","Next":"T"}]}`, `"T":`+pass), "The value looks like a path, but 'StringEquals' compares with a literal", "/States/S/Choices/0/StringEquals", "/States/S/Choices[0]/StringEquals"},
		{asl.NoPath, asl.Warning, one(`{"Type":"Fail","Cause":"States.Format('{}', $.x)"}`), "The value looks like a path, but 'Cause' is taken as it stands", "/States/S/Cause", "/States/S/Cause"},
		{asl.PassResultIsStatic, asl.Warning, one(`{"Type":"Pass","Result":["States.UUID()"],"End":true}`), "Result is taken as it stands; use Parameters to evaluate a path", "/States/S/Result/0", "/States/S/Result[0]"},
		{asl.DuplicateField, asl.Error, one(`{"Type":"Pass","End":true,"End":true}`), "Field 'End' appears twice", "/States/S/End", "/States/S/End"},
		{asl.DuplicateField, asl.Error, one(`{"Type":"Pass","Parameters":{"x":[{"a":1,"a":2}]},"End":true}`), "Field 'a' appears twice", "/States/S/Parameters/x/0/a", "/States/S/Parameters/x[0]/a"},
		{asl.DuplicateVariableName, asl.Error, one(inner(`{"Type":"Pass","Assign":{"outer":2},"End":true}`)), "Variable 'outer' may already be assigned in an outer scope; an inner scope cannot assign it", "/States/S/ItemProcessor/States/I/Assign/outer", "/States/S/ItemProcessor/States/I/Assign/outer"},
		{asl.UnknownVariable, asl.Warning, one(inner(`{"Type":"Pass","InputPath":"$other.x","End":true}`)), "No state in reach assigns the variable 'other'", "/States/S/ItemProcessor/States/I/InputPath", "/States/S/ItemProcessor/States/I/InputPath"},
		{asl.EndlessGraph, asl.Warning, one(inner(`{"Type":"Pass","Next":"I"}`)), `No state here is terminal: one needs "End": true, or the type Succeed or Fail`, "/States/S/ItemProcessor", "/States/S/ItemProcessor"},
		{asl.EndlessGraph, asl.Warning, one(`{"Type":"Choice","Default":"L","Choices":[{"Variable":"$.a","IsNull":true,"Next":"T"}]}`, `"L":{"Type":"Pass","Next":"L"},"T":`+pass),
			`No path leads from state "L" to an end`, "/States/L", "/States/L"},
		{asl.UnknownErrorName, asl.Warning, one(`{"Type":"Task","Resource":"r","Retry":[{"ErrorEquals":["States.Timeot"]}],"End":true}`), `No reserved error is called "States.Timeot"`, "/States/S/Retry/0/ErrorEquals/0", "/States/S/Retry[0]/ErrorEquals[0]"},
		{asl.InvalidJSONata, asl.Error, one(`{"Type":"Pass","QueryLanguage":"JSONata","Output":[{"a/b":"{% 1 + %}"}],"End":true}`), "Unexpected end of expression", "/States/S/Output/0/a~1b", "/States/S/Output[0]/a/b"},
		{asl.UnsupportedJSONata, asl.Error, one(`{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% phone %}","End":true}`), "Reference to 'phone' at the top level is not supported.", "/States/S/Output", "/States/S/Output"},
		{asl.DoubtfulJSONata, asl.Warning, one(`{"Type":"Pass","QueryLanguage":"JSONata","Output":" {% 1 %} ","End":true}`), "The string is no expression, because of the white space around it", "/States/S/Output", "/States/S/Output"},
		{asl.UnsupportedFeature, asl.Error, one(`{"Type":"Map","End":true,"ItemBatcher":{"MaxItemsPerBatch":1},"ItemProcessor":{"StartAt":"I","States":{"I":` + pass + `}}}`),
			"A Map state in the mode INLINE cannot run with 'ItemBatcher'", "/States/S/ItemBatcher", "/States/S/ItemBatcher"},
	} {
		t.Run(string(c.code)+"/"+c.message, func(t *testing.T) {
			d := find(t, validate(c.definition), c.code)
			assert.Equal(t, c.severity, d.Severity)
			assert.Equal(t, c.message, d.Message)
			assert.Equal(t, c.pointer, d.Pointer)
			assert.Equal(t, c.location, d.Location)
		})
	}
}

// labelled is a Map state with a Label, the name of its worker and a transition.
func labelled(worker, label, transition string) string {
	return `{"Type":"Map","Label":` + label + `,` + transition + `,"ItemProcessor":{"StartAt":"` + worker + `","States":{"` + worker + `":` + pass + `}}}`
}

func TestWarningsAreNoError(t *testing.T) {
	definition := one(`{"Type":"Pass","Result":"$.x","End":true}`)
	require.NotEmpty(t, validate(definition))
	_, err := asl.Parse(definition)
	assert.NoError(t, err)
}

func TestInvalidDefinitionError(t *testing.T) {
	_, err := asl.Parse("{\n\"StartAt\": \"A\",\n\"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"Shp\"},\n\"Ship\": {\"Type\": \"Pass\", \"Result\": \"$.x\", \"End\": true}}}")
	invalid, ok := errors.AsType[*asl.InvalidDefinitionError](err)
	require.True(t, ok)
	assert.Len(t, invalid.Diagnostics, 2, "warnings are kept")
	assert.EqualError(t, err, `asl: 3:42: MISSING_TRANSITION_TARGET: Missing 'Next' target: Shp at /States/A/Next; did you mean "Ship"?`)

	_, err = asl.Parse(``)
	assert.EqualError(t, err, "asl: 1:1: MISSING_DESCRIPTION: The definition is empty")
}

func TestPositions(t *testing.T) {
	definition := `{
  "StartAt": "S",
  "States": {
    "S": {
      "Type": "Pass",
      "Coment": "märchenhaft", "Next": "Gone",
      "Parameters": { "x.$": "$.a[", "y": 1 },
      "InputPath": "$.größe[\u0022",
      "OutputPath": 7
    },
    "T": { "Type": "Succeed" }
  }
}`
	places := make(map[string][2]int)
	for _, d := range validate(definition) {
		places[d.Pointer] = [2]int{d.Line, d.Column}
	}
	assert.Equal(t, [2]int{6, 7}, places["/States/S/Coment"], "an unknown field is its name")
	assert.Equal(t, [2]int{6, 40}, places["/States/S/Next"], "columns count characters")
	assert.Equal(t, [2]int{9, 21}, places["/States/S/OutputPath"], "a wrong value is the value")
	assert.Equal(t, [2]int{11, 5}, places["/States/T"], "an unreachable state is its name")
	require.Contains(t, places, "/States/S/InputPath")
	assert.Equal(t, 8, places["/States/S/InputPath"][0])
	assert.Greater(t, places["/States/S/InputPath"][1], 21, "a mistake in an expression is inside the string")
	require.Contains(t, places, "/States/S/Parameters/x.$")
	assert.Equal(t, 7, places["/States/S/Parameters/x.$"][0])
}

func TestDiagnosticsAreSortedByPosition(t *testing.T) {
	ds := validate(`{"Foo":1,"StartAt":"Nowhere","States":{"A":{"Type":"Pass"},"B":{"Type":"Bogus"}},"Bar":2}`)
	require.Greater(t, len(ds), 4)
	for i := 1; i < len(ds); i++ {
		assert.LessOrEqual(t, ds[i-1].Column, ds[i].Column)
	}
}

func TestPointersAreEscaped(t *testing.T) {
	d := find(t, validate(`{"StartAt":"a/b~c","States":{"a/b~c":{"Type":"Pass","Next":"x"}}}`), asl.MissingTransitionTarget)
	assert.Equal(t, "/States/a~1b~0c/Next", d.Pointer)
	assert.Equal(t, "/States/a/b~c/Next", d.Location, "AWS escapes nothing")
}

func TestSuggestions(t *testing.T) {
	for _, c := range []struct{ definition, suggestion string }{
		{one(`{"Type":"Pass","Next":"Shp"}`, `"Ship":{"Type":"Succeed"}`), "Ship"},
		{one(`{"Type":"Pass","Next":"done"}`, done), "Done"},
		{one(`{"Type":"Pass","Next":"Somewhere"}`, done), ""},
		{`{"StartAt":"Frist","States":{"First":` + pass + `}}`, "First"},
		{one(`{"Type":"Pass","OuputPath":"$.a","End":true}`), "OutputPath"},
		{one(`{"Type":"Pass","output_path":"$.a","End":true}`), "OutputPath"},
		{one(`{"Type":"Task","Resource":"r","TimeoutSecond":1,"End":true}`), "TimeoutSeconds"},
		{one(`{"Type":"Passs","End":true}`), "Pass"},
		{one(`{"Type":"Choice","Choices":[{"Variable":"$.a","StringEqual":"x","Next":"Done"}]}`, done), "StringEquals"},
		{one(`{"Type":"Choice","Choices":[{"Variable":"$.a","NumericLessThanEqualPath":"$.b","Next":"Done"}]}`, done), "NumericLessThanEqualsPath"},
		{one(`{"Type":"Task","Resource":"r","Retry":[{"ErrorEquals":["E"],"MaxAttempt":1}],"End":true}`), "MaxAttempts"},
		{one(`{"Type":"Task","Resource":"r","Retry":[{"ErrorEquals":["E"],"JitterStrategy":"full"}],"End":true}`), "FULL"},
		{one(`{"Type":"Pass","Assign":{"total":1},"Next":"T"}`, `"T":{"Type":"Pass","InputPath":"$totl","End":true}`), "total"},
		{one(`{"Type":"Pass","Parameters":{"a":"$.x"},"End":true}`), "a.$"},
		{one(`{"Type":"Task","Resource":"r","Retry":[{"ErrorEquals":["States.Timeot"]}],"End":true}`), "States.Timeout"},
		{one(`{"Type":"Task","Resource":"r","Retry":[{"ErrorEquals":["States.OutOfStock"]}],"End":true}`), ""},
	} {
		var suggestions []string
		for _, d := range validate(c.definition) {
			if d.Suggestion != "" {
				suggestions = append(suggestions, d.Suggestion)
			}
		}
		if c.suggestion == "" {
			assert.Empty(t, suggestions, c.definition)
		} else {
			assert.Contains(t, suggestions, c.suggestion, c.definition)
		}
	}
}

func TestTransitionIntoAnotherGraph(t *testing.T) {
	d := find(t, validate(one(`{"Type":"Parallel","Next":"Done","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Done"}}}]}`, done)), asl.MissingTransitionTarget)
	assert.Equal(t, "/States/S/Branches/0/States/A/Next", d.Pointer)
	assert.Contains(t, d.Detail, "another graph")
	assert.Empty(t, d.Suggestion)
}

func TestEveryProblemIsReported(t *testing.T) {
	ds := validate(`{"StartAt":"S","TimeoutSeconds":-1,"States":{
		"S":{"Type":"Task","InputPath":"x","TimeoutSeconds":"1","Retry":[{"ErrorEquals":[]}],"Next":"Gone"},
		"T":{"Type":"Wait","Seconds":-1}}}`)
	for _, message := range []string{
		"These fields are required: [Resource]", "Value must be a valid JSONPath.", "Expected value of type Integer",
		"Value cannot be empty", "Missing 'Next' target: Gone", `State "T" is not reachable.`, "Minimum value is 0",
		"This object should have only one of the following fields: [Next, End]",
	} {
		assert.Contains(t, messages(ds), message)
	}
}

// TestEndlessProblems: a definition that is wrong throughout is answered, too,
// and in time.
func TestEndlessProblems(t *testing.T) {
	var states strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&states, `"state number %d":{"Type":"Pass","Nex":1,"Result":"$.x","Next":"a stote %d"},`, i, i)
	}
	ds := validate(`{"StartAt":"Done","States":{` + states.String() + done + `}}`)
	count := make(map[asl.Severity]int)
	for _, d := range ds {
		count[d.Severity]++
	}
	assert.Equal(t, map[asl.Severity]int{asl.Error: 1000, asl.Warning: 1000}, count)
}
