package jsonata

import "errors"

// A pattern is a compiled regular expression in ECMAScript's syntax, flags i
// and m. Go's own package regexp has no lookaround and no back references, and
// so cannot run what the language allows; this one backtracks, and pays for
// each step from the budget of the evaluation. It reads characters, not UTF-16
// code units.
type pattern struct {
	source string
	code   []instruction
	sets   []*charSet
	groups int // capturing groups, not counting the match itself
	marks  int // registers behind those of the groups
	fold   bool
	prefix string // every match starts with it

	// Of a pattern that has no code yet, how to read it.
	multiline, ascii bool
}

type opcode uint8

const (
	opMatch opcode = iota
	opChar
	opAny
	opSet
	opSplit // go on at x, and if that fails at y
	opJump
	opSave     // note the position in register x
	opReset    // forget the registers from x up to y
	opProgress // fail when nothing was matched since register x was set
	opLineStart
	opLineEnd
	opWordEdge
	opNoWordEdge
	opBack // match again what group x matched
	opLook // run the code that follows, up to y, without moving; x says how
)

const (
	lookNegative = 1 << iota
	lookBehind
)

type instruction struct {
	op   opcode
	r    rune
	x, y int
}

// maxPattern bounds the code of a pattern, which counted repetition multiplies.
const maxPattern = 20_000

// A charSet is a character class.
type charSet struct {
	ranges [][2]rune
	negate bool
	fold   bool
}

// compilePattern reads a regular expression. One whose code would be much longer than
// its text, because counted repetition multiplies it, is written out only when an
// evaluation needs it: a text full of them must not take memory without end.
func compilePattern(text string, fold, multiline, ascii bool) (*pattern, error) {
	p, err := parsePattern(text, fold, multiline, ascii, min(64+32*len(text), maxPattern), false)
	if err == errPatternSize {
		if _, err = parsePattern(text, fold, multiline, ascii, maxPattern, true); err == nil {
			p = &pattern{source: text, fold: fold, multiline: multiline, ascii: ascii}
		}
	}
	return p, err
}

var errPatternSize = errors.New("too large")

// expanded gives the code of a pattern that was not written out, which an evaluation
// does once for a few of them.
func (ev *evaluation) expanded(p *pattern) (*pattern, error) {
	if long, ok := ev.patterns[p]; ok {
		return long, nil
	}
	if err := ev.steps(maxPattern >> 4); err != nil {
		return nil, err
	}
	long, err := parsePattern(p.source, p.fold, p.multiline, p.ascii, maxPattern, false)
	if err != nil {
		return nil, &Error{Code: "S0303", Token: p.source, given: err.Error()}
	}
	if ev.patterns == nil {
		ev.patterns = make(map[*pattern]*pattern)
	}
	if len(ev.patterns) < 8 {
		ev.patterns[p] = long
	}
	return long, nil
}

// renumber moves the registers that guard loops behind those of the groups,
// whose number is only known now. While parsing they are negative.
func (p *pattern) renumber() {
	base := 2 * (p.groups + 1)
	for i := range p.code {
		in := &p.code[i]
		if (in.op == opSave || in.op == opProgress) && in.x < 0 {
			in.x = base - in.x - 1
		}
	}
}

// literal finds the text that every match starts with.
func (p *pattern) literal() {
	if p.fold {
		return
	}
	var b []byte
	for _, in := range p.code {
		if in.op != opChar {
			break
		}
		b = appendRune(b, in.r)
	}
	p.prefix = string(b)
}

func (r *patternParser) emit(in instruction) int {
	r.p.code = append(r.p.code, in)
	return len(r.p.code) - 1
}

// insert makes room for one instruction and moves the jumps over it along.
func (r *patternParser) insert(at int, in instruction) {
	r.p.code = append(r.p.code, instruction{})
	copy(r.p.code[at+1:], r.p.code[at:])
	r.p.code[at] = in
	r.shift(at+1, len(r.p.code), at, 1)
}

// shift adds by to the targets at or beyond limit of the jumps in a piece of code.
func (r *patternParser) shift(from, to, limit, by int) {
	for i := from; i < to; i++ {
		in := &r.p.code[i]
		switch in.op {
		case opSplit:
			if in.x >= limit {
				in.x += by
			}
			if in.y >= limit {
				in.y += by
			}
		case opJump:
			if in.x >= limit {
				in.x += by
			}
		case opLook:
			in.y += by
		}
	}
}

// repeat turns the code from start on into its repetition.
func (r *patternParser) repeat(start, groups, least, most int, lazy bool) error {
	body := append([]instruction(nil), r.p.code[start:]...)
	r.p.code = r.p.code[:start]
	if r.p.groups > groups {
		// Each round forgets what its groups matched in the one before.
		body = append([]instruction{{op: opReset, x: 2 * (groups + 1), y: 2 * (r.p.groups + 1)}}, body...)
		for i := range body[1:] {
			move(&body[i+1], 1)
		}
	}
	n := len(body)
	rounds := least
	if most > least {
		rounds = most
	}
	if r.dry {
		r.p.code = append(r.p.code, body...)
		return nil
	}
	if len(r.p.code)+(n+3)*max(rounds, 1) > r.limit {
		return errPatternSize
	}
	piece := func() {
		at := len(r.p.code)
		for _, in := range body {
			move(&in, at-start)
			r.emit(in)
		}
	}
	for range least {
		piece()
	}
	split := func(more, done int) instruction {
		if lazy {
			return instruction{op: opSplit, x: done, y: more}
		}
		return instruction{op: opSplit, x: more, y: done}
	}
	if most < 0 {
		r.p.marks++
		mark := -r.p.marks
		at := len(r.p.code)
		r.emit(split(at+1, at+4+n))
		r.emit(instruction{op: opSave, x: mark})
		piece()
		r.emit(instruction{op: opProgress, x: mark})
		r.emit(instruction{op: opJump, x: at})
		return nil
	}
	end := len(r.p.code) + (most-least)*(n+3)
	for range most - least {
		r.p.marks++
		mark := -r.p.marks
		at := len(r.p.code)
		r.emit(split(at+1, end))
		r.emit(instruction{op: opSave, x: mark})
		piece()
		r.emit(instruction{op: opProgress, x: mark})
	}
	return nil
}

func move(in *instruction, by int) {
	switch in.op {
	case opSplit:
		in.x += by
		in.y += by
	case opJump:
		in.x += by
	case opLook:
		in.y += by
	}
}
