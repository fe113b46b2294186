package jsonata

import (
	"maps"
	"slices"

	"github.com/gostates/gostates/asl/value"
)

// An Extension is a Go function that expressions can call.
type Extension struct {
	Name      string // without the $
	Signature string // such as "<s-n?:s>", as functions in an expression have them; "" takes anything
	// Call gets the arguments, checked against the signature: values as package
	// value describes them, a Function, or Undefined for one that yields nothing
	// or was left out. What it returns is one of these too. It must not keep or
	// change the arguments. An error that is no *Error fails with D3137, as
	// $error does.
	Call func(c Call, args []any) (any, error)
}

// A library is the functions of one Language.
type library struct {
	classic bool
	aws     bool
	own     map[string]*native // nil: the function does not exist
}

var standard = &library{}

func (l Language) library() (*library, error) {
	own := len(l.Without) > 0 || len(l.Functions) > 0
	lib := &library{classic: l.Classic}
	switch {
	case l.AWS && !own:
		return awsLibrary(), nil
	case l.AWS:
		base := awsLibrary()
		lib = &library{classic: true, aws: true, own: maps.Clone(base.own)}
	case !l.Classic && !own:
		return standard, nil
	default:
		lib.own = make(map[string]*native, len(l.Without)+len(l.Functions))
	}
	for _, name := range l.Without {
		lib.own[name] = nil
	}
	if err := lib.add(l.Functions); err != nil {
		return nil, err
	}
	return lib, nil
}

// add adds functions to those of the language, or in their place.
func (l *library) add(functions []Extension) error {
	for _, x := range functions {
		f := &native{name: x.Name, call: x.adapted()}
		if x.Signature != "" {
			sig, err := parseSignature(x.Signature)
			if err != nil {
				return err.settle()
			}
			f.signature, f.arity = sig, len(sig.params)
		}
		l.own[x.Name] = f
	}
	return nil
}

// function gives the function called name, or nil.
func (l *library) function(name string) *native {
	if f, ok := l.own[name]; ok {
		return f
	}
	return builtins[name]
}

// adapted makes an extension see and give plain values.
func (x Extension) adapted() func(Call, []any) (any, error) {
	return func(c Call, args []any) (any, error) {
		plain := make([]any, len(args))
		for i, arg := range args {
			v, err := c.ev.plain(arg, 0)
			if err != nil {
				return nil, err
			}
			plain[i] = v
		}
		v, err := x.Call(c, plain)
		if err == nil {
			return v, nil
		}
		if _, ok := err.(*Error); !ok {
			err = &Error{Code: "D3137", given: err.Error(), err: err}
		}
		return nil, err
	}
}

// HasFunction tells whether a result is a function or contains one, and so is
// no JSON.
func HasFunction(v any) bool {
	switch v := v.(type) {
	case Function:
		return true
	case []any:
		return slices.ContainsFunc(v, HasFunction)
	case *value.Object:
		for i := range v.Len() {
			if HasFunction(v.At(i).Value) {
				return true
			}
		}
	}
	return false
}

// A builtin is one line of the table of functions.
type builtin struct {
	name, signature string
	arity           int // of the reference's implementation, which $map and the like go by
	call            func(c Call, args []any) (any, error)
}

// builtins has the functions of the language.
var builtins map[string]*native

func init() {
	builtins = make(map[string]*native)
	for _, table := range [][]builtin{
		textFunctions, patternFunctions, numberFunctions, listFunctions, objectFunctions, higherFunctions, dateFunctions,
		generalFunctions,
	} {
		for _, b := range table {
			builtins[b.name] = &native{name: b.name, signature: mustSignature(b.signature), arity: b.arity, call: b.call}
		}
	}
}
