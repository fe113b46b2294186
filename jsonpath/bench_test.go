package jsonpath

import "testing"

var benchmarkPaths = map[string]string{
	"plain":    "$.store.door.price",
	"index":    "$.store.shelf[2].parts.handle.price",
	"wildcard": "$.store.shelf[*].sku",
	"slice":    "$.store.shelf[1:3].price",
	"filter":   "$.store.shelf[?(@.price > 5)].sku",
	"descent":  "$..price",
	"missing":  "$.store.door.none.x",
}

func BenchmarkPath(b *testing.B) {
	input := parse(b, shop)
	for name, text := range benchmarkPaths {
		p, err := Compile(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = p.Eval(input, nil)
			}
		})
	}
}

func BenchmarkReferenceSet(b *testing.B) {
	input := parse(b, shop)
	for _, text := range []string{"$.result", "$.store.door.price", "$.a.b"} {
		r, err := CompileReference(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Set(input, true)
			}
		})
	}
}

func BenchmarkExpression(b *testing.B) {
	input := parse(b, shop)
	for _, text := range []string{
		"States.Format('{} costs {}', $.store.shelf[0].sku, $.store.shelf[0].price)",
		"States.MathAdd($.counts[0], 1)",
		"States.JsonToString($.store)",
		"States.ArrayUnique($.counts)",
	} {
		e, err := CompileExpression(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(e.call.function.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(input, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkTemplate(b *testing.B) {
	input := parse(b, shop)
	t, err := CompileTemplate(parse(b, `{"fixed":{"a":1},"sku.$":"$.store.shelf[0].sku","door":{"price.$":"$.store.door.price"}}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.Eval(input, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for name, text := range benchmarkPaths {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Compile(text)
			}
		})
	}
}
