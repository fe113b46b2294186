package jsonata

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"math"

	"github.com/gostates/gostates/asl/chance"
	"github.com/gostates/gostates/asl/value"
)

// ExtraFunctions are those that AWS Step Functions adds to the language:
// $partition, $range, $hash, $random with a seed, $uuid and $parse. How they
// treat odd arguments is not documented: it was reported as measured on AWS, of
// most by one person, and a comment says where it was inferred.
func ExtraFunctions() []Extension {
	return []Extension{
		{"partition", "<x-n?:a>", partition},
		{"range", "<nnn?:a>", rangeFunction},
		{"hash", "<s?s?:s>", hashFunction},
		{"random", "<n?:n>", random},
		{"uuid", "<:s>", newUUID},
		{"parse", "<s-:x>", parseFunction},
	}
}

// partition cuts an array into chunks of a size, or makes one chunk without one.
func partition(c Call, args []any) (any, error) {
	if !defined(args[0]) {
		return Undefined{}, nil
	}
	list, ok := args[0].([]any)
	if !ok {
		return nil, &Error{Code: "T0410", Value: args[0], Index: 1}
	}
	f, ok := number(args[1])
	if !ok {
		return []any{list}, c.Elements(1)
	}
	if f = math.Trunc(f); f < 0 {
		//lint:ignore ST1005 AWS's words
		return nil, errors.New("Second argument must be zero or greater")
	}
	size := int(min(f, math.MaxInt32))
	if size == 0 || len(list) == 0 {
		return Undefined{}, nil
	}
	n := (len(list) + size - 1) / size
	if err := c.Elements(n); err != nil {
		return nil, err
	}
	out := make([]any, 0, n)
	for ; len(list) > size; list = list[size:] {
		out = append(out, list[:size:size])
	}
	return append(out, list), nil
}

// rangeFunction counts from a first to a last number by a step, whole numbers
// all. The last is included if a step lands on it. One number stands for itself,
// and where there is none, as with a step of 0, nothing comes.
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
	n := math.Floor((last-first)/step) + 1
	if step == 0 || !(n > 0) {
		return Undefined{}, nil
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

// hashFunction gives nothing for fewer than two arguments; that it does so for none
// at all is one of several cases of which most, not all, were measured.
func hashFunction(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok || c.given < 2 {
		return Undefined{}, nil
	}
	name, named := args[1].(string)
	if !named {
		name = "null"
	}
	algorithm, ok := hashes[name]
	if !ok {
		// What follows "must be one of" was not reported.
		return nil, errors.New("Hash algorithm '" + name + "' must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512")
	}
	if err := c.ev.steps(len(text) >> 4); err != nil {
		return nil, err
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
	return fromFloat(chance.NewJava(int64(seed)).Double()), nil
}

func newUUID(c Call, _ []any) (any, error) {
	high := c.Random()
	return chance.UUID(high, c.Random()), nil
}

// parseFunction reads JSON, whose strings may stand in single quotes. A number that
// is no long is a double, and an error where it exceeds one.
func parseFunction(c Call, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return Undefined{}, nil
	}
	if err := c.Elements(len(text)); err != nil { // as many as it can hold at most
		return nil, err
	}
	v, err := value.Parse(text)
	if err != nil {
		if strict, ok := lenient(text); ok {
			v, err = value.Parse(strict)
		}
	}
	if err == nil {
		v, err = doubles(v)
	}
	if err != nil {
		// AWS's error begins so; what follows was not reported.
		return nil, &Error{Code: "D3137", given: "Invalid JSON: " + err.Error(), err: err}
	}
	return v, nil
}

// doubles makes a double of each number in v that was kept as text.
func doubles(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		f, ok := number(v)
		if !ok || math.IsInf(f, 0) {
			return nil, errors.New("the number " + string(v) + " exceeds a double")
		}
		return f, nil
	case []any:
		for i, item := range v {
			next, err := doubles(item)
			if err != nil {
				return nil, err
			}
			v[i] = next
		}
	case *value.Object:
		members := make([]value.Member, 0, v.Len())
		again := false
		for key, item := range v.All() {
			next, err := doubles(item)
			if err != nil {
				return nil, err
			}
			_, text := item.(json.Number)
			again = again || text || changed(item, next)
			members = append(members, value.Member{Key: key, Value: next})
		}
		if again {
			return value.NewObject(members...), nil
		}
	}
	return v, nil
}
