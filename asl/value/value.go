// Package value holds the JSON values that flow between states.
//
// A value is nil, a bool, an int64, a float64, a string, an []any or an
// *[Object]; a number that fits neither int64 nor float64 keeps its text as a
// json.Number. Objects keep the order of the document they came from, because
// States.JsonToString, States.Hash and JSONata's $keys show that order to users
// and because a run that walks Go maps cannot be repeated.
//
// Values are immutable once shared: states, histories and stores hand the same
// value around without copying, in any number of goroutines. Whoever wants
// another value builds one ([Object.With], [Builder]).
//
// The parser is our own. A tokenizer from outside would be less to maintain,
// but the one at hand (ojg's) accepts texts that are no JSON ("1.", "[1,2",
// "1 2", ""), breaks escaped surrogate pairs, turns 1e400 into infinity and
// reports neither duplicate keys nor the place of a value.
//
// Data chapter of the specification: https://states-language.net/#data
package value

import "encoding/json"

// MaxDepth is the deepest nesting of arrays and objects that [Parse] and [Of]
// accept. RFC 8259 allows such a limit; it keeps a hostile text from exhausting
// the stack.
const MaxDepth = 1000

// TypeName gives the JSON name of v's type: "null", "boolean", "number",
// "string", "array" or "object". For anything that is no value it gives
// "undefined".
func TypeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case int64, float64, json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	case *Object:
		return "object"
	}
	return "undefined"
}
