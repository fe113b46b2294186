package states

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/gostates/gostates/asl/value"
)

// A snapshotWriter appends the parts of a snapshot. Numbers are varints, texts have their length
// before them, and values have a kind. An array, an object or a text that was written before is
// written as the number that it had: inputs, variables and results share most of what they
// hold.
type snapshotWriter struct {
	b       []byte
	texts   map[string]uint64
	objects map[*value.Object]uint64
	arrays  map[arrayIdentity]uint64
	threads map[*thread]uint64
}

// An arrayIdentity is what two slices have in common when they are the same array.
type arrayIdentity struct {
	first  *any
	length int
}

func newSnapshotWriter() *snapshotWriter {
	return &snapshotWriter{
		b: make([]byte, 0, 1<<10), texts: make(map[string]uint64), objects: make(map[*value.Object]uint64),
		arrays: make(map[arrayIdentity]uint64), threads: make(map[*thread]uint64),
	}
}

// A valueKind says what follows in a snapshot.
type valueKind byte

const (
	nullValue valueKind = iota
	falseValue
	trueValue
	intValue
	floatValue
	numberValue // a json.Number
	textValue
	arrayValue
	objectValue
	sharedArray // and the number that it was written with
	sharedObject
)

func (w *snapshotWriter) bytes(s string) { w.b = append(w.b, s...) }

func (w *snapshotWriter) uint(n uint64) { w.b = binary.AppendUvarint(w.b, n) }

func (w *snapshotWriter) int(n int64) { w.b = binary.AppendVarint(w.b, n) }

func (w *snapshotWriter) id(id EventID) { w.int(int64(id)) }

// flags writes up to 64 flags.
func (w *snapshotWriter) flags(all ...bool) {
	var bits uint64
	for i, set := range all {
		if set {
			bits |= 1 << i
		}
	}
	w.uint(bits)
}

func (w *snapshotWriter) time(t time.Time) {
	w.int(t.Unix())
	w.uint(uint64(t.Nanosecond()))
}

// shortest is the length from which on a text is worth a number of its own.
const shortest = 4

// text writes an even number and the text, whose length is half of it, or an odd one that
// leads to the text.
func (w *snapshotWriter) text(s string) {
	if n, ok := w.texts[s]; ok {
		w.uint(n<<1 | 1)
		return
	}
	if len(s) >= shortest {
		w.texts[s] = uint64(len(w.texts))
	}
	w.uint(uint64(len(s)) << 1)
	w.bytes(s)
}

func (w *snapshotWriter) value(v any) {
	switch v := v.(type) {
	case bool:
		w.kind(falseValue)
		if v {
			w.b[len(w.b)-1] = byte(trueValue)
		}
	case int64:
		w.kind(intValue)
		w.int(v)
	case float64:
		w.kind(floatValue)
		w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v))
	case json.Number:
		w.kind(numberValue)
		w.text(string(v))
	case string:
		w.kind(textValue)
		w.text(v)
	case []any:
		w.array(v)
	case *value.Object:
		w.object(v)
	default:
		w.kind(nullValue)
	}
}

func (w *snapshotWriter) kind(k valueKind) { w.b = append(w.b, byte(k)) }

func (w *snapshotWriter) array(a []any) {
	if len(a) > 0 {
		id := arrayIdentity{&a[0], len(a)}
		if n, ok := w.arrays[id]; ok {
			w.kind(sharedArray)
			w.uint(n)
			return
		}
		w.arrays[id] = uint64(len(w.arrays))
	}
	w.kind(arrayValue)
	w.uint(uint64(len(a)))
	for _, v := range a {
		w.value(v)
	}
}

func (w *snapshotWriter) object(o *value.Object) {
	if o.Len() > 0 {
		if n, ok := w.objects[o]; ok {
			w.kind(sharedObject)
			w.uint(n)
			return
		}
		w.objects[o] = uint64(len(w.objects))
	}
	w.kind(objectValue)
	w.uint(uint64(o.Len()))
	for key, v := range o.All() {
		w.text(key)
		w.value(v)
	}
}

// A snapshotReader reads what a snapshotWriter writes. After an error it reads zeros.
type snapshotReader struct {
	rest    []byte
	err     error
	texts   []string
	objects []*value.Object // nil for one that is being read
	arrays  [][]any
	threads []*thread
}

func (r *snapshotReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrSnapshotDamaged, fmt.Sprintf(format, args...))
		r.rest = nil
	}
}

