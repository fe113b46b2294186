package asl

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

// A slip is a mistake in the syntax of JSON that a tolerant reader has read over.
type slip struct {
	start, end int
	message    string
	fix        *Fix
	closes     bool // the fix closes an object or a list
}

// maxSlips bounds the slips that are kept.
const maxSlips = 100

// A mender reads JSON that is not finished, or broken: what can be understood of it becomes
// elements, and the rest slips. Text that is JSON becomes what scan makes of it.
//
// It takes a string for finished at the end of its line, an object or list for closed where
// one around it is, and a name for one without a value where another name follows.
type mender struct {
	text  string
	at    int
	open  []byte // the signs that opened what is being read
	slips []slip
	brief bool // only the first slip is wanted
}

// mend reads a text, and returns the object that it is, nil when it begins as none.
func mend(text string) (*element, []slip) { return (&mender{text: text}).read() }

// firstSlip returns the first mistake of a text that is no JSON, nil when it begins as no
// object. It reads little more than up to there.
func firstSlip(text string) *slip {
	_, slips := (&mender{text: text, brief: true}).read()
	if len(slips) == 0 {
		return nil
	}
	return &slips[0]
}

func (m *mender) read() (*element, []slip) {
	m.space()
	if m.peek() != '{' {
		return nil, nil
	}
	e := m.object()
	if m.space(); m.at < len(m.text) {
		m.slip(m.at, lineEnd(m.text, m.at), "The definition has ended before", nil)
	}
	return e, m.slips
}

func (m *mender) slip(start, end int, message string, fix *Fix) {
	if len(m.slips) < maxSlips {
		m.slips = append(m.slips, slip{start: start, end: max(start, end), message: message, fix: fix})
	}
	if m.brief && len(m.slips) > 1 { // the second may be a part of the first
		m.at = len(m.text)
	}
}

// peek returns the character at hand, 0 at the end.
func (m *mender) peek() byte {
	if m.at < len(m.text) {
		return m.text[m.at]
	}
	return 0
}

// space passes white space, and comments.
func (m *mender) space() {
	for m.at < len(m.text) {
		switch c := m.text[m.at]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			m.at++
		case m.at == 0 && strings.HasPrefix(m.text, "\uFEFF"):
			m.at = len("\uFEFF")
		case strings.HasPrefix(m.text[m.at:], "//"):
			m.comment(lineEnd(m.text, m.at))
		case strings.HasPrefix(m.text[m.at:], "/*"):
			end := len(m.text)
			if n := strings.Index(m.text[m.at:], "*/"); n >= 0 {
				end = m.at + n + len("*/")
			}
			m.comment(end)
		default:
			return
		}
	}
}

func (m *mender) comment(end int) {
	fix := replace("Remove the comment", m.at, end, "")
	m.slip(m.at, end, "JSON has no comments; a state and most other objects may have a field Comment", &fix)
	m.at = end
}

// hole is the value of a name that has none.
func (m *mender) hole() *element { return &element{start: m.at, end: m.at, damaged: true} }

// value reads a value, nil when there is none at hand.
func (m *mender) value() *element {
	switch c := m.peek(); {
	case len(m.open) >= value.MaxDepth:
		m.slip(m.at, m.at, "It is nested too deeply", nil)
		m.at = len(m.text)
		return m.hole()
	case c == '{':
		return m.object()
	case c == '[':
		return m.array()
	case c == '"' || c == '\'':
		return m.string()
	case c == 0 && m.at >= len(m.text), strings.IndexByte(",:}]", c) >= 0:
		return nil
	}
	return m.word()
}

