package template

import (
	"strconv"
	"strings"
)

// A tracer finds out where the characters of a YAML scalar stand. The YAML library gives
// a scalar's value and where it begins; line folding, indentation and escapes lie between.
type tracer struct {
	text   text // of the whole file
	at     int  // what has been read of it
	value  string
	traced int // what has been found of the value
	out    builder
}

// scalar returns the value of a scalar of which the text begins at an offset, after its tag
// and anchor. A part that can't be found stands for where the scalar begins.
func scalar(t text, at int, value string) text {
	tr := &tracer{text: t, at: at, value: value}
	if at < len(t.string) {
		switch t.string[at] {
		case '"':
			tr.at++
			tr.doubleQuoted()
		case '\'':
			tr.at++
			tr.singleQuoted()
		case '|', '>':
			tr.block()
		default:
			tr.plain()
		}
	}
	tr.out.add(tr.value[tr.traced:], t.source(at), false)
	return tr.out.text()
}

// line returns the rest of the line at hand, without its end, and where the next begins.
func (tr *tracer) line() (rest string, next int) {
	rest = tr.text.string[tr.at:]
	n := strings.IndexByte(rest, '\n')
	if n < 0 {
		return strings.TrimSuffix(rest, "\r"), len(tr.text.string)
	}
	return strings.TrimSuffix(rest[:n], "\r"), tr.at + n + 1
}

// take finds a part of the value in the file, where size bytes stand for it, and reports
// whether it comes next. Between lines the value has space of its own.
func (tr *tracer) take(decoded string, size int) bool {
	rest := tr.value[tr.traced:]
	skipped := 0
	for !strings.HasPrefix(rest[skipped:], decoded) {
		if skipped == len(rest) || rest[skipped] != ' ' && rest[skipped] != '\n' {
			return false
		}
		skipped++
	}
	source := tr.text.source(tr.at)
	tr.out.add(rest[:skipped], source, false)
	if tr.text.string[tr.at:tr.at+size] == decoded {
		tr.out.slice(tr.text, tr.at, tr.at+size)
	} else {
		tr.out.add(decoded, source, false)
	}
	tr.traced += skipped + len(decoded)
	tr.at += size
	return true
}

// plain finds a scalar without quotes: its lines without the space around them.
func (tr *tracer) plain() {
	for tr.traced < len(tr.value) && tr.at < len(tr.text.string) {
		line, next := tr.line()
		tr.at += len(line) - len(strings.TrimLeft(line, " \t"))
		rest := strings.TrimLeft(tr.value[tr.traced:], "\n ")
		content := strings.TrimLeft(line, " \t")
		// The line may hold more than the scalar, a comment at its end for one.
		n := commonPrefix(content, rest)
		n = len(strings.TrimRight(content[:n], " \t"))
		if n > 0 && !tr.take(content[:n], n) {
			return
		}
		tr.at = next
	}
}

// commonPrefix returns how many bytes two strings have in common at their beginnings.
func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// block finds a scalar after | or >.
func (tr *tracer) block() {
	header, next := tr.line()
	indent := 0
	if i := strings.IndexAny(header, "123456789"); i >= 0 && !strings.Contains(header[:i], "#") {
		indent = -1 // a number of columns more than what is around: the value tells
	}
	first := true
	for tr.at = next; tr.traced < len(tr.value) && tr.at < len(tr.text.string); tr.at = next {
		var line string
		line, next = tr.line()
		if strings.Trim(line, " ") == "" && (first || len(line) <= indent) {
			continue
		}
		if first {
			first = false
			spaces := len(line) - len(strings.TrimLeft(line, " "))
			if indent < 0 {
				lead := strings.TrimLeft(tr.value, "\n")
				spaces -= len(lead) - len(strings.TrimLeft(lead, " "))
			}
			indent = max(spaces, 0)
		}
		tr.at += min(indent, len(line))
		content := line[min(indent, len(line)):]
		if !tr.take(content, len(content)) {
			return
		}
	}
}

// singleQuoted finds a scalar between single quotes: two of them stand for one.
func (tr *tracer) singleQuoted() {
	tr.quoted('\'', func(rest string) (string, int) {
		if strings.HasPrefix(rest, "''") {
			return "'", 2
		}
		return "", 0
	})
}

// doubleQuoted finds a scalar between double quotes.
func (tr *tracer) doubleQuoted() { tr.quoted('"', unescape) }

// escapes are the characters that a letter after a backslash stands for.
var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// unescape returns what the escape sequence at the beginning of a text stands for, and its
// size; 0 when there is none.
func unescape(rest string) (string, int) {
	if rest[0] != '\\' || len(rest) < 2 {
		return "", 0
	}
	size := 2
	switch rest[1] {
	case 'x':
		size = 4
	case 'u':
		size = 6
	case 'U':
		size = 10
	default:
		if decoded, ok := escapes[rest[1]]; ok {
			return decoded, size
		}
		return rest[1:2], size
	}
	size = min(size, len(rest))
	code, err := strconv.ParseUint(rest[2:size], 16, 32)
	if err != nil {
		return "", 0
	}
	return string(rune(code)), size
}

// quoted finds a scalar up to a quote, with the escape sequences that escape finds.
func (tr *tracer) quoted(quote byte, escape func(rest string) (string, int)) {
	for tr.traced < len(tr.value) && tr.at < len(tr.text.string) {
		line, next := tr.line()
		trimmed := strings.TrimRight(line, " \t")
		end := tr.at + len(trimmed)
		for tr.at < end && tr.traced < len(tr.value) {
			rest := tr.text.string[tr.at:end]
			if rest == `\` && quote == '"' {
				break // the line goes on in the next one
			}
			decoded, size := escape(rest)
			switch {
			case size > 0:
			case rest[0] == quote:
				return
			default:
				decoded = tr.stretch(rest, quote)
				size = len(decoded)
			}
			if !tr.take(decoded, size) {
				return
			}
		}
		tr.at = next
		indent, _ := tr.line()
		tr.at += len(indent) - len(strings.TrimLeft(indent, " \t"))
	}
}

// stretch returns the part of a line up to the next quote or escape, one character at least.
func (tr *tracer) stretch(rest string, quote byte) string {
	stop := "'"
	if quote == '"' {
		stop = `"\`
	}
	if n := strings.IndexAny(rest[1:], stop); n >= 0 {
		return rest[:n+1]
	}
	return rest
}
