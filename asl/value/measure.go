package value

import (
	"encoding/json"
	"math"
)

// Size is the number of bytes that [Append] would write. An object remembers
// its size, so asking again, or for an object that holds it, is cheap. For a value
// that may be a very long text see [Measure].
func Size(v any) int {
	size, _ := Measure(v, math.MaxInt)
	return size
}

// Measure returns the number of bytes that [Append] would write, and how deep arrays
// and objects nest in v: 0 for a value that is neither. When the size exceeds limit,
// or the nesting 100,000, Measure stops looking as soon as that is certain and returns
// a size above limit; the depth is that of what it has seen. The work is bounded by
// limit, however often v holds another value.
func Measure(v any, limit int) (size, depth int) {
	m := meter{left: limit}
	depth = m.measure(v, 0)
	if m.left < 0 {
		return max(limit, limit+1), depth // limit+1, if there is such a number
	}
	return limit - m.left, depth
}

// A meter counts down the bytes that a text may still have.
type meter struct{ left int }

const deepest = 100_000

// measure pays for v, which stands at a level of nesting, and returns v's own depth.
// It stops when nothing is left.
func (m *meter) measure(v any, level int) int {
	switch v := v.(type) {
	case string:
		m.left -= stringSize(v)
	case int64:
		m.left -= intSize(v)
	case *Object:
		return m.object(v, level)
	case []any:
		m.left -= 2 + max(0, len(v)-1)
		if level > deepest {
			m.left = -1
		}
		depth := 0
		for _, e := range v {
			if m.left < 0 {
				break
			}
			depth = max(depth, m.measure(e, level+1))
		}
		return depth + 1
	case bool:
		m.left -= len("true")
		if !v {
			m.left -= len("false") - len("true")
		}
	case float64:
		var space [32]byte
		m.left -= len(appendFloat(space[:0], v))
	case json.Number:
		m.left -= len(v)
	default:
		m.left -= len("null")
	}
	return 0
}

// An object remembers its size and, in the lowest bits, its depth.
const (
	depthBits = 20
	depthMask = 1<<depthBits - 1
)

func (m *meter) object(o *Object, level int) int {
	if o == nil {
		m.left -= 2
		return 1
	}
	if known := o.size.Load(); known != 0 {
		m.left -= int(known >> depthBits)
		return int(known & depthMask)
	}
	before, depth := m.left, 0
	m.left -= 2 + max(0, len(o.members)-1)
	if level > deepest {
		m.left = -1
	}
	for i := range o.members {
		if m.left < 0 {
			return depth + 1
		}
		m.left -= stringSize(o.members[i].Key) + 1
		depth = max(depth, m.measure(o.members[i].Value, level+1))
	}
	if depth++; m.left >= 0 {
		if size := int64(before - m.left); size < 1<<(63-depthBits) && depth < depthMask {
			o.size.Store(size<<depthBits | int64(depth))
		}
	}
	return depth
}
