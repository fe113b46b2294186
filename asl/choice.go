package asl

import (
	"time"

	"github.com/gostates/gostates/jsonpath"
)

// A ChoiceRule is one element of a Choice state's Choices.
type ChoiceRule struct {
	Condition Condition
	// Next is never nil.
	Next State
	// Flow applies in place of the state's own, but for its InputPath.
	Flow
	Comment string
}

// A Condition is what a ChoiceRule asks of the input: one of *[And], *[Or],
// *[Not] and *[Comparison], or a *[Test] in JSONata.
type Condition interface{ condition() }

// And holds when all of its conditions hold.
type And struct{ Conditions []Condition }

// Or holds when any of its conditions holds.
type Or struct{ Conditions []Condition }

// Not holds when its condition does not.
type Not struct{ Condition Condition }

// Test holds when its expression yields true.
type Test struct{ Query *Query }

// A Comparison is a Data-test Expression: a variable, an operator and what to
// compare with.
type Comparison struct {
	// Variable finds the left side.
	Variable *jsonpath.Path
	Operator Operator
	// Operand is the literal right side; nil when Path is set. It is a string,
	// bool, int64 or float64, as the operator asks.
	Operand any
	// Time is the Operand of the Timestamp operators, read.
	Time time.Time
	// Pattern is the Operand of StringMatches, compiled.
	Pattern *Pattern
	// Path finds the right side in the ...Path forms.
	Path *jsonpath.Path
}

func (*And) condition()        {}
func (*Or) condition()         {}
func (*Not) condition()        {}
func (*Comparison) condition() {}
func (*Test) condition()       {}

// An Operator is a comparison without its Path suffix; the zero value is none.
type Operator uint8

// The operators of the specification.
const (
	StringEquals Operator = iota + 1
	StringLessThan
	StringGreaterThan
	StringLessThanEquals
	StringGreaterThanEquals
	StringMatches
	NumericEquals
	NumericLessThan
	NumericGreaterThan
	NumericLessThanEquals
	NumericGreaterThanEquals
	BooleanEquals
	TimestampEquals
	TimestampLessThan
	TimestampGreaterThan
	TimestampLessThanEquals
	TimestampGreaterThanEquals
	IsNull
	IsPresent
	IsNumeric
	IsString
	IsBoolean
	IsTimestamp
)
