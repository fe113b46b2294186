package asl

import "time"

// ParseTimestamp reads a timestamp as AWS does: that is RFC 3339, and what Java's
// OffsetDateTime.parse takes besides. It reports whether text is one.
//
//	2016-03-14T01:59:00.5-05:30   a date, a time and an offset
//	2016-03-14T01:59Z             the seconds may be left out
//	2016-03-14t01:59:00z          letters may be small
//	2016-03-14T01:59:00+01        so may an offset's minutes, and seconds may follow them
//	+12016-03-14T01:59:00Z        a year of more than four digits has a sign
//
// A fraction has nine digits at most, an offset is no farther than 18:00, and there are no
// leap seconds and no hour 24. The time is in the offset's zone.
// Implements the chapter "Timestamps".
//
// That AWS takes a timestamp without seconds, and refuses one without an offset, with a
// blank for the T or with a day or an hour that does not exist, is reported by one person.
// The rest is what Java 17 does; which release AWS has is not known.
func ParseTimestamp(text string) (time.Time, bool) {
	s := clock{rest: text, ok: true}
	year := s.year()
	s.take("-")
	month := s.two(1, 12)
	s.take("-")
	day := s.two(1, 31)
	s.take("Tt")
	hour := s.two(0, 23)
	s.take(":")
	minute := s.two(0, 59)
	second, nanosecond := 0, 0
	if s.skip(":") {
		second = s.two(0, 59)
		nanosecond = s.fraction()
	}
	zone := s.offset()
	if !s.ok || s.rest != "" {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, zone)
	return t, t.Day() == day // the 30th of February is another day
}

// A clock reads the parts of a timestamp from its beginning on. After the first part that
// is wrong, ok is false and what is read means nothing.
type clock struct {
	rest string
	ok   bool
}

// skip passes a character, if it is one of some.
func (s *clock) skip(one string) bool {
	if s.rest == "" {
		return false
	}
	for i := range len(one) {
		if s.rest[0] == one[i] {
			s.rest = s.rest[1:]
			return true
		}
	}
	return false
}

// take passes a character, which must be one of some.
func (s *clock) take(one string) {
	if !s.skip(one) {
		s.ok = false
	}
}

// digits reads up to most digits and returns how many there were.
func (s *clock) digits(most int) (n, count int) {
	for count < most && count < len(s.rest) && '0' <= s.rest[count] && s.rest[count] <= '9' {
		n = n*10 + int(s.rest[count]-'0')
		count++
	}
	s.rest = s.rest[count:]
	return n, count
}

// two reads a number of two digits.
func (s *clock) two(least, most int) int {
	n, count := s.digits(2)
	if count != 2 || n < least || n > most {
		s.ok = false
	}
	return n
}

// year reads a year: four digits, which a minus may precede, or more after a sign.
func (s *clock) year() int {
	minus := s.skip("-")
	plus := !minus && s.skip("+")
	n, count := s.digits(9)
	if count < 4 || plus && count == 4 || !plus && !minus && count > 4 || minus && n == 0 {
		s.ok = false
	}
	if minus {
		return -n
	}
	return n
}

// fraction reads the fraction of a second, in nanoseconds; its point may stand alone.
func (s *clock) fraction() int {
	if !s.skip(".") {
		return 0
	}
	n, count := s.digits(9)
	for ; count < 9; count++ {
		n *= 10
	}
	return n
}

// offset reads Z, or the hours of an offset and perhaps its minutes and seconds.
func (s *clock) offset() *time.Location {
	if s.skip("Zz") {
		return time.UTC
	}
	minus := s.skip("-")
	if !minus {
		s.take("+")
	}
	const farthest = 18 * 60 * 60
	seconds := s.two(0, 18) * 60 * 60
	if s.skip(":") {
		seconds += s.two(0, 59) * 60
		if s.skip(":") {
			seconds += s.two(0, 59)
		}
	}
	switch {
	case seconds > farthest:
		s.ok = false
	case minus:
		seconds = -seconds
	}
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone("", seconds)
}
