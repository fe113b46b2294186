package jsonpath

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// TestDefinitePaths: keys and indexes lead to one value.
func TestDefinitePaths(t *testing.T) {
	input := parse(t, shop)
	for path, want := range map[string]string{
		"$.text":                          `"words"`,
		"$.text ":                         `"words"`,
		"$.text \n":                       `"words"`,
		"$['text'] ":                      `"words"`,
		"$['text']":                       `"words"`,
		"$[ 'text' ]":                     `"words"`,
		"$.nothing":                       "null",
		"$.counts":                        "[5,1,4]",
		"$.counts[0]":                     "5",
		"$.counts[ 2 ]":                   "4",
		"$.counts[(@.length-1)]":          "4",
		"$.counts[(@.length - 3)]":        "5",
		"$.store.shelf[1].price":          "40",
		"$['store']['shelf'][1]['price']": "40",
		"$.store.['shelf'].[1].price":     "40",
		"$.store.shelf[0].tags[1]":        `"green"`,
		"$.order-id":                      `"o-1"`,
		"$['two words']":                  "2",
		"$.größe":                         "3",
		`$['back\slash']`:                 "4", // measured: no escapes inside the brackets
		`$.back\\slash`:                   "4",
		`$.\text`:                         `"words"`,
		`$.gr\u00f6\u00dfe`:               "3",
		"$.store.door['colour','price']":  `{"colour":"red","price":300}`,
		"$.store.door['colour','size']":   `{"colour":"red"}`,
		"$.store.shelf[(@.length-2)].parts.handle": `{"price":1}`,
	} {
		p, err := Compile(path)
		if !assert.NoError(t, err, path) {
			continue
		}
		assert.True(t, p.Definite(), path)
		assert.Equal(t, path, p.String())
		v, err := p.Eval(input, nil)
		assert.NoError(t, err, path)
		assert.Equal(t, want, value.String(v), path)
	}
	whole, err := Compile("$")
	require.NoError(t, err)
	v, err := whole.Eval(input, nil)
	require.NoError(t, err)
	assert.Same(t, input, v)
}

// TestMissing: a definite path that leads nowhere fails with Jayway's text.
func TestMissing(t *testing.T) {
	input := parse(t, shop)
	for path, reason := range map[string]string{
		"$.none":                 "No results for path: $['none']",
		"$.store.none":           "No results for path: $['store']['none']",
		"$.none.price":           "Missing property in path $['none']",
		"$.store.none.a.b":       "Missing property in path $['store']['none']",
		"$.none[0]":              "Missing property in path $['none']",
		"$.text.length":          "Property ['length'] not found in path $['text']",
		"$.nothing.x":            "Property ['x'] not found in path $['nothing']",
		"$.counts.length()":      "Property ['length()'] not found in path $['counts']", // reported from AWS
		"$.counts[3]":            "Index out of bounds when evaluating path $['counts'][3]",
		"$.counts[-1]":           "Index out of bounds when evaluating path $['counts'][-1]",
		"$.counts[9].x":          "Index out of bounds when evaluating path $['counts'][9]",
		"$.nothing[0]":           "The path $['nothing'] is null",
		"$.text[0]":              "Filter: [0] can only be applied to arrays. Current context is: words",
		"$.store.door[1].x":      "Filter: [1]['x'] can only be applied to arrays. Current context is: {price=300, colour=red}",
		"$.text['a','b']":        "Property ['a', 'b'] not found in path $['text']",
		"$.counts[0,7]":          "Index out of bounds when evaluating path $['counts'][7]",
		"$.text[1:]":             "Filter: [1:] can only be applied to arrays. Current context is: words",
		"$.text[?(@.x)]":         "Filter: [?] can not be applied to primitives. Current context is: words",
		"$.store.shelf[:2].sale": "No results for path: $['store']['shelf'][0]['sale']",
	} {
		p, err := Compile(path)
		if !assert.NoError(t, err, path) {
			continue
		}
		_, err = p.Eval(input, nil)
		e, ok := errors.AsType[*NotFoundError](err)
		if assert.True(t, ok, "%s: %v", path, err) {
			assert.Equal(t, reason, e.Reason, path)
			assert.Equal(t, "Invalid path '"+path+"' : "+reason, e.Error())
		}
	}
}

