// Package format gives definitions their canonical layout, as gofmt does for Go: two
// definitions that differ in white space and in the order of fields become the same text.
//
//	text, err := format.Definition(text)
//
// Fields stand in the order in which a reader wants to know them: of a state its Type first,
// then what it does, then where it leads. States keep their order, and so does everything
// that has no fields of the language: payloads, Results, lists. Texts and numbers stay as
// they are written, and no field is lost, also none that the language does not know.
//
// Where things stand:
//
//	the layout            format.go
//	the order of fields   order.go
package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gostates/gostates/asl"
)

// ErrNoDefinition is wrapped by the error for JSON that is no state machine: it is no object,
// or has no object States.
var ErrNoDefinition = errors.New("format: this is no state machine: it has no object States")

// maxWidth is how wide a line may become by a list that is written on it, and maxIndent how
// many levels are shown by white space.
const (
	maxWidth  = 90
	maxIndent = 100
)

// Definition returns a definition in its canonical layout, which ends in a newline. The
// definition need not be valid, as long as it is JSON and has States. The error is an
// *[asl.InvalidDefinitionError] for a text that is no JSON, or is too long, with the place;
// it wraps [ErrNoDefinition] for other JSON.
//
// What comes out has the same value, and stays as it is when it is formatted again.
func Definition(text []byte) ([]byte, error) {
	for _, d := range (asl.Parser{}).Validate(text) {
		switch d.Code {
		case asl.InvalidJSON, asl.MissingDescription, asl.DefinitionTooLarge:
			return nil, &asl.InvalidDefinitionError{Diagnostics: asl.Diagnostics{d}}
		}
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return nil, ErrNoDefinition
	}
	if !json.Valid(text) {
		return nil, fmt.Errorf("format: the text is no JSON")
	}
	r := reader{text: text}
	root := r.value()
	if states := root.find("States"); states == nil || states.kind != '{' {
		return nil, ErrNoDefinition
	}
	root.arrange(inGraph)
	w := writer{}
	w.value(root, 0)
	w.b.WriteByte('\n')
	return w.b.Bytes(), nil
}

// A node is a value of the definition, in the text that it was written in.
type node struct {
	kind    byte // '{', '[', or 0 for all others
	text    []byte
	members []member
	items   []*node
}

type member struct {
	key   []byte // with its quotes
	name  string
	value *node
}

// find returns the value of the last member of that name, nil when there is none.
func (n *node) find(name string) *node {
	for _, m := range slices.Backward(n.members) {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// A reader takes a text apart that is known to be JSON.
type reader struct {
	text []byte
	at   int
}

func (r *reader) space() byte {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
	return r.text[r.at]
}

func (r *reader) value() *node {
	n := &node{}
	switch c := r.space(); c {
	case '{', '[':
		n.kind = c
		r.at++
		if r.space() == c+2 { // '}' and ']' follow their partners at this distance
			r.at++
			return n
		}
		for {
			if c == '{' {
				r.space()
				key := r.text[r.at:r.string()]
				m := member{key: key}
				_ = json.Unmarshal(key, &m.name) // it is a valid string
				r.space()
				r.at++ // the colon
				m.value = r.value()
				n.members = append(n.members, m)
			} else {
				n.items = append(n.items, r.value())
			}
			end := r.space() != ','
			r.at++
			if end {
				return n
			}
		}
	case '"':
		start := r.at
		n.text = r.text[start:r.string()]
	default:
		start := r.at
		for r.at < len(r.text) && strings.IndexByte(" \t\r\n,]}", r.text[r.at]) < 0 {
			r.at++
		}
		n.text = r.text[start:r.at]
	}
	return n
}

// string goes behind a string, and returns where that is.
func (r *reader) string() int {
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	return r.at
}

// A writer writes values in the canonical layout.
type writer struct{ b bytes.Buffer }

func (w *writer) line(depth int) {
	w.b.WriteByte('\n')
	for range min(depth, maxIndent) {
		w.b.WriteString("  ")
	}
}

func (w *writer) value(n *node, depth int) {
	switch {
	case n.kind == 0:
		w.b.Write(n.text)
	case len(n.members)+len(n.items) == 0:
		w.b.WriteByte(n.kind)
		w.b.WriteByte(n.kind + 2)
	case n.kind == '{':
		w.b.WriteByte('{')
		for i, m := range n.members {
			if i > 0 {
				w.b.WriteByte(',')
			}
			w.line(depth + 1)
			w.b.Write(m.key)
			w.b.WriteString(": ")
			w.value(m.value, depth+1)
		}
		w.line(depth)
		w.b.WriteByte('}')
	default:
		w.list(n, depth)
	}
}

// list writes a list of texts and numbers on one line, if they fit there; of others, each
// item has a line of its own.
func (w *writer) list(n *node, depth int) {
	short := w.column() + len("[]") - len(", ")
	for _, item := range n.items {
		if item.kind != 0 {
			short += maxWidth
		}
		if short += utf8.RuneCount(item.text) + len(", "); short > maxWidth {
			break
		}
	}
	w.b.WriteByte('[')
	for i, item := range n.items {
		switch {
		case short > maxWidth:
			if i > 0 {
				w.b.WriteByte(',')
			}
			w.line(depth + 1)
		case i > 0:
			w.b.WriteString(", ")
		}
		w.value(item, depth+1)
	}
	if short > maxWidth {
		w.line(depth)
	}
	w.b.WriteByte(']')
}

// column returns how many characters the last line has.
func (w *writer) column() int {
	text := w.b.Bytes()
	return utf8.RuneCount(text[bytes.LastIndexByte(text, '\n')+1:])
}
