package value_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMeasure(t *testing.T) {
	for text, depth := range map[string]int{
		`null`: 0, `true`: 0, `false`: 0, `-12`: 0, `1.5`: 0, `"a\n"`: 0, `[]`: 1, `{}`: 1, `[[],{}]`: 2, `{"a":[1,{"b":[]}],"c":2}`: 4,
		`123456789012345678901234567890`: 0,
	} {
		v, err := value.Parse(text)
		require.NoError(t, err)
		want := len(value.String(v))
		for range 2 { // objects remember
			size, d := value.Measure(v, 1000)
			assert.Equal(t, want, size, text)
			assert.Equal(t, depth, d, text)
			size, _ = value.Measure(v, want)
			assert.Equal(t, want, size, text)
			size, _ = value.Measure(v, want-1)
			assert.Equal(t, want, size, "one more than the limit: %s", text)
			assert.Equal(t, want, value.Size(v), text)
		}
	}
}

// What is small in memory and endless as a text is not walked to its end.
func TestMeasureStops(t *testing.T) {
	for name, twice := range map[string]func(v any) any{
		"arrays": func(v any) any { return []any{v, v} },
		"objects": func(v any) any {
			return value.NewObject(value.Member{Key: "a", Value: v}, value.Member{Key: "b", Value: v})
		},
		"both":  func(v any) any { return []any{value.NewObject(value.Member{Key: "a", Value: []any{v, v}}), v} },
		"empty": func(v any) any { return []any{[]any{}, v, []any{v}} },
	} {
		var v any = "x"
		for range 80 {
			v = twice(v)
		}
		for _, limit := range []int{0, 100, 262_144} {
			size, _ := value.Measure(v, limit)
			assert.Equal(t, limit+1, size, "%s, %d", name, limit)
		}
	}
	var deep any = int64(1)
	for range 300_000 {
		deep = []any{deep}
	}
	size, _ := value.Measure(deep, math.MaxInt-1)
	assert.Equal(t, math.MaxInt, size, "deeper than any text")
	var within any = int64(1)
	for range 50_000 {
		within = []any{within}
	}
	size, depth := value.Measure(within, math.MaxInt)
	assert.Equal(t, "100001 50000", fmt.Sprint(size, depth))
}
