package asl

import (
	"strings"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// An itemsPath finds the items of a Map state in JSONPath, by its ItemsPath or as its
// whole input.
type itemsPath struct {
	path *jsonpath.Path
	// objects says that an object will do, whose members are the items then. It is the
	// distributed mode that takes one: measured for Items, and documented for ItemsPath.
	objects bool
}

// Eval gives an array, or an object. Quoted from AWS by several people: a path into the input that
// leads nowhere is a conflict there, as for a ResultPath.
func (i itemsPath) Eval(input any, s Scope) (any, error) {
	v := input
	if p := i.path; p != nil {
		var err error
		if v, err = p.Eval(input, s); err != nil {
			if _, missing := err.(*jsonpath.NotFoundError); missing && p.Root() == jsonpath.Input {
				if c := p.Conflict(input); c != nil {
					return nil, c
				}
			}
			return nil, err
		}
	}
	if !hasItems(v, i.objects) {
		return nil, &NoArrayError{Path: i.String()}
	}
	return v, nil
}

func (i itemsPath) String() string {
	if i.path == nil {
		return "$"
	}
	return i.path.String()
}

// A NoArrayError says that the ItemsPath of a Map state leads to something else than an
// array.
type NoArrayError struct {
	// Path is the ItemsPath, "$" for an absent one.
	Path string
}

// Error gives AWS's text, measured for paths into the Context Object: their "$$" is "$" in it.
func (e *NoArrayError) Error() string {
	path := e.Path
	if strings.HasPrefix(path, "$$") {
		path = path[1:]
	}
	return "Reference path \"" + path + "\" must point to array."
}

// An itemsField finds the items of a Map state in JSONata, by its Items or as its whole
// input.
type itemsField struct {
	field   Value
	objects bool // as in itemsPath
}

// Eval gives an array, or an object.
func (i itemsField) Eval(input any, s Scope) (v any, err error) {
	v = input
	if i.field != nil {
		if v, err = i.field.Eval(input, s); err != nil {
			return nil, err
		}
	}
	if hasItems(v, i.objects) {
		return v, nil
	}
	p, _ := i.field.(*payload)
	if q := p.query(); q != nil {
		return nil, q.Unexpected("array", v)
	}
	return nil, &QueryError{Problem: "Map state input must be an array but was: " + value.String(v)}
}

// hasItems reports whether a value is an array or, if that will do, an object.
func hasItems(v any, objects bool) bool {
	switch v.(type) {
	case []any:
		return true
	case *value.Object:
		return objects
	}
	return false
}

// readItems reads what finds the items of a Map state.
func (r *stateReader) readItems(objects bool) Value {
	if r.language == JSONata {
		return itemsField{r.payload(r.get("Items"), inputSeen), objects}
	}
	return itemsPath{r.nodePath(r.fields, "ItemsPath"), objects}
}
