package gen

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// name gives each call a method, and each input that has a type of its own the type's name.
// No two names are the same.
func name(calls []*call, o Options) {
	taken := map[string]bool{o.Type: true, register(o): true}
	methods := make(map[string]bool)
	for _, c := range calls {
		base := exported(words(c.resource))
		c.method = base
		for n := 2; methods[c.method]; n++ {
			c.method = base + strconv.Itoa(n)
		}
		methods[c.method] = true
	}
	for _, c := range calls {
		if c.input == raw {
			continue
		}
		c.typed, c.input = c.input, c.method+"Input"
		for n := 2; taken[c.input]; n++ {
			c.input = c.method + "Input" + strconv.Itoa(n)
		}
		taken[c.input] = true
	}
}

// words returns what of a resource makes a good name: what follows the account in an ARN,
// else everything.
func words(resource string) string {
	if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return strings.TrimPrefix(parts[5], "aws-sdk:")
	}
	return resource
}

// initialisms are parts of names that Go writes in capitals.
var initialisms = map[string]bool{
	"api": true, "arn": true, "aws": true, "csv": true, "db": true, "ec2": true, "ecs": true, "eks": true, "http": true, "id": true,
	"json": true, "s3": true, "sdk": true, "ses": true, "sns": true, "sql": true, "sqs": true, "ssm": true, "sts": true, "url": true, "uuid": true, "xml": true,
}

// exported makes an exported name in Go of the letters and digits of a text, with a capital
// letter at the beginning of each part. A text that begins with something else than a letter
// that has a capital form is put behind a "Do".
func exported(text string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if initialisms[strings.ToLower(part)] {
			b.WriteString(strings.ToUpper(part))
			continue
		}
		for i, r := range part {
			if i == 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
		}
	}
	if first, _ := utf8.DecodeRuneInString(b.String()); unicode.IsUpper(first) {
		return b.String()
	}
	return "Do" + b.String()
}
