package jsonata

import (
	"math"
	"strings"
)

var dateFunctions = []builtin{
	{"now", "<s?s?:s>", 2, func(c Call, args []any) (any, error) {
		return c.format(float64(c.ev.env.millis()), args[0], args[1])
	}},
	{"millis", "<:n>", 0, func(c Call, _ []any) (any, error) { return c.ev.env.millis(), nil }},
	{"fromMillis", "<n-s?s?:s>", 3, func(c Call, args []any) (any, error) {
		f, ok := number(args[0])
		if !ok {
			return Undefined{}, nil
		}
		return c.format(f, args[1], args[2])
	}},
	{"toMillis", "<s-s?:n>", 2, toMillis},
}

// millis is the time of the evaluation in milliseconds since 1970.
func (e Environment) millis() int64 {
	if e.Now.IsZero() {
		return 0
	}
	return e.Now.UnixMilli()
}

// format writes a moment by a picture, in a time zone such as +0100.
func (c Call) format(millis float64, picture, zone any) (any, error) {
	text, ok := picture.(string)
	if !ok {
		text = isoPicture
	}
	p, err := c.ev.picture(text)
	if err != nil {
		return nil, err
	}
	if err := c.ev.steps(len(text)); err != nil { // taking it apart was paid for
		return nil, err
	}
	hours, minutes := 0, 0
	if z, ok := zone.(string); ok {
		if offset := leadingInteger(z); offset == offset && math.Abs(offset) < 1e6 {
			hours, minutes = floorDiv(int(offset), 100), int(offset)%100
		}
	}
	m, ok := newMoment(millis + float64((60*hours+minutes)*60*1000))
	if !ok {
		return nil, fault("D1001", fromFloat(millis))
	}
	var b strings.Builder
	for i := range p.parts {
		part := &p.parts[i]
		if part.component == 0 {
			b.WriteString(part.literal)
			continue
		}
		s, err := part.format(c.ev, m, hours, minutes)
		if err != nil {
			return nil, err
		}
		b.WriteString(s)
	}
	return b.String(), c.ev.bytes(b.Len())
}

func (part *datePart) format(ev *evaluation, m moment, hours, minutes int) (string, error) {
	switch part.component {
	case 'P':
		s := "am"
		if m.hour >= 12 {
			s = "pm"
		}
		if part.nameCase == upperCase {
			s = strings.ToUpper(s)
		}
		return s, nil
	case 'C', 'E':
		return "ISO", nil
	case 'Z', 'z':
		return part.zone(ev, hours, minutes)
	case 'f':
		if part.integer == nil {
			return "", fault("D3133", "f")
		}
		return part.integer.format(ev, float64(m.milli))
	}
	v := m.component(part.component)
	if part.names {
		return part.name(v)
	}
	if part.integer == nil { // such as [q1]
		return "undefined", nil
	}
	if part.component == 'Y' && part.yearWidth >= 0 {
		v = int(math.Mod(float64(v), math.Pow10(part.yearWidth)))
	}
	return part.integer.format(ev, float64(v))
}

func (part *datePart) name(v int) (string, error) {
	var s string
	switch part.component {
	case 'M', 'x':
		s = monthNames[v-1]
	case 'F':
		s = dayNames[v]
	default:
		return "", fault("D3133", string(rune(part.component)))
	}
	switch part.nameCase {
	case upperCase:
		s = strings.ToUpper(s)
	case lowerCase:
		s = strings.ToLower(s)
	}
	if part.hasMax && len(s) > part.maxWidth {
		s = s[:part.maxWidth]
	}
	return s, nil
}

// zone writes the distance from UTC.
func (part *datePart) zone(ev *evaluation, hours, minutes int) (string, error) {
	offset := hours*100 + minutes
	zulu := offset == 0 && part.zulu
	if part.integer == nil {
		return "", fault("D3134", int64(0))
	}
	v := offset
	digits := part.integer.mandatory
	switch {
	case part.integer.regular > 0, digits == 3, digits == 4:
	case digits == 1, digits == 2:
		v = hours
	default:
		return "", fault("D3134", int64(digits))
	}
	if zulu {
		return "Z", nil
	}
	s, err := part.integer.format(ev, float64(v))
	if err != nil {
		return "", err
	}
	if part.integer.regular == 0 && digits <= 2 && minutes != 0 {
		two := &integerPicture{zero: '0', mandatory: 2}
		tail, err := two.format(ev, float64(minutes))
		if err != nil {
			return "", err
		}
		s += ":" + tail
	}
	if offset >= 0 {
		s = "+" + s
	}
	if part.component == 'z' {
		s = "GMT" + s
	}
	return s, nil
}
