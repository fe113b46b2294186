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

// A link is one key or index of a plain path.
type link struct {
	key   string
	index int // when isIndex; from the end when negative
	kind  linkKind
}

type linkKind uint8

const (
	keyLink linkKind = iota
	indexLink
)

// Compile compiles a Path: "$..." for the input, "$$..." for the Context Object,
// "$name..." for a variable. White space after it is ignored, as Jayway does. The
// error is a *[SyntaxError].
func Compile(text string) (*Path, error) {
	p := parser{text: text, end: len(strings.TrimRight(text, " \t\r\n"))}
	path, err := p.path(wholeText)
	if err != nil {
		return nil, err
	}
	if p.at < p.end {
		return nil, p.unexpected("after the path")
	}
	path.text = text
	return path, nil
}

// Definite says that the path leads to one value at most. A path with a
// wildcard, a slice, a filter, a descent or several indexes is not definite.
func (p *Path) Definite() bool { return p.definite }

// Root says what the path starts from.
func (p *Path) Root() Root { return p.root }

// Variable is the name of the variable that the path starts from, "" when it
// starts from something else.
func (p *Path) Variable() string { return p.variable }

// String is the path as it was written.
func (p *Path) String() string { return p.text }

// Eval applies the path. A definite path gives its value or a *[NotFoundError];
// any other path gives an []any of what it found, in document order, which is
// empty where it found nothing (measured on AWS for wildcards and slices over a
// missing node). The scope may be nil when the path starts from the input.
func (p *Path) Eval(input any, s Scope) (any, error) {
	root := input
	if p.root != Input {
		var err error
		if root, err = p.start(s); err != nil {
			return nil, err
		}
	}
	if !p.plain {
		return p.walk(root)
	}
	v := root
	for i := range p.links {
		next, ok := p.links[i].follow(v)
		if !ok {
			return nil, p.missing(root)
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
	if elements, ok := v.([]any); ok {
		if i, ok := within(l.index, len(elements)); ok {
			return elements[i], true
		}
	}
	return nil, false
}

// within gives the place of an index in an array of length n; a negative index
// counts from the end.
func within(index, n int) (int, bool) {
	if index < 0 {
		index += n
	}
	return index, 0 <= index && index < n
}

// walk evaluates a path that is more than keys and indexes.
func (p *Path) walk(root any) (any, error) {
	if p.null {
		return emptyObject, nil
	}
	w := walker{root: root}
	w.visit(root, p.steps)
	switch {
	case w.failed != "":
		return nil, &NotFoundError{Path: p.text, Reason: w.failed}
	case !p.definite:
		if w.found == nil {
			return []any{}, nil
		}
		return w.found, nil
	case len(w.found) > 0:
		return w.found[0], nil
	}
	// The keys and indexes before the first other step may hold the reason.
	var plain []link
	for _, s := range p.steps {
		l, ok := s.(*link)
		if !ok {
			break
		}
		plain = append(plain, *l)
	}
	if reason, pastEnd := whyMissing(root, plain, fragments(p.steps)); reason != "" {
		return nil, &NotFoundError{Path: p.text, Reason: reason, pastEnd: pastEnd}
	}
	return nil, &NotFoundError{Path: p.text, Reason: "No results for path: " + fragments(p.steps)}
}

func (p *Path) missing(root any) error {
	reason, pastEnd := whyMissing(root, p.links, fragments(p.steps))
	return &NotFoundError{Path: p.text, Reason: reason, pastEnd: pastEnd}
}

// whyMissing says in Jayway's words why a chain of links leads nowhere, "" when
// it does lead somewhere, and whether an array that is too short is the reason.
// Only the texts for a missing member are measured on AWS.
func whyMissing(root any, links []link, whole string) (reason string, pastEnd bool) {
	v, at := root, "$"
	for i := range links {
		l := &links[i]
		here := at + l.fragment()
		if next, ok := l.follow(v); ok {
			v, at = next, here
			continue
		}
		if l.kind == keyLink {
			switch {
			case value.TypeName(v) != "object":
				return "Expected to find an object with property " + l.fragment() + " in path " + at + " but found '" +
					javaClass(v) + "'. This is not a json object according to the JsonProvider: " +
					"'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.", false
			case here == whole:
				return "No results for path: " + here, false
			default:
				return "Missing property in path " + here, false
			}
		}
		switch v.(type) {
		case nil:
			return "The path " + at + " is null", false
		case []any:
			return "No results for path: " + whole, true
		}
		return "Filter: " + l.fragment() + " can only be applied to arrays. Current context is: " + javaText(v), false
	}
	return "", false
}

// fragments writes steps in Jayway's bracket notation, as its messages do.
func fragments(steps []step) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, s := range steps {
		b.WriteString(s.fragment())
	}
	return b.String()
}

func (l *link) fragment() string {
	if l.kind == keyLink {
		return "['" + l.key + "']"
	}
	return "[" + strconv.Itoa(l.index) + "]"
}
