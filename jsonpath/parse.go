package jsonpath

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxNesting bounds filters inside filters and brackets inside conditions.
const maxNesting = 100

// A setting says where a path stands, and so where it ends.
type setting int

const (
	wholeText   setting = iota // the text is the path
	inReference                // the text is a Reference Path
	inFilter                   // an operand of a condition
	inCall                     // an argument of a function
)

// A parser reads paths and Intrinsic Functions.
type parser struct {
	text  string
	at    int
	end   int // the text ends here for the parser
	depth int
}

func (p *parser) fail(message string) error {
	return &SyntaxError{Expression: p.text, Message: message, Offset: p.at}
}

func (p *parser) failAt(at int, message string) error {
	return &SyntaxError{Expression: p.text, Message: message, Offset: at}
}

func (p *parser) unexpected(place string) error {
	if p.at >= p.end {
		return p.fail("the text ends " + place)
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return p.fail("unexpected " + strconv.QuoteRune(r) + " " + place)
}

func (p *parser) space() {
	for p.at < p.end && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) onlySpaceFollows() bool {
	return strings.TrimLeft(p.text[p.at:p.end], " \t\r\n") == ""
}

// peek gives the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.at < p.end {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) accept(c byte) bool {
	if p.peek() == c && p.at < p.end {
		p.at++
		return true
	}
	return false
}

func (p *parser) enter() error {
	if p.depth++; p.depth > maxNesting {
		return p.fail("nested deeper than " + strconv.Itoa(maxNesting))
	}
	return nil
}

// path reads a path that begins with "$", "$$" or "$name".
func (p *parser) path(in setting) (*Path, error) {
	start := p.at
	if !p.accept('$') {
		return nil, p.noReference(in, "Reference path didn't start with '$'", p.unexpected("where a path should begin with '$'"))
	}
	path := &Path{}
	if p.accept('$') {
		path.root = Context
	} else if name := p.identifier(); name != "" {
		if utf8.RuneCountInString(name) > 80 {
			return nil, p.failAt(start+1, "the name of a variable has at most 80 characters")
		}
		path.root, path.variable = Variable, name
	}
	if err := p.steps(path, in); err != nil {
		return nil, err
	}
	path.text = p.text[start:p.at]
	return path, nil
}

// noReference adds AWS's words to the error of a text that should be a Reference Path.
func (p *parser) noReference(in setting, words string, err error) error {
	if syntax, ok := err.(*SyntaxError); ok && in == inReference {
		syntax.Reference = words
	}
	return err
}

// identifier reads a Unicode identifier (UAX #31), "" where none begins.
func (p *parser) identifier() string {
	start := p.at
	for p.at < p.end {
		r, size := utf8.DecodeRuneInString(p.text[p.at:p.end])
		if !isStart(r) && (p.at == start || !isContinue(r)) {
			break
		}
		p.at += size
	}
	return p.text[start:p.at]
}

func isStart(r rune) bool {
	return unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_ID_Start)
}

func isContinue(r rune) bool {
	return isStart(r) || unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Pc, unicode.Other_ID_Continue)
}

// steps reads everything after a path's root and settles what kind of path it is.
func (p *parser) steps(path *Path, in setting) error {
	var steps []step
	for p.at < p.end {
		c := p.text[p.at]
		if c != '.' && c != '[' {
			if in == inReference || in == wholeText && !p.onlySpaceFollows() {
				return p.unexpected("where '.' or '[' should follow")
			}
			break
		}
		s, err := p.step(in)
		if err != nil {
			return err
		}
		steps = append(steps, s...)
	}
	path.settle(steps)
	return nil
}

// settle derives what evaluation wants to know of the steps.
func (p *Path) settle(steps []step) {
	p.steps, p.definite, p.plain = steps, true, true
	for _, s := range steps {
		switch s := s.(type) {
		case *link:
			p.links = append(p.links, *s)
		case keys:
			p.plain = false
		default:
			p.plain, p.definite = false, false
		}
	}
	if !p.plain {
		p.links = nil
	}
	// From the end: strict while the step itself and the one before are definite.
	for i := len(steps) - 1; i >= 0 && definite(steps[i]); i-- {
		if l, ok := steps[i].(*link); ok {
			l.strict = i == 0 || definite(steps[i-1])
		}
	}
}

