package jsonpath

import (
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

// arrayGetItem gives null past the end: there the state succeeds on AWS (an
// integration test of the CDK, which AWS deploys, expects it), and null is what two
// other interpreters give. A negative index fails, which is a guess.
func arrayGetItem(_ *environment, _ *invocation, arguments []any) (any, string) {
	list, problem := listOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	i, problem := integerOf(arguments, 1)
	switch {
	case problem != "":
		return nil, problem
	case i < 0:
		return nil, typeError(1, arguments[1], "an index from 0")
	case i >= int64(len(list)):
		return nil, ""
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
	size, problem := integerOf(arguments, 1)
	if problem != "" {
		return nil, problem
	}
	if size <= 0 {
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
	for i := range arguments {
		n, problem := integerOf(arguments, i)
		if problem != "" {
			return nil, problem
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

// arrayUnique gives the values in the order of a Java HashSet (asserted on AWS by
// another project for strings and integers).
func arrayUnique(_ *environment, _ *invocation, arguments []any) (any, string) {
	list, problem := listOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	seen := make(map[string]bool, len(list))
	set := newJavaSet(len(list))
	var key []byte
	for _, e := range list {
		key = javaIdentity(key[:0], e)
		if !seen[string(key)] {
			seen[string(key)] = true
			set.add(e)
		}
	}
	return set.values(), ""
}
