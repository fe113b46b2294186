package jsonpath

import (
	"math"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// A call is a function of Jayway's at the end of a path or inside it:
// $.list.length(). Its arguments are values or paths.
type call struct {
	name      string
	function  pathFunction
	arguments []operand
	of        []step // collect these first and apply the function to all of it
}

// A pathFunction gives ok == false where it has no answer.
type pathFunction func(v any, arguments []any) (out any, ok bool)

var pathFunctions = map[string]pathFunction{
	"length": lengthOf,
	"size":   lengthOf,
	"keys":   keysOf,
	"min":    aggregate(func(ns []float64) float64 { return fold(ns, math.Min) }),
	"max":    aggregate(func(ns []float64) float64 { return fold(ns, math.Max) }),
	"sum":    aggregate(sum),
	"avg":    aggregate(func(ns []float64) float64 { return sum(ns) / float64(len(ns)) }),
	"stddev": aggregate(deviation),
	"first":  func(v any, _ []any) (any, bool) { return elementOf(v, 0) },
	"last":   func(v any, _ []any) (any, bool) { return elementOf(v, -1) },
	"index":  indexOf,
	"concat": concatOf,
	"append": appendTo,
}

// call reads "(...)" after a function's name.
func (p *parser) call(name string) (step, error) {
	function, ok := pathFunctions[name]
	if !ok {
		return nil, p.failAt(p.at-len(name), "there is no function "+name+"() for paths")
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	open := p.at
	p.at++
	c := &call{name: name, function: function}
	for p.space(); !p.accept(')'); p.space() {
		if p.at >= p.end {
			return nil, p.failAt(open, "the bracket that opens here is not closed")
		}
		if len(c.arguments) > 0 && !p.accept(',') {
			return nil, p.unexpected("between arguments")
		}
		p.space()
		if first := p.peek(); first == '$' || first == '@' {
			p.at++
			path := &Path{}
			if err := p.steps(path, inCall); err != nil {
				return nil, err
			}
			c.arguments = append(c.arguments, pathOperand{path: path, fromItem: first == '@'})
			continue
		}
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		c.arguments = append(c.arguments, literal{v})
	}
	return c, nil
}

func (c *call) fragment() string { return fragments(c.of)[1:] + "." + c.name + "()" }

func (c *call) from(w *walker, v any, rest []step) {
	if c.of != nil {
		found := w.collect(v, c.of)
		if found == nil {
			found = []any{}
		}
		v = found
	}
	arguments := make([]any, 0, len(c.arguments))
	for _, a := range c.arguments {
		if argument, ok := a.eval(w, v); ok {
			arguments = append(arguments, argument)
		}
	}
	if out, ok := c.function(v, arguments); ok {
		w.visit(out, rest)
	}
}

func lengthOf(v any, arguments []any) (any, bool) {
	if len(arguments) > 0 {
		v = arguments[0]
	}
	if _, isString := v.(string); isString {
		return nil, true // Jayway counts elements and members only
	}
	n, ok := length(v)
	if !ok {
		return nil, true
	}
	return int64(n), true
}

func keysOf(v any, _ []any) (any, bool) {
	o, ok := v.(*value.Object)
	if !ok {
		return nil, false
	}
	list := make([]any, o.Len())
	for i := range list {
		list[i] = o.At(i).Key
	}
	return list, true
}

func elementOf(v any, index int) (any, bool) {
	elements, ok := v.([]any)
	if !ok {
		return nil, false
	}
	i, ok := within(index, len(elements))
	if !ok {
		return nil, false
	}
	return elements[i], true
}

func indexOf(v any, arguments []any) (any, bool) {
	if len(arguments) == 0 {
		return nil, false
	}
	n, ok := arguments[0].(int64)
	if !ok || n != int64(int32(n)) {
		return nil, false
	}
	return elementOf(v, int(n))
}

func concatOf(v any, arguments []any) (any, bool) {
	var text strings.Builder
	if elements, ok := v.([]any); ok {
		for _, e := range elements {
			if s, ok := e.(string); ok {
				text.WriteString(s)
			}
		}
	}
	for _, a := range arguments {
		if a != nil {
			writeJava(&text, a)
		}
	}
	return text.String(), true
}

func appendTo(v any, arguments []any) (any, bool) {
	elements, ok := v.([]any)
	if !ok {
		return v, true
	}
	return append(elements[:len(elements):len(elements)], arguments...), true
}

// aggregate makes a function of the numbers among an array's elements and the
// arguments. Its answer is a float64, as Jayway's is a Double.
func aggregate(of func([]float64) float64) pathFunction {
	return func(v any, arguments []any) (any, bool) {
		var numbers []float64
		add := func(e any) {
			switch e := e.(type) {
			case int64:
				numbers = append(numbers, float64(e))
			case float64:
				numbers = append(numbers, e)
			}
		}
		if elements, ok := v.([]any); ok {
			for _, e := range elements {
				add(e)
			}
		}
		for _, a := range arguments {
			if list, ok := a.([]any); ok {
				for _, e := range list {
					add(e)
				}
				continue
			}
			add(a)
		}
		if len(numbers) == 0 {
			return nil, false
		}
		out := of(numbers)
		return out, !math.IsNaN(out) && !math.IsInf(out, 0)
	}
}

func fold(ns []float64, with func(a, b float64) float64) float64 {
	out := ns[0]
	for _, n := range ns[1:] {
		out = with(out, n)
	}
	return out
}

func sum(ns []float64) float64 {
	total := 0.0
	for _, n := range ns {
		total += n
	}
	return total
}

func deviation(ns []float64) float64 {
	n := float64(len(ns))
	squares := 0.0
	for _, x := range ns {
		squares += x * x
	}
	mean := sum(ns) / n
	return math.Sqrt(math.Max(0, squares/n-mean*mean))
}
