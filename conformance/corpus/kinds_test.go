package corpus

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/conformance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// check reads one case of a kind and runs it.
func check(t *testing.T, kind Kind, text string) error {
	t.Helper()
	test, err := decoders[kind]([]byte(text), "")
	require.NoError(t, err)
	return test.Run(conformance.Simulator{})
}

const aPass = `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`

func TestValidity(t *testing.T) {
	assert.NoError(t, check(t, Validities, `{"name":"n","valid":true,"definition":`+aPass+`}`))
	assert.NoError(t, check(t, Validities, `{"name":"n","valid":false,"definition":{"States":{}}}`))
	assert.NoError(t, check(t, Definitions, `{"name":"n","definition":`+aPass+`}`))
	assert.ErrorContains(t, check(t, Validities, `{"name":"n","valid":false,"definition":`+aPass+`}`), "expected an invalid definition")
	assert.ErrorContains(t, check(t, Validities, `{"name":"n","valid":true,"definition":{"States":{}}}`), "expected a valid definition")
	assert.ErrorContains(t, check(t, Definitions, `{"name":"n","definition":{"States":{}}}`), "expected a valid definition")
}

func TestTemplates(t *testing.T) {
	const sam = `Resources: {M: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: ../a.json}}}`
	assert.NoError(t, check(t, Templates, `{"name":"x/t.yaml","kind":"template","template":"`+sam+`","files":{"../a.json":`+fmt.Sprintf("%q", aPass)+`}}`))
	assert.NoError(t, check(t, Templates, `{"name":"x/a.yaml","kind":"definition","template":"{StartAt: A, States: {A: {Type: Succeed}}}"}`))
	for text, failure := range map[string]string{
		`{"name":"x/t.yaml","kind":"template","template":"` + sam + `"}`:                                             "there is no such file",
		`{"name":"x/t.yaml","kind":"template","template":"` + sam + `","files":{"../a.json":"{\"StartAt\":\"A\"}"}}`: "These fields are required",
		`{"name":"x/t.yaml","kind":"template","template":"Resources: {}"}`:                                           "no state machine was found",
		`{"name":"x/t.yaml","kind":"definition","template":"` + sam + `"}`:                                           "expected a definition, actual: a template",
		`{"name":"x/t.yaml","kind":"template","template":"Resources: ["}`:                                            "can't be read",
	} {
		assert.ErrorContains(t, check(t, Templates, text), failure, text)
	}
	for text, failure := range map[string]string{
		`{"name":"n","kind":"template"}`:                                `it lacks "template"`,
		`{"name":"n","kind":"stencil","template":""}`:                   `not "stencil"`,
		`{"name":"n","kind":"template","template":"","file":{"a":"b"}}`: "file",
	} {
		_, err := decodeTemplate([]byte(text), "")
		assert.ErrorContains(t, err, failure, text)
	}
}

