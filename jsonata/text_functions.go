package jsonata

import (
	"encoding/base64"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

var textFunctions = []builtin{
	{"string", "<x-b?:s>", 1, toText},
	{"length", "<s-:n>", 1, func(_ Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return Undefined{}, nil
		}
		return int64(countRunes(s)), nil
	}},
	{"substring", "<s-nn?:s>", 3, substring},
	{"substringBefore", "<s-s:s>", 2, func(_ Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return Undefined{}, nil
		}
		before, _, _ := strings.Cut(s, orUndefined(args[1]))
		return before, nil
	}},
	{"substringAfter", "<s-s:s>", 2, func(_ Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return Undefined{}, nil
		}
		if _, after, found := strings.Cut(s, orUndefined(args[1])); found {
			return after, nil
		}
		return s, nil
	}},
	{"lowercase", "<s-:s>", 1, onText(lowercase)},
	{"uppercase", "<s-:s>", 1, onText(uppercase)},
	{"trim", "<s-:s>", 1, onText(trim)},
	{"pad", "<s-ns?:s>", 3, pad},
	{"join", "<a<s>s?:s>", 2, join},
	{"base64encode", "<s-:s>", 1, onText(base64encode)},
	{"base64decode", "<s-:s>", 1, onText(base64decode)},
	{"encodeUrlComponent", "<s-:s>", 1, urlFunction("encodeUrlComponent", encodeURL(unreserved))},
	{"encodeUrl", "<s-:s>", 1, urlFunction("encodeUrl", encodeURL(unreserved+urlReserved))},
	{"decodeUrlComponent", "<s-:s>", 1, urlFunction("decodeUrlComponent", decodeURL(""))},
	{"decodeUrl", "<s-:s>", 1, urlFunction("decodeUrl", decodeURL(urlReserved))},
}

// orUndefined is a string argument; where it yields nothing, the text that
// JavaScript then searches for.
func orUndefined(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return "undefined"
}

// onText makes a function of a string one of the language.
func onText(f func(string) string) func(Call, []any) (any, error) {
	return func(c Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return Undefined{}, nil
		}
		if err := c.rewrites(s); err != nil {
			return nil, err
		}
		s = f(s)
		return s, c.ev.bytes(len(s))
	}
}

// rewrites pays for a function that makes of s another text, of at most a few times
// its length: for the work, and whether as much text may be made at all.
func (c Call) rewrites(s string) error {
	if len(s) > c.ev.left.Bytes {
		return c.ev.exceeded("bytes")
	}
	return c.ev.steps(len(s) >> 4)
}

func toText(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	pretty, _ := args[1].(bool)
	return orError(c.ev.text(args[0], pretty))
}

func orError(s string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

func substring(_ Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	n := float64(countRunes(s))
	start, hasStart := number(args[1])
	if n+start < 0 {
		start = 0
	}
	end := n
	if length, ok := number(args[2]); ok {
		if length <= 0 || !hasStart {
			return "", nil
		}
		end = start + length
		if start < 0 {
			end = n + start + length
		}
	}
	from, to := sliceIndex(start, n), sliceIndex(end, n)
	if from >= to {
		return "", nil
	}
	return runeSlice(s, from, to), nil
}

// sliceIndex is how JavaScript reads an argument of slice.
func sliceIndex(f, n float64) int {
	if f != f {
		return 0
	}
	if f = math.Trunc(f); f < 0 {
		f = max(0, n+f)
	}
	return int(min(f, n))
}

// runeSlice gives the characters from one position up to another.
func runeSlice(s string, from, to int) string {
	start, at := 0, 0
	for i := 0; i < len(s); {
		if at == from {
			start = i
		}
		if at == to {
			return s[start:i]
		}
		_, size := decodeRune(s[i:])
		i += size
		at++
	}
	if from >= at {
		return ""
	}
	return s[start:]
}

// uppercase follows Unicode also where one letter becomes several.
func uppercase(s string) string {
	s = strings.ToUpper(s)
	if strings.IndexFunc(s, func(r rune) bool { return r >= 0xDF }) < 0 {
		return s
	}
	return growing.Replace(s)
}

var growing = strings.NewReplacer(
	"ß", "SS", "ŉ", "ʼN", "ǰ", "J̌", "ΐ", "Ϊ́", "ΰ", "Ϋ́", "և", "ԵՒ", "ẖ", "H̱", "ẗ", "T̈", "ẘ", "W̊", "ẙ", "Y̊", "ẚ", "Aʾ",
	"ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST",
	"ﬓ", "ՄՆ", "ﬔ", "ՄԵ", "ﬕ", "ՄԻ", "ﬖ", "ՎՆ", "ﬗ", "ՄԽ",
)

// lowercase follows Unicode also for the sigma that ends a word.
func lowercase(s string) string {
	if !strings.ContainsAny(s, "Σİ") {
		return strings.ToLower(s)
	}
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == 'İ':
			b.WriteString("i̇")
		case r == 'Σ' && i > 0 && unicode.IsLetter(runes[i-1]) && (i+1 == len(runes) || !unicode.IsLetter(runes[i+1])):
			b.WriteRune('ς')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// trim makes every run of white space one space and takes it off the ends.
func trim(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\n' || r == '\r'
	}), " ")
}