// TestIndefinitePaths: what may lead to several values gives an array of them, in
// document order.
func TestIndefinitePaths(t *testing.T) {
	input := parse(t, shop)
	for path, want := range map[string]string{
		"$.counts[*]":                     "[5,1,4]",
		"$.counts.*":                      "[5,1,4]",
		"$.store.door.*":                  `[300,"red"]`,
		"$.store.shelf[*].sku":            `["tea","pot","cup","mat"]`,
		"$.store.shelf[*].kind":           `["leaf","ware","ware"]`, // elements without one are passed over
		"$.store.shelf[*].tags[0]":        `["loose"]`,
		"$.counts[0,2]":                   "[5,4]",
		"$.counts[2,0]":                   "[4,5]",
		"$.counts[1:]":                    "[1,4]",
		"$.counts[:2]":                    "[5,1]",
		"$.counts[0:2]":                   "[5,1]",
		"$.counts[1:99]":                  "[1,4]",
		"$.counts[-2:]":                   "[1,4]",
		"$.counts[-9:]":                   "[5,1,4]",
		"$.counts[:-1]":                   "[5,1]",
		"$.counts[:-9]":                   "[]",
		"$.counts[0:-1]":                  "[]", // an end counts from the end only where it is the one end
		"$.counts[2:1]":                   "[]",
		"$.counts[7:]":                    "[]",
		"$.counts[0:3:2]":                 "[5,1,4]", // a step is read and ignored
		"$.empty[*]":                      "[]",
		"$.empty[1:]":                     "[]",
		"$.none[*]":                       "[]", // measured
		"$.none[1:].x":                    "[]", // measured
		"$.store.none.x[*]":               "[]",
		"$.text[*]":                       "[]",
		"$.nothing[*]":                    "[]",
		"$..sku":                          `["tea","pot","cup","mat"]`,
		"$..price":                        "[4.5,40,8,1,12,300]",
		"$.store..handle":                 `[{"price":1}]`,
		"$..shelf[0].sku":                 `["tea"]`,
		"$..none":                         "[]",
		"$..tags[*]":                      `["loose","green"]`,
		"$.store.shelf[2]..*":             `["cup",8,"ware",true,{"handle":{"price":1}},{"price":1},1]`,
		"$.store.shelf[*]['sku','price']": `[{"sku":"tea","price":4.5},{"sku":"pot","price":40},{"sku":"cup","price":8},{"sku":"mat","price":12}]`,
	} {
		p, err := Compile(path)
		if !assert.NoError(t, err, path) {
			continue
		}
		assert.False(t, p.Definite(), path)
		v, err := p.Eval(input, nil)
		assert.NoError(t, err, path)
		assert.Equal(t, want, value.String(v), path)
	}
}

