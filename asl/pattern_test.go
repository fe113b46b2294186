package asl_test

import (
	"strings"
	"testing"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPatternMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		// The specification's own examples.
		{"foo*.log", "foo23.log", true},
		{"*.log", "zebra.log", true},
		{"foo*.*", "foobar.zebra", true},

		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"**", "abc", true},
		{"a", "a", true},
		{"a", "A", false},
		{"a*", "ba", false},
		{"*a", "ab", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"*ab*ba*", "aba", false},
		{"*ab*ba*", "abba", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "acb", false},
		{"*aab", "aaab", true},
		{"f?o", "foo", false},
		{"[a]", "a", false},
		{"日*", "日本", true},

		{`\*`, "*", true},
		{`\*`, "a", false},
		{`a\\b`, `a\b`, true},
		{`\\*`, `\anything`, true},
		{`*\**`, "a*b", true},
		{`*\**`, "ab", false},
	} {
		p, err := asl.CompilePattern(c.pattern)
		require.NoError(t, err, c.pattern)
		assert.Equal(t, c.want, p.Match(c.text), "%q against %q", c.text, c.pattern)
		assert.Equal(t, c.pattern, p.String())
	}
}

func TestPatternOpenEscape(t *testing.T) {
	for _, pattern := range []string{`\`, `a\`, `\d`, `*\\\`} {
		_, err := asl.CompilePattern(pattern)
		assert.Error(t, err, pattern)
	}
}

// TestPatternIsLinear would take longer than the age of the universe with a
// matcher that tries again.
func TestPatternIsLinear(t *testing.T) {
	p, err := asl.CompilePattern(strings.Repeat("a*", 10_000) + "b")
	require.NoError(t, err)
	assert.False(t, p.Match(strings.Repeat("a", 100_000)))
}

func FuzzPattern(f *testing.F) {
	f.Add("a*b", "aab")
	f.Add(`\*\\`, `*\`)
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := asl.CompilePattern(pattern)
		got := err == nil && p.Match(text)
		if err != nil || len(pattern)+len(text) > 24 {
			return // the naive matcher tries everything
		}
		if want := naiveMatch(pattern, text); got != want {
			t.Errorf("%q against %q: %v, a naive matcher says %v", text, pattern, got, want)
		}
	})
}

// naiveMatch is StringMatches as the specification words it, without any care
// for speed.
func naiveMatch(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		for i := range len(text) + 1 {
			if naiveMatch(pattern[1:], text[i:]) {
				return true
			}
		}
		return false
	case pattern[0] == '\\':
		pattern = pattern[1:]
	}
	return text != "" && pattern[0] == text[0] && naiveMatch(pattern[1:], text[1:])
}
