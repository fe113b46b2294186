package jsonpath

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// TestCompileReference: a Reference Path identifies a single node.
func TestCompileReference(t *testing.T) {
	for path, want := range map[string]string{
		"$":                       "$",
		"$.order":                 "$['order']",
		"$.order.lines[0].price":  "$['order']['lines'][0]['price']",
		"$['order']['lines'][2]":  "$['order']['lines'][2]",
		"$.lines[0][22][315].x":   "$['lines'][0][22][315]['x']",
		`$.store\.name`:           "$['store.name']", // the specification's escapes
		`$.\s\tore.na\me`:         "$['store']['name']",
		`$.who\@home.x\[\[.\?y`:   "$['who@home']['x[[']['?y']",
		`$.&Ж中.\uD83D\uDE00`:      "$['&Ж中']['😀']",
		`$.\*`:                    "$['*']",
		"$$":                      "$",
		"$$.Execution.Input.a[0]": "$['Execution']['Input']['a'][0]",
		"$var":                    "$",
		"$var['a:b'][0]":          "$['a:b'][0]",
	} {
		r, err := CompileReference(path)
		if assert.NoError(t, err, path) {
			assert.Equal(t, want, "$"+fragments(r.path.steps), path)
			assert.Equal(t, path, r.String())
			assert.Equal(t, path, r.Path().String())
			assert.Equal(t, path == "$", r.Whole())
		}
	}
	const start, bracket = "Reference path didn't start with '$'", "'[' must be followed by ' or '['"
	for path, aws := range map[string]string{
		"": start, "a": start, " $": start,
		"$.a[*]": bracket, "$.a[:1]": bracket, "$.a[?(@.b)]": bracket, "$.a[(@.length-1)]": bracket, "$.a[-1]": bracket, "$['a'][*]": bracket,
		"$$.a[*]": bracket, "$var[?(@.b)]": bracket, `$["a"]`: bracket, "$.a[": bracket, "$[]": bracket,
		"$.*": "", "$..a": "", "$.a[1:]": "", "$.a[0,1]": "", "$['a','b']": "", "$.a@b": "", "$.a:b": "", "$.a,b": "", "$.a?b": "",
		"$.": "", "$.a ": "", "$.a b": "",
	} {
		_, err := CompileReference(path)
		syntax, ok := errors.AsType[*SyntaxError](err)
		if assert.True(t, ok, "%q: %v", path, err) {
			assert.Equal(t, aws, syntax.Reference, path)
		}
	}
	_, err := Compile("$.a[")
	syntax, ok := errors.AsType[*SyntaxError](err)
	require.True(t, ok)
	assert.Empty(t, syntax.Reference, "a Path need not be a Reference Path")
}

// TestReferenceIntoOtherRoots: a result has its place in the input.
func TestReferenceIntoOtherRoots(t *testing.T) {
	for _, path := range []string{"$$", "$$.a", "$v", "$v.a"} {
		r, err := CompileReference(path)
		require.NoError(t, err)
		_, err = r.Set(parse(t, `{"a":1}`), "new")
		_, ok := errors.AsType[*MatchError](err)
		assert.True(t, ok, path)
		v, err := r.Path().Eval(nil, &world{context: `{"a":1}`, variables: map[string]string{"v": `{"a":1}`}})
		assert.NoError(t, err, path)
		assert.NotNil(t, v)
	}
}

func TestReferenceGet(t *testing.T) {
	r, err := CompileReference("$.store.shelf[1].sku")
	require.NoError(t, err)
	v, err := r.Get(parse(t, shop))
	require.NoError(t, err)
	assert.Equal(t, "pot", v)
	_, err = r.Get(parse(t, `{"store":{}}`))
	assert.EqualError(t, err, "Invalid path '$.store.shelf[1].sku' : Missing property in path $['store']['shelf']")
}

