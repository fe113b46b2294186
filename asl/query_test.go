package asl_test

import (
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A scope is what the fields of a state see in tests.
type scope struct {
	env     jsonata.Environment
	context bool // was asked for
}

func (*scope) Context() any                { return value.NewObject() }
func (*scope) Variable(string) (any, bool) { return nil, false }
func (*scope) Random() uint64              { return 0 }

func (s *scope) Queries(context bool) jsonata.Environment {
	s.context = context
	return s.env
}

// payload parses the Output of a Pass state.
func payload(t *testing.T, json string) asl.Value {
	t.Helper()
	m, err := asl.Parse(jsonataOne(`{"Type":"Pass","Output":` + json + `,"End":true}`))
	require.NoError(t, err)
	return m.Find("S").(*asl.Pass).Output
}

func TestPayload(t *testing.T) {
	env := jsonata.Environment{Variables: jsonata.Bindings{"x": int64(3), "list": []any{int64(1), "a"}}}
	for json, want := range map[string]string{
		`null`:            `null`,
		`1.5`:             `1.5`,
		`"text"`:          `"text"`,
		`"{% $x %}"`:      `3`,
		`"{%$x+1%}"`:      `4`,
		`" {% $x %} "`:    `" {% $x %} "`,
		`["{% $x %}",[]]`: `[3,[]]`,
		`[]`:              `[]`,
		`"{% [] %}"`:      `[]`,
		`"{% null %}"`:    `null`,
		`{"b":{"a":"{% $list %}"},"c":[1,{}],"a.$":"$.x"}`: `{"b":{"a":[1,"a"]},"c":[1,{}],"a.$":"$.x"}`,
		`{"{% $x %}":1}`: `{"{% $x %}":1}`,
		`"{% 1/0 %}"`:    `"Infinity"`,
	} {
		v, err := payload(t, json).Eval(nil, &scope{env: env})
		require.NoError(t, err, json)
		assert.Equal(t, want, value.String(v), json)
	}
	p := payload(t, `{"a":[1,2]}`)
	first, err := p.Eval(nil, &scope{env: env})
	require.NoError(t, err)
	second, err := p.Eval(nil, &scope{env: env})
	require.NoError(t, err)
	assert.Same(t, first, second, "without expressions the value is shared")
}

func TestPayloadUsesContext(t *testing.T) {
	for json, uses := range map[string]bool{
		`1`: false, `"{% $states.input %}"`: false, `"{% $x.context %}"`: false,
		`"{% $states.context.State.Name %}"`: true, `{"a":[1,"{% $states %}"]}`: true, `"{% $states['context'] %}"`: true,
	} {
		s := &scope{env: jsonata.Environment{Variables: jsonata.Bindings{"states": value.NewObject(), "x": value.NewObject()}}}
		_, _ = payload(t, json).Eval(nil, s) // what it finds does not matter
		assert.Equal(t, uses, s.context, json)
	}
}

func TestQueryErrors(t *testing.T) {
	for json, cause := range map[string]string{
		`{"a":"{% $x %}"}`:        "The JSONata expression '$x' specified for the field 'Output/a' returned nothing (undefined).",
		`"{% $string %}"`:         "The JSONata expression '$string' specified for the field 'Output' returned an unsupported result type.",
		`["{%  1 + 'a'\n%}"]`:     `The JSONata expression '1 + 'a'' specified for the field 'Output[0]' threw an error during evaluation. T2002: The right side of the "+" operator must evaluate to a number`,
		`"{% ($x := 1; $x()) %}"`: "The JSONata expression '($x := 1; $x())' specified for the field 'Output' threw an error during evaluation. T1006: Attempted to invoke a non-function",
	} {
		_, err := payload(t, json).Eval(nil, &scope{})
		var failure *asl.QueryError
		require.ErrorAs(t, err, &failure, json)
		assert.EqualError(t, err, cause)
	}
	_, err := payload(t, `"{% [1..1000] %}"`).Eval(nil, &scope{env: jsonata.Environment{Budget: jsonata.Budget{Elements: 100}}})
	assert.ErrorContains(t, err, "threw an error during evaluation: ")
	var cause *jsonata.Error
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, "U1001", cause.Code)
}
