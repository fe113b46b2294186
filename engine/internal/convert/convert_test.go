package convert_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/internal/convert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type (
	flat struct {
		Name   string
		Count  int     `json:"count"`
		Price  float64 `json:"price,omitempty"`
		Done   bool    `json:"-"`
		hidden int
		Small  int8   `json:"small,omitempty"`
		Bits   uint16 `json:"bits"`
		//lint:ignore SA5008 this is how a field gets the name -
		Dash string `json:"-,"`
	}
	nested struct {
		Flat   flat              `json:"flat"`
		Ptr    *flat             `json:"ptr,omitempty"`
		List   []flat            `json:"list"`
		Tags   map[string]string `json:"tags,omitempty"`
		Any    any               `json:"any"`
		Raw    json.RawMessage   `json:"raw,omitempty"`
		At     time.Time         `json:"at"`
		AtPtr  *time.Time        `json:"atPtr"`
		Bytes  []byte            `json:"bytes"`
		Number json.Number       `json:"number,omitempty"`
		Deep   **int             `json:"deep"`
		Kind   kind              `json:"kind"`
		Kinds  map[kind]int      `json:"kinds"`
	}
	list struct {
		Value int   `json:"value"`
		Next  *list `json:"next,omitempty"`
		Kids  []list
	}
	kind     string
	color    int // marshals as text
	inverted bool
	embedded struct {
		flat
		More int
	}
	quoted struct {
		N int `json:"n,string"`
	}
	zero struct {
		N int `json:"n,omitzero"`
	}
	clash struct {
		A int `json:"n"`
		B int `json:"N"`
	}
	odd struct {
		A int `json:"a.b"`
	}
)

func (c color) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "color-%d", int(c)), nil }
func (c *color) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "color-%d", (*int)(c))
	return err
}
func (i *inverted) MarshalJSON() ([]byte, error) { return json.Marshal(!*i) }
func (i *inverted) UnmarshalJSON(b []byte) error { *i = string(b) == "false"; return nil }

// decodes checks that Decode does to a text what json.Unmarshal does.
func decodes[T any](t *testing.T, text string) {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		return
	}
	var got, want T
	wantErr := json.Unmarshal(value.Append(nil, v), &want)
	gotErr := convert.Decode[T]()(v, &got)
	if gotErr != nil && strings.HasPrefix(gotErr.Error(), "value: ") { // for numbers beyond a float64
		require.Error(t, wantErr)
		return
	}
	assert.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(gotErr), "%T of %s", want, text)
	if wantErr == nil {
		assert.Equal(t, want, got, "%T of %s", want, text)
	}
	var into T
	assert.Equal(t, fmt.Sprint(gotErr), fmt.Sprint(convert.Into(v, &into)))
	if wantErr == nil {
		assert.Equal(t, want, into, "%T of %s", want, text)
	}
}

func decodesAll(t *testing.T, text string) {
	t.Helper()
	decodes[flat](t, text)
	decodes[nested](t, text)
	decodes[list](t, text)
	decodes[embedded](t, text)
	decodes[quoted](t, text)
	decodes[zero](t, text)
	decodes[clash](t, text)
	decodes[odd](t, text)
	decodes[any](t, text)
	decodes[map[string]any](t, text)
	decodes[map[string]flat](t, text)
	decodes[map[kind]*int](t, text)
	decodes[map[int]int](t, text)
	decodes[map[color]int](t, text)
	decodes[[]any](t, text)
	decodes[[]int8](t, text)
	decodes[[]byte](t, text)
	decodes[[2]int](t, text)
	decodes[string](t, text)
	decodes[kind](t, text)
	decodes[bool](t, text)
	decodes[int](t, text)
	decodes[int8](t, text)
	decodes[uint8](t, text)
	decodes[uint64](t, text)
	decodes[float64](t, text)
	decodes[float32](t, text)
	decodes[*int](t, text)
	decodes[**flat](t, text)
	decodes[color](t, text)
	decodes[inverted](t, text)
	decodes[*inverted](t, text)
	decodes[[]inverted](t, text)
	decodes[time.Time](t, text)
	decodes[json.RawMessage](t, text)
	decodes[json.Number](t, text)
	decodes[fmt.Stringer](t, text)
	decodes[struct{}](t, text)
	decodes[chan int](t, text)
}

