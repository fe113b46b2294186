package asl

import (
	"strings"
	"time"
)

// ParseTimestamp reads a timestamp as the States Language has it: RFC 3339 with
// an uppercase T between date and time, and an uppercase Z unless there is a
// numeric offset. It reports whether text is one.
// Implements the chapter "Timestamps".
func ParseTimestamp(text string) (time.Time, bool) {
	// time.Parse is laxer than RFC 3339: it takes "T1:59:00" and "00,5".
	const hourEnd = len("2016-03-14T01")
	if len(text) <= hourEnd || text[hourEnd] != ':' || strings.Contains(text, ",") {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil
}
