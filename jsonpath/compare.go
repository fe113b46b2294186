package jsonpath

import (
	"cmp"
	"encoding/json"
	"math/big"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

func (c comparison) holds(w *walker, item any) bool {
	left, hasLeft := c.left.eval(w, item)
	right, hasRight := c.right.eval(w, item)
	if !w.affords(left, right) {
		return false
	}
	switch c.operator {
	case "==":
		return hasLeft && hasRight && looselyEqual(left, right)
	case "!=":
		return !(hasLeft && hasRight && looselyEqual(left, right))
	case "===":
		return hasLeft && hasRight && strictlyEqual(left, right)
	case "!==":
		return !(hasLeft && hasRight && strictlyEqual(left, right))
	case "=~":
		if re, ok := c.right.(pattern); ok {
			return hasLeft && matches(re, left)
		}
		re, ok := c.left.(pattern)
		return ok && hasRight && matches(re, right)
	case "nin":
		return !(hasLeft && hasRight && member(left, right))
	}
	if !hasLeft || !hasRight {
		return false
	}
	switch c.operator {
	case "in":
		return member(left, right)
	case "contains":
		if s, ok := left.(string); ok {
			part, ok := right.(string)
			return ok && strings.Contains(s, part)
		}
		return member(right, left)
	case "size":
		n, ok := length(left)
		return ok && looselyEqual(int64(n), right)
	case "empty":
		n, ok := length(left)
		want, isBool := right.(bool)
		return ok && isBool && (n == 0) == want
	case "subsetof":
		return every(left, right)
	case "all":
		return every(right, left)
	case "anyof":
		return some(left, right)
	case "noneof":
		l, okLeft := left.([]any)
		_, okRight := right.([]any)
		return okLeft && okRight && !some(l, right)
	}
	order, ok := compare(left, right)
	if !ok {
		return false
	}
	switch c.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default: // ">="
		return order >= 0
	}
}

// affords charges the work of comparing two lists element by element.
func (w *walker) affords(left, right any) bool {
	l, okLeft := left.([]any)
	r, okRight := right.([]any)
	if okLeft && okRight {
		w.spend(1 + len(l)*len(r))
	}
	return w.failed == ""
}

// looselyEqual is Jayway's "==": a number equals the string that spells it.
func looselyEqual(a, b any) bool {
	if s, ok := a.(string); ok && value.TypeName(b) == "number" {
		return s == value.String(b)
	}
	if s, ok := b.(string); ok && value.TypeName(a) == "number" {
		n, ok := wordValue(strings.TrimSpace(s))
		return ok && value.TypeName(n) == "number" && value.Equal(a, n)
	}
	return value.Equal(a, b)
}

func strictlyEqual(a, b any) bool { return value.TypeName(a) == value.TypeName(b) && value.Equal(a, b) }

func matches(re pattern, v any) bool {
	switch v := v.(type) {
	case string:
		return re.re.MatchString(v)
	case []any:
		for _, e := range v {
			if matches(re, e) {
				return true
			}
		}
		return false
	case nil, *value.Object:
		return false
	}
	return re.re.MatchString(value.String(v))
}

// member says that v equals an element of list.
func member(v, list any) bool {
	elements, ok := list.([]any)
	if !ok {
		return false
	}
	for _, e := range elements {
		if looselyEqual(e, v) {
			return true
		}
	}
	return false
}

func every(list, of any) bool {
	elements, ok := list.([]any)
	if _, isList := of.([]any); !ok || !isList {
		return false
	}
	for _, e := range elements {
		if !member(e, of) {
			return false
		}
	}
	return true
}

func some(list, of any) bool {
	elements, ok := list.([]any)
	if !ok {
		return false
	}
	for _, e := range elements {
		if member(e, of) {
			return true
		}
	}
	return false
}

// length is that of a string, in UTF-16 units as in Java, an array or an object.
func length(v any) (int, bool) {
	switch v := v.(type) {
	case string:
		return javaLength(v), true
	case []any:
		return len(v), true
	case *value.Object:
		return v.Len(), true
	}
	return 0, false
}

func javaLength(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// compare orders two numbers or two strings; other values have no order.
func compare(a, b any) (int, bool) {
	if s, ok := a.(string); ok {
		t, ok := b.(string)
		return strings.Compare(s, t), ok
	}
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y), true
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y), true
		}
	}
	x, okA := bigFloat(a)
	y, okB := bigFloat(b)
	if !okA || !okB {
		return 0, false
	}
	return x.Cmp(y), true
}

func bigFloat(v any) (*big.Float, bool) {
	switch v := v.(type) {
	case int64:
		return new(big.Float).SetInt64(v), true
	case float64:
		return new(big.Float).SetFloat64(v), true
	case json.Number:
		// A large integer is read in full. An exponent too large for a float64 is as
		// good as infinite, and reading it in full could take for ever.
		if !strings.ContainsAny(string(v), ".eE") {
			f, _, err := big.ParseFloat(string(v), 10, uint(4*len(v)), big.ToNearestEven)
			return f, err == nil
		}
		f, _ := v.Float64()
		return new(big.Float).SetFloat64(f), true
	}
	return nil, false
}
