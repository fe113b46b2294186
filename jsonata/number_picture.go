package jsonata

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
)

// A decimalFormat has the characters that a number picture is written in
// (XPath Functions and Operators 3.1, section 4.7.2).
type decimalFormat struct {
	decimal, grouping, exponent, minus, percent, perMille, digit, pattern string
	zero                                                                  rune
}

func newDecimalFormat(options any) decimalFormat {
	d := decimalFormat{
		decimal: ".", grouping: ",", exponent: "e", minus: "-", percent: "%", perMille: "‰", digit: "#", pattern: ";", zero: '0',
	}
	o, _ := options.(*value.Object)
	fields := map[string]*string{
		"decimal-separator": &d.decimal, "grouping-separator": &d.grouping, "exponent-separator": &d.exponent,
		"minus-sign": &d.minus, "percent": &d.percent, "per-mille": &d.perMille, "digit": &d.digit, "pattern-separator": &d.pattern,
	}
	for key, v := range o.All() {
		s, ok := v.(string)
		if !ok {
			continue
		}
		if field := fields[key]; field != nil {
			*field = s
		} else if key == "zero-digit" && s != "" {
			d.zero, _ = utf8.DecodeRuneInString(s)
		}
	}
	return d
}

func (d *decimalFormat) isDigit(r rune) bool { return r >= d.zero && r <= d.zero+9 }

// active tells whether a character means something in a picture.
func (d *decimalFormat) active(r rune) bool {
	s := string(r)
	return d.isDigit(r) || s == d.decimal || s == d.exponent || s == d.grouping || s == d.digit || s == d.pattern
}

// count counts the digits in part of a picture, with or without optional ones.
func (d *decimalFormat) count(part string, optional bool) int {
	n := 0
	for _, r := range part {
		if d.isDigit(r) || optional && string(r) == d.digit {
			n++
		}
	}
	return n
}

// A subPicture is a picture for numbers of one sign, taken apart.
type subPicture struct {
	text, prefix, suffix, active string
	mantissa, integer, fraction  string
	exponent                     string
	hasExponent                  bool
	groups, fractionGroups       []int
	regular, scale               int
	minInteger, minFraction      int
	maxFraction, minExponent     int
}

func (d *decimalFormat) split(text string) *subPicture {
	p := &subPicture{text: text}
	start, end := -1, 0
	for i, r := range text {
		if d.active(r) && string(r) != d.exponent {
			if start < 0 {
				start = i
			}
			end = i + utf8.RuneLen(r)
		}
	}
	if start >= 0 {
		p.prefix, p.suffix = text[:start], text[end:]
	}
	p.active = text[len(p.prefix) : len(text)-len(p.suffix)]
	p.mantissa = p.active
	// The reference looks for the separator in the whole picture but cuts the
	// active part at that place, which comes to the same without a prefix.
	if i := strings.Index(text[len(p.prefix):], d.exponent); d.exponent != "" && i >= 0 && len(p.prefix)+i <= len(text)-len(p.suffix) {
		cut := units(p.prefix) + i
		p.hasExponent = true
		p.mantissa = p.active[:min(cut, len(p.active))]
		p.exponent = p.active[min(cut+len(d.exponent), len(p.active)):]
	}
	var found bool
	if p.integer, p.fraction, found = strings.Cut(p.mantissa, d.decimal); !found {
		p.integer, p.fraction = p.mantissa, p.suffix
	}
	return p
}

// check finds what is wrong with a picture; of several faults the last counts.
func (d *decimalFormat) check(p *subPicture) error {
	code := ""
	fail := func(when bool, c string) {
		if when {
			code = c
		}
	}
	fail(strings.Count(p.text, d.decimal) > 1, "D3081")
	fail(strings.Count(p.text, d.percent) > 1, "D3082")
	fail(strings.Count(p.text, d.perMille) > 1, "D3083")
	fail(strings.Contains(p.text, d.percent) && strings.Contains(p.text, d.perMille), "D3084")
	fail(d.count(p.mantissa, true) == 0, "D3085")
	fail(strings.ContainsFunc(p.active, func(r rune) bool { return !d.active(r) }), "D3086")
	if before, after, found := strings.Cut(p.text, d.decimal); found {
		fail(strings.HasSuffix(before, d.grouping) || strings.HasPrefix(after, d.grouping), "D3087")
	} else {
		fail(strings.HasSuffix(p.integer, d.grouping), "D3088")
	}
	fail(strings.Contains(p.text, d.grouping+d.grouping), "D3089")
	if before, _, found := strings.Cut(p.integer, d.digit); found {
		fail(d.count(before, false) > 0, "D3090")
	}
	if i := strings.LastIndex(p.fraction, d.digit); i >= 0 {
		fail(d.count(p.fraction[i:], false) > 0, "D3091")
	}
	if p.hasExponent {
		fail(p.exponent != "" && (strings.Contains(p.text, d.percent) || strings.Contains(p.text, d.perMille)), "D3092")
		fail(p.exponent == "" || d.count(p.exponent, false) != utf8.RuneCountInString(p.exponent), "D3093")
	}
	if code != "" {
		return &Error{Code: code}
	}
	return nil
}

