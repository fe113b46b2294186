package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// output is a machine with a Pass state that has an expression for its Output.
func output(expression string) string {
	return jsonataOne(fmt.Sprintf(`{"Type":"Pass","Output":%s,"End":true}`, value.String("{% "+expression+" %}")))
}

// TestReferences: an expression has no input of its own. Which names AWS reports, and
// which expressions it accepts, is reported as measured for most of these.
// Implements the chapter "JSONata Restrictions".
func TestReferences(t *testing.T) {
	for expression, names := range map[string]string{
		"phone": "phone", "phone[0].number": "phone", "phone.number.street": "phone", "-phone": "phone", "phone ? 1 : 2": "phone",
		"$states.input.a ? phone : 2": "phone", "phone & 'x'": "phone", "phone in $states.input.b": "phone", "$sum(phone)": "phone",
		"phone ~> $string()": "phone", "[1..phone]": "phone", "(phone)": "phone", "(phone).other": "phone", "[phone].other": "phone",
		"{phone: 1}": "phone", "($x := phone; $x)": "phone", "$map($states.input.a, function($y){ phone })": "phone",
		"$count(phone[inner])": "phone", "phone.**.deeper": "phone", "phone + phone": "phone", "aaa + bbb": "aaa bbb", "[bbb, aaa, bbb]": "bbb aaa",
		"$": "$", "$.phone": "$", "$[0]": "$", "$string($)": "$", "$map($states.input.a, function($x){ $ })": "$",

		"$states.input.phone": "", "$states.input.a.phone[0]": "", "$states.input.items[phone > 3]": "", "$states.input.a^(phone)": "",
		"$states.input.a{'k': phone}": "", "$states.input.a.(phone)": "", "$states.input.a ~> $string()": "", "$states.input ~> |phone|{'b': 1}|": "",
		"{'k': 1}.phone": "", "$states.input.a[0][phone]": "", "$states.input.a[$ > 1]": "", "function($x){ $x.phone }": "",
		"'phone'": "", "1 + 1": "", "$now()": "", "$states": "", "$states.context.Execution.Id": "", "$states.input.errorOutput": "", "$states.*": "",
		"$partition([1,2,3], 2)": "", "$hash('a', 'MD5')": "", "$uuid()": "", "$parse('1')": "", "$range(1, 2, 1)": "", "$random(1)": "",
	} {
		var want []string
		for _, name := range strings.Fields(names) {
			want = append(want, "Reference to '"+name+"' at the top level is not supported.")
		}
		ds := validate(output(expression))
		assert.Equal(t, want, messages(ds), expression)
		for _, d := range ds {
			assert.Equal(t, asl.UnsupportedJSONata, d.Code)
			assert.Equal(t, "/States/S/Output", d.Location)
		}
	}
	assert.Equal(t, []string{"Reference to '$$' is not supported."}, messages(validate(output("$$.a"))))
	assert.Equal(t, "'**' at the top level finds nothing", find(t, validate(output("**.phone")), asl.DoubtfulJSONata).Message)
	assert.Equal(t, "$states.input.phone", validate(output("phone"))[0].Suggestion)
	assert.Equal(t, "$states.context", validate(output("context.State"))[0].Suggestion)
	assert.Equal(t, "$states.input", validate(output("$"))[0].Suggestion)
}

