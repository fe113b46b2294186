package jsonata_test

import (
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
)

// shop is a customer's account with two orders of two products each.
const shop = `{
  "Account": {
    "Name": "Harbour Books",
    "Order": [
      {"OrderID": "order-1", "Product": [
        {"Title": "Atlas", "ProductID": 11, "SKU": "a-11", "Price": 34.45, "Quantity": 2,
         "Description": {"Colour": "Purple", "Width": 300, "Height": 200, "Depth": 21, "Weight": 0.75}},
        {"Title": "Novel", "ProductID": 12, "SKU": "n-12", "Price": 21.67, "Quantity": 1,
         "Description": {"Colour": "Orange", "Width": 130, "Height": 200, "Depth": 21, "Weight": 0.6}}]},
      {"OrderID": "order-2", "Product": [
        {"Title": "Atlas", "ProductID": 11, "SKU": "a-11", "Price": 34.45, "Quantity": 4,
         "Description": {"Colour": "Purple", "Width": 300, "Height": 200, "Depth": 21, "Weight": 0.75}},
        {"Title": "Globe", "ProductID": 13, "SKU": "g-13", "Price": 107.99, "Quantity": 1,
         "Description": {"Colour": "Black", "Width": 30, "Height": 20, "Depth": 210, "Weight": 2}}]}
    ]
  }
}`

var benchmarks = []struct{ name, expression string }{
	{"Path", `Account.Name`},
	{"Variable", `$states.input.Account.Name`},
	{"Predicate", `Account.Order.Product[Price > 50].SKU`},
	{"Sum", `$sum(Account.Order.Product.(Price*Quantity))`},
	{"Map", `$map(Account.Order.Product, function($p){ $p.Price * $p.Quantity })`},
	{"GroupBy", `Account.Order.Product{Title: Price}`},
	{"Fibonacci", `($fib := function($n){ $n < 2 ? $n : $fib($n - 1) + $fib($n - 2) }; $fib(12))`},
	{"Object", `{"name": Account.Name, "orders": $count(Account.Order), "total": $sum(Account.Order.Product.(Price*Quantity))}`},
	{"Sort", `Account.Order.Product^(>Price).Title`},
	{"Join", `Account.Order.Product.{"order": %.OrderID, "title": Title}`},
	{"Regex", `Account.Order.Product[$contains(Title, /^[AN]/)].SKU`},
	{"Concat", `"Order of " & Account.Name & ": " & $string(Account.Order[0].Product[0].Price)`},
}

func BenchmarkEval(b *testing.B) {
	input, err := value.Parse(shop)
	if err != nil {
		b.Fatal(err)
	}
	states := value.NewObject(value.Member{Key: "input", Value: input})
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			e, err := jsonata.Compile(bm.expression)
			if err != nil {
				b.Fatal(err)
			}
			env := jsonata.Environment{Variables: jsonata.Bindings{"states": states}}
			if _, ok, err := e.Eval(input, env); err != nil || !ok {
				b.Fatal(ok, err)
			}
			b.ReportAllocs()
			for b.Loop() {
				_, _, _ = e.Eval(input, env)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = jsonata.Compile(bm.expression)
			}
		})
	}
}
