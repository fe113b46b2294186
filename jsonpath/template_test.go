package jsonpath

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// TestTemplate: fields named "x.$" are evaluated and renamed; the rest stays.
func TestTemplate(t *testing.T) {
	input := parse(t, `{"flagged":7,"vals":[0,10,20,30,40,50],"o":{"b":1,"a":[2]},"none":null}`)
	s := &world{context: `{"DayOfWeek":"TUESDAY"}`, variables: map[string]string{"n": `{"x":[5]}`}}
	for template, want := range map[string]string{
		`{"flagged":true,"parts":{"first.$":"$.vals[0]","last3.$":"$.vals[-3:]"},"weekday.$":"$$.DayOfWeek",` +
			`"text.$":"States.Format('Today is {}', $$.DayOfWeek)"}`: `{"flagged":true,"parts":{"first":0,"last3":[30,40,50]},` +
			`"weekday":"TUESDAY","text":"Today is TUESDAY"}`,
		`{"all.$":"$"}`:                                    `{"all":{"flagged":7,"vals":[0,10,20,30,40,50],"o":{"b":1,"a":[2]},"none":null}}`,
		`{"n.$":"$n.x[0]","m":"$n"}`:                       `{"n":5,"m":"$n"}`,
		`{"list":[1,{"o.$":"$.o"},[{"f.$":"$.flagged"}]]}`: `{"list":[1,{"o":{"b":1,"a":[2]}},[{"f":7}]]}`,
		`[{"f.$":"$.flagged"},"$.flagged"]`:                `[{"f":7},"$.flagged"]`,
		`{"null.$":"$.none","a$":1,"$":2}`:                 `{"null":null,"a$":1,"$":2}`,
		`{".$":"$.flagged"}`:                               `{"":7}`,
		`{"past.$":"$.vals[9]","below.$":"$.vals[-1]"}`:    `{"past":null,"below":null}`,
		`{"item.$":"States.ArrayGetItem($.vals, 6)"}`:      `{"item":null}`,
		`{"slice.$":"$.absent[*].x"}`:                      `{"slice":[]}`,
		`{"literal":{"deep":["{}",{}]}}`:                   `{"literal":{"deep":["{}",{}]}}`,
		`"$.flagged"`:                                      `"$.flagged"`,
		`{}`:                                               `{}`,
		`null`:                                             `null`,
	} {
		tmpl, err := CompileTemplate(parse(t, template))
		if !assert.NoError(t, err, template) {
			continue
		}
		v, err := tmpl.Eval(input, s)
		assert.NoError(t, err, template)
		assert.Equal(t, want, value.String(v), template)
	}
}

func TestTemplateWithoutExpressionsIsItsValue(t *testing.T) {
	v := parse(t, `{"a":{"b":[1,2,{"c":"$.x"}]}}`)
	tmpl, err := CompileTemplate(v)
	require.NoError(t, err)
	out, err := tmpl.Eval(nil, nil)
	require.NoError(t, err)
	assert.Same(t, v, out)
	assert.Zero(t, testing.AllocsPerRun(10, func() { _, _ = tmpl.Eval(nil, nil) }))

	part := parse(t, `{"fixed":{"deep":[1]},"moves.$":"$"}`).(*value.Object)
	tmpl, err = CompileTemplate(part)
	require.NoError(t, err)
	out, err = tmpl.Eval("x", nil)
	require.NoError(t, err)
	before, _ := part.Get("fixed")
	after, _ := out.(*value.Object).Get("fixed")
	assert.Same(t, before, after)
}

