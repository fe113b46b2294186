package jsonpath

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// maxCharacters is the most that the Base64 functions and States.Hash take
// (documented).
const maxCharacters = 10_000

// A format is a template of States.Format, cut at its placeholders.
type format struct {
	pieces  []string // one more than there are placeholders
	problem string
}

// parseFormat cuts a template. Braces that are no placeholder must be escaped.
func parseFormat(template string) *format {
	f := &format{}
	var piece strings.Builder
	for i := 0; i < len(template); i++ {
		switch c := template[i]; {
		case c == '\\' && i+1 < len(template) && strings.IndexByte(`'{}\`, template[i+1]) >= 0:
			i++
			piece.WriteByte(template[i])
		case c == '{' && strings.HasPrefix(template[i:], "{}"):
			i++
			f.pieces = append(f.pieces, piece.String())
			piece.Reset()
		case c == '{':
			return &format{problem: "the template has a '{' without its '}': " + template}
		case c == '}':
			return &format{problem: "the template has a '}' without its '{': " + template}
		default:
			piece.WriteByte(c)
		}
	}
	f.pieces = append(f.pieces, piece.String())
	return f
}

func formatConstants(c *invocation) string {
	if template, ok := c.arguments[0].(constant); ok {
		if _, ok := template.v.(string); ok {
			c.format = parseFormat(template.raw)
		}
	}
	return ""
}

func formatText(env *environment, c *invocation, arguments []any) (any, string) {
	f := c.format
	if f == nil {
		template, problem := stringOf(arguments, 0)
		if problem != "" {
			return nil, problem
		}
		f = parseFormat(template)
	}
	if f.problem != "" {
		return nil, f.problem
	}
	values := arguments[1:]
	if len(values) != len(f.pieces)-1 {
		return nil, "the template has " + strconv.Itoa(len(f.pieces)-1) + " placeholders for " +
			strconv.Itoa(len(values)) + " arguments"
	}
	if problem := env.make(len(f.pieces[0])); problem != "" {
		return nil, problem
	}
	var b strings.Builder
	b.WriteString(f.pieces[0])
	for i, v := range values {
		// The specification allows neither arrays nor objects. AWS was measured to
		// write an object's members as Java does; what was not measured is refused.
		if _, isArray := v.([]any); isArray {
			return nil, typeError(i+1, v, "a string, a number, a boolean or null")
		}
		if o, isObject := v.(*value.Object); isObject && o.Len() == 0 {
			return nil, typeError(i+1, v, "a string, a number, a boolean or null")
		}
		size, _ := value.Measure(v, maxMade)
		if problem := env.make(size + len(f.pieces[i+1])); problem != "" {
			return nil, problem
		}
		writeJava(&b, v)
		b.WriteString(f.pieces[i+1])
	}
	return b.String(), ""
}

// stringSplit cuts at any of the splitter's characters and drops empty parts
// (measured).
func stringSplit(env *environment, _ *invocation, arguments []any) (any, string) {
	text, problem := stringOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	splitter, problem := stringOf(arguments, 1)
	if problem != "" {
		return nil, problem
	}
	if problem := env.make(len(text)); problem != "" {
		return nil, problem
	}
	parts := []any{}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(splitter, r) }) {
		parts = append(parts, part)
	}
	return parts, ""
}

// stringToJSON gives null for a text that is blank (measured).
func stringToJSON(env *environment, _ *invocation, arguments []any) (any, string) {
	text, problem := stringOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	if strings.Trim(text, " \t\r\n") == "" {
		return nil, ""
	}
	if problem := env.make(len(text)); problem != "" {
		return nil, problem
	}
	v, err := value.Parse(text)
	if err != nil {
		return nil, "argument 1 is not JSON: " + err.Error()
	}
	return v, ""
}

func jsonToString(env *environment, _ *invocation, arguments []any) (any, string) {
	size, _ := value.Measure(arguments[0], maxMade)
	if problem := env.make(size); problem != "" {
		return nil, problem
	}
	return value.String(arguments[0]), ""
}

// jsonMerge puts the second object's members over the first's. AWS documents
// that it has the shallow mode only.
func jsonMerge(_ *environment, _ *invocation, arguments []any) (any, string) {
	left, problem := objectOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	right, problem := objectOf(arguments, 1)
	if problem != "" {
		return nil, problem
	}
	deep, ok := arguments[2].(bool)
	if !ok {
		return nil, typeError(2, arguments[2], "false")
	}
	if deep {
		return nil, "argument 3 must be false: deep merging is not supported"
	}
	var b value.Builder
	for key, v := range left.All() {
		b.Set(key, v)
	}
	for key, v := range right.All() {
		b.Set(key, v)
	}
	return b.Object(), ""
}

func base64Encode(env *environment, _ *invocation, arguments []any) (any, string) {
	text, problem := shortString(arguments)
	if problem != "" {
		return nil, problem
	}
	if problem := env.make(base64.StdEncoding.EncodedLen(len(text))); problem != "" {
		return nil, problem
	}
	return base64.StdEncoding.EncodeToString([]byte(text)), ""
}

// base64Decode reads the standard alphabet with padding; line breaks are
// ignored. Bytes that are no UTF-8 become U+FFFD, since JSON holds text.
func base64Decode(env *environment, _ *invocation, arguments []any) (any, string) {
	text, problem := shortString(arguments)
	if problem != "" {
		return nil, problem
	}
	if problem := env.make(len(text)); problem != "" {
		return nil, problem
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, "argument 1 is not Base64: " + err.Error()
	}
	return strings.ToValidUTF8(string(data), "\uFFFD"), ""
}

// javaLength counts UTF-16 units, as Java counts characters.
func javaLength(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

func shortString(arguments []any) (text, problem string) {
	text, problem = stringOf(arguments, 0)
	if problem == "" && javaLength(text) > maxCharacters {
		problem = "argument 1 is longer than " + strconv.Itoa(maxCharacters) + " characters"
	}
	return text, problem
}

// hashConstants refuses true and false written out as the data: the grammar of
// arguments has no booleans. A path may lead to one.
func hashConstants(c *invocation) string {
	if data, ok := c.arguments[0].(constant); ok {
		if _, ok := data.v.(bool); ok {
			return "States.Hash: " + typeError(0, data.v, "a string, a number or a path")
		}
	}
	return ""
}

var hashes = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

// digest hashes a string's own characters, and the JSON text of anything else.
func digest(_ *environment, _ *invocation, arguments []any) (any, string) {
	var data string
	switch v := arguments[0].(type) {
	case nil:
		return nil, typeError(0, v, "something other than null")
	case string:
		data = v
	default:
		data = value.String(v)
	}
	if javaLength(data) > maxCharacters {
		return nil, "argument 1 is longer than " + strconv.Itoa(maxCharacters) + " characters"
	}
	algorithm, problem := stringOf(arguments, 1)
	if problem != "" {
		return nil, problem
	}
	newHash, ok := hashes[algorithm]
	if !ok {
		return nil, typeError(1, algorithm, "MD5, SHA-1, SHA-256, SHA-384 or SHA-512")
	}
	h := newHash()
	h.Write([]byte(data))
	return hex.EncodeToString(h.Sum(nil)), ""
}
