package jsonpath

import (
	"regexp"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// A condition is what stands in [?(...)]. The set of kinds is closed.
type condition interface {
	holds(w *walker, item any) bool
}

type (
	or  []condition
	and []condition
	not struct{ condition }

	// exists holds when its path leads to anything, null included.
	exists struct{ operand pathOperand }

	comparison struct {
		left, right operand
		operator    string
	}
)

func (c or) holds(w *walker, item any) bool {
	for _, e := range c {
		if e.holds(w, item) {
			return true
		}
	}
	return false
}

func (c and) holds(w *walker, item any) bool {
	for _, e := range c {
		if !e.holds(w, item) {
			return false
		}
	}
	return true
}

func (c not) holds(w *walker, item any) bool { return !c.condition.holds(w, item) }

func (c exists) holds(w *walker, item any) bool {
	v, ok := c.operand.eval(w, item)
	if list, isList := v.([]any); ok && isList && !c.operand.path.definite {
		return len(list) > 0
	}
	return ok
}

// An operand is one side of a comparison; eval's second result is false where
// there is no value.
type operand interface {
	eval(w *walker, item any) (any, bool)
}

type pathOperand struct {
	path     *Path
	fromItem bool // "@", not "$"
}

func (o pathOperand) eval(w *walker, item any) (any, bool) {
	root := w.root
	if o.fromItem {
		root = item
	}
	if o.path.plain {
		v := root
		for i := range o.path.links {
			var ok bool
			if v, ok = o.path.links[i].follow(v); !ok {
				return nil, false
			}
		}
		return v, true
	}
	found := w.collect(root, o.path.steps)
	if !o.path.definite {
		if found == nil {
			found = []any{}
		}
		return found, true
	}
	if len(found) == 0 {
		return nil, false
	}
	return found[0], true
}

type literal struct{ v any }

func (l literal) eval(*walker, any) (any, bool) { return l.v, true }

type pattern struct{ re *regexp.Regexp }

func (pattern) eval(*walker, any) (any, bool) { return nil, false }

// filter reads "?(...)" after its question mark.
func (p *parser) filter(open int) (step, error) {
	p.space()
	if p.peek() != '(' {
		return nil, p.unexpected("where a filter's '(' should stand")
	}
	start := p.at
	p.at++
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
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
	return &filter{condition: c, text: p.text[start:p.at]}, nil
}

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
	left, err := p.operand(false)
	if err != nil {
		return nil, err
	}
	p.space()
	operator := p.operator()
	if operator == "" {
		if path, ok := left.(pathOperand); ok {
			return exists{path}, nil
		}
		return nil, p.failAt(start, "a condition is a comparison or the path of what must exist")
	}
	p.space()
	right, err := p.operand(true)
	if err != nil {
		return nil, err
	}
	if operator == "=~" {
		_, l := left.(pattern)
		_, r := right.(pattern)
		if l == r {
			return nil, p.failAt(start, "one side of '=~' is a pattern: /.../")
		}
	}
	return comparison{left: left, right: right, operator: operator}, nil
}

var symbols = []string{"===", "!==", "==", "!=", "<=", ">=", "=~", "<", ">"}

// operator reads a relational operator, "" where none stands.
func (p *parser) operator() string {
	for _, s := range symbols {
		if p.acceptText(s) {
			return s
		}
	}
	start := p.at
	for p.at < p.end && ('a' <= p.text[p.at]|0x20 && p.text[p.at]|0x20 <= 'z') {
		p.at++
	}
	switch word := strings.ToLower(p.text[start:p.at]); word {
	case "in", "nin", "contains", "size", "empty", "subsetof", "anyof", "noneof", "all":
		return word
	}
	p.at = start
	return ""
}

func (p *parser) acceptText(s string) bool {
	if strings.HasPrefix(p.text[p.at:p.end], s) {
		p.at += len(s)
		return true
	}
	return false
}

