package jsonata

import (
	"math"
	"regexp"
	"strings"
	"unicode"
)

// A datePicture says how to write a moment (XPath Functions and Operators 3.1,
// section 9.8.4): text with markers in brackets, such as [Y0001]-[M01]-[D01].
type datePicture struct {
	parts  []datePart
	reader *regexp.Regexp // made when the first text is read
}

type datePart struct {
	literal   string // when component is 0
	component byte
	names     bool
	nameCase  letterCase
	integer   *integerPicture
	zulu      bool // the presentation ends in t: UTC is written Z
	hasMin    bool
	minWidth  int
	hasMax    bool
	maxWidth  int
	yearWidth int // digits of a year to keep, or -1
}

// presentations has what a component's marker means when it says nothing else.
var presentations = map[byte]string{
	'Y': "1", 'M': "1", 'D': "1", 'd': "1", 'F': "n", 'W': "1", 'w': "1", 'X': "1", 'x': "1", 'H': "1", 'h': "1",
	'P': "n", 'm': "01", 's': "01", 'f': "1", 'Z': "01:01", 'z': "01:01", 'C': "n", 'E': "n",
}

const isoPicture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

// picture gives a picture, which an evaluation takes apart only once.
func (ev *evaluation) picture(text string) (*datePicture, error) {
	if p, ok := ev.pictures[text]; ok {
		return p, nil
	}
	if err := ev.pictureSteps(text); err != nil {
		return nil, err
	}
	p, err := parseDatePicture(text)
	if err != nil {
		return nil, err
	}
	if ev.pictures == nil {
		ev.pictures = map[string]*datePicture{}
	}
	if len(ev.pictures) < 64 {
		ev.pictures[text] = p
	}
	return p, nil
}

func parseDatePicture(text string) (*datePicture, error) {
	p := &datePicture{}
	literal := func(s string) {
		if s != "" {
			p.parts = append(p.parts, datePart{literal: strings.ReplaceAll(s, "]]", "]")})
		}
	}
	for {
		before, rest, found := strings.Cut(text, "[")
		literal(before)
		if !found {
			return p, nil
		}
		if strings.HasPrefix(rest, "[") {
			p.parts = append(p.parts, datePart{literal: "["})
			text = rest[1:]
			continue
		}
		marker, after, closed := strings.Cut(rest, "]")
		if !closed {
			return nil, &Error{Code: "D3135"}
		}
		part, err := parseDatePart(marker)
		if err != nil {
			return nil, err
		}
		if n := len(p.parts); n > 0 && part.integer != nil && part.component|0x20 != 'z' {
			// Digits that follow at once must be told apart by their number.
			if last := p.parts[n-1].integer; last != nil {
				last.parseWidth = last.mandatory
			}
		}
		p.parts = append(p.parts, part)
		text = after
	}
}

func parseDatePart(marker string) (datePart, error) {
	marker = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, marker)
	part := datePart{yearWidth: -1}
	if marker == "" {
		return part, fault("D3132", "")
	}
	part.component = marker[0]
	presentation := marker[1:]
	if i := strings.LastIndexByte(marker, ','); i > 0 {
		presentation = marker[1:i]
		low, high, _ := strings.Cut(marker[i+1:], "-")
		part.minWidth, part.hasMin = width(low)
		part.maxWidth, part.hasMax = width(high)
	}
	ordinal := byte(0)
	if n := len(presentation); n > 1 && strings.IndexByte("atco", presentation[n-1]) >= 0 {
		ordinal = presentation[n-1]
		presentation = presentation[:n-1]
	} else if n == 0 {
		presentation = presentations[part.component]
		if presentation == "" {
			_, size := decodeRune(marker)
			return part, fault("D3132", marker[:size])
		}
	}
	part.zulu = ordinal == 't'
	switch presentation[0] {
	case 'n':
		part.names = true
	case 'N':
		part.names, part.nameCase = true, upperCase
		if strings.HasPrefix(presentation, "Nn") {
			part.nameCase = titleCase
		}
	default:
		if strings.IndexByte("YMDdFWwXxHhmsfZz", part.component) >= 0 {
			return part, part.number(presentation, ordinal)
		}
	}
	return part, nil
}