// TestStateFields: input and context can be seen everywhere, result in Output and
// Assign of what has a result, errorOutput in Catchers.
// Implements the chapter "Reserved "states" Variable with JSONata".
func TestStateFields(t *testing.T) {
	const end = `,"Next":"Done"}`
	task := `{"Type":"Task","Resource":"r",`
	each := `{"Type":"Map","ItemProcessor":` + worker + `,`
	for _, c := range []struct{ sees, state string }{
		{"", `{"Type":"Pass","Output":"%s"` + end},
		{"", `{"Type":"Pass","Assign":{"v":["%s"]}` + end},
		{"", `{"Type":"Wait","Seconds":"%s"` + end},
		{"", `{"Type":"Wait","Timestamp":"%s"` + end},
		{"", `{"Type":"Wait","Seconds":1,"Output":"%s"` + end},
		{"", `{"Type":"Choice","Choices":[{"Condition":"%s","Next":"Done"}]}`},
		{"", `{"Type":"Choice","Choices":[{"Condition":true,"Output":{"a":"%s"},"Next":"Done"}]}`},
		{"", `{"Type":"Choice","Choices":[{"Condition":true,"Assign":{"a":"%s"},"Next":"Done"}]}`},
		{"", `{"Type":"Choice","Choices":[{"Condition":true,"Next":"Done"}],"Output":"%s"}`},
		{"", task + `"Arguments":{"a":"%s"}` + end},
		{"", task + `"TimeoutSeconds":"%s"` + end},
		{"", task + `"HeartbeatSeconds":"%s"` + end},
		{"", task + `"Credentials":"%s"` + end},
		{"result", task + `"Output":"%s"` + end},
		{"result", task + `"Assign":{"v":"%s"}` + end},
		{"errorOutput", task + `"Catch":[{"ErrorEquals":["E"],"Output":"%s","Next":"Done"}]` + end},
		{"errorOutput", task + `"Catch":[{"ErrorEquals":["E"],"Assign":{"v":"%s"},"Next":"Done"}]` + end},
		{"", `{"Type":"Parallel","Branches":[` + worker + `],"Arguments":"%s"` + end},
		{"result", `{"Type":"Parallel","Branches":[` + worker + `],"Output":"%s"` + end},
		{"", each + `"Items":"%s"` + end},
		{"", each + `"Items":["%s"]` + end},
		{"", each + `"ItemSelector":{"a":"%s"}` + end},
		{"", each + `"MaxConcurrency":"%s"` + end},
		{"", each + `"ToleratedFailureCount":"%s"` + end},
		{"", each + `"ToleratedFailurePercentage":"%s"` + end},
		{"result", each + `"Output":"%s"` + end},
		{"", `{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Output":"%s","End":true}}}` + end},
	} {
		for _, field := range []string{"input", "context", "result", "errorOutput"} {
			definition := jsonataOne(fmt.Sprintf(c.state, "{% $states."+field+".x %}"), done)
			ds := validate(definition)
			if field == "input" || field == "context" || field == c.sees {
				assert.Empty(t, ds, definition)
				continue
			}
			require.Len(t, ds, 1, definition)
			assert.Equal(t, asl.UnsupportedJSONata, ds[0].Code)
			assert.Equal(t, "Field '$states."+field+"' does not exist.", ds[0].Message)
			assert.NotEmpty(t, ds[0].Detail)
		}
	}
	d := find(t, validate(output("$states.inptu")), asl.UnsupportedJSONata)
	assert.Equal(t, "input", d.Suggestion)
}

// TestInvalidExpressions: the messages are reported as measured on AWS for most of these.
func TestInvalidExpressions(t *testing.T) {
	for expression, message := range map[string]string{
		"a[1,2)":             `Expected "]", got ","`,
		`"unterminated`:      "String literal must be terminated by a matching quote",
		"1 +":                "Unexpected end of expression",
		`{"a":}`:             `The symbol "}" cannot be used as a unary operator`,
		"$x :=":              "Unexpected end of expression",
		`$match("a", /abc`:   "No terminating / in regular expression",
		"phone %.other":      `The symbol "." cannot be used as a unary operator`,
		"":                   "Unexpected end of expression",
		"1 %} and {% 2":      `The symbol "}" cannot be used as a unary operator`,
		"$states.input ?: 1": `The symbol ":" cannot be used as a unary operator`,
	} {
		ds := validate(output(expression))
		require.Len(t, ds, 1, expression)
		assert.Equal(t, asl.InvalidJSONata, ds[0].Code)
		assert.Equal(t, message, ds[0].Message, expression)
		assert.Equal(t, "/States/S/Output", ds[0].Location)
	}
	for _, expression := range []string{"{%%}", "{%10%}", "{% \n10         %}"} {
		ds := validate(jsonataOne(`{"Type":"Pass","Output":` + value.String(expression) + `,"End":true}`))
		assert.Equal(t, expression == "{%%}", ds.Err() != nil, "%q: %v", expression, ds)
	}
}

// TestPlacesInExpressions: line and column point into the string, past its escapes.
func TestPlacesInExpressions(t *testing.T) {
	for text, column := range map[string]int{
		`"{% phone %}"`:                    5,
		`"{% 1 + phone.x %}"`:              9,
		`"{% \"ä\\n\u00e4\" & phone %}"`:   22,
		`"{% '😀' & $states.result %}"`:     11,
		`"{% $states.errorOutput.Cause%}"`: 5,
		`"{% $string($$) %}"`:              13,
		`"{% 1 + * 2) %}"`:                 11,
		`"{% [1,2 %}"`:                     10,
		`"{% 1 + %}"`:                      9,
		`"{% $nowhere %}"`:                 5,
	} {
		ds := validate("{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"End\":true,\"Output\":\n" + text + "}}}")
		require.Len(t, ds, 1, text)
		assert.Equal(t, 2, ds[0].Line, text)
		assert.Equal(t, column, ds[0].Column, "%s: %s", text, ds[0])
	}
}

