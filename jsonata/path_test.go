package jsonata_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/require"
)

func TestPaths(t *testing.T) {
	check(t, document(t, shop), []row{
		{`Account.Name`, `"Harbour Books"`},
		{`Account.Order.OrderID`, `["order-1","order-2"]`},
		{`Account.Order.Product.SKU`, `["a-11","n-12","a-11","g-13"]`},
		{`Account."Order".OrderID`, `["order-1","order-2"]`},
		{"Account.`Order`.OrderID", `["order-1","order-2"]`},
		{`Account.Missing.Name`, ``},
		{`Account.Name.Deeper`, ``},
		{`Account.Order.Product.(Price * Quantity)`, `[68.9,21.67,137.8,107.99]`},
		{`Account.Order.Product.[SKU, Quantity]`, `[["a-11",2],["n-12",1],["a-11",4],["g-13",1]]`},
		{`Account.Order[0].Product.{"t": Title}`, `[{"t":"Atlas"},{"t":"Novel"}]`},
		{`Account.Order[0].Product[0].Description.*`, `["Purple",300,200,21,0.75]`},
		{`$count(Account.**)`, `54`},
		{`Account.**.Colour`, `["Purple","Orange","Purple","Black"]`},
		{`$$.Account.Name & $.Account.Name`, `"Harbour BooksHarbour Books"`},
	})
}

func TestSequences(t *testing.T) {
	check(t, document(t, `{"one": [1], "two": [1, 2], "none": [], "nested": [[1, 2], [3]], "list": [{"a": 1}, {"a": [2, 3]}, {}]}`), []row{
		// An array that is a value stays one; a sequence of one item is the item.
		{`one`, `[1]`},
		{`none`, `[]`},
		{`one[0]`, `1`},
		{`list[0].a`, `1`},
		{`list[0].a[]`, `[1]`},
		{`list[0][].a`, `[1]`},
		{`list.a`, `[1,2,3]`},
		{`nested`, `[[1,2],[3]]`},
		{`nested.$`, `[1,2,3]`},
		{`nested[1]`, `[3]`},
		{`nested[0][1]`, `2`},
		{`[one, two]`, `[1,1,2]`},
		{`[[one], two]`, `[[1],1,2]`},
		{`{"k": list[0].a[]}.k`, `1`},
		{`($x := list[0].a[]; $x)`, `[1]`},
		{`[1..3]`, `[1,2,3]`},
		{`[3..1]`, `[]`},
		{`[1..2, 5, 7..8]`, `[1,2,5,7,8]`},
		{`[1..3].($ * $)`, `[1,4,9]`},
	})
}

func TestPredicates(t *testing.T) {
	check(t, document(t, shop), []row{
		{`Account.Order[1].OrderID`, `"order-2"`},
		{`Account.Order[-1].OrderID`, `"order-2"`},
		{`Account.Order[5].OrderID`, ``},
		// A position counts within each order, not within all products.
		{`Account.Order.Product[0].SKU`, `["a-11","a-11"]`},
		{`(Account.Order.Product)[0].SKU`, `"a-11"`},
		{`(Account.Order.Product)[[0,3]].SKU`, `["a-11","g-13"]`},
		{`(Account.Order.Product)[[1..2]].SKU`, `["n-12","a-11"]`},
		{`Account.Order.Product[Price > 50].SKU`, `"g-13"`},
		{`Account.Order.Product[Price > 50][].SKU`, `["g-13"]`},
		{`Account.Order.Product[Title = "Atlas"][Quantity > 2].ProductID`, `11`},
		{`Account.Order.Product[Description.Colour = "Purple"][0].Quantity`, `[2,4]`},
		{`Account.Order[Product.Title = "Globe"].OrderID`, ``},
		{`Account.Order["Globe" in Product.Title].OrderID`, `"order-2"`},
		{`Account.Order.Product[1.9].SKU`, `["n-12","g-13"]`},
		{`Account.Order.Product["text"][[]].SKU`, ``},
		{`Account.Order.Product[{"a": 1}].ProductID[0]`, `[11,12,11,13]`},
		{`(Account.Order.OrderID)[]`, `["order-1","order-2"]`},
		{`($v := "one"; $v[0])`, `"one"`},
		{`($v := [[1, 2], [3]]; $v[0][])`, `[1,2]`},
		{`(Account.Order.Product{Title: $count($)})`, `{"Atlas":2,"Novel":1,"Globe":1}`},
		{`Account.Order.Product[$count($) = 1].SKU`, `["a-11","n-12","a-11","g-13"]`},
	})
}

