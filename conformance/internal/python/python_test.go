package python

import (
	"testing"

	"github.com/gostates/gostates/asl/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJSONHasSpacesAndIsASCII(t *testing.T) {
	v, err := value.Parse(`{"a":[1,2.5,null,true],"ü":"🍞\"\n"}`)
	require.NoError(t, err)
	assert.Equal(t, `{"a": [1, 2.5, null, true], "\u00fc": "\ud83c\udf5e\"\n"}`, pythonJSON(v))
}

func TestOnlyPlainFunctionsAreCalled(t *testing.T) {
	const head = "def handler(event, context):\n    "
	sources := map[string]string{
		"echo": head + "return event\n", "raise": head + `raise Oops("no")`, "other": head + "return 1", "two": head + "pass\n    return event",
	}
	for _, c := range []struct {
		resource, class string
		ok              bool
	}{
		{"arn:aws:lambda:us-east-1:111111111111:function:echo", "", true},
		{"arn:aws:lambda:us-east-1:111111111111:function:raise", "Oops", true},
		{"arn:aws:lambda:us-east-1:111111111111:function:other", "", false},
		{"arn:aws:lambda:us-east-1:111111111111:function:two", "", false},
		{"arn:aws:lambda:us-east-1:111111111111:function:none", "", false},
		{"arn:aws:states:::lambda:invoke", "", false},
	} {
		o, ok := Call(sources, c.resource, "input")
		assert.Equal(t, c.ok, ok, c.resource)
		assert.Equal(t, c.class, o.Class, c.resource)
		if ok && c.class == "" {
			assert.Equal(t, "input", o.Result)
		}
	}
}