// string reads a string; one that does not end does so with its line.
func (m *mender) string() *element {
	start := m.at
	quote := m.text[start]
	end := start + 1
	for end < len(m.text) && m.text[end] != quote && m.text[end] != '\n' {
		if m.text[end] == '\\' && end+1 < len(m.text) && m.text[end+1] != '\n' {
			end++
		}
		end++
	}
	closed := end < len(m.text) && m.text[end] == quote
	// The scanner's errors take long to make, so it is only given what it takes.
	valid := utf8.ValidString(m.text[start:end])
	if closed && valid && quote == '"' && json.Valid([]byte(m.text[start:end+1])) {
		s := scanner{text: m.text, at: start}
		text, _ := s.string("string value")
		m.at = s.at
		return &element{kind: stringKind, start: start, end: m.at, text: text}
	}
	e := &element{start: start, end: min(end+1, len(m.text)), text: m.text[start+1 : min(end, len(m.text))], damaged: true}
	switch {
	case closed && quote == '\'':
		fix := replace("Put it into double quotes", start, end+1, value.String(e.text))
		m.slip(start, end+1, "A text is put into double quotes", &fix)
	case closed && !valid:
		m.slip(start, end+1, "The text has bytes that are no UTF-8", nil)
	case closed:
		m.slip(start, end+1, "The text has a character that has to be escaped, or an escape that JSON does not have", nil)
	default:
		e.end = lineEnd(m.text, start)
		e.text = strings.TrimSuffix(m.text[start+1:max(e.end, start+1)], ",")
		e.end = start + 1 + len(e.text)
		fix := replace("Close the text", e.end, e.end, string(quote))
		m.slip(start, e.end, "The text is not closed: a quote is missing", &fix)
	}
	m.at = e.end
	return e
}

// word reads a number, or a word, which should be true, false or null.
func (m *mender) word() *element {
	start := m.at
	for m.at < len(m.text) && strings.IndexByte(" \t\r\n,:{}[]\"", m.text[m.at]) < 0 {
		_, size := utf8.DecodeRuneInString(m.text[m.at:])
		m.at += size
	}
	word := m.text[start:m.at]
	if json.Valid([]byte(word)) {
		s := scanner{text: m.text, at: start}
		e, _ := s.value(1)
		return e
	}
	fix := replace("Put it into double quotes", start, m.at, value.String(word))
	m.slip(start, m.at, fmt.Sprintf("%q is no value: a text is put into double quotes", word), &fix)
	return &element{start: start, end: m.at, text: word, damaged: true}
}

// opened notes what is read, until the result is called.
func (m *mender) opened() (closed func()) {
	m.open = append(m.open, m.text[m.at])
	m.at++
	return func() { m.open = m.open[:len(m.open)-1] }
}

// closing reports whether the sign at hand closes an object or list, and takes it if that
// is the one that is read. One that is not closed is when one around it is, or the text ends.
func (m *mender) closing(e *element, comma int) bool {
	c := m.peek()
	own := m.open[len(m.open)-1]
	switch {
	case m.at >= len(m.text):
	case c == own+2:
		m.at++ // before the slip, which may go on at the end of the text
		if comma >= 0 {
			fix := replace("Remove the comma", comma, comma+1, "")
			m.slip(comma, comma+1, "A comma is followed by nothing", &fix)
			e.damaged = true
		}
		return true
	case (c == '}' || c == ']') && strings.IndexByte(string(m.open[:len(m.open)-1]), c-2) >= 0:
	default:
		return false
	}
	e.damaged = true
	at := m.at
	for at > e.start+1 && strings.IndexByte(" \t\r\n", m.text[at-1]) >= 0 {
		at--
	}
	end, sign := at, string(own+2)
	if comma >= 0 && comma == at-1 {
		at--
	}
	if n := len(m.slips); n > 0 && m.slips[n-1].closes && m.slips[n-1].fix.Edits[0].Range.End.Offset == end {
		// It is one mistake with what is not closed inside.
		last := m.slips[n-1].fix
		last.Edits[0].Text += sign
		last.Title = "Add " + last.Edits[0].Text
		return true
	}
	fix := replace("Add "+sign, at, end, sign)
	m.slip(at, end, fmt.Sprintf("%s is missing, for the %c in line %d", sign, own, strings.Count(m.text[:e.start], "\n")+1), &fix)
	if n := len(m.slips); m.slips[n-1].fix == &fix {
		m.slips[n-1].closes = true
	}
	return true
}

