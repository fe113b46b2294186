package jsonata_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClassicLanguage(t *testing.T) {
	for _, expression := range []string{`a ?: 1`, `a ?? 1`} {
		_, err := jsonata.Language{Classic: true}.Compile(expression)
		failure, ok := errors.AsType[*jsonata.Error](err)
		require.True(t, ok, expression)
		assert.Equal(t, "S0211", failure.Code)
	}
	_, err := jsonata.Language{Classic: true}.Compile(`a ? 1 : function($s)<s?:s>{ $s }("x")`)
	assert.NoError(t, err)
}

func TestFunctionsLeftOut(t *testing.T) {
	language := jsonata.Language{Without: []string{"eval"}}
	e, err := language.Compile(`$eval("1")`)
	require.NoError(t, err)
	_, _, err = e.Eval(nil, jsonata.Environment{})
	failure, _ := errors.AsType[*jsonata.Error](err)
	require.NotNil(t, failure)
	assert.Equal(t, "T1006", failure.Code)
	assert.Equal(t, "eval", failure.Token)
}

func TestExtensions(t *testing.T) {
	boom := errors.New("no such user")
	language := jsonata.Language{Functions: []jsonata.Extension{
		{Name: "user", Signature: "<s-:o>", Call: func(_ jsonata.Call, args []any) (any, error) {
			switch args[0] {
			case "ann":
				return value.NewObject(value.Member{Key: "name", Value: "Ann"}), nil
			case "nobody":
				return jsonata.Undefined{}, nil
			}
			return nil, boom
		}},
		{Name: "sum", Signature: "<a:n>", Call: func(_ jsonata.Call, args []any) (any, error) { return int64(len(args[0].([]any))), nil }},
		{Name: "twice", Signature: "<fx:x>", Call: func(c jsonata.Call, args []any) (any, error) {
			v, err := c.Invoke(args[0].(jsonata.Function), args[1])
			if err != nil {
				return nil, err
			}
			return c.Invoke(args[0].(jsonata.Function), v)
		}},
		{Name: "kinds", Call: func(_ jsonata.Call, args []any) (any, error) {
			for _, arg := range args {
				switch arg.(type) {
				case nil, int64, []any, jsonata.Undefined:
				default:
					return nil, errors.New("not a plain value")
				}
			}
			return int64(len(args)), nil
		}},
	}}
	for expression, want := range map[string]string{
		`$user("ann").name`:                             `"Ann"`,
		`["ann", "nobody"].$user().name`:                `"Ann"`,
		`$sum([5, 6, 7])`:                               `3`,
		`$twice(function($x){ $x * 3 }, 2)`:             `18`,
		`$twice(function($x){ $x.[$, 1] }, 0)`:          `[[0,1],[1,1]]`,
		`$kinds(null, 1, [1..3], nothing, [1,2].[$])`:   `5`,
		`$map(["ann", "ann"], $user).name ~> $join("")`: `"AnnAnn"`,
	} {
		e, err := language.Compile(expression)
		require.NoError(t, err, expression)
		v, ok, err := e.Eval(nil, jsonata.Environment{})
		require.NoError(t, err, expression)
		assert.True(t, ok, expression)
		assert.Equal(t, want, value.String(v), expression)
	}
	e, err := language.Compile(`$user("eve")`)
	require.NoError(t, err)
	_, _, err = e.Eval(nil, jsonata.Environment{})
	require.ErrorIs(t, err, boom)
	failure, _ := errors.AsType[*jsonata.Error](err)
	assert.Equal(t, "user", failure.Token)

	_, err = jsonata.Language{Functions: []jsonata.Extension{{Name: "bad", Signature: "<n<s>>"}}}.Compile(`1`)
	assert.Error(t, err)
}

