package jsonata_test

import (
	"errors"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/require"
)

// seeds touch every piece of the syntax and every group of functions.
var seeds = []string{
	`Account.Order[0].Product[Price > 30 and Quantity < 5].{"t": Title, "p": Price * Quantity}`,
	`Account.Order.Product{Title: $sum(Quantity)}`,
	`Account.Order.Product^(>Price, Title).SKU[]`,
	`Account.Order@$o#$i.Order.Product[%.OrderID = $o.OrderID].(%.%.Name & $i)`,
	`($f := function($n, $acc)<n-n?:n>{ $n <= 1 ? $acc : $f($n - 1, $n * $acc) }; $f(10, 1))`,
	`$map([1..5], function($v, $i){ $v - $i }) ~> $filter(function($v){ $v > 0 }) ~> $reduce(function($a, $b){ $a + $b })`,
	`$ ~> |Account.Order|{"total": $sum(Product.(Price * Quantity))}, ["Product"]|`,
	`$replace("John Smith", /(\w+)\s(?<last>\w+)/i, "$2, $1") & $string(/a(b|c)*?$/m("xac").groups)`,
	`$fromMillis($toMillis("2024-02-29T10:00:00Z"), "[FNn], [D1o] [MNn] [Y] [H01]:[m01] [z]", "+0130")`,
	`$toMillis("Monday 3rd of March 1999", "[FNn] [D1o] of [MNn] [Y]")`,
	`$formatNumber(-1234.5678, "#,##0.00;(#,##0.0)e0") & $formatInteger(1999, "Ww;o") & $parseInteger("mcmxc", "i")`,
	`[$distinct(**.Title), $keys($), $spread(Account), $merge([{"a": 1}, {"b": 2}]), $zip([1, 2], "x")]`,
	`{"a": nothing ?? 1, "b": "" ?: [1, [2], []][1], "c": $exists($$.Account.*) ? -1 % 3 : null}.(a & b)`,
	`($p := $substring(?, 1, ?); $c := $uppercase ~> $trim; $p($c("abc"), 2) in ["BC", "bc"])`,
	`$sort(Account.Order.Product, function($l, $r){ $l.Price > $r.Price or $l.Title < $r.Title })[[0..2]]`,
	`$eval("$sum([1, 2]) + Account.Order[0].Product[1].Quantity")`,
	"`odd name`.\"quoted\".and.or.in & 'x\\u00e9\\\\' /* note */",
	`$each(Account.Order[0].Product[0].Description, function($v, $k){ $k & "=" & $v }) ~> $join("; ")`,
	`$sift({"a": 1, "b": "x"}, function($v){ $type($v) = "number" }) ~> $lookup("a") ~> $power(2) ~> $round(-1)`,
	`[1..3].[$, $ * 2].$[0]`, `λ($x){$x}(1)`, `(((1)))[0]{"k": $}`, `$pad($base64encode("é"), -20, "_") & $encodeUrl("ä b")`,
}

var fuzzBudget = jsonata.Budget{Steps: 20_000, Depth: 500, Elements: 20_000, Bytes: 1 << 20}

func FuzzCompile(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := jsonata.Compile(text)
		if err != nil {
			failure, ok := errors.AsType[*jsonata.Error](err)
			require.True(t, ok)
			require.NotEmpty(t, failure.Code)
			require.NotEmpty(t, failure.Error())
			require.GreaterOrEqual(t, failure.Position, 0)
			return
		}
		require.Equal(t, text, e.String())
		for r := range e.References() {
			require.LessOrEqual(t, r.Position, len(text))
		}
		// What is an expression is one inside a block too.
		_, err = jsonata.Compile("(1; " + text + "\n)")
		require.NoError(t, err)
	})
}

func FuzzEval(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed, shop)
		f.Add(seed, `[1, "a", [null, {"a": [true]}], 1.5e300]`)
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		input, err := value.Parse(data)
		if err != nil {
			return
		}
		e, err := jsonata.Compile(text)
		if err != nil {
			return
		}
		before := value.String(input)
		env := jsonata.Environment{Now: environment().Now, Budget: fuzzBudget}
		v, ok, err := e.Eval(input, env)
		again, okAgain, errAgain := e.Eval(input, env)
		require.Equal(t, before, value.String(input), "the input changed")
		if err != nil {
			failure, is := errors.AsType[*jsonata.Error](err)
			require.True(t, is)
			require.NotEmpty(t, failure.Error())
			require.Error(t, errAgain)
			require.Equal(t, err.Error(), errAgain.Error(), "evaluations differ")
			return
		}
		require.Equal(t, ok, okAgain)
		if !ok {
			return
		}
		plain(t, v)
		if !jsonata.HasFunction(v) {
			require.Equal(t, value.String(v), value.String(again), "evaluations differ")
		}
	})
}

// plain requires that a result is made of values and functions alone.
func plain(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil, bool, string, int64, jsonata.Function:
	case float64:
		require.False(t, v-v != 0, "a number that JSON cannot hold")
	case []any:
		for _, item := range v {
			plain(t, item)
		}
	case *value.Object:
		seen := map[string]bool{}
		for key, item := range v.All() {
			require.False(t, seen[key], "key %q twice", key)
			seen[key] = true
			plain(t, item)
		}
	default:
		require.Equal(t, "number", value.TypeName(v), "%T in a result", v)
	}
}
