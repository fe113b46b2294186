package jsonpath

import (
	"regexp"
	"slices"
	"strings"
)

// A condition is what stands in [?(...)]. The set of kinds is closed.
type condition interface {
	holds(w *walker, item any) bool
}

type (
	or  []condition
	and []condition
	not struct{ condition }

	// exists holds when its path leads to something that is not null.
	exists struct{ operand pathOperand }

	comparison struct {
		left, right             operand
		leftNumber, rightNumber any // what a literal side is as a number, nil for none
		operator                string
	}

	// match is a comparison with "=~".
	match struct {
		operand operand
		pattern *regexp.Regexp
	}
)

// Like Jayway, or and and ask their last condition first, which shows where one fails.
func (c or) holds(w *walker, item any) bool {
	for _, e := range slices.Backward(c) {
		if e.holds(w, item) {
			return true
		}
	}
	return false
}

func (c and) holds(w *walker, item any) bool {
	for _, e := range slices.Backward(c) {
		if !e.holds(w, item) {
			return false
		}
	}
	return true
}

func (c not) holds(w *walker, item any) bool { return !c.condition.holds(w, item) }

func (c exists) holds(w *walker, item any) bool {
	v, ok := c.operand.eval(w, item)
	return ok && v != nil
}

// An operand is one side of a comparison. The second result of eval is false
// where there is no value.
type operand interface {
	eval(w *walker, item any) (any, bool)
}

// A pathOperand has no value where a member is missing or an array too short. An
// index of something that is no array is an error, as it is in Jayway.
type pathOperand struct {
	links    []link
	fromItem bool // "@", not "$"
}

func (o pathOperand) eval(w *walker, item any) (any, bool) {
	v := w.root
	if o.fromItem {
		v = item
	}
	for i := range o.links {
		l := &o.links[i]
		next, ok := l.follow(v)
		if !ok {
			if _, isArray := v.([]any); l.kind != keyLink && !isArray && v != nil {
				w.array(v, l, o.rest(i+1))
			}
			return nil, false
		}
		v = next
	}
	return v, true
}

// rest gives the steps from one on. Only the text of an error needs them.
func (o pathOperand) rest(from int) []step {
	var steps []step
	for i := from; i < len(o.links); i++ {
		steps = append(steps, &o.links[i])
	}
	return steps
}

// A literal is a value written out. All but null are strings, as in Jayway: what
// they are compared with decides what they mean.
type literal struct{ v any }

func (l literal) eval(*walker, any) (any, bool) { return l.v, true }

func literalNumber(o operand) any {
	if l, ok := o.(literal); ok {
		if s, ok := l.v.(string); ok {
			if n, ok := numberIn(s); ok {
				return n
			}
		}
	}
	return nil
}

// filter reads "?(...)" after its question mark.
func (p *parser) filter(open int) (step, error) {
	p.space()
	if !p.accept('(') {
		return nil, p.unexpected("where a filter's '(' should stand")
	}
	c, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.accept(')') {
		if p.at >= p.end {
			return nil, p.failAt(open, "the filter that begins here is not closed")
		}
		return nil, p.unexpected("in a filter")
	}
	return &filter{c}, nil
}

