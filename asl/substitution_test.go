package asl_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSubstitutionsInExpressions: what a deployment tool is to put in is named, and the
// machine can be parsed; the expression fails when it runs.
func TestSubstitutionsInExpressions(t *testing.T) {
	for _, state := range []string{
		`{"Type":"Pass","Output":"{% ${Limit} + $states.input.a %}","End":true}`,
		`{"Type":"Pass","Output":{"a":["{% [${AWS::Region}, ${Table.Arn}] %}"]},"End":true}`,
		`{"Type":"Wait","Seconds":"{% ${Delay} %}","End":true}`,
		`{"Type":"Choice","Choices":[{"Condition":"{% ${Enabled} = true %}","Next":"Done"}],"Default":"Done"}`,
	} {
		definition := jsonataOne(state)
		if strings.Contains(state, "Done") {
			definition = jsonataOne(state, done)
		}
		ds := validate(definition)
		require.Len(t, ds, 1, state)
		assert.Equal(t, asl.UnmadeSubstitution, ds[0].Code)
		assert.Equal(t, asl.Warning, ds[0].Severity)
		assert.Contains(t, ds[0].Detail, "CloudFormation")
		assert.Equal(t, strings.Index(definition, "${")+1, ds[0].Column, state)
	}

	m, err := asl.Parse(jsonataOne(`{"Type":"Wait","Seconds":"{% ${Limit} + 1 %}","End":true}`))
	require.NoError(t, err)
	_, err = m.Find("S").(*asl.Wait).Seconds.Query.Eval(jsonata.Environment{})
	assert.EqualError(t, err, "The JSONata expression '${Limit} + 1' specified for the field 'Seconds' threw an error during evaluation: the substitution ${Limit} was not made")

	d := find(t, validate(jsonataOne(`{"Type":"Pass","Output":"{% ${Limit} + %}","End":true}`)), asl.InvalidJSONata)
	assert.Contains(t, d.Detail, "CloudFormation", "another mistake stays one")
	for _, plain := range []string{`'${Limit}'`, `$states.input{a: 1}`, `$states.input.a & '${'`} {
		assert.Empty(t, validate(jsonataOne(`{"Type":"Pass","Output":"{% `+plain+` %}","End":true}`)), plain)
	}
}

// TestTextsThatAreNoJSON says what they are, and does not quote them.
func TestTextsThatAreNoJSON(t *testing.T) {
	for text, detail := range map[string]string{
		"Comment: bakes\nStartAt: Bake\nStates:\n  Bake:\n    Type: Pass\n": "YAML",
		"---\n# bakes\nStates:\n  Bake: {Type: Pass, End: true}\n":          "YAML",
		`{"StartAt":"S","States":{"S":{"Type":"Wait","Seconds":${Delay}}}}`: "CloudFormation",
		`{"StartAt":"S","States":{"S":{"Type":"Pass","End":true}}`:          "",
		`{"StartAt":"S","States":{"S":{"Type":"Pass","End":true]}}`:         "",
		`{"StartAt":"S","States":{"S":{"Type":"Pass","End":true}`:           "",
		"bake the bread": "",
	} {
		ds := validate(text)
		require.Len(t, ds, 1, text)
		assert.Equal(t, asl.InvalidJSON, ds[0].Code)
		assert.NotContains(t, ds[0].String(), "Source", text)
		assert.Less(t, len(ds[0].Message), 150)
		if detail == "" {
			assert.Empty(t, ds[0].Detail, text)
		} else {
			assert.Contains(t, ds[0].Detail, detail, text)
		}
		assert.Contains(t, ds.AWSMessage(), "[Source: (String)", "AWS quotes it")
	}
}
