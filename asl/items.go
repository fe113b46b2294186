package asl

import (
	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/jsonpath"
)

// An itemsPath finds the items of a Map state in JSONPath, by its ItemsPath or as its
// whole input.
type itemsPath struct{ path *jsonpath.Path }

// Eval gives an array. Quoted from AWS by several people: a path into the input that
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
	if _, ok := v.([]any); !ok {
		return nil, noArrayError(i.String())
	}
	return v, nil
}

func (i itemsPath) String() string {
	if i.path == nil {
		return "$"
	}
	return i.path.String()
}

// A noArrayError is the path that led to something else than an array.
type noArrayError string

func (e noArrayError) Error() string {
	return "Reference path \"" + string(e) + "\" must point to array."
}

// An itemsField finds the items of a Map state in JSONata, by its Items or as its whole
// input.
type itemsField struct{ field Value }

// Eval gives an array.
func (i itemsField) Eval(input any, s Scope) (v any, err error) {
	v = input
	if i.field != nil {
		if v, err = i.field.Eval(input, s); err != nil {
			return nil, err
		}
	}
	if _, ok := v.([]any); ok {
		return v, nil
	}
	p, _ := i.field.(*payload)
	if q := p.query(); q != nil {
		return nil, q.Unexpected("array", v)
	}
	return nil, &QueryError{Problem: "Map state input must be an array but was: " + value.String(v)}
}

// readItems reads what finds the items of a Map state.
func (r *stateReader) readItems() Value {
	if r.language == JSONata {
		return itemsField{r.payload(r.get("Items"), inputSeen)}
	}
	return itemsPath{r.nodePath(r.fields, "ItemsPath")}
}