var texts = []string{
	`null`, `true`, `false`, `0`, `1`, `-1`, `127`, `128`, `255`, `256`, `1.0`, `1.5`, `-0.0`, `1e3`, `1E400`,
	`9007199254740993`, `9223372036854775807`, `9223372036854775808`, `18446744073709551615`, `123456789012345678901234567890`,
	`""`, `"text"`, `"ä\ud83d\ude00"`, `"aGVsbG8="`, `"color-7"`, `"2024-01-01T00:00:00Z"`, `"12"`,
	`[]`, `[1,2]`, `[1,2,3]`, `[null]`, `["a",1,null,{"x":[]}]`, `[true,false]`, `[300]`, `[1.5]`,
	`{}`, `{"Name":"n","count":3,"price":1.25,"Done":true,"hidden":4,"small":5,"bits":6,"-":"d"}`,
	`{"name":"n","NAME":"m","Name":"k"}`, `{"name":"first"}`, `{"COUNT":3,"ſmall":2}`, `{"count":null,"Name":null}`,
	`{"count":1.0}`, `{"count":"x"}`, `{"small":300}`, `{"bits":-1}`, `{"other":1}`,
	`{"flat":{"Name":"n"},"ptr":{"count":1},"list":[{},{"Name":"x"}],"tags":{"b":"1","a":"2"},"any":{"n":1,"l":[1,2.5]},"raw":{"z":1,"a":[ ]},"at":"2024-01-01T00:00:00Z","atPtr":"2024-01-01T00:00:00Z","bytes":"aGVsbG8=","number":1.50,"deep":7,"kind":"k","kinds":{"a":1}}`,
	`{"flat":null,"ptr":null,"list":null,"tags":null,"any":null,"raw":null,"at":null,"atPtr":null,"bytes":null,"number":null,"deep":null,"kind":null,"kinds":null}`,
	`{"flat":{"count":"x"}}`, `{"list":[{"count":"x"}]}`, `{"at":"yesterday"}`, `{"number":"x"}`, `{"number":"1"}`, `{"flat":{},"FLAT":{"count":1}}`,
	`{"value":1,"next":{"value":2,"next":{"value":3,"Kids":[{"value":4}]}}}`, `{"More":1,"Name":"n"}`, `{"n":"5"}`, `{"n":5}`, `{"a.b":5}`, `{"1":2}`, `{"color-3":1}`,
}

