package asl_test

import (
	"fmt"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parseRule parses a Choice state with one rule and returns it.
func parseRule(t *testing.T, rule string) asl.ChoiceRule {
	t.Helper()
	s := parseOne[*asl.Choice](t, `{"Type":"Choice","Choices":[`+rule+`]}`, done)
	require.Len(t, s.Choices, 1)
	return s.Choices[0]
}

func TestParseChoice(t *testing.T) {
	s := parseOne[*asl.Choice](t, `{"Type":"Choice","InputPath":"$.a","OutputPath":"$.b","Assign":{"none":true},"Default":"Done",
		"Choices":[{"Variable":"$.x","IsPresent":true,"Next":"Done","Assign":{"hit":1},"Comment":"c"}]}`, done)
	assert.Equal(t, "$.a", fmt.Sprint(s.InputPath))
	assert.Equal(t, "$.b", fmt.Sprint(s.Output))
	assert.NotNil(t, s.Assign)
	assert.Equal(t, "Done", s.Default.Name())
	assert.Equal(t, "Done", s.Choices[0].Next.Name())
	assert.NotNil(t, s.Choices[0].Assign)
	assert.Equal(t, "c", s.Choices[0].Comment)

	s = parseOne[*asl.Choice](t, `{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"Done"}]}`, done)
	assert.Nil(t, s.Default)
}

func TestParseBooleanExpressions(t *testing.T) {
	rule := parseRule(t, `{"And":[{"Not":{"Variable":"$.a","IsNull":true}},{"Or":[{"Variable":"$.b","IsString":true},{"Variable":"$.c","IsNumeric":true}]}],"Next":"Done"}`)
	and := rule.Condition.(*asl.And)
	require.Len(t, and.Conditions, 2)
	not := and.Conditions[0].(*asl.Not)
	assert.Equal(t, asl.IsNull, not.Condition.(*asl.Comparison).Operator)
	or := and.Conditions[1].(*asl.Or)
	require.Len(t, or.Conditions, 2)
	assert.Equal(t, "$.c", or.Conditions[1].(*asl.Comparison).Variable.String())
}

// TestParseOperators covers all 39 comparisons of the specification.
func TestParseOperators(t *testing.T) {
	families := []struct {
		operators []asl.Operator
		operand   string
		want      any
		path      bool
	}{
		{[]asl.Operator{asl.StringEquals, asl.StringLessThan, asl.StringGreaterThan, asl.StringLessThanEquals, asl.StringGreaterThanEquals}, `"s"`, "s", true},
		{[]asl.Operator{asl.StringMatches}, `"s*"`, "s*", false},
		{[]asl.Operator{asl.NumericEquals, asl.NumericLessThan, asl.NumericGreaterThan, asl.NumericLessThanEquals, asl.NumericGreaterThanEquals}, `7`, int64(7), true},
		{[]asl.Operator{asl.BooleanEquals}, `true`, true, true},
		{[]asl.Operator{asl.TimestampEquals, asl.TimestampLessThan, asl.TimestampGreaterThan, asl.TimestampLessThanEquals, asl.TimestampGreaterThanEquals},
			`"2016-03-14T01:59:00Z"`, "2016-03-14T01:59:00Z", true},
		{[]asl.Operator{asl.IsNull, asl.IsPresent, asl.IsNumeric, asl.IsString, asl.IsBoolean, asl.IsTimestamp}, `false`, false, false},
	}
	comparisons := 0
	for _, family := range families {
		for _, op := range family.operators {
			t.Run(op.String(), func(t *testing.T) {
				comparisons++
				c := parseRule(t, fmt.Sprintf(`{"Variable":"$.v","%s":%s,"Next":"Done"}`, op, family.operand)).Condition.(*asl.Comparison)
				assert.Equal(t, op, c.Operator)
				assert.Equal(t, family.want, c.Operand)
				assert.Equal(t, "$.v", c.Variable.String())
				assert.Nil(t, c.Path)
				assert.Equal(t, op == asl.StringMatches, c.Pattern != nil)
				assert.Equal(t, op >= asl.TimestampEquals && op <= asl.TimestampGreaterThanEquals, !c.Time.IsZero())

				rule := fmt.Sprintf(`{"Variable":"$.v","%sPath":"$.w","Next":"Done"}`, op)
				if !family.path {
					_, err := asl.Parse(one(`{"Type":"Choice","Choices":[`+rule+`]}`, done))
					assert.Error(t, err, "%sPath does not exist", op)
					return
				}
				comparisons++
				c = parseRule(t, rule).Condition.(*asl.Comparison)
				assert.Equal(t, op, c.Operator)
				assert.Equal(t, "$.w", c.Path.String())
				assert.Nil(t, c.Operand)
			})
		}
	}
	assert.Equal(t, 39, comparisons)
}

func TestParseNumericOperands(t *testing.T) {
	for text, want := range map[string]any{
		"1": int64(1), "-3": int64(-3), "1.5": 1.5, "1e2": 100.0, "12345678901234567890": 12345678901234567890.0,
	} {
		c := parseRule(t, `{"Variable":"$.v","NumericEquals":`+text+`,"Next":"Done"}`).Condition.(*asl.Comparison)
		assert.Equal(t, want, c.Operand, text)
	}
}

func TestOperatorString(t *testing.T) {
	assert.Equal(t, "StringMatches", asl.StringMatches.String())
	assert.Empty(t, asl.Operator(0).String())
	assert.Empty(t, asl.Operator(200).String())
}

func TestBadRules(t *testing.T) {
	for rule, message := range map[string]string{
		`{"Variable":"$.v","Next":"Done"}`:                                                      "A comparison is missing: the rule needs one operator such as StringEquals",
		`{"StringEquals":"a","Next":"Done"}`:                                                    "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]",
		`{"Variable":"$.v","StringEquals":"a","IsNull":true,"Next":"Done"}`:                     "There should only be one of the following fields: [StringEquals, IsNull]",
		`{"Variable":"$.v","Not":{"Variable":"$.v","IsNull":true},"IsNull":true,"Next":"Done"}`: "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]",
		`{"Variable":"$.v","StringEquals":"a"}`:                                                 "These fields are required: [Next]",
		`{"Not":{"Variable":"$.v","IsNull":true,"Next":"Done"},"Next":"Done"}`:                  "Field 'Next' is not supported",
		`{"Not":{"Variable":"$.v","IsNull":true},"IsNull":true,"Next":"Done"}`:                  "Field 'IsNull' is not supported",
		`{"And":[],"Next":"Done"}`:                                                              "Value cannot be empty",
		`{"Or":[{"Variable":"$.v","IsNull":true,"Assign":{"x":1}}],"Next":"Done"}`:              "Field 'Assign' is not supported",
		`{"Variable":"$.v","NumericEquals":"1","Next":"Done"}`:                                  "Expected value of type Number",
		`{"Variable":"$.v","NumericEquals":1e999,"Next":"Done"}`:                                "The number is out of range",
		`{"Variable":"$.v","BooleanEquals":"true","Next":"Done"}`:                               "Expected value of type Boolean",
		`{"Variable":"$.v","StringEquals":1,"Next":"Done"}`:                                     "Expected value of type String",
		`{"Variable":"$.v","TimestampEquals":"2016-03-14","Next":"Done"}`:                       "String does not match RFC3339 timestamp",
		`{"Variable":"$.v","StringMatches":"a\\b","Next":"Done"}`:                               `The pattern is not valid: a backslash must be followed by * or \`,
		`{"Variable":"v","IsNull":true,"Next":"Done"}`:                                          "Value is not a Reference Path: Reference path didn't start with '$'",
		`{"Variable":"$.v","StringEqualsPath":"w","Next":"Done"}`:                               "Value is not a Reference Path: Reference path didn't start with '$'",
		`{"Condition":"{% true %}","Next":"Done"}`:                                              "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' QueryLanguage",
		`7`: "Expected value of type Object",
	} {
		t.Run(rule, func(t *testing.T) {
			ds := validate(one(`{"Type":"Choice","Choices":[`+rule+`],"Default":"Done"}`, done))
			assert.Contains(t, messages(ds), message)
		})
	}
}
