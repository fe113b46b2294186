package value

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

// FuzzParse: what Parse accepts is JSON to encoding/json too, reads back from its
// own text, and has the size that it says. What Parse refuses, encoding/json
// refuses, but for keys that stand twice, depth and text that is no UTF-8.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		document, "null", "-0", "1.0", "1e400", "1E-7", `"\ud83d\ude00\u0000"`, `{"a":[{},[]],"b":null}`,
		`{"a":1,"a":2}`, "[1,]", "\"\xff\"", `"\ud83d"`, "[[[[1]]]]", "12345678901234567890",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			e, ok := errors.AsType[*SyntaxError](err)
			if !ok || e.Offset < 0 || e.Offset > len(text) || e.Line < 1 || e.Column < 1 {
				t.Fatalf("a bad error: %v", err)
			}
			ours := e.Message == "nested deeper than 1000" || !utf8.ValidString(text) ||
				len(e.Message) > 7 && e.Message[:7] == "the key"
			if !ours && json.Valid([]byte(text)) {
				t.Fatalf("refused valid JSON %q: %v", text, err)
			}
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("accepted %q", text)
		}
		written := Append(nil, v)
		if len(written) != Size(v) {
			t.Fatalf("%s has %d bytes, Size says %d", written, len(written), Size(v))
		}
		again, err := Parse(written)
		if err != nil || !Equal(v, again) || String(again) != string(written) {
			t.Fatalf("%q is written %s and read back as %s: %v", text, written, String(again), err)
		}
	})
}
