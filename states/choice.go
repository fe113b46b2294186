package states

import (
	"cmp"
	"strings"

	"github.com/gostates/gostates/asl"
	"github.com/gostates/gostates/jsonpath"
)

// choice implements the chapter "Choice State".
func (t *thread) choice(s *asl.Choice) {
	selected, f := t.selected(&s.Flow)
	if f != nil {
		t.fail(f)
		return
	}
	t.draw(drawInput)
	next, flow, rule := s.Default, &s.Flow, -1
	for i := range s.Choices {
		holds, f := t.holds(s.Choices[i].Condition, selected)
		if f != nil {
			t.fail(f)
			return
		}
		if holds {
			next, flow, rule = s.Choices[i].Next, &s.Choices[i].Flow, i
			break
		}
	}
	if next == nil {
		// Documented as States.NoChoiceMatched; reported from AWS as this.
		t.fail(t.runtime("Failed to transition out of the state. The state does not point to a next state."))
		return
	}
	if rule >= 0 {
		t.used(PartRule, rule)
	} else {
		t.used(PartDefault, 0)
	}
	t.conclude(selected, flow, next)
}

// holds evaluates a condition. It looks at no more of it than it needs.
func (t *thread) holds(c asl.Condition, input any) (bool, *fault) {
	switch c := c.(type) {
	case *asl.Comparison:
		return t.compare(c, input)
	case *asl.And:
		for _, c := range c.Conditions {
			if holds, f := t.holds(c, input); f != nil || !holds {
				return false, f
			}
		}
		return true, nil
	case *asl.Or:
		for _, c := range c.Conditions {
			if holds, f := t.holds(c, input); f != nil || holds {
				return holds, f
			}
		}
		return false, nil
	case *asl.Test:
		v, f := t.query(c.Query, "boolean")
		holds, _ := v.(bool)
		return holds, f
	case *asl.Not:
		holds, f := t.holds(c.Condition, input)
		return !holds, f
	}
	return false, nil
}

// compare evaluates a Data-test Expression. Values of other types than the
// operator's never match; a path that finds nothing is an error, except for
// IsPresent.
func (t *thread) compare(c *asl.Comparison, input any) (bool, *fault) {
	left, err := c.Variable.Eval(input, t)
	if c.Operator == asl.IsPresent && err != jsonpath.ErrNullInput {
		want, _ := c.Operand.(bool)
		return (err == nil) == want, nil
	}
	if err != nil {
		return false, t.choiceFault(c.Variable, err)
	}
	right := c.Operand
	if c.Path != nil {
		if right, err = c.Path.Eval(input, t); err != nil {
			return false, t.choiceFault(c.Path, err)
		}
	}
	switch o := orders[c.Operator]; {
	case o.of == texts:
		l, okl := left.(string)
		r, okr := right.(string)
		return okl && okr && o.holds(strings.Compare(l, r)), nil
	case o.of == numbers:
		return compareNumbers(o, left, right), nil
	case o.of == moments:
		return compareTimes(o, c, left, right), nil
	case c.Operator == asl.StringMatches:
		l, ok := left.(string)
		return ok && c.Pattern.Match(l), nil
	case c.Operator == asl.BooleanEquals:
		l, okl := left.(bool)
		r, okr := right.(bool)
		return okl && okr && l == r, nil
	}
	want, _ := right.(bool)
	return isType(c.Operator, left) == want, nil
}

func (t *thread) choiceFault(p *jsonpath.Path, err error) *fault {
	return t.missing(err, "Invalid path '%s': The choice state's condition path references an invalid value.", p)
}

// An ordered is a type whose values have an order.
type ordered uint8

const (
	texts ordered = iota + 1
	numbers
	moments
)

// An order is what an operator compares, and which outcomes it wants.
type order struct {
	of                   ordered
	less, equal, greater bool
}

// orders are the operators that compare by an order.
var orders = func() (all [256]order) {
	set := func(of ordered, equals, lessThan, greaterThan, lessThanEquals, greaterThanEquals asl.Operator) {
		all[equals] = order{of: of, equal: true}
		all[lessThan] = order{of: of, less: true}
		all[greaterThan] = order{of: of, greater: true}
		all[lessThanEquals] = order{of: of, less: true, equal: true}
		all[greaterThanEquals] = order{of: of, greater: true, equal: true}
	}
	set(texts, asl.StringEquals, asl.StringLessThan, asl.StringGreaterThan, asl.StringLessThanEquals, asl.StringGreaterThanEquals)
	set(numbers, asl.NumericEquals, asl.NumericLessThan, asl.NumericGreaterThan, asl.NumericLessThanEquals, asl.NumericGreaterThanEquals)
	set(moments, asl.TimestampEquals, asl.TimestampLessThan, asl.TimestampGreaterThan, asl.TimestampLessThanEquals, asl.TimestampGreaterThanEquals)
	return all
}()

// holds reports whether the outcome of a comparison, as [cmp.Compare] gives it, is wanted.
func (o order) holds(outcome int) bool {
	switch {
	case outcome < 0:
		return o.less
	case outcome > 0:
		return o.greater
	}
	return o.equal
}

func compareNumbers(o order, left, right any) bool {
	if l, ok := left.(int64); ok {
		if r, ok := right.(int64); ok {
			return o.holds(cmp.Compare(l, r))
		}
	}
	l, okl := number(left)
	r, okr := number(right)
	return okl && okr && o.holds(cmp.Compare(l, r))
}

func compareTimes(o order, c *asl.Comparison, left, right any) bool {
	l, ok := left.(string)
	if !ok {
		return false
	}
	lt, ok := asl.ParseTimestamp(l)
	if !ok {
		return false
	}
	rt := c.Time
	if c.Path != nil {
		r, ok := right.(string)
		if !ok {
			return false
		}
		if rt, ok = asl.ParseTimestamp(r); !ok {
			return false
		}
	}
	return o.holds(lt.Compare(rt))
}

// isType answers the operators that test for a type.
func isType(operator asl.Operator, v any) bool {
	switch operator {
	case asl.IsNull:
		return v == nil
	case asl.IsNumeric:
		_, ok := number(v)
		return ok
	case asl.IsString:
		_, ok := v.(string)
		return ok
	case asl.IsBoolean:
		_, ok := v.(bool)
		return ok
	case asl.IsTimestamp:
		s, ok := v.(string)
		if ok {
			_, ok = asl.ParseTimestamp(s)
		}
		return ok
	}
	return false
}