// separated reads what stands between entries, and returns where a comma is, -1 for none. A
// comma that is missing belongs before; -1 needs none.
func (m *mender) separated(e *element, before int) int {
	m.space()
	if m.peek() == ',' {
		m.at++
		return m.at - 1
	}
	if c := m.peek(); before >= 0 && m.at < len(m.text) && c != '}' && c != ']' {
		e.damaged = true
		fix := replace("Add a comma", before, before, ",")
		m.slip(before, before, "A comma is missing", &fix)
	}
	return -1
}

// skip passes what is none of what is expected.
func (m *mender) skip(e *element, expected string) {
	e.damaged = true
	start := m.at
	for {
		_, size := utf8.DecodeRuneInString(m.text[m.at:])
		m.at += max(size, 1)
		if m.at >= len(m.text) || strings.IndexByte(" \t\r\n,}]{[\"", m.text[m.at]) >= 0 {
			break
		}
	}
	m.slip(start, m.at, expected, nil)
}

func (m *mender) object() *element {
	e := &element{kind: objectKind, start: m.at}
	closed := m.opened()
	defer closed()
	for comma := -1; ; {
		m.space()
		if m.closing(e, comma) {
			return e.closed(m.at)
		}
		c := m.peek()
		if c == ',' || c == ':' || c == '{' || c == '[' || c == '}' || c == ']' {
			m.skip(e, "A field's name is expected here, in double quotes")
			comma = -1
			continue
		}
		key := m.value()
		if key.kind == stringKind || key.damaged && key.text != "" {
			e.damaged = e.damaged || key.damaged
			v := m.member(e, key)
			e.members = append(e.members, member{key: key.text, start: key.start, value: v})
			before := v.end
			if v.damaged && v.start == v.end {
				before = -1
			}
			comma = m.separated(e, before)
			continue
		}
		e.damaged = true
		m.slip(key.start, key.end, "A field's name is expected here, in double quotes", nil)
		comma = m.separated(e, key.end)
	}
}

// member reads the value of a name.
func (m *mender) member(e, key *element) *element {
	m.space()
	colon := m.peek() == ':'
	if colon {
		m.at++
		m.space()
	}
	lacks := func(message string) *element {
		e.damaged = true
		h := m.hole()
		h.start, h.end = key.end, key.end
		m.slip(key.start, key.end, message, nil)
		return h
	}
	if !colon {
		if c := m.peek(); m.at >= len(m.text) || c == ',' || c == '}' || c == ']' {
			return lacks("The field has no value")
		}
	}
	before, slips := m.at, len(m.slips)
	v := m.value()
	if v == nil {
		return lacks("The field has no value")
	}
	after := m.at
	m.space()
	if m.peek() == ':' && v.kind != objectKind && v.kind != arrayKind {
		// It is the name of the next field.
		m.at, m.slips = before, m.slips[:slips]
		return lacks("The field has no value")
	}
	m.at = after
	if !colon {
		e.damaged = true
		fix := replace("Add a colon", key.end, key.end, ":")
		m.slip(key.end, key.end, "A colon is missing", &fix)
	}
	if v.damaged && v.kind != objectKind && v.kind != arrayKind {
		e.damaged = true
	}
	return v
}

func (m *mender) array() *element {
	e := &element{kind: arrayKind, start: m.at}
	closed := m.opened()
	defer closed()
	for comma := -1; ; {
		m.space()
		if m.closing(e, comma) {
			e.end = m.at
			return e
		}
		v := m.value()
		if v == nil {
			m.skip(e, "A value is expected here")
			comma = -1
			continue
		}
		e.damaged = e.damaged || v.damaged && v.kind != objectKind && v.kind != arrayKind
		e.items = append(e.items, v)
		comma = m.separated(e, v.end)
	}
}
