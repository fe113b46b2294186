// Package jsonata runs JSONata, the query and transformation language for JSON,
// in the version 2.2.2 of its reference implementation (https://jsonata.org).
//
// An expression is compiled once and evaluated any number of times:
//
//	e, err := jsonata.Compile(`$sum(order.product.(price * quantity))`)
//	v, ok, err := e.Eval(input, jsonata.Environment{})
//
// Values are those of package asl/value. Null, nothing and a value are three
// answers: (nil, true, nil), (nil, false, nil) and (v, true, nil).
//
// An evaluation is repeatable. It reads no clock and no source of chance but
// those in its [Environment], and its [Budget] counts work, not time, so the
// same expression over the same input ends the same way everywhere.
//
// # Where the language's chapters live
//
//	tokens and grammar        lexer.go, parser.go, syntax.go
//	compiling                 plan.go, plan_*.go, resolve.go, scope.go
//	paths, predicates         path.go, filter.go, node.go
//	@, # and %                tuple.go
//	order-by, group-by        sort.go, construct.go
//	operators                 operator.go, value.go
//	functions and closures    function.go, call.go, signature.go
//	transforms                transform.go
//	regular expressions       pattern_*.go
//	the function library      library.go, *_functions.go
//	number and date pictures  number_picture.go, integer_picture.go, integer_words.go, date_*.go
//	errors                    error.go
//	AWS's language            dialect.go, extra_functions.go
//	what bounds an evaluation budget.go
//
// # How it differs from the reference
//
// Members of an object keep their order even when their names are numbers. A
// regular expression and $split with an empty separator go by characters, not
// by halves of surrogate pairs. A number that JSON cannot hold leaves an
// evaluation as text, as reported of AWS. A predicate that keeps everything
// keeps nothing of nothing, where the reference makes an entry without a value.
// $formatInteger puts no irregular separators in front of a number that is too
// short for them, and refuses, as $formatNumber does, what is not a number. A
// function of the language that is partially applied still checks its arguments.
// In a path, what comes after an order-by still sees what @ and # bound, which the
// reference loses; and * of a list that the reference has marked as a sequence does
// not give that mark. A function counts as false also in the classic language, and
// has no members for ** to find. A time zone that is no number is UTC. The last digit of $power may differ, and so may
// the digits that $formatBase writes beyond 2^53. Where the reference would crash or
// not end, there is an error, or the value that it was on the way to.
//
// These are all that is left of comparing 380,000 random expressions with the
// reference, in versions 2.0.6 and 2.2.2: their values, the codes of their errors, and
// how deep they go.
//
// # How AWS's language differs
//
// [Language] has an option AWS for the language of AWS Step Functions. It is that of
// 2.0.6, without $eval and with [ExtraFunctions], and Java shows in it: in the numbers
// and characters that $string and & write, in base64, in decoding URLs, in what is
// white space to a regular expression, in the limit of $replace. Except for the
// functions that are documented, one person each measured it.
//
// Known of AWS and not done here: $substring counts a negative start in UTF-16 code
// units, and goes astray in text with characters beyond U+FFFF; $split with an empty
// separator cuts such a character in two. Not known, and left as the reference has it:
// the flags of regular expressions, and how deep the items of an array count.
package jsonata
