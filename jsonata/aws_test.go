package jsonata_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// awsResult is what an expression yields in AWS's language, without an input: the
// JSON of its value, nothing, or the code and message of its error.
func awsResult(t *testing.T, language jsonata.Language, expression string, variables jsonata.Bindings) string {
	t.Helper()
	e, err := language.Compile(expression)
	require.NoError(t, err, expression)
	v, ok, err := e.Eval(jsonata.Undefined{}, jsonata.Environment{Variables: variables, Budget: jsonata.Budget{Depth: 100}})
	failure, failed := errors.AsType[*jsonata.Error](err)
	switch {
	case failed:
		return failure.Code + " " + failure.Error()
	case !ok:
		return ""
	}
	return value.String(v)
}

func TestAWSDialect(t *testing.T) {
	reference := jsonata.Language{Classic: true, Functions: jsonata.ExtraFunctions()}
	const space = " \u00a0a\u3000 "
	for _, c := range []struct{ expression, aws, reference string }{
		// $string and &: numbers.
		{`$string(2/3)`, `"0.666666666666666"`, `"0.666666666666667"`},
		{`$string(-2/3)`, `"-0.666666666666667"`, `"-0.666666666666667"`},
		{`"" & (-0.99999999999999993)`, `"-1"`, `"-1"`},
		{`"" & 2/3`, `"0.666666666666666"`, `"0.666666666666667"`},
		{`$string([2/3, {"a": 2/3}])`, `"[0.666666666666666,{\"a\":0.666666666666666}]"`, `"[0.666666666666667,{\"a\":0.666666666666667}]"`},
		{`$string(0.1 + 0.2)`, `"0.3"`, `"0.3"`},
		{`$string(1200.0000000000002)`, `"1.2e+3"`, `"1200"`},
		{`$string(1234.5)`, `"1234.5"`, `"1234.5"`},
		{`$string(7654321098765432.5)`, `"7654321098765432"`, `"7654321098765432"`},
		{`$string(4321987654321098.5)`, `"4.32198765432109e+15"`, `"4321987654321100"`},
		{`$string(432198765432109.25)`, `"432198765432109"`, `"432198765432109"`},
		{`$string(0.0000025)`, `"0.0000025"`, `"0.0000025"`},
		{`$string(0.00000025)`, `"2.5e-7"`, `"2.5e-7"`},
		{`$string(2.5e20)`, `"250000000000000000000"`, `"250000000000000000000"`},
		{`$string(2.5e21)`, `"2.5e+21"`, `"2.5e+21"`},
		{`$string($long)`, `"9007199254740995"`, `"9007199254740996"`},
		{`$string([$long])`, `"[9007199254740995]"`, `"[9007199254740996]"`},
		// $string: which characters are escaped.
		{`$string([$control])`, `"[\"\u0001\u001F\\t\\b\\f\\r\\n\\\"\\\\\"]"`, `"[\"\\u0001\\u001f\\t\\b\\f\\r\\n\\\"\\\\\"]"`},
		{`$string({$control: 1})`, `"{\"\u0001\u001F\\t\\b\\f\\r\\n\\\"\\\\\":1}"`, `"{\"\\u0001\\u001f\\t\\b\\f\\r\\n\\\"\\\\\":1}"`},
		// base64 is of UTF-8.
		{`$base64encode("é")`, `"w6k="`, `"6Q=="`},
		{`$base64decode("w6k=")`, `"é"`, `"Ã©"`},
		{`$base64decode("w6k")`, `"é"`, `"Ã©"`},
		{`$base64decode("/w==")`, `"` + "\uFFFD" + `"`, `"ÿ"`},
		{`$base64decode("5pel5g==")`, `"日` + "\uFFFD" + `"`, `"æ` + "\u0097" + `¥æ"`},
		{`$base64decode("w6k?")`, `D3137 Input is not valid base64`, `"Ã©"`},
		{`$base64decode("w6\nk=")`, `D3137 Input is not valid base64`, `"Ã©"`},
		{`$base64decode("w6k==")`, `D3137 Input is not valid base64`, `"Ã©"`},
		{`$base64decode($none)`, ``, ``},
		// URLs are decoded as forms.
		{`$decodeUrlComponent("1+1%2B%20")`, `"1 1+ "`, `"1+1+ "`},
		{`$decodeUrlComponent("%C3x")`, `"` + "\uFFFD" + `x"`, `D3140 Malformed URL passed to $decodeUrlComponent(): "%C3x"`},
		{`$decodeUrlComponent("%C3%A9")`, `"é"`, `"é"`},
		{`$decodeUrlComponent("%g0")`, `D3140 Malformed URL passed to $decodeUrlComponent(): "%g0"`, `D3140 Malformed URL passed to $decodeUrlComponent(): "%g0"`},
		{`$decodeUrlComponent("%4")`, `D3140 Malformed URL passed to $decodeUrlComponent(): "%4"`, `D3140 Malformed URL passed to $decodeUrlComponent(): "%4"`},
		{`$decodeUrl("%2F+")`, `"/ "`, `"%2F+"`},
		// White space in regular expressions is ASCII.
		{`$replace($space, /\s/, "")`, `"` + "\u00a0a\u3000" + `"`, `"a"`},
		{`$replace($space, /\S/, "o")`, `" ooo "`, `" ` + "\u00a0o\u3000" + ` "`},
		{`$replace($space, /[\s]/, "")`, `"` + "\u00a0a\u3000" + `"`, `"a"`},
		{`$contains("é", /\w/)`, `false`, `false`},
		{`$contains("٣", /\d/)`, `false`, `false`},
		// Limits are whole.
		{`$replace("aaa", "a", "b", 1.9)`, `"baa"`, `"bba"`},
		{`$replace("aaa", /a/, "b", 1.9)`, `"baa"`, `"bba"`},
		{`$replace("aaa", "a", "b", 0.9)`, `"aaa"`, `"baa"`},
		{`$replace("aaa", "a", "b", 0)`, `"aaa"`, `"aaa"`},
		{`$count($match("aaa", /a/, 1.9))`, `1`, `2`},
		{`$split("a1b2c", /\d/, 1.9)`, `["a"]`, `["a","b"]`},
	} {
		variables := jsonata.Bindings{"long": int64(9007199254740995), "control": "\x01\x1f\t\b\f\r\n\"\\", "space": space}
		assert.Equal(t, c.aws, awsResult(t, jsonata.Language{AWS: true}, c.expression, variables), "AWS: %s", c.expression)
		assert.Equal(t, c.reference, awsResult(t, reference, c.expression, variables), "reference: %s", c.expression)
	}
}

