package stepfunctions

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/gostates/gostates/asl/value"
)

// A checker compares an input with the model.
type checker struct {
	violations []string
}

// checkInput returns the members of an input that the model knows, as AWS ignores others. An
// input that does not obey the model is an error in AWS's words: the form of the text was
// measured for lengths, numbers, enumerations and lists. Those for null and for a pattern
// are known from other services of AWS, and so is that values which the model calls sensitive
// are left out.
func checkInput(members []member, body *value.Object) (*value.Object, error) {
	var c checker
	input, err := c.structure(members, body, "")
	if err != nil {
		return nil, err
	}
	if n := len(c.violations); n > 0 {
		errors := "errors"
		if n == 1 {
			errors = "error"
		}
		return nil, &apiError{Code: "ValidationException", Message: fmt.Sprintf("%d validation %s detected: %s", n, errors, strings.Join(c.violations, "; "))}
	}
	for _, m := range members {
		if v, ok := input.Get(m.name); ok && len(m.resources) > 0 {
			if err := checkARN(v.(string), m.resources); err != nil {
				return nil, err
			}
		}
	}
	return input, nil
}

// structure checks the members of a structure at a path, and returns those it knows.
func (c *checker) structure(members []member, o *value.Object, path string) (*value.Object, error) {
	var b value.Builder
	for _, m := range members {
		at := m.name
		if path != "" {
			at = path + "." + m.name
		}
		v, _ := o.Get(m.name)
		if v == nil {
			if m.required {
				c.violate("null", at, "Member must not be null")
			}
			continue
		}
		checked, err := c.value(m.shape, v, at)
		if err != nil {
			return nil, err
		}
		b.Set(m.name, checked)
	}
	return b.Object(), nil
}

// value checks a value that is not null.
func (c *checker) value(s *shape, v any, at string) (any, error) {
	switch s.kind {
	case structureKind:
		o, ok := v.(*value.Object)
		if !ok {
			return nil, wrongType(v, s)
		}
		return c.structure(s.members, o, at)
	case listKind:
		return c.list(s, v, at)
	case booleanKind:
		if _, ok := v.(bool); !ok {
			return nil, wrongType(v, s)
		}
		return v, nil
	case integerKind, floatKind:
		return c.number(s, v, at)
	}
	text, ok := v.(string)
	if !ok {
		return nil, wrongType(v, s)
	}
	n := javaLength(text)
	shown := s.show(text)
	if n < s.min {
		c.violate(shown, at, fmt.Sprintf("Member must have length greater than or equal to %d", s.min))
	}
	if s.max > 0 && n > s.max {
		c.violate(shown, at, fmt.Sprintf("Member must have length less than or equal to %d", s.max))
	}
	if s.matches != nil && !s.matches.MatchString(text) {
		c.violate(shown, at, "Member must satisfy regular expression pattern: "+s.pattern)
	}
	if len(s.enum) > 0 && !slices.Contains(s.enum, text) {
		c.violate(shown, at, "Member must satisfy enum value set: ["+strings.Join(s.enum, ", ")+"]")
	}
	return text, nil
}

func (c *checker) list(s *shape, v any, at string) (any, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, wrongType(v, s)
	}
	checked := make([]any, 0, len(items))
	for i, item := range items {
		if item == nil {
			continue
		}
		one, err := c.value(s.item, item, at+"."+strconv.Itoa(i+1)+".member")
		if err != nil {
			return nil, err
		}
		checked = append(checked, one)
	}
	n := int64(len(items))
	if n < s.min {
		c.violate(s.show(v), at, fmt.Sprintf("Member must have length greater than or equal to %d", s.min))
	}
	if s.max > 0 && n > s.max {
		c.violate(s.show(v), at, fmt.Sprintf("Member must have length less than or equal to %d", s.max))
	}
	return checked, nil
}

