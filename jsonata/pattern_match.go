package jsonata

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	digitRanges      = [][2]rune{{'0', '9'}}
	wordRanges       = [][2]rune{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	asciiSpaceRanges = [][2]rune{{'\t', '\r'}, {' ', ' '}}
	spaceRanges      = [][2]rune{
		{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
		{0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF},
	}
)

// add puts a character, or a class inside the class, into the set.
func (s *charSet) add(inner *charSet, c rune) {
	if inner == nil {
		s.ranges = append(s.ranges, [2]rune{c, c})
		return
	}
	if !inner.negate {
		s.ranges = append(s.ranges, inner.ranges...)
		return
	}
	next := rune(0)
	for _, r := range inner.ranges { // in order and apart
		if r[0] > next {
			s.ranges = append(s.ranges, [2]rune{next, r[0] - 1})
		}
		next = r[1] + 1
	}
	s.ranges = append(s.ranges, [2]rune{next, unicode.MaxRune})
}

func (s *charSet) has(c rune) bool {
	in := s.contains(c)
	if !in && s.fold {
		for f := unicode.SimpleFold(c); f != c && !in; f = unicode.SimpleFold(f) {
			in = canonical(f) == canonical(c) && s.contains(f)
		}
	}
	return in != s.negate
}

func (s *charSet) contains(c rune) bool {
	for _, r := range s.ranges {
		if c >= r[0] && c <= r[1] {
			return true
		}
	}
	return false
}

// canonical maps the characters that flag i takes for the same onto one.
func canonical(c rune) rune {
	if c < 0x80 {
		if c >= 'a' && c <= 'z' {
			return c - 'a' + 'A'
		}
		return c
	}
	if u := unicode.ToUpper(c); u >= 0x80 {
		return u
	}
	return c
}

// A run is one attempt of a pattern on a text.
type run struct {
	p     *pattern
	ev    *evaluation
	text  string
	regs  []int // start and end of the match and of each group, -1 for none; then loop guards
	stack []choice
}

// A choice is where to go on when a path fails, or a register to put back.
type choice struct {
	pc, pos int // pc < 0: register -pc-1 had the value pos
}

// maxChoices bounds the memory of an attempt.
const maxChoices = 4 << 20

// find looks for the first match at or after from. It gives the start and end
// of the match and of each group.
func (p *pattern) find(ev *evaluation, text string, from int) ([]int, error) {
	if p.code == nil {
		var err error
		if p, err = ev.expanded(p); err != nil {
			return nil, err
		}
	}
	r := run{p: p, ev: ev, text: text, regs: make([]int, 2*(p.groups+1)+p.marks)}
	for at := from; at <= len(text); {
		if p.prefix != "" {
			skip := strings.Index(text[at:], p.prefix)
			passed := skip
			if skip < 0 {
				passed = len(text) - at
			}
			if err := ev.steps(1 + passed>>6); err != nil {
				return nil, err
			}
			if skip < 0 {
				return nil, nil
			}
			at += skip
		}
		if err := ev.steps(len(r.regs) >> 4); err != nil {
			return nil, err
		}
		for i := range r.regs {
			r.regs[i] = -1
		}
		end, err := r.match(0, at, -1)
		if err != nil {
			return nil, err
		}
		if end >= 0 {
			r.regs[0], r.regs[1] = at, end
			return r.regs[:2*(p.groups+1)], nil
		}
		if at == len(text) {
			break
		}
		_, size := decodeRune(text[at:])
		at += size
	}
	return nil, nil
}

func (r *run) set(reg, v int) {
	r.stack = append(r.stack, choice{-reg - 1, r.regs[reg]})
	r.regs[reg] = v
}

// match runs the code at pc from pos to the next opMatch, and gives the
// position there, or -1. With must >= 0 it must end there.
func (r *run) match(pc, pos, must int) (int, error) {
	base := len(r.stack)
	for {
		if err := r.ev.step(); err != nil {
			return 0, err
		}
		if len(r.stack) > maxChoices {
			return 0, r.ev.exceeded("choices in a regular expression")
		}
		in := &r.p.code[pc]
		ok := true
		switch in.op {
		case opMatch:
			if ok = must < 0 || pos == must; ok {
				r.stack = r.keep(base)
				return pos, nil
			}
		case opChar, opAny, opSet:
			ok = pos < len(r.text)
			if ok {
				if in.op == opSet {
					if err := r.ev.steps(len(r.p.sets[in.x].ranges) >> 4); err != nil {
						return 0, err
					}
				}
				c, size := decodeRune(r.text[pos:])
				if ok = r.accepts(in, c); ok {
					pos += size
					pc++
				}
			}
		case opSplit:
			r.stack = append(r.stack, choice{in.y, pos})
			pc = in.x
		case opJump:
			pc = in.x
		case opSave:
			r.set(in.x, pos)
			pc++
		case opReset:
			if err := r.ev.steps(in.y - in.x); err != nil {
				return 0, err
			}
			for reg := in.x; reg < in.y; reg++ {
				r.set(reg, -1)
			}
			pc++
		case opProgress:
			ok = r.regs[in.x] != pos
			pc++
		case opBack:
			start, end := r.regs[2*in.x], r.regs[2*in.x+1]
			if start >= 0 && end >= 0 {
				if err := r.ev.steps((end - start) >> 6); err != nil {
					return 0, err
				}
				if pos, ok = r.again(r.text[start:end], pos); !ok {
					break
				}
			}
			pc++
		case opLook:
			var err error
			if ok, err = r.look(in, pc+1, pos); err != nil {
				return 0, err
			}
			pc = in.y
		default:
			ok = r.edge(in, pos)
			pc++
		}
		if ok {
			continue
		}
		for {
			if len(r.stack) == base {
				return -1, nil
			}
			last := r.stack[len(r.stack)-1]
			r.stack = r.stack[:len(r.stack)-1]
			if last.pc >= 0 {
				pc, pos = last.pc, last.pos
				break
			}
			r.regs[-last.pc-1] = last.pos
		}
	}
}

// keep drops the choices made since base, but not the registers to put back:
// the code around this match may still fail.
func (r *run) keep(base int) []choice {
	out := r.stack[:base]
	for _, c := range r.stack[base:] {
		if c.pc < 0 {
			out = append(out, c)
		}
	}
	return out
}

func (r *run) accepts(in *instruction, c rune) bool {
	switch in.op {
	case opAny:
		return c != '\n' && c != '\r' && c != 0x2028 && c != 0x2029
	case opSet:
		return r.p.sets[in.x].has(c)
	}
	return c == in.r || r.p.fold && canonical(c) == in.r
}

// again matches what a group matched once more.
func (r *run) again(text string, pos int) (int, bool) {
	if !r.p.fold {
		return pos + len(text), strings.HasPrefix(r.text[pos:], text)
	}
	for len(text) > 0 {
		if pos >= len(r.text) {
			return pos, false
		}
		a, n := decodeRune(text)
		b, m := decodeRune(r.text[pos:])
		if canonical(a) != canonical(b) {
			return pos, false
		}
		text = text[n:]
		pos += m
	}
	return pos, true
}

// look runs a lookahead or lookbehind.
func (r *run) look(in *instruction, pc, pos int) (bool, error) {
	depth := len(r.stack)
	found := false
	if in.x&lookBehind == 0 {
		end, err := r.match(pc, pos, -1)
		if err != nil {
			return false, err
		}
		found = end >= 0
	} else {
		for start := pos; start >= 0 && !found; start-- {
			if start < len(r.text) && !utf8.RuneStart(r.text[start]) {
				continue
			}
			end, err := r.match(pc, start, pos)
			if err != nil {
				return false, err
			}
			found = end >= 0
		}
	}
	if in.x&lookNegative == 0 {
		return found, nil
	}
	// What a negative look matched leaves no trace.
	for len(r.stack) > depth {
		last := r.stack[len(r.stack)-1]
		r.stack = r.stack[:len(r.stack)-1]
		r.regs[-last.pc-1] = last.pos
	}
	return !found, nil
}

func (r *run) edge(in *instruction, pos int) bool {
	switch in.op {
	case opLineStart:
		return pos == 0 || in.x == 1 && isLineEnd(r.text, pos, true)
	case opLineEnd:
		return pos == len(r.text) || in.x == 1 && isLineEnd(r.text, pos, false)
	}
	before := pos > 0 && isWord(r.text[pos-1])
	after := pos < len(r.text) && isWord(r.text[pos])
	return (before != after) == (in.op == opWordEdge)
}

// isLineEnd tells whether a line terminator stands before or after pos.
func isLineEnd(text string, pos int, before bool) bool {
	rest := text[pos:]
	if before {
		rest = text[:pos]
	}
	for _, end := range [...]string{"\n", "\r", "\u2028", "\u2029"} {
		if before && strings.HasSuffix(rest, end) || !before && strings.HasPrefix(rest, end) {
			return true
		}
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
