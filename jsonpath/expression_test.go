package jsonpath

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

func TestExpressionIsPathOrCall(t *testing.T) {
	s := &world{context: `{"Execution":{"Name":"e-1"}}`, variables: map[string]string{"n": "4"}}
	input := parse(t, `{"a":[1,2]}`)
	for text, want := range map[string]string{
		"$.a[1]":            "2",
		"$$.Execution.Name": `"e-1"`,
		"$n":                "4",
		"States.Array($.a)": "[[1,2]]",
		"States.Array( $.a , 'x',$n,$$.Execution.Name )":         `[[1,2],"x",4,"e-1"]`,
		"States.Array($.a[0,1], $.a[?(@ > 1)], $['a'])":          "[[1,2],[2],[1,2]]",
		"States.Array(1,-2.5,1e2,null,true,false,'','a, b)')":    `[1,-2.5,100.0,null,true,false,"","a, b)"]`,
		`States.Array('it\'s', '\{\}', '\\', '{"a":1}', 'ü')`:    `["it's","{}","\\","{\"a\":1}","ü"]`,
		"States.ArrayLength(States.Array(States.Array(), $.a)) ": "2",
	} {
		e, err := CompileExpression(text)
		if !assert.NoError(t, err, text) {
			continue
		}
		assert.Equal(t, text, e.String())
		assert.Equal(t, strings.HasPrefix(text, "$"), e.Path() != nil)
		v, err := e.Eval(input, s)
		assert.NoError(t, err, text)
		assert.Equal(t, want, value.String(v), text)
	}
}

func TestExpressionVariables(t *testing.T) {
	for text, want := range map[string][]string{
		"$.a":          nil,
		"$$.a":         nil,
		"$order.lines": {"order"},
		"States.Array($a, $b.c, States.Format('{}', $a[0]), $.d)": {"a", "b"},
	} {
		e, err := CompileExpression(text)
		require.NoError(t, err)
		assert.Equal(t, want, slices.Collect(e.Variables()), text)
	}
}

func TestCompileExpressionRefuses(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat("States.Array(", n) + strings.Repeat(")", n)
	}
	_, err := CompileExpression(nested(10))
	assert.NoError(t, err, "ten calls inside each other are allowed")

	for text, message := range map[string]string{
		"":                            "neither a path",
		"text":                        "neither a path",
		"$.":                          "does not end",
		" $.a":                        "neither a path",
		" States.UUID()":              "neither a path",
		"States.UUID ()":              "neither a path",
		"States.UUID":                 "neither a path",
		"States.Nothing()":            "no Intrinsic Function States.Nothing",
		"states.uuid()":               "no Intrinsic Function",
		"States.UUID() x":             "after the function",
		"States.UUID()[0]":            "after the function",
		"States.UUID(":                "where an argument should stand",
		"States.Array(1,)":            "where an argument should stand",
		"States.Array(,1)":            "where an argument should stand",
		"States.Array(1 2)":           "',' or ')'",
		"States.Array(1":              "',' or ')'",
		"States.Array('a)":            "does not end",
		`States.Array('a\n')`:         `after '\'`,
		`States.Array('say \"hi\"')`:  `after '\'`, // measured: AWS refuses the definition
		`States.Array('a\`:            `after '\'`,
		`States.Array("a")`:           "where an argument should stand",
		"States.Array(yes)":           `"yes" is no argument`,
		"States.Array(01)":            "is no argument",
		"States.Array(1.)":            "is no argument",
		"States.Array({})":            "where an argument should stand",
		"States.Array($.a[)":          "inside brackets",
		"States.Array(States.None())": "no Intrinsic Function States.None",
		"States.UUID(1)":              "States.UUID takes 0 arguments, not 1",
		"States.Format()":             "States.Format takes at least 1 argument, not 0",
		"States.MathRandom(1)":        "States.MathRandom takes 2 or 3 arguments, not 1",
		"States.StringToJson()":       "States.StringToJson takes 1 argument, not 0",
		"States.Hash(true, 'MD5')":    "a string, a number or a path",
		"States.MathAdd(1, '2')":      "argument 2",
		"States.MathAdd(null, 2)":     "argument 1",
		nested(11):                    "nested deeper than 10",
	} {
		_, err := CompileExpression(text)
		e, ok := errors.AsType[*SyntaxError](err)
		if assert.True(t, ok, "%s: %v", text, err) {
			assert.Contains(t, e.Message, message, text)
			assert.Equal(t, text, e.Expression)
		}
	}
}

func TestExpressionErrors(t *testing.T) {
	e, err := CompileExpression("States.Array($.a, States.ArrayLength($.b))")
	require.NoError(t, err)

	_, err = e.Eval(parse(t, `{"a":1}`), nil)
	missing, ok := errors.AsType[*NotFoundError](err)
	require.True(t, ok, err)
	assert.Equal(t, "$.b", missing.Path)

	_, err = e.Eval(parse(t, `{"a":1,"b":{"x":1}}`), nil)
	failed, ok := errors.AsType[*IntrinsicError](err)
	require.True(t, ok, err)
	assert.Equal(t, "States.ArrayLength", failed.Function)
	assert.Equal(t, `States.ArrayLength: argument 1 must be an array, not {"x":1}`, err.Error())
}