func definite(s step) bool {
	switch s.(type) {
	case *link, keys:
		return true
	}
	return false
}

// step reads ".name", ".*", "..name", "[...]" or ".[...]".
func (p *parser) step(in setting) ([]step, error) {
	if p.peek() == '[' {
		return p.bracket(in)
	}
	dot := p.at
	p.at++
	var before []step
	if p.accept('.') {
		if in == inReference {
			return nil, p.failAt(dot, "a Reference Path has no '..'")
		}
		before = append(before, descent{})
	}
	if p.at == p.end {
		return nil, p.failAt(dot, "a path does not end with '.'")
	}
	if p.peek() == '[' {
		s, err := p.bracket(in)
		return append(before, s...), err
	}
	name, escaped, err := p.name(in)
	if err != nil {
		return nil, err
	}
	if name == "*" && !escaped {
		if in == inReference {
			return nil, p.failAt(p.at-1, "a Reference Path has no wildcard")
		}
		return append(before, everything{}), nil
	}
	return append(before, &link{key: name}), nil
}

// name reads a member's name in dot notation. A backslash takes the next
// character as it is, as the specification's examples of Reference Paths do.
func (p *parser) name(in setting) (name string, escaped bool, err error) {
	start := p.at
	var b strings.Builder
	from := p.at
	for p.at < p.end {
		c := p.text[p.at]
		if c == '\\' {
			b.WriteString(p.text[from:p.at])
			if err := p.escape(&b); err != nil {
				return "", false, err
			}
			from, escaped = p.at, true
			continue
		}
		if strings.HasPrefix(p.text[p.at:p.end], "()") {
			// Jayway's functions are later than AWS's Jayway, for which length() is a name
			// like any other. (Reported from AWS: Property ['length()'] not found.)
			p.at += len("()")
			continue
		}
		if c == '.' || c == '[' || ends(c, in) {
			break
		}
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			if in == wholeText && p.onlySpaceFollows() {
				break
			}
			return "", false, p.fail("a name with blanks stands in brackets: ['my name']")
		}
		if c == ']' || in == inReference && strings.IndexByte("@,:?", c) >= 0 {
			return "", false, p.unexpected("in a name; write it in brackets: ['...']")
		}
		p.at++
	}
	b.WriteString(p.text[from:p.at])
	if p.at == start {
		return "", false, p.unexpected("where a name should stand")
	}
	return b.String(), escaped, nil
}

// ends says that c ends a path that stands inside something else.
func ends(c byte, in setting) bool {
	switch in {
	case inFilter:
		return strings.IndexByte(" \t\r\n)<>=!~&|,", c) >= 0
	case inCall:
		return strings.IndexByte(" \t\r\n),", c) >= 0
	}
	return false
}

// escape reads a backslash and what it escapes: \u and four hexadecimal digits,
// or one character.
func (p *parser) escape(b *strings.Builder) error {
	if p.at+1 >= p.end {
		return p.fail(`a '\' escapes nothing here`)
	}
	if r, ok := p.hex4(p.at); ok {
		p.at += 6
		if utf16.IsSurrogate(r) {
			if low, ok := p.hex4(p.at); ok {
				if pair := utf16.DecodeRune(r, low); pair != unicode.ReplacementChar {
					r = pair
					p.at += 6
				}
			}
		}
		b.WriteRune(r)
		return nil
	}
	_, size := utf8.DecodeRuneInString(p.text[p.at+1 : p.end])
	b.WriteString(p.text[p.at+1 : p.at+1+size])
	p.at += 1 + size
	return nil
}

