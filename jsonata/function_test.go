package jsonata_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestTextFunctions(t *testing.T) {
	check(t, document(t, `"context"`), []row{
		{`$string({"b": [1, 2.50], "a": "x\ny"})`, `"{\"b\":[1,2.5],\"a\":\"x\\ny\"}"`},
		{`$string(184506702702492.5) & " " & $string(-184506702702492.5) & " " & $string(0.1234567890123455)`, `"184506702702493 -184506702702493 0.123456789012345"`},
		{`$string([1, {"a": 2}], true)`, `"[\n  1,\n  {\n    \"a\": 2\n  }\n]"`},
		{`$string($sum)`, `""`},
		{`$string()`, `"context"`},
		{`$string(12345678901234567)`, `"12345678901234568"`},
		{`$length("a😀b")`, `3`},
		{`$length()`, `7`},
		{`$substring("a😀bcd", 1, 2)`, `"😀b"`},
		{`$substring("abcd", -2)`, `"cd"`},
		{`$substring("abcd", -9, 2)`, `"ab"`},
		{`$substring("abcd", 1, -1)`, `""`},
		{`$substringBefore("key=value", "=")`, `"key"`},
		{`$substringAfter("key=value", "?")`, `"key=value"`},
		{`$uppercase("straße ﬁ")`, `"STRASSE FI"`},
		{`$lowercase("ΟΔΟΣ")`, `"οδος"`},
		{`$trim("  a \n\t b  ")`, `"a b"`},
		{`$pad("7", -3, "0")`, `"007"`},
		{`$pad("x", 6, "-=")`, `"x-=-=-"`},
		{`$join(["a", "b"], "/")`, `"a/b"`},
		{`$join("one")`, `"one"`},
		{`$split("a, b, c", ", ", 2)`, `["a","b"]`},
		{`$split("a1b22c", /\d+/)`, `["a","b","c"]`},
		{`$split("añb", "")`, `["a","ñ","b"]`},
		{`$contains("abc", "bc")`, `true`},
		{`$contains("abc", /^c/)`, `false`},
		{`$replace("a.b.c", ".", "-")`, `"a-b-c"`},
		{`$replace("a.b.c", ".", "-", 1)`, `"a-b.c"`},
		{`$replace("Lovelace, Ada", /(\w+), (\w+)/, "$2 $1 costs $$5")`, `"Ada Lovelace costs $5"`},
		{`$replace("a1b2", /\d/, function($m){ $string($number($m.match) * 10) })`, `"a10b20"`},
		{`$base64encode("hé")`, `"aOk="`},
		{`$base64decode("aOk=")`, `"hé"`},
		{`$encodeUrlComponent("a b/ü?")`, `"a%20b%2F%C3%BC%3F"`},
		{`$encodeUrl("http://x/a b?q=ü")`, `"http://x/a%20b?q=%C3%BC"`},
		{`$decodeUrlComponent("%F0%9F%98%80%2F")`, `"😀/"`},
		{`$decodeUrl("%2F%20")`, `"%2F "`},
	})
}

func TestRegularExpressions(t *testing.T) {
	check(t, nil, []row{
		{`$match("ab12cd3", /[a-z]+(\d+)/)`, `[{"match":"ab12","index":0,"groups":["12"]},{"match":"cd3","index":4,"groups":["3"]}]`},
		{`$match("😀x", /x/).index`, `2`}, // in UTF-16 code units
		{`$match("ab", /(a)|(b)/, 1).groups[0]`, `"a"`},
		{`/(\w)\1/("hello").match`, `"ll"`},
		{`$match("price: 10 EUR", /\d+(?= EUR)/).match`, `"10"`},
		{`$match("10 EUR 20 USD", /\d+(?! EUR)\b/).match`, `"20"`},
		{`$match("$5 and €7", /(?<=€)\d/).match`, `"7"`},
		{`$match("aXbX", /(?<!a)X/).index`, `3`},
		{`$match("2024-05", /(?<year>\d{4})-(?<month>\d\d)/).groups`, `["2024","05"]`},
		{`$match("ÀÉ", /é/i).index`, `1`},
		{`$match("one\ntwo", /^t\w+$/m).match`, `"two"`},
		{`$match("aaa", /a{2}/).match`, `"aa"`},
		{`$match("aaa", /a+?/).match`, `["a","a","a"]`},
		{`$match("a]b", /[\]x]/).match`, `"]"`},
		{`$match("x{1", /x\{1/).match`, `"x{1"`},
		{`$replace("tel 5551234", /\D*(\d{3})(\d{4})/, "$1-$2")`, `"555-1234"`},
		{`$split("a / b", /\s\/\s/)`, `["a","b"]`},
		{`/a/i("xA").{"m": match, "s": start, "e": end}`, `{"m":"A","s":1,"e":2}`},
		{`/a/("xyz")`, ``},
		{`$contains("aaaaaaaaaaaaaaaaaaaaaa!", /^(a|b)*$/)`, `false`},
	})
}

