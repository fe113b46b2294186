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
