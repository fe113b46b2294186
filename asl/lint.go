package asl

import (
	"strconv"
	"strings"
)

// looksLikePath reports whether a text was probably meant to be evaluated: a
// path, or a call of an intrinsic function.
func looksLikePath(text string) bool {
	for _, prefix := range []string{"$.", "$[", "$$."} {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	name, ok := strings.CutPrefix(text, "States.")
	return ok && strings.HasSuffix(text, ")") && strings.IndexByte(name, '(') > 0
}

// warnOfMissingDollars warns of a template's fields that look like paths and are
// plain strings, because their names do not end in ".$".
func (r *reader) warnOfMissingDollars(p *place) {
	r.walkStrings(p, func(at *place) {
		switch {
		case !looksLikePath(at.text):
		case at == p:
			r.warn(NoDollar, at, "The value looks like a path, but a text that is the whole of '%s' is taken as it stands", at.key)
		case at.index < 0 && !strings.HasSuffix(at.key, ".$"):
			r.warn(NoDollar, at, "The value looks like a path, but the field's name does not end in \".$\"").Suggestion = at.key + ".$"
		}
	})
}

// warnOfStaticPaths warns of paths in a Pass state's Result.
func (r *reader) warnOfStaticPaths(p *place) {
	r.walkStrings(p, func(at *place) {
		if looksLikePath(at.text) {
			r.warn(PassResultIsStatic, at, "Result is taken as it stands; use Parameters to evaluate a path")
		}
	})
}

// walkStrings calls f for every string in p.
func (r *reader) walkStrings(p *place, f func(*place)) {
	switch p.kind {
	case stringKind:
		f(p)
	case objectKind:
		for i := range p.members {
			r.walkStrings(p.member(&p.members[i]), f)
		}
	case arrayKind:
		for i := range p.items {
			r.walkStrings(p.item(i), f)
		}
	}
}

// joined lists names as AWS does between its brackets.
func joined(names []string) string { return strings.Join(names, ", ") }

// index reads a step of a pointer as an array index.
func index(step string) (int, bool) {
	i, err := strconv.Atoi(step)
	return i, err == nil && i >= 0
}
