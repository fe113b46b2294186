package jsonata

import (
	"cmp"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func toMillis(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	picture, ok := args[1].(string)
	if !ok {
		m := isoTime.FindStringSubmatch(text)
		if m == nil {
			return nil, fault("D3110", text)
		}
		return c.ev.number(parseISO(m)), nil
	}
	p, err := c.ev.picture(picture)
	if err != nil {
		return nil, err
	}
	if err := c.ev.steps(8 * len(text)); err != nil {
		return nil, err
	}
	return p.parse(c.ev, text)
}

// isoTime is the reference's idea of an ISO 8601 timestamp.
var isoTime = regexp.MustCompile(
	`^(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(T([0-2]\d):([0-5]\d):([0-5]\d))?(\.\d+)?(?:([+-])([0-2]\d):?([0-5]\d)|Z)?$`)

// parseISO gives the milliseconds of a timestamp whose shape is right, or NaN.
func parseISO(m []string) float64 {
	field := func(i, otherwise int) int {
		if n, err := strconv.Atoi(m[i]); err == nil {
			return n
		}
		return otherwise
	}
	year, month, day := field(1, 0), field(2, 1), field(3, 1)
	hour, minute, second := field(5, 0), field(6, 0), field(7, 0)
	fraction := 0.0
	if m[8] != "" {
		if m[4] == "" {
			return math.NaN()
		}
		digits := (m[8][1:] + "000")[:3]
		fraction, _ = strconv.ParseFloat(digits, 64)
	}
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || hour == 24 && (minute > 0 || second > 0 || fraction > 0) {
		return math.NaN()
	}
	millis := float64(daysFrom1970(year, month, day))*millisInDay +
		float64(hour*3600+minute*60+second)*1000 + fraction
	if m[9] != "" {
		offset := float64(field(10, 0)*60+field(11, 0)) * 60_000
		if m[9] == "+" {
			offset = -offset
		}
		millis += offset
	}
	return millis
}

// expression gives a regular expression for the part, with one group.
func (part *datePart) expression() (string, error) {
	if part.component == 0 {
		return "(" + regexp.QuoteMeta(part.literal) + ")", nil
	}
	switch part.component {
	case 'Z', 'z':
		s := "[-+][0-9]+"
		if part.integer != nil && part.integer.regular > 0 {
			s += regexp.QuoteMeta(string(part.integer.separators[0].character)) + "[0-9]+"
		}
		if part.component == 'z' {
			s = "GMT" + s
		}
		return "(" + s + ")", nil
	case 'f':
		return "([0-9]+)", nil
	}
	if part.integer == nil {
		if strings.IndexByte("MxFP", part.component) < 0 {
			return "", fault("D3133", string(rune(part.component)))
		}
		return "([a-zA-Z]+)", nil
	}
	return part.integer.expression()
}

func (p *integerPicture) expression() (string, error) {
	upper := p.letterCase == upperCase
	switch p.style {
	case inLetters:
		if upper {
			return "([A-Z]+)", nil
		}
		return "([a-z]+)", nil
	case inRoman:
		return "([MDCLXVImdclxvi]+)", nil
	case inWords:
		return wordsExpression, nil
	case inSequence:
		return "", fault("D3130", p.token)
	}
	s := "[0-9]+"
	if p.parseWidth > 0 {
		s = "[0-9]{" + strconv.Itoa(min(p.parseWidth, 1000)) + "}"
	}
	if p.ordinal {
		s += "(?:th|st|nd|rd)"
	}
	return "(" + s + ")", nil
}

// wordsExpression matches a number in words; longer words come first, since
// some start with a shorter one.
var wordsExpression = func() string {
	words := slices.SortedFunc(maps.Keys(wordValues), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return "((?:" + strings.Join(words, "|") + `|and|[\-, ])+)`
}()

// value reads a component from the text that its expression matched; ok is
// false for a name that is none.
func (part *datePart) value(s string) (f float64, ok bool) {
	switch part.component {
	case 'Z', 'z':
		return part.offset(s), true
	case 'f':
		f, _ := strconv.ParseFloat("0."+s[:min(len(s), 3)], 64)
		return f * 1000, true
	}
	if part.integer != nil {
		return part.integer.parse(s), true
	}
	names, first := monthNames, 1
	switch part.component {
	case 'F':
		names, first = dayNames[1:], 1
	case 'P':
		switch s {
		case "am", "AM":
			return 0, true
		case "pm", "PM":
			return 1, true
		}
		return 0, false
	}
	for i, name := range names {
		if part.hasMax && part.maxWidth > 0 && part.maxWidth < len(name) {
			name = name[:part.maxWidth]
		}
		if name == s {
			return float64(i + first), true
		}
	}
	return 0, false
}

// offset reads a time zone, in minutes.
func (part *datePart) offset(s string) float64 {
	if part.component == 'z' {
		s = s[3:]
	}
	if part.integer != nil && part.integer.regular > 0 {
		hours, minutes, _ := strings.Cut(s, string(part.integer.separators[0].character))
		return leadingInteger(hours)*60 + leadingInteger(minutes)
	}
	if len(s) <= 3 {
		return leadingInteger(s) * 60
	}
	return leadingInteger(s[:3])*60 + leadingInteger(s[3:])
}

// expression gives a regular expression with a group for each part.
func (p *datePicture) expression() (*regexp.Regexp, error) {
	if p.reader != nil {
		return p.reader, nil
	}
	var b strings.Builder
	b.WriteString("(?i)^")
	for i := range p.parts {
		s, err := p.parts[i].expression()
		if err != nil {
			return nil, err
		}
		b.WriteString(s)
	}
	b.WriteString("$")
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, &Error{Code: "D3136"}
	}
	p.reader = re
	return re, nil
}

// parse reads a moment that was written by the picture. What the picture leaves
// out on the left of what it has is the present; what it leaves out on the
// right is the beginning.
func (p *datePicture) parse(ev *evaluation, text string) (any, error) {
	re, err := p.expression()
	if err != nil {
		return nil, err
	}
	m := re.FindStringSubmatch(text)
	if m == nil {
		return Undefined{}, nil
	}
	fields := map[byte]float64{}
	n := 0
	for i := range p.parts {
		if p.parts[i].component == 0 {
			continue
		}
		n++
		if f, ok := p.parts[i].value(m[i+1]); ok {
			fields[p.parts[i].component] = f
		}
	}
	if n == 0 {
		return Undefined{}, nil
	}
	return combine(ev, fields)
}

// Which components make a time: on 24 hours, or on twice 12.
const (
	timePlain  = "Hmsf"
	timeHalves = "Phmsf"
)

// fits tells whether, of all, only components of kind are given, and at least
// one. A component that is zero counts as absent, as it does in the reference.
func fits(fields map[byte]float64, all, kind string) bool {
	some := false
	for i := range len(all) {
		f := fields[all[i]]
		given := f != 0 && f == f
		if given && strings.IndexByte(kind, all[i]) < 0 {
			return false
		}
		some = some || given
	}
	return some
}

func combine(ev *evaluation, fields map[byte]float64) (any, error) {
	const dates, times = "YXMxWwdD", "PHhmsf"
	byMonth := fits(fields, dates, "YMD")
	byDay := !byMonth && fits(fields, dates, "Yd")
	byMonthWeek := fits(fields, dates, "Xxw")
	byWeek := !byMonthWeek && fits(fields, dates, "XW")
	halves := !fits(fields, times, timePlain) && fits(fields, times, timeHalves)
	kind := "YMD"
	switch {
	case byDay:
		kind = "YD"
	case byMonthWeek:
		kind = "XxwF"
	case byWeek:
		kind = "XWF"
	}
	if halves {
		kind += timeHalves
	} else {
		kind += timePlain
	}
	now, _ := newMoment(float64(ev.env.millis()))
	started, ended := false, false
	for i := range len(kind) {
		c := kind[i]
		if _, ok := fields[c]; ok {
			if started = true; ended {
				return nil, &Error{Code: "D3136"}
			}
			continue
		}
		if !started {
			if c != 'P' { // what the clock says of that the reference does not understand
				fields[c] = float64(now.component(c))
			}
			continue
		}
		ended = true
		fields[c] = 0
		if c == 'M' || c == 'D' {
			fields[c] = 1
		}
	}
	if byMonthWeek || byWeek {
		return nil, &Error{Code: "D3136"}
	}
	return ev.number(moment1970(fields, byDay, halves)), nil
}

// moment1970 counts the milliseconds from 1970 to a moment given in parts.
func moment1970(fields map[byte]float64, byDay, halves bool) float64 {
	year, month, day := fields['Y'], math.Max(fields['M'], 1), fields['D']
	if halves {
		fields['H'] = math.Mod(fields['h'], 12)
		if fields['h'] != 12 {
			fields['H'] = fields['h']
		}
		if fields['P'] == 1 {
			fields['H'] += 12
		}
	}
	if byDay && math.Abs(year) < 300_000 && math.Abs(fields['d']) < 1e6 {
		// A day past the end of the year wraps round to its beginning.
		_, m, d := civil(daysFrom1970(int(year), 1, 1) + int(fields['d']) - 1)
		month, day = float64(m), float64(d)
	}
	if year >= 0 && year <= 99 {
		year += 1900 // as Date.UTC reads it
	}
	if !(math.Abs(year) < 300_000 && math.Abs(month) < 1e7 && math.Abs(day) < 1e9) {
		return math.NaN()
	}
	days := daysFrom1970(int(year), int(month), 1) + int(day) - 1
	millis := float64(days)*millisInDay + fields['H']*3_600_000 + fields['m']*60_000 + fields['s']*1000 + math.Trunc(fields['f'])
	zone := fields['Z']
	if zone == 0 {
		zone = fields['z']
	}
	if millis -= zone * 60_000; !(math.Abs(millis) <= maxMillis) {
		return math.NaN()
	}
	return millis
}
