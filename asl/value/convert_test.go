package value

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type order struct {
	ID    string            `json:"id"`
	Count int               `json:"count"`
	Price float64           `json:"price"`
	Notes map[string]string `json:"notes,omitempty"`
	Next  *order            `json:"next,omitempty"`
}

type shout string

func (s shout) MarshalJSON() ([]byte, error) { return json.Marshal(strings.ToUpper(string(s))) }

func TestOf(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "null"},
		{true, "true"},
		{"text", `"text"`},
		{"bad \xff text", `"bad ` + "\uFFFD" + ` text"`},
		{1, "1"}, {int8(-1), "-1"}, {int16(2), "2"}, {int32(3), "3"}, {int64(4), "4"},
		{uint(5), "5"}, {uint8(6), "6"}, {uint16(7), "7"}, {uint32(8), "8"}, {uint64(9), "9"},
		{uint64(math.MaxUint64), "18446744073709551615"},
		{1.5, "1.5"}, {float32(0.1), "0.1"}, {3.0, "3"}, {1e300, "1.0E300"},
		{json.Number("1.0"), "1.0"}, {json.Number("12"), "12"}, {json.Number(""), "0"},
		{json.RawMessage(`{"b":1,"a":2}`), `{"b":1,"a":2}`},
		{json.RawMessage(nil), "null"},
		{map[string]any{"b": 1, "a": []any{1, 2.0, nil}}, `{"a":[1,2,null],"b":1}`},
		{map[string]string{"y": "1", "x": "2"}, `{"x":"2","y":"1"}`},
		{map[string]any(nil), "null"}, {map[string]string(nil), "null"},
		{[]any(nil), "null"}, {[]string(nil), "null"}, {(*Object)(nil), "null"},
		{[]string{"a", "b"}, `["a","b"]`},
		{[]int{1, 2}, "[1,2]"},
		{[]byte("hi"), `"aGk="`},
		{order{ID: "7", Count: 2, Price: 2, Next: &order{}}, `{"id":"7","count":2,"price":2,"next":{"id":"","count":0,"price":0}}`},
		{shout("hey"), `"HEY"`},
		{[]any{shout("x"), map[string]any{"d": time.Second}}, `["X",{"d":1000000000}]`},
		{map[string]any{"o": NewObject(Member{"f", 1.0})}, `{"o":{"f":1.0}}`},
	} {
		v, err := Of(c.v)
		if assert.NoError(t, err, "%#v", c.v) {
			assert.Equal(t, c.want, String(v), "%#v", c.v)
		}
	}
}

func TestOfLetsValuesThrough(t *testing.T) {
	o := parse(t, document).(*Object)
	list := []any{o, "a", int64(1), 1.5, nil, []any{true}}
	for _, v := range []any{o, list} {
		got, err := Of(v)
		require.NoError(t, err)
		assert.True(t, Equal(v, got))
		assert.Zero(t, testing.AllocsPerRun(10, func() { _, _ = Of(v) }))
	}
	got, err := Of(list)
	require.NoError(t, err)
	assert.Same(t, &list[0], &got.([]any)[0])

	mixed := []any{int64(1), 2}
	got, err = Of(mixed)
	require.NoError(t, err)
	assert.Equal(t, []any{int64(1), int64(2)}, got)
	assert.Equal(t, []any{int64(1), 2}, mixed, "the caller's slice does not change")
}

func TestOfRefusesWhatIsNotJSON(t *testing.T) {
	endless := map[string]any{}
	endless["again"] = endless
	for message, v := range map[string]any{
		"JSON has no number NaN":                 math.NaN(),
		"JSON has no number +Inf (at /a/0/b~1c)": map[string]any{"a": []any{map[string]any{"b/c": math.Inf(1)}}},
		`"12x" is not a JSON number`:             json.Number("12x"),
		`" 1" is not a JSON number`:              json.Number(" 1"),
		"unsupported type: chan int":             struct{ C chan int }{},
		"line 1, column 2":                       json.RawMessage("{"),
		"stands twice":                           json.RawMessage(`{"a":1,"a":2}`),
		"nested deeper than 1000":                endless,
	} {
		_, err := Of(v)
		assert.ErrorContains(t, err, message)
	}
}

func TestDecode(t *testing.T) {
	v := parse(t, `{"id":"7","count":2,"price":2.5,"notes":{"a":"b"},"next":{"id":"8"}}`)

	var o order
	require.NoError(t, Decode(v, &o))
	assert.Equal(t, order{ID: "7", Count: 2, Price: 2.5, Notes: map[string]string{"a": "b"}, Next: &order{ID: "8"}}, o)

	var same *Object
	require.NoError(t, Decode(v, &same))
	assert.Same(t, v, same)

	_, err := Parse("1")
	require.NoError(t, err)
	assert.Error(t, Decode(v, nil))
	assert.Error(t, Decode("text", new(int)))
	assert.Error(t, Decode(1.5, new(int)))
	assert.Error(t, Decode(json.Number("1e400"), new(any)))
}

// TestDecodeIsUnmarshal holds every fast path against json.Unmarshal.
func TestDecodeIsUnmarshal(t *testing.T) {
	texts := []string{
		"null", "true", "false", "0", "-1", "1.5", "1e3", "9007199254740993", "12345678901234567890", "1e400",
		`""`, `"x"`, "[]", `[1,"a",null,{"b":[2.5]}]`, "{}", `{"a":1,"b":{"c":[true]}}`,
	}
	targets := []func() any{
		func() any { return new(any) },
		func() any { return new(map[string]any) },
		func() any { return &map[string]any{"kept": 1.0} },
		func() any { return new(string) }, func() any { return new(bool) },
		func() any { return new(int) }, func() any { return new(int64) }, func() any { return new(int8) },
		func() any { return new(float64) }, func() any { return new([]any) }, func() any { return new(order) },
		func() any { return new(json.RawMessage) }, func() any { return new(json.Number) },
		func() any { v := any("old"); return &v },
		func() any { v := any(&order{ID: "old"}); return &v },
	}
	for _, text := range texts {
		v := parse(t, text)
		for _, target := range targets {
			want, got := target(), target()
			wantErr, gotErr := json.Unmarshal(Append(nil, v), want), Decode(v, got)
			assert.Equal(t, wantErr == nil, gotErr == nil, "%s into %T: %v, %v", text, got, wantErr, gotErr)
			if wantErr == nil && gotErr == nil {
				assert.Equal(t, want, got, "%s into %T", text, got)
			}
		}
	}
}
