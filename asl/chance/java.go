package chance

// A Java is java.util.Random: a 48-bit linear congruential generator whose constants its
// documentation fixes. It is for one goroutine at a time.
type Java struct{ state uint64 }

const (
	multiplier = 0x5DEECE66D
	mask       = 1<<48 - 1
)

// NewJava gives the generator that `new java.util.Random(seed)` is.
func NewJava(seed int64) *Java { return &Java{(uint64(seed) ^ multiplier) & mask} }

func (r *Java) next(bits int) uint64 {
	r.state = (r.state*multiplier + 0xB) & mask
	return r.state >> (48 - bits)
}

// Double gives what nextDouble does: a number from 0 up to but not including 1.
func (r *Java) Double() float64 {
	high := r.next(26) << 27
	return float64(high+r.next(27)) / (1 << 53)
}

// Below gives what nextInt(n) does for an n from 1 to 2^31-1: an integer from 0 up to but
// not including n. For a larger n, which Java's int can't hold, it scales a Double.
func (r *Java) Below(n uint64) uint64 {
	if n > 1<<31-1 {
		return min(uint64(r.Double()*float64(n)), n-1)
	}
	bound := int32(n)
	if bound&-bound == bound {
		return uint64(int64(bound) * int64(r.next(31)) >> 31)
	}
	for {
		drawn := int32(r.next(31))
		out := drawn % bound
		if drawn-out+(bound-1) >= 0 { // overflows in the last, incomplete stretch: draw again
			return uint64(out)
		}
	}
}
