package jsonata

import "strings"

// maxNesting bounds how deep an expression may nest, so that neither parsing
// nor evaluating a hostile text exhausts the stack. It is far beyond the depth to
// which AWS evaluates one: there a deep expression is accepted, and fails when it
// is evaluated.
const maxNesting = 10_000

// A parser reads an expression by operator precedence: each token says what it
// means at the start of an expression (prefix) and after one (infix).
type parser struct {
	lexer
	tok   token
	depth int
	ascii bool // of regular expressions: white space is ASCII
}

func (l *library) parse(text string) (syntax, error) {
	p := parser{lexer: lexer{text: text, classic: l.classic}, ascii: l.aws}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	tree, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != endToken {
		return nil, &Error{Code: "S0201", Position: p.tok.pos, Token: p.tok.String()}
	}
	return tree, nil
}

func (p *parser) advance(afterOperand bool) (err error) {
	p.tok, err = p.next(afterOperand)
	if err == nil && (p.is('!') || p.is('~')) { // they only mean something as half of != and ~>
		return &Error{Code: "S0204", Position: p.tok.pos, Token: p.tok.String()}
	}
	return err
}

// expect passes over the operator op.
func (p *parser) expect(op operator, afterOperand bool) error {
	if p.tok.kind != operatorToken || p.tok.op != op {
		code := "S0202"
		if p.tok.kind == endToken {
			code = "S0203"
		}
		return &Error{Code: code, Position: p.tok.pos, Token: p.tok.String(), Value: op.String()}
	}
	return p.advance(afterOperand)
}

func (p *parser) is(op operator) bool { return p.tok.kind == operatorToken && p.tok.op == op }

func tooDeep(pos int) error {
	return &Error{Code: "U1001", Position: pos, given: "nesting in the expression"}
}

// expression reads as far as the operators bind tighter than power.
func (p *parser) expression(power int) (syntax, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, tooDeep(p.tok.pos)
	}
	t := p.tok
	if err := p.advance(true); err != nil {
		return nil, err
	}
	left, err := p.prefix(t)
	for height := 0; err == nil && p.tok.kind == operatorToken && power < binding[p.tok.op]; height++ {
		if height > maxNesting {
			return nil, tooDeep(p.tok.pos)
		}
		t = p.tok
		if err = p.advance(false); err == nil {
			left, err = p.infix(t, left)
		}
	}
	p.depth--
	return left, err
}

func (p *parser) prefix(t token) (syntax, error) {
	at := place{pos: t.pos}
	switch t.kind {
	case endToken:
		return &endSyntax{at}, nil
	case nameToken:
		return &nameSyntax{at, t.text}, nil
	case variableToken:
		return &variableSyntax{at, t.text}, nil
	case stringToken:
		return &stringSyntax{at, t.text}, nil
	case numberToken:
		return &numberSyntax{at, t.num}, nil
	case valueToken:
		return &valueSyntax{at, t.val}, nil
	case regexToken:
		program, err := compilePattern(t.text, strings.Contains(p.flags, "i"), strings.Contains(p.flags, "m"), p.ascii)
		if err != nil {
			return nil, &Error{Code: "S0303", Position: t.pos, Token: t.text, given: err.Error()}
		}
		return &regexSyntax{at, program}, nil
	}
	switch t.op {
	case opAnd, opOr, opIn:
		return &nameSyntax{at, t.op.String()}, nil
	case '*':
		return &wildcardSyntax{at}, nil
	case opDescendant:
		return &descendantSyntax{at}, nil
	case '%':
		return &parentSyntax{at}, nil
	case '-':
		operand, err := p.expression(70)
		return &negateSyntax{at, operand}, err
	case '(':
		return p.block(at)
	case '[':
		return p.array(at)
	case '{':
		pairs, err := p.pairs()
		return &objectSyntax{at, pairs}, err
	case '|':
		return p.transform(at)
	}
	return nil, &Error{Code: "S0211", Position: t.pos, Token: t.String()}
}

func (p *parser) infix(t token, left syntax) (syntax, error) {
	at := place{pos: t.pos}
	switch t.op {
	case '(':
		return p.call(at, left)
	case '[':
		return p.predicate(at, left)
	case '^':
		return p.sort(at, left)
	case '{':
		pairs, err := p.pairs()
		return &groupSyntax{at, left, pairs}, err
	case '?':
		return p.condition(at, left)
	case opDefault, opCoalesce:
		right, err := p.expression(0)
		return &binarySyntax{place: at, op: t.op, left: left, right: right}, err
	case opBind:
		if _, ok := left.(*variableSyntax); !ok {
			return nil, &Error{Code: "S0212", Position: left.at().pos, Token: describe(left)}
		}
		right, err := p.expression(binding[opBind] - 1)
		return &binarySyntax{place: at, op: t.op, left: left, right: right}, err
	case '@', '#':
		right, err := p.expression(binding[t.op])
		if _, ok := right.(*variableSyntax); err == nil && !ok {
			return nil, &Error{Code: "S0214", Position: right.at().pos, Token: t.op.String()}
		}
		return &binarySyntax{place: at, op: t.op, left: left, right: right}, err
	}
	right, err := p.expression(binding[t.op])
	return &binarySyntax{place: at, op: t.op, left: left, right: right}, err
}

