package value

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Of gives the value of anything that encoding/json can marshal. Values pass
// through as they are: an *[Object] that holds nothing but values, and an []any that holds
// nothing but values, which is taken over, so the caller must not change it afterwards.
// An *Object that holds anything else, also within its arrays, is an error.
// Bytes of texts that are no UTF-8 become U+FFFD, as encoding/json has it.
// A map's keys are sorted. A float64 without a fraction becomes an int64, as
// encoding/json would write it: Go's own JSON decoding gives every number as a
// float64. The error says what cannot be JSON.
func Of(v any) (any, error) { return of(v, 0) }

var errDepth = fmt.Errorf("value: nested deeper than %d", MaxDepth)

// of gives in itself where it can, not its value boxed anew.
func of(in any, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	switch v := in.(type) {
	case nil, bool, int64:
		return in, nil
	case *Object:
		if v == nil {
			return nil, nil // as encoding/json treats a nil pointer
		}
		return sound(in, depth)
	case string:
		if !utf8.ValidString(v) {
			return validText(v), nil
		}
		return in, nil
	case int:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case int8:
		return int64(v), nil
	case uint:
		return ofUint(uint64(v)), nil
	case uint64:
		return ofUint(v), nil
	case uint32:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint8:
		return int64(v), nil
	case float64:
		if math.IsNaN(v) || v == math.Trunc(v) {
			return ofFloat(v)
		}
		return in, nil
	case float32:
		f, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		if err != nil {
			return nil, fmt.Errorf("value: %w", err)
		}
		return ofFloat(f)
	case json.Number:
		return ofNumber(v)
	case json.RawMessage:
		if v == nil {
			return nil, nil
		}
		return Parse(v)
	case []any:
		copied, err := ofSlice(v, depth)
		if copied == nil && v != nil && err == nil {
			return in, nil
		}
		return copied, err
	case map[string]any:
		return ofMap(v, depth)
	case []string:
		if v == nil {
			return nil, nil
		}
		elements := make([]any, len(v))
		for i, s := range v {
			elements[i], _ = of(s, depth)
		}
		return elements, nil
	case map[string]string:
		if v == nil {
			return nil, nil
		}
		members := make([]Member, 0, len(v))
		for key, s := range v {
			e, _ := of(s, depth)
			members = append(members, Member{key, e})
		}
		return ofMembers(members), nil
	}
	text, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("value: %w", err)
	}
	// Marshal wrote the text, but a MarshalJSON method may have put in what
	// Parse refuses: a duplicate key, for one.
	parsed, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("value: the JSON of a %T: %w", in, err)
	}
	return parsed, nil
}

func ofUint(n uint64) any {
	if n <= math.MaxInt64 {
		return int64(n)
	}
	return json.Number(strconv.FormatUint(n, 10))
}

func ofFloat(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("value: JSON has no number %v", f)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return int64(f), nil
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e21 {
		// encoding/json writes all digits of these.
		return json.Number(strconv.FormatFloat(f, 'f', -1, 64)), nil
	}
	return f, nil
}

// validText puts U+FFFD in place of each byte that is no UTF-8, as encoding/json does.
func validText(s string) string {
	return string([]rune(s))
}

func ofNumber(n json.Number) (any, error) {
	if n == "" {
		return int64(0), nil // as encoding/json writes it
	}
	v, err := Parse(string(n))
	if err != nil || TypeName(v) != "number" || strings.TrimSpace(string(n)) != string(n) {
		return nil, fmt.Errorf("value: %q is not a JSON number", string(n))
	}
	return v, nil
}

// ofSlice gives a copy when an element turns into something else, else nil.
func ofSlice(elements []any, depth int) (any, error) {
	var copied []any
	for i, e := range elements {
		v, err := of(e, depth+1)
		if err != nil {
			return nil, at(err, strconv.Itoa(i))
		}
		if copied == nil && !same(e, v) {
			copied = slices.Clone(elements)
		}
		if copied != nil {
			copied[i] = v
		}
	}
	if copied == nil {
		return nil, nil
	}
	return copied, nil
}

// same says that of gave back what it was given.
func same(before, after any) bool {
	switch a := before.(type) {
	case nil, bool, int64:
		return true
	case *Object:
		return a != nil && before == after
	case float64:
		_, kept := after.(float64)
		return kept
	case string:
		return a == after
	case []any:
		b, ok := after.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	}
	return false
}

func ofMap(m map[string]any, depth int) (any, error) {
	if m == nil {
		return nil, nil
	}
	members := make([]Member, 0, len(m))
	for key, e := range m {
		v, err := of(e, depth+1)
		if err != nil {
			return nil, at(err, key)
		}
		members = append(members, Member{key, v})
	}
	return ofMembers(members), nil
}

// ofMembers gives the object of a Go map's members, whose order is chance until
// they are sorted. Two keys can only meet when both were invalid UTF-8.
func ofMembers(members []Member) *Object {
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
	for i := range members {
		if !utf8.ValidString(members[i].Key) {
			var b Builder
			for _, m := range members {
				b.Set(validText(m.Key), m.Value)
			}
			return b.Object()
		}
	}
	return &Object{members: members}
}

// A placeError names the element or member that could not be converted.
type placeError struct {
	place []string // from the inside out
	err   error
}

func (e *placeError) Error() string {
	var b strings.Builder
	b.WriteString(e.err.Error())
	b.WriteString(" (at ")
	for _, step := range slices.Backward(e.place) {
		b.WriteString("/" + EscapePointer(step))
	}
	b.WriteString(")")
	return b.String()
}

func (e *placeError) Unwrap() error { return e.err }

func at(err error, step string) error {
	if errors.Is(err, errDepth) {
		return err // a thousand steps help nobody
	}
	if e, ok := errors.AsType[*placeError](err); ok {
		e.place = append(e.place, step)
		return e
	}
	return &placeError{place: []string{step}, err: err}
}
