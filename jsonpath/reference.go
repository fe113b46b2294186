package jsonpath

import (
	"slices"
	"strconv"

	"github.com/gostates/gostates/asl/value"
)

// A ReferencePath leads to one place in a document: it has nothing but keys and
// indexes. It is immutable and safe for concurrent use.
//
// Reference Paths chapter: https://states-language.net/#ref-paths
type ReferencePath struct {
	path    *Path
	discard bool
}

// Discard is what a ResultPath written as JSON null compiles to: Set gives the
// input unchanged.
var Discard = &ReferencePath{path: Null, discard: true}

// CompileReference compiles a Reference Path: "$", "$.a.b[0]", "$['a']", and the same
// behind "$$" for the Context Object and "$name" for a variable. Which of the three a
// field may hold is for those who read it to say. As the specification has it, there is
// no '@', ',', ':' or '?' outside of names in apostrophes, so that the last element,
// [(@.length-1)], has no Reference Path. The error is a *[SyntaxError].
func CompileReference(text string) (*ReferencePath, error) {
	p := parser{text: text, end: len(text)}
	path, err := p.path(inReference)
	if err != nil {
		return nil, err
	}
	path.text = text
	return &ReferencePath{path: path}, nil
}

// Path is the same as a Path, which can be evaluated in any Scope.
func (r *ReferencePath) Path() *Path { return r.path }

// String is the path as it was written.
func (r *ReferencePath) String() string { return r.path.text }

// Whole says that the path is "$": Set gives just the value.
func (r *ReferencePath) Whole() bool {
	return !r.discard && r.path.root == Input && len(r.path.links) == 0
}

// Get gives what the path leads to in an input, or fails as [Path.Eval] does.
func (r *ReferencePath) Get(input any) (any, error) { return r.path.Eval(input, nil) }

// Set gives an input in which v stands at the path's place. Only the objects and
// arrays along the path are copied; the rest is shared. Objects that are missing
// on the way are made. Where the path cannot be applied, because it leads through
// something that is no object, or to an element that the array has not, the error
// is a *[MatchError]; so it is when the path starts from something else than the input.
func (r *ReferencePath) Set(input, v any) (any, error) {
	if r.discard {
		return input, nil
	}
	if r.path.root != Input {
		return nil, &MatchError{Path: r.path.text, Input: input, Reason: "a result can only be put into the input"}
	}
	out, c := set(input, r.path.links, v)
	if c != nil {
		return nil, &MatchError{Path: r.path.text, Input: input, Step: c.at.name(), Reason: c.reason}
	}
	return out, nil
}

// Conflict says at which step a path of keys and indexes leads nowhere in an input, as
// fields do that AWS reads as Reference Paths; nil when there is no such step.
func (p *Path) Conflict(input any) *MatchError {
	v := input
	for i := range p.links {
		next, ok := p.links[i].follow(v)
		if !ok {
			return &MatchError{Path: p.text, Input: input, Step: p.links[i].name(), Reason: "the step " + p.links[i].fragment() + " finds nothing"}
		}
		v = next
	}
	return nil
}

// name is the key or the index.
func (l *link) name() string {
	if l.kind == keyLink {
		return l.key
	}
	return strconv.Itoa(l.index)
}

// A conflict is why a Reference Path can't be applied, and the link that can't.
type conflict struct {
	at     *link
	reason string
}

func set(node any, links []link, v any) (out any, c *conflict) {
	if len(links) == 0 {
		return v, nil
	}
	l := &links[0]
	if l.kind == keyLink {
		o, ok := node.(*value.Object)
		if !ok {
			return nil, &conflict{l, "the step " + l.fragment() + " needs an object but finds " + value.TypeName(node)}
		}
		member, ok := o.Get(l.key)
		if ok {
			member, c = set(member, links[1:], v)
		} else {
			member, c = build(links[1:], v)
		}
		if c != nil {
			return nil, c
		}
		return o.With(l.key, member), nil
	}
	elements, ok := node.([]any)
	if !ok {
		return nil, &conflict{l, "the step " + l.fragment() + " needs an array but finds " + value.TypeName(node)}
	}
	i, ok := l.place(len(elements))
	if !ok {
		return nil, &conflict{l, "the array has no element " + l.fragment()}
	}
	element, c := set(elements[i], links[1:], v)
	if c != nil {
		return nil, c
	}
	elements = slices.Clone(elements)
	elements[i] = element
	return elements, nil
}

// build makes the objects that lead to v.
func build(links []link, v any) (any, *conflict) {
	for i := range links {
		if links[i].kind != keyLink {
			return nil, &conflict{&links[i], "there is no array for the step " + links[i].fragment()}
		}
	}
	for _, l := range slices.Backward(links) {
		v = value.NewObject(value.Member{Key: l.key, Value: v})
	}
	return v, nil
}
