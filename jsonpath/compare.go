package jsonpath

import (
	"cmp"
	"encoding/json"
	"math/big"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// holds compares as Jayway 2.0 does. Where a side has no value, or the two cannot
// be compared, no comparison holds, "!=" included.
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
		return c.holdsForNull(left, right)
	}
	if c.rightNumber != nil && isNumber(left) {
		right = c.rightNumber // read once, when compiling
	} else if c.leftNumber != nil && isNumber(right) {
		left = c.leftNumber
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

// holdsForNull compares where a side is null at least. A null that is written out is
// less than everything but null. One that a path leads to is not, and two of them
// are equal for "<=" and ">=", too.
func (c comparison) holdsForNull(left, right any) bool {
	_, leftWritten := c.left.(literal)
	_, rightWritten := c.right.(literal)
	same := left == nil && right == nil
	switch c.operator {
	case "==":
		return same
	case "!=":
		return !same
	case "<":
		return !same && leftWritten && left == nil
	case ">":
		return !same && rightWritten && right == nil
	case "<=":
		return same && !leftWritten && !rightWritten || !same && leftWritten && left == nil
	default: // ">="
		return same && !leftWritten && !rightWritten || !same && rightWritten && right == nil
	}
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64, json.Number:
		return true
	}
	return false
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
	return v, err == nil && isNumber(v)
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
	if order := cmp.Compare(nearest(a), nearest(b)); order != 0 {
		return order
	}
	return exact(a).Cmp(exact(b)) // 2^53 and 2^53+1, say: the same as float64s
}

// nearest gives the float64 nearest to a number, an infinity where it is larger
// than any.
func nearest(v any) float64 {
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

// exact gives a number in full, but for one with an exponent too large for a
// float64: to write that out could take for ever.
func exact(v any) *big.Float {
	switch v := v.(type) {
	case int64:
		return new(big.Float).SetInt64(v)
	case json.Number:
		if !strings.ContainsAny(string(v), ".eE") {
			if f, _, err := big.ParseFloat(string(v), 10, uint(4*len(v)), big.ToNearestEven); err == nil {
				return f
			}
		}
	}
	return new(big.Float).SetFloat64(nearest(v))
}

// holds says that the pattern matches a string, or the text of a value other than null.
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
	case []any, *value.Object:
		return c.pattern.MatchString(javaText(v))
	}
	return false
}
