package jsonpath

import (
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// javaText writes a value as Java's toString does, which is what AWS shows in
// places (measured for States.Format): {Arg1=1, Arg2=[]}.
func javaText(v any) string {
	var b strings.Builder
	writeJava(&b, v)
	return b.String()
}

func writeJava(b *strings.Builder, v any) {
	switch v := v.(type) {
	case string:
		b.WriteString(v)
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writeJava(b, e)
		}
		b.WriteByte(']')
	case *value.Object:
		b.WriteByte('{')
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			m := v.At(i)
			b.WriteString(m.Key)
			b.WriteByte('=')
			writeJava(b, m.Value)
		}
		b.WriteByte('}')
	default:
		var space [32]byte
		b.Write(value.Append(space[:0], v))
	}
}

// javaClass names the Java class that holds such a value, for Jayway's messages.
func javaClass(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "java.lang.Boolean"
	case string:
		return "java.lang.String"
	case int64:
		if int64(int32(v)) == v {
			return "java.lang.Integer"
		}
		return "java.lang.Long"
	case float64:
		return "java.lang.Double"
	case []any:
		return "java.util.ArrayList"
	case *value.Object:
		return "java.util.LinkedHashMap"
	}
	return "java.math.BigInteger"
}
