package jsonata_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A row is an expression and the JSON text of its value; "" where it yields
// nothing.
type row struct{ expression, want string }

// environment has a fixed time, 2024-02-29T13:05:09.042Z.
func environment() jsonata.Environment {
	return jsonata.Environment{Now: time.UnixMilli(1709211909042)}
}

func document(t testing.TB, text string) any {
	t.Helper()
	v, err := value.Parse(text)
	require.NoError(t, err)
	return v
}

// check evaluates each row over the input, twice, since an evaluation must
// leave nothing behind.
func check(t *testing.T, input any, rows []row) {
	t.Helper()
	for _, r := range rows {
		e, err := jsonata.Compile(r.expression)
		if !assert.NoError(t, err, r.expression) {
			continue
		}
		for range 2 {
			v, ok, err := e.Eval(input, environment())
			if !assert.NoError(t, err, r.expression) {
				break
			}
			if r.want == "" {
				assert.False(t, ok, "%s gives %v", r.expression, v)
				continue
			}
			assert.True(t, ok, "%s yields nothing", r.expression)
			assert.Equal(t, r.want, value.String(v), r.expression)
		}
	}
}

// refused gives the error of an expression, from compiling or evaluating it.
func refused(t *testing.T, input any, expression string) *jsonata.Error {
	t.Helper()
	e, err := jsonata.Compile(expression)
	if err == nil {
		_, _, err = e.Eval(input, environment())
	}
	require.Error(t, err, expression)
	failure, ok := errors.AsType[*jsonata.Error](err)
	require.True(t, ok, "%s: %v", expression, err)
	return failure
}

func TestLiteralsAndOperators(t *testing.T) {
	check(t, nil, []row{
		{`42`, `42`},
		{`-1.50`, `-1.5`},
		{`1.0`, `1`},
		{`"caf\u00e9 \"x\" \ud83d\ude00"`, `"café \"x\" 😀"`},
		{`true and not_there`, `false`},
		{`null`, `null`},
		{`1 + 2 * 3 - 4 / 8`, `6.5`},
		{`-7 % 3`, `-1`},
		{`nothing + 1`, ``},
		{`"a" & 1 & true & null & nothing & [1,"b"]`, `"a1truenull[1,\"b\"]"`},
		{`1 < 2 and "b" > "a" and 2 >= 2`, `true`},
		{`"\uFF5E" < "\ud83d\ude00"`, `false`}, // by UTF-16 code units, not by code points
		{`[1,{"a":2,"b":3}] = [1.0,{"b":3,"a":2}]`, `true`},
		{`nothing = nothing`, `false`},
		{`nothing != 1`, `false`},
		{`3 in [1,2,3]`, `true`},
		{`3 in 3`, `true`},
		{`[3] in [[3]]`, `false`}, // identity for what is no scalar
		{`false ? 1`, ``},
		{`"" ?: "default"`, `"default"`},
		{`null ?? "kept"`, `null`},
		{`nothing ?? "filled"`, `"filled"`},
		{`$string(1e21) & " " & $string(1e-7) & " " & $string(0.1 + 0.2)`, `"1e+21 1e-7 0.3"`},
		{`/* a comment */ 5`, `5`},
	})
}