// number reads how a numeric component is written.
func (part *datePart) number(presentation string, ordinal byte) (err error) {
	zone := part.component|0x20 == 'z'
	if ordinal != 0 && !zone {
		presentation += ";" + string(rune(ordinal))
	}
	if part.integer, err = parseIntegerPicture(presentation); err != nil || zone {
		return err
	}
	if part.hasMin && part.integer.style == inDigits {
		part.integer.mandatory = max(part.integer.mandatory, part.minWidth)
	}
	if part.component == 'Y' {
		if part.hasMax {
			part.yearWidth = part.maxWidth
			part.integer.mandatory = part.maxWidth
		} else if w := part.integer.mandatory + part.integer.optional; w >= 2 {
			part.yearWidth = w
		}
	}
	return nil
}

// width reads one number of a width modifier; * and nothing mean any width.
func width(s string) (int, bool) {
	f := leadingInteger(s)
	if f != f || f < 0 || f > 1000 {
		return 0, false
	}
	return int(f), true
}

var dayNames = []string{"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

var monthNames = []string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
}

const millisInDay = 24 * 60 * 60 * 1000

// A moment is milliseconds since 1970, taken apart in UTC.
type moment struct {
	millis                      float64
	year, month, day            int // month and day from 1
	hour, minute, second, milli int
	weekday                     int // Monday is 1
}

// maxMillis is as far from 1970 as JavaScript's dates reach.
const maxMillis = 8.64e15

func newMoment(millis float64) (moment, bool) {
	if !(math.Abs(millis) <= maxMillis) {
		return moment{}, false
	}
	millis = math.Trunc(millis)
	days := math.Floor(millis / millisInDay)
	rest := int(millis - days*millisInDay)
	m := moment{millis: millis}
	m.year, m.month, m.day = civil(int(days))
	m.hour, m.minute, m.second, m.milli = rest/3_600_000, rest/60_000%60, rest/1000%60, rest%1000
	m.weekday = ((int(days)+3)%7+7)%7 + 1
	return m, true
}

// civil gives the date of a day counted from 1970, in the Gregorian calendar.
func civil(days int) (year, month, day int) {
	days += 719468 // from 0000-03-01
	era := floorDiv(days, 146097)
	ofEra := days - era*146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*ofYear + 2) / 153
	day = ofYear - (153*m+2)/5 + 1
	month = m + 3
	if m >= 10 {
		month = m - 9
	}
	year = yearOfEra + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// daysFrom1970 is the opposite of civil; a month beyond the year runs on.
func daysFrom1970(year, month, day int) int {
	year += floorDiv(month-1, 12)
	month = (month-1)%12 + 1
	if month < 1 {
		month += 12
	}
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yearOfEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + ofYear - 719468
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// firstWeek is the day on which the first week of a month starts: the week, from
// Monday, that has the month's first Thursday.
func firstWeek(year, month int) int {
	first := daysFrom1970(year, month, 1)
	weekday := ((first+3)%7+7)%7 + 1
	if weekday > 4 {
		return first + 8 - weekday
	}
	return first - (weekday - 1)
}

// component gives the number that a component of the date has.
func (m moment) component(c byte) int {
	today := daysFrom1970(m.year, m.month, m.day)
	week := func(start, before, following int, full int) int {
		w := floorDiv(today-start, 7) + 1
		switch {
		case w > full && today >= following:
			return 1
		case w < 1:
			return floorDiv(today-before, 7) + 1
		}
		return w
	}
	switch c {
	case 'Y':
		return m.year
	case 'M':
		return m.month
	case 'D':
		return m.day
	case 'd':
		return today - daysFrom1970(m.year, 1, 1) + 1
	case 'F':
		return m.weekday
	case 'W':
		return week(firstWeek(m.year, 1), firstWeek(m.year-1, 1), firstWeek(m.year+1, 1), 52)
	case 'w':
		return week(firstWeek(m.year, m.month), firstWeek(m.year, m.month-1), firstWeek(m.year, m.month+1), 4)
	case 'X':
		switch {
		case today < firstWeek(m.year, 1):
			return m.year - 1
		case today >= firstWeek(m.year+1, 1):
			return m.year + 1
		}
		return m.year
	case 'x':
		month := m.month
		switch {
		case today < firstWeek(m.year, m.month):
			month += 11
		case today >= firstWeek(m.year, m.month+1):
			month++
		}
		return (month-1)%12 + 1
	case 'H':
		return m.hour
	case 'h':
		return (m.hour+11)%12 + 1
	case 'm':
		return m.minute
	case 's':
		return m.second
	case 'f':
		return m.milli
	}
	return 0
}
