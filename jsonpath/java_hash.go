package jsonpath

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/gostates/gostates/asl/value"
)

// That AWS keeps the values of States.ArrayUnique in a Java HashSet was seen for
// strings and integers. What this file says of the other types is derived: it takes
// them for what a Java JSON reader makes of them, Integer, Long, BigInteger, Double,
// Boolean, null, List and Map, since States.Format was measured to print objects and
// arrays as a Map and a List.

// javaHash is the value's hashCode, as the documentation of each Java class defines it.
func javaHash(v any) int32 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1231
		}
		return 1237
	case string:
		return javaStringHash(v)
	case int64:
		if v == int64(int32(v)) {
			return int32(v) // an Integer
		}
		return foldHash(uint64(v)) // a Long
	case float64:
		return foldHash(math.Float64bits(v))
	case json.Number:
		if n, ok := new(big.Int).SetString(string(v), 10); ok {
			return javaBigHash(n)
		}
		return foldHash(math.Float64bits(math.Inf(1))) // beyond a Double
	case []any:
		h := int32(1)
		for _, e := range v {
			h = 31*h + javaHash(e)
		}
		return h
	case *value.Object:
		h := int32(0)
		for key, member := range v.All() {
			h += javaStringHash(key) ^ javaHash(member)
		}
		return h
	}
	return 0 // null
}

func javaStringHash(s string) int32 {
	h := int32(0)
	for _, r := range s {
		if high, low := utf16.EncodeRune(r); high != '\uFFFD' {
			h, r = 31*h+high, low
		}
		h = 31*h + r
	}
	return h
}

func javaBigHash(n *big.Int) int32 {
	magnitude := n.Bytes()
	h := int32(0)
	for len(magnitude) > 0 {
		size := (len(magnitude)-1)%4 + 1
		word := uint32(0)
		for _, b := range magnitude[:size] {
			word = word<<8 | uint32(b)
		}
		h = 31*h + int32(word)
		magnitude = magnitude[size:]
	}
	return h * int32(n.Sign())
}

// foldHash is the hashCode of a Long, and of a Double by its bits.
func foldHash(bits uint64) int32 { return int32(bits ^ bits>>32) }

// javaIdentity appends a text that two values share when Java's equals holds between
// them, and only then. An integer equals no fraction there (1 is not 1.0), and 0.0 is
// not -0.0; objects are equal whatever the order of their members.
func javaIdentity(dst []byte, v any) []byte {
	switch v := v.(type) {
	case float64:
		return strconv.AppendUint(append(dst, 'd'), math.Float64bits(v), 16)
	case []any:
		dst = append(dst, '[')
		for _, e := range v {
			dst = append(javaIdentity(dst, e), ',')
		}
		return append(dst, ']')
	case *value.Object:
		keys := v.Keys()
		slices.Sort(keys)
		dst = append(dst, '{')
		for _, key := range keys {
			member, _ := v.Get(key)
			dst = append(value.Append(dst, key), ':')
			dst = append(javaIdentity(dst, member), ',')
		}
		return append(dst, '}')
	}
	return value.Append(dst, v)
}

// javaClass is the name of the value's Java class, "" for null.
func javaClass(v any) string {
	switch v := v.(type) {
	case bool:
		return "java.lang.Boolean"
	case string:
		return "java.lang.String"
	case int64:
		if v == int64(int32(v)) {
			return "java.lang.Integer"
		}
		return "java.lang.Long"
	case float64:
		return "java.lang.Double"
	case json.Number:
		return "java.math.BigInteger"
	case []any:
		return "java.util.ArrayList"
	case *value.Object:
		return "java.util.LinkedHashMap"
	}
	return ""
}

// javaOrder is the order in which a HashMap's tree puts two keys of one hash. Between
// two lists or two maps it depends on where Java keeps them in memory; here the one
// that comes later goes first.
func javaOrder(a, b any) int {
	class, other := javaClass(a), javaClass(b)
	switch {
	case class == "":
		return -1
	case other == "":
		return 1
	case class != other:
		return strings.Compare(class, other)
	}
	order := 0
	switch a := a.(type) {
	case string:
		order = slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b.(string))))
	case int64:
		order = cmp.Compare(a, b.(int64))
	case float64:
		order = cmp.Compare(a, b.(float64))
	case json.Number:
		x, ok1 := new(big.Int).SetString(string(a), 10)
		y, ok2 := new(big.Int).SetString(string(b.(json.Number)), 10)
		if ok1 && ok2 {
			order = x.Cmp(y)
		}
	}
	if order == 0 {
		return -1
	}
	return order
}
