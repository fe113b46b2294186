package asl

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

// The scanner reads JSON into elements that know their places in the text, which
// neither encoding/json nor asl/value keeps. It words syntax errors as AWS does;
// AWS parses with Jackson, and Jackson's texts reach the users.

// A kind is the JSON type of an element.
type kind uint8

const (
	nullKind kind = iota
	booleanKind
	numberKind
	stringKind
	arrayKind
	objectKind
)

// An element is a JSON value in the text.
type element struct {
	kind       kind
	start, end int    // its bytes in the text
	text       string // a string's value
	truth      bool   // a boolean's value
	damaged    bool   // it is not as JSON has it: see mend.go
	members    []member
	index      map[string]int // of members by their keys, in large objects only
	items      []*element
}

// A member is a field of an object.
type member struct {
	key   string
	start int // offset of the key
	value *element
}

// find returns the object's field of that name, nil when there is none. Of two
// with one name it returns the first.
func (e *element) find(key string) *member {
	if e.index != nil {
		if i, ok := e.index[key]; ok {
			return &e.members[i]
		}
		return nil
	}
	for i := range e.members {
		if e.members[i].key == key {
			return &e.members[i]
		}
	}
	return nil
}

// has reports whether an object has a field of that name.
func (e *element) has(key string) bool { return e.find(key) != nil }

// closed notes that an object is read to its end.
func (e *element) closed(end int) *element {
	const large = 16
	e.end = end
	if len(e.members) > large {
		e.index = make(map[string]int, len(e.members))
		for i := range e.members {
			if _, ok := e.index[e.members[i].key]; !ok {
				e.index[e.members[i].key] = i
			}
		}
	}
	return e
}

// A scanError is a text that is no JSON.
type scanError struct {
	message  string // for people, without the place
	jackson  string // Jackson's, without the place
	location string // Jackson's description of the place
	offset   int
}

func (e *scanError) Error() string { return e.jackson + "\n at " + e.location }

// scan reads a text that holds one JSON value.
func scan(text string) (*element, error) {
	s := scanner{text: text}
	s.space()
	e, err := s.value(0)
	if err != nil {
		return nil, err
	}
	s.space()
	if s.at < len(s.text) {
		return nil, s.unexpected("expected end of the definition")
	}
	return e, nil
}

type scanner struct {
	text string
	at   int
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) value(depth int) (*element, error) {
	if s.at >= len(s.text) {
		return nil, s.fail(s.at, s.at, "Unexpected end-of-input")
	}
	switch c := s.text[s.at]; {
	case depth >= value.MaxDepth && (c == '{' || c == '['):
		return nil, s.fail(s.at, s.at, fmt.Sprintf("Document nesting depth (%d) exceeds the maximum allowed (%d)", depth+1, value.MaxDepth))
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		start := s.at
		text, err := s.string("string value")
		if err != nil {
			return nil, err
		}
		return &element{kind: stringKind, start: start, end: s.at, text: text}, nil
	case c == '-' || '0' <= c && c <= '9':
		return s.number(depth)
	case c == '+':
		return nil, s.plus()
	case s.atWord():
		return s.word()
	case depth == 0 && (c == '}' || c == ']'):
		return nil, s.mismatch("root", s.at)
	default:
		return nil, s.unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')")
	}
}

func (s *scanner) object(depth int) (*element, error) {
	e := &element{kind: objectKind, start: s.at}
	s.at++
	s.space()
	if s.eat('}') {
		return e.closed(s.at), nil
	}
	switch {
	case s.at >= len(s.text):
		return nil, s.unclosed("Object", e.start)
	case s.text[s.at] == ']':
		return nil, s.mismatch("Object", e.start)
	}
	for {
		s.space()
		if s.at >= len(s.text) {
			return nil, s.ended("within/between Object entries")
		}
		if s.text[s.at] != '"' {
			return nil, s.unexpected("was expecting double-quote to start field name")
		}
		start := s.at
		key, err := s.string("name")
		if err != nil {
			return nil, err
		}
		s.space()
		if s.at < len(s.text) && !s.eat(':') {
			return nil, s.unexpected("was expecting a colon to separate field name and value")
		}
		s.space()
		if s.at >= len(s.text) {
			return nil, s.ended("within/between Object entries")
		}
		v, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		e.members = append(e.members, member{key: key, start: start, value: v})
		s.space()
		switch {
		case s.at >= len(s.text):
			return nil, s.unclosed("Object", e.start)
		case s.eat('}'):
			return e.closed(s.at), nil
		case s.text[s.at] == ']':
			return nil, s.mismatch("Object", e.start)
		case !s.eat(','):
			return nil, s.unexpected("was expecting comma to separate Object entries")
		}
	}
}

func (s *scanner) array(depth int) (*element, error) {
	e := &element{kind: arrayKind, start: s.at}
	s.at++
	s.space()
	if s.eat(']') {
		e.end = s.at
		return e, nil
	}
	switch {
	case s.at >= len(s.text):
		return nil, s.unclosed("Array", e.start)
	case s.text[s.at] == '}':
		return nil, s.mismatch("Array", e.start)
	}
	for {
		s.space()
		switch {
		case s.at >= len(s.text):
			return nil, s.ended("within/between Array entries")
		case s.text[s.at] == '}':
			return nil, s.unexpected("expected a value")
		}
		v, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		e.items = append(e.items, v)
		s.space()
		switch {
		case s.at >= len(s.text):
			return nil, s.unclosed("Array", e.start)
		case s.eat(']'):
			e.end = s.at
			return e, nil
		case s.text[s.at] == '}':
			return nil, s.mismatch("Array", e.start)
		case !s.eat(','):
			return nil, s.unexpected("was expecting comma to separate Array entries")
		}
	}
}

