package gen

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/asl/value"
)

// raw is the type of an input, or a field of one, that nothing is known of.
const raw = "json.RawMessage"

// inputOf returns the type of what a task is given, as Go writes it, from the state in the
// definition.
func inputOf(t *asl.Task, state any) string {
	field, jsonata := "Parameters", false
	if t.QueryLanguage() == asl.JSONata {
		field, jsonata = "Arguments", true
	}
	object, _ := state.(*value.Object)
	if object == nil {
		return raw
	}
	input, _ := object.Get(field)
	if t.Function != "" { // the function is given the Payload alone
		parameters, _ := input.(*value.Object)
		if parameters == nil {
			return raw
		}
		if _, computed := parameters.Get("Payload.$"); computed {
			return raw
		}
		input, _ = parameters.Get("Payload")
	}
	return structOf(input, jsonata)
}

// structOf returns the type of an object, raw for anything else, and for an object whose
// fields Go cannot name.
func structOf(v any, jsonata bool) string {
	object, ok := v.(*value.Object)
	if !ok || object.Len() == 0 {
		return raw
	}
	var b strings.Builder
	b.WriteString("struct {\n")
	names := make(map[string]bool)
	for key, v := range object.All() {
		typ := ""
		name := key
		if path, ok := strings.CutSuffix(key, ".$"); ok && !jsonata {
			name = path
			typ = typeOfPath(v)
		} else {
			typ = typeOf(v, jsonata)
		}
		field := exported(name)
		if !taggable(name) || names[strings.ToLower(field)] {
			return raw
		}
		names[strings.ToLower(field)] = true
		fmt.Fprintf(&b, "%s %s %s\n", field, typ, "`json:"+strconv.Quote(name)+"`")
	}
	b.WriteString("}")
	return b.String()
}

// typeOf returns the type of a value that the definition writes out.
func typeOf(v any, jsonata bool) string {
	switch v := v.(type) {
	case string:
		if jsonata && asl.IsQuery(v) {
			return raw
		}
		return "string"
	case bool:
		return "bool"
	case int64:
		return "int64"
	case float64, json.Number:
		return "float64"
	case *value.Object:
		return structOf(v, jsonata)
	case []any:
		item := ""
		for _, v := range v {
			typ := typeOf(v, jsonata)
			if item != "" && typ != item {
				return raw
			}
			item = typ
		}
		if item == "" || item == raw {
			return raw
		}
		return "[]" + item
	}
	return raw
}

// textFunctions are the Intrinsic Functions whose result is a text, and texts the paths in
// the Context Object where there is one.
var (
	textFunctions = []string{"States.Format(", "States.JsonToString(", "States.Base64Encode(", "States.Base64Decode(", "States.Hash(", "States.UUID("}
	texts         = map[string]bool{
		"$$.Task.Token": true, "$$.Execution.Id": true, "$$.Execution.Name": true, "$$.Execution.RoleArn": true, "$$.Execution.StartTime": true,
		"$$.State.Name": true, "$$.State.EnteredTime": true, "$$.StateMachine.Id": true, "$$.StateMachine.Name": true,
	}
)

// typeOfPath returns the type of what a path or an Intrinsic Function finds.
func typeOfPath(v any) string {
	text, _ := v.(string)
	if texts[text] {
		return "string"
	}
	for _, function := range textFunctions {
		if strings.HasPrefix(text, function) {
			return "string"
		}
	}
	return raw
}

// taggable reports whether encoding/json takes a text for the name of a field.
func taggable(name string) bool {
	if name == "" || name == "-" {
		return false
	}
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}
