package jsonpath

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// holds compares as Jayway 2.0 does. Where a side has no value, or the two cannot
// be compared, no comparison holds, "!=" included. Only "==" and "!=" know null.
func (c comparison) holds(w *walker, item any) bool {
	left, ok := c.left.eval(w, item)
	if !ok {
		return false
	}
	right, ok := c.right.eval(w, item)
	if !ok {
		return false
	}
	if left == nil || right == nil {
		same := left == nil && right == nil
		return c.operator == "==" && same || c.operator == "!=" && !same
	}
	order, ok := compare(left, right)
	if !ok {
		return false
	}
	switch c.operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
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

// compare orders two scalars. A string against a number is read as a number, a
// string against a boolean as a boolean.
func compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case string:
		switch b := b.(type) {
		case string:
			return strings.Compare(a, b), true
		case bool:
			return compareBools(strings.EqualFold(a, "true"), b), true
		case int64, float64, json.Number:
			n, ok := numberIn(a)
			return compareNumbers(n, b), ok
		}
	case bool:
		switch b := b.(type) {
		case string:
			return compareBools(a, strings.EqualFold(b, "true")), true
		case bool:
			return compareBools(a, b), true
		}
	case int64, float64, json.Number:
		switch b := b.(type) {
		case string:
			n, ok := numberIn(b)
			return compareNumbers(a, n), ok
		case int64, float64, json.Number:
			return compareNumbers(a, b), true
		}
	}
	return 0, false
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// numberIn reads a number that a string spells.
func numberIn(s string) (any, bool) {
	v, err := value.Parse(s)
	return v, err == nil && value.TypeName(v) == "number"
}

func compareNumbers(a, b any) int {
	if x, ok := a.(int64); ok {
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	if value.Equal(a, b) {
		return 0
	}
	return cmp.Compare(toFloat(a), toFloat(b))
}

// toFloat gives the float64 nearest to a number, an infinity where it is larger
// than any.
func toFloat(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case json.Number:
		f, _ := v.Float64()
		return f
	}
	return 0
}

// holds says that the pattern matches a string, or the text of another scalar.
func (c match) holds(w *walker, item any) bool {
	v, ok := c.operand.eval(w, item)
	if !ok {
		return false
	}
	switch v := v.(type) {
	case string:
		return c.pattern.MatchString(v)
	case bool, int64, float64, json.Number:
		return c.pattern.MatchString(value.String(v))
	}
	return false
}
