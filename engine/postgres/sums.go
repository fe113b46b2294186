package postgres

import (
	"fmt"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A sum is a checksum of columns, in their order. Whatever changes in one number changes
// the sum, since each step can be undone.
type sum uint64

func (s sum) number(n int64) sum {
	x := (uint64(s) + 0x9e3779b97f4a7c15) ^ uint64(n)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return sum(x ^ x>>31)
}

// text adds the length of a text and its CRC.
func (s sum) text(t string) sum {
	return s.bytes([]byte(t))
}

func (s sum) bytes(b []byte) sum {
	return s.number(int64(len(b))).number(int64(crc32.Checksum(b, castagnoli)))
}

// optional adds bytes that may be NULL.
func (s sum) optional(b []byte) sum {
	if b == nil {
		return s.number(-1)
	}
	return s.bytes(b)
}

func (s sum) flag(b bool) sum {
	if b {
		return s.number(1)
	}
	return s.number(0)
}

// check compares a sum that a row has with that of what else it has.
func check(what string, id any, has int64, want sum) error {
	if has == int64(want) {
		return nil
	}
	return fmt.Errorf("%w: %s %v is not as it was written", ErrCorrupt, what, id)
}