func TestOrderAndGroup(t *testing.T) {
	check(t, document(t, shop), []row{
		{`Account.Order.Product^(Price).SKU`, `["n-12","a-11","a-11","g-13"]`},
		{`Account.Order.Product^(>Price, Quantity).[SKU, Quantity]`, `[["g-13",1],["a-11",2],["a-11",4],["n-12",1]]`},
		{`Account.Order.Product^(>Quantity)[0].SKU`, `"a-11"`},
		{`Account.Order.Product^(Missing).Quantity`, `[2,1,4,1]`},
		{`Account.Order.Product{Title: Quantity}`, `{"Atlas":[2,4],"Novel":1,"Globe":1}`},
		{`Account.Order.Product{Title: $sum(Quantity)}`, `{"Atlas":6,"Novel":1,"Globe":1}`},
		{`Account.Order{OrderID: $count(Product)}`, `{"order-1":2,"order-2":2}`},
		{`{"a": 1, "b": nothing, "c": null}`, `{"a":1,"c":null}`},
	})
}

func TestBoundPaths(t *testing.T) {
	check(t, document(t, `{
		"books": [{"isbn": 1, "title": "Sea"}, {"isbn": 2, "title": "Hill"}],
		"loans": [{"isbn": 2, "who": "ann"}, {"isbn": 1, "who": "bob"}, {"isbn": 2, "who": "cid"}],
		"tree": {"name": "r", "kids": [{"name": "a", "kids": [{"name": "b"}]}, {"name": "c"}]}
	}`), []row{
		{`books#$i.{"n": $i, "t": title}`, `[{"n":0,"t":"Sea"},{"n":1,"t":"Hill"}]`},
		{`books[title="Hill"]#$i.$i`, `0`},
		{`books#$i[$i=1].title`, `"Hill"`},
		{`loans@$l.books@$b[$l.isbn = $b.isbn].($l.who & ":" & $b.title)`, `["ann:Hill","bob:Sea","cid:Hill"]`},
		{`loans@$l.books@$b[$l.isbn = $b.isbn]{$b.title: $l.who}`, `{"Hill":["ann","cid"],"Sea":"bob"}`},
		{`loans@$l#$i.books[isbn = $l.isbn].{"n": $i, "t": title}`, `[{"n":0,"t":"Hill"},{"n":1,"t":"Sea"},{"n":2,"t":"Hill"}]`},
		{`loans@$l#$i.books[isbn = $l.isbn]^(title, >$i).(title & $i)`, `["Hill2","Hill0","Sea1"]`},
		{`tree.kids.kids.(name & "<" & %.name & "<" & %.%.name)`, `"b<a<r"`},
		{`tree.kids.name[%.%.name = "r"]`, `["a","c"]`},
		{`tree.kids.{"me": name, "up": %.name}`, `[{"me":"a","up":"r"},{"me":"c","up":"r"}]`},
		{`tree.kids^(%.name, >name).name`, `["c","a"]`},
	})
}

