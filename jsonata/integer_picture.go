package jsonata

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// An integerPicture says how to write an integer: as digits, letters, roman
// numerals or words (XPath Functions and Operators 3.1, section 4.6.1).
type integerPicture struct {
	style      integerStyle
	letterCase letterCase
	ordinal    bool
	zero       rune // the digit 0 of the family
	mandatory  int  // digits that are always written
	optional   int
	regular    int // distance of grouping separators, when they are all alike
	separators []separator
	token      string // a numbering sequence nobody knows
	parseWidth int    // digits to read, when the next part of a date follows at once
}

type integerStyle uint8

const (
	inDigits integerStyle = iota
	inLetters
	inRoman
	inWords
	inSequence
)

type letterCase uint8

const (
	lowerCase letterCase = iota
	upperCase
	titleCase
)

// A separator stands so many digits from the right.
type separator struct {
	position  int
	character rune
}

// decimalGroups has the digit zero of each family of digits.
var decimalGroups = []rune{
	0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
	0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
	0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
}

func parseIntegerPicture(picture string) (*integerPicture, error) {
	p := &integerPicture{zero: '0'}
	primary := picture
	if i := strings.LastIndexByte(picture, ';'); i >= 0 {
		primary = picture[:i]
		p.ordinal = strings.HasPrefix(picture[i+1:], "o")
	}
	switch primary {
	case "A":
		p.style, p.letterCase = inLetters, upperCase
	case "a":
		p.style = inLetters
	case "I":
		p.style, p.letterCase = inRoman, upperCase
	case "i":
		p.style = inRoman
	case "W":
		p.style, p.letterCase = inWords, upperCase
	case "Ww":
		p.style, p.letterCase = inWords, titleCase
	case "w":
		p.style = inWords
	default:
		return p, p.digits(primary)
	}
	return p, nil
}

// digits reads a pattern such as #,##0.
func (p *integerPicture) digits(primary string) error {
	p.zero = 0
	position := 0
	runes := []rune(primary)
	for _, r := range slices.Backward(runes) {
		group := digitGroup(r)
		switch {
		case group != 0:
			p.mandatory++
			position++
			if p.zero != 0 && p.zero != group {
				return &Error{Code: "D3131"}
			}
			p.zero = group
		case r == '#':
			position++
			p.optional++
		default:
			p.separators = append(p.separators, separator{position, r})
		}
	}
	if p.mandatory == 0 {
		p.style, p.token = inSequence, primary
		return nil
	}
	p.regular = regularity(p.separators)
	return nil
}

// digitGroup gives the zero of the family that a digit belongs to.
func digitGroup(r rune) rune {
	for _, zero := range decimalGroups {
		if r >= zero && r <= zero+9 {
			return zero
		}
	}
	return 0
}

// regularity is the distance of the separators, or 0 when they differ or are
// not evenly spaced.
func regularity(separators []separator) int {
	positions := make([]int, len(separators))
	for i, s := range separators {
		if s.character != separators[0].character {
			return 0
		}
		positions[i] = s.position
	}
	return evenly(positions)
}

func evenly(positions []int) int {
	if len(positions) == 0 {
		return 0
	}
	factor := positions[0]
	for _, p := range positions[1:] {
		for p != 0 {
			factor, p = p, factor%p
		}
	}
	for i := 1; i <= len(positions); i++ {
		if !slices.Contains(positions, i*factor) {
			return 0
		}
	}
	return factor
}

func formatIntegerFunction(c Call, args []any) (any, error) {
	f, ok := number(args[0])
	picture, isText := args[1].(string)
	if !ok || !isText {
		return Undefined{}, nil
	}
	if f-f != 0 {
		return nil, fault("D1001", args[0])
	}
	if err := c.ev.pictureSteps(picture); err != nil {
		return nil, err
	}
	p, err := parseIntegerPicture(picture)
	if err != nil {
		return nil, err
	}
	s, err := p.format(c.ev, math.Floor(f))
	if err != nil {
		return nil, err
	}
	return s, c.ev.bytes(len(s))
}