// analyse works out the sizes of the parts (section 4.7.4).
func (d *decimalFormat) analyse(p *subPicture) {
	for i := 0; ; {
		next := strings.Index(p.integer[i:], d.grouping)
		if d.grouping == "" || next < 0 {
			break
		}
		i += next
		p.groups = append(p.groups, d.count(p.integer[i:], true))
		i += len(d.grouping)
	}
	for i := 0; d.grouping != ""; {
		next := strings.Index(p.fraction[i:], d.grouping)
		if next < 0 {
			break
		}
		i += next
		p.fractionGroups = append(p.fractionGroups, d.count(p.fraction[:i], true))
		i += len(d.grouping)
	}
	p.regular = evenly(p.groups)
	p.minInteger = d.count(p.integer, false)
	p.scale = p.minInteger
	p.minFraction = d.count(p.fraction, false)
	p.maxFraction = d.count(p.fraction, true)
	if p.minInteger == 0 && p.maxFraction == 0 {
		if p.hasExponent {
			p.minFraction, p.maxFraction = 1, 1
		} else {
			p.minInteger = 1
		}
	}
	if p.hasExponent && p.minInteger == 0 && strings.Contains(p.integer, d.digit) {
		p.minInteger = 1
	}
	if p.minInteger == 0 && p.minFraction == 0 {
		p.minFraction = 1
	}
	p.minExponent = d.count(p.exponent, false)
}

func formatNumberPicture(c Call, args []any) (any, error) {
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
	d := newDecimalFormat(args[2])
	var parts []*subPicture
	for _, text := range strings.Split(picture, d.pattern) {
		parts = append(parts, d.split(text))
	}
	if len(parts) > 2 {
		return nil, &Error{Code: "D3080"}
	}
	for _, p := range parts {
		if err := d.check(p); err != nil {
			return nil, err
		}
		d.analyse(p)
	}
	p := parts[0]
	if f < 0 {
		if len(parts) == 2 {
			p = parts[1]
		} else {
			p.prefix = d.minus + p.prefix
		}
	}
	text := d.format(p, f)
	return text, c.ev.bytes(len(text))
}

// format writes a number (section 4.7.5).
func (d *decimalFormat) format(p *subPicture, f float64) string {
	switch {
	case strings.Contains(p.text, d.percent):
		f *= 100
	case strings.Contains(p.text, d.perMille):
		f *= 1000
	}
	exponent := 0
	if p.minExponent > 0 && f != 0 {
		most, least := math.Pow10(p.scale), math.Pow10(p.scale-1)
		for ; math.Abs(f) < least; exponent-- {
			f *= 10
		}
		for ; math.Abs(f) > most; exponent++ {
			f /= 10
		}
	}
	digits := d.digits(round(f, float64(p.maxFraction)), p.maxFraction)
	whole, fraction, _ := strings.Cut(digits, ".")
	zero := string(d.zero)
	integer := []rune(strings.TrimLeft(whole, zero))
	decimals := []rune(strings.TrimRight(fraction, zero))
	integer = padded(integer, p.minInteger, d.zero)
	if missing := p.minFraction - len(decimals); missing > 0 {
		decimals = append(decimals, slices.Repeat([]rune{d.zero}, missing)...)
	}
	var b strings.Builder
	b.WriteString(p.prefix)
	b.WriteString(d.grouped(p, integer, decimals))
	if p.minExponent > 0 {
		b.WriteString(d.exponent)
		if exponent < 0 {
			b.WriteString(d.minus)
		}
		e := padded([]rune(d.digits(float64(exponent), 0)), p.minExponent, d.zero)
		b.WriteString(string(e))
	}
	b.WriteString(p.suffix)
	return b.String()
}

// digits writes a number's size in the digits of the format.
func (d *decimalFormat) digits(f float64, places int) string {
	f = math.Abs(f)
	s := formatNumber(f)
	if f < 1e21 {
		s = strconv.FormatFloat(f, 'f', places, 64)
	}
	if d.zero == '0' {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + d.zero
		}
		return r
	}, s)
}

// grouped joins the digits on both sides of the decimal separator and puts in
// the grouping separators. Where a number has fewer digits than an irregular
// picture has groups, they land where the reference puts them.
func (d *decimalFormat) grouped(p *subPicture, integer, decimals []rune) string {
	point := len(integer)
	s := append(append(integer, 0), decimals...)
	separator := []rune(d.grouping)
	if p.regular > 0 {
		for at := point - p.regular; at > 0; at -= p.regular {
			s = slices.Insert(s, at, separator...)
		}
	} else {
		end := point
		for _, position := range p.groups {
			at := end - position
			if at < 0 {
				at = max(0, len(s)+at)
			}
			s = slices.Insert(s, at, separator...)
			end++
		}
	}
	point = slices.Index(s, 0)
	for _, position := range p.fractionGroups {
		s = slices.Insert(s, min(point+1+position, len(s)), separator...)
		point = slices.Index(s, 0)
	}
	if point == len(s)-1 || !strings.Contains(p.text, d.decimal) {
		s = s[:len(s)-1]
	}
	return strings.ReplaceAll(string(s), "\x00", d.decimal)
}
