package jsonata

import "strings"

// A signature is the list of arguments that a function takes, as in `<s-n?:s>`:
// one letter a type (s string, n number, b boolean, l null, o object, a array,
// f function, j any JSON, x anything), then - where the context stands in for a
// missing argument, ? where it may be missing, + where it may repeat. What
// follows the colon is documentation.
type signature struct {
	params  []param
	plain   bool // no argument may be missing or repeat
	minimum int
}

type param struct {
	accepts  types
	subtype  byte // of an array's items; 0 for any
	isArray  bool
	context  bool
	optional bool
	lazy     bool // optional twice over, by - and ?: taken only when needed
	repeats  bool
}

// types is a set of type letters.
type types uint16

const (
	typeArray types = 1 << iota
	typeString
	typeNumber
	typeBoolean
	typeNull
	typeFunction
	typeObject
	typeMissing
)

const anyJSON = typeArray | typeString | typeNumber | typeBoolean | typeNull | typeObject | typeMissing

var letterTypes = map[byte]types{
	's': typeString, 'n': typeNumber, 'b': typeBoolean, 'l': typeNull, 'o': typeObject, 'a': typeArray, 'f': typeFunction,
	'm': typeMissing, 'x': anyJSON | typeFunction, 'j': anyJSON,
}

var pluralTypes = map[byte]string{
	'a': "arrays", 'b': "booleans", 'f': "functions", 'n': "numbers", 'o': "objects", 's': "strings",
}

func mustSignature(text string) *signature {
	sig, err := parseSignature(text)
	if err != nil {
		panic("jsonata: signature " + text + ": " + err.Error()) // only for signatures in this package's tables
	}
	return sig
}

// parseSignature reads a signature. The position in its error is relative to
// the text's start.
func parseSignature(text string) (*signature, *Error) {
	s := &signature{}
	var letter byte // of the parameter read last
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		c := text[i]
		var last *param
		if len(s.params) > 0 {
			last = &s.params[len(s.params)-1]
		}
		switch c {
		case 's', 'n', 'b', 'l', 'o':
			s.params = append(s.params, param{accepts: letterTypes[c] | typeMissing})
			letter = c
		case 'a':
			s.params = append(s.params, param{accepts: letterTypes['x'], isArray: true})
			letter = c
		case 'f':
			s.params = append(s.params, param{accepts: typeFunction})
			letter = c
		case 'j', 'x':
			s.params = append(s.params, param{accepts: letterTypes[c]})
			letter = c
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : end]
			if strings.IndexByte(choice, '<') >= 0 {
				return nil, &Error{Code: "S0402", Position: i, Value: choice}
			}
			accepts := typeMissing
			for j := range len(choice) {
				accepts |= letterTypes[choice[j]]
			}
			s.params = append(s.params, param{accepts: accepts})
			letter, i = c, end
		case '<':
			if letter != 'a' && letter != 'f' {
				return nil, &Error{Code: "S0401", Position: i, Value: string(rune(letter))}
			}
			end := closing(text, i, '<', '>')
			if letter == 'a' && end > i+1 {
				last.subtype = text[i+1]
			}
			i = end
		case '-', '?', '+':
			if last == nil {
				continue
			}
			last.context = last.context || c == '-'
			last.lazy = last.lazy || last.optional && c != '+'
			last.optional = last.optional || c != '+'
			last.repeats = last.repeats || c == '+'
		}
	}
	s.plain = true
	for _, p := range s.params {
		if p.optional || p.repeats {
			s.plain = false
		}
		if !p.optional {
			s.minimum++
		}
	}
	return s, nil
}

// closing finds the bracket that balances the one at start, or the text's end.
func closing(text string, start int, open, shut byte) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

func typeOf(v any) types {
	switch v.(type) {
	case Undefined:
		return typeMissing
	case string:
		return typeString
	case bool:
		return typeBoolean
	case nil:
		return typeNull
	case []any, *array:
		return typeArray
	case Function:
		return typeFunction
	}
	if _, ok := number(v); ok {
		return typeNumber
	}
	return typeObject
}