func TestExtraFunctions(t *testing.T) {
	language := jsonata.Language{Functions: jsonata.ExtraFunctions()}
	for expression, want := range map[string]string{
		`$partition([1, 2, 3, 4, 5], 2)`: `[[1,2],[3,4],[5]]`,
		`$range(0, 10, 5)`:               `[0,5,10]`,
		`$range(5, 1, -2)`:               `[5,3,1]`,
		`$random(42)`:                    `0.7275636800328681`,
		`$hash("abc", "SHA-256")`:        `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`,
		`$parse("{\"b\":[1,null]}").b`:   `[1,null]`,
		`$length($uuid())`:               `36`,
		`$substring($uuid(), 14, 1)`:     `"4"`,
		`$uuid() = $uuid()`:              `false`,
	} {
		e, err := language.Compile(expression)
		require.NoError(t, err, expression)
		v, _, err := e.Eval(nil, jsonata.Environment{})
		require.NoError(t, err, expression)
		assert.Equal(t, want, value.String(v), expression)
	}
	for _, expression := range []string{`$partition([1], -1)`, `$hash("a", "CRC")`, `$parse("{")`} {
		e, err := language.Compile(expression)
		require.NoError(t, err, expression)
		_, _, err = e.Eval(nil, jsonata.Environment{})
		assert.Error(t, err, expression)
	}
}

func TestVariables(t *testing.T) {
	env := jsonata.Environment{Variables: jsonata.Bindings{"x": int64(5), "null": nil, "sum": "hidden"}}
	for expression, want := range map[string]string{
		`$x + 1`: `6`, `$null`: `null`, `$sum`: `"hidden"`, `($x := 1; $x)`: `1`, `$x := 2`: `2`, `$string($missing)`: ``,
	} {
		e, err := jsonata.Compile(expression)
		require.NoError(t, err)
		v, ok, err := e.Eval(nil, env)
		require.NoError(t, err)
		if want == "" {
			assert.False(t, ok, expression)
			continue
		}
		assert.True(t, ok, expression)
		assert.Equal(t, want, value.String(v), expression)
	}
}

func TestNullIsNotNothing(t *testing.T) {
	e, err := jsonata.Compile(`a`)
	require.NoError(t, err)
	v, ok, err := e.Eval(document(t, `{"a": null}`), jsonata.Environment{})
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Nil(t, v)
	_, ok, err = e.Eval(document(t, `{}`), jsonata.Environment{})
	require.NoError(t, err)
	assert.False(t, ok)
}

func TestReferences(t *testing.T) {
	for expression, want := range map[string][]jsonata.Reference{
		`phone.home & $states.input.name`: {
			{Name: "phone", Position: 5},
			{Variable: true, Name: "states", Fields: []string{"input", "name"}, Position: 20},
		},
		`$sum($x.[a, $y])`:                   {{Variable: true, Name: "x", Position: 7}, {Variable: true, Name: "y", Position: 14}},
		`($v := 1; $v + $$.a)`:               {{Name: "$$", Position: 17}},
		`$map($list, function($p){ $p.id })`: {{Variable: true, Name: "list", Position: 10}},
		`{"k": $}`:                           {{Name: "$", Position: 7}},
		`$x[id = 1]{name: $}`:                {{Variable: true, Name: "x", Position: 2}},
		`function($a){ $a + rate }`:          {{Name: "rate", Position: 23}},
		`*.a`:                                {{Name: "*", Position: 1}},
	} {
		e, err := jsonata.Compile(expression)
		require.NoError(t, err, expression)
		assert.Equal(t, want, slices.Collect(e.References()), expression)
	}
}

func TestExprIsSafeForManyGoroutines(t *testing.T) {
	input := document(t, shop)
	for _, seed := range seeds {
		e, err := jsonata.Compile(seed)
		require.NoError(t, err, seed)
		first, _, firstErr := e.Eval(input, environment())
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 5 {
					v, _, err := e.Eval(input, environment())
					assert.Equal(t, firstErr == nil, err == nil, seed)
					assert.Equal(t, value.String(first), value.String(v), seed)
				}
			})
		}
		group.Wait()
	}
}

func TestFunctionsInResults(t *testing.T) {
	for expression, want := range map[string]bool{`$sum`: true, `[1, {"f": function(){1}}]`: true, `/a/`: true, `[1]`: false} {
		e, err := jsonata.Compile(expression)
		require.NoError(t, err)
		v, _, err := e.Eval(nil, jsonata.Environment{})
		require.NoError(t, err)
		assert.Equal(t, want, jsonata.HasFunction(v), expression)
	}
}
