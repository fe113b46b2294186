package convert

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"

	"github.com/gostates/gostates/asl/value"
)

// A decoder stores values in variables of one type.
type decoder struct {
	// into stores v in a variable that holds its type's zero value. It reports
	// false, and may leave anything behind, when encoding/json has to do it.
	into func(v any, variable reflect.Value) bool
}

var decoders sync.Map // reflect.Type -> *decoder

// Decode returns a function that stores a value in a T that holds its zero value,
// as json.Unmarshal stores its text.
func Decode[T any]() func(v any, into *T) error {
	d := decoderOf(reflect.TypeFor[T]())
	return func(v any, into *T) error {
		if d.into(v, reflect.ValueOf(into).Elem()) {
			return nil
		}
		var zero T
		*into = zero
		return value.Decode(v, into)
	}
}

// Into stores a value in the variable that into points to, as json.Unmarshal
// stores its text, and with the same errors.
func Into(v, into any) error {
	if p := reflect.ValueOf(into); p.Kind() == reflect.Pointer && !p.IsNil() && p.Elem().IsZero() {
		variable := p.Elem()
		if decoderOf(variable.Type()).into(v, variable) {
			return nil
		}
		variable.SetZero()
	}
	return value.Decode(v, into)
}

// decoderOf returns the decoder of a type. A type that contains itself gets its
// decoder before that is complete.
func decoderOf(t reflect.Type) *decoder {
	if d, ok := decoders.Load(t); ok {
		return d.(*decoder)
	}
	once := sync.OnceValue(func() func(any, reflect.Value) bool { return compileDecoder(t) })
	d, _ := decoders.LoadOrStore(t, &decoder{into: func(v any, variable reflect.Value) bool { return once()(v, variable) }})
	return d.(*decoder)
}

func compileDecoder(t reflect.Type) func(any, reflect.Value) bool {
	if t == number {
		return decodeNever
	}
	if t.Kind() != reflect.Pointer {
		if p := reflect.PointerTo(t); p.Implements(unmarshaler) || p.Implements(textUnmarshaler) {
			return decodeText
		}
	}
	switch t.Kind() {
	case reflect.Bool:
		return decodeBool
	case reflect.String:
		return decodeString
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return decodeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return decodeUint
	case reflect.Float64:
		return decodeFloat
	case reflect.Pointer:
		return decodePointer(t)
	case reflect.Slice:
		return decodeSlice(t)
	case reflect.Map:
		if t == reflect.TypeFor[map[string]any]() {
			return decodePlain
		}
		return decodeMap(t)
	case reflect.Struct:
		return decodeStruct(t)
	case reflect.Interface:
		switch {
		case t == reflect.TypeFor[any]():
			return decodePlain
		case t.NumMethod() == 0:
			return decodeAny
		}
	}
	return decodeNever
}

func decodeNever(any, reflect.Value) bool { return false }

// decodeText goes by way of the text, for one part of a value.
func decodeText(v any, variable reflect.Value) bool {
	return json.Unmarshal(value.Append(nil, v), variable.Addr().Interface()) == nil
}

func decodeBool(v any, variable reflect.Value) bool {
	b, ok := v.(bool)
	if ok {
		variable.SetBool(b)
	}
	return ok || v == nil
}

func decodeString(v any, variable reflect.Value) bool {
	s, ok := v.(string)
	if ok {
		variable.SetString(s)
	}
	return ok || v == nil
}

func decodeInt(v any, variable reflect.Value) bool {
	n, ok := v.(int64)
	if ok = ok && !variable.OverflowInt(n); ok {
		variable.SetInt(n)
	}
	return ok || v == nil
}

func decodeUint(v any, variable reflect.Value) bool {
	n, ok := v.(int64)
	if ok = ok && n >= 0 && !variable.OverflowUint(uint64(n)); ok {
		variable.SetUint(uint64(n))
	}
	return ok || v == nil
}

func decodeFloat(v any, variable reflect.Value) bool {
	switch v := v.(type) {
	case float64:
		variable.SetFloat(v)
	case int64:
		variable.SetFloat(float64(v))
	default:
		return v == nil
	}
	return true
}

// decodePlain is for the types that value.Decode gives without a text.
func decodePlain(v any, variable reflect.Value) bool {
	return value.Decode(v, variable.Addr().Interface()) == nil
}

// decodeAny gives what json.Unmarshal gives to an empty interface.
func decodeAny(v any, variable reflect.Value) bool {
	var plain any
	if value.Decode(v, &plain) != nil {
		return false
	}
	if plain != nil {
		variable.Set(reflect.ValueOf(plain))
	}
	return true
}

func decodePointer(t reflect.Type) func(any, reflect.Value) bool {
	element := decoderOf(t.Elem())
	return func(v any, variable reflect.Value) bool {
		if v == nil {
			return true
		}
		p := reflect.New(t.Elem())
		if !element.into(v, p.Elem()) {
			return false
		}
		variable.Set(p)
		return true
	}
}

func decodeSlice(t reflect.Type) func(any, reflect.Value) bool {
	element := decoderOf(t.Elem())
	return func(v any, variable reflect.Value) bool {
		elements, ok := v.([]any)
		if !ok {
			return v == nil // a string would be base64
		}
		slice := reflect.MakeSlice(t, len(elements), len(elements))
		for i, e := range elements {
			if !element.into(e, slice.Index(i)) {
				return false
			}
		}
		variable.Set(slice)
		return true
	}
}

func decodeMap(t reflect.Type) func(any, reflect.Value) bool {
	key := t.Key()
	if key.Kind() != reflect.String || reflect.PointerTo(key).Implements(textUnmarshaler) {
		return decodeNever
	}
	element := decoderOf(t.Elem())
	return func(v any, variable reflect.Value) bool {
		o, ok := v.(*value.Object)
		if !ok {
			return v == nil
		}
		m := reflect.MakeMapWithSize(t, o.Len())
		entry, name := reflect.New(t.Elem()).Elem(), reflect.New(key).Elem()
		for i := range o.Len() {
			entry.SetZero()
			if !element.into(o.At(i).Value, entry) {
				return false
			}
			name.SetString(o.At(i).Key)
			m.SetMapIndex(name, entry)
		}
		variable.Set(m)
		return true
	}
}

func decodeStruct(t reflect.Type) func(any, reflect.Value) bool {
	all, ok := fields(t)
	if !ok {
		return decodeNever
	}
	for i := range all {
		all[i].decode = decoderOf(t.Field(all[i].index).Type)
	}
	return func(v any, variable reflect.Value) bool {
		o, ok := v.(*value.Object)
		if !ok {
			return v == nil
		}
		var seen uint64
		for i := range o.Len() {
			m := o.At(i)
			n := findField(all, m.Key)
			if n < 0 {
				continue
			}
			// The second member for a field goes into a variable that is no
			// longer zero.
			bit := uint64(1) << n // 0 for a field beyond the 64th
			if bit == 0 || seen&bit != 0 {
				return false
			}
			seen |= bit
			if !all[n].decode.into(m.Value, variable.Field(all[n].index)) {
				return false
			}
		}
		return true
	}
}

// findField returns the place of the field that a member goes to: the one of that
// name, else one whose name is the same but for the case; -1 for none.
func findField(all []field, key string) int {
	for i := range all {
		if all[i].name == key {
			return i
		}
	}
	for i := range all {
		if strings.EqualFold(all[i].name, key) {
			return i
		}
	}
	return -1
}
