package value

import (
	"iter"
	"slices"
	"sync/atomic"
)

// indexAbove is the number of members above which an index finds a key
// quicker than a scan does.
const indexAbove = 12

// A Member is one name and value of an [Object].
type Member struct {
	Key   string
	Value any
}

// An Object is a JSON object whose members keep their order. It never changes,
// so any goroutine may read it at any time. A nil *Object is an empty object.
type Object struct {
	members []Member
	index   atomic.Pointer[map[string]int] // built by the first lookup in a large object
	size    atomic.Int64                   // length and depth of the JSON text, see measure.go; 0 until somebody asks
	sound   atomic.Bool                    // nothing but values is in it, see sound.go
}

// NewObject gives an object of these members, in this order. It takes over the
// slice: the caller must not change it afterwards. The keys must be distinct;
// where they may not be, use a [Builder]. The members must be values already: what else
// stands in an object [Of] refuses, and Append writes as null.
func NewObject(members ...Member) *Object {
	return &Object{members: members}
}

// Len is the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// Get gives the value of the member with this key, and whether there is one.
func (o *Object) Get(key string) (any, bool) {
	if i := o.find(key); i >= 0 {
		return o.members[i].Value, true
	}
	return nil, false
}

// At gives the i-th member in document order, counted from 0. Like indexing a
// slice it panics when i is out of range.
func (o *Object) At(i int) Member { return o.members[i] }

// All ranges over the members in document order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for i := range o.members {
			if !yield(o.members[i].Key, o.members[i].Value) {
				return
			}
		}
	}
}

// Keys gives the keys in document order, in a slice that is the caller's.
func (o *Object) Keys() []string {
	if o == nil {
		return nil
	}
	keys := make([]string, len(o.members))
	for i := range o.members {
		keys[i] = o.members[i].Key
	}
	return keys
}

// With gives a copy of the object in which key has the value v: in its old
// place when the object has the key already, else at the end.
func (o *Object) With(key string, v any) *Object {
	if o == nil {
		return NewObject(Member{key, v})
	}
	i := o.find(key)
	if i < 0 {
		members := make([]Member, len(o.members)+1)
		copy(members, o.members)
		members[len(o.members)] = Member{key, v}
		return &Object{members: members}
	}
	next := &Object{members: slices.Clone(o.members)}
	next.members[i].Value = v
	next.index.Store(o.index.Load()) // the same keys at the same places
	return next
}

// Without gives a copy of the object that lacks key, or the object itself when
// it has no such key.
func (o *Object) Without(key string) *Object {
	i := o.find(key)
	if i < 0 {
		return o
	}
	members := make([]Member, 0, len(o.members)-1)
	members = append(members, o.members[:i]...)
	return &Object{members: append(members, o.members[i+1:]...)}
}

// find gives the place of key, or -1.
func (o *Object) find(key string) int {
	if o == nil {
		return -1
	}
	if len(o.members) > indexAbove {
		if i, ok := o.indexed()[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].Key == key {
			return i
		}
	}
	return -1
}

// indexed gives the index of a large object. Two goroutines may build it at the
// same time; they build the same one.
func (o *Object) indexed() map[string]int {
	if index := o.index.Load(); index != nil {
		return *index
	}
	index := make(map[string]int, len(o.members))
	for i := range o.members {
		index[o.members[i].Key] = i
	}
	o.index.Store(&index)
	return index
}

// MarshalJSON gives the object's compact JSON text in document order. The error names a
// member that is no value.
func (o *Object) MarshalJSON() ([]byte, error) {
	v, err := sound(o, 0)
	if err != nil {
		return nil, err
	}
	return Append(nil, v), nil
}

// String gives the object's compact JSON text.
func (o *Object) String() string { return String(o) }

// A Builder makes an [Object] member by member. Its zero value is ready to use;
// it belongs to one goroutine.
type Builder struct {
	members []Member
	index   map[string]int
}

// Set adds a member at the end, or replaces the value of the one that has this
// key, which keeps its place.
func (b *Builder) Set(key string, v any) {
	if i := b.find(key); i >= 0 {
		b.members[i].Value = v
		return
	}
	if b.index != nil {
		b.index[key] = len(b.members)
	}
	b.members = append(b.members, Member{key, v})
}

// Len is the number of members so far.
func (b *Builder) Len() int { return len(b.members) }

// Object gives the object and empties the builder, which may be used again.
func (b *Builder) Object() *Object {
	o := &Object{members: b.members}
	if b.index != nil {
		index := b.index
		o.index.Store(&index)
	}
	*b = Builder{}
	return o
}

func (b *Builder) find(key string) int {
	if len(b.members) > indexAbove {
		if b.index == nil {
			b.index = make(map[string]int, 4*indexAbove)
			for i := range b.members {
				b.index[b.members[i].Key] = i
			}
		}
		if i, ok := b.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range b.members {
		if b.members[i].Key == key {
			return i
		}
	}
	return -1
}
