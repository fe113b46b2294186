package jsonata

import (
	"errors"
	"strconv"
	"strings"
)

type patternParser struct {
	text      string
	pos       int
	p         *pattern
	fold      bool
	multiline bool
	ascii     bool // white space is ASCII
	limit     int  // of instructions
	dry       bool // read the text only: what is repeated is not written out
	names     map[string]int
	total     int // capturing groups in the whole text
	depth     int
}

func parsePattern(text string, fold, multiline, ascii bool, limit int, dry bool) (*pattern, error) {
	r := patternParser{
		text: text, p: &pattern{source: text, fold: fold}, fold: fold, multiline: multiline, ascii: ascii,
		names: map[string]int{}, limit: limit, dry: dry,
	}
	r.count()
	if err := r.alternation(); err != nil {
		return nil, err
	}
	if r.pos < len(text) {
		return nil, errors.New("unmatched ')'")
	}
	r.emit(instruction{op: opMatch})
	r.p.renumber()
	r.p.literal()
	return r.p, nil
}

// count finds the groups ahead of parsing: \2 means group 2 only if there is one.
func (r *patternParser) count() {
	inSet := false
	for i := 0; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '\\':
			i++
		case c == '[':
			inSet = true
		case c == ']':
			inSet = false
		case c == '(' && !inSet:
			rest := r.text[i+1:]
			named := strings.HasPrefix(rest, "?<") && !strings.HasPrefix(rest, "?<=") && !strings.HasPrefix(rest, "?<!")
			if !strings.HasPrefix(rest, "?") || named {
				r.total++
			}
			if named {
				name, _, _ := strings.Cut(rest[2:], ">")
				r.names[name] = r.total
			}
		}
	}
}

func (r *patternParser) peek(i int) byte {
	if r.pos+i < len(r.text) {
		return r.text[r.pos+i]
	}
	return 0
}

func (r *patternParser) alternation() error {
	if r.depth++; r.depth > 200 {
		return errors.New("nested too deep")
	}
	defer func() { r.depth-- }()
	start := len(r.p.code)
	var exits []int
	for {
		if err := r.sequence(); err != nil {
			return err
		}
		if r.peek(0) != '|' {
			break
		}
		r.pos++
		r.insert(start, instruction{op: opSplit, x: start + 1})
		exits = append(exits, r.emit(instruction{op: opJump}))
		r.p.code[start].y = len(r.p.code)
		start = len(r.p.code)
	}
	for _, exit := range exits {
		r.p.code[exit].x = len(r.p.code)
	}
	return nil
}

func (r *patternParser) sequence() error {
	for r.pos < len(r.text) && r.peek(0) != '|' && r.peek(0) != ')' {
		start, groups := len(r.p.code), r.p.groups
		repeatable, err := r.atom()
		if err != nil {
			return err
		}
		if err := r.quantifier(start, groups, repeatable); err != nil {
			return err
		}
		if len(r.p.code) > r.limit {
			return errPatternSize
		}
	}
	return nil
}

func (r *patternParser) quantifier(start, groups int, repeatable bool) error {
	least, most := 0, -1
	switch r.peek(0) {
	case '*':
	case '+':
		least = 1
	case '?':
		most = 1
	case '{':
		from, to, size, ok := r.braces()
		if !ok {
			return nil
		}
		least, most = from, to
		r.pos += size - 1
	default:
		return nil
	}
	r.pos++
	if !repeatable {
		return errors.New("nothing to repeat")
	}
	lazy := r.peek(0) == '?'
	if lazy {
		r.pos++
	}
	if most >= 0 && least > most {
		return errors.New("numbers out of order in {} quantifier")
	}
	return r.repeat(start, groups, least, most, lazy)
}

// braces reads {2}, {2,} or {2,4}; anything else in braces stands for itself.
func (r *patternParser) braces() (least, most, size int, ok bool) {
	body, _, found := strings.Cut(r.text[r.pos+1:], "}")
	if !found {
		return 0, 0, 0, false
	}
	low, high, comma := strings.Cut(body, ",")
	least, err := strconv.Atoi(low)
	if err != nil || low[0] == '-' || low[0] == '+' {
		return 0, 0, 0, false
	}
	most = least
	if comma {
		if most = -1; high != "" {
			if most, err = strconv.Atoi(high); err != nil || high[0] == '-' || high[0] == '+' {
				return 0, 0, 0, false
			}
		}
	}
	return least, most, len(body) + 2, true
}

