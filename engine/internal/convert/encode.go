package convert

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

// An encoder gives values of variables of one type.
type encoder struct {
	// of returns the value of a variable. It reports false when encoding/json has
	// to do it. depth counts what surrounds the variable.
	of func(variable reflect.Value, depth int) (any, bool)
	// bytes is set when encoding/json would write base64.
	bytes bool
}

var encoders sync.Map // reflect.Type -> *encoder

// errBytes refuses a payload that is a []byte. encoding/json would make a base64 text of
// it, where nearly everybody means the JSON text in it.
var errBytes = errors.New("a []byte is not taken as a payload: give JSON text as a json.RawMessage, and a text as a string")

// isBytes reports whether encoding/json writes a type, or what it points to, as base64.
func isBytes(t reflect.Type) bool {
	for {
		if t.Implements(marshaler) || t.Implements(textMarshaler) {
			return false
		}
		if t.Kind() != reflect.Pointer {
			break
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uint8 {
		return false
	}
	p := reflect.PointerTo(t.Elem())
	return !p.Implements(marshaler) && !p.Implements(textMarshaler)
}

// Encode returns a function that gives the value of a T: that of the text which
// json.Marshal makes of it. Like Of it refuses a []byte.
func Encode[T any]() func(v T) (any, error) {
	t := reflect.TypeFor[T]()
	switch {
	case isBytes(t):
		return func(T) (any, error) { return nil, errBytes }
	case t.Kind() == reflect.Interface:
		return func(v T) (any, error) { return Of(v) }
	}
	e := encoderOf(t)
	rooms := sync.Pool{New: func() any { return new(T) }}
	return func(v T) (any, error) {
		room := rooms.Get().(*T)
		*room = v
		made, ok := e.of(reflect.ValueOf(room).Elem(), 0)
		var zero T
		*room = zero
		rooms.Put(room)
		if ok {
			return made, nil
		}
		return value.Of(v)
	}
}

// Of gives the value of anything that encoding/json can marshal, but for a []byte, also one
// behind a pointer: that is an error, unless it is a json.RawMessage or another type with a
// method for JSON or text. Values pass through as [value.Of] says.
func Of(v any) (any, error) {
	switch v.(type) {
	case nil, bool, int64, string, *value.Object, []any, map[string]string: // what handlers return most
		return value.Of(v)
	}
	e := encoderOf(reflect.TypeOf(v))
	if e.bytes {
		return nil, errBytes
	}
	if made, ok := e.of(reflect.ValueOf(v), 1); ok {
		return made, nil
	}
	return value.Of(v)
}

func encoderOf(t reflect.Type) *encoder {
	if e, ok := encoders.Load(t); ok {
		return e.(*encoder)
	}
	once := sync.OnceValue(func() func(reflect.Value, int) (any, bool) { return compileEncoder(t) })
	e, _ := encoders.LoadOrStore(t, &encoder{
		of:    func(v reflect.Value, depth int) (any, bool) { return once()(v, depth) },
		bytes: isBytes(t),
	})
	return e.(*encoder)
}

func compileEncoder(t reflect.Type) func(reflect.Value, int) (any, bool) {
	switch {
	case t == number:
		return encodeText
	case t.Implements(marshaler) || t.Implements(textMarshaler):
		return encodeText
	case t.Kind() != reflect.Pointer && (reflect.PointerTo(t).Implements(marshaler) || reflect.PointerTo(t).Implements(textMarshaler)):
		return encodeNever // whether the method counts depends on what is around
	}
	switch t.Kind() {
	case reflect.Bool:
		return func(v reflect.Value, _ int) (any, bool) { return v.Bool(), true }
	case reflect.String:
		return encodeString
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value, _ int) (any, bool) { return v.Int(), true }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(v reflect.Value, _ int) (any, bool) {
			n := v.Uint()
			return int64(n), n <= math.MaxInt64
		}
	case reflect.Float64:
		return encodeFloat
	case reflect.Pointer:
		return encodePointer(t)
	case reflect.Slice:
		return encodeSlice(t)
	case reflect.Map:
		switch t {
		case reflect.TypeFor[map[string]any]():
			return encodeAnyMap
		case reflect.TypeFor[map[string]string]():
			return encodeText // which needs no text
		}
		return encodeMap(t)
	case reflect.Struct:
		return encodeStruct(t)
	case reflect.Interface:
		return encodeInterface
	}
	return encodeNever
}

func encodeNever(reflect.Value, int) (any, bool) { return nil, false }

// encodeText goes by way of the text, for one part of a variable.
func encodeText(v reflect.Value, _ int) (any, bool) {
	made, err := value.Of(v.Interface())
	return made, err == nil
}

func encodeString(v reflect.Value, _ int) (any, bool) {
	s := v.String()
	return s, utf8.ValidString(s)
}

func encodeFloat(v reflect.Value, _ int) (any, bool) {
	f := v.Float()
	if abs := math.Abs(f); abs >= 1<<63 && abs < 1e21 {
		return nil, false // encoding/json writes all of its digits
	}
	made, err := value.Of(f)
	return made, err == nil
}

func encodeInterface(v reflect.Value, depth int) (any, bool) {
	if v.IsNil() {
		return nil, true
	}
	return encodeAny(v.Interface(), depth)
}

// encodeAny gives the value of what an empty interface holds.
func encodeAny(v any, depth int) (any, bool) {
	switch v.(type) {
	case nil, bool, int64, string, *value.Object, []any:
		made, err := value.Of(v)
		return made, err == nil
	}
	return encoderOf(reflect.TypeOf(v)).of(reflect.ValueOf(v), depth+1)
}

func encodePointer(t reflect.Type) func(reflect.Value, int) (any, bool) {
	element := encoderOf(t.Elem())
	return func(v reflect.Value, depth int) (any, bool) {
		if v.IsNil() {
			return nil, true
		}
		if depth > value.MaxDepth { // it may contain itself
			return nil, false
		}
		return element.of(v.Elem(), depth+1)
	}
}

func encodeSlice(t reflect.Type) func(reflect.Value, int) (any, bool) {
	if t.Elem().Kind() == reflect.Uint8 {
		return encodeText // base64, as a rule
	}
	element := encoderOf(t.Elem())
	return func(v reflect.Value, depth int) (any, bool) {
		if v.IsNil() {
			return nil, true
		}
		if depth > value.MaxDepth {
			return nil, false
		}
		made := make([]any, v.Len())
		for i := range made {
			var ok bool
			if made[i], ok = element.of(v.Index(i), depth+1); !ok {
				return nil, false
			}
		}
		return made, true
	}
}

func encodeMap(t reflect.Type) func(reflect.Value, int) (any, bool) {
	if key := t.Key(); key.Kind() != reflect.String || key.Implements(textMarshaler) {
		return encodeNever
	}
	element := encoderOf(t.Elem())
	return func(v reflect.Value, depth int) (any, bool) {
		if v.IsNil() {
			return nil, true
		}
		if depth > value.MaxDepth {
			return nil, false
		}
		members := make([]value.Member, 0, v.Len())
		for entries := v.MapRange(); entries.Next(); {
			key := entries.Key().String()
			made, ok := element.of(entries.Value(), depth+1)
			if !ok || !utf8.ValidString(key) {
				return nil, false
			}
			members = append(members, value.Member{Key: key, Value: made})
		}
		return sorted(members), true
	}
}

// encodeAnyMap is encodeMap for a map[string]any.
func encodeAnyMap(v reflect.Value, depth int) (any, bool) {
	if v.IsNil() {
		return nil, true
	}
	if depth > value.MaxDepth {
		return nil, false
	}
	m := v.Interface().(map[string]any)
	members := make([]value.Member, 0, len(m))
	for key, e := range m {
		made, ok := encodeAny(e, depth+1)
		if !ok || !utf8.ValidString(key) {
			return nil, false
		}
		members = append(members, value.Member{Key: key, Value: made})
	}
	return sorted(members), true
}

// sorted gives the object of a map's members, as encoding/json sorts them.
func sorted(members []value.Member) *value.Object {
	slices.SortFunc(members, func(a, b value.Member) int { return strings.Compare(a.Key, b.Key) })
	return value.NewObject(members...)
}

func encodeStruct(t reflect.Type) func(reflect.Value, int) (any, bool) {
	all, ok := fields(t)
	if !ok {
		return encodeNever
	}
	for i := range all {
		all[i].encode = encoderOf(t.Field(all[i].index).Type)
	}
	return func(v reflect.Value, depth int) (any, bool) {
		members := make([]value.Member, 0, len(all))
		for i := range all {
			f := v.Field(all[i].index)
			if all[i].omitEmpty && empty(f) {
				continue
			}
			made, ok := all[i].encode.of(f, depth+1)
			if !ok {
				return nil, false
			}
			members = append(members, value.Member{Key: all[i].name, Value: made})
		}
		return value.NewObject(members...), true
	}
}

// empty reports whether omitempty leaves a field out.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
