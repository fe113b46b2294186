package jsonata_test

import (
	"errors"
	"fmt"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
)

func Example() {
	input, _ := value.Parse(`{"order": {"product": [{"price": 10, "quantity": 3}, {"price": 2.5, "quantity": 2}]}}`)
	e, err := jsonata.Compile(`$sum(order.product.(price * quantity))`)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, ok, err := e.Eval(input, jsonata.Environment{})
	fmt.Println(v, ok, err)
	// Output: 35 true <nil>
}

func ExampleError() {
	_, err := jsonata.Compile(`{"total": $sum(}`)
	if e, ok := errors.AsType[*jsonata.Error](err); ok {
		fmt.Println(e.Code, e.Position, e)
	}
	// Output: S0211 16 The symbol "}" cannot be used as a unary operator
}

func ExampleLanguage() {
	language := jsonata.Language{
		Without: []string{"eval"},
		Functions: []jsonata.Extension{{
			Name: "initial", Signature: "<s-:s>",
			Call: func(_ jsonata.Call, args []any) (any, error) {
				name, ok := args[0].(string)
				if !ok || name == "" {
					return jsonata.Undefined{}, nil
				}
				return name[:1] + ".", nil
			},
		}},
	}
	e, _ := language.Compile(`["Ada", "Grace"].$initial()`)
	v, _, _ := e.Eval(nil, jsonata.Environment{})
	fmt.Println(value.String(v))
	// Output: ["A.","G."]
}
