package jsonpath

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gostates/gostates/asl/value"
)

// shop is the document that most tests look into.
const shop = `{
	"store": {
		"shelf": [
			{"sku": "tea", "price": 4.5, "kind": "leaf", "tags": ["loose", "green"]},
			{"sku": "pot", "price": 40, "kind": "ware", "sale": null},
			{"sku": "cup", "price": 8, "kind": "ware", "sale": true, "parts": {"handle": {"price": 1}}},
			{"sku": "mat", "price": 12}
		],
		"door": {"price": 300, "colour": "red"}
	},
	"counts": [5, 1, 4],
	"order-id": "o-1",
	"two words": 2,
	"größe": 3,
	"back\\slash": 4,
	"nothing": null,
	"empty": [],
	"text": "words"
}`

// A world is a Scope made of plain values.
type world struct {
	context   string
	variables map[string]string
	next      []uint64
}

func (w *world) Context() any {
	v, err := value.Parse(w.context)
	if err != nil {
		panic(err)
	}
	return v
}

func (w *world) Variable(name string) (any, bool) {
	text, ok := w.variables[name]
	if !ok {
		return nil, false
	}
	v, err := value.Parse(text)
	return v, err == nil
}

func (w *world) Random() uint64 {
	n := w.next[0]
	w.next = w.next[1:]
	return n
}

func parse(t testing.TB, text string) any {
	t.Helper()
	v, err := value.Parse(text)
	require.NoError(t, err, text)
	return v
}
