package value

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, text string) any {
	t.Helper()
	v, err := Parse(text)
	require.NoError(t, err, "parsing %s", text)
	return v
}

func TestParseScalars(t *testing.T) {
	for text, want := range map[string]any{
		"null":                   nil,
		"true":                   true,
		" \t\r\nfalse\n":         false,
		`""`:                     "",
		`"tea"`:                  "tea",
		"0":                      int64(0),
		"-0":                     int64(0),
		"42":                     int64(42),
		"-7":                     int64(-7),
		"999999999999999999":     int64(999999999999999999),
		"9223372036854775807":    int64(math.MaxInt64),
		"-9223372036854775808":   int64(math.MinInt64),
		"9223372036854775808":    json.Number("9223372036854775808"),
		"1.0":                    1.0,
		"-0.0":                   math.Copysign(0, -1),
		"2.5e3":                  2500.0,
		"1E-2":                   0.01,
		"1e400":                  json.Number("1e400"),
		"1e-400":                 0.0,
		"1.7976931348623157e308": math.MaxFloat64,
	} {
		v, err := Parse(text)
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, v, text)
		}
	}
}

func TestParseStrings(t *testing.T) {
	for text, want := range map[string]string{
		`"\"\\\/\b\f\n\r\t"`:   "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\u20AC"`: "Aé€",
		`"\ud83d\ude00"`:       "😀",
		`"\uD83D\uDE00!"`:      "😀!",
		`"\ud83d"`:             "\uFFFD", // half a pair
		`"\ude00\ud83d"`:       "\uFFFD\uFFFD",
		`"\ud83d\u0041"`:       "\uFFFDA",
		`"\ud83dx"`:            "\uFFFDx",
		`"naïve 😀"`:            "naïve 😀",
		`"a\nb\nc"`:            "a\nb\nc",
		"\"\u007f\u2028\"":     "\u007f\u2028",
	} {
		assert.Equal(t, want, parse(t, text), text)
	}
}

func TestParseKeepsDocumentOrder(t *testing.T) {
	v := parse(t, `{"z":1,"a":{"y":[],"b":{}},"m":[1,[2,{"k":null}]]}`)
	o, ok := v.(*Object)
	require.True(t, ok)
	assert.Equal(t, []string{"z", "a", "m"}, o.Keys())
	assert.Equal(t, `{"z":1,"a":{"y":[],"b":{}},"m":[1,[2,{"k":null}]]}`, String(v))
}

func TestParseTakesBytes(t *testing.T) {
	text := []byte(`{"a":"b"}`)
	v, err := Parse(text)
	require.NoError(t, err)
	copy(text, "xxxxxxxxx")
	assert.Equal(t, `{"a":"b"}`, String(v), "the value does not depend on the caller's bytes")
}

func TestParseRefusesWhatIsNotJSON(t *testing.T) {
	for _, c := range []struct {
		text         string
		message      string // a part of it
		line, column int
	}{
		{"", "the text ends where a value should stand", 1, 1},
		{"  ", "the text ends", 1, 3},
		{"1 2", "unexpected '2' after the value", 1, 3},
		{"[1,]", "unexpected ']'", 1, 4},
		{"[1 2]", "where ',' or ']'", 1, 4},
		{"[,1]", "unexpected ','", 1, 2},
		{"[1,2", "the text ends", 1, 5},
		{"]", "unexpected ']'", 1, 1},
		{`{"a":1,}`, "member's name", 1, 8},
		{`{"a" 1}`, "':'", 1, 6},
		{`{"a":1 "b":2}`, "',' or '}'", 1, 8},
		{`{a:1}`, "unexpected 'a'", 1, 2},
		{"{", "the text ends", 1, 2},
		{"01", "needless 0", 1, 2},
		{"-", "digit", 1, 2},
		{"+1", "unexpected '+'", 1, 1},
		{"1.", "follow the point", 1, 3},
		{".5", "unexpected '.'", 1, 1},
		{"1e", "exponent", 1, 3},
		{"1e+", "exponent", 1, 4},
		{"NaN", "unexpected 'N'", 1, 1},
		{"nul", "words of JSON", 1, 1},
		{"truE", "words of JSON", 1, 1},
		{`'a'`, "unexpected '\\''", 1, 1},
		{`"abc`, "does not end", 1, 1},
		{`"abc\`, "escape", 1, 5},
		{`"\x"`, "stands one of", 1, 2},
		{`"\u12"`, "hexadecimal", 1, 2},
		{`"\u12g4"`, "hexadecimal", 1, 2},
		{"\"a\x01\"", "U+0001", 1, 3},
		{"\"a\\n\x1f\"", "U+001F", 1, 5},
		{"\"\xff\"", "UTF-8", 1, 2},
		{"\"é\xc3\"", "UTF-8", 1, 3},
		{"\"\\n\xff\"", "UTF-8", 1, 4},
		{"\ufeff1", "unexpected '\\ufeff'", 1, 1},
		{"// x\n1", "unexpected '/'", 1, 1},
		{"{\n  \"é\": [1,\n    x]\n}", "unexpected 'x'", 3, 5},
		{"{\"é\": x}", "unexpected 'x'", 1, 7},
	} {
		_, err := Parse(c.text)
		e, ok := errors.AsType[*SyntaxError](err)
		if !assert.True(t, ok, "%q: %v", c.text, err) {
			continue
		}
		assert.Contains(t, e.Message, c.message, "%q", c.text)
		assert.Equal(t, [2]int{c.line, c.column}, [2]int{e.Line, e.Column}, "%q: %v", c.text, e)
		assert.LessOrEqual(t, e.Offset, len(c.text))
	}
}

func TestParseRefusesAKeyTwice(t *testing.T) {
	_, err := Parse(`{"a":1,"b":{"c":2,"c":3}}`)
	assert.EqualError(t, err, `line 1, column 19: the key "c" stands twice in one object`)

	_, err = Parse(`{"a":1,"\u0061":2}`)
	assert.ErrorContains(t, err, "stands twice", "escapes are read before keys are compared")

	var large strings.Builder
	for i := range 100 {
		large.WriteString(`,"k` + strings.Repeat("x", i) + `":0`)
	}
	_, err = Parse("{" + large.String()[1:] + "}")
	assert.NoError(t, err)
	_, err = Parse("{" + large.String()[1:] + `,"kxxx":0}`)
	assert.ErrorContains(t, err, `"kxxx" stands twice`)
}

func TestParseRefusesDeepNesting(t *testing.T) {
	for _, brackets := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		nested := func(n int) string {
			return strings.Repeat(brackets[0], n) + "1" + strings.Repeat(brackets[1], n)
		}
		_, err := Parse(nested(MaxDepth))
		assert.NoError(t, err)
		_, err = Parse(nested(MaxDepth + 1))
		assert.ErrorContains(t, err, "nested deeper than 1000")
	}
	_, err := Parse(strings.Repeat("[", 1_000_000))
	assert.ErrorContains(t, err, "nested deeper than 1000")
}

func TestParseManyMembersAndElements(t *testing.T) {
	for _, n := range []int{1, 12, 13, 63, 64, 65, 200} {
		var b Builder
		elements := make([]any, n)
		for i := range n {
			b.Set("key"+strings.Repeat("k", i), int64(i))
			elements[i] = []any{int64(i)}
		}
		want := NewObject(Member{"o", b.Object()}, Member{"a", elements}, Member{"last", "x"})
		got := parse(t, String(want))
		assert.True(t, Equal(want, got), "%d members", n)
		assert.Equal(t, String(want), String(got))
		o, _ := got.(*Object).Get("o")
		last, ok := o.(*Object).Get("key" + strings.Repeat("k", n-1))
		assert.True(t, ok)
		assert.Equal(t, int64(n-1), last)
	}
}