// atom reads one thing that a quantifier could follow, and tells whether one may.
func (r *patternParser) atom() (bool, error) {
	c, size := decodeRune(r.text[r.pos:])
	switch c {
	case '^':
		r.pos++
		r.emit(instruction{op: opLineStart, x: b2i(r.multiline)})
		return false, nil
	case '$':
		r.pos++
		r.emit(instruction{op: opLineEnd, x: b2i(r.multiline)})
		return false, nil
	case '.':
		r.pos++
		r.emit(instruction{op: opAny})
		return true, nil
	case '(':
		return r.group()
	case '[':
		set, err := r.class()
		if err != nil {
			return false, err
		}
		r.set(set)
		return true, nil
	case '\\':
		return r.escape()
	case '*', '+', '?':
		return false, errors.New("nothing to repeat")
	case '{':
		if _, _, _, ok := r.braces(); ok {
			return false, errors.New("nothing to repeat")
		}
	}
	r.pos += size
	r.char(c)
	return true, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *patternParser) char(c rune) {
	if r.fold {
		c = canonical(c)
	}
	r.emit(instruction{op: opChar, r: c})
}

func (r *patternParser) set(s *charSet) {
	s.fold = r.fold
	r.p.sets = append(r.p.sets, s)
	r.emit(instruction{op: opSet, x: len(r.p.sets) - 1})
}

func (r *patternParser) group() (bool, error) {
	r.pos++
	capture, look := 0, -1
	rest := r.text[r.pos:]
	switch {
	case strings.HasPrefix(rest, "?:"):
		r.pos += 2
	case strings.HasPrefix(rest, "?="):
		r.pos += 2
		look = 0
	case strings.HasPrefix(rest, "?!"):
		r.pos += 2
		look = lookNegative
	case strings.HasPrefix(rest, "?<="):
		r.pos += 3
		look = lookBehind
	case strings.HasPrefix(rest, "?<!"):
		r.pos += 3
		look = lookBehind | lookNegative
	case strings.HasPrefix(rest, "?<"):
		end := strings.IndexByte(rest, '>')
		if end < 3 {
			return false, errors.New("invalid capture group name")
		}
		r.pos += end + 1
		r.p.groups++
		capture = r.p.groups
	case strings.HasPrefix(rest, "?"):
		return false, errors.New("invalid group")
	default:
		r.p.groups++
		capture = r.p.groups
	}
	if capture > 0 {
		r.emit(instruction{op: opSave, x: 2 * capture})
	}
	at := 0
	if look >= 0 {
		at = r.emit(instruction{op: opLook, x: look})
	}
	if err := r.alternation(); err != nil {
		return false, err
	}
	if r.peek(0) != ')' {
		return false, errors.New("unterminated group")
	}
	r.pos++
	if capture > 0 {
		r.emit(instruction{op: opSave, x: 2*capture + 1})
	}
	if look >= 0 {
		r.emit(instruction{op: opMatch})
		r.p.code[at].y = len(r.p.code)
	}
	return look&lookBehind == 0 || look < 0, nil
}

// escape reads a backslash outside a class.
func (r *patternParser) escape() (bool, error) {
	switch c := r.peek(1); {
	case c == 'b', c == 'B':
		r.pos += 2
		op := opWordEdge
		if c == 'B' {
			op = opNoWordEdge
		}
		r.emit(instruction{op: op})
		return false, nil
	case c == 'k' && len(r.names) > 0:
		name, _, found := strings.Cut(strings.TrimPrefix(r.text[r.pos+2:], "<"), ">")
		group, known := r.names[name]
		if !found || !known {
			return false, errors.New("invalid named reference")
		}
		r.pos += len(name) + 4
		r.emit(instruction{op: opBack, x: group})
		return true, nil
	case c >= '1' && c <= '9':
		end := r.pos + 1
		for end < len(r.text) && r.text[end] >= '0' && r.text[end] <= '9' {
			end++
		}
		if n, err := strconv.Atoi(r.text[r.pos+1 : end]); err == nil && n <= r.total {
			r.pos = end
			r.emit(instruction{op: opBack, x: n})
			return true, nil
		}
	}
	set, c, err := r.escaped()
	if err != nil {
		return false, err
	}
	if set != nil {
		r.set(set)
	} else {
		r.char(c)
	}
	return true, nil
}

