package jsonata_test

import (
	"errors"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestErrors(t *testing.T) {
	input := document(t, `{"a": [1, 2], "s": "text", "o": {"k": 1}}`)
	for _, c := range []struct{ expression, code, token, message string }{
		{`"open`, "S0101", "", "String literal must be terminated by a matching quote"},
		{`1e999`, "S0102", "1e999", `Number out of range: "1e999"`},
		{`"\q"`, "S0103", "q", `Unsupported escape sequence: \"q"`},
		{`"\u12x4"`, "S0104", "", `The escape sequence \u must be followed by 4 hex digits`},
		{"`name", "S0105", "", "Quoted property name must be terminated with a backquote (`)"},
		{`1 /* never closed`, "S0106", "", "Comment has no closing tag"},
		{`'it''s'`, "S0201", "s", `Syntax error: "s"`},
		{`[1, 2`, "S0203", "(end)", `Expected "]" before end of expression`},
		{`{"a" 1}`, "S0202", "1", `Expected ":", got "1"`},
		{`a ! b`, "S0204", "!", `Unknown operator: "!"`},
		{`1 +`, "S0207", "(end)", "Unexpected end of expression"},
		{`function(x){1}`, "S0208", "x", "Parameter 1 of function definition must be a variable name (start with $)"},
		{`$x{"k": 1}[0]`, "S0209", "", "A predicate cannot follow a grouping expression in a step"},
		{`a{"k": 1}{"l": 2}`, "S0210", "", "Each step can only have one grouping expression"},
		{`* + +`, "S0211", "+", `The symbol "+" cannot be used as a unary operator`},
		{`a := 1`, "S0212", "a", "The left side of := must be a variable name (start with $)"},
		{`a.1`, "S0213", "", "The literal value 1 cannot be used as a step within a path expression"},
		{`a@b`, "S0214", "@", `The right side of "@" must be a variable name (start with $)`},
		{`a[0]@$v`, "S0215", "", "A context variable binding must precede any predicates on a step"},
		{`a^(x)@$v`, "S0216", "", "A context variable binding must precede the 'order-by' clause on a step"},
		{`%.a`, "S0217", "parent", "The object representing the 'parent' cannot be derived from this expression"},
		{`//`, "S0301", "", "Empty regular expressions are not allowed"},
		{`/abc`, "S0302", "", "No terminating / in regular expression"},
		{`/(?z)/`, "S0303", "(?z)", "Invalid regular expression: invalid group"},
		{`/a**/`, "S0303", "a**", "Invalid regular expression: nothing to repeat"},
		{`function($x)<n<s>>{1}`, "S0401", "", "Type parameters can only be applied to functions and arrays"},
		{`function($x)<(a<n>)>{1}`, "S0402", "", "Choice groups containing parameterized types are not supported"},

		{`$length(5)`, "T0410", "length", `Argument 1 of function "length" does not match function signature`},
		{`$substring("a", 1, 2, 3)`, "T0410", "substring", `Argument 4 of function "substring" does not match function signature`},
		{`a.$length()`, "T0411", "length", `Context value is not a compatible type with argument 1 of function "length"`},
		{`$sum([1, "2"])`, "T0412", "sum", `Argument 1 of function "sum" must be an array of "numbers"`},
		{`1/0 + 1`, "D1001", "+", ""},
		{`-"s"`, "D1002", "-", `Cannot negate a non-numeric value: "s"`},
		{`{1: 2}`, "T1003", "{", "Key in object structure must evaluate to a string; got: 1"},
		{`$split("ab", /x*/)`, "D1004", "split", "Regular expression matches zero length string"},
		{`sum(a)`, "T1005", "sum", `Attempted to invoke a non-function. Did you mean $sum?`},
		{`$nope()`, "T1006", "nope", "Attempted to invoke a non-function"},
		{`sum(?)`, "T1007", "sum", `Attempted to partially apply a non-function. Did you mean $sum?`},
		{`$nope(?)`, "T1008", "nope", "Attempted to partially apply a non-function"},
		{`{"k": 1, "k": 2}`, "D1009", "{", `Multiple key definitions evaluate to same key: "k"`},
		{`$match("a", function($s){ {"foo": 1} })`, "T1010", "match", ""},
		{`{"_jsonata_lambda": true}`, "D1013", "{", ""},
		{`s + 1`, "T2001", "+", `The left side of the "+" operator must evaluate to a number`},
		{`1 - s`, "T2002", "-", `The right side of the "-" operator must evaluate to a number`},
		{`["a"..2]`, "T2003", "..", "The left side of the range operator (..) must evaluate to an integer"},
		{`[1..2.5]`, "T2004", "..", "The right side of the range operator (..) must evaluate to an integer"},
		{`1 ~> 2`, "T2006", "~>", "The right side of the function application operator ~> must be a function"},
		{`[1, "a"].{"v": $}^(v)`, "T2007", "^", `Type mismatch when comparing values 1 and "a" in order-by clause`},
		{`[{"v": true}, {"v": 1}]^(v)`, "T2008", "^", "The expressions within an order-by clause must evaluate to numeric or string values"},
		{`1 < "a"`, "T2009", "<", `The values 1 and "a" either side of operator "<" must be of the same data type`},
		{`o > 1`, "T2010", ">", `The expressions either side of operator ">" must evaluate to numeric or string values`},
		{`$ ~> |o|5|`, "T2011", "", "The insert/update clause of the transform expression must evaluate to an object: 5"},
		{`$ ~> |o|{}, 5|`, "T2012", "", "The delete clause of the transform expression must evaluate to a string or array of strings: 5"},
		{`($clone := 1; $ ~> |o|{}|)`, "T2013", "", ""},
		{`[1..10000001]`, "D2014", "..", ""},
		{`$string(1/0)`, "D3001", "string", "Attempting to invoke string function on Infinity or NaN"},
		{`$replace("a", "", "b")`, "D3010", "replace", "Second argument of replace function cannot be an empty string"},
		{`$replace("a", "a", "b", -1)`, "D3011", "replace", "Fourth argument of replace function must evaluate to a positive number"},
		{`$replace("a", /a/, function(){ 1 })`, "D3012", "replace", "Attempted to replace a matched string with a non-string value"},
		{`$split("a", "a", -1)`, "D3020", "split", "Third argument of split function must evaluate to a positive number"},
		{`$number("1,5")`, "D3030", "number", `Unable to cast value to a number: "1,5"`},
		{`$match("a", /a/, -1)`, "D3040", "match", "Third argument of match function must evaluate to a positive number"},
		{`$reduce([1], function($x){ $x })`, "D3050", "reduce", "The second argument of reduce function must be a function with at least two arguments"},
		{`$sqrt(-4)`, "D3060", "sqrt", "The sqrt function cannot be applied to a negative number: -4"},
		{`$power(10, 999)`, "D3061", "power", "The power function has resulted in a value that cannot be represented as a JSON number: base=10, exponent=999"},
		{`$sort([1, "a"])`, "D3070", "sort", ""},
		{`$formatNumber(1, "0;0;0")`, "D3080", "formatNumber", "The picture string must only contain a maximum of two sub-pictures"},
		{`$formatNumber(700, "‰,#e00")`, "D3092", "formatNumber", ""},
		{`$formatBase(1, 37)`, "D3100", "formatBase", "The radix of the formatBase function must be between 2 and 36.  It was given 37"},
		{`$toMillis("yesterday")`, "D3110", "toMillis", ""},
		{`$eval("1 +")`, "D3120", "eval", `Syntax error in expression passed to function eval: "Unexpected end of expression"`},
		{`$eval("1 + s")`, "D3121", "eval", `Dynamic error evaluating the expression passed to function eval: "The right side of the \"+\" operator must evaluate to a number"`},
		{`$formatInteger(1, "*")`, "D3130", "formatInteger", ""},
		{`$formatInteger(1, "0٠")`, "D3131", "formatInteger", ""},
		{`$fromMillis(0, "[q]")`, "D3132", "fromMillis", ""},
		{`$fromMillis(0, "[YN]")`, "D3133", "fromMillis", ""},
		{`$fromMillis(0, "[Z00000]")`, "D3134", "fromMillis", ""},
		{`$fromMillis(0, "[Z00000t]")`, "D3134", "fromMillis", ""},
		{`$fromMillis(0, "[ZNn]")`, "D3134", "fromMillis", ""},
		{`nothing["a" > 1]`, "T2009", ">", ""},
		{`$nothing["a" > 1]`, "T2009", ">", ""},
		{`$fromMillis(0, "[Y")`, "D3135", "fromMillis", ""},
		{`$toMillis("5 10", "[M] [m]")`, "D3136", "toMillis", ""},
		{`$error("stop here")`, "D3137", "error", "stop here"},
		{`$single([1, 2])`, "D3138", "single", ""},
		{`$single([], function(){ true })`, "D3139", "single", ""},
		{`$decodeUrl("%zz")`, "D3140", "decodeUrl", `Malformed URL passed to $decodeUrl(): "%zz"`},
		{`$assert(1 = 2, "must be equal")`, "D3141", "assert", "must be equal"},
	} {
		err := refused(t, input, c.expression)
		assert.Equal(t, c.code, err.Code, "%s: %v", c.expression, err)
		assert.Equal(t, c.token, err.Token, "%s: %v", c.expression, err)
		if c.message != "" {
			assert.Equal(t, c.message, err.Error(), c.expression)
		}
	}
}

func TestErrorPosition(t *testing.T) {
	// A position is just past the token to blame.
	for expression, position := range map[string]int{
		`a + "b"`: 3, `[1, 2`: 5, `$sum("x")`: 5, `a.-12`: 5, `($f := function(){ 1 + "b" }; $f())`: 22, `héé !`: 7,
	} {
		assert.Equal(t, position, refused(t, document(t, `{"a": 1}`), expression).Position, expression)
	}
}

func TestBudget(t *testing.T) {
	input := document(t, `{"deep": [[[[1]]]], "text": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}`)
	for name, c := range map[string]struct {
		expression string
		budget     jsonata.Budget
	}{
		"endless tail recursion":  {`($f := function(){ $f() }; $f())`, jsonata.Budget{Steps: 1000}},
		"endless recursion":       {`($f := function($n){ 1 + $f($n) }; $f(1))`, jsonata.Budget{}},
		"recursion by $map":       {`($f := function($n){ $map([$n], $f) }; $f(1))`, jsonata.Budget{}},
		"recursion by $eval":      {`($s := "$eval($s)"; $eval($s))`, jsonata.Budget{}},
		"recursion in a path":     {`($f := function($n){ {"a": $n}.$f(a) }; $f(1))`, jsonata.Budget{}},
		"composed without end":    {`($c := function($f, $n){ $n = 0 ? $f : $c($f ~> $string, $n - 1) }; $c($string, 100000)(1))`, jsonata.Budget{}},
		"nested without end":      {`$reduce([1..100000], function($a, $i){ [[$a]] }, 1)`, jsonata.Budget{}},
		"text of a deep value":    {`$string($reduce([1..100000], function($a, $i){ {"a": $a} }, 1))`, jsonata.Budget{}},
		"equality of deep values": {`($d := function($n){ $reduce([1..$n], function($a, $i){ {"a": $a} }, 1) }; $d(50000) = $d(50000))`, jsonata.Budget{}},
		"ranges":                  {`[1..1000].[1..1000]`, jsonata.Budget{Elements: 100_000}},
		"doubling lists":          {`($f := function($a){ $f($append($a, $a)) }; $f([1]))`, jsonata.Budget{}},
		"doubling text":           {`($f := function($s){ $f($s & $s) }; $f("ab"))`, jsonata.Budget{}},
		"padding":                 {`$pad("a", 1e15)`, jsonata.Budget{}},
		"roman numerals":          {`$formatInteger(1e15, "I")`, jsonata.Budget{}},
		"backtracking":            {`$contains(text, /(a+)+$/)`, jsonata.Budget{}},
		"lookbehind":              {`$contains($pad("", 100000, "a"), /(?<=b.*)c/)`, jsonata.Budget{Steps: 1_000_000}},
		"descendants":             {`[1..100].**.**`, jsonata.Budget{Steps: 10}},
		"sorting":                 {`$sort([1..1000], function($a, $b){ $a < $b })`, jsonata.Budget{Steps: 1000}},
		"positions":               {`($l := [1..10000]; $l[$l])`, jsonata.Budget{Steps: 1_000_000}},
		"long pictures":           {`$formatNumber(1, $pad("", 1000000, "0"))`, jsonata.Budget{}},
		"long texts":              {`($s := $pad("", 1000000, "a"); [1..1000000].$length($s))`, jsonata.Budget{}},
		"nested parentheses":      {nest("(", "1", ")", 20000), jsonata.Budget{}},
		"nested arrays":           {nest("[", "", "]", 20000), jsonata.Budget{}},
		"a long chain":            {nest("1+", "1", "", 20000), jsonata.Budget{}},
		"nested signs":            {nest("-", "1", "", 20000), jsonata.Budget{}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := jsonata.Compile(c.expression)
			var again error
			if err == nil {
				env := environment()
				env.Budget = c.budget
				_, _, err = e.Eval(input, env)
				_, _, again = e.Eval(input, env)
			} else {
				_, again = jsonata.Compile(c.expression)
			}
			failure, ok := errors.AsType[*jsonata.Error](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, "U1001", failure.Code, "%v", err)
			assert.Equal(t, err, again, "the same budget stops at the same place")
		})
	}
}

func nest(open, inside, shut string, n int) string {
	var text []byte
	for range n {
		text = append(text, open...)
	}
	text = append(text, inside...)
	for range n {
		text = append(text, shut...)
	}
	return string(text)
}

func TestTailCallsTakeNoDepth(t *testing.T) {
	e, err := jsonata.Compile(`($count := function($n){ $n = 0 ? "done" : $count($n - 1) }; $count(100000))`)
	require.NoError(t, err)
	v, _, err := e.Eval(nil, jsonata.Environment{Budget: jsonata.Budget{Depth: 10}})
	require.NoError(t, err)
	assert.Equal(t, "done", v)
}

func TestRangeIsNotWrittenOutToBeCounted(t *testing.T) {
	e, err := jsonata.Compile(`$count([1..10000000])`)
	require.NoError(t, err)
	allocated := testing.AllocsPerRun(5, func() {
		v, _, err := e.Eval(nil, jsonata.Environment{})
		require.NoError(t, err)
		assert.Equal(t, "10000000", value.String(v))
	})
	assert.Less(t, allocated, 20.0)
}