func TestTemplateVariables(t *testing.T) {
	tmpl, err := CompileTemplate(parse(t, `{"a.$":"$b.x","c":[{"d.$":"States.Array($e, $b)"}],"f.$":"$.g"}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"b", "e"}, slices.Collect(tmpl.Variables()))
}

// TestCompileTemplateReportsEveryProblem: in document order, with AWS's wording.
func TestCompileTemplateReportsEveryProblem(t *testing.T) {
	_, err := CompileTemplate(parse(t, `{
		"bad.$": "$.",
		"fine.$": "$.x",
		"twice": 1, "twice.$": "$.x",
		"a/b": [{"number.$": 3, "text.$": "no call"}],
		"object.$": {"x.$": "$."}
	}`))
	e, ok := errors.AsType[*TemplateError](err)
	require.True(t, ok)
	type problem struct{ pointer, field, code, message string }
	var got []problem
	for _, p := range e.Problems {
		got = append(got, problem{p.Pointer, p.Field, p.Code, p.Message})
	}
	const schema = "SCHEMA_VALIDATION_FAILED"
	assert.Equal(t, []problem{
		{"", "bad.$", schema, "The value for the field 'bad.$' must be a valid JSONPath or a valid intrinsic function call"},
		{"", "twice.$", "DUPLICATE_FIELD_NAME", `A duplicate field will exist after renaming to strip the ".$" suffix from: twice.$`},
		{"/a~1b/0", "number.$", schema, "The value for the field 'number.$' must be a STRING that contains a JSONPath but was a NUMBER"},
		{"/a~1b/0", "text.$", schema, "The value for the field 'text.$' must be a valid JSONPath or a valid intrinsic function call"},
		{"", "object.$", schema, "The value for the field 'object.$' must be a STRING that contains a JSONPath but was an OBJECT"},
	}, got)
	_, ok = errors.AsType[*SyntaxError](e.Problems[0].Err)
	assert.True(t, ok)
	assert.Contains(t, err.Error(), "SCHEMA_VALIDATION_FAILED: The value for the field 'number.$' must be a STRING that contains a JSONPath but was a NUMBER at /a~1b/0")
}

func TestFieldError(t *testing.T) {
	tmpl, err := CompileTemplate(parse(t, `{"a":{"x.$":"$.none"}}`))
	require.NoError(t, err)
	_, err = tmpl.Eval(parse(t, `{"b":1}`), nil)
	e, ok := errors.AsType[*FieldError](err)
	require.True(t, ok)
	assert.Equal(t, "x.$", e.Field)
	assert.Equal(t, "$.none", e.Expression)
	assert.EqualError(t, err, `The JSONPath '$.none' specified for the field 'x.$' could not be found in the input '{"b":1}'`)
	missing, ok := errors.AsType[*NotFoundError](err)
	require.True(t, ok)
	assert.Equal(t, "No results for path: $['none']", missing.Reason)

	for template, want := range map[string]string{
		`{"x.$":"States.ArrayLength($.b)"}`: "argument 1 must be an array, not 1",
		`{"x.$":"States.ArrayLength($.c)"}`: "The JsonPath argument for the field '$.c' could not be found in the input '{\"b\":1,\"l\":[2]}'",
		// An index past the end is forgiven only where it is the whole expression.
		`{"x.$":"States.Array($.l[1])"}`: "The JsonPath argument for the field '$.l[1]' could not be found in the input '{\"b\":1,\"l\":[2]}'",
		`{"x.$":"States.Array($.b[0])"}`: "Filter: [0] can only be applied to arrays. Current context is: 1",
		// A path into the Context Object is named as one into the input.
		`{"x.$":"States.Array(States.Array($$.none.at.all))"}`: "The JsonPath argument for the field '$.none.at.all' could not be found in the input '{\"b\":1,\"l\":[2]}'",
	} {
		o := parse(t, template).(*value.Object)
		expression, _ := o.Get("x.$")
		tmpl, err := CompileTemplate(o)
		require.NoError(t, err)
		_, err = tmpl.Eval(parse(t, `{"b":1,"l":[2]}`), &world{context: `{"none":{}}`})
		assert.EqualError(t, err, "The function '"+expression.(string)+"' had the following error: "+want)
	}
}

// TestIndexThatFindsNothing: it gives null as the last step of a template's path, and
// fails everywhere else.
func TestIndexThatFindsNothing(t *testing.T) {
	const input = `{"list":[{"a":1}],"none":[]}`
	for path, found := range map[string]bool{
		"$.list[1]": true, "$.list[-1]": true, "$.none[0]": true, "$.none[(@.length-1)]": true, "$$.list[1]": true, "$list[1]": true,
		"$.list[1].a": false, "$.list[-1].a": false, "$.list[1][0]": false, "$.none[(@.length-1)].a": false, "$$.list[1].a": false, "$list[1].a": false,
		"$.list[0,1]": false, "$.absent[0]": false, "$.list[0].a[0]": false, "$.list[0].b": false,
	} {
		s := &world{context: input, variables: map[string]string{"list": `[{"a":1}]`}}
		tmpl, err := CompileTemplate(parse(t, `[{"x.$":"`+path+`"}]`))
		require.NoError(t, err)
		v, err := tmpl.Eval(parse(t, input), s)
		if found {
			assert.NoError(t, err, path)
			assert.Equal(t, `[{"x":null}]`, value.String(v), path)
		} else {
			assert.Error(t, err, path)
		}
		for _, elsewhere := range []string{path, "States.Array(" + path + ")"} {
			e, err := CompileExpression(elsewhere)
			require.NoError(t, err)
			_, err = e.EvalField("x", parse(t, input), s)
			assert.Error(t, err, elsewhere)
		}
	}
}

func TestFieldErrorOfTheContextObject(t *testing.T) {
	s := &world{context: `{"State":{"Name":"S"}}`}
	const want = `The JSONPath '$$.State.Age' specified for the field 'age.$' could not be found in the input '{"State":{"Name":"S"}}'`

	tmpl, err := CompileTemplate(parse(t, `{"age.$":"$$.State.Age"}`))
	require.NoError(t, err)
	_, err = tmpl.Eval(parse(t, `{"b":1}`), s)
	assert.EqualError(t, err, want)

	e, err := CompileExpression("$$.State.Age")
	require.NoError(t, err)
	_, err = e.EvalField("age.$", parse(t, `{"b":1}`), s)
	assert.EqualError(t, err, want)
	v, err := e.EvalField("age.$", nil, &world{context: `{"State":{"Age":3}}`})
	require.NoError(t, err)
	assert.Equal(t, int64(3), v)
}