// escaped reads a backslash and what it means, inside a class and outside.
func (r *patternParser) escaped() (*charSet, rune, error) {
	r.pos++
	if r.pos >= len(r.text) {
		return nil, 0, errors.New("\\ at end of pattern")
	}
	c, size := decodeRune(r.text[r.pos:])
	r.pos += size
	switch c {
	case 'd', 'D':
		return &charSet{ranges: digitRanges, negate: c == 'D'}, 0, nil
	case 'w', 'W':
		return &charSet{ranges: wordRanges, negate: c == 'W'}, 0, nil
	case 's', 'S':
		if r.ascii {
			return &charSet{ranges: asciiSpaceRanges, negate: c == 'S'}, 0, nil
		}
		return &charSet{ranges: spaceRanges, negate: c == 'S'}, 0, nil
	case 't':
		return nil, '\t', nil
	case 'n':
		return nil, '\n', nil
	case 'v':
		return nil, '\v', nil
	case 'f':
		return nil, '\f', nil
	case 'r':
		return nil, '\r', nil
	case '0', '1', '2', '3', '4', '5', '6', '7':
		// What is no back reference is an octal number.
		v := c - '0'
		for i := 0; i < 2 && r.peek(0) >= '0' && r.peek(0) <= '7' && v*8 < 0o400; i++ {
			v = v*8 + rune(r.peek(0)-'0')
			r.pos++
		}
		return nil, v, nil
	case 'c':
		if l := r.peek(0) | 0x20; l >= 'a' && l <= 'z' {
			r.pos++
			return nil, rune(l) & 31, nil
		}
		r.pos--
		return nil, '\\', nil
	case 'x', 'u':
		digits := 2
		if c == 'u' {
			digits = 4
		}
		if v, ok := r.hex(digits); ok {
			if isHigh(v) && r.peek(0) == '\\' && r.peek(1) == 'u' {
				saved := r.pos
				r.pos += 2
				if low, ok := r.hex(4); ok && isLow(low) {
					return nil, (v-0xD800)<<10 + (low - 0xDC00) + 0x10000, nil
				}
				r.pos = saved
			}
			return nil, v, nil
		}
	}
	return nil, c, nil
}

func (r *patternParser) hex(digits int) (rune, bool) {
	if r.pos+digits > len(r.text) {
		return 0, false
	}
	v, err := strconv.ParseUint(r.text[r.pos:r.pos+digits], 16, 32)
	if err != nil {
		return 0, false
	}
	r.pos += digits
	return rune(v), true
}

// class reads [...].
func (r *patternParser) class() (*charSet, error) {
	r.pos++
	set := &charSet{}
	if r.peek(0) == '^' {
		set.negate = true
		r.pos++
	}
	for {
		if r.pos >= len(r.text) {
			return nil, errors.New("unterminated character class")
		}
		if r.peek(0) == ']' {
			r.pos++
			return set, nil
		}
		inner, low, err := r.classAtom()
		if err != nil {
			return nil, err
		}
		if r.peek(0) == '-' && r.peek(1) != ']' && r.pos+1 < len(r.text) {
			r.pos++
			other, high, err := r.classAtom()
			if err != nil {
				return nil, err
			}
			if inner == nil && other == nil {
				if high < low {
					return nil, errors.New("range out of order in character class")
				}
				set.ranges = append(set.ranges, [2]rune{low, high})
				continue
			}
			// A class such as \d is no end of a range: the dash is itself.
			set.ranges = append(set.ranges, [2]rune{'-', '-'})
			set.add(inner, low)
			set.add(other, high)
			continue
		}
		set.add(inner, low)
	}
}

func (r *patternParser) classAtom() (*charSet, rune, error) {
	if r.peek(0) == '\\' {
		if r.peek(1) == 'b' {
			r.pos += 2
			return nil, '\b', nil
		}
		return r.escaped()
	}
	c, size := decodeRune(r.text[r.pos:])
	r.pos += size
	return nil, c, nil
}
