package jsonpath

import (
	"math/bits"
	"strconv"

	"github.com/gostates/gostates/asl/chance"
	"github.com/gostates/gostates/asl/value"
)

// mathAdd rounds each argument before it adds them (measured). AWS documents
// -2147483648 to 2147483647 as the range of its arguments, and not what happens beyond;
// nobody is known to have tried. It is taken at its word: such an argument fails, and
// so does such a sum, so that no execution succeeds here that would fail there.
func mathAdd(_ *environment, _ *invocation, arguments []any) (any, string) {
	a, problem := addendOf(arguments, 0)
	if problem != "" {
		return nil, problem
	}
	b, problem := addendOf(arguments, 1)
	if problem != "" {
		return nil, problem
	}
	total := a + b
	if total != int64(int32(total)) {
		return nil, "the sum " + strconv.FormatInt(total, 10) + " is not from -2147483648 to 2147483647"
	}
	return total, ""
}

func addendOf(arguments []any, i int) (n int64, problem string) {
	n, problem = integerOf(arguments, i)
	if problem == "" && n != int64(int32(n)) {
		problem = typeError(i, arguments[i], "a number from -2147483648 to 2147483647")
	}
	return n, problem
}

// mathConstants refuses what is written out and is no number: such a call never
// succeeds. (Another validator does; that AWS does is not measured.) A number out of
// range is let through with a warning.
func mathConstants(c *invocation) string {
	written := make([]any, len(c.arguments))
	for i, a := range c.arguments {
		a, ok := a.(constant)
		if !ok {
			continue
		}
		written[i] = a.v
		if value.TypeName(a.v) != "number" {
			return c.function.name + ": " + typeError(i, a.v, "a number or a path")
		}
		if _, problem := addendOf(written, i); problem != "" {
			c.warning = c.function.name + ": " + problem
		}
	}
	return ""
}

// mathRandom gives an integer from the first argument up to, but not including,
// the second. A third argument is the seed; the generator that it seeds is
// Java's, as in JSONata's $random on AWS (there it is measured, here it is not).
func mathRandom(env *environment, _ *invocation, arguments []any) (any, string) {
	var numbers [3]int64
	for i := range arguments {
		n, problem := integerOf(arguments, i)
		if problem != "" {
			return nil, problem
		}
		numbers[i] = n
	}
	first, end := numbers[0], numbers[1]
	if first >= end {
		return nil, "the start must be less than the end"
	}
	span := uint64(end) - uint64(first)
	if len(arguments) == 3 {
		return first + int64(chance.NewJava(numbers[2]).Below(span)), ""
	}
	if env.scope == nil {
		return nil, "there is no source of random numbers here"
	}
	n, _ := bits.Mul64(env.scope.Random(), span) // scales the stream's number to the span
	return first + int64(n), ""
}

// uuid makes a UUID of two numbers of the stream.
func uuid(env *environment, _ *invocation, _ []any) (any, string) {
	if env.scope == nil {
		return nil, "there is no source of random numbers here"
	}
	high := env.scope.Random()
	return chance.UUID(high, env.scope.Random()), ""
}
