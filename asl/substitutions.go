package asl

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Substitution is a ${Name} that stands in a definition for a value which a deployment
// tool, such as SAM or CloudFormation, puts in before AWS reads the definition.
type Substitution struct {
	// Name is what stands between the braces: "ChargeArn", "Table.Arn" or "AWS::Region".
	Name string
	// Start and End are the bytes of the ${Name} in the text.
	Start, End int
	// Quoted says that the substitution stands inside of a JSON string.
	Quoted bool
	// Whole says that the substitution is all of the string, or of the value, that it
	// stands in.
	Whole bool
	// Expression says that the substitution stands in a JSONata expression: {% ... %}.
	Expression bool
	// Field is the name of the field that has the value which the substitution is or is
	// part of; an array's elements have the array's. It is "" for one in a field's name.
	Field string
}

// Substitutions returns the substitutions of a definition in the order of the text. The
// text need not be JSON: one that has unquoted substitutions is none yet.
func Substitutions(definition string) []Substitution {
	var found []Substitution
	field, outer := "", []string(nil) // of the value at hand, and of those around it
	for at := 0; at < len(definition); {
		switch definition[at] {
		case '"':
			end := stringEnd(definition, at)
			text := strings.TrimSuffix(definition[at+1:end], `"`)
			owner := field
			if following(definition, end, ":") {
				owner = ""
				if err := json.Unmarshal([]byte(definition[at:end]), &field); err != nil {
					field = text
				}
			}
			for _, span := range substitution.FindAllStringIndex(text, -1) {
				found = append(found, Substitution{
					Name: text[span[0]+2 : span[1]-1], Start: at + 1 + span[0], End: at + 1 + span[1],
					Quoted: true, Whole: span[1]-span[0] == len(text), Field: owner,
					Expression: strings.HasPrefix(text, "{%") && strings.HasSuffix(text, "%}"),
				})
			}
			at = end
			continue
		case '$':
			end := strings.IndexByte(definition[at:], '}') + at + 1
			if name := definition[at:max(end, at)]; name != "" && substitution.FindString(name) == name {
				found = append(found, Substitution{
					Name: name[2 : len(name)-1], Start: at, End: end, Field: field,
					Whole: end == len(definition) || following(definition, end, ",]}"),
				})
				at = end
				continue
			}
		case '{':
			outer, field = append(outer, field), ""
		case '[':
			outer = append(outer, field)
		case '}', ']':
			if last := len(outer) - 1; last >= 0 {
				field, outer = outer[last], outer[:last]
			}
		}
		at++
	}
	return found
}

// stringEnd returns the offset after the JSON string that starts at an offset; of one that
// is not closed, the end of the text.
func stringEnd(text string, start int) int {
	for at := start + 1; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}

// following reports whether one of the characters follows, after space.
func following(text string, at int, characters string) bool {
	rest := strings.TrimLeft(text[at:], " \t\r\n")
	return rest != "" && strings.Contains(characters, rest[:1])
}

// Plausible returns a text that can stand in the place of the substitution while its value
// is not known, so that the rest of the definition can be read: an ARN as a Resource, a
// number for a number, else the Name itself.
func (s Substitution) Plausible() string {
	if !s.Quoted {
		return s.plausibleJSON()
	}
	if s.Whole {
		return s.plausibleText()
	}
	return s.word()
}

// Numeric reports whether the Field takes nothing but a number, or a Reference Path or an
// expression that gives one.
func (s Substitution) Numeric() bool {
	row := s.row()
	return row != nil && (row.shape == integerShape || row.shape == numberShape)
}

// plausibleJSON returns JSON for a substitution that is not quoted. Where anything may
// stand that is a number, as nothing else need go without quotes.
func (s Substitution) plausibleJSON() string {
	row := s.row()
	if row == nil {
		return "1"
	}
	switch row.shape {
	case flagShape:
		return "true"
	case integerShape, numberShape:
		if s.Field == "TimeoutSeconds" {
			return "86400" // more than a HeartbeatSeconds beside it
		}
		return fmt.Sprint(max(row.min, 1))
	case objectShape, templateShape, anything:
		return "{}"
	case itemsShape, listShape:
		return "[]"
	default:
		return `"` + s.plausibleText() + `"`
	}
}

// plausibleText returns the contents of a JSON string that is the substitution alone.
func (s Substitution) plausibleText() string {
	if strings.HasSuffix(s.Field, ".$") {
		return "$"
	}
	row := s.row()
	switch {
	case s.Field == "Resource":
		return s.arn()
	case row == nil:
	case row.shape == pathShape || row.shape == referencePath || row.shape == exprShape:
		return "$"
	case row.shape == timeShape:
		return "2030-01-01T00:00:00Z"
	case len(row.options) > 0:
		return row.options[0]
	}
	if lower := strings.ToLower(s.Name); strings.HasSuffix(lower, "arn") {
		return s.arn()
	}
	return s.word()
}

// row returns the first row of the table of fields that has the Field's name.
func (s Substitution) row() *field {
	if i := slices.IndexFunc(fieldTable, func(f field) bool { return f.name == s.Field }); i >= 0 {
		return &fieldTable[i]
	}
	return nil
}

// word returns the Name without what can't stand in a name on AWS: "Table" of "Table.Arn".
func (s Substitution) word() string {
	name, _, _ := strings.Cut(strings.TrimPrefix(s.Name, "AWS::"), ".")
	if name = strings.ReplaceAll(name, ":", "-"); name != "" {
		return name
	}
	return "value"
}

// arns gives the ARNs of what a name says that it is, by a part of the name in lower case.
// The first that fits is taken; %s is the name.
var arns = []struct{ part, format string }{
	{"statemachine", "arn:aws:states:us-east-1:123456789012:stateMachine:%s"},
	{"activity", "arn:aws:states:us-east-1:123456789012:activity:%s"},
	{"topic", "arn:aws:sns:us-east-1:123456789012:%s"},
	{"queue", "arn:aws:sqs:us-east-1:123456789012:%s"},
	{"table", "arn:aws:dynamodb:us-east-1:123456789012:table/%s"},
	{"bucket", "arn:aws:s3:::%s"},
	{"role", "arn:aws:iam::123456789012:role/%s"},
	{"cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/%s"},
	{"taskdef", "arn:aws:ecs:us-east-1:123456789012:task-definition/%s:1"},
	{"connection", "arn:aws:events:us-east-1:123456789012:connection/%s/11111111-2222-3333-4444-555555555555"},
	{"secret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:%s-a1b2c3"},
}

// arn returns an ARN for the Name. A Resource is a function or an activity; so is anything
// a function whose name says nothing else.
func (s Substitution) arn() string {
	lower := strings.ToLower(s.Name)
	for _, kind := range arns {
		if strings.Contains(lower, kind.part) && (s.Field != "Resource" || kind.part == "activity") {
			return fmt.Sprintf(kind.format, s.word())
		}
	}
	return "arn:aws:lambda:us-east-1:123456789012:function:" + s.word()
}
