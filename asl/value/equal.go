package value

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Equal says whether a and b are the same JSON value: numbers by what they
// amount to (1 equals 1.0), objects whatever the order of their members. The work is
// that of reading both as text: of a value that may be a very long one see [Measure].
func Equal(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case string:
		b, ok := b.(string)
		return ok && a == b
	case int64:
		switch b := b.(type) {
		case int64:
			return a == b
		case float64:
			return equalIntFloat(a, b)
		case json.Number:
			return decimalOf(strconv.FormatInt(a, 10)) == decimalOf(string(b))
		}
		return false
	case float64:
		switch b := b.(type) {
		case int64:
			return equalIntFloat(b, a)
		case float64:
			return a == b
		case json.Number:
			return equalFloatNumber(a, b)
		}
		return false
	case json.Number:
		switch b := b.(type) {
		case int64:
			return decimalOf(string(a)) == decimalOf(strconv.FormatInt(b, 10))
		case float64:
			return equalFloatNumber(b, a)
		case json.Number:
			return a == b || decimalOf(string(a)) == decimalOf(string(b))
		}
		return false
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		return ok && equalObjects(a, b)
	}
	return false
}

func equalObjects(a, b *Object) bool {
	if a == b {
		return true
	}
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		m := a.At(i)
		var other any
		if n := b.At(i); n.Key == m.Key { // the usual case: the same order
			other = n.Value
		} else {
			var ok bool
			if other, ok = b.Get(m.Key); !ok {
				return false
			}
		}
		if !Equal(m.Value, other) {
			return false
		}
	}
	return true
}

// equalIntFloat compares exactly: converting the int64 alone would make 2^53+1
// equal to 2^53.
func equalIntFloat(n int64, f float64) bool {
	return float64(n) == f && f < 1<<63 && int64(f) == n
}

// equalFloatNumber compares with what the number's text would be as a float64,
// since the float64 was once read from a text in the same way.
func equalFloatNumber(f float64, n json.Number) bool {
	g, err := n.Float64()
	return err == nil && !math.IsInf(g, 0) && f == g
}

// A decimal is a number's text brought to one form: digits without zeros at
// either end, times ten to the exponent.
type decimal struct {
	negative bool
	digits   string
	exponent string
}

func decimalOf(text string) decimal {
	var d decimal
	text, d.negative = strings.CutPrefix(text, "-")
	mantissa, power := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, power = text[:i], strings.TrimPrefix(text[i+1:], "+")
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent := 0
	if power != "" {
		n, err := strconv.Atoi(power)
		if err != nil { // beyond any use: equal only to the same text
			return decimal{d.negative, mantissa, power}
		}
		exponent = n
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return decimal{}
	}
	exponent += len(digits) - len(significant)
	d.digits, d.exponent = significant, strconv.Itoa(exponent)
	return d
}
