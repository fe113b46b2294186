package jsonpath

import (
	"errors"
	"testing"

	"github.com/gostates/gostates/asl/value"
)

var fuzzSeeds = []string{
	"$", "$.a.b[0]", "$$.Execution", "$v.x", "$['a','b']", "$..a[?(@.b == 'c' && !@.d || @.e =~ /x/i)]", "$.a[-3:]", "$.a[0,1]",
	"$.a[(@.length-1)]", `$.\u0041\.b`, "States.Format('a {} \\{', $.b)", "States.Array(1, null, 'x', States.UUID())",
	"States.ArrayRange(0, 9, 3)", "States.MathRandom(1, 9, 3)", "States.JsonMerge($.a, $.b, false)", "$.a.length()",
	`$.a\ `, "$.a \n",
}

// FuzzCompile: whatever the text, compiling gives a value or a *SyntaxError that
// points into the text, and what compiles compiles again from its own text.
func FuzzCompile(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check := func(err error) {
			e, ok := errors.AsType[*SyntaxError](err)
			if !ok || e.Offset < 0 || e.Offset > len(text) || e.Message == "" {
				t.Fatalf("%q: a bad error: %v", text, err)
			}
		}
		e, err := CompileExpression(text)
		if err != nil {
			check(err)
		} else if e.String() != text {
			t.Fatalf("%q became %q", text, e.String())
		}
		r, err := CompileReference(text)
		if err != nil {
			check(err)
			return
		}
		if p, err := Compile(text); err != nil || !p.Definite() || r.String() != text {
			t.Fatalf("%q is a Reference Path but no definite Path: %v", text, err)
		}
	})
}

// FuzzEval: evaluation ends, never panics, and gives the same answer every time:
// a value that can be written and read, or an error of a kind that it promises.
// What a Reference Path sets, it gets.
func FuzzEval(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed, `{"a":{"b":[1,{"c":null}]},"b":{"length":2}}`)
		f.Add(seed, shop)
		f.Add(seed, `[[],{},"x",1.5,null]`)
	}
	f.Fuzz(func(t *testing.T, text, document string) {
		e, err := CompileExpression(text)
		if err != nil {
			return
		}
		input, err := value.Parse(document)
		if err != nil {
			return
		}
		scope := func() Scope {
			return &world{context: `{"Execution":{"Name":"n"}}`, variables: map[string]string{"v": document},
				next: make([]uint64, 100)}
		}
		v, err := e.Eval(input, scope())
		again, errAgain := e.Eval(input, scope())
		if err != nil {
			_, notFound := errors.AsType[*NotFoundError](err)
			_, failed := errors.AsType[*IntrinsicError](err)
			if !notFound && !failed || errAgain == nil || err.Error() != errAgain.Error() {
				t.Fatalf("%s over %s: %v, then %v", text, document, err, errAgain)
			}
		} else if errAgain != nil || value.String(v) != value.String(again) {
			t.Fatalf("%s over %s: %s, then %s, %v", text, document, value.String(v), value.String(again), errAgain)
		}
		if value.String(input) != value.String(mustParse(t, document)) {
			t.Fatalf("%s changed its input", text)
		}
		r, err := CompileReference(text)
		if err != nil {
			return
		}
		if out, err := r.Set(input, "set"); err == nil {
			if got, err := r.Get(out); err != nil || got != "set" {
				t.Fatalf("%s set in %s gives %s, where it finds %v, %v", text, document, value.String(out), got, err)
			}
		}
	})
}

func mustParse(t *testing.T, text string) any {
	v, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