// describe names a node in an error message.
func describe(s syntax) string {
	switch s := s.(type) {
	case *nameSyntax:
		return s.name
	case *stringSyntax:
		return s.value
	case *numberSyntax:
		return formatNumber(s.value)
	case *binarySyntax:
		return s.op.String()
	case *valueSyntax:
		return inspect(s.value)
	case *callSyntax:
		return "("
	}
	return ""
}

func (p *parser) call(at place, callee syntax) (syntax, error) {
	c := &callSyntax{place: at, callee: callee}
	for first := true; !(first && p.is(')')); first = false {
		if p.is('?') {
			c.partial = true
			c.args = append(c.args, &holeSyntax{place{pos: p.tok.pos}})
			if err := p.advance(false); err != nil {
				return nil, err
			}
		} else {
			arg, err := p.expression(0)
			if err != nil {
				return nil, err
			}
			c.args = append(c.args, arg)
		}
		if !p.is(',') {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	if err := p.expect(')', true); err != nil {
		return nil, err
	}
	if name, ok := callee.(*nameSyntax); ok && (name.name == "function" || name.name == "λ") {
		return p.lambda(at, c.args)
	}
	return c, nil
}

func (p *parser) lambda(at place, params []syntax) (syntax, error) {
	l := &lambdaSyntax{place: at}
	for i, param := range params {
		v, ok := param.(*variableSyntax)
		if !ok {
			return nil, &Error{Code: "S0208", Position: param.at().pos, Token: describe(param), Value: int64(i + 1)}
		}
		l.params = append(l.params, v.name)
	}
	if p.is('<') {
		if err := p.signature(l); err != nil {
			return nil, err
		}
	}
	if err := p.expect('{', false); err != nil {
		return nil, err
	}
	var err error
	if l.body, err = p.expression(0); err != nil {
		return nil, err
	}
	return l, p.expect('}', false)
}

// signature reads `<s-n?:b>`, whose brackets nest.
func (p *parser) signature(l *lambdaSyntax) error {
	start := p.tok.pos
	var text strings.Builder
	text.WriteByte('<')
	for depth := 1; depth > 0 && !p.is('{') && p.tok.kind != endToken; {
		if err := p.advance(false); err != nil {
			return err
		}
		switch {
		case p.is('>'):
			depth--
		case p.is('<'):
			depth++
		}
		text.WriteString(p.tok.String())
	}
	if err := p.expect('>', false); err != nil {
		return err
	}
	sig, err := parseSignature(text.String())
	if err != nil {
		err.Position += start
		return err
	}
	l.signature = sig
	return nil
}

func (p *parser) block(at place) (syntax, error) {
	b := &blockSyntax{place: at}
	for !p.is(')') {
		item, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		b.items = append(b.items, item)
		if !p.is(';') {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	return b, p.expect(')', true)
}

func (p *parser) array(at place) (syntax, error) {
	a := &arraySyntax{place: at}
	for first := true; !(first && p.is(']')); first = false {
		item, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if p.is(opRange) {
			r := &binarySyntax{place: place{pos: p.tok.pos}, op: opRange, left: item}
			if err := p.advance(false); err != nil {
				return nil, err
			}
			if r.right, err = p.expression(0); err != nil {
				return nil, err
			}
			item = r
		}
		a.items = append(a.items, item)
		if !p.is(',') {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	return a, p.expect(']', true)
}

func (p *parser) pairs() ([]pairSyntax, error) {
	var pairs []pairSyntax
	for first := true; !(first && p.is('}')); first = false {
		key, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if err := p.expect(':', false); err != nil {
			return nil, err
		}
		value, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pairSyntax{key, value})
		if !p.is(',') {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	return pairs, p.expect('}', true)
}

func (p *parser) predicate(at place, left syntax) (syntax, error) {
	if p.is(']') {
		// An empty predicate marks the step it ends up on.
		step := left
		for {
			b, ok := step.(*binarySyntax)
			if !ok || b.op != '[' {
				break
			}
			step = b.left
		}
		step.at().keep = true
		return left, p.advance(false)
	}
	right, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	return &binarySyntax{place: at, op: '[', left: left, right: right}, p.expect(']', true)
}

func (p *parser) sort(at place, left syntax) (syntax, error) {
	if err := p.expect('(', false); err != nil {
		return nil, err
	}
	s := &sortSyntax{place: at, left: left}
	for {
		var term termSyntax
		if p.is('<') || p.is('>') {
			term.descending = p.is('>')
			if err := p.advance(false); err != nil {
				return nil, err
			}
		}
		var err error
		if term.key, err = p.expression(0); err != nil {
			return nil, err
		}
		s.terms = append(s.terms, term)
		if !p.is(',') {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	return s, p.expect(')', false)
}

func (p *parser) condition(at place, test syntax) (syntax, error) {
	yes, err := p.expression(0)
	if err != nil || !p.is(':') {
		return &conditionSyntax{at, test, yes, nil}, err
	}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	no, err := p.expression(0)
	return &conditionSyntax{at, test, yes, no}, err
}

func (p *parser) transform(at place) (syntax, error) {
	t := &transformSyntax{place: at}
	var err error
	if t.pattern, err = p.expression(0); err != nil {
		return nil, err
	}
	if err := p.expect('|', false); err != nil {
		return nil, err
	}
	if t.update, err = p.expression(0); err != nil {
		return nil, err
	}
	if p.is(',') {
		if err := p.advance(false); err != nil {
			return nil, err
		}
		if t.remove, err = p.expression(0); err != nil {
			return nil, err
		}
	}
	return t, p.expect('|', false)
}