func TestDecodeIsUnmarshal(t *testing.T) {
	t.Parallel()
	for _, text := range texts {
		decodesAll(t, text)
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(decodesAll)
}

// encodes checks that Encode gives the value of what json.Marshal writes.
func encodes[T any](t *testing.T, v T) {
	t.Helper()
	var want any
	text, wantErr := json.Marshal(v)
	if wantErr == nil {
		want, wantErr = value.Parse(text)
	}
	got, gotErr := convert.Encode[T]()(v)
	same, sameErr := convert.Of(v)
	assert.Equal(t, value.String(got), value.String(same))
	assert.Equal(t, fmt.Sprint(gotErr), fmt.Sprint(sameErr))
	assert.Equal(t, wantErr == nil, gotErr == nil, "%T %+v: %v, %v", v, v, wantErr, gotErr)
	if wantErr == nil && gotErr == nil {
		assert.Equal(t, value.String(want), value.String(got), "%T %+v", v, v)
	}
}

func TestEncodeIsMarshal(t *testing.T) {
	t.Parallel()
	n, at := 5, time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC)
	p := &n
	yes := inverted(true)
	full := nested{
		Flat: flat{Name: "n<&>", Count: -3, Price: 1.25, Done: true, hidden: 1, Small: 2, Bits: 9, Dash: "d"},
		Ptr:  &flat{}, List: []flat{{}, {Name: "x"}}, Tags: map[string]string{"b": "1", "a": "2"},
		Any: map[string]any{"z": []int{1}, "a": flat{}}, Raw: json.RawMessage(`{"z":1.0,"a":[]}`), At: at, AtPtr: &at,
		Bytes: []byte("hello"), Number: "1.50", Deep: &p, Kind: "k", Kinds: map[kind]int{"b": 1, "a": 2},
	}
	encodes(t, full)
	encodes(t, &full)
	encodes(t, nested{})
	encodes(t, []nested{full})
	encodes(t, flat{})
	encodes(t, (*flat)(nil))
	encodes(t, list{Value: 1, Next: &list{Value: 2, Kids: []list{{}, {Value: 3}}}})
	encodes(t, embedded{flat: flat{Name: "n"}, More: 1})
	encodes(t, quoted{N: 5})
	encodes(t, zero{})
	encodes(t, clash{A: 1, B: 2})
	encodes(t, odd{A: 1})
	encodes[any](t, nil)
	encodes[any](t, full)
	encodes[any](t, &n)
	encodes[error](t, nil)
	encodes(t, []any{1, "a", nil, 2.5, flat{}, []int{1}, map[string]int{"b": 1, "a": 2}})
	encodes(t, map[string]any{"b": 1, "a": []any{flat{}}})
	encodes(t, map[int]string{2: "b", 1: "a"})
	encodes(t, map[color]int{2: 1, 1: 2})
	encodes(t, map[string]inverted{"a": true})
	encodes(t, []inverted{true, false})
	encodes(t, yes)
	encodes(t, &yes)
	encodes(t, struct{ I inverted }{true})
	encodes(t, &struct{ I inverted }{true})
	encodes(t, struct{ I *inverted }{&yes})
	encodes(t, color(3))
	encodes(t, []color{1, 2})
	encodes(t, [2]int{1, 2})
	encodes(t, [][]byte{[]byte("hello"), nil})
	encodes(t, [][]int{nil, {}, {1}})
	encodes(t, map[string][]int(nil))
	encodes(t, json.RawMessage(`{"a" : 1.0}`))
	encodes(t, json.RawMessage(`{`))
	encodes(t, json.Number("1.50"))
	encodes(t, json.Number("x"))
	encodes(t, "\xff")
	encodes(t, map[string]int{"\xff": 1})
	encodes(t, true)
	encodes(t, uint64(math.MaxUint64))
	encodes(t, int64(math.MinInt64))
	encodes(t, float32(0.1))
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 1.5, -2.25, 1e20, 1e21, 1e-7, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.NaN(), 1 << 53} {
		encodes(t, struct{ F float64 }{f})
	}
	encodes(t, make(chan int))
	encodes(t, func() {})
	encodes(t, struct{ C chan int }{})
	encodes(t, complex(1, 2))

	loop := &list{}
	loop.Next = loop
	encodes(t, loop)
	deep := &list{}
	for range value.MaxDepth + 5 {
		deep = &list{Next: deep}
	}
	encodes(t, deep)
}

// TestIntoAVariableInUse: json.Unmarshal keeps what the text doesn't name.
func TestIntoAVariableInUse(t *testing.T) {
	t.Parallel()
	v, err := value.Parse(`{"count":2}`)
	require.NoError(t, err)
	used := flat{Name: "kept", Count: 1}
	require.NoError(t, convert.Into(v, &used))
	assert.Equal(t, flat{Name: "kept", Count: 2}, used)
	for _, into := range []any{nil, 7, (*int)(nil), flat{}} {
		assert.EqualError(t, convert.Into(v, into), json.Unmarshal([]byte(`{"count":2}`), into).Error())
	}
}

func TestEncodePassesValuesOn(t *testing.T) {
	t.Parallel()
	o := value.NewObject(value.Member{Key: "a", Value: int64(1)})
	got, err := convert.Encode[any]()(o)
	require.NoError(t, err)
	assert.Same(t, o, got)
	got, err = convert.Of(o)
	require.NoError(t, err)
	assert.Same(t, o, got)
	got, err = convert.Encode[*value.Object]()(o)
	require.NoError(t, err)
	assert.Same(t, o, got)
}

