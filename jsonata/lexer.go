package jsonata

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An operator is a byte for the operators of one character, which stand for
// themselves, and one of these for the others.
type operator byte

const (
	opNone operator = iota
	opRange
	opBind
	opNotEqual
	opGreaterEqual
	opLessEqual
	opDescendant
	opApply
	opDefault
	opCoalesce
	opAnd
	opOr
	opIn
)

var operatorText = [...]string{
	opRange: "..", opBind: ":=", opNotEqual: "!=", opGreaterEqual: ">=", opLessEqual: "<=",
	opDescendant: "**", opApply: "~>", opDefault: "?:", opCoalesce: "??", opAnd: "and", opOr: "or", opIn: "in",
}

func (o operator) String() string {
	if int(o) < len(operatorText) {
		return operatorText[o]
	}
	return string(rune(o))
}

// binding has each operator's left binding power; the higher binds tighter.
var binding = [128]int{
	'.': 75, '[': 80, '{': 70, '(': 80, '@': 80, '#': 80, '?': 20,
	'+': 50, '-': 50, '*': 60, '/': 60, '%': 60, '=': 40, '<': 40, '>': 40, '^': 40, '&': 50,
	opBind: 10, opNotEqual: 40, opLessEqual: 40, opGreaterEqual: 40, opApply: 40,
	opDefault: 40, opCoalesce: 40, opAnd: 30, opOr: 25, opIn: 40,
}

// stops has the characters that end a name, apart from white space.
const stops = ".[]{}(),@#;:?+-*/%|=<>^&!~"

// delimiter tells, for each byte, whether it ends a name.
var delimiter = func() (table [256]bool) {
	for _, c := range []byte(stops + whitespace) {
		table[c] = true
	}
	return table
}()

const whitespace = " \t\n\r\v"

type tokenKind uint8

const (
	endToken tokenKind = iota
	nameToken
	variableToken
	operatorToken
	stringToken
	numberToken
	valueToken // true, false, null
	regexToken
)

// A token is one word of an expression. Like the reference's, its position is
// just past it.
type token struct {
	kind tokenKind
	op   operator
	text string  // the name, the variable without its $, the string, the regular expression
	num  float64 // the number
	val  any     // true, false or null
	pos  int
}

// String is how an error message shows the token.
func (t token) String() string {
	switch t.kind {
	case operatorToken:
		return t.op.String()
	case numberToken:
		return formatNumber(t.num)
	case valueToken:
		return inspect(t.val)
	case endToken:
		return "(end)"
	}
	return t.text
}

type lexer struct {
	text    string
	pos     int
	classic bool   // the language of 2.0.6, which lacks ?: and ??
	flags   string // of the regular expression read last
}

func (l *lexer) peek(i int) byte {
	if l.pos+i < len(l.text) {
		return l.text[l.pos+i]
	}
	return 0
}

// space skips white space and comments.
func (l *lexer) space() error {
	for {
		for l.pos < len(l.text) && strings.IndexByte(whitespace, l.text[l.pos]) >= 0 {
			l.pos++
		}
		if l.peek(0) != '/' || l.peek(1) != '*' {
			return nil
		}
		end := strings.Index(l.text[l.pos+2:], "*/")
		if end < 0 {
			return &Error{Code: "S0106", Position: l.pos}
		}
		l.pos += 2 + end + 2
	}
}

// next reads one token. After an operand a slash divides; elsewhere it starts a
// regular expression.
func (l *lexer) next(afterOperand bool) (token, error) {
	if err := l.space(); err != nil {
		return token{}, err
	}
	if l.pos >= len(l.text) {
		return token{kind: endToken, pos: len(l.text)}, nil
	}
	c := l.text[l.pos]
	if c == '/' && !afterOperand {
		l.pos++
		pattern, err := l.regex()
		return token{kind: regexToken, text: pattern, pos: l.pos}, err
	}
	if op := l.double(c); op != opNone {
		l.pos += 2
		return token{kind: operatorToken, op: op, pos: l.pos}, nil
	}
	switch {
	case c == '"' || c == '\'':
		text, err := l.quoted(c)
		return token{kind: stringToken, text: text, pos: l.pos}, err
	case c >= '0' && c <= '9':
		return l.number()
	case c == '`':
		end := strings.IndexByte(l.text[l.pos+1:], '`')
		if end < 0 {
			return token{}, &Error{Code: "S0105", Position: len(l.text)}
		}
		name := l.text[l.pos+1 : l.pos+1+end]
		l.pos += end + 2
		return token{kind: nameToken, text: name, pos: l.pos}, nil
	case delimiter[c]: // white space is behind us
		l.pos++
		return token{kind: operatorToken, op: operator(c), pos: l.pos}, nil
	}
	return l.word(), nil
}