func TestNumberFunctions(t *testing.T) {
	check(t, nil, []row{
		{`$number("-12.5e1")`, `-125`},
		{`$number("0x1F") + $number("0b101") + $number("0o17")`, `51`},
		{`$number(true)`, `1`},
		{`[$abs(-3), $floor(-1.2), $ceil(-1.2), $sqrt(9), $power(2, 10)]`, `[3,-2,-1,3,1024]`},
		{`[0.5, 1.5, 2.5, -0.5, -1.5].$round()`, `[0,2,2,0,-2]`},
		{`$round(1.005, 2) & " " & $round(1250, -2) & " " & $round(1350, -2)`, `"1 1200 1400"`},
		{`[$sum([1, 2.5]), $average([1, 2]), $max([3, 9, 4]), $min([3, 9, 4])]`, `[3.5,1.5,9,3]`},
		{`$sum(nothing)`, ``},
		{`$max([])`, ``},
		{`$formatBase(255, 16) & $formatBase(-5, 2)`, `"ff-101"`},
		{`$formatNumber(1234567.891, "#,##0.00")`, `"1,234,567.89"`},
		{`$formatNumber(-5, "0.0;(0.0)")`, `"(5.0)"`},
		{`$formatNumber(0.256, "#0%")`, `"26%"`},
		{`$formatNumber(12345, "0.00e00")`, `"1.23e04"`},
		{`$formatNumber(1234.5, "#.##0,0", {"decimal-separator": ",", "grouping-separator": "."})`, `"1.234,5"`},
		{`$formatNumber(19, "٠٠٠", {"zero-digit": "٠"})`, `"٠١٩"`},
		{`$formatInteger(2024, "I")`, `"MMXXIV"`},
		{`$formatInteger(21, "w;o")`, `"twenty-first"`},
		{`$formatInteger(1101, "Ww")`, `"One Thousand, One Hundred and One"`},
		{`$formatInteger(1234567, "#,##0;o")`, `"1,234,567th"`},
		{`$formatInteger(28, "A")`, `"AB"`},
		{`$parseInteger("MCMXCIX", "I")`, `1999`},
		{`$parseInteger("twelve thousand, four hundred and seventy-six", "w")`, `12476`},
		{`$parseInteger("1,234th", "#,##0;o")`, `1234`},
		{`$parseInteger("zz", "a")`, `702`},
		{`$parseInteger("١٢", "٠٠")`, `12`},
		{`[1, 2, 3, 4, 11, 12, 13, 21].$formatInteger("1;o")`, `["1st","2nd","3rd","4th","11th","12th","13th","21st"]`},
		{`$formatInteger(-1234, "#:##0")`, `"-1:234"`},
		{`$formatInteger(12345678, "##,####,0")`, `"123,4567,8"`},
		{`$formatNumber(0.5, "#.#")`, `".5"`},
		{`$formatNumber(1234.5678, "0.00,0")`, `"1234.56,8"`},
		{`$number(12) + $number(false)`, `12`},
		{`$power(1.05, 6) & " " & $power(2, 0.5)`, `"1.340095640625 1.4142135623731"`},
		{`9007199254740993 + 0`, `9007199254740992`},
		{`2 * 1e17 + 0.5e3`, `200000000000000500`},
		{`1/0`, `"Infinity"`},
		{`[-1/0]`, `["-Infinity"]`},
		{`$random() < 1`, `true`},
		{`$random() = $random()`, `false`},
	})
}