func TestFilters(t *testing.T) {
	input := parse(t, shop)
	for condition, want := range map[string]string{
		"@.price == 40":                    `["pot"]`,
		"@.price==40.0":                    `["pot"]`,
		"@.price == '40'":                  `["pot"]`,
		"@.price != 40":                    `["tea","cup","mat"]`,
		"@.price < 8":                      `["tea"]`,
		"@.price <= 8":                     `["tea","cup"]`,
		"@.price > 8":                      `["pot","mat"]`,
		"@.price>=12":                      `["pot","mat"]`,
		"8 == @.price":                     `["cup"]`,
		"@.kind == 'ware'":                 `["pot","cup"]`,
		`@.kind == "ware"`:                 `["pot","cup"]`,
		"@.kind==ware":                     `["pot","cup"]`, // as AWS's own examples write it
		"@['kind'] == 'ware'":              `["pot","cup"]`,
		"@.kind != 'ware'":                 `["tea"]`, // an item without a kind is neither
		"@.kind > 'm'":                     `["pot","cup"]`,
		"@.kind == true":                   `[]`,
		"@.sale == true":                   `["cup"]`,
		"@.sale == 'true'":                 `["cup"]`,
		"@.sale > false":                   `["cup"]`,
		"@.sale == null":                   `["pot"]`,
		"@.sale != null":                   `["cup"]`,
		"@.sale <= null":                   `[]`,
		"@.sale":                           `["cup"]`, // null does not count as being there
		"!@.sale":                          `["tea","pot","mat"]`,
		"!(@.sale)":                        `["tea","pot","mat"]`,
		"@.tags[1] == 'green'":             `["tea"]`,
		"@.tags == 'green'":                `[]`,
		"@.parts.handle.price":             `["cup"]`,
		"@.price < $.store.door.price":     `["tea","pot","cup","mat"]`,
		"@.price == $.none":                `[]`,
		"@.sku =~ /.*a.*/":                 `["tea","mat"]`,
		"@.sku =~ /a/":                     `[]`, // the whole text must match
		"@.sku =~ /MAT/i":                  `["mat"]`,
		`@.price =~ /\d+/`:                 `["pot","cup","mat"]`,
		"@.tags =~ /.*green.*/":            `["tea"]`, // the text of an array, too
		"@.sale > null":                    `["cup"]`,
		"@.sale >= null":                   `["cup"]`,
		"@.sale < null":                    `[]`,
		"null < @.sale":                    `["cup"]`,
		"null <= @.sale":                   `["cup"]`,
		"null > @.sale":                    `[]`,
		"@.sale < true":                    `[]`,
		"@.sale <= @.sale":                 `["pot","cup"]`,
		"@.sale == @.sale":                 `["pot","cup"]`,
		"@.sale != @.price":                `["pot"]`,
		"@.kind == 'ware' && @.price > 10": `["pot"]`,
		"@.sku == 'tea' || @.price > 10":   `["tea","pot","mat"]`,
		"@.sku=='tea' || @.kind=='ware' && @.price<10":     `["tea","cup"]`,
		"(@.sku=='tea' || @.kind=='ware') && @.price<10":   `["tea","cup"]`,
		"(@.sku=='tea' || @.kind=='ware') && (@.price>10)": `["pot"]`,
	} {
		path := "$.store.shelf[?(" + condition + ")].sku"
		p, err := Compile(path)
		if !assert.NoError(t, err, path) {
			continue
		}
		v, err := p.Eval(input, nil)
		assert.NoError(t, err, path)
		assert.Equal(t, want, value.String(v), path)
	}
	for path, want := range map[string]string{
		"$.counts[?(@ > 1)]":                                 "[5,4]",
		"$.counts[?(@)]":                                     "[5,1,4]",
		"$.store.door[?(@.price>1)]":                         `[{"price":300,"colour":"red"}]`,
		"$.store.door[?(@.price<1)]":                         "[]",
		"$.empty[?(@.x)]":                                    "[]",
		"$.none[?(@.x)]":                                     "[]",
		"$..[?(@.price > 39)].price":                         "[40,300]",
		"$.store.shelf[?(@.price>9)][?(@.kind=='ware')].sku": `["pot"]`,
	} {
		p, err := Compile(path)
		if !assert.NoError(t, err, path) {
			continue
		}
		v, err := p.Eval(input, nil)
		assert.NoError(t, err, path)
		assert.Equal(t, want, value.String(v), path)
	}
}

// TestIndexesInFilters: an index of something that is no array fails the path. What
// stands on the right is asked first, and may make the left unnecessary.
func TestIndexesInFilters(t *testing.T) {
	input := parse(t, `[{"a":"x","list":[[7]]},{"a":null,"list":[]},{"list":null}]`)
	for condition, want := range map[string]string{
		"@.list[0]":               `[{"a":"x","list":[[7]]}]`,
		"@.list[0][0] == 7":       `[{"a":"x","list":[[7]]}]`,
		"@.a[0] && @.none":        "[]",
		"@.a[0] || $":             value.String(input),
		"(@.a[0] && @.none) || $": value.String(input),
	} {
		p, err := Compile("$[?(" + condition + ")]")
		require.NoError(t, err, condition)
		v, err := p.Eval(input, nil)
		require.NoError(t, err, condition)
		assert.Equal(t, want, value.String(v), condition)
	}
	for condition, reason := range map[string]string{
		"@.a[0]":           "Filter: [0] can only be applied to arrays. Current context is: x",
		"@.a[0].b[1] == 1": "Filter: [0]['b'][1] can only be applied to arrays. Current context is: x",
		"!@.a[0]":          "Filter: [0] can only be applied to arrays. Current context is: x",
		"$ || @.a[0]":      "Filter: [0] can only be applied to arrays. Current context is: x",
		"@.none && @.a[0]": "Filter: [0] can only be applied to arrays. Current context is: x",
		"@.a[0] =~ /x/":    "Filter: [0] can only be applied to arrays. Current context is: x",
	} {
		p, err := Compile("$[?(" + condition + ")]")
		require.NoError(t, err, condition)
		_, err = p.Eval(input, nil)
		e, ok := errors.AsType[*NotFoundError](err)
		if assert.True(t, ok, "%s: %v", condition, err) {
			assert.Equal(t, reason, e.Reason, condition)
		}
	}
}

