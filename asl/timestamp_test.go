package asl_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gostates/gostates/asl"
	"github.com/stretchr/testify/assert"
)

// TestParseTimestamp has what Java 17's OffsetDateTime.parse answers to each text.
func TestParseTimestamp(t *testing.T) {
	want := time.Date(2016, 3, 14, 1, 59, 0, 0, time.UTC)
	for text, at := range map[string]time.Time{
		"2016-03-14T01:59:00Z":           want,
		"2016-03-14T01:59Z":              want,
		"2016-03-14t01:59:00z":           want,
		"2016-03-14T01:59:00.Z":          want,
		"2016-03-14T01:59:00.5Z":         want.Add(time.Second / 2),
		"2016-03-14T01:59:00.000001Z":    want.Add(time.Microsecond),
		"2016-03-14T01:59:00.123456789Z": want.Add(123456789),
		"2016-03-14T01:59:00-00:00":      want,
		"2016-03-14T03:59:00+02:00":      want,
		"2016-03-14T03:59+02":            want,
		"2016-03-13T20:29:00-05:30":      want,
		"2016-03-14T19:59:00+18:00":      want,
		"2016-03-13T07:59:00-18:00":      want,
		"2016-03-14T02:59:10+01:00:10":   want,
		"2016-02-29T00:00:00Z":           time.Date(2016, 2, 29, 0, 0, 0, 0, time.UTC),
		"0000-02-29T00:00:00Z":           time.Date(0, 2, 29, 0, 0, 0, 0, time.UTC),
		"-2016-02-29T00:00:00Z":          time.Date(-2016, 2, 29, 0, 0, 0, 0, time.UTC),
		"+12016-02-28T00:00:00Z":         time.Date(12016, 2, 28, 0, 0, 0, 0, time.UTC),
		"+999999999-12-31T23:59:59Z":     time.Date(999999999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		got, ok := asl.ParseTimestamp(text)
		assert.True(t, ok, text)
		assert.True(t, at.Equal(got), "%s: %s", text, got)
	}
	for what, texts := range map[string][]string{
		"parts are missing":    {"", "T", "2016-03-14", "2016-03-14T01:59:00", "2016-03-14T01Z", "2016-03-14T01:59:Z", "01:59:00Z"},
		"parts are too short":  {"016-03-14T01:59:00Z", "2016-3-14T01:59:00Z", "2016-03-14T1:59:00Z", "2016-03-14T01:59:0Z", "2016-03-14T01:59:00+1"},
		"parts are too long":   {"12016-03-14T01:59:00Z", "+1000000000-03-14T01:59:00Z", "2016-03-14T01:59:00.1234567890Z", "2016-03-14T01:59:00Zx", "2016-03-14T01:59:00Z[UTC]"},
		"no other order":       {"05-12-2016T21:29:29Z", "20160314T015900Z"},
		"no other separators":  {"2016-03-14 01:59:00Z", "2016/03/14T01:59:00Z", "2016-03-14T01:59:00,5Z", "2016-03-14T01:59.5Z", " 2016-03-14T01:59:00Z", "2016-03-14T01:59:00 Z"},
		"no such day":          {"2016-02-30T01:59:00Z", "2015-02-29T01:59:00Z", "2016-04-31T01:59:00Z", "2016-13-14T01:59:00Z", "2016-00-14T01:59:00Z", "2016-03-00T01:59:00Z", "2016-03-32T01:59:00Z"},
		"no such time":         {"2016-03-14T24:00:00Z", "2016-03-14T25:59:00Z", "2016-03-14T01:60:00Z", "2016-03-14T01:59:60Z"},
		"no such year":         {"+2016-03-14T01:59:00Z", "-0000-03-14T01:59:00Z"},
		"no such offset":       {"2016-03-14T01:59:00+24:00", "2016-03-14T01:59:00+18:01", "2016-03-14T01:59:00-18:00:01", "2016-03-14T01:59:00+01:60", "2016-03-14T01:59:00+19", "2016-03-14T01:59:00+01:30:60"},
		"offsets have colons":  {"2016-03-14T01:59:00+0130", "2016-03-14T01:59:00+01:3015", "2016-03-14T01:59:00+01:", "2016-03-14T01:59:00+"},
		"digits are Latin":     {"٢٠١٦-03-14T01:59:00Z"},
		"a minus is no hyphen": {"2016-03-14T01:59:00−01:00"},
	} {
		for _, text := range texts {
			_, ok := asl.ParseTimestamp(text)
			assert.False(t, ok, "%s: %s", what, text)
		}
	}
}

// TestTimestampsOfDefinitions checks that each field with a timestamp is read by the one
// parser.
func TestTimestampsOfDefinitions(t *testing.T) {
	for _, field := range []string{
		`{"Type":"Wait","Timestamp":"%","End":true}`,
		`{"Type":"Wait","QueryLanguage":"JSONata","Timestamp":"%","End":true}`,
		`{"Type":"Choice","Choices":[{"Variable":"$.t","TimestampEquals":"%","Next":"Done"}],"Default":"Done"}`,
		`{"Type":"Choice","Choices":[{"Variable":"$.t","TimestampLessThan":"%","Next":"Done"}],"Default":"Done"}`,
		`{"Type":"Choice","Choices":[{"Variable":"$.t","TimestampGreaterThan":"%","Next":"Done"}],"Default":"Done"}`,
		`{"Type":"Choice","Choices":[{"Variable":"$.t","TimestampLessThanEquals":"%","Next":"Done"}],"Default":"Done"}`,
		`{"Type":"Choice","Choices":[{"Variable":"$.t","TimestampGreaterThanEquals":"%","Next":"Done"}],"Default":"Done"}`,
	} {
		for text, message := range map[string][]string{
			"2016-03-14T01:59Z":         nil,
			"2016-03-14T01:59:00+24:00": {"String does not match RFC3339 timestamp"},
			"2016-03-14T01:59:00":       {"String does not match RFC3339 timestamp"},
		} {
			assert.Equal(t, message, messages(validate(withText(field, text))), "%s in %s", text, field)
		}
	}
}

// withText is a machine of one state, in which a text stands for the per cent sign.
func withText(state, text string) string {
	state = strings.ReplaceAll(state, "%", text)
	if strings.Contains(state, "Done") {
		return one(state, done)
	}
	return one(state)
}
