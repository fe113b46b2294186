package jsonata

import (
	"math"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// operation makes the node of an operator with two operands. What depends on
// constants alone is worked out here, unless it fails: failing is for later.
func (c *compiler) operation(op operator, left, right node, pos int) node {
	var n node
	switch op {
	case '+', '-', '*', '/', '%':
		n = &arithmeticNode{op, left, right, pos}
	case '=', opNotEqual:
		n = &equalNode{left, right, op == opNotEqual}
	case '<', '>', opLessEqual, opGreaterEqual:
		n = &compareNode{op, left, right, pos}
	case '&':
		n = &concatNode{left, right, pos}
	case opAnd, opOr:
		return &logicNode{left, right, op == opOr, pos}
	case opIn:
		return &inNode{left, right}
	case opRange:
		return &rangeNode{left, right, pos}
	case opDefault, opCoalesce:
		return &defaultNode{left, right, op == opCoalesce}
	}
	if constant(left) && constant(right) {
		ev := evaluation{lib: c.lib, left: Budget{}.withDefaults(), maxDepth: math.MaxInt}
		if v, err := n.eval(&ev, nil, nil); err == nil && !ev.irregular {
			return &literalNode{value: v, level: max(levelOf(left), levelOf(right))}
		}
	}
	return n
}

func constant(n node) bool {
	switch n := n.(type) {
	case *numberNode:
		return true
	case *literalNode:
		_, call := n.value.(Function)
		return !call
	}
	return false
}

// levelOf is how deep a constant was written.
func levelOf(n node) int {
	switch n := n.(type) {
	case *numberNode:
		return n.level
	case *literalNode:
		return n.level
	}
	return 0
}

// both evaluates the two sides of an operator, the left one first.
func both(ev *evaluation, left, right node, input any, env *frame) (l, r any, err error) {
	if l, err = left.eval(ev, input, env); err != nil {
		return nil, nil, err
	}
	r, err = right.eval(ev, input, env)
	return l, r, err
}

// An arithmeticNode is + - * / or %.
type arithmeticNode struct {
	op          operator
	left, right node
	pos         int
}

func (n *arithmeticNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	l, r, err := both(ev, n.left, n.right, input, env)
	if err != nil {
		return nil, err
	}
	if a, ok := l.(int64); ok {
		if b, ok := r.(int64); ok && small(a) && small(b) {
			switch n.op {
			case '+':
				return a + b, nil
			case '-':
				return a - b, nil
			case '*':
				if a < 1<<26 && a > -1<<26 && b < 1<<26 && b > -1<<26 {
					return a * b, nil
				}
			}
		}
	}
	a, err := n.operand(l, "T2001")
	if err != nil {
		return nil, err
	}
	b, err := n.operand(r, "T2002")
	if err != nil {
		return nil, err
	}
	if !defined(l) || !defined(r) {
		return Undefined{}, nil
	}
	switch n.op {
	case '+':
		a += b
	case '-':
		a -= b
	case '*':
		a *= b
	case '/':
		a /= b
	case '%':
		a = math.Mod(a, b)
	}
	return ev.number(a), nil
}

// small tells whether sums of such integers are exact as JavaScript numbers.
func small(i int64) bool { return i < 1<<52 && i > -1<<52 }

func (n *arithmeticNode) operand(v any, code string) (float64, error) {
	if !defined(v) {
		return 0, nil
	}
	f, ok, err := numeric(v)
	if err == nil && !ok {
		err = fault(code, v)
	}
	if err != nil {
		return 0, at(err, n.pos, n.op.String())
	}
	return f, nil
}

type negateNode struct {
	operand node
	pos     int
}

func (n *negateNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.operand.eval(ev, input, env)
	if err != nil || !defined(v) {
		return v, err
	}
	f, ok, err := numeric(v)
	if err == nil && !ok {
		err = fault("D1002", v)
	}
	if err != nil {
		return nil, at(err, n.pos, "-")
	}
	return ev.number(-f), nil
}

// An equalNode is = or !=. Either is false when an operand yields nothing.
type equalNode struct {
	left, right node
	not         bool
}

func (n *equalNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	l, r, err := both(ev, n.left, n.right, input, env)
	if err != nil {
		return nil, err
	}
	if !defined(l) || !defined(r) {
		return false, nil
	}
	same, err := ev.equal(l, r, 0)
	return same != n.not, err
}

// A compareNode is < <= > or >=.
type compareNode struct {
	op          operator
	left, right node
	pos         int
}

func (n *compareNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	l, r, err := both(ev, n.left, n.right, input, env)
	if err != nil {
		return nil, err
	}
	lf, lnum := number(l)
	rf, rnum := number(r)
	if lnum && rnum {
		switch n.op {
		case '<':
			return lf < rf, nil
		case '>':
			return lf > rf, nil
		case opLessEqual:
			return lf <= rf, nil
		}
		return lf >= rf, nil
	}
	ls, lstr := l.(string)
	rs, rstr := r.(string)
	if lstr && rstr {
		c, err := ev.compareText(ls, rs)
		if err != nil {
			return nil, err
		}
		switch n.op {
		case '<':
			return c < 0, nil
		case '>':
			return c > 0, nil
		case opLessEqual:
			return c <= 0, nil
		}
		return c >= 0, nil
	}
	lok, rok := lnum || lstr, rnum || rstr
	switch {
	case !lok && defined(l), !rok && defined(r):
		v := r
		if !lok {
			v = l
		}
		return nil, at(fault("T2010", v), n.pos, n.op.String())
	case !lok || !rok:
		return Undefined{}, nil
	}
	return nil, at(&Error{Code: "T2009", Value: l, value2: r}, n.pos, n.op.String())
}

// compareText orders strings, and pays for it.
func (ev *evaluation) compareText(a, b string) (int, error) {
	if n := min(len(a), len(b)); n > 1<<6 {
		if err := ev.steps(n >> 6); err != nil {
			return 0, err
		}
	}
	return compareText(a, b), nil
}

// compareText orders strings by UTF-16 code units, as JavaScript does. That is
// the order of their bytes, save that characters beyond U+FFFF come before
// those from U+E000 on.
func compareText(a, b string) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i < len(a) && i < len(b) && a[i] >= 0xEE && b[i] >= 0xEE && (a[i] >= 0xF0) != (b[i] >= 0xF0) {
		if a[i] >= 0xF0 {
			return -1
		}
		return 1
	}
	return strings.Compare(a[i:], b[i:])
}

