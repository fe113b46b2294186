// Package jsonpath is the JSONPath side of the States Language: Paths,
// Reference Paths, Payload Templates and the Intrinsic Functions.
//
//	specification                      type               files
//	Paths                              [Path]             path.go, parse.go, walk.go, filter.go, compare.go
//	Reference Paths                    [ReferencePath]    reference.go
//	Payload Template                   [Template]         template.go
//	Intrinsic Functions, Appendix B    [Expression]       expression.go, intrinsic*.go, java*.go
//
// Everything is compiled once, into immutable values that any number of
// goroutines may evaluate at the same time. Evaluation reads no clock and no
// randomness of its own and walks objects in document order, so the same input
// gives the same answer every time.
//
// The specification names Jayway's JSONPath as the syntax. What AWS shows of
// itself fits Jayway 2.0 and no later release: a backslash in ['...'] is a
// character (measured), a wildcard below a missing member finds nothing and does
// not fail (measured), length() is the name of a member (reported, with Jayway
// 2.0's own text), and strings in filters need no quotes (AWS's examples). So
// this package means what Jayway 2.0 means, to the wording of its errors; the two were
// run side by side on thousands of random paths. Some things it does better, since AWS
// was not measured there: in conditions, brackets and double quotes count, "!" negates
// a comparison, too, and a number compared with text that spells none is no error. A
// name in brackets may have apostrophes.
//
// That is also why it has a walker of its own. ojg's jp, the obvious library,
// refuses names that many published state machines use ($.detail-type, $.a.[0]),
// answers negations and comparisons with missing members otherwise, and descends
// in another order.
package jsonpath

// A Scope is what an expression can see besides its input. An evaluation uses it
// on its own goroutine only.
type Scope interface {
	// Context gives the Context Object, which "$$" refers to. It may be built on
	// demand: it is asked for only when a path needs it.
	Context() any

	// Variable gives the value of a state machine variable, and whether the
	// variable has one.
	Variable(name string) (any, bool)

	// Random gives the next number of the execution's own stream, for
	// States.UUID and for States.MathRandom without a seed.
	Random() uint64
}

// A Root is what the first step of a path starts from.
type Root int

const (
	// Input is the root of a path that begins with "$".
	Input Root = iota
	// Context is the root of a path that begins with "$$": the Context Object.
	Context
	// Variable is the root of a path that begins with "$name".
	Variable
)