type (
	digest  []byte
	spelled []byte
)

func (spelled) MarshalText() ([]byte, error) { return []byte("spelled"), nil }

// TestBytesAreNoPayload, but for those that say how they are written, and those within others.
func TestBytesAreNoPayload(t *testing.T) {
	t.Parallel()
	text, bytes := json.RawMessage(`{"a":1}`), []byte("{}")
	for _, c := range []struct {
		of   func() (any, error)
		want string // "" when it is refused
	}{
		{func() (any, error) { return convert.Encode[[]byte]()(bytes) }, ""},
		{func() (any, error) { return convert.Encode[[]byte]()(nil) }, ""},
		{func() (any, error) { return convert.Encode[*[]byte]()(&bytes) }, ""},
		{func() (any, error) { return convert.Encode[digest]()(digest("x")) }, ""},
		{func() (any, error) { return convert.Encode[any]()(bytes) }, ""},
		{func() (any, error) { return convert.Encode[any]()(digest(nil)) }, ""},
		{func() (any, error) { return convert.Of(bytes) }, ""},
		{func() (any, error) { return convert.Of(&bytes) }, ""},
		{func() (any, error) { return convert.Of(digest("x")) }, ""},
		{func() (any, error) { return convert.Of(text) }, `{"a":1}`},
		{func() (any, error) { return convert.Of(&text) }, `{"a":1}`},
		{func() (any, error) { return convert.Encode[json.RawMessage]()(text) }, `{"a":1}`},
		{func() (any, error) { return convert.Of(spelled("x")) }, `"spelled"`},
		{func() (any, error) { return convert.Of(net.IPv4(1, 2, 3, 4)) }, `"1.2.3.4"`},
		{func() (any, error) { return convert.Of([2]byte{1, 2}) }, `[1,2]`},
		{func() (any, error) { return convert.Of([][]byte{bytes}) }, `["e30="]`},
		{func() (any, error) { return convert.Of(map[string]any{"a": bytes}) }, `{"a":"e30="}`},
		{func() (any, error) { return convert.Of(nil) }, `null`},
	} {
		got, err := c.of()
		if c.want == "" {
			require.ErrorContains(t, err, "json.RawMessage", "%v", got)
			continue
		}
		require.NoError(t, err, c.want)
		assert.Equal(t, c.want, value.String(got))
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("name", "key", 1.5, int64(7), true, uint64(9))
	f.Fuzz(func(t *testing.T, name, key string, price float64, count int64, done bool, bits uint64) {
		v := flat{Name: name, Count: int(count), Price: price, Done: done, Bits: uint16(bits)}
		encodes(t, v)
		if utf8.ValidString(key) && utf8.ValidString(name) { // else value.Of decides
			encodes(t, map[string]any{key: v, name: []any{count, done, bits, key}})
		}
		encodes(t, nested{Flat: v, List: []flat{v}, Tags: map[string]string{key: name, name: key}, Any: []flat{v}})
	})
}

type order struct {
	ID       string   `json:"id"`
	Quantity int      `json:"quantity"`
	Paid     bool     `json:"paid"`
	Price    float64  `json:"price"`
	Tags     []string `json:"tags"`
}

const orderText = `{"id":"order-42","quantity":3,"paid":true,"price":19.5,"tags":["a","b"]}`

func BenchmarkDecode(b *testing.B) {
	v, err := value.Parse(orderText)
	require.NoError(b, err)
	direct := convert.Decode[order]()
	for name, decode := range map[string]func(any, *order) error{"direct": direct, "text": func(v any, o *order) error { return value.Decode(v, o) }} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var o order
				require.NoError(b, decode(v, &o))
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	var o order
	require.NoError(b, json.NewDecoder(strings.NewReader(orderText)).Decode(&o))
	direct := convert.Encode[order]()
	for name, encode := range map[string]func(order) (any, error){"direct": direct, "text": func(o order) (any, error) { return value.Of(o) }} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := encode(o)
				require.NoError(b, err)
			}
		})
	}
}