func TestAWSFunctions(t *testing.T) {
	const mismatch = `T0410 Argument %d of function "%s" does not match function signature`
	for expression, want := range map[string]string{
		`$partition([1, 2, 3, 4, 5], 2)`:               `[[1,2],[3,4],[5]]`,
		`$partition([1, 2, 3], 1.5)`:                   `[[1],[2],[3]]`,
		`$partition([1, 2], $none)`:                    `[[1,2]]`,
		`$partition([1, 2])`:                           `[[1,2]]`,
		`$partition([], $none)`:                        `[[]]`,
		`$partition([], 2)`:                            ``,
		`$partition($none, 2)`:                         ``,
		`$partition([1, 2], 0)`:                        ``,
		`$partition([1, 2], 0.9)`:                      ``,
		`$partition([1, 2], -0.9)`:                     ``,
		`$partition([1, 2], -1)`:                       `D3137 Second argument must be zero or greater`,
		`$partition("text", 2)`:                        fmt.Sprintf(mismatch, 1, "partition"),
		`$partition({"a": 1}, 2)`:                      fmt.Sprintf(mismatch, 1, "partition"),
		`$partition([1], "2")`:                         fmt.Sprintf(mismatch, 2, "partition"),
		`$partition([1], null)`:                        fmt.Sprintf(mismatch, 2, "partition"),
		`$partition([1], 1, 1)`:                        fmt.Sprintf(mismatch, 3, "partition"),
		`$range(0, 6, 3)`:                              `[0,3,6]`,
		`$range(6, 0, -3)`:                             `[6,3,0]`,
		`$range(1.9, 4.9, 1.5)`:                        `[1,2,3,4]`,
		`$range(2, 9, 8)`:                              `2`,
		`[$range(2, 9, 8)]`:                            `[2]`,
		`$range(5, 1, 1)`:                              ``,
		`[$range(5, 1, 1)]`:                            `[]`,
		`$range(1, 5, 0)`:                              ``,
		`$range(1, 5, 0.9)`:                            ``,
		`$range(1, 5)`:                                 ``,
		`$range($none, 5, 1)`:                          ``,
		`$range(1, $none, 1)`:                          ``,
		`$range(1, 5, $none)`:                          ``,
		`$range("1", 5, 1)`:                            fmt.Sprintf(mismatch, 1, "range"),
		`$range(1, 5, null)`:                           fmt.Sprintf(mismatch, 3, "range"),
		`$range(1, 5, 1, 1)`:                           fmt.Sprintf(mismatch, 4, "range"),
		`$hash("a", "SHA-1")`:                          `"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"`,
		`$hash("a")`:                                   ``,
		`$hash()`:                                      ``,
		`$hash($none, "MD5")`:                          ``,
		`$hash("a", $none)`:                            `D3137 Hash algorithm 'null' must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512`,
		`$hash("a", "md5")`:                            `D3137 Hash algorithm 'md5' must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512`,
		`$hash(1, "MD5")`:                              fmt.Sprintf(mismatch, 1, "hash"),
		`$hash("a", "MD5", 1)`:                         fmt.Sprintf(mismatch, 3, "hash"),
		`$parse()`:                                     ``,
		`$parse($none)`:                                ``,
		`$parse(null)`:                                 fmt.Sprintf(mismatch, 1, "parse"),
		`$parse("1", 2)`:                               fmt.Sprintf(mismatch, 2, "parse"),
		`$parse("9223372036854775806")`:                `9223372036854775806`,
		`$parse("92233720368547758070")`:               `9.223372036854776E19`,
		`$parse("{\"a\": [1e2, 3.5]}").a`:              `[100.0,3.5]`,
		`$parse("[92233720368547758070]")`:             `[9.223372036854776E19]`,
		`$parse("{'a': ['b\"c', 'it\\'s', \"d'e\"]}")`: `{"a":["b\"c","it's","d'e"]}`,
		`$random("1")`:                                 fmt.Sprintf(mismatch, 1, "random"),
		`$random(1, 2)`:                                fmt.Sprintf(mismatch, 2, "random"),
		`$random(42)`:                                  `0.7275636800328681`,
		`$uuid(1)`:                                     fmt.Sprintf(mismatch, 1, "uuid"),
		`$eval("1")`:                                   `T1006 Attempted to invoke a non-function`,
		`$string(1, 1)`:                                fmt.Sprintf(mismatch, 2, "string"),
		`$fromMillis("a")`:                             ``,
		`$exists($fromMillis("a"))`:                    `false`,
	} {
		assert.Equal(t, want, awsResult(t, jsonata.Language{AWS: true}, expression, nil), expression)
	}
	for _, text := range []string{"", " ", "{}{}", "[1] [2]", "1e400", `{"a":1,"a":2}`, "NaN", "Infinity", "{'a'", "'", "[1e999]"} {
		got := awsResult(t, jsonata.Language{AWS: true}, `$parse($text)`, jsonata.Bindings{"text": text})
		assert.True(t, strings.HasPrefix(got, "D3137 Invalid JSON"), "%s: %s", text, got)
	}
	for _, expression := range []string{`$a ?: 1`, `$a ?? 1`} {
		_, err := jsonata.Language{AWS: true}.Compile(expression)
		assert.Error(t, err, expression)
	}
}

