package value

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestAppend pins how AWS writes values: compact, in order, floats as in Java.
func TestAppend(t *testing.T) {
	for want, v := range map[string]any{
		"null":                       nil,
		"true":                       true,
		"false":                      false,
		"-12":                        int64(-12),
		"-9223372036854775808":       int64(math.MinInt64),
		"1.0":                        1.0,
		"-0.0":                       math.Copysign(0, -1),
		"3.3":                        3.3,
		"0.001":                      1e-3,
		"9.99E-4":                    0.000999,
		"1.0E-5":                     1e-5,
		"9999999.0":                  9999999.0,
		"1.0E7":                      1e7,
		"1.789180622E9":              1789180622.0,
		"-1.5E300":                   -1.5e300,
		"12345678901234567890":       json.Number("12345678901234567890"),
		`""`:                         "",
		`"<a href='x'>&\u0001"`:      "<a href='x'>&\x01",
		`"\"\\/\b\f\n\r\t\u001F"`:    "\"\\/\b\f\n\r\t\x1f",
		`"é😀` + "\u2028\u007f" + `"`: "é😀\u2028\u007f",
		`"a` + "\uFFFD" + `b"`:       "a\xffb",
		"[]":                         []any{},
		`[1,"a",[null]]`:             []any{int64(1), "a", []any{nil}},
		"{}":                         NewObject(),
		`{"b":1,"a":{"c":[]}}`:       NewObject(Member{"b", int64(1)}, Member{"a", NewObject(Member{"c", []any{}})}),
	} {
		assert.Equal(t, want, String(v))
		assert.Equal(t, len(want), Size(v), want)
		assert.Equal(t, "x"+want, string(Append([]byte("x"), v)))
		assert.Equal(t, "x"+String(want), string(AppendText([]byte("x"), v)))
	}
	assert.Equal(t, "{}", String((*Object)(nil)))
	assert.Equal(t, 2, Size((*Object)(nil)))
}

func TestSizeOfIntegers(t *testing.T) {
	for n := int64(1); n > 0 && n < math.MaxInt64/10; n *= 10 {
		for _, m := range []int64{n - 1, n, n + 1, -n, 1 - n} {
			assert.Equal(t, len(String(m)), Size(m), "%d", m)
		}
	}
	assert.Equal(t, 19, Size(int64(math.MaxInt64)))
	assert.Equal(t, 20, Size(int64(math.MinInt64)))
}

func TestSizeIsRemembered(t *testing.T) {
	o := NewObject(Member{"text", strings.Repeat("ü\n", 100)})
	outer := NewObject(Member{"o", o}, Member{"list", []any{o, o}})
	assert.Equal(t, len(String(outer)), Size(outer))
	assert.Equal(t, len(String(outer)), Size(outer))
	assert.Equal(t, len(String(outer))+len(`,"x":1`), Size(outer.With("x", int64(1))), "a changed copy has its own size")
	assert.Zero(t, testing.AllocsPerRun(10, func() { Size(outer) }))
}

func TestMarshalJSON(t *testing.T) {
	text, err := json.Marshal(map[string]any{"o": NewObject(Member{"b", 2.0}, Member{"a", int64(1)})})
	assert.NoError(t, err)
	assert.Equal(t, `{"o":{"b":2.0,"a":1}}`, string(text))
}