func (r *snapshotReader) bytes(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.fail("it ends too early")
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *snapshotReader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *snapshotReader) uint() uint64 {
	n, length := binary.Uvarint(r.rest)
	if length <= 0 {
		r.fail("a number is cut off")
		return 0
	}
	r.rest = r.rest[length:]
	return n
}

func (r *snapshotReader) int() int64 {
	n, length := binary.Varint(r.rest)
	if length <= 0 {
		r.fail("a number is cut off")
		return 0
	}
	r.rest = r.rest[length:]
	return n
}

func (r *snapshotReader) id() EventID { return EventID(r.int()) }

// count reads how many things follow, each of which takes a byte at least.
func (r *snapshotReader) count() int {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.fail("it has no room for %d things", n)
		return 0
	}
	return int(n)
}

// small reads a number that is an int and not negative.
func (r *snapshotReader) small() int {
	n := r.uint()
	if n > math.MaxInt32 {
		r.fail("%d is too large a number", n)
		return 0
	}
	return int(n)
}

// flags reads flags into variables.
func (r *snapshotReader) flags(all ...*bool) {
	bits := r.uint()
	for i, set := range all {
		*set = bits&(1<<i) != 0
	}
	if bits>>len(all) != 0 {
		r.fail("it has flags that nobody knows")
	}
}

func (r *snapshotReader) time() time.Time {
	seconds, nanoseconds := r.int(), r.uint()
	const most = 1 << 38 // seconds, some 8,000 years
	if seconds < -most || seconds > most || nanoseconds >= 1e9 {
		r.fail("it has a time that is none")
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

func (r *snapshotReader) text() string {
	n := r.uint()
	if n&1 == 1 {
		if n >>= 1; n < uint64(len(r.texts)) {
			return r.texts[n]
		}
		r.fail("it has no text %d", n)
		return ""
	}
	if n >>= 1; n > uint64(len(r.rest)) {
		r.fail("it ends in a text")
		return ""
	}
	s := string(r.bytes(int(n)))
	if len(s) >= shortest {
		r.texts = append(r.texts, s)
	}
	return s
}

// deepest is how deep arrays and objects may nest, as everywhere where their texts are made.
const deepest = 100_000

func (r *snapshotReader) value() any { return r.valueAt(0) }

func (r *snapshotReader) valueAt(depth int) any {
	if depth > deepest {
		r.fail("its values nest too deep")
		return nil
	}
	switch kind := valueKind(r.byte()); kind {
	case nullValue:
		return nil
	case falseValue, trueValue:
		return kind == trueValue
	case intValue:
		return r.int()
	case floatValue:
		if b := r.bytes(8); b != nil {
			if f := math.Float64frombits(binary.LittleEndian.Uint64(b)); f-f == 0 {
				return f
			}
			r.fail("a number is none")
		}
	case numberValue:
		return json.Number(r.text())
	case textValue:
		return r.text()
	case arrayValue:
		return r.array(depth)
	case objectValue:
		return r.object(depth)
	case sharedArray:
		if n := r.uint(); n < uint64(len(r.arrays)) && r.arrays[n] != nil {
			return r.arrays[n]
		}
		r.fail("it has no such array")
	case sharedObject:
		if n := r.uint(); n < uint64(len(r.objects)) && r.objects[n] != nil {
			return r.objects[n]
		}
		r.fail("it has no such object")
	default:
		r.fail("it has a value of no kind")
	}
	return nil
}

func (r *snapshotReader) array(depth int) []any {
	a := make([]any, r.count())
	if len(a) == 0 {
		return a
	}
	number := len(r.arrays)
	r.arrays = append(r.arrays, nil)
	for i := range a {
		a[i] = r.valueAt(depth + 1)
	}
	r.arrays[number] = a
	return a
}

func (r *snapshotReader) object(depth int) *value.Object {
	n := r.count()
	if n == 0 {
		return new(value.Object)
	}
	number := len(r.objects)
	r.objects = append(r.objects, nil)
	members := make([]value.Member, n)
	for i := range members {
		members[i].Key = r.text()
		members[i].Value = r.valueAt(depth + 1)
	}
	o := value.NewObject(members...)
	r.objects[number] = o
	return o
}

// variables reads a value that is an object, or null for none.
func (r *snapshotReader) variables() *value.Object {
	v := r.value()
	o, ok := v.(*value.Object)
	if v != nil && !ok {
		r.fail("variables are %s", value.TypeName(v))
	}
	return o
}