// TestNamesBeforeTheEnd: a list of names ends its path, or fails where it leads on.
func TestNamesBeforeTheEnd(t *testing.T) {
	p, err := Compile("$.store['door','shelf'].price")
	require.NoError(t, err)
	_, err = p.Eval(parse(t, shop), nil)
	assert.ErrorContains(t, err, "Multi properties can only be used as path leafs: $['store']['door', 'shelf']")
	p, err = Compile("$..['door','none'].price")
	require.NoError(t, err)
	v, err := p.Eval(parse(t, shop), nil)
	require.NoError(t, err)
	assert.Equal(t, "[]", value.String(v))
}

func TestFiltersCompareLargeNumbers(t *testing.T) {
	input := parse(t, `[12345678901234567890, 9007199254740993, 9007199254740992.0, 1e400, 1]`)
	for condition, want := range map[string]string{
		"@ > 10":                    "[12345678901234567890,9007199254740993,9.007199254740992E15,1e400]",
		"@ == 12345678901234567890": "[12345678901234567890]",
		"@ == 9007199254740993":     "[9007199254740993]",
		"@ >= 12345678901234567890": "[12345678901234567890,1e400]",
		"@ == 1e400":                "[1e400]",
	} {
		p, err := Compile("$[?(" + condition + ")]")
		require.NoError(t, err)
		v, err := p.Eval(input, nil)
		require.NoError(t, err)
		assert.Equal(t, want, value.String(v), condition)
	}
}

// TestRoots: "$" is the input, "$$" the Context Object, "$name" a variable.
func TestRoots(t *testing.T) {
	s := &world{context: `{"Execution":{"Name":"e-1"}}`, variables: map[string]string{"cart": `{"items":[{"sku":"tea"}]}`, "größe": "7"}}
	for _, c := range []struct {
		path     string
		root     Root
		variable string
		want     string
	}{
		{"$.a", Input, "", "1"},
		{"$$.Execution.Name", Context, "", `"e-1"`},
		{"$$['Execution']", Context, "", `{"Name":"e-1"}`},
		{"$$", Context, "", `{"Execution":{"Name":"e-1"}}`},
		{"$cart.items[0].sku", Variable, "cart", `"tea"`},
		{"$cart.items[*].sku", Variable, "cart", `["tea"]`},
		{"$cart['items'][?(@.sku == 'tea')]", Variable, "cart", `[{"sku":"tea"}]`},
		{"$größe", Variable, "größe", "7"},
	} {
		p, err := Compile(c.path)
		require.NoError(t, err, c.path)
		assert.Equal(t, c.root, p.Root(), c.path)
		assert.Equal(t, c.variable, p.Variable(), c.path)
		v, err := p.Eval(parse(t, `{"a":1}`), s)
		require.NoError(t, err, c.path)
		assert.Equal(t, c.want, value.String(v), c.path)
	}

	missing, err := Compile("$other.x")
	require.NoError(t, err)
	_, err = missing.Eval(nil, s)
	assert.EqualError(t, err, "Invalid path '$other.x' : The variable 'other' has no value")
	_, err = missing.Eval(nil, nil)
	assert.Error(t, err)
	context, err := Compile("$$.x")
	require.NoError(t, err)
	_, err = context.Eval(nil, nil)
	assert.Error(t, err)
}