// naive evaluates a path of names step by step, as the language defines it. It
// is the twin against which the quicker walk is tried.
func naive(input any, names []string) any {
	var lookup func(item any, name string) any
	lookup = func(item any, name string) any {
		switch item := item.(type) {
		case *value.Object:
			if v, ok := item.Get(name); ok {
				return v
			}
		case []any:
			var out []any
			for _, inner := range item {
				switch v := lookup(inner, name).(type) {
				case jsonata.Undefined:
				case []any:
					out = append(out, v...)
				default:
					out = append(out, v)
				}
			}
			switch len(out) {
			case 0:
				return jsonata.Undefined{}
			case 1:
				return out[0]
			}
			return out
		}
		return jsonata.Undefined{}
	}
	items := []any{input}
	for i, name := range names {
		var results []any
		for _, item := range items {
			if v := lookup(item, name); v != any(jsonata.Undefined{}) {
				results = append(results, v)
			}
		}
		if i == len(names)-1 && len(results) == 1 {
			return results[0]
		}
		items = nil
		for _, v := range results {
			if list, ok := v.([]any); ok {
				items = append(items, list...)
			} else {
				items = append(items, v)
			}
		}
	}
	switch len(items) {
	case 0:
		return jsonata.Undefined{}
	case 1:
		return items[0]
	}
	return items
}

func TestWalkAgreesWithTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var random func(depth int) any
	random = func(depth int) any {
		kind := r.IntN(6)
		switch {
		case depth == 0 || kind == 0:
			return int64(r.IntN(10))
		case kind < 3:
			list := make([]any, r.IntN(4))
			for i := range list {
				list[i] = random(depth - 1)
			}
			return list
		}
		var b value.Builder
		for range r.IntN(4) {
			b.Set(string(rune('a'+r.IntN(3))), random(depth-1))
		}
		return b.Object()
	}
	for range 5000 {
		input := value.NewObject(value.Member{Key: "a", Value: random(5)})
		names := []string{"a"}
		for range r.IntN(4) {
			names = append(names, string(rune('a'+r.IntN(3))))
		}
		path := strings.Join(names, ".")
		e, err := jsonata.Compile(path)
		require.NoError(t, err)
		got, ok, err := e.Eval(input, jsonata.Environment{})
		require.NoError(t, err)
		if !ok {
			got = jsonata.Undefined{}
		}
		require.Equal(t, naive(input, names), got, "%s over %s", path, input)
	}
}

// What stands right after an array constructor or a number binds and selects as in
// the reference.
func TestAfterConstructors(t *testing.T) {
	check(t, document(t, `{"n": [{"v": 1}, {"v": 2}], "e": []}`), []row{
		{`-5[$ < 0]`, `-5`},
		{`-5[$ > 0]`, ``},
		{`-(5)[$ < 0]`, ``},
		{`-(-5)[$ < 0]`, `5`},
		{`--5[$ > 0]`, `5`},
		{`-5{"n": $}`, `{"n":-5}`},
		{`-5[0]`, `-5`},
		{`-n[0].v`, `-1`},
		{`-5[]`, `-5`},
		{`[1, 2]@$x.$x`, ``},
		{`[1, 2]@$x.n.v`, `[1,2]`},
		{`[1, 2]@$x.{"x": $x, "v": n.v}`, `{"v":[1,2]}`},
		{`[1, 2]#$i.{"i": $i, "v": $}`, `[{"v":1},{"v":2}]`},
		{`[1, 2][1]#$i.{"v": $}`, `[{"v":1},{"v":2}]`},
		{`[1, 2]#$i`, `[1,2]`},
		{`[1, 2]@$x`, `[1,2]`},
		{`n@$x.$x.v`, `[1,2]`},
		{`(n)#$i.$i`, `[0,1]`},
		{`[].v@$x.v`, `[]`},
		{`[].v^($)`, `[]`},
		{`e.**[1 + "a"]`, ``},
		{`$count(missing[false]["a" > 1])`, `0`},
		{`($clone := $clone; $parseInteger("XII", "I") & $parseInteger("xii", "i"))`, `"1212"`},
		{`$parseInteger("xii", "I")`, `"NaN"`},
		{`$parseInteger("Xii", "I")`, `"NaN"`},
	})
	check(t, document(t, `[1, [2]]`), []row{{`$clone()`, `[1,[2]]`}})
}