func pad(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	fill, _ := args[2].(string)
	if fill == "" {
		fill = " "
	}
	width, _ := number(args[1])
	width = math.Trunc(width)
	missing := math.Abs(width) - float64(countRunes(s))
	if !(missing > 0) {
		return s, nil
	}
	if missing*float64(len(fill)) > math.MaxInt32 {
		return nil, c.ev.exceeded("bytes")
	}
	n := int(missing)
	if err := c.ev.bytes(n*len(fill) + len(s)); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Grow(n*len(fill) + len(s))
	if width > 0 {
		b.WriteString(s)
	}
	whole := n / countRunes(fill)
	for range whole {
		b.WriteString(fill)
	}
	b.WriteString(runeSlice(fill, 0, n-whole*countRunes(fill)))
	if width < 0 {
		b.WriteString(s)
	}
	return b.String(), nil
}

func join(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	separator, _ := args[1].(string)
	items := itemsOf(args[0])
	size := 0
	for _, item := range items {
		s, _ := item.(string)
		size += len(s) + len(separator)
	}
	if err := c.ev.bytes(size); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Grow(size)
	for i, item := range items {
		if i > 0 {
			b.WriteString(separator)
		}
		s, _ := item.(string)
		b.WriteString(s)
	}
	return b.String(), nil
}

// base64encode encodes the low byte of each UTF-16 code unit, as the reference does.
func base64encode(s string) string {
	raw := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, size := decodeRune(s)
		s = s[size:]
		if r > 0xFFFF {
			r -= 0x10000
			raw = append(raw, byte(0xD800+r>>10), byte(0xDC00+r&0x3FF))
			continue
		}
		raw = append(raw, byte(r))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// base64decode gives one character for each byte, ignoring what is no base64.
func base64decode(s string) string {
	digits := make([]byte, 0, len(s))
scan:
	for i := range len(s) {
		switch c := s[i]; {
		case c == '=':
			break scan
		case c == '-':
			digits = append(digits, '+')
		case c == '_':
			digits = append(digits, '/')
		case c == '+', c == '/', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1]
	}
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))
	n, _ := base64.RawStdEncoding.Decode(raw, digits)
	out := make([]rune, n)
	for i, c := range raw[:n] {
		out[i] = rune(c)
	}
	return string(out)
}

const (
	unreserved  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
	urlReserved = ";/?:@&=+$,#"
)

func urlFunction(name string, f func(string) (string, bool)) func(Call, []any) (any, error) {
	return func(c Call, args []any) (any, error) {
		s, ok := args[0].(string)
		if !ok {
			return Undefined{}, nil
		}
		if err := c.rewrites(s); err != nil {
			return nil, err
		}
		out, ok := f(s)
		if !ok {
			return nil, &Error{Code: "D3140", Value: s, Function: name}
		}
		return out, c.ev.bytes(len(out))
	}
}

// encodeURL percent-encodes all bytes but those in keep. Text that is no valid
// Unicode cannot be encoded.
func encodeURL(keep string) func(string) (string, bool) {
	var plain [256]bool
	for i := range len(keep) {
		plain[keep[i]] = true
	}
	return func(s string) (string, bool) {
		if !utf8.ValidString(s) {
			return "", false
		}
		var b strings.Builder
		for i := range len(s) {
			if c := s[i]; plain[c] {
				b.WriteByte(c)
			} else {
				b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
			}
		}
		return b.String(), true
	}
}

const upperHex = "0123456789ABCDEF"

// decodeURL undoes encodeURL, save for the characters in keep.
func decodeURL(keep string) func(string) (string, bool) {
	return func(s string) (string, bool) {
		var b strings.Builder
		for i := 0; i < len(s); {
			if s[i] != '%' {
				b.WriteByte(s[i])
				i++
				continue
			}
			first, ok := percent(s, i)
			if !ok {
				return "", false
			}
			if first < utf8.RuneSelf {
				if strings.IndexByte(keep, first) >= 0 {
					b.WriteString(s[i : i+3])
				} else {
					b.WriteByte(first)
				}
				i += 3
				continue
			}
			raw := []byte{first}
			i += 3
			for len(raw) < utf8.UTFMax && !utf8.FullRune(raw) {
				next, ok := percent(s, i)
				if !ok {
					return "", false
				}
				raw = append(raw, next)
				i += 3
			}
			if !utf8.Valid(raw) {
				return "", false
			}
			b.Write(raw)
		}
		return b.String(), true
	}
}

func percent(s string, i int) (byte, bool) {
	if i+3 > len(s) || s[i] != '%' {
		return 0, false
	}
	high, low := strings.IndexByte(hexDigits, s[i+1]|0x20), strings.IndexByte(hexDigits, s[i+2]|0x20)
	if high < 0 || low < 0 {
		return 0, false
	}
	return byte(high<<4 | low), true
}