// Without an input there is no context item: what defaults to it yields nothing.
func TestNoContextItem(t *testing.T) {
	for _, expression := range []string{
		`$string()`, `$length()`, `$substring(1)`, `$substringBefore("a")`, `$substringAfter("a")`, `$lowercase()`, `$uppercase()`,
		`$trim()`, `$pad(3)`, `$contains("a")`, `$split("a")`, `$match(/a/)`, `$replace("a", "b")`, `$base64encode()`, `$base64decode()`,
		`$encodeUrl()`, `$encodeUrlComponent()`, `$decodeUrl()`, `$decodeUrlComponent()`, `$number()`, `$abs()`, `$floor()`, `$ceil()`,
		`$round()`, `$sqrt()`, `$formatNumber("0")`, `$formatBase()`, `$formatInteger("0")`, `$parseInteger("0")`, `$boolean()`, `$not()`,
		`$keys()`, `$lookup("a")`, `$spread()`, `$fromMillis()`, `$toMillis()`, `$parse()`, `$sift(function($v){true})`, `$clone()`,
		`$`, `$$`, `a`, `*`, `**`,
	} {
		assert.Equal(t, "", awsResult(t, jsonata.Language{AWS: true}, expression, nil), expression)
	}
}

// The depth counts the expressions around one, as the reference enters them.
func TestDepth(t *testing.T) {
	const factorial = `($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(%d))`
	for name, c := range map[string]struct{ holds, fails string }{
		"sum":                 {nest("1+", "1", "", 99), nest("1+", "1", "", 100)},
		"sum of variables":    {nest("$one+", "$one", "", 99), nest("$one+", "$one", "", 100)},
		"and":                 {nest("true and ", "true", "", 99), nest("true and ", "true", "", 100)},
		"text":                {nest(`"a"&`, `"a"`, "", 99), nest(`"a"&`, `"a"`, "", 100)},
		"parentheses":         {nest("(", "1", ")", 99), nest("(", "1", ")", 100)},
		"empty parentheses":   {nest("(", "()", ")", 99), nest("(", "()", ")", 100)},
		"arrays":              {nest("[", "1", "]", 99), nest("[", "1", "]", 100)},
		"empty arrays":        {nest("[", "[]", "]", 99), nest("[", "[]", "]", 100)},
		"objects":             {nest(`{"a":`, "1", "}", 99), nest(`{"a":`, "1", "}", 100)},
		"empty objects":       {nest(`{"a":`, "{}", "}", 99), nest(`{"a":`, "{}", "}", 100)},
		"negation":            {nest("-", "$one", "", 99), nest("-", "$one", "", 100)},
		"negated numbers":     {nest("-", "1", "", 200), ""},
		"conditions":          {nest("true ? ", "1", "", 99), nest("true ? ", "1", "", 100)},
		"calls":               {nest("$string(", `"a"`, ")", 99), nest("$string(", `"a"`, ")", 100)},
		"applications":        {"1" + strings.Repeat("~>$string", 99), "1" + strings.Repeat("~>$string", 100)},
		"applied calls":       {"1" + strings.Repeat("~>$string()", 99), "1" + strings.Repeat("~>$string()", 100)},
		"names":               {nest("(", "a", ")", 98), nest("(", "a", ")", 99)},
		"steps":               {"$one" + strings.Repeat(".a", 300), ""},
		"predicates":          {"$one" + strings.Repeat("[true]", 300), ""},
		"nested predicates":   {nest("$one[", "0", "]", 100), nest("$one[", "0", "]", 101)},
		"bindings":            {nest("$x:=", "1", "", 99), nest("$x:=", "1", "", 100)},
		"recursion":           {fmt.Sprintf(factorial, 31), fmt.Sprintf(factorial, 32)},
		"tail recursion":      {`($f := function($n){ $n = 0 ? "end" : $f($n - 1) }; $f(5000))`, ""},
		"what is not reached": {"true ? 1 : " + nest("(", "1", ")", 300), ""},
		"or what is not":      {"true or " + nest("(", "1", ")", 300), ""},
		"in functions": {
			"$map([1], function($x){ " + nest("(", "$x", ")", 98) + " })",
			"$map([1], function($x){ " + nest("(", "$x", ")", 99) + " })",
		},
		"in transforms": {
			`{"a": 1} ~> |$|{"b": ` + nest("(", "1", ")", 97) + `}|`,
			`{"a": 1} ~> |$|{"b": ` + nest("(", "1", ")", 98) + `}|`,
		},
		"compositions": {
			`($f := $string` + strings.Repeat("~>$string", 97) + `; $f(1))`,
			`($f := $string` + strings.Repeat("~>$string", 98) + `; $f(1))`,
		},
	} {
		variables := jsonata.Bindings{"one": int64(1)}
		got := awsResult(t, jsonata.Language{AWS: true}, c.holds, variables)
		assert.False(t, strings.HasPrefix(got, "U1001"), "%s: %s", name, got)
		if c.fails != "" {
			got = awsResult(t, jsonata.Language{AWS: true}, c.fails, variables)
			assert.True(t, strings.HasPrefix(got, "U1001"), "%s: %s", name, got)
		}
	}
	_, err := jsonata.Language{AWS: true}.Compile(nest("(", "1", ")", 5000))
	assert.NoError(t, err, "deep nesting is no syntax error")
}