// TestNull: InputPath and OutputPath null give an empty object.
func TestNull(t *testing.T) {
	v, err := Null.Eval(parse(t, shop), nil)
	require.NoError(t, err)
	assert.Equal(t, "{}", value.String(v))
	assert.True(t, Null.Definite())
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		path    string
		offset  int
		message string // a part of it
	}{
		{"", 0, "begin with '$'"},
		{"a.b", 0, "begin with '$'"},
		{" $.a", 0, "begin with '$'"},
		{"@.a", 0, "begin with '$'"},
		{"$.", 1, "does not end with '.'"},
		{"$.a.", 3, "does not end with '.'"},
		{"$..", 1, "does not end with '.'"},
		{"$...a", 3, "name"},
		{"$.a b", 3, "brackets"},
		{"$. a", 2, "brackets"},
		{"$.a]", 3, "']'"},
		{"$1", 1, "'.' or '['"},
		{"$$$", 2, "'.' or '['"},
		{"$a-b", 2, "'.' or '['"},
		{"${a}", 1, "'.' or '['"},
		{"$[", 2, "inside brackets"},
		{"$[]", 2, "inside brackets"},
		{"$[a]", 2, "inside brackets"},
		{`$["a"]`, 2, "apostrophes"},
		{"$['a", 2, "apostrophe"},
		{"$['a'", 2, "apostrophe"},
		{"$['a',]", 6, "another name"},
		{"$[1", 1, "not closed"},
		{"$[1,]", 4, "another index"},
		{"$[1 2]", 4, "']'"},
		{"$[:]", 3, "at least one end"},
		{"$[-]", 2, "integer"},
		{"$[99999999999]", 2, "integer"},
		{"$[(@.length)]", 2, "from the end"},
		{"$[(@.length-0)]", 2, "from the end"},
		{"$[?]", 3, "'('"},
		{"$[?()]", 4, "a path or a value"},
		{"$[?(@.a]", 7, "']'"},
		{"$[?(@.a", 1, "not closed"},
		{"$[?(@.a == )]", 11, "a path or a value"},
		{"$[?(@.a = 1)]", 8, "operators"},
		{"$[?(@.a in ['x'])]", 8, "operators"}, // documented: no lexical operators
		{"$[?(@.a size 2)]", 8, "operators"},
		{"$[?(1)]", 4, "a condition is"},
		{"$[?(@.a == 'x)]", 11, "does not end"},
		{"$[?(@.a[*] == 1)]", 4, "one value"},
		{"$[?(@.a =~ x)]", 11, "pattern"},
		{"$[?(@.a =~ /x)]", 11, "does not end"},
		{"$[?(@.a =~ /(/)]", 11, "not valid"},
		{"$[?((@.a)]", 9, "in a filter"},
		{"$[?(" + strings.Repeat("(", 200), 104, "nested deeper"},
		{"$" + strings.Repeat("v", 81), 1, "80 characters"},
	} {
		_, err := Compile(c.path)
		e, ok := errors.AsType[*SyntaxError](err)
		if !assert.True(t, ok, "%s: %v", c.path, err) {
			continue
		}
		assert.Contains(t, e.Message, c.message, c.path)
		assert.Equal(t, c.path, e.Expression)
		assert.Equal(t, c.offset, e.Offset, "%s: %v", c.path, err)
	}
}

// TestEvalIsBounded: a path cannot keep a machine busy for ever.
func TestEvalIsBounded(t *testing.T) {
	deep := any(int64(1))
	for range 900 {
		deep = value.NewObject(value.Member{Key: "a", Value: deep}, value.Member{Key: "b", Value: deep})
	}
	p, err := Compile("$..*")
	require.NoError(t, err)
	_, err = p.Eval(deep, nil)
	assert.ErrorContains(t, err, "steps to evaluate")
}

// TestNullInput: no path can be applied to null, however it is written and wherever it
// stands; the Context Object and variables have nothing to do with it.
func TestNullInput(t *testing.T) {
	s := &world{context: `{"a":null}`, variables: map[string]string{"v": `null`}}
	for _, path := range []string{"$", "$.a", "$[0]", "$.*", "$..a", "$[?(@.a)]", "$['a','b']"} {
		p, err := Compile(path)
		require.NoError(t, err)
		_, err = p.Eval(nil, s)
		assert.Equal(t, ErrNullInput, err, path)
		for _, expression := range []string{path, "States.Array(1, " + path + ")"} {
			tmpl, err := CompileTemplate(parse(t, `[{"x.$":"`+expression+`"}]`))
			require.NoError(t, err)
			_, err = tmpl.Eval(nil, s)
			assert.ErrorIs(t, err, ErrNullInput, expression)
			assert.EqualError(t, err, "Unable to apply Path transformation to null or empty input.", expression)
		}
	}
	for path, want := range map[string]string{"$$.a": "null", "$v": "null", "$$": `{"a":null}`} {
		p, err := Compile(path)
		require.NoError(t, err)
		v, err := p.Eval(nil, s)
		assert.NoError(t, err, path)
		assert.Equal(t, want, value.String(v), path)
	}
	v, err := Null.Eval(nil, s)
	require.NoError(t, err)
	assert.Equal(t, "{}", value.String(v))
}
