package transcript

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// plain returns text in one line and without control characters, which a terminal might
// obey: each becomes a space.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// columns returns how many columns of a terminal a text takes.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

// columnsOf returns the columns of a rune: none for marks that are put on the letter
// before, two for the letters of East Asia and for pictures.
func columnsOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// cut returns text that takes no more columns than the limit; if it had to be shortened,
// it ends with "…".
func cut(text string, limit int) string {
	if len(text) <= limit || columns(text) <= limit {
		return text
	}
	n := 1 // the ellipsis
	for i, r := range text {
		if n += columnsOf(r); n > limit {
			return text[:i] + "…"
		}
	}
	return text
}

func pad(text string, width int) string     { return text + blanks(width-columns(text)) }
func padLeft(text string, width int) string { return blanks(width-columns(text)) + text }
func blanks(n int) string                   { return strings.Repeat(" ", max(n, 0)) }

// A stopwatch gives the time of events: since the first one, or of the day.
type stopwatch struct {
	absolute bool
	start    time.Time
}

func (s *stopwatch) text(at time.Time) string {
	if s.absolute {
		return at.UTC().Format("2006-01-02 15:04:05.000")
	}
	if s.start.IsZero() {
		s.start = at
	}
	return Since(at.Sub(s.start))
}

// Since returns a duration as tables have it: to the millisecond, with days, and without
// the units that are zero: "0s", "1.5s", "5m", "2d3h".
func Since(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	d = d.Round(time.Millisecond)
	const day = 24 * time.Hour
	var b strings.Builder
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if n := d / unit.length; n > 0 {
			b.WriteString(itoa(int64(n)) + unit.name)
			d %= unit.length
		}
	}
	if d > 0 || b.Len() == 0 {
		b.WriteString(seconds(d))
	}
	return sign + b.String()
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// seconds returns a time under a minute: "0s", "0.25s", "59.999s".
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}
