package value

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestEqual compares values by their texts: JSON values, not spellings.
func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"null", "null", true},
		{"null", "false", false},
		{"0", "null", false},
		{"true", "true", true},
		{"true", "false", false},
		{`"a"`, `"\u0061"`, true},
		{`"1"`, "1", false},
		{"1", "1.0", true},
		{"1", "1e0", true},
		{"-0", "-0.0", true},
		{"1", "2", false},
		{"0.1", "1e-1", true},
		{"9007199254740993", "9007199254740992.0", false}, // 2^53+1 is no float64
		{"9223372036854775807", "9223372036854775808.0", false},
		{"12345678901234567890", "12345678901234567890", true},
		{"12345678901234567890", "12345678901234567891", false},
		{"12345678901234567890", "12345678901234567890.0", true},
		{"100000000000000000000", "1e20", true},
		{"1e400", "10e399", true},
		{"1e400", "-1e400", false},
		{"1e400", "1e401", false},
		{"1e400", "1", false},
		{"1e99999999999999999999", "1e99999999999999999999", true},
		{"1e99999999999999999999", "1e99999999999999999998", false},
		{"[]", "[]", true},
		{"[]", "{}", false},
		{"[1,2]", "[1.0,2]", true},
		{"[1,2]", "[2,1]", false},
		{"[1]", "[1,1]", false},
		{"{}", "{}", true},
		{`{"a":1,"b":[{"c":2}]}`, `{"b":[{"c":2.0}],"a":1}`, true},
		{`{"a":1}`, `{"a":2}`, false},
		{`{"a":1}`, `{"b":1}`, false},
		{`{"a":null}`, `{}`, false},
	} {
		a, b := parse(t, c.a), parse(t, c.b)
		assert.Equal(t, c.want, Equal(a, b), "%s and %s", c.a, c.b)
		assert.Equal(t, c.want, Equal(b, a), "%s and %s", c.b, c.a)
		assert.True(t, Equal(a, a), c.a)
	}
}