// pictureSteps pays for the use of a picture, which takes time in proportion to
// the square of its length.
func (ev *evaluation) pictureSteps(picture string) error {
	n := min(len(picture), 1<<20)
	return ev.steps(n + n*n>>4)
}

// format writes a whole number.
func (p *integerPicture) format(ev *evaluation, f float64) (string, error) {
	negative := f < 0
	f = math.Abs(f)
	var s string
	switch p.style {
	case inLetters:
		s = letters(f)
		if p.letterCase == upperCase {
			s = strings.ToUpper(s)
		}
	case inRoman:
		if err := ev.bytes(int(min(f/1000, math.MaxInt32))); err != nil {
			return "", err
		}
		s = roman(f)
		if p.letterCase == upperCase {
			s = strings.ToUpper(s)
		}
	case inWords:
		s = words(f, false, p.ordinal)
		switch p.letterCase {
		case upperCase:
			s = strings.ToUpper(s)
		case lowerCase:
			s = strings.ToLower(s)
		}
	case inSequence:
		return "", fault("D3130", p.token)
	default:
		s = p.decimal(f)
	}
	if negative {
		s = "-" + s
	}
	return s, nil
}

func (p *integerPicture) decimal(f float64) string {
	digits := []rune(formatNumber(f))
	digits = padded(digits, p.mandatory, '0')
	for i, d := range digits {
		digits[i] = d + p.zero - '0'
	}
	if p.regular > 0 {
		for at := len(digits) - p.regular; at > 0; at -= p.regular {
			digits = slices.Insert(digits, at, p.separators[0].character)
		}
	} else {
		for _, s := range slices.Backward(p.separators) {
			if at := len(digits) - s.position; at >= 0 {
				digits = slices.Insert(digits, at, s.character)
			}
		}
	}
	s := string(digits)
	if p.ordinal {
		s += ordinalSuffix(digits)
	}
	return s
}

// padded puts zeros before digits until there are so many.
func padded(digits []rune, least int, zero rune) []rune {
	if missing := least - len(digits); missing > 0 {
		return append(slices.Repeat([]rune{zero}, missing), digits...)
	}
	return digits
}

func ordinalSuffix(digits []rune) string {
	n := len(digits)
	if n > 1 && digits[n-2] == '1' {
		return "th"
	}
	switch digits[n-1] {
	case '1':
		return "st"
	case '2':
		return "nd"
	case '3':
		return "rd"
	}
	return "th"
}

func parseIntegerFunction(c Call, args []any) (any, error) {
	s, ok := args[0].(string)
	picture, isText := args[1].(string)
	if !ok || !isText {
		return Undefined{}, nil
	}
	if err := c.ev.pictureSteps(picture); err != nil {
		return nil, err
	}
	p, err := parseIntegerPicture(picture)
	if err != nil {
		return nil, err
	}
	if p.style == inSequence {
		return nil, fault("D3130", p.token)
	}
	if err := c.ev.steps(len(s)); err != nil {
		return nil, err
	}
	return c.ev.number(p.parse(s)), nil
}

// parse reads what format wrote; anything else is not a number.
func (p *integerPicture) parse(s string) float64 {
	switch p.style {
	case inLetters:
		first := rune('a')
		if p.letterCase == upperCase {
			first = 'A'
		}
		f := 0.0
		for _, r := range s {
			f = f*26 + float64(r-first+1)
		}
		return f
	case inRoman:
		if p.letterCase != upperCase { // that of I reads capitals alone
			s = strings.ToUpper(s)
		}
		return fromRoman(s)
	case inWords:
		return fromWords(strings.ToLower(s))
	}
	if p.ordinal {
		s = s[:max(0, len(s)-2)]
	}
	var digits strings.Builder
	for _, r := range s {
		if p.regular > 0 && r == ',' || p.regular == 0 && slices.ContainsFunc(p.separators, func(s separator) bool { return s.character == r }) {
			continue
		}
		digits.WriteRune(r - p.zero + '0')
	}
	return leadingInteger(digits.String())
}

// leadingInteger is JavaScript's parseInt.
func leadingInteger(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\r")
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	start := end
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end == start {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(s[:end], 64)
	return f
}
