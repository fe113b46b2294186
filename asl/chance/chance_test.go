package chance_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gostates/gostates/asl/chance"
)

// TestStream: SplitMix64's reference gives the same.
func TestStream(t *testing.T) {
	var s chance.Stream
	assert.Equal(t, uint64(16294208416658607535), s.Next())
	assert.Equal(t, uint64(7960286522194355700), s.Next())
}

func TestFraction(t *testing.T) {
	assert.Zero(t, chance.Fraction(0))
	assert.Equal(t, 0.5, chance.Fraction(1<<63))
	assert.Less(t, chance.Fraction(math.MaxUint64), 1.0)
}

func TestUUID(t *testing.T) {
	assert.Equal(t, "01234567-89ab-4def-bedc-ba9876543210", chance.UUID(0x0123456789abcdef, 0xfedcba9876543210))
	assert.Equal(t, "00000000-0000-4000-8000-000000000000", chance.UUID(0, 0))
	assert.Equal(t, "ffffffff-ffff-4fff-bfff-ffffffffffff", chance.UUID(math.MaxUint64, math.MaxUint64))
}

// TestJava: what java.util.Random gave.
func TestJava(t *testing.T) {
	for seed, want := range map[int64]struct {
		ints   [5]uint64
		double float64
	}{
		0:       {[5]uint64{360, 13, 516548029, 0, 1368843515}, 0.730967787376657},
		42:      {[5]uint64{130, 0, 102948884, 0, 2023087525}, 0.7275636800328681},
		-1:      {[5]uint64{913, 7, 26349579, 0, 1421815604}, 0.26894263088050496},
		1 << 40: {[5]uint64{984, 3, 604960797, 0, 528093825}, 0.15674902858730022},
	} {
		r := chance.NewJava(seed)
		for i, n := range []uint64{1000, 16, 1<<30 + 1, 1, math.MaxInt32} {
			assert.Equal(t, want.ints[i], r.Below(n), "%d below %d", seed, n)
		}
		assert.Equal(t, want.double, chance.NewJava(seed).Double(), seed)
		assert.Equal(t, uint64(want.double*(1<<40)), chance.NewJava(seed).Below(1<<40), seed)
	}
	assert.Less(t, chance.NewJava(7).Below(math.MaxUint64), uint64(math.MaxUint64))
}
