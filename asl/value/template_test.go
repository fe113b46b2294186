package value

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A named is an expression: the value of a name in a map.
type named string

func (n named) Eval(env map[string]any) (any, error) {
	if v, ok := env[string(n)]; ok {
		return v, nil
	}
	return nil, errors.New("no " + string(n))
}

func TestTemplate(t *testing.T) {
	type env = map[string]any
	fixed, err := Parse(`{"a":[1,2]}`)
	require.NoError(t, err)
	part := Literal[env]{fixed}
	list := ArrayTemplate[env]{part, named("x")}
	object := ObjectTemplate[env]{{"list", list.OrLiteral(nil)}, {"y", named("y")}}

	v, err := object.OrLiteral(nil).Eval(env{"x": int64(7), "y": nil})
	require.NoError(t, err)
	assert.Equal(t, `{"list":[{"a":[1,2]},7],"y":null}`, String(v))
	member, _ := v.(*Object).Get("list")
	assert.Same(t, fixed, member.([]any)[0], "what has no expression is shared")

	_, err = object.Eval(env{"y": nil})
	assert.EqualError(t, err, "no x")
	_, err = object.Eval(env{"x": nil})
	assert.EqualError(t, err, "no y")

	o := NewObject(Member{Key: "a", Value: fixed})
	assert.Equal(t, Literal[env]{o}, ObjectTemplate[env]{{"a", part}}.OrLiteral(o))
	assert.Equal(t, Literal[env]{[]any{fixed}}, ArrayTemplate[env]{part}.OrLiteral([]any{fixed}))
	assert.Equal(t, Literal[env]{[]any{}}, ArrayTemplate[env]{}.OrLiteral([]any{}))
}

func TestPointerSteps(t *testing.T) {
	for key, step := range map[string]string{"": "", "a": "a", "a/b": "a~1b", "a~b": "a~0b", "~1": "~01", "/~": "~1~0", "~~": "~0~0"} {
		assert.Equal(t, step, EscapePointer(key))
		assert.Equal(t, key, UnescapePointer(step))
	}
}
