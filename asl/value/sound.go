package value

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// sound returns what stands in an [Object], if it is a value and holds nothing but values,
// or a copy in which U+FFFD stands for the bytes of texts that are no UTF-8. Else the error
// names what is no value. An object is looked into once.
func sound(in any, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	switch v := in.(type) {
	case nil, bool, int64:
		return in, nil
	case string:
		if !utf8.ValidString(v) {
			return validText(v), nil
		}
		return in, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("value: JSON has no number %v", v)
		}
		return in, nil
	case json.Number:
		if _, err := ofNumber(v); err != nil || v == "" {
			return nil, fmt.Errorf("value: %q is not a JSON number", string(v))
		}
		return in, nil
	case *Object:
		if v == nil || v.sound.Load() {
			return in, nil
		}
		return soundObject(v, depth)
	case []any:
		return soundSlice(in, v, depth)
	}
	return nil, fmt.Errorf("value: a %T is no JSON value, and stands in a *value.Object: convert it with value.Of first", in)
}

// soundObject is sound for an object.
func soundObject(o *Object, depth int) (any, error) {
	var changed []Member
	for i := range o.members {
		m := &o.members[i]
		v, err := sound(m.Value, depth+1)
		if err != nil {
			return nil, at(err, m.Key)
		}
		valid := utf8.ValidString(m.Key)
		if changed == nil && (!valid || !kept(m.Value, v)) {
			changed = slices.Clone(o.members)
		}
		if changed != nil {
			changed[i].Value = v
			if !valid {
				changed[i].Key = validText(m.Key)
			}
		}
	}
	if changed != nil {
		var b Builder // two keys may have become one
		for _, m := range changed {
			b.Set(m.Key, m.Value)
		}
		o = b.Object()
	}
	o.sound.Store(true)
	return o, nil
}

// soundSlice is sound for an array, which in is.
func soundSlice(in any, elements []any, depth int) (any, error) {
	var changed []any
	for i, e := range elements {
		v, err := sound(e, depth+1)
		if err != nil {
			return nil, at(err, strconv.Itoa(i))
		}
		if changed == nil && !kept(e, v) {
			changed = slices.Clone(elements)
		}
		if changed != nil {
			changed[i] = v
		}
	}
	if changed == nil {
		return in, nil
	}
	return changed, nil
}

// kept reports whether sound gave back what it was given.
func kept(before, after any) bool {
	switch b := before.(type) {
	case string:
		return b == after
	case *Object:
		return before == after
	case []any:
		a, ok := after.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	}
	return true
}
