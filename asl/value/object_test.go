package value

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// build gives an object of n members k0=0, k1=1, ...
func build(n int) *Object {
	members := make([]Member, n)
	for i := range members {
		members[i] = Member{fmt.Sprint("k", i), int64(i)}
	}
	return NewObject(members...)
}

// TestObject runs for objects small enough to scan and large enough for an index.
func TestObject(t *testing.T) {
	for _, n := range []int{0, 1, indexAbove, indexAbove + 1, 100} {
		o := build(n)
		assert.Equal(t, n, o.Len())
		for i := range n {
			v, ok := o.Get(fmt.Sprint("k", i))
			assert.True(t, ok)
			assert.Equal(t, int64(i), v)
			assert.Equal(t, Member{fmt.Sprint("k", i), int64(i)}, o.At(i))
		}
		_, ok := o.Get("nope")
		assert.False(t, ok)

		var keys []string
		for key := range o.All() {
			keys = append(keys, key)
		}
		assert.Equal(t, o.Keys(), append([]string{}, keys...))

		longer := o.With("new", "x")
		assert.Equal(t, n+1, longer.Len())
		assert.Equal(t, Member{"new", "x"}, longer.At(n), "a new member stands at the end")
		assert.Equal(t, n, o.Len(), "the object itself does not change")
		assert.Same(t, o, o.Without("nope"))
		assert.True(t, Equal(o, longer.Without("new")))

		if n > 0 {
			changed := o.With("k0", "x")
			assert.Equal(t, o.Keys(), changed.Keys(), "a member that is replaced keeps its place")
			v, _ := changed.Get("k0")
			assert.Equal(t, "x", v)
			v, _ = o.Get("k0")
			assert.Equal(t, int64(0), v)
			shorter := o.Without("k0")
			assert.Equal(t, n-1, shorter.Len())
			_, ok := shorter.Get("k0")
			assert.False(t, ok)
		}
	}
}

func TestNilObjectIsEmpty(t *testing.T) {
	var o *Object
	_, ok := o.Get("a")
	assert.False(t, ok)
	assert.Zero(t, o.Len())
	assert.Empty(t, o.Keys())
	assert.Empty(t, maps.Collect(o.All()))
	assert.Nil(t, o.Without("a"))
	assert.Equal(t, `{"a":1}`, o.With("a", int64(1)).String())
	assert.Equal(t, "{}", o.String())
}

func TestAllStopsWhenTold(t *testing.T) {
	seen := 0
	for range build(5).All() {
		if seen++; seen == 2 {
			break
		}
	}
	assert.Equal(t, 2, seen)
}

func TestObjectIsSafeForConcurrentReaders(t *testing.T) {
	o := build(500)
	want := len(String(build(500)))
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			v, ok := o.Get("k499")
			assert.True(t, ok)
			assert.Equal(t, int64(499), v)
			assert.Equal(t, want, Size(o))
		})
	}
	readers.Wait()
}

func TestBuilder(t *testing.T) {
	for _, n := range []int{1, indexAbove, indexAbove + 1, 100} {
		var b Builder
		for i := range n {
			b.Set(fmt.Sprint("k", i), int64(i))
		}
		b.Set("k0", "first")
		b.Set(fmt.Sprint("k", n-1), "last")
		assert.Equal(t, n, b.Len())
		o := b.Object()
		assert.Equal(t, build(n).Keys(), o.Keys(), "a member that is set again keeps its place")
		v, _ := o.Get(fmt.Sprint("k", n-1))
		assert.Equal(t, "last", v)

		b.Set("other", nil)
		assert.Equal(t, `{"other":null}`, b.Object().String(), "a builder starts afresh")
		assert.Equal(t, n, o.Len())
	}
}

func TestTypeName(t *testing.T) {
	for name, v := range map[string]any{
		"null": nil, "boolean": true, "number": int64(1), "string": "s",
		"array": []any{}, "object": NewObject(), "undefined": struct{}{},
	} {
		assert.Equal(t, name, TypeName(v))
	}
	assert.Equal(t, "number", TypeName(1.5))
	assert.Equal(t, "number", TypeName(json.Number("1e400")))
}
