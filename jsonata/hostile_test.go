package jsonata_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A value that is small as a graph and huge as a tree: whatever walks over it stops at a
// budget. That this test ends is what it says; walking the whole would take years.
func TestDoubledValues(t *testing.T) {
	const array = `$reduce([1..60], function($a, $b){ [[$a, $a]] }, 0)`
	for name, doubled := range map[string]string{
		"objects": `$reduce([1..60], function($a, $b){ {"a": $a, "b": $a} }, 1)`,
		"arrays":  array,
		"both":    `$reduce([1..60], function($a, $b){ {"a": [[$a], [$a]]} }, 1)`,
		"grouped": `$reduce([1..60], function($a, $b){ [1, 2].{"k": $a} }, 1)`,
	} {
		for _, use := range []string{
			`$d`, `[$d]`, `{"k": $d}`, `$d = $e`, `$d != $e`, `[$d] = [$e]`, `$d in [$e]`, `$d < 1`, `-$d`, `$d + 1`, `$d & ""`, `$d[$ = $e]`,
			`$string($d)`, `$string($d, true)`, `$distinct([$d, $e])`, `$distinct([[$d], [$e]])`, `$sort([$d, $e])`,
			`$sort([$d, $e], function($l, $r){ $l = $r })`, `$d^(a)`, `[$d, $e]^($)`, `$merge([$d, $e])`, `$keys($d)`, `$keys([$d, $e])`,
			`$spread($d)`, `$spread([$d, $e])`, `$lookup($d, "a")`, `$lookup($d, "b")`, `$d.a`, `$d.*`, `$d.**`, `$count($d.**)`, `$d.*.*.*.*`,
			`$clone($d)`, `$d ~> |**|{"n": 1}|`, `$d ~> |a|{"n": 1}|`, `$append($d, $e)`, `$reverse([$d, $e])`, `$zip([$d], [$e])`,
			`$each($d, function($v){ $string($v) })`, `$each($d, function($v){ $v })`, `$sift($d, function($v){ $v = $e })`,
			`$map($d, $string)`, `$filter($d, function($v){ $v = $e })`, `$single([$d], function($v){ $v = $e })`,
			`$reduce([$d, $e], function($a, $b){ $a = $b })`, `$boolean($d)`, `$not($d)`, `$d ? 1 : 2`, `$d and true`, `$exists($d)`,
			`$type($d)`, `$count($d)`, `$sum($d)`, `$max($d)`, `$average($d)`, `$join($d)`, `$number($d)`, `$length($d)`, `$error($d)`,
			`$contains($string($d), "a")`, `$d{"k": $}`, `$d.{"k": $string($)}`, `$d@$x.{"k": $x}`, `$d#$i[$i = 0]`, `$d[a = $e]`, `$d[]`,
			`$partition([$d, $e], 1)`, `$partition([[$d]], 1)`, `$hash($d, "MD5")`, `$parse($d)`, `$formatNumber(1, "0", $d)`, `$eval("$", $d)`,
			`$shuffle([$d, $e])`, `$match($d, /a/)`, `$replace("a", "a", $d)`, `function($x)<a<n>>{1}($d)`, `function($x)<o>{1}($d)`,
			`$fail($d)`, `$identity($d)`,
		} {
			language := jsonata.Language{Functions: append(jsonata.ExtraFunctions(),
				jsonata.Extension{Name: "fail", Call: func(jsonata.Call, []any) (any, error) { return nil, errors.New("failed") }},
				jsonata.Extension{Name: "identity", Call: func(_ jsonata.Call, args []any) (any, error) { return args[0], nil }},
			)}
			text := "($d := " + doubled + "; $e := " + doubled + "; " + use + ")"
			e, err := language.Compile(text)
			require.NoError(t, err, text)
			budget := jsonata.Budget{Steps: 30_000, Elements: 30_000, Bytes: 1 << 20, Result: 1 << 18}
			v, _, err := e.Eval(jsonata.Undefined{}, jsonata.Environment{Budget: budget})
			failure, failed := errors.AsType[*jsonata.Error](err)
			if failed {
				assert.LessOrEqual(t, len(failure.Error()), 1<<17, "%s of %s", use, name)
				continue
			}
			assert.LessOrEqual(t, len(value.String(v)), 1<<18, "%s of %s", use, name)
		}
	}
}

