package jsonata

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/gostates/gostates/asl/value"
)

// number gives v as the double that it is to the language.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case json.Number:
		f, _ := strconv.ParseFloat(string(n), 64) // out of range is infinite, as in JavaScript
		return f, true
	}
	return 0, false
}

// numeric is number for an operand: an infinite one is an error.
func numeric(v any) (float64, bool, error) {
	f, ok := number(v)
	if ok && math.IsInf(f, 0) {
		return 0, false, fault("D1001", v)
	}
	return f, ok && f == f, nil
}

// fromFloat gives the value for a double: an int64 where it is whole. A whole
// number beyond 2^53 becomes the one that JavaScript prints for it, which is the
// same double.
func fromFloat(f float64) any {
	i := int64(f)
	switch {
	case float64(i) != f || i == math.MaxInt64 || i == math.MinInt64:
		return f
	case i <= 1<<53 && i >= -1<<53:
		return i
	}
	if i, err := strconv.ParseInt(strconv.FormatFloat(f, 'f', -1, 64), 10, 64); err == nil {
		return i
	}
	return f
}

// number is fromFloat, noting what JSON cannot hold.
func (ev *evaluation) number(f float64) any {
	if f-f != 0 {
		ev.irregular = true
	}
	return fromFloat(f)
}

// effective is the boolean that a value counts as: false for nothing, null, 0,
// the empty string, array and object, functions, and arrays of nothing else.
func (ev *evaluation) effective(v any) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		return v != "", nil
	case *value.Object:
		return v.Len() > 0, nil
	case []any, *array:
		return ev.effectiveList(v, 0)
	}
	f, ok, err := numeric(v)
	return ok && f != 0, err
}

func (ev *evaluation) effectiveList(v any, depth int) (bool, error) {
	if depth > maxDescent {
		return false, ev.exceeded("nesting of values")
	}
	if a, ok := v.(*array); ok && a.lazy() {
		return a.len() > 1 || a.from != 0, nil
	}
	for _, item := range itemsOf(v) {
		if err := ev.step(); err != nil {
			return false, err
		}
		ok, err := false, error(nil)
		if isList(item) {
			ok, err = ev.effectiveList(item, depth+1)
		} else {
			ok, err = ev.effective(item)
		}
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// equal is the language's =: deep, the order of an object's members ignored.
func (ev *evaluation) equal(a, b any, depth int) (bool, error) {
	if x, ok := a.(string); ok {
		y, ok := b.(string)
		if ok && len(x) > 1<<8 && len(x) == len(y) {
			if err := ev.read(x); err != nil {
				return false, err
			}
		}
		return ok && x == y, nil
	}
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return x == y, nil
		}
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y, nil
	}
	if depth > maxDescent {
		return false, ev.exceeded("nesting of values")
	}
	switch x := a.(type) {
	case []any, *array:
		if !isList(b) || lengthOf(a) != lengthOf(b) {
			return false, nil
		}
		p, q := itemsOf(a), itemsOf(b)
		if err := ev.steps(len(p)); err != nil {
			return false, err
		}
		for i := range p {
			if same, err := ev.equal(p[i], q[i], depth+1); !same {
				return false, err
			}
		}
		return true, nil
	case *value.Object:
		y, ok := b.(*value.Object)
		if !ok || x.Len() != y.Len() {
			return false, nil
		}
		if x == y {
			return true, nil
		}
		if err := ev.steps(x.Len()); err != nil {
			return false, err
		}
		for i := range x.Len() {
			m := x.At(i)
			other, ok := y.Get(m.Key)
			if !ok {
				return false, nil
			}
			if same, err := ev.equal(m.Value, other, depth+1); !same {
				return false, err
			}
		}
		return true, nil
	case bool, nil, Function:
		return a == b, nil
	}
	return false, nil
}