func TestRejections(t *testing.T) {
	for name, c := range map[string]struct {
		text, failure string
	}{
		"accepted": {`{"operation":"create_state_machine","definition":` + aPass + `,"expect":{}}`, ""},
		"accepted against expectation": {
			`{"operation":"create_state_machine","definition":` + aPass + `,"expect":{"error":{"code":"InvalidDefinition","message":"<any>"}}}`,
			"actual nothing"},
		"refused": {
			`{"operation":"create_state_machine","definition":{"StartAt":"A"},"expect":{"error":{"code":"InvalidDefinition",` +
				`"message":"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"}}}`, ""},
		"refused against expectation": {`{"operation":"create_state_machine","definition":{"StartAt":"A"},"expect":{}}`, "expected nothing"},
		"refused in other words": {
			`{"operation":"create_state_machine","definition":{"StartAt":"A"},"expect":{"error":{"code":"InvalidDefinition","message":"no"}}}`,
			`error.message: expected "no"`},
		"refused with the code alone binding": {
			`{"operation":"create_state_machine","definition":{"StartAt":"A"},"message_from_localstack":true,` +
				`"expect":{"error":{"code":"InvalidDefinition","message":"no"}}}`, ""},
		"refused with another code": {
			`{"operation":"create_state_machine","definition":{"StartAt":"A"},"message_from_localstack":true,` +
				`"expect":{"error":{"code":"Other","message":"no"}}}`, `error.code: expected "Other"`},
		"valid": {
			`{"operation":"validate_state_machine_definition","definition":` + aPass + `,"expect":{"result":"OK","diagnostics":[],"truncated":false}}`, ""},
		"invalid": {
			`{"operation":"validate_state_machine_definition","definition":{"StartAt":"A"},"expect":{"result":"FAIL","truncated":false,` +
				`"diagnostics":[{"severity":"ERROR","code":"SCHEMA_VALIDATION_FAILED","location":"/","message":"These fields are required: [States]"}]}}`, ""},
		"invalid with another diagnostic": {
			`{"operation":"validate_state_machine_definition","definition":{"StartAt":"A"},"expect":{"result":"FAIL","truncated":false,` +
				`"diagnostics":[{"severity":"ERROR","code":"OTHER","location":"/","message":"<any>"}]}}`, `diagnostics[0].code: expected "OTHER"`},
		"no more diagnostics than asked for": {
			`{"operation":"validate_state_machine_definition","definition":{"StartAt":"A","Foo":1},"params":{"maxResults":1},` +
				`"expect":{"result":"FAIL","truncated":true,"diagnostics":["<any>"]}}`, ""},
		"as many diagnostics as asked for": {
			`{"operation":"validate_state_machine_definition","definition":{"StartAt":"A","Foo":1},"params":{"maxResults":2},` +
				`"expect":{"result":"FAIL","truncated":false,"diagnostics":["<any>","<any>"]}}`, ""},
		"a hundred diagnostics when no number is asked for": {
			`{"operation":"validate_state_machine_definition","definition":{` + manyFields(101) + `},"params":{"maxResults":0},` +
				`"expect":{"result":"FAIL","truncated":true,"diagnostics":["<any>"` + strings.Repeat(`,"<any>"`, 99) + `]}}`, ""},
		"an update without a definition": {`{"operation":"update_state_machine","definition":null,"expect":{}}`, ""},
		"no definition": {
			`{"operation":"create_state_machine","definition":null,"expect":{"error":{"code":"InvalidDefinition","message":"<any>"}}}`, ""},
		"no JSON": {
			`{"operation":"create_state_machine","definition":"{","definition_raw":true,"expect":{"error":{"code":"InvalidDefinition","message":"<any>"}}}`, ""},
		"what only an Express machine must not have": {
			`{"operation":"create_state_machine","type":"EXPRESS","definition":{"StartAt":"A","States":{"A":{"Type":"Task","End":true,` +
				`"Resource":"arn:aws:states:us-east-1:123456789012:activity:a"}}},"expect":{"error":{"code":"InvalidDefinition","message":"<any>"}}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := check(t, Rejections, `{"name":"n",`+c.text[1:])
			if c.failure == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.failure)
			}
		})
	}
}

func TestPathCases(t *testing.T) {
	for _, c := range []struct{ fields, failure string }{
		{`"kind":"path","expr":"$.a[1]","input":{"a":[1,2]},"expect":{"result":2}`, ""},
		{`"kind":"path","expr":"$.a[1]","input":{"a":[1,2]},"expect":{"result":1}`, "result: expected 1, actual 2"},
		{`"kind":"path","expr":"$.a[1]","input":{"a":[1,2]},"expect":{"error":"x"}`, "expected an error, actual 2"},
		{`"kind":"path","expr":"$.b","input":{},"expect":{"error":"x"}`, ""},
		{`"kind":"path","expr":"$.b","input":{},"expect":{"result":1}`, "expected 1, actual error"},
		{`"kind":"path","expr":"$$.b","input":{},"context":{"b":1},"expect":{"result":1}`, ""},
		{`"kind":"path","expr":"b","input":{},"expect":{"error":"no path"}`, ""},
		{`"kind":"path","expr":1,"input":{},"expect":{"error":"no text"}`, ""},
		{`"kind":"refpath-get","expr":"$.a.b","input":{"a":{"b":1}},"expect":{"result":1}`, ""},
		{`"kind":"refpath-get","expr":"$.a[*]","input":{"a":[1]},"expect":{"error":"no reference"}`, ""},
		{`"kind":"inputpath","expr":null,"input":{"a":1},"expect":{"result":{}}`, ""},
		{`"kind":"inputpath","expr":{"$undefined":true},"input":{"a":1},"expect":{"result":{"a":1}}`, ""},
		{`"kind":"outputpath","expr":"$.a","input":{"a":1},"expect":{"result":1}`, ""},
		{`"kind":"resultpath","input":{"a":1},"result":2,"expect":{"result":2}`, ""},
		{`"kind":"resultpath","expr":null,"input":{"a":1},"result":2,"expect":{"result":{"a":1}}`, ""},
		{`"kind":"resultpath","expr":"$.b","input":{"a":1},"result":2,"expect":{"result":{"a":1,"b":2}}`, ""},
		{`"kind":"template","expr":{"b.$":"$.a","c":1},"input":{"a":1},"expect":{"result":{"b":1,"c":1}}`, ""},
		{`"kind":"template","expr":{"b.$":"a"},"input":{"a":1},"expect":{"error":"no path"}`, ""},
		{`"kind":"intrinsic","expr":"States.Array(1, $.a)","input":{"a":2},"expect":{"result":[1,2]}`, ""},
		{`"kind":"intrinsic","expr":"States.UUID()","input":{},"expect":{"result":"<any>-<any>-4<any>"}`, ""},
		{`"kind":"intrinsic","expr":"States.None()","input":{},"expect":{"error":"no function"}`, ""},
		{`"kind":"choice","expr":{"Variable":"$.a","NumericEquals":1,"Next":"X"},"input":{"a":1},"expect":{"result":true}`, ""},
		{`"kind":"choice","expr":{"Variable":"$.a","NumericEquals":1,"Next":"X"},"input":{"a":2},"expect":{"result":false}`, ""},
		{`"kind":"choice","expr":{"Variable":"$.b","NumericEquals":1,"Next":"X"},"input":{"a":2},"expect":{"error":"no path"}`, ""},
		{`"kind":"choice","expr":1,"input":{},"expect":{"error":"no rule"}`, ""},
		{`"kind":"choice-state","expr":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"X"}],"Default":"Y"},"input":{"a":2},"expect":{"result":"Y"}`, ""},
		{`"kind":"choice-state","expr":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"X"}]},"input":{"a":2},"expect":{"error":"no match"}`, ""},
		{`"kind":"choice-state","expr":1,"input":{"a":2},"expect":{"error":"no state"}`, ""},
		{`"kind":"other","expr":"$","input":{},"expect":{"result":1}`, `unknown kind of expression "other"`},
	} {
		err := check(t, Paths, `{"name":"n",`+c.fields+`}`)
		if c.failure == "" {
			assert.NoError(t, err, c.fields)
		} else {
			assert.ErrorContains(t, err, c.failure, c.fields)
		}
	}
	_, err := decodePathCase([]byte(`{"name":"n","kind":"path","expr":"$","expect":{}}`), "")
	assert.ErrorContains(t, err, `"expect" has not one of result and error`)
}

// manyFields writes so many fields that no state machine has.
func manyFields(n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"Field%d":1`, i)
	}
	return strings.Join(fields, ",")
}
