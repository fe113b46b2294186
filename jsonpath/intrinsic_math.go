package jsonpath

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// mathAdd rounds each argument before it adds them (measured).
func mathAdd(_ *environment, _ *invocation, arguments []any) (any, string) {
	a, ok := rounded(arguments[0])
	if !ok {
		return nil, typeError(0, arguments[0], "a number of at most 64 bits")
	}
	b, ok := rounded(arguments[1])
	if !ok {
		return nil, typeError(1, arguments[1], "a number of at most 64 bits")
	}
	total := a + b
	if (a < 0) == (b < 0) && (total < 0) != (a < 0) {
		return nil, "the sum does not fit 64 bits"
	}
	return total, ""
}

// mathConstants refuses what is written out and is no number: such a call never
// succeeds. (Another validator does; that AWS does is not measured.)
func mathConstants(c *invocation) string {
	for i, a := range c.arguments {
		if a, ok := a.(constant); ok {
			if _, ok := rounded(a.v); !ok {
				return c.function.name + ": " + typeError(i, a.v, "a number of at most 64 bits or a path")
			}
		}
	}
	return ""
}

// mathRandom gives an integer from the first argument up to, but not including,
// the second. A third argument is the seed; the generator that it seeds is
// Java's, as in JSONata's $random on AWS (there it is measured, here it is not).
func mathRandom(env *environment, _ *invocation, arguments []any) (any, string) {
	var numbers [3]int64
	for i, v := range arguments {
		n, ok := rounded(v)
		if !ok {
			return nil, typeError(i, v, "an integer")
		}
		numbers[i] = n
	}
	first, end := numbers[0], numbers[1]
	if first >= end {
		return nil, "the start must be less than the end"
	}
	span := uint64(end) - uint64(first)
	if len(arguments) == 3 {
		return first + int64(newJavaRandom(numbers[2]).below(span)), ""
	}
	if env.scope == nil {
		return nil, "there is no source of random numbers here"
	}
	n, _ := bits.Mul64(env.scope.Random(), span) // scales the stream's number to the span
	return first + int64(n), ""
}

// uuid gives a version 4 UUID (RFC 9562) made of two numbers of the stream.
func uuid(env *environment, _ *invocation, _ []any) (any, string) {
	if env.scope == nil {
		return nil, "there is no source of random numbers here"
	}
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], env.scope.Random())
	binary.BigEndian.PutUint64(id[8:], env.scope.Random())
	id[6] = id[6]&0x0f | 0x40 // version
	id[8] = id[8]&0x3f | 0x80 // variant
	text := make([]byte, 0, 36)
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text), ""
}

// A javaRandom is java.util.Random: a 48-bit linear congruential generator whose
// constants its documentation fixes.
type javaRandom uint64

const javaMask = 1<<48 - 1

func newJavaRandom(seed int64) *javaRandom {
	r := javaRandom((uint64(seed) ^ 0x5DEECE66D) & javaMask)
	return &r
}

func (r *javaRandom) next(n uint) int32 {
	*r = (*r*0x5DEECE66D + 0xB) & javaMask
	return int32(*r >> (48 - n))
}

// below is nextInt(bound) where the bound is an int, else a scaled nextDouble.
func (r *javaRandom) below(bound uint64) uint64 {
	if bound > 1<<31-1 {
		high := uint64(r.next(26)) << 27
		fraction := float64(high+uint64(r.next(27))) / (1 << 53)
		return min(uint64(fraction*float64(bound)), bound-1)
	}
	n := int32(bound)
	if n&-n == n {
		return uint64(int64(n) * int64(r.next(31)) >> 31)
	}
	for {
		drawn := r.next(31)
		out := drawn % n
		if drawn-out+(n-1) >= 0 { // overflows in the last, incomplete stretch: draw again
			return uint64(out)
		}
	}
}
