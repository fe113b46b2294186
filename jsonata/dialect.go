package jsonata

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// AWS Step Functions runs JSONata on Java, and there Java shows. What stands in this
// file, and wherever library.aws is asked, was reported as measured on AWS by one
// person in 2026, unless a comment says otherwise; nobody has confirmed it.

// awsLibrary has the functions of AWS's language.
var awsLibrary = sync.OnceValue(func() *library {
	lib := &library{classic: true, aws: true, own: map[string]*native{"eval": nil}}
	for _, b := range awsFunctions {
		lib.own[b.name] = &native{name: b.name, signature: mustSignature(b.signature), arity: b.arity, call: b.call}
	}
	if err := lib.add(ExtraFunctions()); err != nil {
		panic("jsonata: " + err.Error()) // only for signatures in this package's tables
	}
	return lib
})

// awsFunctions take the place of those of the language that have their names.
var awsFunctions = []builtin{
	{"base64encode", "<s-:s>", 1, onText(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
	{"base64decode", "<s-:s>", 1, base64Text},
	{"decodeUrlComponent", "<s-:s>", 1, urlFunction("decodeUrlComponent", decodeForm)},
	// That $decodeUrl is the same is a guess: Java has no other function for it.
	{"decodeUrl", "<s-:s>", 1, urlFunction("decodeUrl", decodeForm)},
}

// base64Text decodes base64 as java.util.Base64 does, which reads text that lacks its
// padding and refuses foreign characters, and gives the text whose UTF-8 it is. AWS's
// error for what it refuses has a number that nobody can know; this one's text is ours.
func base64Text(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	if err := c.rewrites(s); err != nil {
		return nil, err
	}
	digits := s
	if len(s)%4 == 0 {
		digits = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	raw, err := base64.RawStdEncoding.DecodeString(digits)
	if err != nil || strings.ContainsAny(digits, "\r\n") { // Go reads over line ends
		return nil, &Error{Code: "D3137", given: "Input is not valid base64"}
	}
	text := javaText(string(raw))
	return text, c.ev.bytes(len(text))
}

// decodeForm reads a component of a URL as java.net.URLDecoder does: + is a space,
// and bytes that are no UTF-8 are U+FFFD.
func decodeForm(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); {
		switch s[i] {
		case '%':
			c, ok := percent(s, i)
			if !ok {
				return "", false
			}
			b.WriteByte(c)
			i += 3
		case '+':
			b.WriteByte(' ')
			i++
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return javaText(b.String()), true
}

// javaText replaces what is no UTF-8, as Java does: each piece that starts like a
// character but does not go on like it becomes one U+FFFD.
func javaText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r != utf8.RuneError || size > 1 {
			b.WriteString(s[:size])
			s = s[size:]
			continue
		}
		for size < len(s) && size < utf8.UTFMax && !utf8.FullRuneInString(s[:size]) {
			size++
		}
		if size > 1 && size <= len(s) && utf8.FullRuneInString(s[:size]) { // the last byte belongs to what follows
			size--
		}
		b.WriteString("\uFFFD")
		s = s[size:]
	}
	return b.String()
}

// appendAWS writes a number as $string does there: a whole one in its digits, as
// JavaScript writes it, any other rounded down to 15 significant digits.
func appendAWS(dst []byte, f float64) []byte {
	if f == math.Trunc(f) {
		return appendNumber(dst, f)
	}
	var space [32]byte
	text := strconv.AppendFloat(space[:0], math.Abs(f), 'e', -1, 64) // d.ddde-xx, the shortest that reads back
	mark := strings.IndexByte(string(text), 'e')
	exponent, _ := strconv.Atoi(string(text[mark+1:]))
	digits := make([]byte, 0, 18)
	for _, c := range text[:mark] {
		if c != '.' {
			digits = append(digits, c)
		}
	}
	const most = 15
	if len(digits) > most {
		digits = digits[:most]
		if f < 0 { // down is away from zero
			i := most - 1
			for ; i >= 0 && digits[i] == '9'; i-- {
				digits[i] = '0'
			}
			if i >= 0 {
				digits[i]++
			} else {
				digits = append([]byte{'1'}, digits[:most-1]...)
				exponent++
			}
		}
	}
	n := len(digits)
	for n > 1 && digits[n-1] == '0' {
		n--
	}
	digits = digits[:n]
	if f < 0 {
		dst = append(dst, '-')
	}
	// A decimal with fewer digits than its whole part needs, and one that is very
	// small, have an exponent, as java.math.BigDecimal writes them.
	switch {
	case exponent >= n || exponent < -6:
		dst = append(dst, digits[0])
		if n > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		dst = append(dst, 'e')
		if exponent >= 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, int64(exponent), 10)
	case exponent < 0:
		dst = append(dst, "0."...)
		for range -exponent - 1 {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:exponent+1]...)
	if n > exponent+1 {
		dst = append(append(dst, '.'), digits[exponent+1:]...)
	}
	return dst
}

// lenient rewrites a JSON text in which strings stand in single quotes as one in
// which they stand in double quotes. ok is false where there is none.
func lenient(text string) (strict string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		quote := text[i]
		if quote != '"' && quote != '\'' {
			b.WriteByte(quote)
			continue
		}
		ok = ok || quote == '\''
		b.WriteByte('"')
		for i++; i < len(text) && text[i] != quote; i++ {
			switch c := text[i]; {
			case c == '\\' && i+1 < len(text):
				if i++; text[i] != '\'' {
					b.WriteByte('\\')
				}
				b.WriteByte(text[i])
			case c == '"':
				b.WriteString(`\"`)
			default:
				b.WriteByte(c)
			}
		}
		if i < len(text) {
			b.WriteByte('"')
		}
	}
	return b.String(), ok
}
