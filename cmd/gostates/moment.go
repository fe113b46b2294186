package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// A moment is a flag that names a time: a date, with a time of day or without, or how long ago it
// was. The zero moment is none.
type moment struct {
	text string
	at   time.Time
	ago  time.Duration
}

var _ pflag.Value = (*moment)(nil)

// momentLayouts are the forms of dates, those without a zone in the computer's.
var momentLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly}

// Set implements [pflag.Value].
func (m *moment) Set(text string) error {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		*m = moment{text: text, ago: d}
		return nil
	}
	for _, layout := range momentLayouts {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			*m = moment{text: text, at: at}
			return nil
		}
	}
	return fmt.Errorf("it is neither a date, such as 2026-11-28 or 2026-11-28T12:00, nor how long ago, such as 90m or 24h")
}

// Type implements [pflag.Value].
func (m *moment) Type() string { return "time" }

// String implements [pflag.Value].
func (m *moment) String() string { return m.text }

// before returns the time, which is counted back from now if it is so long ago; the zero time for
// none.
func (m *moment) before(now time.Time) time.Time {
	switch {
	case m.text == "":
		return time.Time{}
	case m.at.IsZero():
		return now.Add(-m.ago)
	}
	return m.at
}
