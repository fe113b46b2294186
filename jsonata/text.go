package jsonata

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

// formatNumber writes a double as JavaScript does.
func formatNumber(f float64) string { return string(appendNumber(nil, f)) }

func appendNumber(dst []byte, f float64) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0:
		return append(dst, '0')
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Go writes at least two digits in the exponent, JavaScript what it takes.
	if n := len(dst); n >= 4 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// precise rounds to the 15 significant digits that the language writes of a
// number that is not whole.
func precise(f float64) float64 {
	if f == math.Trunc(f) {
		return f
	}
	var space [64]byte
	shortest := strconv.AppendFloat(space[:0], math.Abs(f), 'e', -1, 64) // d.ddde-xx
	mark := strings.IndexByte(string(shortest), 'e')
	if mark <= 16 {
		return f // 15 digits do
	}
	if mark == 17 && shortest[16] == '5' {
		// Of two that are as near JavaScript takes the larger one, Go the even one.
		exact := strconv.AppendFloat(space[:0], math.Abs(f), 'e', 40, 64)
		if strings.TrimRight(string(exact[16:42]), "0") == "5" {
			f = math.Nextafter(f, math.Copysign(math.Inf(1), f))
		}
	}
	rounded, _ := strconv.ParseFloat(string(strconv.AppendFloat(space[:0], f, 'e', 14, 64)), 64)
	return rounded
}

// text is $string.
func (ev *evaluation) text(v any, pretty bool) (string, error) {
	switch n := v.(type) {
	case string:
		return n, nil
	case Function:
		return "", nil
	case int64:
		if n <= 1<<53 && n >= -1<<53 || ev.lib.aws {
			return strconv.FormatInt(n, 10), nil
		}
	case *array:
		if n.outer {
			v = n.items[0]
		}
	}
	if f, ok := number(v); ok && f-f != 0 {
		return "", fault("D3001", v)
	}
	w := writer{ev: ev, pretty: pretty, aws: ev.lib.aws}
	if err := w.write(v, 0); err != nil {
		return "", err
	}
	return string(w.out), ev.bytes(len(w.out))
}

// A writer writes a value as JSON.stringify does, with functions as "".
type writer struct {
	ev     *evaluation // pays; nil for an error message, which is cut short
	out    []byte
	pretty bool
	aws    bool // in AWS's language
}

// inspect is a value as an error message shows it.
func inspect(v any) string {
	switch v.(type) {
	case Undefined, Function:
		return "undefined"
	}
	w := writer{}
	if err := w.write(v, 0); err != nil {
		return string(w.out[:min(len(w.out), maxInspected)]) + "..."
	}
	return string(w.out)
}

// maxInspected is how much of a value an error message shows, in bytes.
const maxInspected = 1 << 15

func (w *writer) write(v any, depth int) error {
	if depth > maxDescent {
		return w.exceeded("nesting of values")
	}
	if w.ev == nil {
		if len(w.out) > maxInspected {
			return w.exceeded("inspection")
		}
	} else {
		if len(w.out) > w.ev.left.Bytes {
			return w.exceeded("bytes")
		}
		if err := w.ev.step(); err != nil {
			return err
		}
	}
	switch v := v.(type) {
	case nil, Undefined:
		w.out = append(w.out, "null"...)
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case string:
		if w.ev == nil {
			v = v[:min(len(v), maxInspected)] // what is longer is cut off below
		} else if err := w.ev.read(v); err != nil {
			return err
		} else if len(v) > w.ev.left.Bytes {
			return w.exceeded("bytes")
		}
		w.quote(v)
	case int64:
		if (v > 1<<53 || v < -1<<53) && !w.aws {
			w.out = appendNumber(w.out, float64(v)) // a double, like all numbers of the language
		} else {
			w.out = strconv.AppendInt(w.out, v, 10)
		}
	case []any, *array:
		return w.list(itemsOf(v), depth)
	case *value.Object:
		return w.object(v, depth)
	case Function:
		w.out = append(w.out, `""`...)
	default:
		f, ok := number(v)
		if !ok {
			w.out = append(w.out, "null"...)
			return nil
		}
		if f-f != 0 {
			if w.ev == nil || f != f {
				w.out = append(w.out, "null"...)
				return nil
			}
			return fault("D1001", v)
		}
		if w.aws {
			w.out = appendAWS(w.out, f)
		} else {
			w.out = appendNumber(w.out, precise(f))
		}
	}
	return nil
}

func (w *writer) quote(s string) { w.out = appendQuoted(w.out, s, !w.aws) }

func (w *writer) exceeded(what string) error { return &Error{Code: "U1001", given: what} }

func (w *writer) list(items []any, depth int) error {
	w.out = append(w.out, '[')
	for i, item := range items {
		w.separate(i, depth+1)
		if err := w.write(item, depth+1); err != nil {
			return err
		}
	}
	if len(items) > 0 {
		w.newline(depth)
	}
	w.out = append(w.out, ']')
	return nil
}

func (w *writer) object(o *value.Object, depth int) error {
	w.out = append(w.out, '{')
	for i := range o.Len() {
		m := o.At(i)
		w.separate(i, depth+1)
		w.quote(m.Key)
		w.out = append(w.out, ':')
		if w.pretty {
			w.out = append(w.out, ' ')
		}
		if err := w.write(m.Value, depth+1); err != nil {
			return err
		}
	}
	if o.Len() > 0 {
		w.newline(depth)
	}
	w.out = append(w.out, '}')
	return nil
}

func (w *writer) separate(i, depth int) {
	if i > 0 {
		w.out = append(w.out, ',')
	}
	w.newline(depth)
}

func (w *writer) newline(depth int) {
	if w.pretty {
		w.out = append(w.out, '\n')
		for range depth {
			w.out = append(w.out, ' ', ' ')
		}
	}
}

const hexDigits = "0123456789abcdef"

// appendQuoted writes a string as JSON. With control, it escapes all control
// characters, as JSON demands, and else only those that have a letter.
func appendQuoted(dst []byte, s string, control bool) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := decodeRune(s[i:])
			if r < 0xD800 || r > 0xDFFF {
				i += size
				continue
			}
			// Half a surrogate pair has no UTF-8 of its own.
			dst = append(append(dst, s[from:i]...), '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			i += size
			from = i
			continue
		}
		if c < ' ' && !control && strings.IndexByte("\b\f\n\r\t", c) < 0 {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

// JavaScript strings may hold half a surrogate pair. Ours hold it in the three
// bytes that UTF-8 would give it, which utf8 calls invalid.

func isHigh(r rune) bool { return r >= 0xD800 && r < 0xDC00 }
func isLow(r rune) bool  { return r >= 0xDC00 && r < 0xE000 }

func appendRune(dst []byte, r rune) []byte {
	if isHigh(r) || isLow(r) {
		return append(dst, 0xED, 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
	}
	return utf8.AppendRune(dst, r)
}

// decodeRune is utf8.DecodeRuneInString, which also reads half a surrogate pair.
func decodeRune(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 && len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] < 0xC0 && s[2] >= 0x80 && s[2] < 0xC0 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return r, size
}

// countRunes is how many characters a string has.
func countRunes(s string) int {
	if utf8.ValidString(s) {
		return utf8.RuneCountInString(s)
	}
	n := 0
	for len(s) > 0 {
		_, size := decodeRune(s)
		s = s[size:]
		n++
	}
	return n
}

// units is how many UTF-16 code units a string takes, JavaScript's length.
func units(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			n++
			i++
			continue
		}
		r, size := decodeRune(s[i:])
		if n++; r > 0xFFFF {
			n++
		}
		i += size
	}
	return n
}
