package value

// A Template is a value in which expressions stand for some parts: a Payload Template of
// JSONPath, or a field of a state in JSONata. E is what expressions are evaluated in. It
// is one of [Literal], [ArrayTemplate], [ObjectTemplate] or an expression.
type Template[E any] interface {
	// Eval gives the value with the expressions' values in it. The error is that of
	// the first expression that fails, in the template's order.
	Eval(env E) (any, error)
}

// A Literal is a Template without expressions. Its Value is shared, not copied.
type Literal[E any] struct{ Value any }

// Eval gives the Value. It never fails.
func (l Literal[E]) Eval(E) (any, error) { return l.Value, nil }

// An ArrayTemplate is an array of templates.
type ArrayTemplate[E any] []Template[E]

// Eval gives a new array.
func (t ArrayTemplate[E]) Eval(env E) (any, error) {
	elements := make([]any, len(t))
	for i := range t {
		v, err := t[i].Eval(env)
		if err != nil {
			return nil, err
		}
		elements[i] = v
	}
	return elements, nil
}

// OrLiteral gives the template, or as a Literal the array that it was made of when no element
// has an expression.
func (t ArrayTemplate[E]) OrLiteral(elements []any) Template[E] {
	for i := range t {
		if _, ok := t[i].(Literal[E]); !ok {
			return t
		}
	}
	return Literal[E]{elements}
}

// An ObjectTemplate is an object of templates, which have its members' keys.
type ObjectTemplate[E any] []MemberTemplate[E]

// A MemberTemplate is one member of an ObjectTemplate.
type MemberTemplate[E any] struct {
	Key   string
	Value Template[E]
}

// Eval gives a new object, with the members in the template's order.
func (t ObjectTemplate[E]) Eval(env E) (any, error) {
	members := make([]Member, len(t))
	for i := range t {
		v, err := t[i].Value.Eval(env)
		if err != nil {
			return nil, err
		}
		members[i] = Member{Key: t[i].Key, Value: v}
	}
	return NewObject(members...), nil
}

// OrLiteral gives the template, or as a Literal the object that it was made of when no member
// has an expression.
func (t ObjectTemplate[E]) OrLiteral(o *Object) Template[E] {
	for i := range t {
		if _, ok := t[i].Value.(Literal[E]); !ok {
			return t
		}
	}
	return Literal[E]{o}
}