// A logicNode is and, or. The right operand is evaluated only when it matters.
type logicNode struct {
	left, right node
	or          bool
	pos         int
}

func (n *logicNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	v, err := n.left.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	ok, err := ev.effective(v)
	if err != nil {
		return nil, at(err, n.pos, n.token())
	}
	if ok == n.or {
		return ok, nil
	}
	if v, err = n.right.eval(ev, input, env); err != nil {
		return nil, err
	}
	ok, err = ev.effective(v)
	if err != nil {
		return nil, at(err, n.pos, n.token())
	}
	return ok, nil
}

func (n *logicNode) token() string {
	if n.or {
		return "or"
	}
	return "and"
}

// A concatNode is &.
type concatNode struct {
	left, right node
	pos         int
}

func (n *concatNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	l, r, err := both(ev, n.left, n.right, input, env)
	if err != nil {
		return nil, err
	}
	ls, err := n.text(ev, l)
	if err != nil {
		return nil, err
	}
	rs, err := n.text(ev, r)
	if err != nil {
		return nil, err
	}
	if err := ev.bytes(len(ls) + len(rs)); err != nil {
		return nil, at(err, n.pos, "&")
	}
	return ls + rs, nil
}

func (n *concatNode) text(ev *evaluation, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case Undefined:
		return "", nil
	}
	s, err := ev.text(v, false)
	if err != nil {
		return "", at(err, n.pos, "&")
	}
	return s, nil
}

// A rangeNode is from..to inside an array constructor.
type rangeNode struct {
	from, to node
	pos      int
}

const maxRange = 10_000_000

func (n *rangeNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	l, err := n.from.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	r, err := n.to.eval(ev, input, env)
	if err != nil {
		return nil, err
	}
	from, err := n.bound(l, "T2003")
	if err != nil {
		return nil, err
	}
	to, err := n.bound(r, "T2004")
	if err != nil {
		return nil, err
	}
	if !defined(l) || !defined(r) || from > to {
		return Undefined{}, nil
	}
	size := to - from + 1
	if size > maxRange || math.Abs(from) > 1<<53 || math.Abs(to) > 1<<53 {
		return nil, at(fault("D2014", fromFloat(size)), n.pos, "..")
	}
	if err := ev.elements(int(size)); err != nil {
		return nil, at(err, n.pos, "..")
	}
	return settled(&array{sequence: true, ranged: true, from: int64(from), to: int64(to)}), nil
}

func (n *rangeNode) bound(v any, code string) (float64, error) {
	if !defined(v) {
		return 0, nil
	}
	f, ok := number(v)
	if !ok || f != math.Trunc(f) || math.IsInf(f, 0) {
		return 0, at(fault(code, v), n.pos, "..")
	}
	return f, nil
}

// An inNode is in: whether the left value is one of the right ones.
type inNode struct{ left, right node }

func (n *inNode) eval(ev *evaluation, input any, env *frame) (any, error) {
	l, r, err := both(ev, n.left, n.right, input, env)
	if err != nil {
		return nil, err
	}
	if !defined(l) || !defined(r) {
		return false, nil
	}
	if !isList(r) {
		return identical(l, r), nil
	}
	text, isText := l.(string)
	for i, item := range itemsOf(r) {
		if i&15 == 0 {
			if err := ev.step(); err != nil {
				return nil, err
			}
		}
		if other, ok := item.(string); isText && ok && len(text) > 1<<6 && len(other) == len(text) {
			if err := ev.read(text); err != nil {
				return nil, err
			}
		}
		if identical(l, item) {
			return true, nil
		}
	}
	return false, nil
}

// identical is JavaScript's ===: scalars by value, the rest by identity.
func identical(a, b any) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b
	case bool, nil, *value.Object, *array, Function:
		return a == b
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
	}
	return false
}
