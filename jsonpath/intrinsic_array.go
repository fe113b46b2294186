package jsonpath

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/gostates/gostates/asl/value"
)

// maxElements is how many elements States.ArrayRange and States.ArrayPartition
// may produce (documented).
const maxElements = 1000

func array(_ *environment, _ *invocation, arguments []any) (any, string) { return arguments, "" }

func arrayContains(_ *environment, _ *invocation, arguments []any) (any, string) {
	list, problem := listOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	for _, e := range list {
		if value.Equal(e, arguments[1]) {
			return true, ""
		}
	}
	return false, ""
}

// arrayGetItem fails past the end, as another interpreter reports of AWS and as the
// function's arguments do (see Template.Eval); others give null there.
func arrayGetItem(_ *environment, _ *invocation, arguments []any) (any, string) {
	list, problem := listOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	i, ok := integerOf(arguments[1])
	if !ok || i < 0 {
		return nil, typeError(1, arguments[1], "an index from 0")
	}
	if i >= int64(len(list)) {
		return nil, "argument 2 is past the end of an array of " + strconv.Itoa(len(list)) + " elements"
	}
	return list[i], ""
}

func arrayLength(_ *environment, _ *invocation, arguments []any) (any, string) {
	list, problem := listOf(arguments, 0)
	return int64(len(list)), problem
}

func arrayPartition(_ *environment, _ *invocation, arguments []any) (any, string) {
	list, problem := listOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	size, ok := integerOf(arguments[1])
	if !ok || size <= 0 {
		return nil, typeError(1, arguments[1], "a positive integer")
	}
	size = min(size, int64(max(len(list), 1)))
	chunks := (int64(len(list)) + size - 1) / size
	if chunks > maxElements {
		return nil, "the array would be cut into more than " + strconv.Itoa(maxElements) + " chunks"
	}
	out := make([]any, 0, chunks)
	for chunk := range slices.Chunk(list, int(size)) {
		out = append(out, chunk)
	}
	return out, ""
}

func arrayRange(_ *environment, _ *invocation, arguments []any) (any, string) {
	var bounds [3]int64
	for i, v := range arguments {
		n, ok := integerOf(v)
		if !ok {
			return nil, typeError(i, v, "an integer")
		}
		bounds[i] = n
	}
	first, last, step := bounds[0], bounds[1], bounds[2]
	if step == 0 {
		return nil, typeError(2, arguments[2], "an integer other than 0")
	}
	// In uint64 neither the distance nor the negation of the step overflows.
	distance, stride := uint64(last)-uint64(first), uint64(step)
	if step < 0 {
		distance, stride = -distance, -stride
	}
	if step > 0 && first > last || step < 0 && first < last {
		return []any{}, ""
	}
	steps := distance / stride
	if steps >= maxElements {
		return nil, "the array would have more than " + strconv.Itoa(maxElements) + " elements"
	}
	out := make([]any, 0, steps+1)
	for i := range int64(steps) + 1 {
		out = append(out, first+i*step)
	}
	return out, ""
}

// arrayUnique keeps the first of each value, in the array's order.
func arrayUnique(_ *environment, _ *invocation, arguments []any) (any, string) {
	list, problem := listOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	seen := make(map[string]bool, len(list))
	out := make([]any, 0, len(list))
	var key []byte
	for _, e := range list {
		key = identity(key[:0], e)
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, e)
		}
	}
	return out, ""
}

// identity appends a text that equal values share: members sorted, 1.0 as 1.
func identity(dst []byte, v any) []byte {
	switch v := v.(type) {
	case float64:
		if n, ok := integerOf(v); ok {
			return strconv.AppendInt(dst, n, 10)
		}
		if math.Abs(v) >= 1<<63 {
			return strconv.AppendFloat(dst, v, 'f', 0, 64)
		}
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return strconv.AppendFloat(dst, f, 'f', 0, 64)
		}
	case []any:
		dst = append(dst, '[')
		for _, e := range v {
			dst = append(identity(dst, e), ',')
		}
		return append(dst, ']')
	case *value.Object:
		keys := v.Keys()
		slices.Sort(keys)
		dst = append(dst, '{')
		for _, key := range keys {
			member, _ := v.Get(key)
			dst = append(value.Append(dst, key), ':')
			dst = append(identity(dst, member), ',')
		}
		return append(dst, '}')
	}
	return value.Append(dst, v)
}