// disjunction and conjunction give "&&" and "||" their usual rank, and heed
// brackets. (Jayway 2.0 drops brackets; whether AWS does is not measured.)
func (p *parser) disjunction() (condition, error) {
	var list or
	for {
		c, err := p.conjunction()
		if err != nil {
			return nil, err
		}
		list = append(list, c)
		p.space()
		if !p.acceptText("||") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

func (p *parser) conjunction() (condition, error) {
	var list and
	for {
		c, err := p.term()
		if err != nil {
			return nil, err
		}
		list = append(list, c)
		p.space()
		if !p.acceptText("&&") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

func (p *parser) term() (condition, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	p.space()
	switch {
	case p.accept('!'):
		c, err := p.term()
		return not{c}, err
	case p.accept('('):
		c, err := p.disjunction()
		if err != nil {
			return nil, err
		}
		p.space()
		if !p.accept(')') {
			return nil, p.unexpected("where ')' should stand")
		}
		return c, nil
	}
	return p.comparison()
}

func (p *parser) comparison() (condition, error) {
	start := p.at
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.space()
	operator := ""
	for _, s := range [...]string{"==", "!=", "<=", ">=", "=~", "<", ">"} {
		if p.acceptText(s) {
			operator = s
			break
		}
	}
	p.space()
	switch operator {
	case "":
		if path, ok := left.(pathOperand); ok {
			if c := p.peek(); p.at < p.end && c != ')' && c != '&' && c != '|' {
				return nil, p.fail("the operators of filters are ==, !=, <, <=, >, >= and =~")
			}
			return exists{path}, nil
		}
		return nil, p.failAt(start, "a condition is a comparison, or the path of what must exist")
	case "=~":
		pattern, err := p.pattern()
		return match{left, pattern}, err
	}
	right, err := p.operand()
	return comparison{left, right, literalNumber(left), literalNumber(right), operator}, err
}

func (p *parser) acceptText(s string) bool {
	if strings.HasPrefix(p.text[p.at:p.end], s) {
		p.at += len(s)
		return true
	}
	return false
}

// operand reads one side of a comparison: a path that leads to one value, a
// quoted string or a bare one, which runs up to the next operator or bracket.
// AWS's own examples leave the quotes out: [?(@.Name==Receipt)].
func (p *parser) operand() (operand, error) {
	start := p.at
	switch c := p.peek(); c {
	case '@', '$':
		p.at++
		path := &Path{}
		if err := p.steps(path, inFilter); err != nil {
			return nil, err
		}
		if !path.plain {
			return nil, p.failAt(start, "a path inside a filter leads to one value: it has keys and indexes only")
		}
		return pathOperand{links: path.links, fromItem: c == '@'}, nil
	case '\'', '"':
		return p.quoted(c)
	}
	for p.at < p.end && strings.IndexByte("<>=!~&|()'\"[]{}", p.text[p.at]) < 0 {
		p.at++
	}
	word := strings.TrimSpace(p.text[start:p.at])
	if word == "" {
		p.at = start
		return nil, p.unexpected("where a path or a value should stand")
	}
	if word == "null" {
		return literal{nil}, nil
	}
	return literal{word}, nil
}

// quoted reads a string in which a backslash escapes the quotes.
func (p *parser) quoted(quote byte) (operand, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for p.at < p.end {
		c := p.text[p.at]
		p.at++
		switch {
		case c == quote:
			return literal{b.String()}, nil
		case c == '\\' && p.peek() == quote:
			p.at++
			c = quote
		}
		b.WriteByte(c)
	}
	return nil, p.failAt(start, "the string that begins here does not end")
}

// pattern reads /.../ and its flags. Like Java's Matcher.matches it must match
// the whole text. The syntax is Go's, which lacks Java's look-around.
func (p *parser) pattern() (*regexp.Regexp, error) {
	start := p.at
	if !p.accept('/') {
		return nil, p.unexpected("where a pattern should stand: /.../")
	}
	from := p.at
	for p.at < p.end && p.text[p.at] != '/' {
		if p.text[p.at] == '\\' {
			p.at++
		}
		p.at++
	}
	if p.at >= p.end {
		p.at = p.end
		return nil, p.failAt(start, "the pattern that begins here does not end")
	}
	body := strings.ReplaceAll(p.text[from:p.at], `\/`, `/`)
	p.at++
	flags := ""
	if p.accept('i') {
		flags = "(?i)"
	}
	re, err := regexp.Compile(flags + `\A(?:` + body + `)\z`)
	if err != nil {
		return nil, p.failAt(start, "the pattern is not valid: "+err.Error())
	}
	return re, nil
}
