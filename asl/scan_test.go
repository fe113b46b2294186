package asl

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScanValues(t *testing.T) {
	e, err := scan(" {\"a\":[1,-2.5e3,true,null],\"é\\n\\u0041\\ud83d\\ude00\\/\":\"x\"} ")
	require.NoError(t, err)
	require.Equal(t, objectKind, e.kind)
	require.Len(t, e.members, 2)
	list := e.members[0].value
	assert.Equal(t, []kind{numberKind, numberKind, booleanKind, nullKind}, []kind{list.items[0].kind, list.items[1].kind, list.items[2].kind, list.items[3].kind})
	assert.Equal(t, "é\nA😀/", e.members[1].key)
	assert.Equal(t, 1, e.start)
}

// TestScanErrors has the texts of Jackson, with which AWS parses. Columns are
// those where Jackson stands, offsets ours.
func TestScanErrors(t *testing.T) {
	const value = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	for _, c := range []struct {
		text, message string
		column        string
		offset        int
	}{
		{`nope`, "Unrecognized token 'nope': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "column: 5", 0},
		{`{`, `Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"; line: 1, column: 1])`, "column: 2", 1},
		{`[1`, `Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"[1"; line: 1, column: 1])`, "column: 3", 2},
		{`{a}`, "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", "column: 3", 1},
		{`{"a" 1}`, "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", "column: 7", 5},
		{`{"a":1 "b"}`, `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries`, "column: 9", 7},
		{`{"a":1,}`, "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", "column: 9", 7},
		{`[1 2]`, "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", "column: 5", 3},
		{`[1,]`, "Unexpected character (']' (code 93)): " + value, "column: 5", 3},
		{`[,]`, "Unexpected character (',' (code 44)): " + value, "column: 3", 1},
		{`"a`, "Unexpected end-of-input: was expecting closing quote for a string value", "column: 3", 2},
		{"\"a\nb\"", "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value", "line: 1, column: 4", 2},
		{"\"\u00e9a\x9fb\"", "Invalid UTF-8 start byte 0x9f", "column: 4", 4},
		{"{\"a\":1,\"\xff\":2}", "Invalid UTF-8 start byte 0xff", "column: 9", 8},
		{`"\x"`, `Unrecognized character escape 'x' (code 120)`, "column: 4", 1},
		{`"\u12"`, `Unexpected character ('"' (code 34)): expected a hex-digit for character escape sequence`, "column: 7", 1},
		{`"\u12`, "Unexpected end-of-input in character escape sequence", "column: 6", 5},
		{`01`, "Invalid numeric value: Leading zeroes not allowed", "column: 2", 0},
		{`-`, "Unexpected end-of-inputNo digit following minus sign", "column: 2", 1},
		{`[+`, "Unexpected end-of-input in a Number value", "column: 3", 2},
		{`[+1]`, "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow", "column: 4", 1},
		{`[-.5]`, "Unexpected character ('.' (code 46)): " + value, "column: 4", 2},
		{`[NaN]`, "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", "column: 5", 1},
		{`[-Infinity]`, "Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", "column: 11", 1},
		{`-a`, "Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value", "column: 3", 1},
		{`1.x`, "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit", "column: 3", 2},
		{`[1.`, "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit", "column: 4", 3},
		{`[1e`, "Unexpected end-of-inputexpected a digit for number exponent", "column: 4", 3},
		{`1e+]`, "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit", "column: 3", 3},
		{`{"a`, "Unexpected end-of-input in field name", "column: 4", 3},
		{`{"a"`, "Unexpected end-of-input within/between Object entries", "column: 5", 4},
		{`{"a":`, "Unexpected end-of-input within/between Object entries", "column: 6", 5},
		{`{"a":1,`, "Unexpected end-of-input within/between Object entries", "column: 8", 7},
		{`[1, `, "Unexpected end-of-input within/between Array entries", "column: 5", 4},
		{"{\"a\t\":1}", "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in name", "column: 5", 3},
		{`{"a":[1}`, `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"{"a":[1}"; line: 1, column: 6])`, "column: 9", 7},
		{`[}`, `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"[}"; line: 1, column: 1])`, "column: 3", 1},
		{`{"a":1]`, `Unexpected close marker ']': expected '}' (for Object starting at [Source: (String)"{"a":1]"; line: 1, column: 1])`, "column: 8", 6},
		{`{]`, `Unexpected close marker ']': expected '}' (for Object starting at [Source: (String)"{]"; line: 1, column: 1])`, "column: 3", 1},
		{`]`, `Unexpected close marker ']': expected '}' (for root starting at [Source: (String)"]"; line: 1, column: 0])`, "column: 2", 0},
		{`[1,}`, "Unexpected character ('}' (code 125)): expected a value", "column: 5", 3},
		{"// no\n{}", "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)", "column: 2", 0},
		{"[\x01]", `Illegal character ((CTRL-CHAR, code 1)): only regular white space (\r, \n, \t) is allowed between tokens`, "column: 3", 1},
		{`{"a":"€" €}`, "Unexpected character ('€' (code 8364 / 0x20ac)): was expecting comma to separate Object entries", "column: 11", 11},
		{`{"a":"😀"x}`, "Unexpected character ('x' (code 120)): was expecting comma to separate Object entries", "column: 11", 11},
		{"\ufeff{}", "Unexpected character ('\ufeff' (code 65279 / 0xfeff)): " + value, "column: 2", 0},
		{`{"a":1x}`, "Unexpected character ('x' (code 120)): was expecting comma to separate Object entries", "column: 8", 6},
		{`1a`, "Unexpected character ('a' (code 97)): Expected space separating root-level values", "column: 3", 1},
		{`1 2`, "Unexpected character ('2' (code 50)): expected end of the definition", "column: 4", 2},
	} {
		_, err := scan(c.text)
		syntax, ok := errors.AsType[*scanError](err)
		require.True(t, ok, c.text)
		assert.Equal(t, c.message, syntax.jackson, c.text)
		assert.Contains(t, syntax.location, c.column+"]", c.text)
		assert.Equal(t, c.offset, syntax.offset, c.text)
	}
}

func TestScanShowsTheFirst500Characters(t *testing.T) {
	_, err := scan(strings.Repeat("x", 520))
	assert.ErrorContains(t, err, `"[truncated 20 chars]; line: 1, column: 521]`)
	_, err = scan("{\n\t\"a\": x}")
	assert.ErrorContains(t, err, "[Source: (String)\"{\n\\u0009\"a\": x}\"; line: 2, column: 8]")
}

func TestScanDepth(t *testing.T) {
	_, err := scan(strings.Repeat("[", 1000) + strings.Repeat("]", 1000))
	assert.NoError(t, err)
	for _, text := range []string{strings.Repeat("[", 1001) + strings.Repeat("]", 1001), strings.Repeat(`{"":`, 1000) + "{}" + strings.Repeat("}", 1000), strings.Repeat("[", 100_000)} {
		_, err = scan(text)
		assert.ErrorContains(t, err, "nesting depth (1001)")
	}
}

func TestOffsetIn(t *testing.T) {
	text := `"a\n\u00e9\ud83d\ude00z"`
	e, err := scan(text)
	require.NoError(t, err)
	for _, c := range []struct {
		decoded int
		want    string
	}{{0, "a"}, {1, `\n`}, {2, `\u00e9`}, {len("a\né"), `\ud83d`}, {len("a\né😀"), "z"}, {1000, `"`}} {
		assert.True(t, strings.HasPrefix(text[offsetIn(text, e, c.decoded):], c.want), "%d", c.decoded)
	}
}

// FuzzScan holds the scanner against encoding/json, which takes bytes that are no UTF-8.
func FuzzScan(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.5e-3,"\u00e9",null,true]}`, `[`, `"\ud800"`, `-0`, `01`, "\"\x01\"", `{"a":1,}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") >= 1000 {
			return // encoding/json goes deeper
		}
		_, err := scan(text)
		if got, want := err == nil, json.Valid([]byte(text)) && utf8.ValidString(text); got != want {
			t.Errorf("%q: scanned %v, valid %v (%v)", text, got, want, err)
		}
	})
}

func TestNearest(t *testing.T) {
	names := []string{"Ship", "Shop", "ShipOrder", "Receive"}
	for name, want := range map[string]string{
		"Shp": "Ship", "ship": "Ship", "Shpi": "Ship", "ShipOrdr": "ShipOrder", "Recieve": "Receive", "Bill": "", "": "", "Ship": "Shop",
	} {
		assert.Equal(t, want, Nearest(name, names), name)
	}
	exhausted := &speller{spent: spellingBudget}
	assert.Empty(t, exhausted.nearest("Shp", names), "the budget bounds what misspelling costs")
}
