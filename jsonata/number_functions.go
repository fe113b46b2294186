package jsonata

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

var numberFunctions = []builtin{
	{"number", "<(nsb)-:n>", 1, toNumber},
	{"abs", "<n-:n>", 1, onNumber(math.Abs)},
	{"floor", "<n-:n>", 1, onNumber(math.Floor)},
	{"ceil", "<n-:n>", 1, onNumber(math.Ceil)},
	{"round", "<n-n?:n>", 2, func(c Call, args []any) (any, error) {
		f, ok := number(args[0])
		if !ok {
			return Undefined{}, nil
		}
		precision, _ := number(args[1])
		return c.ev.number(round(f, precision)), nil
	}},
	{"sqrt", "<n-:n>", 1, func(c Call, args []any) (any, error) {
		f, ok := number(args[0])
		if !ok {
			return Undefined{}, nil
		}
		if f < 0 {
			return nil, &Error{Code: "D3060", Value: args[0], Index: 1}
		}
		return c.ev.number(math.Sqrt(f)), nil
	}},
	{"power", "<n-n:n>", 2, func(c Call, args []any) (any, error) {
		f, ok := number(args[0])
		if !ok {
			return Undefined{}, nil
		}
		exponent, ok := number(args[1])
		result := power(f, exponent)
		if !ok || result-result != 0 {
			return nil, &Error{Code: "D3061", Value: args[0], value2: args[1], Index: 1}
		}
		return c.ev.number(result), nil
	}},
	{"random", "<:n>", 0, func(c Call, _ []any) (any, error) { return fromFloat(c.ev.fraction()), nil }},
	{"sum", "<a<n>:n>", 1, func(c Call, args []any) (any, error) {
		if !defined(args[0]) {
			return Undefined{}, nil
		}
		total, err := c.total(args[0])
		return c.ev.number(total), err
	}},
	{"average", "<a<n>:n>", 1, func(c Call, args []any) (any, error) {
		n := lengthOf(args[0])
		if n == 0 {
			return Undefined{}, nil
		}
		total, err := c.total(args[0])
		return c.ev.number(total / float64(n)), err
	}},
	{"max", "<a<n>:n>", 1, extreme(math.Max)},
	{"min", "<a<n>:n>", 1, extreme(math.Min)},
	{"formatBase", "<n-n?:s>", 2, formatBase},
	{"formatNumber", "<n-so?:s>", 3, formatNumberPicture},
	{"formatInteger", "<n-s:s>", 2, formatIntegerFunction},
	{"parseInteger", "<s-s:n>", 2, parseIntegerFunction},
}

// power raises f to an exponent. Where that is a number of halves the result is
// worked out with more digits and rounded once, since math.Pow may be off in
// the last place.
func power(f, exponent float64) float64 {
	halves := 2 * exponent
	if halves != math.Trunc(halves) || math.Abs(halves) > 1<<12 || f-f != 0 || f == 0 || f < 0 && exponent != math.Trunc(exponent) {
		return math.Pow(f, exponent)
	}
	base := new(big.Float).SetPrec(256).SetFloat64(f)
	if exponent != math.Trunc(exponent) {
		base.Sqrt(base)
	} else {
		halves = exponent
	}
	result := big.NewFloat(1).SetPrec(256)
	for n := int(math.Abs(halves)); n > 0; n >>= 1 {
		if n&1 == 1 {
			result.Mul(result, base)
		}
		base.Mul(base, base)
	}
	if halves < 0 {
		result.Quo(big.NewFloat(1).SetPrec(256), result)
	}
	out, _ := result.Float64()
	return out
}

func onNumber(f func(float64) float64) func(Call, []any) (any, error) {
	return func(c Call, args []any) (any, error) {
		n, ok := number(args[0])
		if !ok {
			return Undefined{}, nil
		}
		return c.ev.number(f(n)), nil
	}
}

func (c Call) total(list any) (float64, error) {
	total := 0.0
	items := itemsOf(list)
	for _, item := range items {
		f, _ := number(item)
		total += f
	}
	return total, c.ev.steps(len(items))
}

func extreme(better func(a, b float64) float64) func(Call, []any) (any, error) {
	return func(c Call, args []any) (any, error) {
		items := itemsOf(args[0])
		if len(items) == 0 {
			return Undefined{}, nil
		}
		best, _ := number(items[0])
		for _, item := range items[1:] {
			f, _ := number(item)
			best = better(best, f)
		}
		return c.ev.number(best), c.ev.steps(len(items))
	}
}

func toNumber(c Call, args []any) (any, error) {
	switch v := args[0].(type) {
	case Undefined:
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case string:
		if f, ok := parseNumber(v); ok {
			return fromFloat(f), nil
		}
	default:
		if _, ok := number(v); ok {
			return v, nil
		}
	}
	return nil, &Error{Code: "D3030", Value: args[0], Index: 1}
}

// parseNumber reads a decimal number, or a hexadecimal, octal or binary one
// after 0x, 0o or 0b.
func parseNumber(s string) (float64, bool) {
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		digits := strings.TrimLeft(s[2:], "0")
		if len(digits) > 1024 || strings.ContainsAny(digits, "+-") { // 2^1024 exceeds a double
			return 0, false
		}
		base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[s[1]|0x20]
		i, ok := new(big.Int).SetString("0"+digits, base)
		if !ok {
			return 0, false
		}
		f, _ := new(big.Float).SetInt(i).Float64()
		return f, !math.IsInf(f, 0)
	}
	rest := strings.TrimPrefix(s, "-")
	digits := func() bool {
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		rest = rest[n:]
		return n > 0
	}
	if !digits() {
		return 0, false
	}
	if strings.HasPrefix(rest, ".") {
		if rest = rest[1:]; !digits() {
			return 0, false
		}
	}
	if rest != "" && rest[0]|0x20 == 'e' {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		if !digits() {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && rest == ""
}

// round rounds half to even at a decimal place. The place is moved in the text
// of the number: multiplying would bring in an error of its own.
func round(f, precision float64) float64 {
	if precision != 0 {
		f = shift(f, precision)
	}
	result := math.Floor(f)
	if f-result >= 0.5 {
		result++
	}
	if math.Abs(result-f) == 0.5 && math.Abs(math.Mod(result, 2)) == 1 {
		result--
	}
	if precision != 0 {
		result = shift(result, -precision)
	}
	if result == 0 {
		return 0
	}
	return result
}

func shift(f, places float64) float64 {
	mantissa, exponent, _ := strings.Cut(formatNumber(f), "e")
	e, _ := strconv.ParseFloat(exponent, 64)
	out, err := strconv.ParseFloat(mantissa+"e"+formatNumber(e+places), 64)
	if err != nil && !math.IsInf(out, 0) {
		return math.NaN()
	}
	return out
}

func formatBase(_ Call, args []any) (any, error) {
	f, ok := number(args[0])
	if !ok {
		return Undefined{}, nil
	}
	radix := 10.0
	if r, ok := number(args[1]); ok {
		radix = round(r, 0)
	}
	if !(radix >= 2 && radix <= 36) {
		return nil, fault("D3100", fromFloat(radix))
	}
	if f = round(f, 0); f-f != 0 || radix == 10 {
		return formatNumber(f), nil
	}
	i, _ := big.NewFloat(f).Int(nil)
	return i.Text(int(radix)), nil
}