// operand reads one side of a comparison. On the right a bare word is taken for
// a string, as AWS takes [?(@.Name==Receipt)].
func (p *parser) operand(right bool) (operand, error) {
	switch c := p.peek(); c {
	case '@', '$':
		start := p.at
		p.at++
		path := &Path{}
		if err := p.steps(path, inFilter); err != nil {
			return nil, err
		}
		path.text = p.text[start:p.at]
		return pathOperand{path: path, fromItem: c == '@'}, nil
	case '/':
		return p.pattern()
	case '\'', '"', '[', '{':
		v, err := p.literal()
		return literal{v}, err
	}
	start := p.at
	for p.at < p.end && !ends(p.text[p.at], inFilter) {
		p.at++
	}
	word := p.text[start:p.at]
	if v, ok := wordValue(word); ok {
		return literal{v}, nil
	}
	if word == "" || !right || strings.ContainsAny(word, `'"[]`) {
		p.at = start
		return nil, p.unexpected("where a path or a value should stand")
	}
	return literal{word}, nil
}

// wordValue gives the value of true, false, null or a number.
func wordValue(word string) (any, bool) {
	v, err := value.Parse(word)
	if err != nil {
		return nil, false
	}
	switch v.(type) {
	case string, []any, *value.Object:
		return nil, false
	}
	return v, true
}

// literal reads a JSON value in which strings may stand in single quotes.
func (p *parser) literal() (any, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	switch p.peek() {
	case '\'', '"':
		return p.quoted()
	case '[':
		p.at++
		list := []any{}
		for p.space(); !p.accept(']'); p.space() {
			if len(list) > 0 && !p.accept(',') {
				return nil, p.unexpected("in a list")
			}
			p.space()
			v, err := p.literal()
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case '{':
		p.at++
		var b value.Builder
		for p.space(); !p.accept('}'); p.space() {
			if b.Len() > 0 && !p.accept(',') {
				return nil, p.unexpected("in an object")
			}
			p.space()
			if c := p.peek(); c != '\'' && c != '"' {
				return nil, p.unexpected("where a quoted name should stand")
			}
			key, err := p.quoted()
			if err != nil {
				return nil, err
			}
			p.space()
			if !p.accept(':') {
				return nil, p.unexpected("where ':' should stand")
			}
			p.space()
			v, err := p.literal()
			if err != nil {
				return nil, err
			}
			b.Set(key, v)
		}
		return b.Object(), nil
	}
	start := p.at
	for p.at < p.end && strings.IndexByte(" \t\r\n,:]}()", p.text[p.at]) < 0 {
		p.at++
	}
	v, ok := wordValue(p.text[start:p.at])
	if !ok {
		p.at = start
		return nil, p.unexpected("where a value should stand")
	}
	return v, nil
}

// pattern reads /.../ and its flags. Like Java's Matcher.matches it must match
// the whole text.
func (p *parser) pattern() (operand, error) {
	start := p.at
	p.at++
	from := p.at
	for p.at < p.end && p.text[p.at] != '/' {
		if p.text[p.at] == '\\' {
			p.at++
		}
		p.at++
	}
	if p.at >= p.end {
		return nil, p.failAt(start, "the pattern that begins here does not end")
	}
	body := strings.ReplaceAll(p.text[from:p.at], `\/`, `/`)
	p.at++
	flags := ""
	for p.at < p.end && strings.IndexByte("idmsuxU", p.text[p.at]) >= 0 {
		if c := p.text[p.at]; strings.IndexByte("ims", c) >= 0 && strings.IndexByte(flags, c) < 0 {
			flags += string(c)
		}
		p.at++
	}
	if flags != "" {
		flags = "(?" + flags + ")"
	}
	re, err := regexp.Compile(flags + `\A(?:` + body + `)\z`)
	if err != nil {
		return nil, p.failAt(start, "the pattern is not valid: "+err.Error())
	}
	return pattern{re}, nil
}