// TestReferenceSet: ResultPath replaces what stands at its place, and makes the
// objects that are missing on the way.
func TestReferenceSet(t *testing.T) {
	for _, c := range []struct{ path, input, want string }{
		{"$", `{"a":1}`, `"new"`},
		{"$", `null`, `"new"`},
		{"$.b", `{"a":1}`, `{"a":1,"b":"new"}`},
		{"$.a", `{"a":1,"b":2}`, `{"a":"new","b":2}`},
		{"$.a.b.c", `{}`, `{"a":{"b":{"c":"new"}}}`},
		{"$.a.d", `{"a":{"b":[1,2]},"z":0}`, `{"a":{"b":[1,2],"d":"new"},"z":0}`},
		{"$.a.b", `{"a":{"b":[1,2]}}`, `{"a":{"b":"new"}}`},
		{"$.a[1]", `{"a":[1,2,3]}`, `{"a":[1,"new",3]}`},
		{"$.a[1].x", `{"a":[1,{},3]}`, `{"a":[1,{"x":"new"},3]}`},
		{"$[0]", `[1]`, `["new"]`},
		{"$['a b']['c']", `{}`, `{"a b":{"c":"new"}}`},
	} {
		r, err := CompileReference(c.path)
		require.NoError(t, err)
		input := parse(t, c.input)
		out, err := r.Set(input, "new")
		if assert.NoError(t, err, c.path) {
			assert.Equal(t, c.want, value.String(out), c.path)
			assert.Equal(t, c.input, value.String(input), "the input does not change")
		}
	}
}

func TestReferenceSetShares(t *testing.T) {
	r, err := CompileReference("$.a.b")
	require.NoError(t, err)
	input := parse(t, `{"a":{"b":1,"c":{}},"d":{}}`).(*value.Object)
	out, err := r.Set(input, nil)
	require.NoError(t, err)
	before, _ := input.Get("d")
	after, _ := out.(*value.Object).Get("d")
	assert.Same(t, before, after)
}

func TestReferenceSetRefuses(t *testing.T) {
	for _, c := range []struct{ path, input, step, reason string }{
		{"$.a", `"text"`, "", "the step ['a'] needs an object but finds string"},
		{"$.a", `[1]`, "a", "the step ['a'] needs an object but finds array"},
		{"$.a", `null`, "", "the step ['a'] needs an object but finds null"},
		{"$.a.b", `{"a":1}`, "b", "the step ['b'] needs an object but finds number"},
		{"$.a.b", `{"a":null}`, "b", "the step ['b'] needs an object but finds null"},
		{"$.a[0]", `{}`, "0", "there is no array for the step [0]"},
		{"$.a[0]", `{"a":{}}`, "0", "the step [0] needs an array but finds object"},
		{"$.a[2]", `{"a":[1,2]}`, "2", "the array has no element [2]"},
	} {
		r, err := CompileReference(c.path)
		require.NoError(t, err)
		input := parse(t, c.input)
		_, err = r.Set(input, "new")
		e, ok := errors.AsType[*MatchError](err)
		if assert.True(t, ok, "%s: %v", c.path, err) {
			assert.Equal(t, c.reason, e.Reason)
			want := "Unable to apply ReferencePath " + c.path + " to input " + c.input
			if c.step != "" {
				want = "Unable to apply step \"" + c.step + "\" to input " + c.input
			}
			assert.Equal(t, want, e.Error())
		}
	}
}

// TestConflict: a path that leads nowhere names the step that finds nothing.
func TestConflict(t *testing.T) {
	for _, c := range []struct{ path, input, want string }{
		{"$.a.b", `{"a":{"c":1}}`, `Unable to apply step "b" to input {"a":{"c":1}}`},
		{"$.a.b", `{"c":1}`, `Unable to apply step "a" to input {"c":1}`},
		{"$.a[3].b", `{"a":[1]}`, `Unable to apply step "3" to input {"a":[1]}`},
		{"$.a", `"text"`, `Unable to apply ReferencePath $.a to input "text"`},
	} {
		p, err := Compile(c.path)
		require.NoError(t, err)
		assert.EqualError(t, p.Conflict(parse(t, c.input)), c.want)
	}
	p, err := Compile("$.a[0]")
	require.NoError(t, err)
	assert.Nil(t, p.Conflict(parse(t, `{"a":[1]}`)))
}

// TestDiscard: ResultPath null keeps the input and forgets the result.
func TestDiscard(t *testing.T) {
	input := parse(t, `{"a":1}`)
	out, err := Discard.Set(input, "result")
	require.NoError(t, err)
	assert.Same(t, input, out)
	assert.False(t, Discard.Whole())
	assert.Equal(t, "null", Discard.String())
}
