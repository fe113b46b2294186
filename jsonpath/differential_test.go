package jsonpath_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ohler55/ojg/jp"
	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// TestAgreesWithJP compares this package's walker with ojg's, an independent one,
// wherever the two mean the same: names and indexes that are there, with a slice or a
// wildcard at the end. Where they differ on purpose (missing members, filters,
// descent) the package comment says why.
func TestAgreesWithJP(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		document := randomValue(random, 4)
		if document == nil {
			continue // see ErrNullInput
		}
		text := randomPath(random, document)
		ours, err := jsonpath.Compile(text)
		require.NoError(t, err, text)
		theirs, err := jp.ParseString(text)
		require.NoError(t, err, text)
		got, err := ours.Eval(document, nil)
		want := unkeyed(theirs.Get(asKeyed(document))).([]any)
		require.NoError(t, err, "%s of %s", text, value.String(document))
		if ours.Definite() {
			require.Len(t, want, 1, text)
			require.True(t, value.Equal(want[0], got), "%s of %s", text, value.String(document))
		} else {
			require.Equal(t, value.String(want), value.String(got), "%s of %s", text, value.String(document))
		}
	}
}

// A keyed is an object as ojg reads one. Objects never change, so that the methods
// which should change it fail.
type keyed struct{ *value.Object }

func (k keyed) ValueForKey(key string) (any, bool) {
	v, ok := k.Get(key)
	return asKeyed(v), ok
}

func (keyed) SetValueForKey(string, any)   { panic("the walker writes") }
func (keyed) RemoveValueForKey(key string) { panic("the walker removes " + key) }

// asKeyed gives a value with its objects as ojg reads them.
func asKeyed(v any) any {
	switch v := v.(type) {
	case *value.Object:
		return keyed{v}
	case []any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = asKeyed(v[i])
		}
		return items
	}
	return v
}

// unkeyed undoes asKeyed.
func unkeyed(v any) any {
	switch v := v.(type) {
	case keyed:
		return v.Object
	case []any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = unkeyed(v[i])
		}
		return items
	}
	return v
}

var _ jp.Keyed = keyed{}

// randomValue makes a value whose objects have the members a, b and c.
func randomValue(random *rand.Rand, depth int) any {
	if depth == 0 || random.IntN(4) == 0 {
		return []any{nil, true, int64(7), 2.5, "text"}[random.IntN(5)]
	}
	if random.IntN(2) == 0 {
		items := make([]any, 1+random.IntN(3))
		for i := range items {
			items[i] = randomValue(random, depth-1)
		}
		return items
	}
	var b value.Builder
	for _, key := range []string{"a", "b", "c"}[:1+random.IntN(3)] {
		b.Set(key, randomValue(random, depth-1))
	}
	return b.Object()
}

// randomPath makes a path along what a value has; a slice or wildcard ends it.
func randomPath(random *rand.Rand, v any) string {
	var b strings.Builder
	b.WriteByte('$')
	for range random.IntN(4) {
		switch at := v.(type) {
		case *value.Object:
			m := at.At(random.IntN(at.Len()))
			switch random.IntN(4) {
			case 0:
				return b.String() + ".*"
			case 1:
				fmt.Fprintf(&b, "['%s']", m.Key)
			default:
				b.WriteString("." + m.Key)
			}
			v = m.Value
		case []any:
			i := random.IntN(len(at))
			switch random.IntN(4) {
			case 0:
				return b.String() + "[*]"
			case 1:
				return b.String() + fmt.Sprintf("[%d:%d]", i, len(at))
			default:
				fmt.Fprintf(&b, "[%d]", i)
			}
			v = at[i]
		default:
			return b.String()
		}
	}
	return b.String()
}
