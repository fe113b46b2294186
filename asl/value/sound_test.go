package value_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatMayStandInAnObject: nothing but values, at any depth, whoever asks: Of, Of of what
// surrounds the object, and encoding/json. Nothing is written as null that is not null.
func TestWhatMayStandInAnObject(t *testing.T) {
	t.Parallel()
	long := make([]any, 3)
	for _, c := range []struct {
		name string
		v    any
		want string // the text, or
		err  string
	}{
		{"null", nil, `null`, ""},
		{"a boolean", true, `true`, ""},
		{"an integer", int64(1), `1`, ""},
		{"a number", 1.5, `1.5`, ""},
		{"a number without a fraction", 2.0, `2.0`, ""},
		{"a json.Number", json.Number("12345678901234567890"), `12345678901234567890`, ""},
		{"a text", "a", `"a"`, ""},
		{"an array", []any{"a", nil}, `["a",null]`, ""},
		{"no array", []any(nil), `[]`, ""},
		{"an object", value.NewObject(value.Member{Key: "k", Value: int64(1)}), `{"k":1}`, ""},
		{"a nil *Object", (*value.Object)(nil), `{}`, ""},
		{"a text that is no UTF-8", "a\xffb", `"a\ufffdb"`, ""},
		{"a text in an array that is no UTF-8", append(long, "\xff"), `[null,null,null,"\ufffd"]`, ""},
		{"a key that is no UTF-8", value.NewObject(value.Member{Key: "\xff", Value: "x"}), `{"\ufffd":"x"}`, ""},
		{"keys that become one", value.NewObject(value.Member{Key: "\xff", Value: "x"}, value.Member{Key: "\xfe", Value: "y"}), `{"\ufffd":"y"}`, ""},
		{"a func", func() {}, "", "a func() is no JSON value"},
		{"a channel", make(chan int), "", "a chan int is no JSON value"},
		{"a struct", struct{ A int }{1}, "", "a struct { A int } is no JSON value"},
		{"a pointer", new(int), "", "a *int is no JSON value"},
		{"a map", map[string]any{"a": 1}, "", "a map[string]interface {} is no JSON value"},
		{"an int", 1, "", "a int is no JSON value"},
		{"a []string", []string{"a"}, "", "a []string is no JSON value"},
		{"a []byte", []byte("a"), "", "a []uint8 is no JSON value"},
		{"a json.RawMessage", json.RawMessage("1"), "", "a json.RawMessage is no JSON value"},
		{"a complex number", 1i, "", "a complex128 is no JSON value"},
		{"no number", math.NaN(), "", "JSON has no number NaN"},
		{"an infinite number", math.Inf(1), "", "JSON has no number +Inf"},
		{"a json.Number that is none", json.Number("x"), "", `"x" is not a JSON number`},
		{"an empty json.Number", json.Number(""), "", `"" is not a JSON number`},
		{"in an array", []any{nil, []any{func() {}}}, "", "(at /k/1/0)"},
		{"in an object", value.NewObject(value.Member{Key: "a/b", Value: []any{1}}), "", "(at /k/a~1b/0)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fresh := func() *value.Object { return value.NewObject(value.Member{Key: "k", Value: c.v}) }
			for name, of := range map[string]func() (string, error){
				"Of":              func() (string, error) { v, err := value.Of(fresh()); return value.String(v), err },
				"Of, asked twice": func() (string, error) { o := fresh(); value.Of(o); v, err := value.Of(o); return value.String(v), err },
				"Of, asked its size": func() (string, error) {
					o := fresh()
					value.Size(o)
					v, err := value.Of(o)
					return value.String(v), err
				},
				"encoding/json": func() (string, error) { text, err := json.Marshal(fresh()); return string(text), err },
			} {
				got, err := of()
				if c.err != "" {
					require.ErrorContains(t, err, c.err, name)
					continue
				}
				require.NoError(t, err, name)
				assert.JSONEq(t, `{"k":`+c.want+`}`, got, name)
			}
			for name, around := range map[string]any{
				"in an array": []any{"first", fresh()}, "in a map": map[string]any{"x": fresh()}, "in a struct": struct{ X any }{fresh()},
			} {
				_, err := value.Of(around)
				if c.err == "" {
					require.NoError(t, err, name)
				} else {
					require.Error(t, err, name)
				}
			}
		})
	}
}

// TestValuesPassThrough: what holds nothing but values is not copied.
func TestValuesPassThrough(t *testing.T) {
	t.Parallel()
	o := value.NewObject(value.Member{Key: "a", Value: []any{"x", value.NewObject()}})
	got, err := value.Of(o)
	require.NoError(t, err)
	assert.Same(t, o, got)
	deep := any(o)
	for range value.MaxDepth + 1 {
		deep = value.NewObject(value.Member{Key: "a", Value: deep})
	}
	_, err = value.Of(deep)
	require.ErrorContains(t, err, "nested deeper")
}
