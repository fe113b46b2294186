package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

func parse(t *testing.T, text string) any {
	t.Helper()
	v, err := value.Parse(text)
	require.NoError(t, err, text)
	return v
}

func TestMatchingValuesCompareAsJSON(t *testing.T) {
	for _, c := range []struct{ expected, actual string }{
		{`null`, `null`},
		{`1`, `1.0`},
		{`1.0`, `1`},
		{`"a"`, `"a"`},
		{`{"a":1,"b":[true,{}]}`, `{"b":[true,{}],"a":1.0}`},
		{`"<any>"`, `null`},
		{`"<any>"`, `{"a":[1]}`},
		{`"<any>"`, `""`},
		{`{"a":"<any>"}`, `{"a":null}`},
		{`["<any>",2]`, `[[],2]`},
	} {
		assert.Nil(t, match(parse(t, c.expected), parse(t, c.actual)), "%s and %s", c.expected, c.actual)
	}
}

func TestADifferenceNamesItsPlace(t *testing.T) {
	for _, c := range []struct{ expected, actual, message string }{
		{`1`, `2`, `: expected 1, actual 2`},
		{`1`, `"1"`, `: expected 1, actual "1"`},
		{`null`, `false`, `: expected null, actual false`},
		{`{}`, `[]`, `: expected {}, actual []`},
		{`[]`, `{}`, `: expected [], actual {}`},
		{`{"a":{"b":1}}`, `{"a":{"b":2}}`, `a.b: expected 1, actual 2`},
		{`{"a":[1,{"b":1}]}`, `{"a":[1,{"b":2}]}`, `a[1].b: expected 1, actual 2`},
		{`{"a":1}`, `{}`, `a: expected 1, actual nothing`},
		{`{}`, `{"a":null}`, `a: expected nothing, actual null`},
		{`{"a":"<any>"}`, `{}`, `a: expected "<any>", actual nothing`},
		{`[1]`, `[1,2]`, `[1]: expected nothing, actual 2`},
		{`[1,2]`, `[1]`, `[1]: expected 2, actual nothing`},
		{`"a<any>"`, `"ba"`, `: expected "a<any>", actual "ba"`},
	} {
		d := match(parse(t, c.expected), parse(t, c.actual))
		if assert.NotNil(t, d, "%s and %s", c.expected, c.actual) {
			assert.Equal(t, c.message, d.Error())
		}
	}
}

func TestALongValueIsShortenedInMessages(t *testing.T) {
	long := make([]any, 1000)
	d := match(long, nil)
	require.NotNil(t, d)
	assert.Less(t, len(d.Error()), 600)
	assert.Contains(t, d.Error(), "(5001 bytes)")
}

func TestAnyInsideATextIsAnyRunOfCharacters(t *testing.T) {
	for _, c := range []struct {
		expected, actual string
		same             bool
	}{
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a", "ab", false},
		{"<any>", "", true},
		{"a<any>", "a", true},
		{"a<any>", "abc", true},
		{"<any>c", "abc", true},
		{"<any>c", "abcd", false},
		{"a<any>c", "abc", true},
		{"a<any>c", "ac", true},
		{"ab<any>ba", "aba", false},
		{"a<any>b<any>c", "a1b2c", true},
		{"a<any>b<any>c", "a1c2b", false},
		{"a<any>b<any>b", "a1b2", false},
		{"<any>b<any>", "abc", true},
		{"<any>d<any>", "abc", false},
		{"<any><any>", "x", true},
		{"a<any>b", "a<any>b", true},
	} {
		assert.Equal(t, c.same, matchText(c.expected, c.actual), "%q and %q", c.expected, c.actual)
	}
}

func TestATextExpectedAsJSONIsComparedParsed(t *testing.T) {
	assert.Nil(t, matchTextOrJSON("plain", "plain"))
	assert.Nil(t, matchTextOrJSON(parse(t, `{"a":"<any>"}`), `{ "a" : "b" }`))
	assert.NotNil(t, matchTextOrJSON(parse(t, `{"a":1}`), `{"a":2}`))
	assert.NotNil(t, matchTextOrJSON(parse(t, `{"a":1}`), `no JSON`))
	assert.NotNil(t, matchTextOrJSON("plain", "other"))
}

// FuzzMatchText checks the matcher against one that tries every possibility.
func FuzzMatchText(f *testing.F) {
	f.Add("a<any>b", "ab")
	f.Add("<any>ab<any>b", "aabab")
	f.Add("<any", "<any>")
	f.Fuzz(func(t *testing.T, expected, actual string) {
		if len(expected) > 60 || len(actual) > 30 {
			return
		}
		assert.Equal(t, slowMatch(expected, actual), matchText(expected, actual), "%q and %q", expected, actual)
	})
}

func slowMatch(expected, actual string) bool {
	if len(expected) >= len(anything) && expected[:len(anything)] == anything {
		for i := range len(actual) + 1 {
			if slowMatch(expected[len(anything):], actual[i:]) {
				return true
			}
		}
		return false
	}
	if expected == "" || actual == "" {
		return expected == actual
	}
	return expected[0] == actual[0] && slowMatch(expected[1:], actual[1:])
}
