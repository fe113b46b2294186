package value

import (
	"encoding/json"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Append appends the compact JSON text of v to dst: members in their order, no
// white space, nothing escaped that JSON does not demand. A float64 is written
// as Java's Double.toString writes it (1.0, 3.3, 1.789180622E9, 1.0E-5), which
// is what AWS shows. What is no value is written as null.
//
// Append, like [String], [Equal] and [Size], looks at v as the tree that it is as a
// text. A value that is small in memory may be a large text, because it holds another
// one several times; [Measure] tells, and stops when the text would be too long.
func Append(dst []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return appendFloat(dst, v)
	case json.Number:
		return append(dst, v...)
	case string:
		return appendString(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = Append(dst, e)
		}
		return append(dst, ']')
	case *Object:
		dst = append(dst, '{')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			m := &v.members[i]
			dst = append(appendString(dst, m.Key), ':')
			dst = Append(dst, m.Value)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// String gives the compact JSON text of v, as [Append] writes it.
func String(v any) string {
	var space [256]byte
	return string(Append(space[:0], v))
}

// AppendText appends the JSON text of v as a JSON string, as [Append] writes String(v).
func AppendText(dst []byte, v any) []byte {
	var space [512]byte
	return appendString(dst, Append(space[:0], v))
}

func intSize(n int64) int {
	size, u := 1, uint64(n)
	if n < 0 {
		size, u = 2, -u
	}
	if u >= 10 {
		// log10 from log2 (1233/4096 is slightly above log10(2)), one less where too high.
		digits := bits.Len64(u) * 1233 >> 12
		if u >= powersOf10[digits] {
			digits++
		}
		size += digits - 1
	}
	return size
}

var powersOf10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

const hexDigits = "0123456789ABCDEF"

// plain tells the bytes that stand for themselves inside a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

func appendString[Text string | []byte](dst []byte, s Text) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && size == 1 { // a Go string may hold what JSON cannot
				dst = append(append(dst, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		if e := escapeOf(c); e != 0 {
			dst = append(dst, '\\', e)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

// escapeOf gives the letter of c's short escape, or 0.
func escapeOf(c byte) byte {
	switch c {
	case '"', '\\':
		return c
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}

func stringSize(s string) int {
	size := len(s) + 2
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, width := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && width == 1 {
				size += len("\uFFFD") - 1
			}
			i += width
			continue
		}
		if escapeOf(c) != 0 {
			size++
		} else {
			size += len(`\u0000`) - 1
		}
		i++
	}
	return size
}

// appendFloat writes f as Java's Double.toString does (since JDK 19: the
// shortest digits that read back as f): plain from 0.001 up to 10,000,000, else
// with an exponent, and always with a digit after the point.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...) // JSON has no such number; no value holds one
	}
	if a := math.Abs(f); a == 0 || 1e-3 <= a && a < 1e7 {
		start := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		for _, c := range dst[start:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, '.', '0')
	}
	var space [32]byte
	digits := strconv.AppendFloat(space[:0], f, 'e', -1, 64) // d.ddde±xx
	for i, c := range digits {
		if c != 'e' {
			continue
		}
		if i == 1 || i == 2 && digits[0] == '-' {
			dst = append(append(dst, digits[:i]...), '.', '0')
		} else {
			dst = append(dst, digits[:i]...)
		}
		dst = append(dst, 'E')
		exponent, _ := strconv.Atoi(string(digits[i+1:]))
		return strconv.AppendInt(dst, int64(exponent), 10)
	}
	return dst
}
