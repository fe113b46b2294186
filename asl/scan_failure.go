package asl

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// What AWS says of text that is no JSON is what Jackson, its parser, says (measured
// for one text). The wording and the places here are those of Jackson 2.14, which was
// run beside this; which release AWS has is not known.

// JSONProblem returns what AWS says of a text that is no JSON, such as an execution's input,
// without the place; it is empty for JSON. Of a key that an object has twice AWS says
// nothing.
func JSONProblem(text string) string {
	_, err := scan(text)
	if failed, ok := errors.AsType[*scanError](err); ok {
		return failed.jackson
	}
	return ""
}

// describe names a character.
func describe(r rune) string {
	switch {
	case unicode.IsControl(r):
		return fmt.Sprintf("(CTRL-CHAR, code %d)", r)
	case r > 0xff:
		return fmt.Sprintf("'%c' (code %d / 0x%x)", r, r, r)
	}
	return fmt.Sprintf("'%c' (code %d)", r, r)
}

// unexpected fails over the character at hand.
func (s *scanner) unexpected(expected string) error {
	if s.at >= len(s.text) {
		return s.fail(s.at, s.at, "Unexpected end-of-input")
	}
	r, size := utf8.DecodeRuneInString(s.text[s.at:])
	switch {
	case r == '/':
		expected = "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
	case r < ' ':
		return s.fail(s.at, s.at+size, "Illegal character ("+describe(r)+`): only regular white space (\r, \n, \t) is allowed between tokens`)
	}
	return s.fail(s.at, s.at+size, "Unexpected character ("+describe(r)+"): "+expected)
}

// notUTF8 fails over a byte that is no UTF-8. AWS's API cannot even receive one, so the words are
// a guess: those that Jackson has for most such bytes in a stream.
func (s *scanner) notUTF8() error {
	return s.fail(s.at, s.at, fmt.Sprintf("Invalid UTF-8 start byte 0x%x", s.text[s.at]))
}

// ended fails over a text that ends too early.
func (s *scanner) ended(where string) error {
	return s.fail(s.at, s.at, "Unexpected end-of-input "+where)
}

// unclosed fails over a text that ends inside an object or array.
func (s *scanner) unclosed(what string, start int) error {
	const message = "Unexpected end-of-input: expected close marker for %s (start marker at %s)"
	e := s.fail(s.at, s.at, fmt.Sprintf(message, what, s.lineOf(start)))
	e.jackson = fmt.Sprintf(message, what, s.location(start, start))
	return e
}

// unquoted fails over a text that ends inside a string.
func (s *scanner) unquoted(what string) error {
	if what == "name" {
		return s.ended("in field name")
	}
	return s.fail(s.at, s.at, "Unexpected end-of-input: was expecting closing quote for a string value")
}

// mismatch fails over a bracket that closes something else than what is open.
func (s *scanner) mismatch(what string, start int) error {
	closing := s.text[s.at]
	wanted := byte('}')
	if closing == '}' {
		wanted = ']'
	}
	const message = "Unexpected close marker '%c': expected '%c' (for %s starting at %s)"
	where, quoted := s.lineOf(start), s.location(start, start)
	if what == "root" {
		where, quoted = "line 1", s.sourceAt(1, 0)
	}
	e := s.fail(s.at, s.at+1, fmt.Sprintf(message, closing, wanted, what, where))
	e.jackson = fmt.Sprintf(message, closing, wanted, what, quoted)
	return e
}

// nonStandard fails over a number that JSON doesn't have.
func (s *scanner) nonStandard(start int) error {
	return s.fail(start, s.at, "Non-standard token '"+s.text[start:s.at]+"': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow")
}

// noDigits fails over a minus sign without a number.
func (s *scanner) noDigits(start int) error {
	rest := s.text[s.at:]
	switch {
	case rest == "":
		return s.fail(s.at, s.at, "Unexpected end-of-inputNo digit following minus sign")
	case rest[0] == '.':
		return s.unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')")
	}
	for _, name := range []string{"INF", "Infinity"} {
		if strings.HasPrefix(rest, name) {
			s.at += len(name)
			return s.nonStandard(start)
		}
	}
	r, size := utf8.DecodeRuneInString(rest)
	return s.fail(s.at, s.at+size, "Unexpected character ("+describe(r)+") in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value")
}

// plus fails over a plus sign where a value should stand.
func (s *scanner) plus() error {
	start := s.at
	s.at++
	if s.at >= len(s.text) {
		return s.ended("in a Number value")
	}
	_, size := utf8.DecodeRuneInString(s.text[s.at:])
	return s.fail(start, s.at+size, "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow")
}

// broken fails over a number that breaks off.
func (s *scanner) broken(read int, what string) error {
	if s.at >= len(s.text) {
		if strings.HasSuffix(s.text, ".") {
			return s.fail(s.at, s.at, "Unexpected character ('.' (code 46)) in numeric value: "+what)
		}
		return s.fail(s.at, s.at, "Unexpected end-of-inputexpected a digit for number exponent")
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.at:])
	return s.fail(s.at, read, "Unexpected character ("+describe(r)+") in numeric value: "+what)
}

// noHex fails over a \u that four hexadecimal digits do not follow.
func (s *scanner) noHex() error {
	start := s.at
	s.at += 2
	for s.at < len(s.text) && strings.IndexByte("0123456789abcdefABCDEF", s.text[s.at]) >= 0 {
		s.at++
	}
	if s.at >= len(s.text) {
		return s.ended("in character escape sequence")
	}
	r, size := utf8.DecodeRuneInString(s.text[s.at:])
	return s.fail(start, s.at+size, "Unexpected character ("+describe(r)+"): expected a hex-digit for character escape sequence")
}

// fail makes an error about the text at offset; read is how far Jackson has got
// by then, which is the place it names.
func (s *scanner) fail(offset, read int, message string) *scanError {
	return &scanError{message: message, jackson: message, location: s.location(offset, read), offset: offset}
}

// lineOf describes a place without quoting the text, which Jackson does.
func (s *scanner) lineOf(offset int) string {
	line := strings.Count(s.text[:offset], "\n") + 1
	begin := strings.LastIndexByte(s.text[:offset], '\n') + 1
	return fmt.Sprintf("line %d, column %d", line, utf8.RuneCountInString(s.text[begin:offset])+1)
}

// location describes the place read, on the line of offset, as Jackson does. It
// counts Java's characters.
func (s *scanner) location(offset, read int) string {
	line := strings.Count(s.text[:offset], "\n") + 1
	begin := strings.LastIndexByte(s.text[:offset], '\n') + 1
	return s.sourceAt(line, javaLength(s.text[begin:read])+1)
}

func (s *scanner) sourceAt(line, column int) string {
	const shown = 500
	var b strings.Builder
	length := 0
	for _, r := range s.text {
		if length++; r > 0xffff {
			length++
		}
		switch {
		case length > shown:
		case unicode.IsControl(r) && r != '\n' && r != '\r':
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	truncated := ""
	if length > shown {
		truncated = fmt.Sprintf("[truncated %d chars]", length-shown)
	}
	return fmt.Sprintf(`[Source: (String)"%s"%s; line: %d, column: %d]`, b.String(), truncated, line, column)
}

func javaLength(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
