package asl

import (
	"errors"
	"fmt"
	"strings"
)

// A Pattern is the operand of StringMatches: a text in which * stands for any
// run of characters, \* for an asterisk and \\ for a backslash. It is immutable
// and safe for use by any number of goroutines.
// Implements the StringMatches operator of the chapter "Choice State".
type Pattern struct {
	text string
	// parts are the literal pieces between the wildcards; a pattern without a
	// wildcard has a single one.
	parts []string
}

// errOpenEscape says that a backslash escapes nothing.
var errOpenEscape = errors.New(`a backslash must be followed by * or \`)

// CompilePattern reads a pattern. It fails over a backslash that is followed by
// neither * nor \, which the specification calls an open escape.
func CompilePattern(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	var part strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '*':
			p.parts = append(p.parts, part.String())
			part.Reset()
		case '\\':
			i++
			if i == len(text) || text[i] != '*' && text[i] != '\\' {
				return nil, fmt.Errorf("asl: pattern %q: %w", text, errOpenEscape)
			}
			part.WriteByte(text[i])
		default:
			part.WriteByte(c)
		}
	}
	p.parts = append(p.parts, part.String())
	return p, nil
}

// String returns the pattern as written.
func (p *Pattern) String() string { return p.text }

// Match reports whether the pattern matches the whole of s. It looks at no part
// of s twice, save for the length of one literal piece.
func (p *Pattern) Match(s string) bool {
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(p.parts) == 1 {
		return s == first
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	// Taking each piece at its first occurrence leaves the most for the rest.
	for _, part := range p.parts[1 : len(p.parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}
