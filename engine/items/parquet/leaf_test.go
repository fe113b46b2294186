package parquet_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/engine/items"
	pq "github.com/gostates/gostates/engine/items/parquet"
)

// columns writes rows of a schema; each value has its levels.
func columns(t *testing.T, fields parquet.Group, rows ...parquet.Row) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, parquet.NewSchema("rows", fields))
	_, err := w.WriteRows(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// annotated is a node with an annotation that the library's nodes don't have.
type annotated struct {
	parquet.Node
	typ parquet.Type
}

func (a annotated) Type() parquet.Type { return a.typ }

type logicalType struct {
	parquet.Type
	logical *format.LogicalType
}

func (l logicalType) LogicalType() *format.LogicalType { return l.logical }

type convertedType struct {
	parquet.Type
	converted deprecated.ConvertedType
}

func (c convertedType) LogicalType() *format.LogicalType { return nil }

func (c convertedType) ConvertedType() *deprecated.ConvertedType { return &c.converted }

// old returns a leaf that is annotated as older writers do it.
func old(t parquet.Type, c deprecated.ConvertedType) parquet.Node {
	return annotated{parquet.Leaf(t), convertedType{t, c}}
}

func TestTypes(t *testing.T) {
	day := int64(20_785) // 2026-11-28
	at := (day*24+12)*3_600_000 + 5
	half := annotated{parquet.Leaf(parquet.FixedLenByteArrayType(2)), logicalType{parquet.FixedLenByteArrayType(2), &format.LogicalType{Value: new(format.Float16Type)}}}
	bytes := func(b ...byte) parquet.Value { return parquet.FixedLenByteArrayValue(b) }
	for _, c := range []struct {
		name  string
		node  parquet.Node
		value parquet.Value
		want  string
	}{
		{"boolean", parquet.Leaf(parquet.BooleanType), parquet.BooleanValue(true), "true"},
		{"int32", parquet.Leaf(parquet.Int32Type), parquet.Int32Value(math.MinInt32), "-2147483648"},
		{"int64", parquet.Leaf(parquet.Int64Type), parquet.Int64Value(math.MaxInt64), "9223372036854775807"},
		{"int8", parquet.Int(8), parquet.Int32Value(-7), "-7"},
		{"uint32", parquet.Uint(32), parquet.Int32Value(-1), "4294967295"},
		{"uint64", parquet.Uint(64), parquet.Int64Value(7), "7"},
		{"a large uint64", parquet.Uint(64), parquet.Int64Value(-1), "18446744073709551615"},
		{"float", parquet.Leaf(parquet.FloatType), parquet.FloatValue(0.1), "0.1"},
		{"double", parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(0.1), "0.1"},
		{"not a number", parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(math.NaN()), `"NaN"`},
		{"infinity", parquet.Leaf(parquet.FloatType), parquet.FloatValue(float32(math.Inf(1))), `"Infinity"`},
		{"minus infinity", parquet.Leaf(parquet.DoubleType), parquet.DoubleValue(math.Inf(-1)), `"-Infinity"`},
		{"half", half, bytes(0x00, 0x3e), "1.5"},
		{"half, negative", half, bytes(0x00, 0xc0), "-2.0"},
		{"half, tiny", half, bytes(0x01, 0x00), "5.960464477539063E-8"},
		{"half, infinite", half, bytes(0x00, 0x7c), `"Infinity"`},
		{"half, none", half, bytes(0x01, 0x7c), `"NaN"`},

		{"string", parquet.String(), parquet.ByteArrayValue([]byte("ä\"")), `"ä\""`},
		{"a string that is no UTF-8", parquet.String(), parquet.ByteArrayValue([]byte("a\xff")), `"a` + "\ufffd" + `"`},
		{"enum", parquet.Enum(), parquet.ByteArrayValue([]byte("RED")), `"RED"`},
		{"JSON", parquet.JSON(), parquet.ByteArrayValue([]byte(`{"a": [1, null]}`)), `{"a":[1,null]}`},
		{"UUID", parquet.UUID(), bytes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), `"00010203-0405-0607-0809-0a0b0c0d0e0f"`},
		{"BSON", parquet.BSON(), parquet.ByteArrayValue([]byte{1, 2}), `"AQI="`},
		{"bytes", parquet.Leaf(parquet.ByteArrayType), parquet.ByteArrayValue([]byte("hello")), `"aGVsbG8="`},
		{"fixed bytes", parquet.Leaf(parquet.FixedLenByteArrayType(3)), bytes(1, 2, 3), `"AQID"`},

		{"decimal of 9 digits", parquet.Decimal(2, 9, parquet.Int32Type), parquet.Int32Value(-12345), "-123.45"},
		{"decimal below one", parquet.Decimal(4, 15, parquet.Int64Type), parquet.Int64Value(7), "7.0E-4"},
		{"decimal of 18 digits", parquet.Decimal(4, 18, parquet.Int64Type), parquet.Int64Value(-123400), `"-12.3400"`},
		{"decimal without a point", parquet.Decimal(0, 18, parquet.Int64Type), parquet.Int64Value(999_999_999_999_999_999), "999999999999999999"},
		{"decimal in bytes", parquet.Decimal(3, 20, parquet.FixedLenByteArrayType(9)), bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe), `"-0.002"`},
		{"decimal in many bytes", parquet.Decimal(0, 38, parquet.FixedLenByteArrayType(16)), bytes(0x4b, 0x3b, 0x4c, 0xa8, 0x5a, 0x86, 0xc4, 0x7a, 0x09, 0x8a, 0x22, 0x3f, 0xff, 0xff, 0xff, 0xff), `"99999999999999999999999999999999999999"`},

		{"date", parquet.Date(), parquet.Int32Value(int32(day)), `"2026-11-28"`},
		{"date before 1970", parquet.Date(), parquet.Int32Value(-1), `"1969-12-31"`},
		{"time", parquet.Time(parquet.Millisecond), parquet.Int32Value(43_200_500), `"12:00:00.5"`},
		{"time in microseconds", parquet.Time(parquet.Microsecond), parquet.Int64Value(1), `"00:00:00.000001"`},
		{"timestamp", parquet.Timestamp(parquet.Millisecond), parquet.Int64Value(at), `"2026-11-28T12:00:00.005Z"`},
		{"timestamp in nanoseconds", parquet.Timestamp(parquet.Nanosecond), parquet.Int64Value(at*1_000_000 + 1), `"2026-11-28T12:00:00.005000001Z"`},
		{"timestamp before 1970", parquet.Timestamp(parquet.Microsecond), parquet.Int64Value(-1), `"1969-12-31T23:59:59.999999Z"`},
		{"timestamp of nowhere", parquet.TimestampAdjusted(parquet.Millisecond, false), parquet.Int64Value(at), `"2026-11-28T12:00:00.005"`},
		{"int96", parquet.Leaf(parquet.Int96Type), parquet.Int96Value(deprecated.Int96{1, 0, uint32(day + 2_440_588)}), `"2026-11-28T00:00:00.000000001Z"`},

		{"old string", old(parquet.ByteArrayType, deprecated.UTF8), parquet.ByteArrayValue([]byte("a")), `"a"`},
		{"old JSON", old(parquet.ByteArrayType, deprecated.Json), parquet.ByteArrayValue([]byte("[1]")), `[1]`},
		{"old date", old(parquet.Int32Type, deprecated.Date), parquet.Int32Value(0), `"1970-01-01"`},
		{"old time", old(parquet.Int32Type, deprecated.TimeMillis), parquet.Int32Value(1), `"00:00:00.001"`},
		{"old time in microseconds", old(parquet.Int64Type, deprecated.TimeMicros), parquet.Int64Value(1), `"00:00:00.000001"`},
		{"old timestamp", old(parquet.Int64Type, deprecated.TimestampMillis), parquet.Int64Value(at), `"2026-11-28T12:00:00.005Z"`},
		{"old timestamp in microseconds", old(parquet.Int64Type, deprecated.TimestampMicros), parquet.Int64Value(1), `"1970-01-01T00:00:00.000001Z"`},
		{"old uint8", old(parquet.Int32Type, deprecated.Uint8), parquet.Int32Value(255), "255"},
		{"old int16", old(parquet.Int32Type, deprecated.Int16), parquet.Int32Value(-1), "-1"},
		{"interval", old(parquet.FixedLenByteArrayType(12), deprecated.Interval), bytes(make([]byte, 12)...), `"AAAAAAAAAAAAAAAA"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := columns(t, parquet.Group{"v": parquet.Optional(c.node)}, parquet.Row{c.value.Level(0, 1, 0)}, parquet.Row{parquet.NullValue().Level(0, 0, 0)})
			got, _, err := read(t, reader(content), items.Place{})
			require.NoError(t, err)
			require.Equal(t, []string{`{"v":` + c.want + `}`, `{"v":null}`}, got)
		})
	}
}

func TestBinaryAsText(t *testing.T) {
	source := reader(columns(t, parquet.Group{"v": parquet.Leaf(parquet.ByteArrayType)}, parquet.Row{parquet.ByteArrayValue([]byte("hello")).Level(0, 0, 0)}))
	source.Parquet = pq.Format{BinaryAsText: true}
	got, _, err := read(t, source, items.Place{})
	require.NoError(t, err)
	require.Equal(t, []string{`{"v":"hello"}`}, got)
}

// TestBadValues: what a column can't mean is the items' fault, with the row and the column.
func TestBadValues(t *testing.T) {
	good := parquet.ByteArrayValue([]byte("1"))
	for name, c := range map[string]struct {
		node  parquet.Node
		value parquet.Value
		want  string
	}{
		"JSON": {parquet.JSON(), parquet.ByteArrayValue([]byte("{")), "behind row 1 of a row group: column v: "},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := read(t, reader(columns(t, parquet.Group{"v": c.node}, parquet.Row{good}, parquet.Row{c.value})), items.Place{})
			require.ErrorContains(t, err, c.want)
			require.Empty(t, got)
		})
	}
}

// oldList is a list as older writers annotate it, which may have two levels.
type oldList struct{ parquet.Group }

func (l oldList) Type() parquet.Type { return convertedType{l.Group.Type(), deprecated.List} }

// oldMap is a map as older writers annotate it.
type oldMap struct{ parquet.Group }

func (m oldMap) Type() parquet.Type { return convertedType{m.Group.Type(), deprecated.MapKeyValue} }

// TestNested: lists and maps in all forms that writers give them.
func TestNested(t *testing.T) {
	text := func(s string) parquet.Value { return parquet.ByteArrayValue([]byte(s)) }
	number := func(n int64) parquet.Value { return parquet.Int64Value(n) }
	i64 := parquet.Leaf(parquet.Int64Type)
	null := parquet.NullValue()
	for _, c := range []struct {
		name string
		node parquet.Node
		row  parquet.Row
		want string
	}{
		{"a list of optional elements", parquet.Optional(parquet.List(parquet.Optional(i64))), parquet.Row{number(1).Level(0, 3, 0), null.Level(1, 2, 0), number(3).Level(1, 3, 0)}, "[1,null,3]"},
		{"an empty list", parquet.Optional(parquet.List(parquet.Optional(i64))), parquet.Row{null.Level(0, 1, 0)}, "[]"},
		{"no list", parquet.Optional(parquet.List(parquet.Optional(i64))), parquet.Row{null.Level(0, 0, 0)}, "null"},
		{"a list of lists", parquet.List(parquet.List(i64)), parquet.Row{number(1).Level(0, 2, 0), number(2).Level(2, 2, 0), null.Level(1, 1, 0), number(3).Level(1, 2, 0)}, "[[1,2],[],[3]]"},
		{"a repeated leaf as a list", oldList{parquet.Group{"array": parquet.Repeated(i64)}}, parquet.Row{number(1).Level(0, 1, 0), number(2).Level(1, 1, 0)}, "[1,2]"},
		{"a repeated group of one as a list", oldList{parquet.Group{"bag": parquet.Repeated(parquet.Group{"item": i64})}}, parquet.Row{number(1).Level(0, 1, 0)}, "[1]"},
		{"a repeated group named array", oldList{parquet.Group{"array": parquet.Repeated(parquet.Group{"a": i64})}}, parquet.Row{number(1).Level(0, 1, 0)}, `[{"a":1}]`},
		{"a repeated group named after the list", oldList{parquet.Group{"v_tuple": parquet.Repeated(parquet.Group{"a": i64})}}, parquet.Row{number(1).Level(0, 1, 0)}, `[{"a":1}]`},
		{"a repeated group of two", oldList{parquet.Group{"list": parquet.Repeated(parquet.Group{"a": i64, "b": i64})}}, parquet.Row{number(1).Level(0, 1, 0), number(2).Level(0, 1, 1)}, `[{"a":1,"b":2}]`},
		{"a repeated leaf without annotation", parquet.Repeated(i64), parquet.Row{number(1).Level(0, 1, 0), number(2).Level(1, 1, 0)}, "[1,2]"},
		{"a repeated group without annotation", parquet.Repeated(parquet.Group{"a": i64}), parquet.Row{null.Level(0, 0, 0)}, "[]"},
		{"a group that only holds what repeats", parquet.Group{"a": parquet.Repeated(i64)}, parquet.Row{number(1).Level(0, 1, 0)}, `{"a":[1]}`},
		{"no group", parquet.Optional(parquet.Group{"a": parquet.Optional(i64)}), parquet.Row{null.Level(0, 0, 0)}, "null"},
		{"a group of null", parquet.Optional(parquet.Group{"a": parquet.Optional(i64)}), parquet.Row{null.Level(0, 1, 0)}, `{"a":null}`},
		{"a map", parquet.Map(parquet.String(), parquet.Optional(i64)), parquet.Row{text("b").Level(0, 1, 0), text("a").Level(1, 1, 0), null.Level(0, 1, 1), number(2).Level(1, 2, 1)}, `{"b":null,"a":2}`},
		{"a map of numbers, one twice", parquet.Map(i64, i64), parquet.Row{number(1).Level(0, 1, 0), number(1).Level(1, 1, 0), number(2).Level(0, 1, 1), number(3).Level(1, 1, 1)}, `{"1":3}`},
		{"an empty map", parquet.Map(i64, i64), parquet.Row{null.Level(0, 0, 0), null.Level(0, 0, 1)}, `{}`},
		{"a map of lists", parquet.Map(parquet.String(), parquet.List(i64)), parquet.Row{text("a").Level(0, 1, 0), text("b").Level(1, 1, 0), number(1).Level(0, 2, 1), number(2).Level(2, 2, 1), null.Level(1, 1, 1)}, `{"a":[1,2],"b":[]}`},
		{"a map without values", oldMap{parquet.Group{"map": parquet.Repeated(parquet.Group{"key": parquet.String()})}}, parquet.Row{text("a").Level(0, 1, 0)}, `{"a":null}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			// The row comes twice, so that what is left of one is seen in the next.
			got, _, err := read(t, reader(columns(t, parquet.Group{"v": c.node}, c.row, c.row)), items.Place{})
			require.NoError(t, err)
			require.Equal(t, []string{`{"v":` + c.want + `}`, `{"v":` + c.want + `}`}, got)
		})
	}
}