func (s *scanner) eat(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) word() (*element, error) {
	start := s.at
	for s.at < len(s.text) && isWord(s.text[s.at]) {
		s.at++
	}
	e := &element{start: start, end: s.at}
	switch word := s.text[start:s.at]; word {
	case "null":
		e.kind = nullKind
	case "true", "false":
		e.kind, e.truth = booleanKind, word == "true"
	case "NaN", "Infinity":
		return nil, s.nonStandard(start)
	default:
		return nil, s.fail(start, s.at, fmt.Sprintf("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", word))
	}
	return e, nil
}

// atWord reports whether a word begins here, as Jackson sees it: with a character
// that may begin a name in Java.
func (s *scanner) atWord() bool {
	c := s.text[s.at]
	if c < utf8.RuneSelf {
		return isWord(c)
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.at:])
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Sc, unicode.Pc)
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$' || c >= utf8.RuneSelf ||
		'0' <= c && c <= '9'
}

func (s *scanner) number(depth int) (*element, error) {
	start := s.at
	s.eat('-')
	whole := s.at
	if s.digits() == 0 {
		return nil, s.noDigits(start)
	}
	if s.text[whole] == '0' && s.at-whole > 1 {
		return nil, s.fail(whole, whole+1, "Invalid numeric value: Leading zeroes not allowed")
	}
	if s.eat('.') && s.digits() == 0 {
		return nil, s.broken(s.at, "Decimal point not followed by a digit")
	}
	if s.eat('e') || s.eat('E') {
		read := s.at
		if !s.eat('+') {
			s.eat('-')
		}
		if s.digits() == 0 {
			return nil, s.broken(read, "Exponent indicator not followed by a digit")
		}
	}
	if depth == 0 && s.at < len(s.text) && isWord(s.text[s.at]) {
		return nil, s.unexpected("Expected space separating root-level values")
	}
	return &element{kind: numberKind, start: start, end: s.at}, nil
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// string reads a string and leaves the scanner behind its closing quote. For errors
// it is told what it reads: a "name" or a "string value".
func (s *scanner) string(what string) (string, error) {
	s.at++
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[start : s.at-1], nil
		case c == '\\' || c >= utf8.RuneSelf || c < ' ':
			return s.escapedString(start, what)
		}
		s.at++
	}
	return "", s.unquoted(what)
}

// escapedString reads on when a string turns out to hold more than plain ASCII.
func (s *scanner) escapedString(start int, what string) (string, error) {
	var b strings.Builder
	b.WriteString(s.text[start:s.at])
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '"':
			s.at++
			return b.String(), nil
		case c < ' ':
			return "", s.fail(s.at, s.at+1, fmt.Sprintf("Illegal unquoted character (%s): has to be escaped using backslash to be included in %s", describe(rune(c)), what))
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		case c < utf8.RuneSelf:
			b.WriteByte(c)
			s.at++
		default:
			r, size := utf8.DecodeRuneInString(s.text[s.at:])
			if r == utf8.RuneError && size == 1 {
				return "", s.notUTF8()
			}
			b.WriteRune(r)
			s.at += size
		}
	}
	return "", s.unquoted(what)
}

// escape reads one escape sequence, two for a surrogate pair.
func (s *scanner) escape() (rune, error) {
	if s.at+1 >= len(s.text) {
		s.at = len(s.text)
		return 0, s.ended("in character escape sequence")
	}
	c := s.text[s.at+1]
	if c == 'u' {
		r, ok := hex4(s.text, s.at+2)
		if !ok {
			return 0, s.noHex()
		}
		s.at += 6
		if !utf16.IsSurrogate(r) {
			return r, nil
		}
		if strings.HasPrefix(s.text[s.at:], `\u`) {
			if low, ok := hex4(s.text, s.at+2); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					s.at += 6
					return pair, nil
				}
			}
		}
		return utf8.RuneError, nil
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		r, size := utf8.DecodeRuneInString(s.text[s.at+1:])
		return 0, s.fail(s.at, s.at+1+size, "Unrecognized character escape "+describe(r))
	}
	s.at += 2
	return rune("\"\\/\b\f\n\r\t"[i]), nil
}

func hex4(text string, at int) (rune, bool) {
	if at+4 > len(text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[at : at+4]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// offsetIn turns an offset in a string element's value into one in the text,
// where escapes take more room.
func offsetIn(text string, e *element, decoded int) int {
	return newCursor(text, e).to(decoded)
}

// A cursor does what offsetIn does for offsets that do not decrease, and looks at
// no part of the text twice.
type cursor struct {
	text        string
	e           *element
	at, decoded int
}

func newCursor(text string, e *element) *cursor { return &cursor{text: text, e: e, at: e.start + 1} }

func (c *cursor) to(decoded int) int {
	for c.at < c.e.end-1 && c.decoded < decoded {
		size, written := 1, 1
		switch b := c.text[c.at]; {
		case b == '\\' && c.at+1 < c.e.end && c.text[c.at+1] == 'u':
			size = 6
			r, _ := hex4(c.text, c.at+2)
			if utf16.IsSurrogate(r) && strings.HasPrefix(c.text[c.at+6:], `\u`) {
				if low, ok := hex4(c.text, c.at+8); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
					size, r = 12, utf16.DecodeRune(r, low)
				}
			}
			if written = utf8.RuneLen(r); written < 0 {
				written = len(string(utf8.RuneError))
			}
		case b == '\\':
			size = 2
		}
		c.at += size
		c.decoded += written
	}
	return min(c.at, c.e.end)
}
