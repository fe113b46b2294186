package template

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// A kind is what a node holds.
type kind uint8

const (
	scalarKind kind = iota // a number, a boolean or null
	stringKind
	listKind
	mapKind
)

// A node is a value of a file, of JSON or of YAML.
type node struct {
	kind kind
	at   int // where it begins in the file
	// text is a string's value; of another scalar it is what is written.
	text text
	// json is the JSON of a scalar that is no string.
	json string
	// plain says that a string of YAML has no quotes.
	plain   bool
	members []member
	items   []*node
}

// A member is a field of a map.
type member struct {
	key   *node // a string
	value *node
}

// get returns a field of a field, and so on; nil when there is none. The node may be nil. Of
// two fields with one name the last counts, as with the YAML readers of AWS's.
func (n *node) get(names ...string) *node {
	for _, name := range names {
		if n == nil || n.kind != mapKind {
			return nil
		}
		n = n.field(name)
	}
	return n
}

func (n *node) field(name string) *node {
	for _, m := range slices.Backward(n.members) {
		if m.key.text.string == name {
			return m.value
		}
	}
	return nil
}

// has reports whether a map has a field.
func (n *node) has(name string) bool { return n.get(name) != nil }

// scalar reports whether the node is one value, such as a string or a number. The node
// may be nil.
func (n *node) scalar() bool { return n != nil && (n.kind == scalarKind || n.kind == stringKind) }

// null reports whether the node is nothing: absent, or null.
func (n *node) null() bool { return n == nil || n.kind == scalarKind && n.json == "null" }

// written returns a scalar's text, "" for all else.
func (n *node) written() string {
	if !n.scalar() || n.null() {
		return ""
	}
	return n.text.string
}

// A SyntaxError says why a file can't be read.
type SyntaxError struct {
	// File is the file's name.
	File string
	// Line and Column are the place, counted from 1.
	Line, Column int
	// Message says what is wrong there.
	Message string
}

// Error gives the message with its place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// A mistake is a SyntaxError before its place is known as one in a file.
type mistake struct {
	at      int
	message string
}

func (m *mistake) Error() string { return m.message }

func mistakeAt(at int, format string, args ...any) *mistake {
	return &mistake{at, fmt.Sprintf(format, args...)}
}

// A writer writes nodes as JSON.
type writer struct {
	builder
	// template says that strings are as the file has them for certain: a number that is to
	// be substituted is quoted, as CloudFormation leaves it.
	template bool
	// eval returns the value of what may be an intrinsic function, nil for one that leaves
	// out what it stands for. A nil eval leaves all as it is.
	eval func(n *node) (*node, error)
}

// write writes a node. Field is the name of the field whose value it is.
func (w *writer) write(n *node, field string, depth int) error {
	if depth > value.MaxDepth {
		return mistakeAt(n.at, "the definition is nested more than %d deep", value.MaxDepth)
	}
	if w.Len() > 2*asl.MaxDefinitionSize {
		return mistakeAt(n.at, "the definition has more than the %d bytes allowed", asl.MaxDefinitionSize)
	}
	switch n.kind {
	case scalarKind:
		if n.json == n.text.string {
			w.append(n.text)
		} else {
			w.add(n.json, n.at, false)
		}
		return nil
	case stringKind:
		if n.plain && !w.template && numeric(field, n.text.string) {
			w.append(n.text) // the number that will stand there is none yet
			return nil
		}
		w.quote(n)
		return nil
	case listKind:
		return w.list(n, field, depth)
	default:
		return w.object(n, depth)
	}
}

// numeric reports whether a string is a substitution for the number that a field has.
func numeric(field, written string) bool {
	found := asl.Substitutions(written)
	return len(found) == 1 && found[0].Whole && asl.Substitution{Field: field}.Numeric()
}

func (w *writer) list(n *node, field string, depth int) error {
	w.add("[", n.at, false)
	first := true
	for _, item := range n.items {
		item, err := w.evaluate(item)
		if err != nil {
			return err
		}
		if item == nil {
			continue
		}
		if !first {
			w.add(",", item.at, false)
		}
		first = false
		if err := w.write(item, field, depth+1); err != nil {
			return err
		}
	}
	w.add("]", n.at, false)
	return nil
}

func (w *writer) object(n *node, depth int) error {
	w.add("{", n.at, false)
	first := true
	for _, m := range n.members {
		v, err := w.evaluate(m.value)
		if err != nil {
			return err
		}
		if v == nil {
			continue
		}
		if !first {
			w.add(",", m.key.at, false)
		}
		first = false
		w.quote(m.key)
		w.add(":", m.key.at, false)
		if err := w.write(v, m.key.text.string, depth+1); err != nil {
			return err
		}
	}
	w.add("}", n.at, false)
	return nil
}

func (w *writer) evaluate(n *node) (*node, error) {
	if w.eval == nil {
		return n, nil
	}
	return w.eval(n)
}

// quote writes a string.
func (w *writer) quote(n *node) {
	w.add(`"`, n.at, false)
	t := n.text
	from := 0
	for i, c := range t.string {
		if c >= 0x20 && c != '"' && c != '\\' && c != utf8.RuneError {
			continue
		}
		w.slice(t, from, i)
		escaped, _ := json.Marshal(string(c)) // a string can be marshalled
		w.add(string(escaped[1:len(escaped)-1]), t.source(i), false)
		_, size := utf8.DecodeRuneInString(t.string[i:])
		from = i + size
	}
	w.slice(t, from, len(t.string))
	w.add(`"`, max(n.at, t.end(len(t.string))), false)
}
