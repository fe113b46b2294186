package jsonata

// A syntax is one node of the parsed text. The set of kinds is closed; package
// files plan_*.go turn each kind into a node that evaluates.
type syntax interface{ at() *place }

// A place is what every kind of syntax has.
type place struct {
	pos  int
	keep bool // followed by []: a result of one item stays an array
}

func (p *place) at() *place { return p }

type (
	numberSyntax struct {
		place
		value float64
	}
	stringSyntax struct {
		place
		value string
	}
	valueSyntax struct { // true, false, null
		place
		value any
	}
	nameSyntax struct {
		place
		name string
	}
	variableSyntax struct {
		place
		name string // without the $; "" is the context, "$" the input
	}
	wildcardSyntax   struct{ place }
	descendantSyntax struct{ place }
	parentSyntax     struct{ place }
	endSyntax        struct{ place } // where an operand is missing
	holeSyntax       struct{ place } // the ? of a partial application
	regexSyntax      struct {
		place
		program *pattern
	}
	negateSyntax struct {
		place
		operand syntax
	}
	arraySyntax struct {
		place
		items []syntax
	}
	pairSyntax struct{ key, value syntax }

	objectSyntax struct {
		place
		pairs []pairSyntax
	}
	// A binarySyntax is any operator with two operands, '.' and '[' included.
	binarySyntax struct {
		place
		op          operator
		left, right syntax
		stage       bool // a predicate of a step, not of an expression by itself
	}
	termSyntax struct {
		key        syntax
		descending bool
	}
	sortSyntax struct {
		place
		left  syntax
		terms []termSyntax
	}
	groupSyntax struct {
		place
		left  syntax
		pairs []pairSyntax
	}
	conditionSyntax struct {
		place
		test, yes, no syntax // no may be nil
	}
	callSyntax struct {
		place
		callee  syntax
		args    []syntax
		partial bool
		tail    bool // its result is that of the function around it
	}
	lambdaSyntax struct {
		place
		params    []string
		signature *signature
		body      syntax
	}
	blockSyntax struct {
		place
		items []syntax
	}
	transformSyntax struct {
		place
		pattern, update, remove syntax // remove may be nil
	}
)
