package jsonpath

import (
	"strconv"
	"strings"

	"github.com/gostates/gostates/asl/value"
)

// A Path is a compiled JSONPath. It is immutable and safe for concurrent use.
//
// Paths chapter: https://states-language.net/#path
type Path struct {
	text     string // as written
	root     Root
	variable string
	links    []link // when the path is nothing but keys and indexes
	steps    []step
	definite bool
	plain    bool // links say it all
	null     bool
}

// Null is what a path field written as JSON null compiles to (InputPath,
// OutputPath). It discards its input and gives an empty object.
var Null = &Path{text: "null", definite: true, null: true}

var emptyObject = value.NewObject()

// A link is one key or index.
type link struct {
	key   string
	index int
	kind  linkKind
	// strict says that the path fails when the key is missing before its end. As in
	// Jayway 2.0 it is so where the step before it and all that follow are definite.
	strict bool
}

type linkKind uint8

const (
	keyLink   linkKind = iota
	indexLink          // [2]; a negative index is out of bounds
	endLink            // [(@.length-1)]; index is negative
)

// Compile compiles a Path: "$..." for the input, "$$..." for the Context Object,
// "$name..." for a variable. White space after it is ignored, as Jayway does. The
// error is a *[SyntaxError].
func Compile(text string) (*Path, error) {
	p := parser{text: text, end: len(text)}
	path, err := p.path(wholeText)
	if err != nil {
		return nil, err
	}
	path.text = text
	return path, nil
}

// Definite says that the path leads to one value at most. A path with a
// wildcard, a slice, a filter, a descent or a list of indexes is not definite.
func (p *Path) Definite() bool { return p.definite }

// Root says what the path starts from.
func (p *Path) Root() Root { return p.root }

// Variable is the name of the variable that the path starts from, "" when it
// starts from something else.
func (p *Path) Variable() string { return p.variable }

// String is the path as it was written.
func (p *Path) String() string { return p.text }

// Eval applies the path. A path from an input that is null fails with [ErrNullInput].
// Otherwise a definite path gives its value or a *[NotFoundError].
// Any other path gives an []any of what it found, in document order, which is
// empty where a member on the way is missing (measured on AWS for wildcards and
// slices); as in Jayway 2.0 it can still be a *[NotFoundError] when the path does
// not fit what it meets. The scope may be nil when the path starts from the input.
func (p *Path) Eval(input any, s Scope) (any, error) {
	root := input
	if p.root != Input {
		var err error
		if root, err = p.start(s); err != nil {
			return nil, err
		}
	} else if input == nil && !p.null {
		return nil, ErrNullInput
	}
	if !p.plain {
		return p.walk(root)
	}
	v := root
	for i := range p.links {
		next, ok := p.links[i].follow(v)
		if !ok {
			return p.walk(root)
		}
		v = next
	}
	return v, nil
}

func (p *Path) start(s Scope) (any, error) {
	if s != nil {
		if p.root == Context {
			return s.Context(), nil
		}
		if v, ok := s.Variable(p.variable); ok {
			return v, nil
		}
	}
	if p.root == Context {
		return nil, &NotFoundError{Path: p.text, Reason: "There is no Context Object"}
	}
	return nil, &NotFoundError{Path: p.text, Reason: "The variable '" + p.variable + "' has no value"}
}

func (l *link) follow(v any) (any, bool) {
	if l.kind == keyLink {
		if o, ok := v.(*value.Object); ok {
			return o.Get(l.key)
		}
		return nil, false
	}
	elements, _ := v.([]any)
	if i, ok := l.place(len(elements)); ok {
		return elements[i], true
	}
	return nil, false
}

// place gives the place of an index in an array of length n.
func (l *link) place(n int) (int, bool) {
	i := l.index
	if l.kind == endLink {
		i += n
	}
	return i, 0 <= i && i < n
}

// walk evaluates a path step by step: one that is more than keys and indexes, or
// one that leads nowhere and must say why.
func (p *Path) walk(root any) (any, error) {
	if p.null {
		return emptyObject, nil
	}
	w := walker{root: root, found: make([]any, 0, 4), trail: make([]link, 0, 8)}
	w.visit(root, p.steps)
	switch {
	case w.err != nil:
		return nil, &NotFoundError{Path: p.text, Reason: w.err.reason, Unfit: w.err.invalid, pastEnd: w.err.pastEnd}
	case !p.definite:
		return w.found, nil
	case len(w.found) == 0:
		return nil, &NotFoundError{Path: p.text, Reason: "No results for path: $" + fragments(p.steps)}
	}
	return w.found[0], nil
}

// fragments writes steps in Jayway's bracket notation, as its messages do.
func fragments(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString(s.fragment())
	}
	return b.String()
}

func (l *link) fragment() string {
	switch l.kind {
	case keyLink:
		return "['" + l.key + "']"
	case endLink:
		return "[@.size()" + strconv.Itoa(l.index) + "]"
	}
	return "[" + strconv.Itoa(l.index) + "]"
}
