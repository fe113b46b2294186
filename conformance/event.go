package conformance

import (
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/states"
)

// Describe gives an event in the form that expectations have: AWS's, with JSON
// texts parsed and without the time.
func Describe(e *states.Event) *value.Object {
	var b value.Builder
	b.Set("id", int64(e.ID))
	b.Set("previousEventId", int64(e.PreviousID))
	for key, v := range parseObject(e.MarshalJSON()).All() {
		switch details, ok := v.(*value.Object); {
		case key == "timestamp":
		case ok:
			b.Set(key, parseTexts(details))
		default:
			b.Set(key, v)
		}
	}
	return b.Object()
}

// parseTexts gives an event's details with their JSON texts parsed.
func parseTexts(details *value.Object) *value.Object {
	var b value.Builder
	for key, v := range details.All() {
		switch key {
		case "input", "output", "parameters":
			v = parseText(v)
		case "assignedVariables":
			variables, _ := v.(*value.Object)
			var parsed value.Builder
			for name, text := range variables.All() {
				parsed.Set(name, parseText(text))
			}
			v = parsed.Object()
		}
		b.Set(key, v)
	}
	return b.Object()
}

// parseText parses a text that should be JSON; whatever is not stays as it is,
// and then differs from what is expected.
func parseText(v any) any {
	if text, ok := v.(string); ok {
		if parsed, err := value.Parse(text); err == nil {
			return parsed
		}
	}
	return v
}

func parseObject(text []byte, err error) *value.Object {
	if err != nil {
		return nil
	}
	v, _ := value.Parse(text)
	object, _ := v.(*value.Object)
	return object
}

// rolesOf gives what a Credentials field evaluated to in the form that history
// has: there RoleArn is roleArn.
func rolesOf(credentials any) any {
	object, ok := credentials.(*value.Object)
	if !ok {
		return credentials
	}
	var b value.Builder
	for key, v := range object.All() {
		b.Set(strings.Replace(key, "RoleArn", "roleArn", 1), v)
	}
	return b.Object()
}
