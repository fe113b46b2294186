// Package convert turns values into Go variables and back without writing JSON
// text in between. What comes out is what encoding/json would make of the text,
// down to its errors: whatever this package doesn't know to do the same way goes
// by way of the text.
//
// A conversion is compiled once per Go type. Kinds that are known: booleans,
// strings, integers, float64, pointers, slices, maps with string keys, structs
// without embedded fields, and empty interfaces. Types with methods for JSON or
// text go by way of the text, alone when they are part of another.
package convert

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"unicode"
)

// A field is one member of a struct as encoding/json sees it.
type field struct {
	name      string
	index     int
	omitEmpty bool
	decode    *decoder
	encode    *encoder
}

// fields reads a struct's fields. It reports false when the struct has something
// whose rules are not worth having twice: embedded fields, names that collide or
// are quoted, the options string and omitzero.
func fields(t reflect.Type) ([]field, bool) {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			return nil, false
		}
		tag := f.Tag.Get("json")
		if !f.IsExported() || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !plainName(name) || options != "" && options != "omitempty" {
			return nil, false
		}
		if name == "" {
			name = f.Name
		}
		for _, other := range all {
			if strings.EqualFold(other.name, name) {
				return nil, false
			}
		}
		all = append(all, field{name: name, index: i, omitEmpty: options == "omitempty"})
	}
	return all, true
}

// plainName reports whether encoding/json takes a name in a tag without a doubt.
func plainName(name string) bool {
	for _, r := range name {
		if r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

var (
	marshaler       = reflect.TypeFor[json.Marshaler]()
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	number          = reflect.TypeFor[json.Number]()
)
