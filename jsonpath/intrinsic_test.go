package jsonpath

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// A call of a table: its arguments as a JSON array, reached by paths, and the
// JSON text of the result, or "" where the function fails.
type intrinsicCall struct{ arguments, want string }

func (c intrinsicCall) run(t *testing.T, function string) {
	t.Helper()
	list := parse(t, c.arguments).([]any)
	paths := make([]string, len(list))
	for i := range list {
		paths[i] = fmt.Sprintf("$[%d]", i)
	}
	e, err := CompileExpression(function + "(" + strings.Join(paths, ",") + ")")
	require.NoError(t, err)
	v, err := e.Eval(list, nil)
	if c.want == "" {
		failed, ok := errors.AsType[*IntrinsicError](err)
		if assert.True(t, ok, "%s%s gives %s, %v", function, c.arguments, value.String(v), err) {
			assert.Equal(t, function, failed.Function)
		}
		return
	}
	if assert.NoError(t, err, "%s%s", function, c.arguments) {
		assert.Equal(t, c.want, value.String(v), "%s%s", function, c.arguments)
	}
}

func TestArrayFunctions(t *testing.T) {
	for function, calls := range map[string][]intrinsicCall{
		"States.Array": {
			{`[]`, `[]`},
			{`[1, "a", null, [2], {"b": 3}]`, `[1,"a",null,[2],{"b":3}]`},
		},
		"States.ArrayLength": {
			{`[[]]`, `0`},
			{`[[1, [2, 3], null]]`, `3`},
			{`["text"]`, ``}, {`[{}]`, ``}, {`[null]`, ``},
		},
		"States.ArrayContains": {
			{`[[1, 2], 2]`, `true`},
			{`[[1, 2], 2.0]`, `true`},
			{`[[1, 2], "2"]`, `false`},
			{`[[], null]`, `false`},
			{`[[null], null]`, `true`},
			{`[[[1], {"a": 1, "b": 2}], {"b": 2, "a": 1}]`, `true`},
			{`[[[1]], [1]]`, `true`},
			{`["abc", "a"]`, ``},
		},
		"States.ArrayGetItem": {
			{`[["a", "b"], 0]`, `"a"`},
			{`[["a", "b"], 1.0]`, `"b"`},
			{`[["a", "b"], 2]`, `null`}, {`[["a", "b"], 1e18]`, `null`}, {`[[], 0]`, `null`},
			{`[["a", "b"], 0.5]`, `"b"`}, {`[["a", "b"], 0.49]`, `"a"`}, {`[["a", "b"], -0.5]`, `"a"`}, {`[["a", "b"], 1.5]`, `null`},
			{`[["a", "b"], -1]`, ``}, {`[["a", "b"], -0.51]`, ``}, {`[["a", "b"], 1e300]`, ``}, {`[["a", "b"], "0"]`, ``}, {`[{"0": 1}, 0]`, ``},
		},
		"States.ArrayPartition": {
			{`[[1, 2, 3, 4, 5], 2]`, `[[1,2],[3,4],[5]]`},
			{`[[1, 2], 2]`, `[[1,2]]`},
			{`[[1, 2], 9007199254740993]`, `[[1,2]]`},
			{`[[], 3]`, `[]`},
			{`[[1, 2, 3], 1.5]`, `[[1,2],[3]]`}, {`[[1, 2], 0.5]`, `[[1],[2]]`},
			{`[[1], 0]`, ``}, {`[[1], -1]`, ``}, {`[[1], 0.49]`, ``}, {`[[1], "1"]`, ``}, {`[1, 1]`, ``},
		},
		"States.ArrayRange": {
			{`[1, 9, 2]`, `[1,3,5,7,9]`}, // the end is included
			{`[1, 9, 3]`, `[1,4,7]`},
			{`[1, 1, 5]`, `[1]`},
			{`[3, -3, -3]`, `[3,0,-3]`},
			{`[1, 5, -1]`, `[]`}, {`[5, 1, 1]`, `[]`},
			{`[9223372036854775806, 9223372036854775807, 1]`, `[9223372036854775806,9223372036854775807]`},
			{`[-9223372036854775808, 9223372036854775807, 9223372036854775807]`, `[-9223372036854775808,-1,9223372036854775806]`},
			{`[1.5, 8.5, 1.5]`, `[2,4,6,8]`}, {`[-1.5, 1, 0.5]`, `[-1,0,1]`}, // 2 to 9 by 2
			{`[1, 9, 0]`, ``}, {`[1, 9, 0.4]`, ``}, {`["1", 9, 1]`, ``}, {`[1, 1001, 1]`, ``},
			{`[-9223372036854775808, 9223372036854775807, 1]`, ``},
		},
		"States.ArrayUnique": {
			{`["aab"]`, ``},
		},
	} {
		for _, c := range calls {
			c.run(t, function)
		}
	}
	thousand, err := CompileExpression("States.ArrayLength(States.ArrayRange(1, 1000, 1))")
	require.NoError(t, err)
	v, err := thousand.Eval(nil, nil)
	require.NoError(t, err)
	assert.Equal(t, int64(1000), v)
}