// TestNearExpressions: AWS documents that a string which is improperly opened or closed
// is refused, and the words are reported; measured is that white space around it makes it an ordinary one.
func TestNearExpressions(t *testing.T) {
	for text, c := range map[string]struct {
		code    asl.Code
		message string
	}{
		`"{% 10 %"`:         {asl.SchemaValidationFailed, "JSONata string must start with {% and end with %}"},
		`"10 %}"`:           {asl.SchemaValidationFailed, "JSONata string must start with {% and end with %}"},
		`"{%}"`:             {asl.SchemaValidationFailed, "JSONata string must start with {% and end with %}"},
		`"{% 1 %}\n"`:       {asl.SchemaValidationFailed, "JSONata string must start with {% and end with %}"},
		`" {% 1 %} "`:       {asl.DoubtfulJSONata, "The string is no expression, because of the white space around it"},
		`"a {% 1 %} b"`:     {asl.DoubtfulJSONata, "The string is no expression, because there is text outside of '{%' and '%}'"},
		`{"x.$":"$.a"}`:     {asl.DoubtfulJSONata, `The value looks like a path, but in JSONata a field's name that ends in ".$" means nothing`},
		`{"x.$":"{% 1 %}"}`: {}, `"10%"`: {}, `"{ 1 }"`: {}, `"$states.input"`: {}, `{"{% 1 %}":1}`: {}, `{"x":"$.a"}`: {},
	} {
		ds := validate(jsonataOne(`{"Type":"Pass","Output":` + text + `,"End":true}`))
		if c.code == "" {
			assert.Empty(t, ds, text)
			continue
		}
		require.Len(t, ds, 1, text)
		assert.Equal(t, c.code, ds[0].Code, text)
		assert.Equal(t, c.message, ds[0].Message, text)
	}
	for _, state := range []string{
		`{"Type":"Fail","Error":"{% 'E' "}`, `{"Type":"Fail","Cause":"E %}"}`, `{"Type":"Wait","Seconds":"{% 1","End":true}`,
		`{"Type":"Wait","Timestamp":"{% $now()","End":true}`, `{"Type":"Choice","Choices":[{"Condition":"{% true","Next":"S"}],"Default":"S"}`,
		`{"Type":"Pass","Assign":{"v":"{% 1"},"End":true}`, `{"Type":"Map","Items":"{% [1]","ItemProcessor":` + worker + `,"End":true}`,
	} {
		find(t, validate(jsonataOne(state)), asl.SchemaValidationFailed)
	}
	assert.Equal(t, "{% 1 %}", validate(jsonataOne(`{"Type":"Succeed","Output":" {% 1 %} "}`))[0].Suggestion)
	assert.Equal(t, "{% 1 %}", validate(jsonataOne(`{"Type":"Succeed","Output":"{% 1 %} "}`))[0].Suggestion)
	_, err := asl.Parse(one(`{"Type":"Pass","Parameters":{"a":"{% not this state's language"},"End":true}`))
	assert.NoError(t, err)
}

// TestDistributedExpressions: all of the fields that take expressions are checked.
func TestDistributedExpressions(t *testing.T) {
	ds := validate(jsonataOne(`{"Type":"Map","End":true,
		"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Arguments":{"Bucket":"{% a %}"},"ReaderConfig":{"MaxItems":"{% b %}","CSVHeaders":["{% no expression %}"]}},
		"ItemBatcher":{"BatchInput":{"x":"{% c %}"},"MaxItemsPerBatch":"{% d %}"},
		"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":"{% e %}"},
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}}`))
	var locations []string
	for _, d := range ds {
		if d.Code == asl.UnsupportedJSONata {
			locations = append(locations, d.Location)
		}
	}
	assert.Equal(t, []string{"/States/S/ItemReader/Arguments/Bucket", "/States/S/ItemReader/ReaderConfig/MaxItems", "/States/S/ItemBatcher/BatchInput/x",
		"/States/S/ItemBatcher/MaxItemsPerBatch", "/States/S/ResultWriter/Arguments"}, locations)
}
