package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A SyntaxError says why a text is no JSON value, and where.
type SyntaxError struct {
	Message string
	Offset  int // in bytes, from 0
	Line    int // from 1
	Column  int // in characters, from 1
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Parse reads a text that is one JSON value as RFC 8259 defines it, white space
// around it allowed. An integer becomes an int64, a number with a fraction or
// an exponent a float64; what fits neither keeps its text as a json.Number.
// Every error is a *[SyntaxError]. Beyond the RFC's rules, an object that names a
// key twice is refused, and so is nesting deeper than [MaxDepth].
//
// Strings of the result share the memory of the text (of one copy of it, where
// the text is a byte slice), so a value keeps the document alive that it came from.
func Parse[T ~string | ~[]byte](text T) (any, error) {
	return parseWithin(string(text), MaxDepth)
}

// ParseDeep is Parse without the limit of nesting, for texts that come from Append:
// what a program has built from parsed values may nest deeper than what it parses.
func ParseDeep(text string) (any, error) { return parseWithin(text, math.MaxInt) }

func parseWithin(text string, deepest int) (any, error) {
	p := parser{text: text, deepest: deepest}
	v, err := p.document()
	if p.stacks != nil {
		p.stacks.release()
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// A parser is one pass over a text.
type parser struct {
	text    string
	at      int
	depth   int
	deepest int
	stacks  *stacks // nil until the first object or array
	room    room
}

func (p *parser) document() (any, error) {
	p.space()
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(p.text) {
		return nil, p.unexpected("after the value")
	}
	return v, nil
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value() (any, error) {
	if p.at == len(p.text) {
		return nil, p.fail("the text ends where a value should stand")
	}
	switch c := p.text[p.at]; c {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		s, err := p.string()
		if err != nil {
			return nil, err
		}
		return s, nil
	case 't':
		return true, p.word("true")
	case 'f':
		return false, p.word("false")
	case 'n':
		return nil, p.word("null")
	default:
		if c == '-' || isDigit(c) {
			return p.number()
		}
		return nil, p.unexpected("where a value should stand")
	}
}

func (p *parser) word(word string) error {
	if !strings.HasPrefix(p.text[p.at:], word) {
		return p.fail("only true, false and null are words of JSON")
	}
	p.at += len(word)
	return nil
}

func (p *parser) enter() error {
	if p.depth == p.deepest {
		return p.fail(fmt.Sprintf("nested deeper than %d", MaxDepth))
	}
	if p.stacks == nil {
		p.stacks = stackPool.Get().(*stacks)
		p.room.measure(p.text)
	}
	p.depth++
	p.at++
	p.space()
	return nil
}

func (p *parser) object() (any, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	o := p.room.object()
	if p.at < len(p.text) && p.text[p.at] == '}' {
		p.at++
		p.depth--
		return o, nil
	}
	base := len(p.stacks.members)
	var index map[string]int
	for {
		if p.at == len(p.text) || p.text[p.at] != '"' {
			return nil, p.unexpected("where a member's name should stand")
		}
		start := p.at
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		own := p.stacks.members[base:]
		if index == nil && len(own) > indexAbove {
			index = make(map[string]int, 4*len(own))
			for i := range own {
				index[own[i].Key] = i
			}
		}
		if holds(own, index, key) {
			p.at = start
			return nil, p.fail("the key " + strconv.Quote(key) + " stands twice in one object")
		}
		if index != nil {
			index[key] = len(own)
		}
		p.space()
		if p.at == len(p.text) || p.text[p.at] != ':' {
			return nil, p.unexpected("where a ':' should follow a member's name")
		}
		p.at++
		p.space()
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.stacks.members = append(p.stacks.members, Member{key, v})
		more, err := p.more('}', "where ',' or '}' should follow a member")
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	p.depth--
	o.members = p.room.keepMembers(p.stacks.members[base:])
	clear(p.stacks.members[base:])
	p.stacks.members = p.stacks.members[:base]
	if index != nil {
		o.index.Store(&index)
	}
	return o, nil
}

func holds(members []Member, index map[string]int, key string) bool {
	if index != nil {
		_, found := index[key]
		return found
	}
	for i := range members {
		if members[i].Key == key {
			return true
		}
	}
	return false
}

func (p *parser) array() (any, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	if p.at < len(p.text) && p.text[p.at] == ']' {
		p.at++
		p.depth--
		return []any{}, nil
	}
	base := len(p.stacks.elements)
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		p.stacks.elements = append(p.stacks.elements, v)
		more, err := p.more(']', "where ',' or ']' should follow an element")
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	p.depth--
	elements := p.room.keepElements(p.stacks.elements[base:])
	clear(p.stacks.elements[base:])
	p.stacks.elements = p.stacks.elements[:base]
	return elements, nil
}

// more steps over a comma and says that another member or element follows, or
// over the closing bracket and says that none does.
func (p *parser) more(end byte, place string) (bool, error) {
	p.space()
	if p.at < len(p.text) {
		switch p.text[p.at] {
		case ',':
			p.at++
			p.space()
			return true, nil
		case end:
			p.at++
			return false, nil
		}
	}
	return false, p.unexpected(place)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// digits steps over digits and says whether there were any.
func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && isDigit(p.text[p.at]) {
		p.at++
	}
	return p.at > start
}

func (p *parser) number() (any, error) {
	start := p.at
	negative := p.text[p.at] == '-'
	if negative {
		p.at++
	}
	first := p.at
	if !p.digits() {
		return nil, p.unexpected("where a digit should stand")
	}
	if p.text[first] == '0' && p.at > first+1 {
		p.at = first + 1
		return nil, p.fail("a number does not begin with a needless 0")
	}
	integer := true
	if p.at < len(p.text) && p.text[p.at] == '.' {
		integer = false
		p.at++
		if !p.digits() {
			return nil, p.unexpected("where a digit should follow the point")
		}
	}
	if p.at < len(p.text) && p.text[p.at]|0x20 == 'e' {
		integer = false
		p.at++
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		if !p.digits() {
			return nil, p.unexpected("where the exponent's digits should stand")
		}
	}
	if integer && p.at-first <= 18 { // 18 digits always fit
		var n int64
		for _, c := range []byte(p.text[first:p.at]) {
			n = n*10 + int64(c-'0')
		}
		if negative {
			n = -n
		}
		return n, nil
	}
	return number(p.text[start:p.at], integer), nil
}

// number gives the value of a valid JSON number.
func number(text string, integer bool) any {
	if integer {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		return json.Number(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return json.Number(text)
	}
	return f
}

// string reads the string that begins at the parser's place. One without
// escapes, nearly every one, is a part of the text and costs no memory.
func (p *parser) string() (string, error) {
	p.at++
	start := p.at
	ascii := true
	for i := start; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			s := p.text[start:i]
			if !ascii {
				if err := p.checkUTF8(s, start); err != nil {
					return "", err
				}
			}
			p.at = i + 1
			return s, nil
		case c == '\\':
			return p.escaped(start, i)
		case c < 0x20:
			p.at = i
			return "", p.fail(fmt.Sprintf("the control character U+%04X must be escaped inside a string", c))
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", p.unclosed(start)
}

func (p *parser) unclosed(start int) error {
	p.at = start - 1
	return p.fail("the string that begins here does not end")
}

func (p *parser) checkUTF8(s string, start int) error {
	if utf8.ValidString(s) {
		return nil
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			p.at = start + i
			break
		}
		i += size
	}
	return p.fail("the text is not valid UTF-8 here")
}

// escaped reads a string that has escapes; the first stands at i.
func (p *parser) escaped(start, i int) (string, error) {
	// Escapes shorten, so the rest of the string up to its end is room enough.
	end := strings.IndexByte(p.text[i:], '"')
	dst := make([]byte, 0, max(32, i-start+end))
	from := start
	for i < len(p.text) {
		switch c := p.text[i]; {
		case c == '"':
			if err := p.checkUTF8(p.text[from:i], from); err != nil {
				return "", err
			}
			dst = append(dst, p.text[from:i]...)
			p.at = i + 1
			return string(dst), nil
		case c < 0x20:
			p.at = i
			return "", p.fail(fmt.Sprintf("the control character U+%04X must be escaped inside a string", c))
		case c == '\\':
			if err := p.checkUTF8(p.text[from:i], from); err != nil {
				return "", err
			}
			dst = append(dst, p.text[from:i]...)
			p.at = i
			var err error
			if dst, err = p.escape(dst); err != nil {
				return "", err
			}
			i = p.at
			from = i
		default:
			i++
		}
	}
	return "", p.unclosed(start)
}

// escape reads one escape sequence and appends what it stands for.
func (p *parser) escape(dst []byte) ([]byte, error) {
	if p.at+1 == len(p.text) {
		return nil, p.fail("the text ends inside an escape sequence")
	}
	c := p.text[p.at+1]
	if c == 'u' {
		return p.unicodeEscape(dst)
	}
	i := strings.IndexByte(`"\/bfnrt`, c)
	if i < 0 {
		return nil, p.fail(`after '\' in a string stands one of "\/bfnrtu`)
	}
	p.at += 2
	return append(dst, "\"\\/\b\f\n\r\t"[i]), nil
}

// unicodeEscape reads \uXXXX, or the two of a surrogate pair. Half a pair is
// valid JSON but no character; it becomes U+FFFD as in encoding/json.
func (p *parser) unicodeEscape(dst []byte) ([]byte, error) {
	r, ok := p.hex4(p.at)
	if !ok {
		return nil, p.fail(`after '\u' stand four hexadecimal digits`)
	}
	p.at += 6
	if 0xD800 <= r && r < 0xDC00 {
		if low, ok := p.hex4(p.at); ok && 0xDC00 <= low && low < 0xE000 {
			p.at += 6
			r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
		}
	}
	return utf8.AppendRune(dst, r), nil // half a pair is written as U+FFFD
}

func (p *parser) hex4(at int) (rune, bool) {
	if at+6 > len(p.text) || p.text[at] != '\\' || p.text[at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.text[at+2 : at+6]) {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

func (p *parser) unexpected(place string) error {
	if p.at >= len(p.text) {
		return p.fail("the text ends " + place)
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return p.fail("unexpected " + strconv.QuoteRune(r) + " " + place)
}

func (p *parser) fail(message string) error {
	before := p.text[:p.at]
	line := strings.LastIndexByte(before, '\n') + 1
	return &SyntaxError{
		Message: message,
		Offset:  p.at,
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(before[line:]) + 1,
	}
}