func TestTextFunctions(t *testing.T) {
	long := strings.Repeat("ü", 10_000)
	for function, calls := range map[string][]intrinsicCall{
		"States.Format": {
			{`["plain"]`, `"plain"`},
			{`["{}", "a"]`, `"a"`},
			{`["{}-{}-{}-{}", 1, 1.10, true, null]`, `"1-1.1-true-null"`},
			{`["{}", 12345678901234567890]`, `"12345678901234567890"`},
			{`["{} {}", "{}", "\\{"]`, `"{} \\{"`}, // what is put in is not read again
			{`["{}", {"a": 1, "b": [true, {"c": "d"}]}]`, `"{a=1, b=[true, {c=d}]}"`},
			{`["\\{\\}\\'\\\\{}", "x"]`, `"{}'\\x"`},
			{`["C:\\dir"]`, `"C:\\dir"`},
			{`["{}"]`, ``}, {`["{}", 1, 2]`, ``}, {`["none", 1]`, ``},
			{`["{}", []]`, ``}, {`["{}", [1]]`, ``}, {`["{}", {}]`, ``},
			{`["{", 1]`, ``}, {`["}", 1]`, ``}, {`["{x}", 1]`, ``},
			{`[1]`, ``}, {`[null]`, ``},
		},
		"States.StringSplit": {
			{`["1,2,3", ","]`, `["1","2","3"]`},
			{`["2024-05-06T07", "-T"]`, `["2024","05","06","07"]`}, // at any of the characters
			{`[",,a,", ","]`, `["a"]`},
			{`[",,,", ","]`, `[]`},
			{`["", ","]`, `[]`},
			{`["abc", ""]`, `["abc"]`},
			{`["aéb", "é"]`, `["a","b"]`},
			{`[1, ","]`, ``}, {`["a", null]`, ``},
		},
		"States.StringToJson": {
			{`["{\"b\": [1, 2.0], \"a\": null}"]`, `{"b":[1,2.0],"a":null}`},
			{`[" 7 "]`, `7`}, {`["-0"]`, `0`}, {`["\"x\""]`, `"x"`},
			{`[""]`, `null`}, {`[" \n"]`, `null`},
			{`["{"]`, ``}, {`["'x'"]`, ``}, {`["{} {}"]`, ``}, {`[1]`, ``}, {`[null]`, ``},
		},
		"States.JsonToString": {
			{`[{"b": [1, 2.0, "ü\n"], "a": null}]`, `"{\"b\":[1,2.0,\"ü\\n\"],\"a\":null}"`},
			{`["x"]`, `"\"x\""`}, {`[null]`, `"null"`}, {`[1.50]`, `"1.5"`},
		},
		"States.JsonMerge": {
			{`[{"a": {"x": 1}, "b": 2}, {"c": 3, "a": {"y": 4}}, false]`, `{"a":{"y":4},"b":2,"c":3}`},
			{`[{}, {}, false]`, `{}`},
			{`[{}, {}, true]`, ``}, {`[{}, {}, 0]`, ``}, {`[[], {}, false]`, ``}, {`[{}, null, false]`, ``},
		},
		"States.Base64Encode": {
			{`["hello"]`, `"aGVsbG8="`}, {`[""]`, `""`}, {`["ü"]`, `"w7w="`},
			{`[1]`, ``}, {`["` + long + `x"]`, ``},
		},
		"States.Base64Decode": {
			{`["aGVsbG8="]`, `"hello"`}, {`[""]`, `""`}, {`["w7w="]`, `"ü"`},
			{`["aGVs\r\nbG8="]`, `"hello"`},
			{`["/w=="]`, `"` + "\uFFFD" + `"`}, // bytes that are no text
			{`["aGVsbG8"]`, ``}, {`["a*b="]`, ``}, {`[true]`, ``},
		},
		"States.Hash": {
			{`["abc", "MD5"]`, `"900150983cd24fb0d6963f7d28e17f72"`},
			{`["abc", "SHA-1"]`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
			{`["abc", "SHA-256"]`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
			{`["", "MD5"]`, `"d41d8cd98f00b204e9800998ecf8427e"`},
			{`[1, "MD5"]`, `"c4ca4238a0b923820dcc509a6f75849b"`},
			{`[true, "MD5"]`, `"b326b5062b2f0e69046810717534cb09"`},
			{`["abc", "md5"]`, ``}, {`["abc", "CRC"]`, ``}, {`["abc", 1]`, ``}, {`[null, "MD5"]`, ``},
			{`["` + long + `x", "MD5"]`, ``},
		},
	} {
		for _, c := range calls {
			c.run(t, function)
		}
	}
	// The longest text that is allowed.
	e, err := CompileExpression("States.Base64Decode(States.Base64Encode($[0]))")
	require.NoError(t, err)
	_, err = e.Eval([]any{long}, nil)
	assert.ErrorContains(t, err, "States.Base64Decode: argument 1 is longer than 10000 characters")
	e, err = CompileExpression("States.Hash($, 'SHA-256')")
	require.NoError(t, err)
	_, err = e.Eval(long, nil)
	assert.NoError(t, err)
}

func TestHashLengths(t *testing.T) {
	for algorithm, digits := range map[string]int{"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128} {
		e, err := CompileExpression("States.Hash($, '" + algorithm + "')")
		require.NoError(t, err)
		v, err := e.Eval(parse(t, `{"b":1,"a":2}`), nil)
		require.NoError(t, err)
		assert.Len(t, v, digits)
	}
}

func TestMathFunctions(t *testing.T) {
	for _, c := range []intrinsicCall{
		{`[111, -1]`, `110`},
		{`[1.4, 0]`, `1`}, {`[1.5, 0]`, `2`}, {`[-1.5, 0]`, `-1`}, {`[-2.5, 0]`, `-2`}, {`[-2.51, 0]`, `-3`},
		{`[0.49999999999999994, 0]`, `0`},
		{`[1.5, 1.5]`, `4`}, // each is rounded, not the sum
		{`[2147483646, 1]`, `2147483647`}, {`[-2147483648, 2147483647]`, `-1`}, {`[2147483647.4, -1]`, `2147483646`},
		{`[2147483647, 1]`, ``}, {`[-2147483648, -1]`, ``}, {`[2147483648, -1]`, ``}, {`[0, -2147483649]`, ``}, {`[2147483647.5, -1]`, ``},
		{`[1e300, 1]`, ``}, {`[12345678901234567890, 1]`, ``}, {`["1", 1]`, ``}, {`[1, null]`, ``},
	} {
		c.run(t, "States.MathAdd")
	}
	for _, c := range []intrinsicCall{
		{`[5, 6, 42]`, `5`},
		{`[1, 1, 1]`, ``}, {`[2, 1, 1]`, ``}, {`["1", 2, 1]`, ``}, {`[1, 2, "x"]`, ``}, {`[1, 2, null]`, ``},
		{`[1, 2]`, ``}, // no scope, no numbers
	} {
		c.run(t, "States.MathRandom")
	}
}

// TestMathRandom: the numbers come from the execution's stream, or from a seed.
func TestMathRandom(t *testing.T) {
	e, err := CompileExpression("States.MathRandom($.from, $.to)")
	require.NoError(t, err)
	for _, c := range []struct {
		input string
		next  uint64
		want  int64
	}{
		{`{"from":10,"to":20}`, 0, 10},
		{`{"from":10,"to":20}`, 1 << 63, 15},
		{`{"from":10,"to":20}`, 1<<64 - 1, 19}, // the end is not included
		{`{"from":-9223372036854775808,"to":9223372036854775807}`, 1<<64 - 1, 9223372036854775806},
		{`{"from":0.5,"to":2.4}`, 1<<64 - 1, 1},
	} {
		v, err := e.Eval(parse(t, c.input), &world{next: []uint64{c.next}})
		require.NoError(t, err)
		assert.Equal(t, c.want, v)
	}

	seeded, err := CompileExpression("States.MathRandom(0, 1000, $)")
	require.NoError(t, err)
	seen := map[any]bool{}
	for seed := range int64(50) {
		first, err := seeded.Eval(seed, nil)
		require.NoError(t, err)
		again, err := seeded.Eval(seed, nil)
		require.NoError(t, err)
		assert.Equal(t, first, again, "the same seed gives the same number")
		assert.True(t, 0 <= first.(int64) && first.(int64) < 1000)
		seen[first] = true
	}
	assert.Greater(t, len(seen), 30)
	v, err := seeded.Eval(int64(42), nil)
	require.NoError(t, err)
	assert.Equal(t, int64(130), v, "new java.util.Random(42).nextInt(1000)")
}

func TestUUID(t *testing.T) {
	e, err := CompileExpression("States.UUID()")
	require.NoError(t, err)
	v, err := e.Eval(nil, &world{next: []uint64{0x0123456789abcdef, 0xfedcba9876543210}})
	require.NoError(t, err)
	assert.Equal(t, "01234567-89ab-4def-bedc-ba9876543210", v)
	v, err = e.Eval(nil, &world{next: []uint64{0, 0}})
	require.NoError(t, err)
	assert.Regexp(t, regexp.MustCompile(`^00000000-0000-4000-8000-0{12}$`), v)
	_, err = e.Eval(nil, nil)
	assert.Error(t, err)
}