func (l *lexer) double(c byte) operator {
	second := l.peek(1)
	switch {
	case c == '.' && second == '.':
		return opRange
	case c == ':' && second == '=':
		return opBind
	case c == '!' && second == '=':
		return opNotEqual
	case c == '>' && second == '=':
		return opGreaterEqual
	case c == '<' && second == '=':
		return opLessEqual
	case c == '*' && second == '*':
		return opDescendant
	case c == '~' && second == '>':
		return opApply
	case c == '?' && second == ':' && !l.classic:
		return opDefault
	case c == '?' && second == '?' && !l.classic:
		return opCoalesce
	}
	return opNone
}

// word reads a name, a variable, a keyword or one of the literals.
func (l *lexer) word() token {
	start := l.pos
	for l.pos < len(l.text) && !delimiter[l.text[l.pos]] {
		l.pos++
	}
	word := l.text[start:l.pos]
	t := token{kind: nameToken, text: word, pos: l.pos}
	switch {
	case word[0] == '$':
		t.kind, t.text = variableToken, word[1:]
	case word == "or":
		t.kind, t.op = operatorToken, opOr
	case word == "in":
		t.kind, t.op = operatorToken, opIn
	case word == "and":
		t.kind, t.op = operatorToken, opAnd
	case word == "true", word == "false":
		t.kind, t.val = valueToken, word == "true"
	case word == "null":
		t.kind = valueToken
	}
	return t
}

// number reads a number as JSON writes it, without a sign.
func (l *lexer) number() (token, error) {
	start := l.pos
	digits := func() {
		for c := l.peek(0); c >= '0' && c <= '9'; c = l.peek(0) {
			l.pos++
		}
	}
	if l.text[l.pos] == '0' {
		l.pos++
	} else {
		digits()
	}
	if c := l.peek(1); l.peek(0) == '.' && c >= '0' && c <= '9' {
		l.pos++
		digits()
	}
	if c := l.peek(0); c == 'e' || c == 'E' {
		skip := 1
		if c := l.peek(1); c == '+' || c == '-' {
			skip = 2
		}
		if c := l.peek(skip); c >= '0' && c <= '9' {
			l.pos += skip
			digits()
		}
	}
	text := l.text[start:l.pos]
	num, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(num, 0) {
		return token{}, &Error{Code: "S0102", Position: start, Token: text}
	}
	return token{kind: numberToken, num: num, pos: l.pos}, nil
}

// quoted reads a string literal with JSON's escapes. Half of a surrogate pair
// that stands alone keeps its code point, in the bytes UTF-8 would give it.
func (l *lexer) quoted(quote byte) (string, error) {
	l.pos++
	start := l.pos
	for i := start; i < len(l.text); i++ {
		if c := l.text[i]; c == quote {
			l.pos = i + 1
			return l.text[start:i], nil
		} else if c == '\\' {
			break
		}
	}
	var out []byte
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		if c == quote {
			l.pos++
			return string(out), nil
		}
		if c != '\\' {
			out = append(out, c)
			l.pos++
			continue
		}
		l.pos++
		if c = l.peek(0); c == 'u' {
			r, ok := l.hex(l.pos + 1)
			if !ok {
				return "", &Error{Code: "S0104", Position: l.pos}
			}
			l.pos += 5
			if low, ok := l.hex(l.pos + 2); ok && isHigh(r) && l.peek(0) == '\\' && l.peek(1) == 'u' && isLow(low) {
				r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
				l.pos += 6
			}
			out = appendRune(out, r)
			continue
		}
		i := strings.IndexByte(`"\/bfnrt`, c)
		if i < 0 || l.pos >= len(l.text) {
			_, size := utf8.DecodeRuneInString(l.text[min(l.pos, len(l.text)):])
			return "", &Error{Code: "S0103", Position: l.pos, Token: l.text[min(l.pos, len(l.text)):min(l.pos+size, len(l.text))]}
		}
		out = append(out, "\"\\/\b\f\n\r\t"[i])
		l.pos++
	}
	return "", &Error{Code: "S0101", Position: len(l.text)}
}

func (l *lexer) hex(i int) (rune, bool) {
	if i+4 > len(l.text) {
		return 0, false
	}
	r, err := strconv.ParseUint(l.text[i:i+4], 16, 16)
	return rune(r), err == nil
}

// regex reads a regular expression up to its closing slash, then its flags.
func (l *lexer) regex() (string, error) {
	start, depth := l.pos, 0
	for ; l.pos < len(l.text); l.pos++ {
		c := l.text[l.pos]
		escaped := false
		for i := l.pos - 1; i >= start && l.text[i] == '\\'; i-- {
			escaped = !escaped
		}
		if c == '/' && depth == 0 && !escaped {
			pattern := l.text[start:l.pos]
			if pattern == "" {
				return "", &Error{Code: "S0301", Position: l.pos}
			}
			l.pos++
			from := l.pos
			for l.peek(0) == 'i' || l.peek(0) == 'm' {
				l.pos++
			}
			l.flags = l.text[from:l.pos]
			return pattern, nil
		}
		if l.text[l.pos-1] != '\\' {
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
		}
	}
	return "", &Error{Code: "S0302", Position: l.pos}
}