// validate checks the arguments and completes them: what is missing comes from
// the context, and a single value becomes an array where an array is wanted. It
// may change args in place.
func (s *signature) validate(args []any, context any) ([]any, error) {
	if s == nil {
		return args, nil
	}
	if s.plain && len(args) == len(s.params) {
		for i := range s.params {
			if typeOf(args[i])&s.params[i].accepts == 0 {
				return nil, s.mismatch(args)
			}
		}
		for i := range s.params {
			if p := &s.params[i]; p.isArray {
				if err := p.shape(&args[i], typeOf(args[i]), 1, i); err != nil {
					return nil, err
				}
			}
		}
		return args, nil
	}
	var counts [8]int
	taken := counts[:0]
	if len(s.params) > len(counts) {
		taken = make([]int, 0, len(s.params))
	}
	taken, ok := match(s.params, args, taken, true)
	if !ok {
		return nil, s.mismatch(args)
	}
	out := make([]any, 0, max(len(s.params), len(args)))
	next, matched := 0, 0 // they part where an absent argument takes the next one's place
	for i, n := range taken {
		p := &s.params[i]
		if n == 0 && p.context {
			if typeOf(context)&p.accepts == 0 {
				return nil, &Error{Code: "T0411", Value: context, Index: next + 1}
			}
			out = append(out, context)
			continue
		}
		if n == 0 {
			out = append(out, argument(args, next))
			next++
			continue
		}
		for range n {
			v := argument(args, next)
			if err := p.shape(&v, typeOf(args[matched]), n, next); err != nil {
				return nil, err
			}
			out = append(out, v)
			next++
			matched++
		}
	}
	return out, nil
}

func argument(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return Undefined{}
}

// shape makes argument i what the function expects, or says why it cannot be. It
// is one of n that a parameter matched, as being of type t.
func (p *param) shape(v *any, t types, n, i int) error {
	if !p.isArray {
		return nil
	}
	if t == typeMissing {
		*v = Undefined{}
		return nil
	}
	if t != typeArray {
		if p.subtype != 0 && (n > 1 || t != letterTypes[p.subtype]) {
			return p.wrongItems(*v, i)
		}
		if *v = []any{*v}; !defined((*v).([]any)[0]) {
			*v = []any{}
		}
		return nil
	}
	if p.subtype == 0 {
		return nil
	}
	if r, ok := (*v).(*array); ok && r.lazy() {
		if p.subtype != 'n' {
			return p.wrongItems(*v, i)
		}
		return nil
	}
	want := letterTypes[p.subtype]
	for _, item := range itemsOf(*v) {
		if typeOf(item) != want {
			return p.wrongItems(*v, i)
		}
	}
	return nil
}

func (p *param) wrongItems(v any, i int) error {
	return &Error{Code: "T0412", Value: v, Index: i + 1, kind: pluralTypes[p.subtype]}
}

// match shares out args among params, each taking as many as it may and giving
// back what a later one needs. It appends how many each takes.
func match(params []param, args []any, taken []int, whole bool) ([]int, bool) {
	if len(params) == 0 {
		return taken, !whole || len(args) == 0
	}
	p := &params[0]
	most := 1
	if p.repeats {
		most = len(args)
	}
	n := 0
	for n < most && n < len(args) && typeOf(args[n])&p.accepts != 0 {
		n++
	}
	least := 1
	if p.optional {
		least = 0
	}
	for i := least; i <= n; i++ {
		take := n + least - i
		if p.lazy {
			take = i
		}
		if out, ok := match(params[1:], args[take:], append(taken, take), whole); ok {
			return out, true
		}
	}
	return taken, false
}

// mismatch finds the argument to blame: the one after those that the longest
// matching run of parameters takes.
func (s *signature) mismatch(args []any) error {
	good := 0
	for i := range s.params {
		taken, ok := match(s.params[:i+1], args, nil, false)
		if !ok {
			break
		}
		good = 0
		for _, n := range taken {
			good += n
		}
	}
	return &Error{Code: "T0410", Value: argument(args, good), Index: good + 1}
}