// number checks a number, and returns an integer as an int64.
func (c *checker) number(s *shape, v any, at string) (any, error) {
	var n float64
	switch number := v.(type) {
	case int64:
		n = float64(number)
	case float64:
		n = number
	case json.Number: // it is out of the range of both
		n = math.Inf(1)
		if strings.HasPrefix(number.String(), "-") {
			n = math.Inf(-1)
		}
	default:
		return nil, wrongType(v, s)
	}
	if s.kind == integerKind {
		// Fractions are cut, as AWS's JSON parser does with them (known from other services).
		n = math.Trunc(n)
		if math.Abs(n) > math.MaxInt32 {
			return nil, &apiError{Code: "SerializationException", Message: "NUMBER_VALUE can not be converted to an Integer"}
		}
		v = int64(n)
	}
	if n < float64(s.min) {
		c.violate(s.show(v), at, fmt.Sprintf("Member must have value greater than or equal to %d", s.min))
	}
	if s.max > 0 && n > float64(s.max) {
		c.violate(s.show(v), at, fmt.Sprintf("Member must have value less than or equal to %d", s.max))
	}
	return v, nil
}

// violate notes that a value does not satisfy a constraint. shown is the value in quotes, or
// empty for a sensitive one.
func (c *checker) violate(shown, at, constraint string) {
	value := "Value"
	if shown != "" {
		value += " " + shown
	}
	c.violations = append(c.violations, value+" at '"+at+"' failed to satisfy constraint: "+constraint)
}

// show writes a value as AWS's errors do: as Java would, in quotes. A sensitive value is not
// shown.
func (s *shape) show(v any) string {
	if s.sensitive {
		return ""
	}
	return "'" + s.java(v) + "'"
}

// java writes a value as Java would.
func (s *shape) java(v any) string {
	switch v := v.(type) {
	case string:
		if s.sensitive {
			return "***"
		}
		return v
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = s.item.java(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case *value.Object:
		var members []string
		for _, m := range s.members {
			if part, _ := v.Get(m.name); part != nil {
				members = append(members, m.name+"="+m.shape.java(part))
			}
		}
		return s.name + "(" + strings.Join(members, ", ") + ")"
	}
	return value.String(v)
}

// javaLength counts the characters of a text as Java does.
func javaLength(text string) int64 {
	var n int64
	for _, r := range text {
		n += int64(max(utf16.RuneLen(r), 1))
	}
	return n
}

// wrongType returns the error for a value of another type than the model's, in words that
// are known from other services of AWS.
func wrongType(v any, s *shape) error {
	message := ""
	switch v.(type) {
	case *value.Object:
		message = "Start of structure or map found where not expected."
	case []any:
		message = "Start of list found where not expected"
	default:
		from, to := "STRING_VALUE", map[kind]string{textKind: "a String", integerKind: "an Integer", floatKind: "a Float", booleanKind: "a Boolean", listKind: "a List", structureKind: "a Structure"}[s.kind]
		switch v := v.(type) {
		case bool:
			from = strings.ToUpper(strconv.FormatBool(v)) + "_VALUE"
		case int64, float64, json.Number:
			from = "NUMBER_VALUE"
		}
		message = from + " can not be converted to " + to
	}
	return &apiError{Code: "SerializationException", Message: message}
}

// checkARN returns an error, in AWS's words, for a text that is no ARN of a resource of one
// of some types.
func checkARN(text string, resources []string) error {
	parts := strings.SplitN(text, ":", 7)
	if parts[0] != "arn" || len(parts) < 7 {
		return &apiError{Code: "InvalidArn", Message: "Invalid Arn: 'Invalid ARN prefix: " + text + "'"}
	}
	if resource := parts[5]; !slices.Contains(resources, resource) || parts[2] != "states" {
		return &apiError{Code: "InvalidArn", Message: "Invalid Arn: 'Resource type not valid in this context: " + resource + "'"}
	}
	return nil
}