// What an evaluation makes, it pays for before, or piece by piece: with a small budget and
// large inputs little is allocated until it fails.
func TestPaysBeforeItMakes(t *testing.T) {
	const size = 1 << 20
	list := make([]any, 100_000)
	words := make([]any, len(list))
	objects := make([]any, len(list))
	lists := make([]any, len(list))
	for i := range list {
		list[i], words[i] = int64(i), strings.Repeat("w", 1+i%7)
		objects[i] = value.NewObject(value.Member{Key: fmt.Sprint("k", i), Value: int64(i)})
		lists[i] = list
	}
	variables := jsonata.Bindings{
		"long": strings.Repeat("a", size), "spaced": strings.Repeat("a ", size/2), "high": strings.Repeat("é", size/2),
		"list": list, "words": words, "objects": objects, "lists": lists, "dollars": strings.Repeat("$0", size/2),
	}
	budget := jsonata.Budget{Steps: 300_000, Elements: 1000, Bytes: 1000, Result: 1000}
	language := jsonata.Language{Functions: jsonata.ExtraFunctions()}
	for _, expression := range []string{
		`$pad("", 1e6)`, `$pad("", -1e9, "ab")`, `$pad($long, 2e6)`, `$split($long, "")`, `$split($spaced, " ")`, `$split($spaced, / /)`,
		`$split($long, "a")`, `$replace($long, "a", "bb")`, `$replace($long, /a/, "bb")`, `$replace("xx", /x/, $dollars)`,
		`$replace($spaced, /(a) /, "$1$1$1$1")`, `$replace("x", "x", $long)`, `$join($words)`, `$join($words, $long)`, `$string($list)`,
		`$string($long & "")`, `$string([$long])`, `$string({"k": $long})`, `$string($list, true)`, `$list & ""`, `$long & $long`,
		`$uppercase($long)`, `$lowercase($long)`, `$trim($spaced)`, `$base64encode($long)`, `$base64decode($long)`, `$encodeUrl($high)`,
		`$encodeUrlComponent($high)`, `$decodeUrl($long)`, `$decodeUrlComponent($long)`, `$match($long, /a/)`, `$match($long, /(a)(a)/)`,
		`[1..1e6]`, `[1..1000].[1..1000]`, `$range(1, 1e6, 1)`, `$partition($list, 1)`, `$append($list, $list)`, `[$list, $list]`,
		`$reverse($list)`, `$shuffle($list)`, `$sort($list)`, `$sort($words)`, `$list^($)`, `$distinct($list)`, `$zip($list, $list)`,
		`$spread($objects)`, `$merge($objects)`, `$keys($objects)`, `$map($list, function($x){ $list })`, `$lists.$`, `$lists{"k": $}`,
		`$lists.*`, `$lists.**`, `[[$list]].**`, `$lists[[0, 1, 2]].$list`, `$filter($list, function(){ true })`, `$list[true]`,
		`$list@$x.$list@$y.{"x": $x}`, `$list#$i.$list`, `$clone($list)`, `$list ~> |$|{}|`, `$objects ~> |$|{"n": 1}|`,
		`$each($merge($objects), function($v){ $list })`, `$formatInteger(1e12, "I")`, `$formatInteger(1, $long)`, `$formatNumber(1, $long)`,
		`$fromMillis(0, $long)`, `$toMillis("1", $long)`, `$parse("[" & $long & "]")`, `$lists.{"k": $}`, `{"k": $lists.$}`,
		`$eval($long)`, `$reduce($list, function($a, $b){ $append($a, [$b, $b]) }, [])`,
	} {
		e, err := language.Compile(expression)
		require.NoError(t, err, expression)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err = e.Eval(jsonata.Undefined{}, jsonata.Environment{Variables: variables, Budget: budget})
		runtime.ReadMemStats(&after)
		failure, _ := errors.AsType[*jsonata.Error](err)
		require.NotNil(t, failure, expression)
		assert.Equal(t, "U1001", failure.Code, "%s: %v", expression, failure)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size/4), expression)
	}
}