func (p *parser) hex4(at int) (rune, bool) {
	if at+6 > p.end || p.text[at:at+2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(p.text[at+2:at+6], 16, 16)
	return rune(n), err == nil
}

// bracket reads "[...]".
func (p *parser) bracket(in setting) ([]step, error) {
	open := p.at
	p.at++
	p.space()
	if c := p.peek(); in == inReference && c != '\'' && (c < '0' || '9' < c) {
		return nil, p.noReference(in, "'[' must be followed by ' or '['",
			p.fail("in a Reference Path stands in brackets a name in apostrophes or an index from 0"))
	}
	var s step
	var err error
	switch c := p.peek(); {
	case c == '\'':
		s, err = p.quotedNames()
	case c == '*':
		p.at++
		s = everything{}
	case c == '?':
		p.at++
		s, err = p.filter(open)
	case c == '(':
		s, err = p.fromEnd()
	case c == '-' || c == ':' || '0' <= c && c <= '9':
		s, err = p.indexes()
	default:
		return nil, p.unexpected("inside brackets: a name in apostrophes, an index, '*' or '?(...)' stands there")
	}
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.accept(']') {
		if p.at >= p.end {
			return nil, p.failAt(open, "the bracket that opens here is not closed")
		}
		return nil, p.unexpected("where ']' should stand")
	}
	if _, single := s.(*link); in == inReference && !single {
		return nil, p.failAt(open, "a Reference Path leads to one node: no ',' or ':' in brackets")
	}
	return []step{s}, nil
}

func (p *parser) quotedNames() (step, error) {
	var names keys
	for {
		name, err := p.quotedName()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		p.space()
		if !p.accept(',') {
			break
		}
		p.space()
		if p.peek() != '\'' {
			return nil, p.unexpected("where another name in apostrophes should stand")
		}
	}
	if len(names) == 1 {
		return &link{key: names[0]}, nil
	}
	return names, nil
}

// quotedName reads a name in apostrophes. A backslash is a character like any
// other there (measured). An apostrophe ends the name where ']' or ',' follows it.
func (p *parser) quotedName() (string, error) {
	start := p.at
	p.at++
	for from := p.at; p.at < p.end; p.at++ {
		if p.text[p.at] != '\'' {
			continue
		}
		end := p.at
		p.at++
		p.space()
		if c := p.peek(); c == ']' || c == ',' {
			return p.text[from:end], nil
		}
		p.at = end
	}
	return "", p.failAt(start, "the name that begins here does not end with an apostrophe")
}

// fromEnd reads "(@.length-1)": an index counted from the end.
func (p *parser) fromEnd() (step, error) {
	start := p.at
	p.at++
	p.space()
	if p.acceptText("@.length") || p.acceptText("@.size") {
		p.acceptText("()")
		p.space()
		if p.peek() == '-' {
			p.at++
			p.space()
			n, any, err := p.integer()
			p.space()
			if err == nil && any && n > 0 && p.accept(')') {
				return &link{index: -n, kind: endLink}, nil
			}
		}
	}
	return nil, p.failAt(start, "an index counted from the end is written [(@.length-1)]")
}

// indexes reads "3", "-1", "0,2" or a slice.
func (p *parser) indexes() (step, error) {
	var list indexes
	var s slice
	n, any, err := p.integer()
	if err != nil {
		return nil, err
	}
	p.space()
	if p.accept(':') {
		s.first, s.hasFirst = n, any
		p.space()
		if s.last, s.hasLast, err = p.integer(); err != nil {
			return nil, err
		}
		if !s.hasFirst && !s.hasLast {
			return nil, p.fail("a slice has at least one end: [1:], [:2] or [1:2]")
		}
		p.space()
		if p.accept(':') { // Jayway reads a step, and then ignores it
			p.space()
			if _, _, err := p.integer(); err != nil {
				return nil, err
			}
		}
		return s, nil
	}
	list = append(list, n)
	for p.accept(',') {
		p.space()
		n, any, err := p.integer()
		if err != nil {
			return nil, err
		}
		if !any {
			return nil, p.unexpected("where another index should stand")
		}
		list = append(list, n)
		p.space()
	}
	if len(list) == 1 {
		return &link{index: n, kind: indexLink}, nil
	}
	return list, nil
}

func (p *parser) integer() (n int, any bool, err error) {
	start := p.at
	p.accept('-')
	for p.at < p.end && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	if p.at == start {
		return 0, false, nil
	}
	// Java's arrays end at 2^31-1, and so do the indexes that Jayway reads.
	wide, err := strconv.ParseInt(p.text[start:p.at], 10, 32)
	if err != nil {
		return 0, false, p.failAt(start, "an index is an integer below 2^31")
	}
	return int(wide), true, nil
}