func TestDateFunctions(t *testing.T) {
	check(t, nil, []row{
		{`$now()`, `"2024-02-29T13:05:09.042Z"`},
		{`$millis() = $toMillis($now())`, `true`},
		{`$now("[D1o] [MNn] [Y0001], [h]:[m01] [P]", "+0530")`, `"29th February 2024, 6:35 pm"`},
		{`$fromMillis(0)`, `"1970-01-01T00:00:00.000Z"`},
		{`$fromMillis(-1, "[Y]-[M]-[D] [H]:[m]:[s].[f001]")`, `"1969-12-31 23:59:59.999"`},
		{`$fromMillis(1709211909042, "[FNn,3-3] W[W01] of [X], day [d], week [w]")`, `"Thu W09 of 2024, day 60, week 5"`},
		{`$fromMillis(1709211909042, "[[[Y,2-2]]] [MI] [Dw] [Ywo]")`, `"[24] II twenty-nine two thousand and twenty-fourth"`},
		{`$fromMillis(1709211909042, "[YWw,3]")`, `"Two Thousand and Twenty-Four"`},
		{`$fromMillis(1709211909042, "[H01]:[m01] [Z0101] [z]", "+0330")`, `"16:35 +0330 GMT+03:30"`},
		{`$toMillis("2024-02-29")`, `1709164800000`},
		{`$toMillis("2024-02-29T13:05:09.042+02:00")`, `1709204709042`},
		{`$toMillis("29/2/2024", "[D]/[M]/[Y]")`, `1709164800000`},
		{`$toMillis("20240229130509", "[Y0001][M01][D01][H01][m01][s01]")`, `1709211909000`},
		{`$toMillis("7:15 pm", "[h]:[m] [P]")`, `1709234100000`},
		{`$toMillis("7:15", "[h]:[m]")`, `1709190900000`}, // the clock's pm is not taken over
		{`$toMillis("first of March, 2024", "[Dwo] of [MNn], [Y]")`, `1709251200000`},
		{`$toMillis("2024 60", "[Y] [d]")`, `1709164800000`},
		{`$toMillis("no date", "[Y]")`, ``},
		{`$toMillis("2018-03-23 10:33:36 GMT+01:00", "[Y]-[M]-[D] [H]:[m]:[s] [z]")`, `1521797616000`},
		{`$toMillis("23 Mar 2018 10am +0530", "[D] [MNn,3-3] [Y] [h][P] [Z0101]")`, `1521779400000`},
		{`$toMillis("Friday, MMXVIII", "[FNn], [YI]")`, `1514764800000`},
		{`$fromMillis($toMillis("2021-01-01"), "[X]-W[W01]-[F1], week [w] of [xNn]")`, `"2020-W53-5, week 5 of December"`},
		{`$fromMillis($toMillis("2018-12-31"), "[X]-W[W01]")`, `"2019-W01"`},
		{`$fromMillis(1709211909042, "[H01][m01] [PN] [C] [E] [f3]")`, `"1305 PM ISO ISO 42"`},
	})
}

func TestListAndObjectFunctions(t *testing.T) {
	check(t, document(t, `{"b": 1, "a": [2, 3], "c": {"d": null}}`), []row{
		{`$count(a) + $count(b) + $count(nothing)`, `3`},
		{`$append(a, b)`, `[2,3,1]`},
		{`$append(nothing, b)`, `1`},
		{`$reverse([1..3])`, `[3,2,1]`},
		{`$sort([3, 1, 2])`, `[1,2,3]`},
		{`$sort(["b", "a"])`, `["a","b"]`},
		{`$sort([{"k": 2, "n": 1}, {"k": 1}, {"k": 2, "n": 3}], function($l, $r){ $l.k > $r.k })`, `[{"k":1},{"k":2,"n":1},{"k":2,"n":3}]`},
		{`$distinct([1, "1", 1.0, {"a": 1}, {"a": 1}, null, null])`, `[1,"1",{"a":1},null]`},
		{`$zip([1, 2, 3], ["a", "b"])`, `[[1,"a"],[2,"b"]]`},
		{`$count($shuffle([1..20]))`, `20`},
		{`$keys($)`, `["b","a","c"]`},
		{`$keys([{"a": 1}, {"b": 1, "a": 2}])`, `["a","b"]`},
		{`$lookup($, "b")`, `1`},
		{`$spread($)`, `[{"b":1},{"a":[2,3]},{"c":{"d":null}}]`},
		{`$merge([{"a": 1, "b": 2}, {"a": 3}])`, `{"a":3,"b":2}`},
		{`$each(c, function($v, $k){ $k & $string($v) })`, `"dnull"`},
		{`$sift($, function($v, $k){ $k != "a" })`, `{"b":1,"c":{"d":null}}`},
		{`$exists(c.d)`, `true`},
		{`[$type(1), $type("s"), $type(null), $type([]), $type({}), $type($sum), $type(true)]`, `["number","string","null","array","object","function","boolean"]`},
		{`[$boolean([0, 0]), $boolean([0, 1]), $boolean({}), $boolean($sum), $not("")]`, `[false,true,false,false,true]`},
		{`$clone({"a": [0.1 + 0.2]})`, `{"a":[0.3]}`},
	})
}