// Work that makes nothing is paid for all the same.
func TestPaysForLooking(t *testing.T) {
	const size = 1 << 20
	same := make([]any, 1000)
	for i := range same {
		same[i] = strings.Repeat("a", size-1) + string(rune('b'+i%2))
		if i >= 2 {
			same[i] = same[i-2]
		}
	}
	long := strings.Repeat("a", size)
	object := value.NewObject(value.Member{Key: long, Value: int64(1)})
	objects := make([]any, 1000)
	for i := range objects {
		objects[i] = object
	}
	variables := jsonata.Bindings{"same": same, "long": long, "twin": strings.Repeat("a", size), "objects": objects, "hex": "0x" + strings.Repeat("f", size)}
	for _, expression := range []string{
		`$distinct($same)`, `$sort($same)`, `$same^($)`, `$twin & "" in $same`, `($t := $same[0] & ""; $same[$ = $t])`, `$merge($objects)`, `$keys($objects)`,
		`$same{$: 1}`, `[1..1000].($long < $twin)`, `[1..1000].$contains($long, "b")`, `[1..1000].$length($long)`, `[1..1000].$hash($long, "SHA-512")`,
		`[1..1000].$substringAfter($long, "b")`, `$match($long, /(a+)\1b/)`, `$contains($long, /(?:a?){100}b/)`, `$contains($long, /(?=a*b)/)`,
		`($m := /b/; [1..1000].$m($long))`, `($m := /a/; [1..1000].$m($long, 1e6))`, `[1..1000].$parseInteger($long, "w")`,
		`[1..1000].$parseInteger($long, "a")`, `$map([1..1000], function($x){ (` + strings.Repeat("$x;", 20_000) + `) })`,
		`[1..1000].(` + strings.Repeat("$;", 20_000) + `)`, `[1..1000][` + strings.Repeat("$ and ", 5_000) + ` true]`,
	} {
		e, err := jsonata.Language{Functions: jsonata.ExtraFunctions()}.Compile(expression)
		require.NoError(t, err)
		_, _, err = e.Eval(jsonata.Undefined{}, jsonata.Environment{Variables: variables, Budget: jsonata.Budget{Steps: 300_000}})
		failure, _ := errors.AsType[*jsonata.Error](err)
		require.NotNil(t, failure, "%.80s", expression)
		assert.Equal(t, "steps", failure.Limit(), "%.80s: %v", expression, failure)
	}
	e, err := jsonata.Compile(`$number($hex)`)
	require.NoError(t, err)
	_, _, err = e.Eval(nil, jsonata.Environment{Variables: variables})
	failure, _ := errors.AsType[*jsonata.Error](err)
	require.NotNil(t, failure)
	assert.Equal(t, "D3030", failure.Code)
}

// A pattern that is short as a text and long as code takes no memory until it is used.
func TestLongPatterns(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	kept := make([]*jsonata.Expr, 0, 1000)
	for range cap(kept) {
		e, err := jsonata.Compile(`$match("` + strings.Repeat("ab", 60) + `", /((?:ab){2,50}){1,20}$/).match`)
		require.NoError(t, err)
		kept = append(kept, e)
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(48<<20))
	for range 2 {
		v, _, err := kept[0].Eval(nil, jsonata.Environment{})
		require.NoError(t, err)
		assert.Equal(t, strings.Repeat("ab", 60), v)
	}
	for _, text := range []string{`/(a{99}){99}b{2,1}/`, `/(a{99}){99}b**/`, `/(a{99}){99}(?z)/`} {
		assert.Equal(t, "S0303", refused(t, nil, text).Code, text)
	}
	assert.Equal(t, "S0303", refused(t, nil, `$contains("a", /((a{99}){99}){99}/)`).Code)
}

// Several evaluations share what their results may have together.
func TestTotal(t *testing.T) {
	e, err := jsonata.Compile(`$v`)
	require.NoError(t, err)
	list, err := jsonata.Compile(`a.b`)
	require.NoError(t, err)
	total := 25
	env := jsonata.Environment{Variables: jsonata.Bindings{"v": "12345678"}, Total: &total}
	_, _, err = e.Eval(nil, env)
	require.NoError(t, err)
	assert.Equal(t, 15, total)
	_, _, err = list.Eval(document(t, `{"a": {"b": [1, 2, 3]}}`), env)
	require.NoError(t, err)
	assert.Equal(t, 8, total)
	_, _, err = e.Eval(nil, env)
	failure, _ := errors.AsType[*jsonata.Error](err)
	require.NotNil(t, failure)
	assert.Equal(t, "result", failure.Limit())
}
