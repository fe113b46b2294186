// Package chance makes numbers and names that look random out of a few bits that are.
// It has no source of its own: the same bits give the same on every computer and in
// every release, since what they give stands in recorded histories.
package chance

import (
	"encoding/binary"
	"encoding/hex"
)

// A Stream is a source of numbers: SplitMix64. Its value is where it stands, so that any
// value begins a stream. It is for one goroutine at a time.
type Stream uint64

// Next gives the next number, all 64 bits random.
func (s *Stream) Next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Fraction gives a number from 0 up to but not including 1, made of 64 random bits.
func Fraction(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }

// UUID gives a version 4 UUID (RFC 9562) made of 128 random bits, 122 of which show.
func UUID(high, low uint64) string {
	var room [36]byte
	return string(AppendUUID(room[:0], high, low))
}

// AppendUUID appends the text that [UUID] gives.
func AppendUUID(b []byte, high, low uint64) []byte {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	id[6] = id[6]&0x0f | 0x40 // version
	id[8] = id[8]&0x3f | 0x80 // variant
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}