func TestHigherOrderFunctions(t *testing.T) {
	check(t, nil, []row{
		{`$map([1, 2, 3], function($v, $i, $a){ $v * $i + $count($a) })`, `[3,5,9]`},
		{`$map([1, 2], $string)`, `["1","2"]`},
		{`$filter([1..6], function($v){ $v % 2 = 0 })`, `[2,4,6]`},
		{`$filter([1..6], function($v, $i){ $i = 3 })`, `4`},
		{`$single([1, 2, 3], function($v){ $v > 2 })`, `3`},
		{`$reduce([1..4], function($sum, $v){ $sum * $v })`, `24`},
		{`$reduce([1, 2], function($acc, $v, $i, $list){ $acc & $i & $count($list) }, "")`, `"0212"`},
		{`[1, 2, 3] ~> $map(function($v){ $v + 1 }) ~> $sum()`, `9`},
		{`($twice := function($f){ function($x){ $f($f($x)) } }; $twice(function($n){ $n * 3 })(2))`, `18`},
		{`($shout := $uppercase ~> $trim; $shout("  a b "))`, `"A B"`},
		{`($shout := $uppercase ~> $trim; $shout())`, ``},
		{`($first3 := $substring(?, 0, 3); $first3("abcdef"))`, `"abc"`},
		{`($f := function($x, $y){ $x - $y }; $g := $f(?, 1); $g(10))`, `9`},
		{`($fact := function($n){ $n < 2 ? 1 : $n * $fact($n - 1) }; $fact(10))`, `3628800`},
		{`($even := function($n){ $n = 0 ? true : $odd($n - 1) }; $odd := function($n){ $n = 0 ? false : $even($n - 1) }; $even(20001))`, `false`},
		{`λ($a, $b)<s-n?:s>{ $a & $b }("x", 1)`, `"x1"`},
		{`("ctx").(function($s)<s-:s>{ $s & "!" })()`, `"ctx!"`},
		{`(function($a)<a<n>>{ $count($a) })(5)`, `1`},
		// A closure sees the variable of the block it was made in.
		{`[1, 2].($x := $; function(){ $x * 10 }).$()`, `[10,20]`},
		{`($fs := [1, 2].($x := $; {"f": function(){ $x * 10 }}); $fs.f())`, `[10,20]`},
		{`($x := 1; ($y := $x; $x := 2; $y & $x) & $x)`, `"121"`},
	})
}

func TestTransform(t *testing.T) {
	check(t, document(t, `{"list": [{"n": 1, "tmp": 0}, {"n": 2, "tmp": 0}], "name": "x"}`), []row{
		{`$ ~> |list|{"n": n * 10}, "tmp"|`, `{"list":[{"n":10},{"n":20}],"name":"x"}`},
		{`list ~> |$[n = 2]|{"hit": true}, ["tmp", "n"]|`, `[{"n":1,"tmp":0},{"hit":true}]`},
		{`($ ~> |$|{"me": $.name}|).me`, `"x"`},
		{`($ ~> |list|{"n": 5}|; list.n)`, `[1,2]`}, // the input stays as it was
		{`$ ~> |missing|{"a": 1}|`, `{"list":[{"n":1,"tmp":0},{"n":2,"tmp":0}],"name":"x"}`},
		{`{"a": {"a": {"v": 1}}} ~> |**[v=1]|{"w": v}|`, `{"a":{"a":{"v":1,"w":1}}}`},
	})
}

func TestEvalFunction(t *testing.T) {
	check(t, document(t, `{"a": [1, 2]}`), []row{
		{`$eval("$sum(a)")`, `3`},
		{`$eval("x + 1", {"x": 4})`, `5`},
		{`($y := 7; $eval("$y * 2"))`, `14`},
		{`$map(["1+1", "2*3"], function($s){ $eval($s) })`, `[2,6]`},
	})
}

func TestManyVariables(t *testing.T) {
	var text strings.Builder
	text.WriteString("(")
	for i := range 100 {
		fmt.Fprintf(&text, "$v%d := %d; ", i, i)
	}
	text.WriteString("$f := function($a, $a){ $a + $v99 }; $v0 & $v17 & $f(1, 2))")
	check(t, nil, []row{{text.String(), `"017101"`}})
}

func TestBlocksKeepTheirVariables(t *testing.T) {
	check(t, document(t, `{"list": [1, 2, 3]}`), []row{
		{`list.($x := $; $y := ($x := 10; $x + 1); $x + $y)`, `[12,13,14]`},
		{`list.($exists($x) ? "kept" : ($x := 1; "fresh"))`, `["fresh","fresh","fresh"]`},
		{`($f := function($n){ ($m := $n * 2; $n > 0 ? $f($n - 1) + $m : $m) }; $f(3))`, `12`},
		{`($x := "outer"; $g := function(){ $x }; ($x := "inner"; $g()))`, `"outer"`},
		{`(($x := 1); $exists($x))`, `false`},
		{`list@$v.($v := $v * 10; $v)`, `[10,20,30]`},
	})
}
