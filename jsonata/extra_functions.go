package jsonata

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"math"

	"github.com/google/uuid"
	"github.com/gostates/gostates/asl/value"
)

// ExtraFunctions are those that AWS Step Functions adds to the language:
// $partition, $range, $hash, $random with a seed, $uuid and $parse. How they
// treat odd arguments is reported of AWS, not documented.
func ExtraFunctions() []Extension {
	return []Extension{
		{"partition", "<a-n:a>", partition},
		{"range", "<nnn:a>", rangeFunction},
		{"hash", "<s-s:s>", hashFunction},
		{"random", "<n?:n>", random},
		{"uuid", "<:s>", newUUID},
		{"parse", "<s-:x>", parseFunction},
	}
}

// partition cuts an array into chunks of a size.
func partition(c Call, args []any) (any, error) {
	list, _ := args[0].([]any)
	f, ok := number(args[1])
	if !defined(args[0]) || !ok {
		return Undefined{}, nil
	}
	if f < 0 {
		return nil, errors.New("the chunk size of $partition must not be negative")
	}
	size := int(min(f, math.MaxInt32))
	if size == 0 || len(list) == 0 {
		return Undefined{}, nil
	}
	out := make([]any, 0, len(list)/size+1)
	if err := c.Elements(cap(out)); err != nil {
		return nil, err
	}
	for ; len(list) > size; list = list[size:] {
		out = append(out, list[:size:size])
	}
	return append(out, list), nil
}

// rangeFunction counts from a first to a last number by a step, whole numbers
// all. The last is included if a step lands on it.
func rangeFunction(c Call, args []any) (any, error) {
	var bounds [3]float64
	for i := range bounds {
		f, ok := number(args[i])
		if !ok {
			return Undefined{}, nil
		}
		bounds[i] = math.Trunc(f)
	}
	first, last, step := bounds[0], bounds[1], bounds[2]
	if step == 0 {
		return nil, errors.New("the step of $range must not be 0")
	}
	n := math.Floor((last-first)/step) + 1
	if !(n > 0) {
		return []any{}, nil
	}
	// Reported as measured on AWS: 360,145 elements fit into the memory that holds
	// 873,782 of an ordinary array.
	if err := c.Elements(int(min(n*873_782/360_145, math.MaxInt32))); err != nil {
		return nil, err
	}
	out := &array{sequence: true, items: make([]any, int(n))}
	for i := range out.items {
		out.items[i] = fromFloat(first + float64(i)*step)
	}
	return out, nil
}

var hashes = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

func hashFunction(_ Call, args []any) (any, error) {
	text, ok := args[0].(string)
	name, named := args[1].(string)
	if !ok || !named {
		return Undefined{}, nil
	}
	algorithm, ok := hashes[name]
	if !ok {
		return nil, errors.New("$hash has no algorithm " + name)
	}
	h := algorithm()
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// random without a seed draws from the evaluation's stream. With one it gives
// what the first nextDouble of java.util.Random does.
func random(c Call, args []any) (any, error) {
	seed, ok := number(args[0])
	if !ok {
		return fromFloat(c.ev.fraction()), nil
	}
	const multiplier, mask = 0x5DEECE66D, 1<<48 - 1
	state := (uint64(int64(seed)) ^ multiplier) & mask
	next := func(bits int) uint64 {
		state = (state*multiplier + 0xB) & mask
		return state >> (48 - bits)
	}
	high := next(26)
	return fromFloat(float64(high<<27+next(27)) / (1 << 53)), nil
}

func newUUID(c Call, _ []any) (any, error) {
	var id uuid.UUID
	high, low := c.Random(), c.Random()
	for i := range 8 {
		id[i], id[8+i] = byte(high>>(56-8*i)), byte(low>>(56-8*i))
	}
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80 // version 4, variant RFC 9562
	return id.String(), nil
}

func parseFunction(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	if err := c.Elements(len(text)); err != nil { // as many as it can hold at most
		return nil, err
	}
	return value.Parse(text)
}
