package parquet

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/gostates/gostates/asl/value"
)

// A conversion makes a JSON value of what a column has.
type conversion = func(parquet.Value) (any, error)

// leaf returns the conversion of a column that is kept as a kind.
func (c *compiler) leaf(element *format.SchemaElement, kind parquet.Kind) (conversion, error) {
	switch t := element.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType:
		return text, nil
	case *format.JsonType:
		return parsed, nil
	case *format.UUIDType:
		return identifier, nil
	case *format.Float16Type:
		return half, nil
	case *format.DecimalType:
		return decimal(kind, int(t.Precision), int(t.Scale))
	case *format.DateType:
		return date, nil
	case *format.TimeType:
		return clock(unitOf(t.Unit)), nil
	case *format.TimestampType:
		return timestamp(unitOf(t.Unit), t.IsAdjustedToUTC), nil
	case *format.IntType:
		return integer(kind, t.IsSigned), nil
	case *format.NullType:
		return func(parquet.Value) (any, error) { return nil, nil }, nil
	case nil:
		if element.ConvertedType.Valid {
			return c.converted(element, kind)
		}
	}
	return c.plain(kind), nil
}

// converted returns the conversion of a column that is annotated as older writers do it.
func (c *compiler) converted(element *format.SchemaElement, kind parquet.Kind) (conversion, error) {
	switch element.ConvertedType.V {
	case deprecated.UTF8, deprecated.Enum:
		return text, nil
	case deprecated.Json:
		return parsed, nil
	case deprecated.Decimal:
		return decimal(kind, int(element.Precision.V), int(element.Scale.V))
	case deprecated.Date:
		return date, nil
	case deprecated.TimeMillis:
		return clock(time.Millisecond), nil
	case deprecated.TimeMicros:
		return clock(time.Microsecond), nil
	case deprecated.TimestampMillis:
		return timestamp(time.Millisecond, true), nil
	case deprecated.TimestampMicros:
		return timestamp(time.Microsecond, true), nil
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return integer(kind, false), nil
	}
	return c.plain(kind), nil
}

// plain returns the conversion of a column without annotation, or with one that has no form
// in JSON.
func (c *compiler) plain(kind parquet.Kind) conversion {
	switch kind {
	case parquet.Boolean:
		return func(v parquet.Value) (any, error) { return v.Boolean(), nil }
	case parquet.Int32, parquet.Int64:
		return integer(kind, true)
	case parquet.Int96:
		return oldTimestamp
	case parquet.Float:
		return func(v parquet.Value) (any, error) {
			short, err := strconv.ParseFloat(strconv.FormatFloat(float64(v.Float()), 'g', -1, 32), 64)
			return number(short), err
		}
	case parquet.Double:
		return func(v parquet.Value) (any, error) { return number(v.Double()), nil }
	}
	if c.BinaryAsText {
		return text
	}
	return func(v parquet.Value) (any, error) { return base64.StdEncoding.EncodeToString(v.ByteArray()), nil }
}

// number returns a number, or its name when JSON has no such number.
func number(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}

func text(v parquet.Value) (any, error) {
	return strings.ToValidUTF8(string(v.ByteArray()), "\ufffd"), nil
}

func parsed(v parquet.Value) (any, error) { return value.Parse(string(v.ByteArray())) }

func identifier(v parquet.Value) (any, error) {
	id, err := uuid.FromBytes(v.ByteArray())
	return id.String(), err
}

// half reads a number of 16 bits.
func half(v parquet.Value) (any, error) {
	b := v.ByteArray()
	if len(b) != 2 {
		return nil, fmt.Errorf("a FLOAT16 has %d bytes", len(b))
	}
	bits := binary.LittleEndian.Uint16(b)
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 0x1f:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	return number(math.Copysign(f, 1-2*float64(bits>>15))), nil
}

func integer(kind parquet.Kind, signed bool) conversion {
	switch {
	case kind == parquet.Int32 && signed:
		return func(v parquet.Value) (any, error) { return int64(v.Int32()), nil }
	case kind == parquet.Int32:
		return func(v parquet.Value) (any, error) { return int64(v.Uint32()), nil }
	case signed:
		return func(v parquet.Value) (any, error) { return v.Int64(), nil }
	}
	return func(v parquet.Value) (any, error) { return value.Of(v.Uint64()) }
}

// decimal returns the conversion of a number with digits behind its point. Which form it has
// is the same for all rows.
func decimal(kind parquet.Kind, precision, scale int) (conversion, error) {
	if precision < 1 || scale < 0 || scale > precision {
		return nil, fmt.Errorf("a DECIMAL has %d digits, %d of them behind the point", precision, scale)
	}
	return func(v parquet.Value) (any, error) {
		unscaled := unscaled(kind, v)
		switch {
		case scale == 0 && precision <= 18 && unscaled.IsInt64():
			return unscaled.Int64(), nil
		case precision <= 15:
			return strconv.ParseFloat(pointed(unscaled, scale), 64)
		}
		return pointed(unscaled, scale), nil
	}, nil
}

// unscaled returns the digits of a decimal as a number.
func unscaled(kind parquet.Kind, v parquet.Value) *big.Int {
	switch kind {
	case parquet.Int32:
		return big.NewInt(int64(v.Int32()))
	case parquet.Int64:
		return big.NewInt(v.Int64())
	}
	bytes := v.ByteArray() // the highest first, in two's complement
	n := new(big.Int).SetBytes(bytes)
	if len(bytes) > 0 && bytes[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(bytes))*8))
	}
	return n
}

// pointed writes a number with the point before its last digits.
func pointed(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	if scale > 0 {
		if short := scale + 1 - len(digits); short > 0 {
			digits = strings.Repeat("0", short) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

func date(v parquet.Value) (any, error) {
	return time.Unix(0, 0).UTC().AddDate(0, 0, int(v.Int32())).Format(time.DateOnly), nil
}

func unitOf(u format.TimeUnit) time.Duration {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return time.Millisecond
	case *format.MicroSeconds:
		return time.Microsecond
	}
	return time.Nanosecond
}

// clock returns the conversion of a time of day.
func clock(unit time.Duration) conversion {
	return func(v parquet.Value) (any, error) {
		n := v.Int64()
		if v.Kind() == parquet.Int32 {
			n = int64(v.Int32())
		}
		if n < 0 || n >= int64(24*time.Hour/unit) {
			return nil, errors.New("a TIME is none of a day")
		}
		return time.Unix(0, n*int64(unit)).UTC().Format("15:04:05.999999999"), nil
	}
}

// timestamp returns the conversion of a moment, or of what a clock shows somewhere.
func timestamp(unit time.Duration, utc bool) conversion {
	layout := "2006-01-02T15:04:05.999999999"
	if utc {
		layout += "Z"
	}
	per := int64(time.Second / unit)
	return func(v parquet.Value) (any, error) {
		n := v.Int64()
		return time.Unix(n/per, n%per*int64(unit)).UTC().Format(layout), nil
	}
}

// oldTimestamp reads the nanoseconds of a day and the number of the day, counted as
// astronomers do.
func oldTimestamp(v parquet.Value) (any, error) {
	const dayOf1970 = 2_440_588
	n := v.Int96()
	nanoseconds := int64(n[1])<<32 | int64(n[0])
	days := int64(int32(n[2])) - dayOf1970
	seconds := days*24*60*60 + nanoseconds/int64(time.Second)
	return time.Unix(seconds, nanoseconds%int64(time.Second)).UTC().Format(time.RFC3339Nano), nil
}
