package httptask

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine"
	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, text string) *value.Object {
	t.Helper()
	v, err := value.Parse(text)
	require.NoError(t, err)
	return v.(*value.Object)
}

func TestRequest(t *testing.T) {
	const at = `"ApiEndpoint":"https://shop.example/v1?q=0","Method":"POST"`
	const form = `"Headers":{"Content-Type":"application/x-www-form-urlencoded"}`
	for _, c := range []struct {
		name       string
		parameters string
		connection Connection
		query      string
		body       string
		header     http.Header
	}{
		{name: "nothing but what is needed", parameters: `{` + at + `}`, query: "q=0",
			header: http.Header{"User-Agent": {"Amazon|StepFunctions|HttpInvoke|eu-west-1"}, "Range": {"bytes=0-262144"}}},
		{name: "a body is JSON", parameters: `{` + at + `,"RequestBody":{"a":[1,null]}}`, query: "q=0", body: `{"a":[1,null]}`,
			header: http.Header{"Content-Type": {"application/json"}}},
		{name: "null is a body", parameters: `{` + at + `,"RequestBody":null}`, query: "q=0", body: `null`},
		{name: "a text is sent as it is", parameters: `{` + at + `,"RequestBody":"<a/>","Headers":{"content-type":"text/xml"}}`, query: "q=0",
			body: `<a/>`, header: http.Header{"Content-Type": {"text/xml"}}},
		{name: "several values, numbers, null", parameters: `{` + at + `,"QueryParameters":{"a":["x y","z"],"n":7,"b":true,"gone":null},"Headers":{"X-A":["1","2"],"Gone":null}}`,
			query: "a=x+y&a=z&b=true&n=7&q=0", header: http.Header{"X-A": {"1", "2"}, "Gone": nil}},
		{name: "what can't be overridden", parameters: `{` + at + `,"Headers":{"user-agent":"me","Range":"bytes=5-6"}}`, query: "q=0",
			header: http.Header{"User-Agent": {"Amazon|StepFunctions|HttpInvoke|eu-west-1"}, "Range": {"bytes=0-262144"}}},
		{name: "the connection's go before the definition's",
			parameters: `{` + at + `,"Headers":{"x-a":"d","X-B":"d"},"QueryParameters":{"k":"d"},"RequestBody":{"k":"d","l":1}}`,
			connection: Connection{Header: http.Header{"X-A": {"c"}}, Query: url.Values{"k": {"c"}, "q": {"c"}}, Body: map[string]any{"k": "c", "m": 2}},
			query:      "k=c&q=c", body: `{"k":"c","l":1,"m":2}`, header: http.Header{"X-A": {"c"}, "X-B": {"d"}}},
		{name: "the connection's body alone", parameters: `{` + at + `}`, connection: Connection{Body: map[string]any{"k": "c"}}, query: "q=0", body: `{"k":"c"}`},
		{name: "a form, indices", parameters: `{` + at + `,` + form + `,"Transform":{"RequestBodyEncoding":"URL_ENCODED"},"RequestBody":{"a":["x","y"],"b":"1 &","n":null,"o":{"p":true}}}`,
			query: "q=0", body: "a%5B0%5D=x&a%5B1%5D=y&b=1+%26&o%5Bp%5D=true"},
		{name: "a form, repeat", parameters: `{` + at + `,` + form + `,"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"REPEAT"}},"RequestBody":{"a":["x","y"]}}`,
			query: "q=0", body: "a=x&a=y"},
		{name: "a form, commas", parameters: `{` + at + `,` + form + `,"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"COMMAS"}},"RequestBody":{"a":["x",1,null]}}`,
			query: "q=0", body: "a=x%2C1"},
		{name: "a form, brackets", parameters: `{` + at + `,` + form + `,"Transform":{"RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":"BRACKETS"}},"RequestBody":{"a":["x","y"]}}`,
			query: "q=0", body: "a%5B%5D=x&a%5B%5D=y"},
		{name: "an encoding of none", parameters: `{` + at + `,"Transform":{"RequestBodyEncoding":"NONE"},"RequestBody":{"a":["x"]}}`, query: "q=0", body: `{"a":["x"]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := new(Handler).read(parse(t, c.parameters), &c.connection, "eu-west-1")
			require.NoError(t, err)
			require.Equal(t, c.query, r.url.RawQuery)
			require.Equal(t, c.body, string(r.body))
			for name, values := range c.header {
				require.Equal(t, values, r.header[name], name)
			}
		})
	}
}

func TestRequestRefused(t *testing.T) {
	const at = `"ApiEndpoint":"https://shop.example/","Method":"POST"`
	for _, c := range []struct{ parameters, cause string }{
		{`{"ApiEndpoint":"https://shop.example/"}`, "The field Method must be"},
		{`{"ApiEndpoint":"https://shop.example/","Method":"TRACE"}`, "The field Method must be"},
		{`{"Method":"GET"}`, "is no https URL"},
		{`{"ApiEndpoint":"http://shop.example/","Method":"GET"}`, "is no https URL"},
		{`{"ApiEndpoint":"file:///etc/passwd","Method":"GET"}`, "is no https URL"},
		{`{"ApiEndpoint":"https://","Method":"GET"}`, "names no host"},
		{`{"ApiEndpoint":"https://a:b@shop.example/","Method":"GET"}`, "has a user"},
		{`{"ApiEndpoint":"https://shop.example\n/","Method":"GET"}`, "is no URL"},
		{`{` + at + `,"Headers":[]}`, "The field Headers must be an object"},
		{`{` + at + `,"Headers":{"a b":"c"}}`, "can't be sent"},
		{`{` + at + `,"Headers":{"":"c"}}`, "can't be sent"},
		{`{` + at + `,"Headers":{"a":"c\r\nHost: other"}}`, "can't be sent"},
		{`{` + at + `,"Headers":{"a":{"b":1}}}`, "must be a string or an array of strings"},
		{`{` + at + `,"QueryParameters":{"a":[[1]]}}`, "must be a string or an array of strings"},
		{`{` + at + `,"RequestBody":"text"}`, "can't be merged with a RequestBody that is a JSON string"},
		{`{` + at + `,"RequestBody":null}`, "can't be merged with a RequestBody that is a JSON null"},
		{`{` + at + `,"Transform":1}`, "The field Transform must be an object"},
		{`{` + at + `,"Transform":{"RequestBodyEncoding":"GZIP"}}`, "must be NONE or URL_ENCODED"},
		{`{` + at + `,"Transform":{"RequestEncodingOptions":{"ArrayFormat":"PIPES"}}}`, "must be one of INDICES"},
		{`{` + at + `,"Transform":{"RequestEncodingOptions":[]}}`, "RequestEncodingOptions must be an object"},
		{`{` + at + `,"RequestBody":{},"Transform":{"RequestBodyEncoding":"URL_ENCODED"}}`, "Content-Type must be application/x-www-form-urlencoded"},
	} {
		connection := &Connection{Body: map[string]any{"k": "v"}}
		_, err := new(Handler).read(parse(t, c.parameters), connection, "")
		failed, ok := err.(*engine.TaskError)
		require.True(t, ok, "%s: %v", c.parameters, err)
		require.Equal(t, "States.Runtime", failed.Name, c.parameters)
		require.Contains(t, failed.Cause, c.cause, c.parameters)
	}
	_, err := new(Handler).read(parse(t, `{`+at+`,"Headers":{"Content-Type":"application/x-www-form-urlencoded"},"RequestBody":[],"Transform":{"RequestBodyEncoding":"URL_ENCODED"}}`), &Connection{}, "")
	require.ErrorContains(t, err, "JSON array can't be URL_ENCODED")
}

func TestForbiddenHeaders(t *testing.T) {
	names := []string{"x-forwarded-for", "X-Amz-Date", "X-AMZN-Trace-Id"}
	for name := range forbidden {
		names = append(names, name)
	}
	for _, name := range names {
		parameters := value.NewObject(value.Member{Key: "ApiEndpoint", Value: "https://shop.example/"},
			value.Member{Key: "Method", Value: "GET"},
			value.Member{Key: "Headers", Value: value.NewObject(value.Member{Key: name, Value: "x"})})
		_, err := new(Handler).read(parameters, &Connection{}, "")
		require.ErrorContains(t, err, "is not allowed in the field Headers", name)
	}
}

// A small object whose form would have gigabytes is refused before it is written.
func TestLongForms(t *testing.T) {
	inner := value.NewObject(value.Member{Key: "a", Value: make([]any, 10_000)})
	for i := range inner.At(0).Value.([]any) {
		inner.At(0).Value.([]any)[i] = int64(1)
	}
	var v any = inner
	for range 20 {
		v = value.NewObject(value.Member{Key: strings.Repeat("k", 5_000), Value: v})
	}
	for _, format := range []arrayFormat{indices, repeat, brackets} {
		_, err := encodeForm(v.(*value.Object), format)
		require.ErrorContains(t, err, "is longer than 1048576 bytes", format)
	}
	text, err := encodeForm(v.(*value.Object), commas)
	require.NoError(t, err)
	require.Less(t, len(text), 200_000)
}
