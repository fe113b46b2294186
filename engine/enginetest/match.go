package enginetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/convert"
)

// JSON is JSON text, wherever the environment takes a Go value: JSON(`{"id": 7}`). A Go
// string is one JSON string.
type JSON = json.RawMessage

// Exactly returns an expected value that only an equal value matches: objects must have no further
// members.
func Exactly(v any) any { return exactly{v} }

type exactly struct{ v any }

// A matcher compares values with what is expected of them.
type matcher struct {
	text  string // what is expected, for people
	want  any
	exact bool
	asks  func(actual any) error // in place of want
}

// newMatcher returns the matcher of an expected value: a Go value, JSON, what Exactly
// returns, or a func(T) bool.
func newMatcher(want any) (*matcher, error) {
	m := &matcher{}
	if e, ok := want.(exactly); ok {
		want, m.exact = e.v, true
	}
	if f := reflect.ValueOf(want); f.Kind() == reflect.Func {
		t := f.Type()
		if f.IsNil() || t.NumIn() != 1 || t.NumOut() != 1 || t.Out(0).Kind() != reflect.Bool {
			return nil, fmt.Errorf("%s can't decide whether a value matches: it must be a func(T) bool", t)
		}
		m.text, m.asks = "what "+t.String()+" accepts", func(actual any) error { return ask(f, actual) }
		return m, nil
	}
	v, err := valueOf(want)
	if err != nil {
		return nil, err
	}
	m.want, m.text = v, short(v)
	return m, nil
}

// ask asks a func(T) bool.
func ask(f reflect.Value, actual any) error {
	in := reflect.New(f.Type().In(0))
	if err := convert.Into(actual, in.Interface()); err != nil {
		return err
	}
	if !f.Call([]reflect.Value{in.Elem()})[0].Bool() {
		return fmt.Errorf("%s says no to %s", f.Type(), short(actual))
	}
	return nil
}

// valueOf returns a Go value as a JSON value. A Go string that is the text of an object or an
// array is an error, since it is one JSON string to an engine, and is seldom meant as that.
func valueOf(v any) (any, error) {
	if s, ok := v.(string); ok && len(s) > 0 && (s[0] == '{' || s[0] == '[') && json.Valid([]byte(s)) {
		return nil, fmt.Errorf("a Go string is one JSON string, but this one is the text of an object or an array: "+
			"write enginetest.JSON(%s), or JSON(%s) if a string of that text is meant", strconv.Quote(cutTo(s, 40)), strconv.Quote(strconv.Quote(cutTo(s, 40))))
	}
	return convert.Of(v)
}

// match returns nil when a value is as expected, else an error that says where it differs.
func (m *matcher) match(actual any) error {
	if m.asks != nil {
		return m.asks(actual)
	}
	return m.compare(m.want, actual, "")
}

// compare compares a value with what is expected of it. at is its place.
func (m *matcher) compare(want, got any, at string) error {
	switch w := want.(type) {
	case *value.Object:
		if g, ok := got.(*value.Object); ok {
			return m.compareObjects(w, g, at)
		}
	case []any:
		if g, ok := got.([]any); ok && len(g) == len(w) {
			for i := range w {
				if err := m.compare(w[i], g[i], at+"["+strconv.Itoa(i)+"]"); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if value.Equal(want, got) {
		return nil
	}
	return differs(at, short(want), short(got))
}

func (m *matcher) compareObjects(want, got *value.Object, at string) error {
	for key, w := range want.All() {
		g, ok := got.Get(key)
		if !ok {
			return differs(at+"."+key, short(w), "nothing")
		}
		if err := m.compare(w, g, at+"."+key); err != nil {
			return err
		}
	}
	if !m.exact {
		return nil
	}
	for key, g := range got.All() {
		if _, ok := want.Get(key); !ok {
			return differs(at+"."+key, "nothing", short(g))
		}
	}
	return nil
}

func differs(at, want, got string) error {
	if at == "" {
		return fmt.Errorf("expected %s, got %s", want, got)
	}
	return fmt.Errorf("at $%s expected %s, got %s", at, want, got)
}

// short returns the JSON text of a value, cut where it is long.
func short(v any) string { return cutTo(value.String(v), 300) }

func cutTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && text[most]&0xC0 == 0x80 {
		most--
	}
	return text[:most] + "..."
}
