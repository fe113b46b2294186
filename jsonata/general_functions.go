package jsonata

import "github.com/gostates/gostates/asl/value"

var generalFunctions = []builtin{
	{"boolean", "<x-:b>", 1, func(c Call, args []any) (any, error) {
		if !defined(args[0]) {
			return args[0], nil
		}
		return orFault(c.ev.effective(args[0]))
	}},
	{"not", "<x-:b>", 1, func(c Call, args []any) (any, error) {
		if !defined(args[0]) {
			return args[0], nil
		}
		ok, err := c.ev.effective(args[0])
		return orFault(!ok, err)
	}},
	{"exists", "<x:b>", 1, func(_ Call, args []any) (any, error) { return defined(args[0]), nil }},
	{"type", "<x:s>", 1, typeName},
	{"error", "<s?:x>", 1, func(_ Call, args []any) (any, error) {
		return nil, given("D3137", args[0], "$error() function evaluated")
	}},
	{"assert", "<bs?:x>", 2, func(_ Call, args []any) (any, error) {
		if ok, _ := args[0].(bool); !ok {
			return nil, given("D3141", args[1], "$assert() statement failed")
		}
		return Undefined{}, nil
	}},
	{"eval", "<sx?:x>", 2, evalFunction},
}

func orFault(ok bool, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return ok, nil
}

// given is an error with a message of the expression's own.
func given(code string, message any, otherwise string) error {
	text, _ := message.(string)
	if text == "" {
		text = otherwise
	}
	return &Error{Code: code, given: text}
}

func typeName(_ Call, args []any) (any, error) {
	switch v := args[0].(type) {
	case Undefined:
		return v, nil
	case nil:
		return "null", nil
	case string:
		return "string", nil
	case bool:
		return "boolean", nil
	case []any, *array:
		return "array", nil
	case Function:
		return "function", nil
	case *value.Object:
		return "object", nil
	default:
		_, _, err := numeric(v)
		return orError("number", err)
	}
}

// evalFunction evaluates text as an expression, among the variables of the
// place that calls it.
func evalFunction(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	input := c.input
	if defined(args[1]) {
		input = args[1]
		if a, ok := input.(*array); isList(input) && !(ok && a.sequence) {
			input = &array{items: []any{input}, sequence: true, outer: true}
		}
	}
	if err := c.ev.steps(len(text)); err != nil {
		return nil, err
	}
	e, err := c.ev.lib.compile(text, c.env)
	if err != nil {
		return nil, within("D3120", err)
	}
	env := c.env
	if e.scope.size > 0 {
		env = newFrame(e.scope, env)
	}
	if err := c.ev.deeper(); err != nil {
		return nil, err
	}
	v, err := e.root.eval(c.ev, input, env)
	c.ev.nested--
	if err != nil {
		if e, ok := err.(*Error); ok && e.Code == "U1001" {
			return nil, err // the budget is that of the whole evaluation
		}
		return nil, within("D3121", err)
	}
	return v, nil
}

// within is the error of an expression inside another.
func within(code string, err error) error {
	settleError(err)
	return &Error{Code: code, Value: err.Error(), err: err}
}
